"""Investors' assessments: begun, answered page by page, handed in, acknowledged."""

import json
from collections.abc import Collection, Sequence
from datetime import date, datetime, tzinfo
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, false, func, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.rules.risk import RiskCategory
from gatekeeper.store.accounts.people import Person
from gatekeeper.store.base import Base, Body, EntryId, Key, Serial, Sha256
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.proposals import Proposal
from gatekeeper.store.reading.consent import WordsRow
from gatekeeper.store.suitability.papers import PaperAssessment


class Assessment(Base):
    """That somebody began to answer a questionnaire for an investor."""

    __tablename__ = "assessment"
    __table_args__ = (Index(None, "investor_id", "begun_at"),)
    id: Mapped[Key] = mapped_column(primary_key=True)
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    questionnaire_id: Mapped[int] = mapped_column(ForeignKey("questionnaire.id"))
    begun_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class AssessmentPage(Base):
    """Answers to some of the questions, as they were saved: JSON, question id to option ids. The newest to a question counts."""

    __tablename__ = "assessment_page"
    __table_args__ = (Index(None, "assessment_id", "id"),)
    id: Mapped[Serial]
    assessment_id: Mapped[Key] = mapped_column(ForeignKey("assessment.id"))
    answers: Mapped[Body]
    saved_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class AssessmentResult(Base):
    """What complete answers came to when they were handed in, and the letter that says so, in both languages.

    ``holds`` are the reasons for a second person to look, ``base`` the ids of the rows on file once what lowers had acted.
    """

    __tablename__ = "assessment_result"
    assessment_id: Mapped[Key] = mapped_column(ForeignKey("assessment.id"), primary_key=True)
    answers: Mapped[Body]
    score: Mapped[int]
    category: Mapped[RiskCategory]
    lowest: Mapped[bool]
    holds: Mapped[str]
    base: Mapped[Body]
    letter_zh: Mapped[Sha256] = mapped_column(ForeignKey("words.sha256"))
    letter_en: Mapped[Sha256] = mapped_column(ForeignKey("words.sha256"))
    handed_in_at: Mapped[datetime]
    valid_before: Mapped[datetime]
    entry_id: Mapped[EntryId]


class AssessmentAcknowledgement(Base):
    """That the letter was acknowledged. ``proposal_id`` is what a held result waits for."""

    __tablename__ = "assessment_acknowledgement"
    assessment_id: Mapped[Key] = mapped_column(ForeignKey("assessment_result.assessment_id"), primary_key=True)
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    words_sha256: Mapped[Sha256] = mapped_column(ForeignKey("words.sha256"))
    proposal_id: Mapped[str | None] = mapped_column(String(26), ForeignKey("proposal.id"))
    acknowledged_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


LETTERS = {"zh_CN": "letter_zh", "en": "letter_en"}
"""In which column a language's letter is named."""


class State(StrEnum):
    """How far an investor's newest assessment has come."""

    NONE = "none"
    DRAFT = "draft"
    LETTER = "letter"
    WAITING = "waiting"
    DONE = "done"
    REJECTED = "rejected"
    KEPT = "kept"


_ENDED = dict.fromkeys(("REJECTED", "WITHDRAWN", "EXPIRED"), State.REJECTED)
_BY_PROPOSAL = {"PENDING": State.WAITING, "APPROVED": State.DONE, **_ENDED}


def state_of(row: Any) -> State:
    """How far an assessment has come, from its row with what came of it."""
    if row is None:
        return State.NONE
    if row.handed_in_at is None:
        return State.DRAFT
    if row.acknowledged_at is None:
        return State.LETTER
    if row.superseded:
        return State.KEPT
    return _BY_PROPOSAL[row.proposal_state] if row.proposal_id else State.DONE


_WHOLE = (
    select(
        Assessment.__table__,
        AssessmentResult.answers,
        AssessmentResult.score,
        AssessmentResult.category,
        AssessmentResult.lowest,
        AssessmentResult.holds,
        AssessmentResult.base,
        AssessmentResult.letter_zh,
        AssessmentResult.letter_en,
        AssessmentResult.handed_in_at,
        AssessmentResult.valid_before,
        AssessmentAcknowledgement.acknowledged_at,
        AssessmentAcknowledgement.words_sha256,
        AssessmentAcknowledgement.proposal_id,
        PaperAssessment.signed_on,
        PaperAssessment.file_id,
        PaperAssessment.lowered,
        PaperAssessment.superseded,
        Proposal.state.label("proposal_state"),
        Person.name.label("person_name"),
        LedgerEntry.code,
    )
    .join(Person, Person.id == Assessment.person_id)
    .outerjoin(AssessmentResult, AssessmentResult.assessment_id == Assessment.id)
    .outerjoin(LedgerEntry, LedgerEntry.id == AssessmentResult.entry_id)
    .outerjoin(AssessmentAcknowledgement, AssessmentAcknowledgement.assessment_id == Assessment.id)
    .outerjoin(PaperAssessment, PaperAssessment.assessment_id == Assessment.id)
    .outerjoin(Proposal, Proposal.id == AssessmentAcknowledgement.proposal_id)
)
"""An assessment with what came of it; ``code`` is that of the entry of its result. ``signed_on`` is None but on paper."""

