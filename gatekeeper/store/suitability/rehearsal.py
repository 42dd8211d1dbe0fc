"""Investors and reports by what a decision reads of them: the groups on which a policy is rehearsed, and who is in them.

Everything that decides stands in one short key for each investor and each report, so that a hundred thousand investors come to
some dozens of groups, in one statement. Of a day on which something ends or begins only matters whether it lies ahead.

Investors for whom nobody acts are left out, and reports that are not out or not graded: no policy lets them read or be read.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Connection,
    String,
    and_,
    bindparam,
    case,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    true,
    type_coerce,
    union,
)
from sqlalchemy.orm import aliased

from gatekeeper.rules.assessing.cool_off import Rise
from gatekeeper.rules.changing.rehearsal import InvestorGroup, Lens, Rehearsal, ReportGroup
from gatekeeper.rules.events import Kind
from gatekeeper.rules.facts import InvestorFacts, ReleaseState, ReportFacts, Standing
from gatekeeper.rules.risk import (
    Audience,
    InvestorClass,
    InvestorKind,
    Objectives,
    ProfessionalClause,
    RiskCategory,
    RiskGrade,
    Term,
)
from gatekeeper.store.accounts.people import Classification, Investor, Mandate, ObjectivesRow, StandingRow
from gatekeeper.store.base import NOW, UtcTime, current_id, varieties_of
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.publishing.library import RELEASED, joined
from gatekeeper.store.publishing.reports import Grading, Release, ReportVersion
from gatekeeper.store.publishing.staff_rows import file_number
from gatekeeper.store.reading.access import categories_of
from gatekeeper.store.sending.distributions import ReceivedReport
from gatekeeper.store.suitability.joined_text import SEPARATOR, JoinedText

_NOTHING = "-"
_YES, _NO = "Y", "N"
READINGS = (Kind.REPORT_OPENED.value, Kind.REPORT_COPIED.value)
_REACHED = (*READINGS, Kind.REPORT_RECEIVED.value)


def current(table: Any) -> tuple[ColumnElement[bool], ...]:
    """Rows that state something now; of these the highest id is the current one.

    ``base.states`` in other words, from which PostgreSQL knows that nearly every row does: else it expects one in two hundred,
    and walks one list for each row of another.
    """
    mark = aliased(table, name="mark")
    return (
        table.valid_from <= NOW,
        table.corrects_id.is_(None).is_(true()),
        ~select(mark.id).where(mark.corrects_id == table.id).exists(),
    )


def _text(column: Any) -> ColumnElement[str]:
    return func.coalesce(type_coerce(column, String), literal(_NOTHING))


def _number(column: Any) -> ColumnElement[str]:
    return func.coalesce(cast(column, String), literal(_NOTHING))


def _flag(condition: Any) -> ColumnElement[str]:
    return case((condition.is_(None), _NOTHING), (condition, _YES), else_=_NO)


def _ahead(column: Any) -> ColumnElement[str]:
    return case((or_(column.is_(None), column > NOW), _YES), else_=_NO)


_BY_TERM, _BY_VARIETY = (bindparam(name, type_=Boolean()) for name in ("by_term", "by_variety"))
_RECENT, _EARLIER = (bindparam(name, type_=UtcTime()) for name in ("recent", "earlier"))


def _read(wanted: ColumnElement[bool], value: ColumnElement[str]) -> ColumnElement[str]:
    return case((wanted, value), else_=literal(_NOTHING))


def _rise(category: Any, lowest: Any) -> tuple[ColumnElement[str], ColumnElement[str]]:
    """From where the category last rose, and how lately: within both waits, within the longer one, or not lately."""
    lifted = and_(lowest.rose_at.is_not(None), or_(category.rose_at.is_(None), lowest.rose_at > category.rose_at))
    at = case((lifted, lowest.rose_at), else_=category.rose_at)
    lately = case((at > _RECENT, _YES), (at > _EARLIER, _NO), else_=_NOTHING)
    came_from = case((or_(lifted, category.rose_from.is_(None)), _NOTHING), else_=_text(category.rose_from))
    return case((at > _EARLIER, came_from), else_=_NOTHING), lately


def deciding(class_: Any, category: Any, lowest: Any) -> ColumnElement[str]:
    """All that decides of an investor's file as one key: of the rows joined, those of ``classification`` under these names."""
    has_contract = and_(
        func.coalesce(StandingRow.contract_from <= NOW, false()),
        or_(StandingRow.contract_before.is_(None), StandingRow.contract_before > NOW),
    )
    return JoinedText(
        _text(Investor.kind),
        *map(_flag, (StandingRow.client, StandingRow.profile_complete, StandingRow.suspended, StandingRow.closed)),
        case((has_contract, _YES), else_=_NO),
        _text(class_.investor_class),
        _ahead(class_.valid_before),
        _text(category.category),
        _ahead(category.valid_before),
        case((lowest.lowest.is_(true()), _YES), else_=_NO),
        _read(_BY_TERM, _text(ObjectivesRow.term)),
        _read(_BY_VARIETY, _number(ObjectivesRow.varieties)),
        *_rise(category, lowest),
    ).label("key")


