"""Rows entered in error: finding one, what applies again without it, marking it, and what was decided on it meanwhile."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert, select
from sqlalchemy.orm import aliased

from gatekeeper.rules.changes import Change, Correction
from gatekeeper.rules.errors import N_, Conflict
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import RiskGrade
from gatekeeper.store.accounts.people import Classification, Mandate, StandingRow
from gatekeeper.store.base import states
from gatekeeper.store.clients.stated import TABLES
from gatekeeper.store.proof import entries, several
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.publishing.reports import Grading, ReportVersion

FACTS = ("class", "category", "lowest", "standing", "mandate")
"""The facts of an investor's file that can be corrected."""
READINGS = (
    Kind.REPORT_OPENED,
    Kind.REPORT_COPIED,
    Kind.REPORT_BOOKMARKED,
    Kind.REPORT_RECEIVED,
    Kind.REPORT_REFUSED,
    Kind.REPORT_WITHHELD,
    Kind.DECISION_ASKED,
    Kind.DECISIONS_ASKED,
    Kind.REPORT_DISTRIBUTED,
    Kind.LETTERS_ATTEMPTED,
)
"""The kinds of entries that hold decisions about an investor."""
KEPT = 200
"""The most readings that the entry of a correction names; it always keeps their number."""
_MOST = 5000
"""The most entries of one investor that are looked through for the readings on a wrong row."""


@dataclass(frozen=True, slots=True)
class Wrong:
    """A row that somebody says was entered in error: what it states, since when, and whether it was marked already."""

    fact: str
    row: Any
    says: Change
    is_marked: bool


def find(connection: Connection, investor: str, entry_id: int, fact: str, person: str | None) -> Wrong | None:
    """The row of an investor's file that this entry wrote about this fact; of mandates, the one of this person."""
    if fact not in FACTS:
        return None
    table, read = TABLES[fact]
    query = select(table.__table__).where(table.investor_id == investor, table.entry_id == entry_id, states(table))
    if table is Classification:
        query = query.where(Classification.aspect == fact.upper())
    if table is Mandate:
        query = query.where(Mandate.person_id == person)
    found = connection.execute(query).first()
    if found is None:
        return None
    marked = connection.execute(select(table.id).where(table.corrects_id == found.id)).first() is not None
    return Wrong(fact, found, read(found), marked)


def row(connection: Connection, fact: str, id_: int) -> Any:
    """One row by its id."""
    table = TABLES[fact][0]
    return connection.execute(select(table.__table__).where(table.id == id_)).one()


def again(connection: Connection, fact: str, wrong: Any, now: datetime) -> int | None:
    """The id of the row that would apply if this one were in error: the newest other one; None where there is none."""
    table = TABLES[fact][0]
    this, mark = aliased(table), aliased(table)
    keys = {Classification: ("investor_id", "aspect"), StandingRow: ("investor_id",), Mandate: ("investor_id", "person_id")}
    found = (
        select(this.id)
        .where(*(getattr(this, key) == getattr(wrong, key) for key in keys[table]))
        .where(this.id != wrong.id, this.valid_from <= now, states(this))
        .where(~select(mark.id).where(mark.corrects_id == this.id).exists())
        .order_by(this.id.desc())
        .limit(1)
    )
    return connection.execute(found).scalar_one_or_none()


def mark(connection: Connection, correction: Correction, entry_id: int, now: datetime) -> None:
    """Mark a row as entered in error. Raise ``Conflict`` if something else would apply again than was said."""
    table = TABLES[correction.of][0]
    wrong = row(connection, correction.of, correction.row)
    is_marked = connection.execute(select(table.id).where(table.corrects_id == wrong.id)).first() is not None
    if is_marked or again(connection, correction.of, wrong, now) != correction.again:
        raise Conflict(N_("The file has changed meanwhile. Look at it again before you correct it."))
    values = {**wrong._mapping, "valid_from": now, "entry_id": entry_id, "corrects_id": wrong.id}
    del values["id"]
    if wrong.valid_before is not None and wrong.valid_before <= now:
        values["valid_before"] = now + datetime.resolution  # a mark states nothing, but its end too comes after its beginning
    connection.execute(insert(table).values(**values))


