"""Reading the ledger. The reader of the ledger is in the ledger."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store import entries, facts_of, investors, library, sessions, words
from gatekeeper.store.entries import Filter

PAGE = 50


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the log, names to show beside ids, and whether there is more on either side."""

    rows: list[Any]
    names: dict[str, str]
    titles: dict[str, str]
    has_older: bool
    has_newer: bool


def search(
    connection: Connection,
    caller: Caller,
    wanted: Filter,
    position: tuple[datetime, int] | None,
    now: datetime,
    *,
    newer: bool = False,
    limit: int = PAGE,
) -> Asked[Page]:
    """Search the log. The filter is private, what came of it is not."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
    rows = entries.search(connection, wanted, position, limit + 1, newer=newer)
    more = len(rows) > limit
    if more:
        rows = rows[1:] if newer else rows[:limit]
    filled = {name: str(value) for name, value in asdict(wanted).items() if value is not None}
    event = caller.event(
        Kind.LEDGER_SEARCHED,
        now,
        person=None,
        data={"rows": len(rows), "first": rows[0].code if rows else None, "last": rows[-1].code if rows else None},
        private={"filter": json.dumps(filled, ensure_ascii=False, sort_keys=True)} if filled else {},
    )
    page = Page(
        rows=rows,
        names=_names(connection, rows),
        titles=library.titles(connection, sorted({row.report for row in rows if row.report})),
        has_older=more if not newer else position is not None,
        has_newer=more if newer else position is not None,
    )
    return Asked(page, (event,))


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry with everything its decision used, as far as it is not erased."""

    row: Any
    leaf: dict[str, Any]
    private: dict[str, str]
    facts: list[facts_of.Fact]
    words: Any
    names: dict[str, str]
    title: str | None


def read_entry(connection: Connection, caller: Caller, code: str, now: datetime) -> Asked[list[Entry]]:
    """Open the entries that bear a code, with the rows their decision used."""
    sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
    rows = entries.by_code(connection, code)
    if not rows:
        raise NotFound(N_("No entry has the code %(code)s."), code=code)
    found = [_entry(connection, row) for row in rows]
    event = caller.event(Kind.ENTRY_READ, now, person=None, data={"entries": [row.code for row in rows]})
    return Asked(found, (event,))


def _entry(connection: Connection, row: Any) -> Entry:
    leaf = json.loads(row.leaf)
    shown = leaf["data"].get("words")
    return Entry(
        row=row,
        leaf=leaf,
        private=entries.private_of(connection, row.id),
        facts=facts_of.rows(connection, leaf["data"].get("facts", {})),
        words=words.words(connection, shown) if isinstance(shown, str) else None,
        names=_names(connection, [row]),
        title=library.titles(connection, [row.report]).get(row.report) if row.report else None,
    )


def _names(connection: Connection, rows: list[Any]) -> dict[str, str]:
    actors = {row.actor.removeprefix("person:") for row in rows if row.actor.startswith("person:")}
    persons = {row.person for row in rows if row.person} | actors
    return investors.names(connection, sorted(persons), sorted({row.investor for row in rows if row.investor}))
