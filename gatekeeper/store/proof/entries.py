"""Reading the ledger: pages of entries by what the columns say, newest first, by key and never by offset."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, text

from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store.accounts.people import Investor, Person
from gatekeeper.store.proof.ledger import FOR_OTHERS, FREQUENT, RARE, SELDOM, LedgerEntry, LedgerPrivate
from gatekeeper.store.publishing.reports import ReportVersion

Ids = str | tuple[str, ...] | None
"""One id, or any of several; None leaves it open."""


_PIECE = 500


@dataclass(frozen=True, slots=True)
class Filter:
    """What entries to show; None leaves a member open. ``since`` is inclusive, ``before`` exclusive. Ids, never names.

    ``person`` finds whom an entry concerns and who did it. ``policy`` is its digest or the beginning of it. ``excluded`` holds
    members with values that no entry may have; an entry that lacks the member has none of them. ``last_id`` ends an export.
    """

    since: datetime | None = None
    before: datetime | None = None
    kind: Ids = None
    person: Ids = None
    investor: Ids = None
    report: Ids = None
    action: str | None = None
    outcome: str | None = None
    reason: str | None = None
    policy: str | None = None
    address: str | None = None
    request_id: str | None = None
    code: str | None = None
    excluded: tuple[tuple[str, str], ...] = ()
    last_id: int | None = None


_EQUAL = ("kind", "investor", "report", "action", "outcome", "reason", "request_id", "code")
_COLUMNS = tuple(column for column in LedgerEntry.__table__.columns if column.key != "leaf")
_FOR_OTHERS = text(f"({FOR_OTHERS})")
"""What staff did: entries whose actor is not the person concerned. Spelled as one text, so that an index can bear the same."""
_RARE, _SELDOM = text(f"({RARE})"), text(f"({SELDOM})")


def search(
    connection: Connection, wanted: Filter, position: tuple[datetime, int] | None, limit: int, *, newer: bool = False
) -> list[Any]:
    """Entries newest first. ``position`` is the last entry of the page before: older ones follow, or newer ones if asked."""
    return _found(connection, _COLUMNS, wanted, position, limit, newer=newer)


def search_leaves(
    connection: Connection, wanted: Filter, position: tuple[datetime, int] | None, limit: int, *, newer: bool = False
) -> list[Any]:
    """The same with the leaf of each entry, for pages that tell more than the columns say."""
    return _found(connection, tuple(LedgerEntry.__table__.columns), wanted, position, limit, newer=newer)


def _found(
    connection: Connection,
    columns: tuple[Any, ...],
    wanted: Filter,
    position: tuple[datetime, int] | None,
    limit: int,
    *,
    newer: bool,
) -> list[Any]:
    order = (LedgerEntry.at, LedgerEntry.id) if newer else (LedgerEntry.at.desc(), LedgerEntry.id.desc())
    beyond = _beyond(position, newer=newer) if position else []
    found: list[Any] = []
    for walk in _walks(wanted):
        found += connection.execute(select(*columns).where(*walk, *beyond).order_by(*order).limit(limit))
    found.sort(key=lambda row: (row.at, row.id), reverse=True)
    return found[-limit:] if newer else found[:limit]


def _beyond(position: tuple[datetime, int], *, newer: bool) -> list[ColumnElement[bool]]:
    at, id_ = position
    if newer:
        return [or_(LedgerEntry.at > at, and_(LedgerEntry.at == at, LedgerEntry.id > id_))]
    return [or_(LedgerEntry.at < at, and_(LedgerEntry.at == at, LedgerEntry.id < id_))]


def _walks(wanted: Filter) -> list[list[Any]]:
    """Conditions under which entries are walked in order of time, each along an index of its own; no entry is met twice.

    Whom an entry concerns and who did it stand in two columns, and no database takes an OR over two columns in order. A reason
    stands second in its index, behind the outcome.
    """
    conditions = _conditions(wanted)
    if wanted.person is None:
        if wanted.reason is None or wanted.outcome is not None:
            return [conditions]
        outcomes: list[Any] = [LedgerEntry.outcome == each for each in Outcome]
        return [[*conditions, outcome] for outcome in (*outcomes, LedgerEntry.outcome.is_(None))]
    persons = _many(wanted.person)
    concerned = [*conditions, LedgerEntry.person.in_(persons)]
    others = or_(LedgerEntry.person.is_(None), LedgerEntry.person.not_in(persons))
    return [concerned, [*conditions, _FOR_OTHERS, LedgerEntry.actor.in_([f"person:{each}" for each in persons]), others]]


def count(connection: Connection, wanted: Filter, most: int) -> int:
    """How many entries there are, as far as ``most``: a number that no page needs exactly is not counted to its end."""
    found = 0
    for walk in _walks(wanted):
        some = select(LedgerEntry.id).where(*walk).limit(most - found).subquery()
        found += connection.execute(select(func.count()).select_from(some)).scalar_one()
    return found


def newest_id(connection: Connection) -> int:
    """The id of the newest entry: whatever is written later has a higher one."""
    return connection.execute(select(func.max(LedgerEntry.id))).scalar_one() or 0


def _conditions(wanted: Filter) -> list[Any]:
    conditions: list[Any] = [_equals(wanted, name) for name in _EQUAL if getattr(wanted, name) is not None]
    conditions += _bounds(wanted)
    if isinstance(wanted.kind, str) and wanted.kind not in FREQUENT:
        conditions.append(_RARE)
    if wanted.action not in (None, Action.READ.value):
        conditions.append(_SELDOM)
    if wanted.policy:
        conditions.append(LedgerEntry.policy.startswith(wanted.policy, autoescape=True))
    if wanted.address:
        where = (LedgerPrivate.field == "address", LedgerPrivate.value == wanted.address)
        conditions.append(LedgerEntry.id.in_(select(LedgerPrivate.entry_id).where(*where)))
    return conditions + [condition for name, value in wanted.excluded for condition in _without(name, value)]


def _bounds(wanted: Filter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.since:
        found.append(LedgerEntry.at >= wanted.since)
    if wanted.before:
        found.append(LedgerEntry.at < wanted.before)
    if wanted.last_id is not None:
        found.append(LedgerEntry.id <= wanted.last_id)
    return found


def _equals(wanted: Filter, name: str) -> ColumnElement[bool]:
    column, value = getattr(LedgerEntry, name), getattr(wanted, name)
    if name == "outcome" and wanted.reason is None:
        # Its index is in order of time only within one reason; SQLite would take it and sort a million permits for a page.
        column = func.coalesce(column, "")
    equals: ColumnElement[bool] = column.in_(value) if isinstance(value, tuple) else column == value
    return equals


def _without(name: str, value: str) -> list[Any]:
    """What keeps an entry out that has this value. Where the member is absent, nothing is known to be equal, so it stays."""
    if name == "person":
        other = or_(LedgerEntry.person.is_(None), LedgerEntry.person != value)
        return [other, LedgerEntry.actor != f"person:{value}"]
    if name == "address":
        given = (LedgerPrivate.entry_id == LedgerEntry.id, LedgerPrivate.field == "address", LedgerPrivate.value == value)
        return [~select(LedgerPrivate.entry_id).where(*given).exists()]
    column = getattr(LedgerEntry, name)
    same = column.startswith(value, autoescape=True) if name == "policy" else column == value
    return [or_(column.is_(None), ~same)]


def _many(ids: str | tuple[str, ...]) -> tuple[str, ...]:
    return ids if isinstance(ids, tuple) else (ids,)


@dataclass(frozen=True, slots=True)
class Match:
    """One person, investor or report that a searcher's words may mean."""

    id: str
    name: str
    detail: str


