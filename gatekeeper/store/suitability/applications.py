"""Applications for professional status: what was stated and proved, dated steps, attempts at the test, proposals made of them.

None of it is ever changed: what was saved again is a new row, and the newest counts.
"""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Connection,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    case,
    func,
    insert,
    or_,
    select,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from gatekeeper.rules.assessing.conversion import Step
from gatekeeper.rules.professional import Evidence
from gatekeeper.rules.risk import InvestorClass
from gatekeeper.store.accounts.people import Investor, Person
from gatekeeper.store.base import Base, Body, EntryId, Key, Serial, Sha256
from gatekeeper.store.clients.evidence_files import EvidenceFile
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.proposals import Proposal

_STEPS = ", ".join(f"'{each}'" for each in Step)


class ProfessionalApplication(Base):
    """That somebody began to apply for an investor, on one ground and so for one class; ``by_staff`` where the firm did."""

    __tablename__ = "professional_application"
    __table_args__ = (Index(None, "investor_id", "begun_at"),)
    id: Mapped[Key] = mapped_column(primary_key=True)
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    investor_class: Mapped[InvestorClass]
    ground: Mapped[str] = mapped_column(String(40))
    by_staff: Mapped[bool]
    begun_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class ProfessionalFigures(Base):
    """What an application states, as it was saved: JSON as ``rules.stating`` writes it. The newest counts."""

    __tablename__ = "professional_figures"
    __table_args__ = (Index(None, "application_id", "id"),)
    id: Mapped[Serial]
    application_id: Mapped[Key] = mapped_column(ForeignKey("professional_application.id"))
    stated: Mapped[Body]
    saved_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class ProfessionalEvidence(Base):
    """That a file was put to an application as evidence of a kind, or taken out again; the newest row of a file counts."""

    __tablename__ = "professional_evidence"
    __table_args__ = (Index(None, "application_id", "id"),)
    id: Mapped[Serial]
    application_id: Mapped[Key] = mapped_column(ForeignKey("professional_application.id"))
    file_id: Mapped[Key] = mapped_column(ForeignKey("evidence_file.id"))
    kind: Mapped[str] = mapped_column(String(32))
    live: Mapped[bool]
    at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class ProfessionalStep(Base):
    """One step of an application, each at most once. ``reasons`` are told to the investor.

    The first one, handing in, has the firm's day and the policy in force; ``words_sha256`` names the warning acknowledged.
    """

    __tablename__ = "professional_step"
    __table_args__ = (
        UniqueConstraint("application_id", "step"),
        Index(None, "step", "at"),
        CheckConstraint(f"step IN ({_STEPS})", name="step"),
    )
    id: Mapped[Serial]
    application_id: Mapped[Key] = mapped_column(ForeignKey("professional_application.id"))
    step: Mapped[str] = mapped_column(String(32))
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    reasons: Mapped[Body]
    applied_on: Mapped[date | None]
    policy_id: Mapped[int | None] = mapped_column(ForeignKey("policy.id"))
    words_sha256: Mapped[str | None] = mapped_column(String(64), ForeignKey("words.sha256"))
    at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class ProfessionalTest(Base):
    """One attempt at the test of knowledge: the test's text by its hash, the answers as JSON, and how it was marked."""

    __tablename__ = "professional_test"
    __table_args__ = (Index(None, "application_id", "id"),)
    id: Mapped[Serial]
    application_id: Mapped[Key] = mapped_column(ForeignKey("professional_application.id"))
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    words_sha256: Mapped[Sha256] = mapped_column(ForeignKey("words.sha256"))
    answers: Mapped[Body]
    score: Mapped[int]
    passed: Mapped[bool]
    at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class ProfessionalProposal(Base):
    """That a proposal was made of an application. One that was withdrawn may be followed by another."""

    __tablename__ = "professional_proposal"
    __table_args__ = (Index(None, "application_id"),)
    proposal_id: Mapped[Key] = mapped_column(ForeignKey("proposal.id"), primary_key=True)
    application_id: Mapped[Key] = mapped_column(ForeignKey("professional_application.id"))
    entry_id: Mapped[EntryId]


