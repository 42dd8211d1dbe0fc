"""Lists that the policy was compiled to, beside plain SQL that says the same by hand; and both beside ``decide``, one by one.

The plain statement knows what nobody may rely on: that no row was corrected, that nobody has two mandates, which grades a
category may be given. It is the floor.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, bindparam, text

from gatekeeper.database import Database
from gatekeeper.ledger.entitling import persons
from gatekeeper.ledger.entitling.wanted import Found, Hit, Page, Wish
from gatekeeper.rules.facts import Facts, InvestorFacts, ReleaseState, ReportFacts
from gatekeeper.rules.messages.distribution import Choice, To
from gatekeeper.rules.risk import Action, Audience, Initiative, InvestorClass, InvestorKind, RiskCategory, RiskGrade
from gatekeeper.rules.suitability import Outcome, decide
from gatekeeper.services import EXTENSION
from gatekeeper.store.base import UtcTime
from gatekeeper.store.publishing import library
from gatekeeper.store.publishing.library import Wanted
from gatekeeper.store.reading import access, lists
from gatekeeper.store.reading.entitled import Place as After
from gatekeeper.store.sending import recipients
from tests.bench.crowd import Ones
from tests.bench.figures import Figures
from tests.bench.place import Place
from tests.bench.table import Row
from tests.rules.facts import standing
from tests.world import ZONE

TARGET = 3.0
PAGE, SENT, LARGEST, ALL, MOST = 50, 100, 1_000, 10_000_000, 100

_REPORTS = """
    SELECT r.report_id, r.valid_from, v.title, v.subtitle, v.issuer, v.kind, v.rating, g.grade FROM release r
    JOIN report_version v ON v.id = r.version_id
    JOIN grading g ON g.id = (SELECT max(id) FROM grading WHERE version_id = v.id AND valid_from <= :now)
    WHERE r.id = (SELECT max(id) FROM release WHERE report_id = r.report_id AND valid_from <= :now)
    AND r.state = 'RELEASED' AND NOT v.conflict AND g.grade IN ('R1', 'R2', 'R3')
    AND (g.categories IS NULL OR g.categories & 4 <> 0) AND NOT g.contract_clients_only
    ORDER BY r.valid_from DESC, r.report_id DESC LIMIT :limit
"""
_PEOPLE = """
    SELECT m.person_id, p.name, i.name AS investor_name, i.client_number FROM mandate m
    JOIN person p ON p.id = m.person_id
    JOIN investor i ON i.id = m.investor_id
    JOIN standing s ON s.id = (SELECT max(id) FROM standing WHERE investor_id = i.id AND valid_from <= :now)
    JOIN classification k ON k.id =
        (SELECT max(id) FROM classification WHERE investor_id = i.id AND aspect = 'CLASS' AND valid_from <= :now)
    JOIN classification c ON c.id =
        (SELECT max(id) FROM classification WHERE investor_id = i.id AND aspect = 'CATEGORY' AND valid_from <= :now)
    WHERE m.live AND s.client AND s.profile_complete AND NOT s.suspended AND NOT s.closed
    AND k.investor_class = 'ORDINARY' AND c.category IN ('C3', 'C4', 'C5') AND c.valid_before > :now
    ORDER BY i.client_number, m.person_id LIMIT :limit
"""
_NUMBER = f"SELECT count(*) FROM ({_PEOPLE}) AS those"  # noqa: S608  (a statement of our own)
_GRADED = """
    SELECT r.report_id AS id, g.grade, g.categories, v.conflict FROM release r
    JOIN report_version v ON v.id = r.version_id JOIN grading g ON g.version_id = v.id
"""
_FILED = """
    SELECT m.person_id AS id, s.suspended, c.category, c.valid_before FROM mandate m
    JOIN standing s ON s.investor_id = m.investor_id
    JOIN classification c ON c.investor_id = m.investor_id AND c.aspect = 'CATEGORY'
