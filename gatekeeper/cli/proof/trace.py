"""``gatekeeper trace FILE|CODE``: from a leaked page to the entry under which it was given."""

from datetime import tzinfo
from pathlib import Path

import click

from gatekeeper.actions.reading import tracing as action
from gatekeeper.actions.reading.tracing import Sought, Trace
from gatekeeper.cli import screen
from gatekeeper.cli.desk import at_desk
from gatekeeper.cli.screen import _
from gatekeeper.files.viewing import tracing
from gatekeeper.rules.errors import N_, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.reading import codes

_NO_CODE = N_("%(what)s is neither a file nor a code. A code has %(length)s characters; O is read as 0, I and L as 1.")
_NEAR = N_("No entry has exactly this code. One of these may be meant: %(codes)s")
_NOTHING = N_(
    "Nothing was found. Give the file itself, a sharper picture with the edge of a page in it, or the code behind the time."
)


@click.command("trace")
@click.argument("what")
def trace(what: str) -> None:
    """Look it up, record that, and only then tell."""
    sought = _sought(what)
    with at_desk() as desk:
        found = desk.database.record(action.trace, desk.operator(), sought, desk.now())
        for each in found.traces:
            screen.put_pairs(_told(each, desk.zone))
            screen.put()
    if not found.traces:
        raise NotFound(_NEAR, codes=", ".join(found.near)) if found.near else NotFound(_NOTHING)
    screen.put_pairs([(_(N_("Recorded under code")), found.code)])


def _sought(what: str) -> Sought:
    path = Path(what)
    if path.is_file():
        with path.open("rb") as file:
            leak = tracing.read(file.read(tracing.MOST_BYTES + 1), path.name)
        return Sought(leak.codes, file=leak.name, sha256=leak.sha256)
    code = codes.code_of(what)
    if code is None and not any(codes.near(what)):
        raise Invalid(Fault(_NO_CODE, what=what, length=codes.LENGTH))
    return Sought({code: ("typed",)} if code else {}, typed=what)


def _told(each: Trace, zone: tzinfo) -> list[tuple[str, str]]:
    erased = _(N_("Erased"))
    told = [
        (N_("Who"), each.person),
        (N_("For investor"), " · ".join(filter(None, (each.investor, each.client_number)))),
        (N_("When"), screen.moment(each.row.at, zone)),
        (N_("What"), screen.title(Kind(each.row.kind))),
        (N_("Report"), f"{each.version.title} ({each.version.number})" if each.version else ""),
        (N_("Address"), erased if each.address is None else each.address),
        (N_("Device"), erased if each.device is None else each.device),
        (N_("Statement accepted under code"), each.accepted_under or ""),
        (N_("Code"), each.row.code),
        (N_("Also opened within a day"), ", ".join(f"{title} ({row.code})" for row, title in each.around)),
    ]
    return [(_(label), value) for label, value in told if value]