@dataclass(frozen=True, slots=True)
class Reading:
    """One decision that used a wrong row. Of the report, only what every admin may know: its grade and its date."""

    at: datetime
    kind: Kind
    outcome: str | None
    reason: str | None
    code: str
    grade: RiskGrade | None
    published_on: Any


@dataclass(frozen=True, slots=True)
class Readings:
    """What was decided on a wrong row, newest first, and whether there may be more than were looked through."""

    rows: tuple[Reading, ...]
    is_all: bool


def readings(connection: Connection, investor: str, fact: str, wrong: Any) -> Readings:
    """Every decision that names this row among its facts."""
    since = wrong.valid_from - timedelta(minutes=5)
    decisions = entries.search_leaves(connection, Filter(since=since, investor=investor, kind=READINGS), None, _MOST)
    told = [each for row in decisions for each in several.told(row, investor=investor)]
    used = [(entry, data.get("facts", {})) for entry, data in told]
    used = [(entry, facts) for entry, facts in used if facts.get(fact) == wrong.id]
    grades = _by_id(connection, Grading.id, Grading.grade, {facts.get("grading") for _, facts in used})
    days = _by_id(connection, ReportVersion.id, ReportVersion.published_on, {facts.get("version") for _, facts in used})
    rows = tuple(
        Reading(
            at=entry.at,
            kind=Kind(entry.kind),
            outcome=entry.outcome,
            reason=entry.reason,
            code=entry.code,
            grade=grades.get(facts.get("grading")),
            published_on=days.get(facts.get("version")),
        )
        for entry, facts in used
    )
    return Readings(rows, len(decisions) < _MOST)


def _by_id(connection: Connection, key: Any, value: Any, ids: set[Any]) -> dict[Any, Any]:
    wanted = sorted(ids - {None})
    found: dict[Any, Any] = {}
    for first in range(0, len(wanted), 500):
        found |= {each[0]: each[1] for each in connection.execute(select(key, value).where(key.in_(wanted[first : first + 500])))}
    return found


@dataclass(frozen=True, slots=True)
class Told:
    """A correction as the client is told of it: on which day, and what had been entered in error."""

    at: datetime
    fact: str
    says: Change


def told(connection: Connection, investor: str, person: str, since: datetime) -> list[Told]:
    """What was corrected in an investor's file since a day, newest first; of mandates, the person's own alone."""
    found = []
    for table, name in ((Classification, None), (StandingRow, "standing"), (Mandate, "mandate")):
        query = select(table.__table__).where(table.investor_id == investor, table.corrects_id.is_not(None))
        query = query.where(table.valid_from >= since)
        if table is Mandate:
            query = query.where(Mandate.person_id == person)
        for mark_row in connection.execute(query):
            fact = name or mark_row.aspect.lower()
            wrong = connection.execute(select(table.__table__).where(table.id == mark_row.corrects_id)).one()
            found.append(Told(mark_row.valid_from, fact, TABLES[fact][1](wrong)))
    return sorted(found, key=lambda each: each.at, reverse=True)


@dataclass(frozen=True, slots=True)
class Marked:
    """That something an entry had put on file was marked as entered in error: what it said, and the correction's code."""

    says: Change
    code: str


def marked(connection: Connection, investors: Collection[str], entry_ids: Collection[int]) -> dict[int, list[Marked]]:
    """Of what these entries put on these investors' files, what was marked as entered in error since."""
    found: list[tuple[int, Change, int]] = []
    tables: tuple[type[Any], ...] = (Classification, StandingRow, Mandate)
    for table in tables:
        its_mark: Any = aliased(table, name="mark")  # not joined: SQLite would walk the whole table to the join
        by = select(its_mark.entry_id).where(its_mark.corrects_id == table.id).scalar_subquery()
        query = select(table.__table__, by.label("marked_by")).where(table.investor_id.in_(sorted(investors)), states(table))
        for wrong in connection.execute(query.where(table.entry_id.in_(sorted(entry_ids)), by.is_not(None)).order_by(table.id)):
            fact = wrong.aspect.lower() if table is Classification else table.__tablename__
            found.append((wrong.entry_id, TABLES[fact][1](wrong), wrong.marked_by))
    codes = entries.codes(connection, [by for _, _, by in found]) if found else {}
    told: dict[int, list[Marked]] = {}
    for entry_id, says, by_entry in found:
        told.setdefault(entry_id, []).append(Marked(says, codes[by_entry]))
    return told
