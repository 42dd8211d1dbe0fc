"""Who was given a report, for whoever may stop it: the list is an entry before anybody sees it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import investors
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.answers import KINDS as SEVERAL
from gatekeeper.store.publishing import library, readers
from gatekeeper.store.publishing.readers import Count

PAGE = 50
_PIECE = 100
"""So many entries are read at once for a file; each may tell of a hundred people."""
Position = tuple[datetime, int]


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of the entries, the newest first, with names and client numbers by the ids in them.

    ``people`` says of an entry that tells of many to how many the report went, by the entry's id. ``last`` is the last place.
    """

    rows: list[Any]
    names: dict[str, str]
    numbers: dict[str, str]
    people: dict[int, int]
    last: Position | None


@dataclass(frozen=True, slots=True)
class Readers:
    """A report with how often it was given to how many, and a page of who they are."""

    version: Any
    counts: list[Count]
    piece: Piece
    has_older: bool


def view(connection: Connection, caller: Caller, report: str, position: Position | None, now: datetime) -> Asked[Readers]:
    """Look at who was given a report."""
    version = to_list(connection, caller, report, now)
    found_rows = readers.listed(connection, report, position, PAGE + 1)
    has_older, rows = len(found_rows) > PAGE, found_rows[:PAGE]
    data = {"rows": len(rows), "first": rows[0].code if rows else None, "last": rows[-1].code if rows else None}
    event = caller.event(Kind.READERS_VIEWED, now, person=None, investor=None, report=report, data=data)
    told = _told(connection, rows, {row.id: len(readers.given(row)) for row in rows if row.kind in SEVERAL})
    return Asked(Readers(version, readers.counts(connection, report), told, has_older), (event,))


def to_list(connection: Connection, caller: Caller, report: str, now: datetime) -> Any:
    """The report of which somebody wants to know who was given it; nothing may be shown without an entry."""
    sessions.require(connection, caller.person, caller.session, Permission.STOP_REPORTS, now)
    version = library.one_for_staff(connection, report, now)
    if version is None:
        raise NotFound(N_("There is no such report."))
    return version


def piece(connection: Connection, report: str, position: Position | None, limit: int = _PIECE) -> Piece:
    """The next entries, what tells of many one by one. They never change, so the pieces are one picture."""
    rows = readers.listed(connection, report, position, limit)
    found = _told(connection, [each for row in rows for each in readers.given(row)])
    return replace(found, last=(rows[-1].at, rows[-1].id) if rows else None)


def _told(connection: Connection, rows: list[Any], people: dict[int, int] | None = None) -> Piece:
    held = sorted({row.investor for row in rows if row.investor})
    names = investors.names(connection, sorted({row.person for row in rows if row.person}), held)
    last = (rows[-1].at, rows[-1].id) if rows else None
    return Piece(rows, names, entries.client_numbers(connection, held), people or {}, last)


def each(read: Callable[[Callable[[Connection], Piece]], Piece], report: str) -> Iterator[Piece]:
    """All of them for a file, a piece at a time, each on a connection of its own."""
    position: Position | None = None
    while True:
        found = read(partial(piece, report=report, position=position))
        if found.last is None:
            return
        yield found
        position = found.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A finished file: its form, what it lists, and its digest."""

    form: str
    rows: int
    first: str | None
    last: str | None
    sha256: str


def sent(connection: Connection, caller: Caller, report: str, made: Made, now: datetime) -> Asked[str]:
    """Record a list that is made and waits; return the entry's code. No byte of it may leave before it is durable."""
    to_list(connection, caller, report, now)
    data = {"sheet": "readers", "format": made.form, "rows": made.rows, "first": made.first, "last": made.last}
    event = caller.event(
        Kind.LEDGER_EXPORTED, now, person=None, investor=None, report=report, data={**data, "sha256": made.sha256}
    )
    return Asked(event.code, (event,))