"""


@dataclass
class Compared:
    """One list made in two ways, in turns."""

    name: str
    ours: Callable[[], Sequence[Any]]
    plain: Callable[[], Sequence[Any]]
    is_count: bool = False

    def rows(self, rounds: int, seconds: float, expected: Collection[str] | None = None) -> list[Row]:
        """Both as rows. Where the ids differ from each other, or from those that ``decide`` permits, that is an error."""
        ours, plain = Figures(self.name, ""), Figures("the same in plain SQL", "")
        mine, theirs = self.ours(), self.plain()
        wrong = len(set(mine) ^ set(theirs)) if expected is not None or self.is_count else int(len(mine) != len(theirs))
        if expected is not None:
            wrong += len(set(mine) ^ set(expected))
        ours.fail(wrong, "other ids")
        for _ in range(rounds):
            for figures, make in ((plain, self.plain), (ours, self.ours)):
                figures.take_all(_timed(make, seconds))
        name = f"{self.name}{f': {len(mine):,} ids, those of decide()' if expected is not None else ''}"
        return [plain.row(), replace(ours.row(), what=name, ratio=1 / ours.ratio_to(plain), target=TARGET, at_most=True)]


def _timed(make: Callable[[], object], seconds: float) -> list[float]:
    """As often as the time holds, and once at the least."""
    times: list[float] = []
    while sum(times) < seconds * 1e6 and len(times) < MOST:
        begun = perf_counter()
        make()
        times.append((perf_counter() - begun) * 1e6)
    return times


def measure(place: Place, rounds: int, seconds: float) -> list[Row]:
    """What one investor may read, and who may be sent one report: a page of each, and all of it."""
    with _asked(place) as lists:
        pages = (each for one in lists for each in one.page.rows(rounds, seconds))
        return [*pages, *(each for one in lists for each in one.wholes(rounds, seconds))]


def pages(place: Place, seconds: float) -> list[Row]:
    """A page of each alone, in one round."""
    with _asked(place) as lists:
        return [one.page.rows(1, seconds)[1] for one in lists]


@dataclass
class _List:
    """One list: its page, all of it, the ids that ``decide`` permits, and what else is counted of all."""

    page: Compared
    whole: Compared
    permitted: Callable[[], set[str]]
    counted: Compared | None = None

    def wholes(self, rounds: int, seconds: float) -> Iterator[Row]:
        permitted = self.permitted()
        rounds = rounds if len(permitted) < _FEW else 1
        yield from self.whole.rows(rounds, seconds, permitted)
        if self.counted is not None:
            yield from (replace(each, target=None) for each in self.counted.rows(rounds, seconds))


_FEW = 20_000


@contextmanager
def _asked(place: Place) -> Iterator[list[_List]]:
    ones, now = Ones.of(place), place.app().extensions[EXTENSION].clock()
    database = Database(place.url, threads=1)
    try:
        with database.snapshot() as connection:
            yield [_reports(connection, ones, now), _people(connection, ones, now)]
    finally:
        database.dispose()


def _plain(connection: Connection, statement: str, now: datetime, limit: int) -> Callable[[], list[str]]:
    query = text(statement).bindparams(bindparam("now", type_=UtcTime()))
    return lambda: [row[0] for row in connection.execute(query, {"now": now, "limit": limit})]


def _reports(connection: Connection, ones: Ones, now: datetime) -> _List:
    case = access.load(connection, person=ones.person, investor=ones.investor, report=None, zone=ZONE, now=now)

    def ours(limit: int) -> Callable[[], list[str]]:
        return lambda: [each.report for each in lists.readable(connection, ones.person, case, Wanted(limit=limit), now)]

    def permitted() -> set[str]:
        rows = connection.execute(text(_GRADED)).all()
        facts = (replace(case.facts, report=_report(row), action=Action.BOOKMARK) for row in rows)
        return {row.id for row, each in zip(rows, facts, strict=True) if decide(each, now).outcome is Outcome.PERMIT}

    made = f"of {_count(connection, 'report'):,} reports those she may read"
    page = Compared(f"{made}: page of {PAGE}", ours(PAGE), _plain(connection, _REPORTS, now, PAGE))
    whole = Compared(f"{made}, all", ours(ALL), _plain(connection, _REPORTS, now, ALL))
    return _List(page, whole, permitted)


def _count(connection: Connection, table: str) -> int:
    return connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()  # noqa: S608  (names of our own)


def _report(row: Any) -> ReportFacts:
    audience = Audience(categories=access.categories_of(row.categories))
    return ReportFacts(ReleaseState.RELEASED, RiskGrade[row.grade], audience, bool(row.conflict))


def _people(connection: Connection, ones: Ones, now: datetime) -> _List:
    """Those who may be sent a report: by the search, page by page, and told apart and counted for a distribution."""
    common = access.load(connection, person="", investor=None, report=ones.report, action=Action.RECEIVE, zone=ZONE, now=now)
    scene = recipients.scene(connection, library.version(connection, common.version or ""), Choice(To.CLIENTS), now)
    wish = Wish(Action.RECEIVE, Initiative.PUSH)

    def page(size: int, after: After) -> Found[Hit, After]:
        return persons.permitted(connection, common, wish, Page(size, after), now, None)

    def whole() -> list[str]:
        ids: list[str] = []
        after: After | None = After()
        while after is not None:
            found = page(LARGEST, after)
            ids += [each.row.person for each in found.results]
            after = found.following
        return ids

    def counted() -> list[int]:
        groups = recipients.groups(connection, scene)
        alike = (each for each in groups if decide(recipients.facts_of_group(common.facts, each), now).outcome is Outcome.PERMIT)
        return [sum(each.number for each in alike)]

    def permitted() -> set[str]:
        rows = connection.execute(text(_FILED).columns(valid_before=UtcTime()))
        return {row.id for row in rows if decide(_whose(common.facts, row), now).outcome is Outcome.PERMIT}

    made = f"of {_count(connection, 'mandate'):,} people those who may be sent a report"
    return _List(
        Compared(
            f"{made}: page of {SENT}",
            lambda: [each.row.person for each in page(SENT, After()).results],
            _plain(connection, _PEOPLE, now, SENT),
        ),
        Compared(f"{made}, all", whole, _plain(connection, _PEOPLE, now, ALL)),
        permitted,
        Compared(f"{made}, counted beside all others", counted, _plain(connection, _NUMBER, now, ALL), is_count=True),
    )


def _whose(common: Facts, row: Any) -> Facts:
    stands = standing(suspended=bool(row.suspended))
    category = RiskCategory[row.category]
    investor = InvestorFacts(
        InvestorKind.INDIVIDUAL, stands, InvestorClass.ORDINARY, None, category, row.valid_before, lowest=False
    )
    return replace(common, investor=investor, initiative=Initiative.PUSH)
