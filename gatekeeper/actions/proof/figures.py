"""What the log adds up to: decisions per day, refusals by reason, category by grade. Whoever looks is in the log."""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import investors
from gatekeeper.store.proof import daily, figures
from gatekeeper.store.publishing import library

PAGE = 50
Days = Sequence[tuple[datetime, datetime]]
"""Days in order, each by its first instant and the first instant after it."""


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts of entries: by number of the day and outcome, by reason of refusal, by category, grade and outcome."""

    days: Counter[tuple[int, str]]
    refusals: Counter[str | None]
    cells: Counter[tuple[str, str, str]]

    def put(self, day: int, outcome: str, reason: str | None, count: int) -> None:
        """Add decisions of a day."""
        self.days[day, outcome] += count
        if outcome == Outcome.DENY:
            self.refusals[reason or None] += count

    def total(self, outcome: str) -> int:
        """How many decisions of the whole period had this outcome."""
        return sum(count for (_, each), count in self.days.items() if each == outcome)


def view(connection: Connection, caller: Caller, days: Days, zone: tzinfo, now: datetime) -> Asked[Figures]:
    """Count the decisions of a period of whole days in this zone: what is added up already, and what came since.

    Where too much came since, or nothing is added up, the entries of the period are counted themselves. Both say the same.
    """
    _require(connection, caller, now)
    since, before = days[0][0], days[-1][1]
    found = Figures(Counter(), Counter(), Counter())
    fresh = daily.uncounted(connection, str(zone))
    if fresh is None:
        _walk(connection, days, found)
    else:
        _add_up(connection, days, zone, fresh, found)
    data = {"since": since.isoformat(), "before": before.isoformat(), "decisions": found.days.total()}
    return Asked(found, (caller.event(Kind.FIGURES_VIEWED, now, person=None, data=data),))


def _add_up(connection: Connection, days: Days, zone: tzinfo, fresh: Sequence[int], found: Figures) -> None:
    number = {since.astimezone(zone).date(): n for n, (since, _) in enumerate(days)}
    first, last = min(number), max(number)
    for row in daily.by_day(connection, first, last):
        found.put(number[row.day], row.outcome, row.reason, row.number)
    for row in daily.by_category(connection, first, last):
        found.cells[row.category, row.grade, row.outcome] += row.number
    for (day, outcome, reason, category, grade), count in daily.sums(connection, fresh, zone).items():
        if day in number:
            found.put(number[day], outcome, reason, count)
            found.cells[category, grade, outcome] += count


def _walk(connection: Connection, days: Days, found: Figures) -> None:
    for row in figures.by_day(connection, days):
        found.put(row.n, row.outcome, row.reason, row.count)
    for row in figures.by_category(connection, days[0][0], days[-1][1]):
        found.cells[row.category, row.grade, row.outcome] += row.count


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One count: the decisions of a period for a category and a grade, all of them or those of one outcome."""

    since: datetime
    before: datetime
    category: str
    grade: str
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Behind:
    """A page of the entries behind a count, with names to show beside ids."""

    rows: list[Any]
    names: dict[str, str]
    titles: dict[str, str]
    has_older: bool


def entries(
    connection: Connection, caller: Caller, cell: Cell, position: tuple[datetime, int] | None, now: datetime
) -> Asked[Behind]:
    """The entries behind one count, newest first."""
    _require(connection, caller, now)
    wanted = cell.category, cell.grade, cell.outcome
    rows = figures.entries_of(connection, cell.since, cell.before, wanted, position, PAGE + 1)
    more, rows = len(rows) > PAGE, rows[:PAGE]
    persons = {row.person for row in rows if row.person}
    persons |= {row.actor.removeprefix("person:") for row in rows if row.actor.startswith("person:")}
    said = {"category": cell.category, "grade": cell.grade, "outcome": cell.outcome}
    said |= {"since": str(cell.since), "before": str(cell.before)}
    event = caller.event(
        Kind.LEDGER_SEARCHED,
        now,
        person=None,
        data={"rows": len(rows), "first": rows[0].code if rows else None, "last": rows[-1].code if rows else None},
        private={"filter": json.dumps({name: text for name, text in said.items() if text}, sort_keys=True)},
    )
    page = Behind(
        rows=rows,
        names=investors.names(connection, sorted(persons), sorted({row.investor for row in rows if row.investor})),
        titles=library.titles(connection, sorted({row.report for row in rows if row.report})),
        has_older=more,
    )
    return Asked(page, (event,))


def _require(connection: Connection, caller: Caller, now: datetime) -> None:
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
