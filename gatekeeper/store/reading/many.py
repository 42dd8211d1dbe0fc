"""The facts of many decisions, in a handful of statements: investors, reports and acceptances apart, put together pair by pair.

Each is found by the same rules as for one decision (``access``), and a test holds the two together.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select
from sqlalchemy.orm import aliased

from gatekeeper.rules.consent import Acceptance
from gatekeeper.rules.facts import Facts, InvestorFacts, ReportFacts
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.store.accounts.people import Classification, Investor, Mandate, ObjectivesRow, StandingRow
from gatekeeper.store.among import among
from gatekeeper.store.base import NOW, current_id
from gatekeeper.store.prepared import Prepared
from gatekeeper.store.proof.several import OF_INVESTOR, OF_REPORT
from gatekeeper.store.publishing.reports import Grading, Release, Report, ReportVersion
from gatekeeper.store.reading import access
from gatekeeper.store.reading.access import Case
from gatekeeper.store.reading.consent import Acknowledgement, PolicyRow, StatementRow
from gatekeeper.store.reading.meant import Meant
from gatekeeper.store.reading.subscriptions import Topics, topics_of
from gatekeeper.store.suitability.facts import is_scheduled, latest_version

_COLUMNS = {"class": "class_", "category": "category_", "lowest": "lowest_"}
"""Where a row keeps an id under another name than an entry."""

_class, _category, _lowest = (aliased(Classification, name=name) for name in ("the_class", "the_category", "the_lowest"))


def _aspect(name: str) -> Any:
    return current_id(Classification, NOW, (Classification.investor_id, Mandate.investor_id), (Classification.aspect, name))


_INVESTORS = Prepared(
    select(
        *(Mandate.id.label("mandate"), Mandate.person_id, Mandate.investor_id, Investor.kind, Investor.client_number),
        *(StandingRow.id.label("standing"), StandingRow.client, StandingRow.profile_complete, StandingRow.suspended),
        *(StandingRow.closed, StandingRow.contract_from, StandingRow.contract_before, StandingRow.branch, StandingRow.contact),
        *(_class.id.label("class_"), _class.investor_class, _class.valid_before.label("class_before")),
        *(_category.id.label("category_"), _category.category, _category.valid_before.label("category_before")),
        *(_category.rose_from, _category.rose_at, _lowest.id.label("lowest_"), _lowest.lowest),
        *(_lowest.rose_at.label("lifted_at"), ObjectivesRow.id.label("objectives"), ObjectivesRow.term, ObjectivesRow.varieties),
    )
    .select_from(Mandate)
    .join(Investor, Investor.id == Mandate.investor_id)
    .outerjoin(StandingRow, StandingRow.id == current_id(StandingRow, NOW, (StandingRow.investor_id, Mandate.investor_id)))
    .outerjoin(_class, _class.id == _aspect("CLASS"))
    .outerjoin(_category, _category.id == _aspect("CATEGORY"))
    .outerjoin(_lowest, _lowest.id == _aspect("LOWEST"))
    .outerjoin(
        ObjectivesRow, ObjectivesRow.id == current_id(ObjectivesRow, NOW, (ObjectivesRow.investor_id, Mandate.investor_id))
    )
    .where(among(Mandate.id, "some"))
)
_REPORTS = Prepared(
    select(
        *(Report.id.label("report"), Release.id.label("release"), Release.state, ReportVersion.id.label("version")),
        *(ReportVersion.title, ReportVersion.conflict, ReportVersion.industry, ReportVersion.issuer, ReportVersion.kind),
        *(ReportVersion.analysts, Grading.id.label("grading"), Grading.grade, Grading.professional, Grading.categories),
        *(Grading.clients_only, Grading.contract_clients_only, Grading.term.label("report_term")),
        *(Grading.varieties.label("report_varieties"), is_scheduled(Report.id, NOW).label("scheduled")),
    )
    .select_from(Report)
    .outerjoin(Release, Release.id == current_id(Release, NOW, (Release.report_id, Report.id)))
    .outerjoin(ReportVersion, ReportVersion.id == func.coalesce(Release.version_id, latest_version(Report.id)))
    .outerjoin(Grading, Grading.id == current_id(Grading, NOW, (Grading.version_id, ReportVersion.id)))
    .where(among(Report.id, "some"))
)
_newest = (
    select(func.max(Acknowledgement.id))
    .where(among(Acknowledgement.person_id, "persons"), among(Acknowledgement.version_id, "versions"))
    .group_by(Acknowledgement.person_id, Acknowledgement.investor_id, Acknowledgement.version_id)
)
_ACCEPTANCES = Prepared(
    select(
        *(
            Acknowledgement.person_id,
            Acknowledgement.investor_id,
            Acknowledgement.version_id,
            Acknowledgement.id.label("acceptance"),
        ),
        *(Acknowledgement.accepted_at, Acknowledgement.statement_id.label("accepted_statement"), Acknowledgement.profile),
        Acknowledgement.serving_id.label("serving"),
    ).where(Acknowledgement.id.in_(_newest))
)
_POLICY = Prepared(select(PolicyRow.id, PolicyRow.sha256).where(PolicyRow.id == current_id(PolicyRow, NOW)))
_STATEMENT = Prepared(select(*StatementRow.__table__.columns).where(StatementRow.id == current_id(StatementRow, NOW)))


@dataclass(frozen=True, slots=True)
class _Side:
    """One side of decisions: its row, what a decision knows of it, and the ids of the rows used."""

    row: Any
    facts: Any
    used: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Many:
    """Everything that decisions about some people and some reports use, as it stands at one moment."""

    now: datetime
    zone: ZoneInfo
    policy: Policy | None
    statement: Any
    common: dict[str, int]
    _investors: Mapping[int, _Side]
    _reports: Mapping[str, _Side]
    _acceptances: Mapping[tuple[str, str, str], Any]

    def case(self, who: Meant, report: str | None, action: Action | None, initiative: Initiative) -> Case:
        """One decision's facts, with the ids of their rows."""
        person, of = self._investors.get(who.mandate or 0), self._reports.get(report or "")
        row = person.row if person else None
        version = of.row.version if of else None
        accepted = self._acceptances.get((who.person or "", who.investor or "", version or ""))
        facts = Facts(
            investor=person.facts if person else None,
            report=of.facts if of else None,
            policy=self.policy,
            zone=self.zone,
            statement_id=self.statement.id if self.statement is not None else None,
            acceptance=accepted[0] if accepted else None,
            action=action,
            initiative=initiative,
        )
        used = {**(person.used if person else {}), **(of.used if of else {}), **self.common}
        return Case(
            facts=facts,
            used={**used, "acceptance": accepted[0].id} if accepted else used,
            investor=row.investor_id if row is not None else None,
            report=of.row.report if of else None,
            version=version,
            title=of.row.title if of else None,
            client_number=row.client_number if row is not None else None,
            branch=(row.branch or "") if row is not None else "",
            contact=(row.contact or "") if row is not None else "",
            serving=accepted[1] if accepted else None,
        )

    def topics(self, report: str | None) -> Topics:
        """What a report is about, by the topics of subscriptions."""
        of = self._reports.get(report or "")
        return topics_of(of.row) if of and of.row.version is not None else {}


