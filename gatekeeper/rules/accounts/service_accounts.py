"""What may be asked for a service account: its name, what it is for, its scope; and what its tokens look like."""

import re
from collections.abc import Iterator
from ipaddress import ip_network

from gatekeeper.rules.changes import ServiceChange
from gatekeeper.rules.errors import N_, Fault
from gatekeeper.rules.parsing.texts import faults_of, faults_of_text

MOST_A_MINUTE = 60_000
"""A thousand a second is more than one account of a firm needs, and less than what the service can do."""
LONGEST_DAYS = 366
"""A token that nobody renews within a year is one that nobody looks after."""
MOST_TOKENS = 2
"""One in use and, while it is being replaced, one more."""
_MOST_NETWORKS, _MOST_BRANCHES = 20, 50
_TOKEN = re.compile(r"gk_[A-Za-z0-9_-]{43}")


def is_token(text: str) -> bool:
    """Whether a text looks like a token of ours: then it is worth looking up."""
    return _TOKEN.fullmatch(text) is not None


def faults_of_account(name: str, purpose: str) -> list[Fault]:
    """What is wrong with what a service account is called and what it is for."""
    return faults_of(name=name, purpose=purpose)


def faults_of_scope(wanted: ServiceChange) -> list[Fault]:
    """What is wrong with a scope."""
    return [*faults_of(contact=wanted.contact), *_choices(wanted), *_numbers(wanted), *_networks(wanted), *_branches(wanted)]


def _choices(wanted: ServiceChange) -> Iterator[Fault]:
    if not wanted.actions:
        yield Fault(N_("Please choose at least one action."), field="actions")


def _numbers(wanted: ServiceChange) -> Iterator[Fault]:
    for field, most in (("per_minute", MOST_A_MINUTE), ("token_days", LONGEST_DAYS)):
        if not 1 <= getattr(wanted, field) <= most:
            yield Fault(N_("This must be a number from 1 to %(most)s."), field=field, most=most)


def _networks(wanted: ServiceChange) -> Iterator[Fault]:
    if len(wanted.networks) > _MOST_NETWORKS:
        yield Fault(N_("At most %(most)s lines fit here."), field="networks", most=_MOST_NETWORKS)
    for each in wanted.networks:
        try:
            ip_network(each)
        except ValueError:
            message = N_("“%(text)s” is not a network. Write one as 10.1.2.0/24 or 2001:db8::/32, a single address by itself.")
            yield Fault(message, field="networks", text=each[:50])


def _branches(wanted: ServiceChange) -> Iterator[Fault]:
    if wanted.branches is None:
        return
    if not wanted.branches:
        yield Fault(N_("Please name at least one branch, or let the account ask about all."), field="branches")
    if len(wanted.branches) > _MOST_BRANCHES:
        yield Fault(N_("At most %(most)s lines fit here."), field="branches", most=_MOST_BRANCHES)
    for each in wanted.branches:
        yield from faults_of_text("branches", each, 100)