def person_of(connection: Connection, id_: str) -> Match | None:
    """One person with the login name, by id."""
    row = connection.execute(select(Person.id, Person.name, Person.login).where(Person.id == id_)).first()
    return Match(*row) if row else None


def investor_of(connection: Connection, id_: str) -> Match | None:
    """One investor with the client number, by id."""
    row = connection.execute(select(Investor.id, Investor.name, Investor.client_number).where(Investor.id == id_)).first()
    return Match(*row) if row else None


def report_of(connection: Connection, id_: str) -> Match | None:
    """One report with the title and issuer of its newest version, by id."""
    query = select(ReportVersion.report_id, ReportVersion.title, ReportVersion.issuer).where(ReportVersion.report_id == id_)
    row = connection.execute(query.order_by(ReportVersion.number.desc()).limit(1)).first()
    return Match(*row) if row else None


def persons_named(connection: Connection, words: str, limit: int) -> list[Match]:
    """Persons by login name or id, else by a part of name or login."""
    query = select(Person.id, Person.name, Person.login.label("detail"))
    exact = or_(Person.login == words.casefold(), Person.id == words.lower())
    like = or_(Person.name.icontains(words, autoescape=True), Person.login.icontains(words, autoescape=True))
    return _matches(connection, query.order_by(Person.name, Person.id), exact, like, limit)