CLASS, CATEGORY, LOWEST = (aliased(Classification, name=name) for name in ("the_class", "the_category", "the_lowest"))
KEY = deciding(CLASS, CATEGORY, LOWEST)
"""The key of an investor that is ``filed`` or ``looked_up``, out of these rows among others."""


def _investors() -> Any:
    """Every investor for whom somebody acts, with the key of what decides."""
    mandates = select(func.max(Mandate.id).label("id")).where(*current(Mandate)).group_by(Mandate.person_id, Mandate.investor_id)
    last, live = mandates.subquery("newest_mandate"), aliased(Mandate, name="live")
    acting: Any = select(live.investor_id).join(last, last.c.id == live.id)
    acting = acting.where(live.live, or_(live.valid_before.is_(None), live.valid_before > NOW)).distinct().subquery("acting")
    columns = Investor.id, Investor.client_number, Investor.name
    return filed(select(*columns, KEY).join(acting, acting.c.investor_id == Investor.id)).subquery("investors")


def filed(query: Any) -> Any:
    """A query over investors, each with what decides on its file. Grouped, not looked up one by one: all are wanted."""
    newest = (
        select(Classification.investor_id, *(_newest(aspect) for aspect in ("CLASS", "CATEGORY", "LOWEST")))
        .where(*current(Classification))
        .group_by(Classification.investor_id)
        .subquery("newest")
    )
    wishes: Any = select(ObjectivesRow.investor_id, func.max(ObjectivesRow.id).label("id"))
    wishes = wishes.where(*current(ObjectivesRow)).group_by(ObjectivesRow.investor_id).subquery("newest_objectives")
    standing: Any = select(StandingRow.investor_id, func.max(StandingRow.id).label("id"))
    standing = standing.where(*current(StandingRow)).group_by(StandingRow.investor_id).subquery("newest_standing")
    return (
        query.outerjoin(standing, standing.c.investor_id == Investor.id)
        .outerjoin(StandingRow, StandingRow.id == standing.c.id)
        .outerjoin(newest, newest.c.investor_id == Investor.id)
        .outerjoin(CLASS, CLASS.id == newest.c.CLASS)
        .outerjoin(CATEGORY, CATEGORY.id == newest.c.CATEGORY)
        .outerjoin(LOWEST, LOWEST.id == newest.c.LOWEST)
        .outerjoin(wishes, wishes.c.investor_id == Investor.id)
        .outerjoin(ObjectivesRow, ObjectivesRow.id == wishes.c.id)
    )


