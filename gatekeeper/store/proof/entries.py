"""Reading the ledger: pages of entries by what the columns say, newest first, by key and never by offset."""

import json
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, literal_column, or_, select, union, union_all

from gatekeeper.rules.events import Kind
from gatekeeper.store.accounts.people import Investor, Person
from gatekeeper.store.prepared import Statements
from gatekeeper.store.proof import filtering
from gatekeeper.store.proof.answers import LedgerAnswer
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerPrivate
from gatekeeper.store.publishing.reports import ReportVersion

_PIECE = 500
_COLUMNS = tuple(column for column in LedgerEntry.__table__.columns if column.key != "leaf")
_WHOLE = tuple(LedgerEntry.__table__.columns)


def search(
    connection: Connection, wanted: Filter, position: tuple[datetime, int] | None, limit: int, *, newer: bool = False
) -> list[Any]:
    """Entries newest first. ``position`` is the last entry of the page before: older ones follow, or newer ones if asked."""
    return _found(connection, _COLUMNS, _Page(wanted, position is not None, limit, newer), position)


def search_leaves(
    connection: Connection, wanted: Filter, position: tuple[datetime, int] | None, limit: int, *, newer: bool = False
) -> list[Any]:
    """The same with the leaf of each entry, for pages that tell more than the columns say."""
    return _found(connection, _WHOLE, _Page(wanted, position is not None, limit, newer), position)


def with_answers(connection: Connection, wanted: Filter, position: tuple[datetime, int] | None, limit: int) -> list[Any]:
    """Of those only the ones that hold several answers and are found by one of these."""
    which = filtering.answered(wanted)
    if which is None:
        return []
    page = _Page(wanted, position is not None, limit, newer=False)
    places = page.of(which, LedgerAnswer.at, LedgerAnswer.entry_id).subquery()
    query = select(*_WHOLE).join(places, LedgerEntry.id == places.c.entry_id)
    return list(connection.execute(query, _values(wanted, position)))


@dataclass(frozen=True, slots=True)
class _Page:
    """What of the ledger is wanted: from the end or from an entry on, towards newer ones or older, and how many."""

    wanted: Filter
    goes_on: bool
    limit: int
    newer: bool

    @property
    def alike(self) -> tuple[Any, ...]:
        """What pages have in common that are found by one statement."""
        return filtering.alike(self.wanted), self.goes_on, self.limit, self.newer

    def of(self, query: Select[Any], when: Any, which: Any) -> Select[Any]:
        """A page of what a query finds, in order of time."""
        beyond = filtering.beyond((when, which), newer=self.newer)
        return self.ordered(query.where(beyond) if self.goes_on else query, when, which)

    def ordered(self, query: Select[Any], when: Any, which: Any) -> Select[Any]:
        """As much of a query as the page holds, in order of time."""
        most: Any = literal_column(str(self.limit))  # in words: a plan for any number of rows would sort them all
        return query.order_by(*((when, which) if self.newer else (when.desc(), which.desc()))).limit(most)

    def statement(self, columns: tuple[Any, ...]) -> Select[Any]:
        """All of it. Several walks find places in their indexes, and of these as many entries are read as the page holds."""
        at, id_ = LedgerEntry.__table__.c.at, LedgerEntry.__table__.c.id
        walks, which = filtering.walks(self.wanted), filtering.answered(self.wanted)
        if which is None and len(walks) == 1:
            return self.of(select(*columns).where(*walks[0]), at, id_)
        parts = [self.of(select(at, id_).where(*walk), at, id_) for walk in walks]
        if which is not None:
            parts.append(self.of(which, LedgerAnswer.at, LedgerAnswer.entry_id))
        found: Any = (union_all if which is None else union)(*(select(part.subquery()) for part in parts)).subquery("found")
        places: Any = self.ordered(select(found), found.c.at, found.c.id).subquery("places")
        return self.ordered(select(*columns).join(places, id_ == places.c.id), places.c.at, places.c.id)


_PAGES = Statements(200)


def _found(connection: Connection, columns: tuple[Any, ...], page: _Page, position: tuple[datetime, int] | None) -> list[Any]:
    statement = _PAGES.of((columns is _WHOLE, *page.alike), lambda: page.statement(columns))
    rows = statement.all(connection, **_values(page.wanted, position))
    return rows[::-1] if page.newer else rows


def _values(wanted: Filter, position: tuple[datetime, int] | None) -> dict[str, Any]:
    given = filtering.values(wanted)
    return given | dict(zip(("at", "id"), position, strict=True)) if position else given


def count(connection: Connection, wanted: Filter, most: int) -> int:
    """How many entries there are, as far as ``most``: a number that no page needs exactly is not counted to its end."""
    parts = [select(LedgerEntry.id).where(*walk).limit(most).subquery() for walk in filtering.walks(wanted)]
    which = filtering.answered(wanted)
    if which is not None:
        parts.append(which.limit(most).subquery())
    ids = [select(list(part.c)[-1]) for part in parts]
    some = (union(*ids) if which is not None else union_all(*ids)).subquery()
    return min(most, connection.execute(select(func.count()).select_from(some), filtering.values(wanted)).scalar_one())


def count_answers(connection: Connection, wanted: Filter, most: int) -> int:
    """How many answers there are in entries that hold several, as far as ``most``."""
    among = filtering.among_answers(wanted)
    if not among:
        return 0
    query = select(LedgerAnswer.number).join(LedgerEntry, LedgerEntry.id == LedgerAnswer.entry_id).where(*among)
    some = query.limit(most).subquery()
    return connection.execute(select(func.count()).select_from(some), filtering.values(wanted)).scalar_one()


def newest_id(connection: Connection) -> int:
    """The id of the newest entry: whatever is written later has a higher one."""
    return connection.execute(select(func.max(LedgerEntry.id))).scalar_one() or 0


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