def investors_named(connection: Connection, words: str, limit: int) -> list[Match]:
    """Investors by client number or id, else by a part of name or number."""
    query = select(Investor.id, Investor.name, Investor.client_number.label("detail"))
    exact = or_(Investor.client_number == words, Investor.id == words.lower())
    like = or_(Investor.name.icontains(words, autoescape=True), Investor.client_number.icontains(words, autoescape=True))
    return _matches(connection, query.order_by(Investor.name, Investor.id), exact, like, limit)


def reports_named(connection: Connection, words: str, code: str | None, limit: int) -> list[Match]:
    """Reports by id or by the code of an entry about them, else by words of the title."""
    query = select(ReportVersion.report_id.label("id"), ReportVersion.title.label("name"), ReportVersion.issuer.label("detail"))
    exact = ReportVersion.report_id == words.lower()
    if code:
        coded = select(LedgerEntry.report).where(LedgerEntry.code == code, LedgerEntry.report.is_not(None))
        exact = or_(exact, ReportVersion.report_id.in_(coded))
    like = and_(*(ReportVersion.search_words.icontains(word, autoescape=True) for word in words.split()))
    query = query.order_by(ReportVersion.title, ReportVersion.report_id, ReportVersion.number)
    return _matches(connection, query, exact, like, limit)


def _matches(connection: Connection, query: Any, exact: Any, like: Any, limit: int) -> list[Match]:
    for condition in (exact, like):
        rows = connection.execute(query.where(condition).limit(limit))
        if found := {row.id: Match(row.id, row.name, row.detail) for row in rows}:
            return list(found.values())
    return []


def by_code(connection: Connection, code: str) -> list[Any]:
    """Every entry with this code, with its leaf. Codes are random: there is hardly ever more than one."""
    return list(connection.execute(select(LedgerEntry.__table__).where(LedgerEntry.code == code).order_by(LedgerEntry.id)))


def among_codes(connection: Connection, codes: Sequence[str], kinds: Collection[Kind], limit: int) -> list[str]:
    """Which of these codes are those of entries of these kinds, in pieces that any database takes."""
    found: list[str] = []
    for start in range(0, len(codes), _PIECE):
        query = select(LedgerEntry.code).where(
            LedgerEntry.code.in_(codes[start : start + _PIECE]), LedgerEntry.kind.in_([kind.value for kind in kinds])
        )
        found += connection.execute(query.order_by(LedgerEntry.id).limit(limit)).scalars()
    return found[:limit]


def by_id(connection: Connection, id_: int) -> Any:
    """One entry with its leaf, or None."""
    return connection.execute(select(LedgerEntry.__table__).where(LedgerEntry.id == id_)).first()


def codes(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """The codes of entries by their ids."""
    rows = connection.execute(select(LedgerEntry.id, LedgerEntry.code).where(LedgerEntry.id.in_(sorted(set(ids)))))
    return {row.id: row.code for row in rows}


def client_numbers(connection: Connection, investors: Iterable[str]) -> dict[str, str]:
    """The client numbers of investors by their ids."""
    rows = connection.execute(select(Investor.id, Investor.client_number).where(Investor.id.in_(sorted(set(investors)))))
    return {row.id: row.client_number for row in rows}


def private_of(connection: Connection, entry_id: int) -> dict[str, str]:
    """What is kept apart for an entry and not erased yet."""
    rows = connection.execute(select(LedgerPrivate.field, LedgerPrivate.value).where(LedgerPrivate.entry_id == entry_id))
    return {row.field: row.value for row in rows}


def private_of_several(connection: Connection, ids: Iterable[int]) -> dict[int, dict[str, str]]:
    """The same for several entries, by their ids."""
    columns = LedgerPrivate.entry_id, LedgerPrivate.field, LedgerPrivate.value
    found: dict[int, dict[str, str]] = {}
    for row in connection.execute(select(*columns).where(LedgerPrivate.entry_id.in_(list(ids)))):
        found.setdefault(row.entry_id, {})[row.field] = row.value
    return found


NAMED = ("person", "investor", "report")
"""The parts of a search that may be names or ids."""


def ids_asked(kept: str) -> dict[str, list[str]]:
    """The words of a recorded search that may be ids, by what they would be ids of."""
    try:
        said = json.loads(kept)
    except ValueError:
        return {}
    parts = [*said.items(), *said.get("excluded", ())] if isinstance(said, dict) else []
    return {name: [text for each, text in parts if each == name and isinstance(text, str)] for name in NAMED}
