"""Declarations of changed circumstances, and that somebody at the firm has looked at one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, and_, func, insert, or_, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from gatekeeper.rules.assessing.declaration import ChangedTopic
from gatekeeper.store.accounts.people import Investor, Person
from gatekeeper.store.base import Base, EntryId, Key
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.proposals import Proposal
from gatekeeper.store.suitability.assessments import Assessment, AssessmentAcknowledgement


class Declaration(Base):
    """That somebody who acts for an investor told of a change. ``topics`` stand apart by spaces; what was written is private.

    ``important`` says whether it made the assessment stale.
    """

    __tablename__ = "declaration"
    __table_args__ = (Index(None, "investor_id", "declared_at"), Index(None, "declared_at", "id"))
    id: Mapped[Key] = mapped_column(primary_key=True)
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    topics: Mapped[str] = mapped_column(String(80))
    important: Mapped[bool]
    has_details: Mapped[bool]
    declared_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class DeclarationCheck(Base):
    """That a declaration was looked at. The first one counts."""

    __tablename__ = "declaration_check"
    declaration_id: Mapped[Key] = mapped_column(ForeignKey("declaration.id"), primary_key=True)
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    checked_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


_checker = aliased(Person, name="checker")
_WHOLE = (
    select(
        Declaration.__table__,
        Person.name.label("person_name"),
        Investor.name.label("investor_name"),
        Investor.client_number,
        DeclarationCheck.checked_at,
        _checker.name.label("checked_by"),
        LedgerEntry.code,
    )
    .join(Person, Person.id == Declaration.person_id)
    .join(Investor, Investor.id == Declaration.investor_id)
    .join(LedgerEntry, LedgerEntry.id == Declaration.entry_id)
    .outerjoin(DeclarationCheck, DeclarationCheck.declaration_id == Declaration.id)
    .outerjoin(_checker, _checker.id == DeclarationCheck.person_id)
)
_seen: Any = aliased(DeclarationCheck, name="seen")
_OPEN = ~select(_seen.declaration_id).where(_seen.declaration_id == Declaration.id).exists()


def of_investor(connection: Connection, investor: str, most: int) -> list[Any]:
    """The newest declarations for an investor, with who told, the entry's code, and who has looked at it."""
    query = _WHOLE.where(Declaration.investor_id == investor).order_by(Declaration.declared_at.desc(), Declaration.id)
    return list(connection.execute(query.limit(most)))


@dataclass(frozen=True, slots=True)
class Told:
    """A declaration with what was written, if that is still kept."""

    row: Any
    details: str | None

    @property
    def topics(self) -> list[ChangedTopic]:
        """What has changed."""
        return [ChangedTopic(each) for each in self.row.topics.split()]


def told(connection: Connection, rows: Sequence[Any]) -> list[Told]:
    """Declarations with what was written. Nothing of it may be shown without an entry of whoever asks."""
    kept = entries.private_of_several(connection, [row.entry_id for row in rows])
    return [Told(row, kept.get(row.entry_id, {}).get("details")) for row in rows]


def get(connection: Connection, investor: str, id_: str) -> Any:
    """One declaration for an investor, held until the transaction ends, or None."""
    if not (id_.isascii() and id_.isalnum()):  # PostgreSQL would stumble over a NUL in an address
        return None
    query = select(Declaration.__table__).where(Declaration.id == id_, Declaration.investor_id == investor)
    return connection.execute(query.with_for_update()).first()


def is_checked(connection: Connection, id_: str) -> bool:
    """Whether somebody has looked at a declaration."""
    query = select(DeclarationCheck.declaration_id).where(DeclarationCheck.declaration_id == id_)
    return connection.execute(query).first() is not None


def waiting(connection: Connection, after: tuple[datetime, str] | None, limit: int) -> list[Any]:
    """Declarations that nobody has looked at, the longest waiting first."""
    query = _WHOLE.where(_OPEN)
    if after:
        at, id_ = after
        query = query.where(or_(Declaration.declared_at > at, and_(Declaration.declared_at == at, Declaration.id > id_)))
    return list(connection.execute(query.order_by(Declaration.declared_at, Declaration.id).limit(limit)))


def count_waiting(connection: Connection, most: int) -> int:
    """How many nobody has looked at, as far as ``most``."""
    found = select(Declaration.id).where(_OPEN).limit(most).subquery()
    return connection.execute(select(func.count()).select_from(found)).scalar_one()


def important_since(connection: Connection, investor: str, moment: datetime) -> bool:
    """Whether an important change was declared for an investor from a moment on."""
    whose = (Declaration.investor_id == investor, Declaration.important, Declaration.declared_at >= moment)
    return connection.execute(select(Declaration.id).where(*whose).limit(1)).first() is not None


def held_results(connection: Connection, investor: str) -> list[str]:
    """Proposals that wait because an investor's assessment was held for review."""
    query = (
        select(Proposal.id)
        .join(AssessmentAcknowledgement, AssessmentAcknowledgement.proposal_id == Proposal.id)
        .join(Assessment, Assessment.id == AssessmentAcknowledgement.assessment_id)
        .where(Assessment.investor_id == investor, Proposal.state == "PENDING")
        .order_by(Proposal.id)
    )
    return list(connection.execute(query).scalars())


def put(connection: Connection, **columns: Any) -> None:
    """Write a declaration."""
    connection.execute(insert(Declaration).values(**columns))


def put_check(connection: Connection, **columns: Any) -> None:
    """Write that a declaration was looked at."""
    connection.execute(insert(DeclarationCheck).values(**columns))