def load(connection: Connection, those: Iterable[Meant], reports: Collection[str], now: datetime, zone: ZoneInfo) -> Many:
    """Everything about these people and reports, on the snapshot of ``connection``."""
    mandates = sorted({each.mandate for each in those if each.mandate is not None})
    policy, statement = _POLICY.first(connection, now=now), _STATEMENT.first(connection, now=now)
    dated = {"policy": policy, "statement": statement}
    common = {name: row.id for name, row in dated.items() if row is not None}
    investors = {row.mandate: _investor(row) for row in _rows(connection, _INVESTORS, mandates, now)}
    about = {row.report: _report(row) for row in _rows(connection, _REPORTS, sorted(set(reports)), now)}
    return Many(
        now=now,
        zone=zone,
        policy=access.policy_by(connection, policy.sha256) if policy is not None else None,
        statement=statement,
        common=common,
        _investors=investors,
        _reports=about,
        _acceptances=_accepted(connection, investors.values(), about.values()),
    )


def _rows(connection: Connection, query: Prepared, some: Collection[Any], now: datetime) -> Iterable[Any]:
    return query.all(connection, some=list(some), now=now) if some else ()


def _investor(row: Any) -> _Side:
    facts: InvestorFacts = access.investor_facts(row, row.standing)
    return _Side(row, facts, _used(row, OF_INVESTOR))


def _report(row: Any) -> _Side:
    facts: ReportFacts | None = access.report_facts(row)
    return _Side(row, facts, _used(row, OF_REPORT))


def _used(row: Any, names: Iterable[str]) -> dict[str, Any]:
    ids = {name: getattr(row, _COLUMNS.get(name, name)) for name in names}
    return {name: id_ for name, id_ in ids.items() if id_ is not None}


def _accepted(
    connection: Connection, investors: Iterable[_Side], reports: Iterable[_Side]
) -> dict[tuple[str, str, str], tuple[Acceptance, str]]:
    persons = sorted({each.row.person_id for each in investors})
    versions = sorted({each.row.version for each in reports if each.row.version is not None})
    found = {}
    for row in _ACCEPTANCES.all(connection, persons=persons, versions=versions) if persons and versions else ():
        acceptance = Acceptance(row.acceptance, row.accepted_at, row.accepted_statement, row.profile)
        found[row.person_id, row.investor_id, row.version_id] = acceptance, row.serving
    return found