_last, _applied, _ended = (aliased(ProfessionalStep, name=name) for name in ("last", "applied", "ended"))
_newest_step = (
    select(func.max(ProfessionalStep.id)).where(ProfessionalStep.application_id == ProfessionalApplication.id).scalar_subquery()
)
_pending = (
    select(func.max(Proposal.id))
    .join(ProfessionalProposal, ProfessionalProposal.proposal_id == Proposal.id)
    .where(ProfessionalProposal.application_id == ProfessionalApplication.id, Proposal.state == "PENDING")
    .scalar_subquery()
)
_WHOLE = (
    select(
        ProfessionalApplication.__table__,
        Investor.kind,
        Investor.name.label("investor_name"),
        Investor.client_number,
        Person.name.label("person_name"),
        _last.step,
        _applied.at.label("applied_at"),
        _applied.applied_on,
        _applied.policy_id,
        _ended.step.label("outcome"),
        _ended.reasons.label("outcome_reasons"),
        _ended.at.label("outcome_at"),
        _pending.label("proposal_id"),
    )
    .join(Investor, Investor.id == ProfessionalApplication.investor_id)
    .join(Person, Person.id == ProfessionalApplication.person_id)
    .outerjoin(_last, _last.id == _newest_step)
    .outerjoin(_applied, and_(_applied.application_id == ProfessionalApplication.id, _applied.step == Step.APPLIED))
    .outerjoin(
        _ended,
        and_(_ended.application_id == ProfessionalApplication.id, _ended.step.in_((Step.APPROVED, Step.REJECTED))),
    )
)
"""An application with how far it has come: its last step, when it was handed in, how it ended, and which proposal of it waits."""

_NEWEST = (ProfessionalApplication.begun_at.desc(), ProfessionalApplication.entry_id.desc())


def _open() -> ColumnElement[bool]:
    return and_(_applied.at.is_not(None), _ended.step.is_(None))


def get(connection: Connection, id_: str) -> Any:
    """One application with how far it has come, or None."""
    if not (id_.isascii() and id_.isalnum()):  # PostgreSQL would stumble over a NUL in an address
        return None
    return connection.execute(_WHOLE.where(ProfessionalApplication.id == id_)).first()


def of_investor(connection: Connection, investor: str, most: int) -> list[Any]:
    """An investor's applications, newest first."""
    query = _WHOLE.where(ProfessionalApplication.investor_id == investor)
    return list(connection.execute(query.order_by(*_NEWEST).limit(most)))


def of_client(connection: Connection, investor: str) -> Any:
    """The application that an investor is shown: the one under way, else the newest that it began or that was handed in."""
    theirs = or_(ProfessionalApplication.by_staff.is_(False), _applied.at.is_not(None))
    query = _WHOLE.where(ProfessionalApplication.investor_id == investor, theirs)
    return connection.execute(query.order_by(case((_open(), 0), else_=1), *_NEWEST).limit(1)).first()


def is_under_way(connection: Connection, investor: str) -> bool:
    """Whether an application of an investor was handed in and has not ended."""
    query = _WHOLE.where(ProfessionalApplication.investor_id == investor, _open())
    return connection.execute(query.limit(1)).first() is not None


def handed_in_before(connection: Connection, investor: str, ground: str) -> Any:
    """The investor's last application on a ground that was handed in, or None: what a renewal begins with."""
    query = _WHOLE.where(
        ProfessionalApplication.investor_id == investor,
        ProfessionalApplication.ground == ground,
        _applied.at.is_not(None),
    )
    return connection.execute(query.order_by(*_NEWEST).limit(1)).first()


def stated(connection: Connection, application: str) -> dict[str, Any]:
    """What an application states, as it was saved last; nothing where nothing was saved yet."""
    query = select(ProfessionalFigures.stated).where(ProfessionalFigures.application_id == application)
    found = connection.execute(query.order_by(ProfessionalFigures.id.desc()).limit(1)).scalar()
    data: dict[str, Any] = json.loads(found) if found else {}
    return data


def evidence(connection: Connection, application: str) -> list[Any]:
    """The files that are evidence of an application now, in the order in which they came, each with its kind."""
    row = aliased(ProfessionalEvidence)
    newest = select(func.max(row.id)).where(row.application_id == application).group_by(row.file_id)
    columns = (
        ProfessionalEvidence.kind,
        EvidenceFile.id,
        EvidenceFile.investor_id,
        EvidenceFile.name,
        EvidenceFile.pages,
        EvidenceFile.kept_at,
    )
    query = select(*columns).join(EvidenceFile, EvidenceFile.id == ProfessionalEvidence.file_id)
    query = query.where(ProfessionalEvidence.id.in_(newest), ProfessionalEvidence.live.is_(True))
    return list(connection.execute(query.order_by(ProfessionalEvidence.id)))


def kinds_of(files: Collection[Any]) -> frozenset[Evidence]:
    """Which kinds of evidence these files are."""
    return frozenset(Evidence(each.kind) for each in files)


