"""Who may have a report, and which reports somebody may have: what the database finds, for a decision on each.

1. Walked is in the order of ids, a piece at a time: who or what may be had all the while is met exactly once, whatever changes.
2. Persons come with the key of all that decides on the investor's file (``suitability.rehearsal``), reports with their grading.
   What the policy's conditions leave is decided by ``decide``, as if it were asked for alone.
3. Where words must be accepted first, walked are those who accepted some, never everybody.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Integer, String, and_, bindparam, false, func, literal, null, or_, select
from sqlalchemy.orm import aliased

from gatekeeper.rules.changing.rehearsal import Lens
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from gatekeeper.rules.suitability import Admission
from gatekeeper.store.accounts.people import Investor, Mandate, ObjectivesRow, StandingRow
from gatekeeper.store.base import NOW, current_id
from gatekeeper.store.prepared import Prepared, Statements
from gatekeeper.store.publishing.library import RELEASED, admitted_condition, joined
from gatekeeper.store.publishing.reports import Grading, Release, ReportVersion
from gatekeeper.store.reading import subscriptions
from gatekeeper.store.reading.consent import Acknowledgement
from gatekeeper.store.reading.subscriptions import Topics
from gatekeeper.store.suitability.rehearsal import CATEGORY, CLASS, KEY, LOWEST, bound, looked_up

_INVESTOR, _PERSON, _LAST, _VERSION, _REPORT = (
    bindparam(name, type_=String) for name in ("investor", "person", "last", "version", "report")
)
_PIECE = bindparam("piece", type_=Integer)


@dataclass(frozen=True, slots=True)
class Place:
    """After whom a page of persons begins. Without a person, after everybody who acts for the investor."""

    investor: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """About which version it is asked, and what the policy reads of a file now.

    ``accepted`` says that words must be accepted first; ``topics`` by which subscriptions it would be the investor's own wish,
    None where that is not asked. ``branches`` are those of the investors that may be found, None for all. Ordinary investors of
    other ``categories`` may not have the report whatever else is on file, so they are not looked at any further; None if all are.
    """

    version: str
    lens: Lens
    categories: frozenset[RiskCategory] | None
    accepted: bool
    topics: Topics | None = None
    branches: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """Persons with the investors for whom they act, in order, and after whom to go on; None at the end."""

    rows: list[Any]
    following: Place | None


_acts = aliased(Mandate, name="acts")


def _newest_acceptance() -> Any:
    row = aliased(Acknowledgement, name="this")
    own = (row.person_id == _acts.person_id, row.investor_id == _acts.investor_id, row.version_id == _VERSION)
    return select(func.max(row.id)).where(*own).scalar_subquery()


def _some() -> Any:
    """The next investors of all."""
    return select(Investor.id.label("id")).where(Investor.id >= _INVESTOR)


def _readers() -> Any:
    """The next investors for whom words of the version were accepted."""
    row = Acknowledgement
    return select(row.investor_id.label("id")).where(row.version_id == _VERSION, row.investor_id >= _INVESTOR).distinct()


def _bounds(source: Any) -> Any:
    """How many investors a piece has, and the last of them."""
    ids = source.order_by("id").limit(_PIECE).subquery("some")
    return select(func.count().label("number"), func.max(ids.c.id).label("last"))


def _people(*piece: Any) -> Any:
    """Everybody who acts for an investor of a piece, with what decides and the ids of its rows."""
    newest = current_id(Mandate, NOW, (Mandate.person_id, _acts.person_id), (Mandate.investor_id, _acts.investor_id))
    return looked_up(
        select(
            *(Investor.id.label("investor"), _acts.person_id.label("person"), Investor.client_number),
            or_(Investor.id > _INVESTOR, and_(_PERSON != "", _acts.person_id > _PERSON)).label("is_ahead"),
            *(
                _acts.id.label("mandate"),
                StandingRow.id.label("standing"),
                CLASS.id.label("class_"),
                CATEGORY.id.label("category"),
            ),
            *(LOWEST.id.label("lowest"), ObjectivesRow.id.label("objectives")),
            KEY,
        )
        .select_from(Investor)
        .join(_acts, _acts.investor_id == Investor.id)
        .where(*piece, _acts.id == newest, _acts.live, or_(_acts.valid_before.is_(None), _acts.valid_before > NOW))
        .order_by(Investor.id, _acts.person_id)
    )


_ACCEPTED = (
    *(Acknowledgement.id.label("acceptance"), Acknowledgement.accepted_at),
    *(Acknowledgement.statement_id.label("accepted_statement"), Acknowledgement.profile),
)
_BOUNDS = {False: Prepared(_bounds(_some())), True: Prepared(_bounds(_readers()))}
_PIECES = {
    False: _people(Investor.id >= _INVESTOR, Investor.id <= _LAST),
    True: _people(Investor.id.in_(_readers().where(Acknowledgement.investor_id <= _LAST)))
    .add_columns(*_ACCEPTED)
    .outerjoin(Acknowledgement, Acknowledgement.id == _newest_acceptance()),
}
"""By whether words must be accepted first."""
_PEOPLE = Statements()


def people(connection: Connection, asking: Asking, after: Place, piece: int) -> Piece:
    """Who acts for the next so many investors, with what is decided on."""
    values = {**bound(asking.lens), "version": asking.version, "investor": after.investor, "person": after.person}
    bounds = _BOUNDS[asking.accepted].one(connection, **values, piece=piece)
    if not bounds.number:
        return Piece([], None)
    branches = sorted(asking.branches or ())
    values |= subscriptions.wished(asking.topics or {}) | {f"branch_{place}": name for place, name in enumerate(branches)}
    topics = tuple((topic, len(names)) for topic, names in (asking.topics or {}).items())
    alike = asking.accepted, asking.topics is None, topics, asking.branches is None, len(branches), asking.categories
    rows = _PEOPLE.of(alike, lambda: _piece(asking, len(branches))).all(connection, **values, last=bounds.last)
    return Piece(rows, Place(bounds.last) if bounds.number == piece else None)


def _piece(asking: Asking, branches: int) -> Any:
    query = _PIECES[asking.accepted]
    if asking.categories is not None:
        ordinary = or_(false(), *(CATEGORY.category == each for each in sorted(asking.categories)))
        query = query.where(or_(CLASS.investor_class != InvestorClass.ORDINARY, ordinary))
    if asking.topics is not None:
        query = query.add_columns(subscriptions.wished_by(_acts, asking.topics).label("pull"))
    if asking.branches is not None:
        query = query.where(or_(false(), *(StandingRow.branch == bindparam(f"branch_{place}") for place in range(branches))))
    return query


_own_acceptance = aliased(Acknowledgement, name="own")


def _own_newest() -> Any:
    row = aliased(Acknowledgement, name="this")
    own = (row.person_id == _PERSON, row.investor_id == _INVESTOR, row.version_id == ReportVersion.id)
    return select(func.max(row.id)).where(*own).scalar_subquery()


_REPORTS = (
    joined(
        select(
            *(Release.report_id.label("report"), Release.id.label("release"), ReportVersion.id.label("version")),
            *(ReportVersion.conflict, Grading.id.label("grading"), Grading.grade, Grading.professional, Grading.categories),
            *(Grading.clients_only, Grading.contract_clients_only, Grading.term, Grading.varieties),
        )
    )
    .where(RELEASED, Release.report_id > _REPORT)
    .order_by(Release.report_id)
    .limit(_PIECE)
)
_ABOUT = (ReportVersion.issuer, ReportVersion.kind, ReportVersion.industry, ReportVersion.analysts)
_MINE = (
    *(_own_acceptance.id.label("acceptance"), _own_acceptance.accepted_at),
    *(_own_acceptance.statement_id.label("accepted_statement"), _own_acceptance.profile),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeking:
    """For whom reports are sought. Without an ``admission`` for each who may move first nothing is found.

    ``since`` is from when on an acceptance serves, where words must be accepted first; ``about`` asks also for what subscriptions
    are matched by.
    """

    person: str
    investor: str
    admissions: Collection[Admission]
    since: datetime | None
    about: bool


def reports(connection: Connection, seeking: Seeking, after: str, piece: int, now: datetime) -> list[Any]:
    """The next reports that the policy's conditions leave, each with what is decided on."""
    query = _REPORTS.where(or_(*(admitted_condition(each) for each in seeking.admissions)))
    values: Mapping[str, Any] = {"person": seeking.person, "investor": seeking.investor}
    if seeking.since is not None:
        query = query.add_columns(*_MINE).join(_own_acceptance, _own_acceptance.id == _own_newest())
        query = query.where(_own_acceptance.accepted_at >= literal(seeking.since, Acknowledgement.accepted_at.type))
    else:
        query = query.add_columns(null().label("acceptance"))
    if seeking.about:
        query = query.add_columns(*_ABOUT)
    return list(connection.execute(query, {**values, "report": after, "piece": piece, "now": now}))
