"""The facts of one decision, in one statement, with the ids of the rows they come from."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from gatekeeper.rules import policy as policies
from gatekeeper.rules.assessing.cool_off import Rise, later
from gatekeeper.rules.consent import Acceptance
from gatekeeper.rules.facts import Facts, InvestorFacts, ReleaseState, ReportFacts, Standing
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.risk import NOT_STATED, Action, Audience, Initiative, Objectives, RiskCategory
from gatekeeper.store.base import current_row, varieties_of
from gatekeeper.store.reading.consent import PolicyRow
from gatekeeper.store.suitability.facts import find


@dataclass(frozen=True, slots=True)
class Case:
    """One person, one investor and one report as they stand: the facts, the ids of their rows, and what a page may say.

    ``serving`` is the showing whose words the newest acceptance took, ``is_kept`` says that the report is bookmarked.
    """

    facts: Facts
    used: dict[str, Any]
    investor: str | None
    report: str | None
    version: str | None
    title: str | None
    client_number: str | None
    branch: str
    contact: str
    serving: str | None
    is_kept: bool = False


def load(
    connection: Connection,
    *,
    person: str,
    investor: str | None,
    report: str | None,
    action: Action | None = Action.READ,
    initiative: Initiative = Initiative.PULL,
    zone: ZoneInfo,
    now: datetime,
) -> Case:
    """Everything that a decision about this person, investor and report uses, as it stands at ``now``."""
    row = find(connection, person, investor, report, now)
    mandated = bool(row.mandate and row.live and (row.mandate_before is None or now < row.mandate_before))
    facts = Facts(
        investor=investor_facts(row, row.standing) if mandated else None,
        report=report_facts(row),
        policy=policy_by(connection, row.policy_sha256),
        zone=zone,
        statement_id=row.statement,
        acceptance=acceptance_of(row),
        action=action,
        initiative=initiative,
    )
    used = {
        "mandate": row.mandate,
        "standing": row.standing,
        "class": row.class_,
        "category": row.category_,
        "lowest": row.lowest_,
        "objectives": row.objectives,
        "release": row.release,
        "version": row.version,
        "grading": row.grading,
        "acceptance": row.acceptance,
        "policy": row.policy,
        "statement": row.statement,
    }
    return Case(
        facts=facts,
        used={name: id_ for name, id_ in used.items() if id_ is not None},
        investor=row.investor if mandated else None,
        report=row.report,
        version=row.version,
        title=row.title,
        client_number=row.client_number if mandated else None,
        branch=row.branch or "",
        contact=row.contact or "",
        serving=row.serving,
        is_kept=bool(row.kept),
    )


def audience(row: Any) -> Audience:
    """The audience that a row of ``grading`` states."""
    return _audience(row.professional, row.categories, row.clients_only, row.contract_clients_only)


@lru_cache(maxsize=256)
def _audience(professional: Any, categories: Any, clients_only: Any, contract_clients_only: Any) -> Audience:
    return Audience(
        professional=professional,
        categories=categories_of(categories),
        clients_only=bool(clients_only),
        contract_clients_only=bool(contract_clients_only),
    )


@lru_cache(maxsize=64)
def categories_of(mask: int | None) -> frozenset[RiskCategory] | None:
    """The categories of a bit mask, C1 lowest; None is an unprinted clause."""
    return None if mask is None else frozenset(each for each in RiskCategory if mask & (1 << (each - 1)))


def mask_of(categories: frozenset[RiskCategory] | tuple[RiskCategory, ...] | None) -> int | None:
    """The bit mask of an audience's categories."""
    return None if categories is None else sum(1 << (each - 1) for each in set(categories))


def investor_facts(row: Any, standing_id: int | None) -> InvestorFacts:
    """What a decision knows of an investor, from a row with the columns of ``facts`` or of ``investors.overview``."""
    standing = standing_id and Standing(
        client=row.client,
        profile_complete=row.profile_complete,
        suspended=row.suspended,
        closed=row.closed,
        contract_from=row.contract_from,
        contract_before=row.contract_before,
    )
    return InvestorFacts(
        kind=row.kind,
        standing=standing or None,
        investor_class=row.investor_class,
        class_before=row.class_before,
        category=row.category,
        category_before=row.category_before,
        lowest=bool(row.lowest),
        objectives=objectives(row.term, row.varieties),
        rise=rise(row.rose_from, row.rose_at, row.lifted_at),
    )


def objectives(term: Any, mask: int | None) -> Objectives:
    """Term and varieties as rows keep them."""
    return NOT_STATED if term is None and mask is None else Objectives(term, varieties_of(mask))


def rise(rose_from: RiskCategory | None, rose_at: datetime | None, lifted_at: datetime | None) -> Rise | None:
    """The last rise, from what the rows of category and lowest flag keep of it."""
    if rose_at is None and lifted_at is None:
        return None
    return later(Rise(rose_from, rose_at) if rose_at else None, Rise(None, lifted_at) if lifted_at else None)


def report_facts(row: Any) -> ReportFacts | None:
    """What a decision knows of a report, out or not, from a row with the columns of ``facts``."""
    if row.report is None or row.version is None:
        return None
    about = row.report_term, row.report_varieties
    whom = row.professional, row.categories, row.clients_only, row.contract_clients_only
    return _report_facts(row.state, row.scheduled, row.grade, row.conflict, about, whom)


@lru_cache(maxsize=1024)
def _report_facts(stated: Any, scheduled: Any, grade: Any, conflict: Any, about: Any, whom: Any) -> ReportFacts:
    """The same value for all reports that are alike in these columns: what is told of one need not be told anew of the next."""
    state = ReleaseState(stated) if stated else ReleaseState.UNRELEASED
    if state is ReleaseState.UNRELEASED and scheduled:
        state = ReleaseState.SCHEDULED
    return ReportFacts(state=state, grade=grade, audience=_audience(*whom), conflict=bool(conflict), about=objectives(*about))


def released(row: Any) -> ReportFacts:
    """What a decision knows of a report that is out, from a row with its grading."""
    about = objectives(row.term, row.varieties)
    return ReportFacts(ReleaseState.RELEASED, row.grade, audience(row), conflict=bool(row.conflict), about=about)


def acceptance_of(row: Any) -> Acceptance | None:
    """The newest acceptance, from a row with the columns of ``facts``."""
    if row.acceptance is None:
        return None
    return Acceptance(row.acceptance, row.accepted_at, row.accepted_statement, row.profile)


_PARSED: dict[str, Policy] = {}


def policy_by(connection: Connection, sha256: str | None) -> Policy | None:
    """The policy by its digest. A text never changes under its digest, so what was parsed once is kept."""
    if sha256 is None:
        return None
    if sha256 not in _PARSED:
        text = connection.execute(select(PolicyRow.text).where(PolicyRow.sha256 == sha256).limit(1)).scalar_one()
        _PARSED[sha256] = policies.parse(text)
    return _PARSED[sha256]


def policy_of(connection: Connection, id_: int) -> Policy | None:
    """The policy of one row, in force or not."""
    sha256 = connection.execute(select(PolicyRow.sha256).where(PolicyRow.id == id_)).scalar()
    return policy_by(connection, sha256) if sha256 else None


def current_policy(connection: Connection, now: datetime) -> tuple[int, Policy] | None:
    """The policy in force, with its row's id."""
    row = current_row(connection, PolicyRow, now)
    policy = policy_by(connection, row.sha256) if row else None
    return (row.id, policy) if row and policy else None
