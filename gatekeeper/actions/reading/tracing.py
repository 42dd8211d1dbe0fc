"""From the code on a leaked page to the entry: who had it, for whom, when and from where, under which acceptance, and what else.

Looking a leak up is an entry itself, found or not.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.events import Kind
from gatekeeper.rules.reading import codes
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import investors
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.publishing import library
from gatekeeper.store.reading import words

GIVEN = (Kind.REPORT_OPENED, Kind.REPORT_COPIED, Kind.REPORT_REVIEWED)
"""The entries whose codes stand on what a person was shown or took away."""
_AROUND = timedelta(hours=24)
"""What else the person opened so long before and after is shown beside."""
_MOST_AROUND = 30
_MOST_NEAR = 5


@dataclass(frozen=True, slots=True)
class Sought:
    """What is looked up: codes with the places in a file where each was found, or one that was typed."""

    codes: Mapping[str, Sequence[str]]
    typed: str = ""
    file: str = ""
    sha256: str | None = None

    @property
    def means(self) -> str:
        """By what it is looked up, for the entry."""
        return "file" if self.sha256 else "code"


@dataclass(frozen=True, slots=True)
class Trace:
    """One entry that a code leads to. ``address`` and ``device`` are None once they were erased; ``around`` are other entries."""

    row: Any
    places: tuple[str, ...]
    person: str
    investor: str
    client_number: str
    version: Any
    accepted_under: str | None
    serving: str | None
    address: str | None
    device: str | None
    around: tuple[tuple[Any, str], ...]

    @property
    def is_given(self) -> bool:
        """Whether the entry says that content was given; other entries' codes stand on no page."""
        return self.row.kind in {kind.value for kind in GIVEN}


@dataclass(frozen=True, slots=True)
class Traced:
    """What came of it. ``unknown`` are codes without an entry, ``near`` such as may be meant by what was typed."""

    traces: tuple[Trace, ...]
    unknown: tuple[str, ...]
    near: tuple[str, ...]
    code: str


def trace(connection: Connection, caller: Caller, sought: Sought, now: datetime) -> Asked[Traced]:
    """Look codes up."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
    rows = [row for code in sought.codes for row in entries.by_code(connection, code)]
    traces = tuple(_trace(connection, row, tuple(sought.codes[row.code])) for row in rows)
    known = {row.code for row in rows}
    near = entries.among_codes(connection, list(codes.near(sought.typed)), GIVEN, _MOST_NEAR) if sought.typed and not rows else []
    event = caller.event(
        Kind.LEAK_TRACED,
        now,
        person=None,
        investor=None,
        data={"means": sought.means, "sha256": sought.sha256, "entries": sorted(known), "near": near},
        private={key: value for key, value in (("typed", sought.typed[:100]), ("file", sought.file)) if value},
    )
    unknown = tuple(code for code in sought.codes if code not in known)
    return Asked(Traced(traces, unknown, tuple(near), event.code), (event,))


def _trace(connection: Connection, row: Any, places: tuple[str, ...]) -> Trace:
    data = json.loads(row.leaf)["data"]
    facts = data.get("facts", {})
    acceptance, private = facts.get("acceptance"), entries.private_of(connection, row.id)
    names = investors.names(connection, [row.person] if row.person else [], [row.investor] if row.investor else [])
    return Trace(
        row=row,
        places=places,
        person=names.get(row.person, ""),
        investor=names.get(row.investor, ""),
        client_number=entries.client_numbers(connection, [row.investor]).get(row.investor, "") if row.investor else "",
        version=library.version(connection, facts.get("version") or data.get("version") or ""),
        accepted_under=words.acceptance_code(connection, acceptance) if acceptance is not None else None,
        serving=words.serving_of(connection, acceptance) if acceptance is not None else None,
        address=private.get("address"),
        device=private.get("device"),
        around=_around(connection, row),
    )


def _around(connection: Connection, row: Any) -> tuple[tuple[Any, str], ...]:
    """What else the person was given around then, with the titles of the versions."""
    if not row.person:
        return ()
    kinds = tuple(kind.value for kind in GIVEN)
    wanted = Filter(person=row.person, kind=kinds, since=row.at - _AROUND, before=row.at + _AROUND)
    others = [each for each in entries.search(connection, wanted, None, _MOST_AROUND + 1) if each.id != row.id]
    titles = library.titles(connection, sorted({each.report for each in others if each.report}))
    return tuple((each, titles.get(each.report, "")) for each in others)