_COUNTS = func.coalesce(PaperAssessment.superseded, false()) == false()


def latest(connection: Connection, investor: str) -> Any:
    """The investor's newest assessment with what came of it, or None. A paper that changed nothing is none."""
    return connection.execute(_WHOLE.where(Assessment.investor_id == investor, _COUNTS).order_by(*_NEWEST).limit(1)).first()


def of_investor(connection: Connection, investor: str, most: int) -> list[Any]:
    """The investor's assessments with what came of them, newest first."""
    return list(connection.execute(_WHOLE.where(Assessment.investor_id == investor).order_by(*_NEWEST).limit(most)))


def get(connection: Connection, investor: str, id_: str) -> Any:
    """One assessment of an investor with what came of it, or None."""
    if not (id_.isascii() and id_.isalnum()):  # PostgreSQL would stumble over a NUL in an address
        return None
    return connection.execute(_WHOLE.where(Assessment.id == id_, Assessment.investor_id == investor)).first()


_NEWEST = (Assessment.begun_at.desc(), Assessment.entry_id.desc())


def of_proposals(connection: Connection, ids: Collection[str]) -> dict[str, Any]:
    """The assessments that wait under these proposals, or did, by the proposals' ids."""
    if not ids:
        return {}
    found = connection.execute(_WHOLE.where(AssessmentAcknowledgement.proposal_id.in_(sorted(ids))))
    return {row.proposal_id: row for row in found}


def newest_day(connection: Connection, investor: str, zone: tzinfo) -> date | None:
    """The day of the newest assessment on file: when it was handed in, or signed on paper. What was not approved is none."""
    found = connection.execute(
        _WHOLE.where(Assessment.investor_id == investor, AssessmentResult.handed_in_at.is_not(None), _COUNTS)
    )
    days = [row.signed_on or row.handed_in_at.astimezone(zone).date() for row in found if state_of(row) is not State.REJECTED]
    return max(days, default=None)


def has_paper(connection: Connection, investor: str, signed_on: date, answers: str) -> bool:
    """Whether this very paper was typed already."""
    same = (Assessment.investor_id == investor, PaperAssessment.signed_on == signed_on, AssessmentResult.answers == answers)
    return connection.execute(_WHOLE.where(*same).limit(1)).first() is not None


def answers(connection: Connection, assessment: str) -> dict[str, Sequence[str]]:
    """The answers saved so far, the newest to each question."""
    query = select(AssessmentPage.answers).where(AssessmentPage.assessment_id == assessment).order_by(AssessmentPage.id)
    found: dict[str, Sequence[str]] = {}
    for saved in connection.execute(query).scalars():
        found.update(json.loads(saved))
    return found


def handed_in(connection: Connection, investor: str, since: datetime) -> list[datetime]:
    """When clients handed in assessments of an investor, from a moment on; papers are not theirs."""
    query = select(AssessmentResult.handed_in_at).join(Assessment, Assessment.id == AssessmentResult.assessment_id)
    on_paper = select(PaperAssessment.assessment_id).where(PaperAssessment.assessment_id == Assessment.id).exists()
    found = query.where(Assessment.investor_id == investor, AssessmentResult.handed_in_at >= since, ~on_paper)
    return list(connection.execute(found).scalars())


def letter(connection: Connection, sha256: str) -> str:
    """The text of a letter."""
    return connection.execute(select(WordsRow.text).where(WordsRow.sha256 == sha256)).scalar_one()


def put(connection: Connection, **columns: Any) -> None:
    """Write that an assessment begins."""
    connection.execute(insert(Assessment).values(**columns))


def put_answers(connection: Connection, **columns: Any) -> None:
    """Write answers as they were saved."""
    connection.execute(insert(AssessmentPage).values(**columns))


def put_result(connection: Connection, **columns: Any) -> None:
    """Write what an assessment came to."""
    connection.execute(insert(AssessmentResult).values(**columns))


def put_acknowledgement(connection: Connection, **columns: Any) -> None:
    """Write that a letter was acknowledged."""
    connection.execute(insert(AssessmentAcknowledgement).values(**columns))
