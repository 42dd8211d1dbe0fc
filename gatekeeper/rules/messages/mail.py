"""What a mail address looks like: one plain address, without a name, without anything that a mail's head could stumble over."""

import re

from gatekeeper.rules.errors import N_, Fault

_LONGEST = 254
_ADDRESS = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+'-]{0,63}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z][A-Za-z0-9-]+")
_NO_ADDRESS = N_("Please give one mail address like name@example.com.")


def faults_of_address(address: str) -> list[Fault]:
    """What is wrong with an address; an empty one is none and has no fault."""
    if address and (len(address) > _LONGEST or not _ADDRESS.fullmatch(address)):
        return [Fault(_NO_ADDRESS, field="mail")]
    return []