def looked_up(query: Any) -> Any:
    """The same, each looked up: for a few investors, in whatever order they are walked."""
    standing = current_id(StandingRow, NOW, (StandingRow.investor_id, Investor.id))
    wishes = current_id(ObjectivesRow, NOW, (ObjectivesRow.investor_id, Investor.id))
    aspects = {"CLASS": CLASS, "CATEGORY": CATEGORY, "LOWEST": LOWEST}  # first: many are told apart by category alone
    for name, row in aspects.items():
        its_own = (Classification.investor_id, Investor.id), (Classification.aspect, name)
        query = query.outerjoin(row, row.id == current_id(Classification, NOW, *its_own))
    return query.outerjoin(StandingRow, StandingRow.id == standing).outerjoin(ObjectivesRow, ObjectivesRow.id == wishes)


def _newest(aspect: str) -> Any:
    return func.max(case((Classification.aspect == aspect, Classification.id))).label(aspect)


def _reports() -> Any:
    """Every graded report that is out, with the key of what decides."""
    key = JoinedText(
        _text(Grading.grade),
        _text(Grading.professional),
        _number(Grading.categories),
        *map(_flag, (Grading.clients_only, Grading.contract_clients_only, ReportVersion.conflict)),
        _read(_BY_TERM, _text(Grading.term)),
        _read(_BY_VARIETY, _number(Grading.varieties)),
    ).label("key")
    columns = (Release.report_id.label("id"), Release.version_id.label("version"), ReportVersion.title, Grading.grade, key)
    moment = Release.valid_from.label("released_at")
    return joined(select(*columns, moment, file_number(ReportVersion).label("file_number"))).where(RELEASED).subquery("reports")


INVESTORS, REPORTS = _investors(), _reports()
"""Investors for whom somebody acts, and reports that are out, each with its key."""
_INVESTOR_GROUPS, _REPORT_GROUPS = (
    select(each.c.key, func.count().label("number")).group_by(each.c.key).order_by(each.c.key) for each in (INVESTORS, REPORTS)
)


def investor_groups(connection: Connection, lens: Lens) -> list[InvestorGroup]:
    """The investors for whom somebody acts at this instant, by what decides."""
    rows = connection.execute(_INVESTOR_GROUPS, bound(lens))
    return [InvestorGroup(row.key, facts_under(row.key, lens), row.number) for row in rows]


def bound(lens: Lens) -> dict[str, Any]:
    """The parameters of a statement over investors and reports."""
    return {"now": lens.moment, **{each.name: getattr(lens, each.name) for each in fields(lens) if each.name != "moment"}}


def report_groups(connection: Connection, lens: Lens) -> list[ReportGroup]:
    """The reports that are out at this instant, by what decides."""
    rows = connection.execute(_REPORT_GROUPS, bound(lens))
    return [ReportGroup(row.key, _report_facts(row.key), row.number) for row in rows]


def facts_under(key: str, lens: Lens) -> InvestorFacts:
    """What a decision at this instant reads of the investors under a key. What has lapsed did so by then, the rest does not."""
    moment = lens.moment
    kind, client, complete, suspended, closed, contract, *rest = key.split(SEPARATOR)
    class_, class_ahead, category, category_ahead, lowest, term, varieties, rose_from, lately = rest
    standing = Standing(
        client=client == _YES,
        profile_complete=complete == _YES,
        suspended=suspended == _YES,
        closed=closed == _YES,
        contract_from=moment if contract == _YES else None,
    )
    came_from = RiskCategory[rose_from] if rose_from != _NOTHING else None
    return InvestorFacts(
        kind=InvestorKind(kind),
        standing=standing if client != _NOTHING else None,
        investor_class=InvestorClass(class_) if class_ != _NOTHING else None,
        class_before=None if class_ahead == _YES else moment,
        category=RiskCategory[category] if category != _NOTHING else None,
        category_before=None if category_ahead == _YES else moment,
        lowest=lowest == _YES,
        objectives=_objectives(term, varieties),
        rise=Rise(came_from, moment if lately == _YES else lens.recent) if lately != _NOTHING else None,
    )


