"""Reading the ledger: pages of entries by what the columns say, newest first, by key and never by offset."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select, text

from gatekeeper.store.ledger import FOR_OTHERS, LedgerEntry, LedgerPrivate
from gatekeeper.store.people import Investor, Person
from gatekeeper.store.reports import ReportVersion

Ids = str | tuple[str, ...] | None
"""One id, or any of several; None leaves it open."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What entries to show; None leaves a member open. ``since`` is inclusive, ``before`` exclusive. Ids, never names.

    ``person`` finds whom an entry concerns and who did it. ``policy`` is its digest or the beginning of it.
    """

    since: datetime | None = None
    before: datetime | None = None
    kind: str | None = None
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


_EQUAL = ("kind", "investor", "report", "action", "outcome", "reason", "request_id", "code")
_COLUMNS = tuple(column for column in LedgerEntry.__table__.columns if column.key != "leaf")
_FOR_OTHERS = text(f"({FOR_OTHERS})")
"""What staff did: entries whose actor is not the person concerned. Spelled as one text, so that an index can bear the same."""


def search(
    connection: Connection, wanted: Filter, position: tuple[datetime, int] | None, limit: int, *, newer: bool = False
) -> list[Any]:
    """Entries newest first. ``position`` is the last entry of the page before: older ones follow, or newer ones if asked."""
    conditions = _conditions(wanted)
    if position:
        at, id_ = position
        if newer:
            conditions.append(or_(LedgerEntry.at > at, and_(LedgerEntry.at == at, LedgerEntry.id > id_)))
        else:
            conditions.append(or_(LedgerEntry.at < at, and_(LedgerEntry.at == at, LedgerEntry.id < id_)))
    if wanted.person is None:
        found = _nearest(connection, conditions, limit, newer=newer)
    else:  # two walks along two indexes: no database takes an OR over two columns in order
        persons = _many(wanted.person)
        concerned = [*conditions, LedgerEntry.person.in_(persons)]
        others = or_(LedgerEntry.person.is_(None), LedgerEntry.person.not_in(persons))
        acted = [*conditions, _FOR_OTHERS, LedgerEntry.actor.in_([f"person:{each}" for each in persons]), others]
        found = _nearest(connection, concerned, limit, newer=newer) + _nearest(connection, acted, limit, newer=newer)
    found.sort(key=lambda row: (row.at, row.id), reverse=True)
    return found[-limit:] if newer else found[:limit]


def _nearest(connection: Connection, conditions: list[Any], limit: int, *, newer: bool) -> list[Any]:
    order = (LedgerEntry.at, LedgerEntry.id) if newer else (LedgerEntry.at.desc(), LedgerEntry.id.desc())
    return list(connection.execute(select(*_COLUMNS).where(*conditions).order_by(*order).limit(limit)))


def _conditions(wanted: Filter) -> list[Any]:
    conditions: list[ColumnElement[bool]] = []
    for name in _EQUAL:
        if (value := getattr(wanted, name)) is not None:
            column = getattr(LedgerEntry, name)
            conditions.append(column.in_(value) if isinstance(value, tuple) else column == value)
    if wanted.since:
        conditions.append(LedgerEntry.at >= wanted.since)
    if wanted.before:
        conditions.append(LedgerEntry.at < wanted.before)
    if wanted.policy:
        conditions.append(LedgerEntry.policy.startswith(wanted.policy, autoescape=True))
    if wanted.address:
        where = (LedgerPrivate.field == "address", LedgerPrivate.value == wanted.address)
        conditions.append(LedgerEntry.id.in_(select(LedgerPrivate.entry_id).where(*where)))
    return conditions


def _many(ids: str | tuple[str, ...]) -> tuple[str, ...]:
    return ids if isinstance(ids, tuple) else (ids,)


@dataclass(frozen=True, slots=True)
class Match:
    """One person, investor or report that a searcher's words may mean."""

    id: str
    name: str
    detail: str


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


def by_id(connection: Connection, id_: int) -> Any:
    """One entry with its leaf, or None."""
    return connection.execute(select(LedgerEntry.__table__).where(LedgerEntry.id == id_)).first()


def codes(connection: Connection, ids: Iterable[int]) -> dict[int, str]:
    """The codes of entries by their ids."""
    rows = connection.execute(select(LedgerEntry.id, LedgerEntry.code).where(LedgerEntry.id.in_(sorted(set(ids)))))
    return {row.id: row.code for row in rows}


def private_of(connection: Connection, entry_id: int) -> dict[str, str]:
    """What is kept apart for an entry and not erased yet."""
    rows = connection.execute(select(LedgerPrivate.field, LedgerPrivate.value).where(LedgerPrivate.entry_id == entry_id))
    return {row.field: row.value for row in rows}