def steps(connection: Connection, application: str) -> list[Any]:
    """The steps of an application in their order, each with who took it and its entry's code."""
    query = select(ProfessionalStep.__table__, Person.name.label("person_name"), LedgerEntry.code)
    query = query.join(Person, Person.id == ProfessionalStep.person_id).join(
        LedgerEntry, LedgerEntry.id == ProfessionalStep.entry_id
    )
    return list(connection.execute(query.where(ProfessionalStep.application_id == application).order_by(ProfessionalStep.id)))


def attempts(connection: Connection, application: str) -> list[Any]:
    """The attempts at the test, in their order."""
    query = select(ProfessionalTest.score, ProfessionalTest.passed, ProfessionalTest.at, ProfessionalTest.words_sha256)
    return list(connection.execute(query.where(ProfessionalTest.application_id == application).order_by(ProfessionalTest.id)))


def of_proposal(connection: Connection, proposal: str) -> Any:
    """The application of which a proposal was made, or None."""
    query = _WHOLE.join(ProfessionalProposal, ProfessionalProposal.application_id == ProfessionalApplication.id)
    return connection.execute(query.where(ProfessionalProposal.proposal_id == proposal)).first()


def handlers(connection: Connection, proposals: Sequence[str]) -> dict[str, frozenset[str]]:
    """Who has begun, or taken a step of, the application behind each of these proposals; those without one are left out."""
    found: dict[str, set[str]] = {}
    behind = select(ProfessionalProposal.proposal_id, ProfessionalApplication.person_id).join(
        ProfessionalApplication, ProfessionalApplication.id == ProfessionalProposal.application_id
    )
    taken = select(ProfessionalProposal.proposal_id, ProfessionalStep.person_id).join(
        ProfessionalStep, ProfessionalStep.application_id == ProfessionalProposal.application_id
    )
    both = behind.where(ProfessionalProposal.proposal_id.in_(proposals)).union(
        taken.where(ProfessionalProposal.proposal_id.in_(proposals))
    )
    for row in connection.execute(both):
        found.setdefault(row.proposal_id, set()).add(row.person_id)
    return {proposal: frozenset(persons) for proposal, persons in found.items()}


def _to_act() -> ColumnElement[bool]:
    """Whether staff must do something: check the proofs, or propose what has come to its last step before."""
    converted = ProfessionalApplication.investor_class == InvestorClass.PROFESSIONAL_C
    ready = or_(and_(converted, _last.step == Step.WARNED), and_(~converted, _last.step == Step.PROOFS_CHECKED))
    return or_(_last.step == Step.APPLIED, and_(ready, _pending.is_(None)))


def listed_open(connection: Connection, step: Step | None, after: tuple[datetime, str] | None, limit: int) -> list[Any]:
    """Applications that were handed in and have not ended, the oldest first; at one step only if asked."""
    query = _WHOLE.where(_open())
    if step is not None:
        query = query.where(_last.step == step)
    if after:
        query = query.where(or_(_applied.at > after[0], and_(_applied.at == after[0], ProfessionalApplication.id > after[1])))
    return list(connection.execute(query.order_by(_applied.at, ProfessionalApplication.id).limit(limit)))


def count_to_act(connection: Connection, most: int) -> int:
    """How many applications wait for staff, counted up to a limit."""
    waiting = _WHOLE.where(_open(), _to_act()).limit(most).with_only_columns(ProfessionalApplication.id).subquery()
    return int(connection.execute(select(func.count()).select_from(waiting)).scalar_one())


def put_application(connection: Connection, **columns: Any) -> None:
    """Write that an application begins."""
    connection.execute(insert(ProfessionalApplication).values(**columns))


def put_figures(connection: Connection, **columns: Any) -> None:
    """Write what an application states."""
    connection.execute(insert(ProfessionalFigures).values(**columns))


def put_evidence(connection: Connection, **columns: Any) -> None:
    """Write that a file is evidence of an application, or no longer."""
    connection.execute(insert(ProfessionalEvidence).values(**columns))


def put_step(connection: Connection, **columns: Any) -> None:
    """Write a step of an application."""
    connection.execute(insert(ProfessionalStep).values(**columns))


def put_attempt(connection: Connection, **columns: Any) -> None:
    """Write an attempt at the test."""
    connection.execute(insert(ProfessionalTest).values(**columns))


def put_proposal(connection: Connection, **columns: Any) -> None:
    """Write that a proposal was made of an application."""
    connection.execute(insert(ProfessionalProposal).values(**columns))