def _objectives(term: str, varieties: str) -> Objectives:
    mask = int(varieties) if varieties != _NOTHING else None
    return Objectives(Term(term) if term != _NOTHING else None, varieties_of(mask))


def _report_facts(key: str) -> ReportFacts:
    grade, professional, mask, clients_only, contract_only, conflict, term, varieties = key.split(SEPARATOR)
    audience = Audience(
        professional=ProfessionalClause(professional) if professional != _NOTHING else None,
        categories=categories_of(int(mask) if mask != _NOTHING else None),
        clients_only=clients_only == _YES,
        contract_clients_only=contract_only == _YES,
    )
    about = _objectives(term, varieties)
    return ReportFacts(ReleaseState.RELEASED, RiskGrade[grade], audience, conflict=conflict == _YES, about=about)


def investors_under(connection: Connection, keys: Sequence[str], lens: Lens) -> list[Any]:
    """Every investor under these keys, by id, each with its key."""
    query = select(INVESTORS.c.id, INVESTORS.c.key).where(INVESTORS.c.key.in_(keys)).order_by(INVESTORS.c.id)
    return list(connection.execute(query, bound(lens))) if keys else []


@dataclass(frozen=True, slots=True)
class Reader:
    """An investor for whom a report was read before, with the key of what decides and the facts under it."""

    id: str
    key: str
    facts: InvestorFacts


def readers_of(connection: Connection, report: str, lens: Lens) -> list[Reader]:
    """For whom a report was opened, copied or received before this instant, and somebody acts then, by id."""
    read = select(LedgerEntry.investor).where(LedgerEntry.report == report, LedgerEntry.kind.in_(_REACHED))
    versions = select(ReportVersion.id).where(ReportVersion.report_id == report)
    sent = select(ReceivedReport.investor_id).where(ReceivedReport.version_id.in_(versions))
    reached: Any = union(read.where(LedgerEntry.at <= lens.moment), sent.where(ReceivedReport.received_at <= lens.moment))
    query = select(INVESTORS.c.id, INVESTORS.c.key).where(INVESTORS.c.id.in_(reached))
    rows = list(connection.execute(query.order_by(INVESTORS.c.id), bound(lens)))
    facts = {key: facts_under(key, lens) for key in {row.key for row in rows}}
    return [Reader(row.id, row.key, facts[row.key]) for row in rows]


@dataclass(frozen=True, slots=True)
class Out:
    """A report that is out and graded: what decides, its grade, its version, and the number of the one that brought its file."""

    facts: ReportFacts
    grade: RiskGrade
    version: str
    file_number: int


def report_at(connection: Connection, report: str, lens: Lens) -> Out | None:
    """A report as it was out at an instant; None where it was not."""
    row = connection.execute(select(REPORTS).where(REPORTS.c.id == report), bound(lens)).first()
    return Out(_report_facts(row.key), row.grade, row.version, row.file_number) if row is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Which part of a list: whom it is about (who gains, or who loses), after which place it begins, and how long it is."""

    gained: bool
    after: str = ""
    limit: int = 50


def investors(connection: Connection, found: Rehearsal, page: Page) -> list[Any]:
    """The investors who gain, or lose, something, by client number, each with the key of its group."""
    keys = {each.investors.key for each in found.pairs if each.gained is page.gained}
    query = select(INVESTORS).where(INVESTORS.c.key.in_(sorted(keys)), INVESTORS.c.client_number > page.after)
    query = query.order_by(INVESTORS.c.client_number).limit(page.limit)
    return list(connection.execute(query, bound(found.lens)))


def reports(connection: Connection, found: Rehearsal, page: Page) -> list[Any]:
    """The reports that gain, or lose, a reader, by their ids."""
    keys = {each.reports.key for each in found.pairs if each.gained is page.gained}
    query = select(REPORTS).where(REPORTS.c.key.in_(sorted(keys)), REPORTS.c.id > page.after)
    return list(connection.execute(query.order_by(REPORTS.c.id).limit(page.limit), bound(found.lens)))
