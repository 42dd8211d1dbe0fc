"""Whom the answers of one entry concern: an entry that holds several names no single person, and is found by these rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from sqlalchemy import Connection, Index, String, select
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.rules.events import Kind
from gatekeeper.store.base import Base

KINDS = frozenset({Kind.DECISIONS_ASKED, Kind.LETTERS_ATTEMPTED, Kind.REPORT_DISTRIBUTED})
"""The kinds of entries that hold several answers."""
_PIECE = 500


class LedgerAnswer(Base):
    """One answer of an entry that holds several, under the names that the leaf of an entry of its own would have.

    Worked out from the entry's leaf, and held against it by verification. No foreign key, as for what is kept beside an entry
    otherwise: one transaction writes both.
    """

    __tablename__ = "ledger_answer"
    __table_args__ = (
        Index(None, "person", "at", "entry_id"),
        Index(None, "investor", "at", "entry_id"),
        Index(None, "report", "at", "entry_id"),
    )
    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    person: Mapped[str | None] = mapped_column(String(26))
    investor: Mapped[str | None] = mapped_column(String(26))
    report: Mapped[str | None] = mapped_column(String(26))
    action: Mapped[str | None] = mapped_column(String(16))
    outcome: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(40))


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What is kept of one answer, so that it is found: whom and what it is about, and how it came out."""

    person: str | None
    investor: str | None
    report: str | None
    action: str | None
    outcome: str | None
    reason: str | None

    @classmethod
    def of(cls, leaf: Mapping[str, Any]) -> Self:
        """The same of an answer that is told as a leaf of its own."""
        return cls(**{name: leaf[name] for name in MEMBERS})


MEMBERS = tuple(Part.__slots__)


def kept(connection: Connection, ids: Sequence[int]) -> dict[int, list[tuple[datetime, Part]]]:
    """What is kept of the answers of these entries, in their order, each with its time."""
    found: dict[int, list[tuple[datetime, Part]]] = {}
    for first in range(0, len(ids), _PIECE):
        query = select(LedgerAnswer.__table__).where(LedgerAnswer.entry_id.in_(ids[first : first + _PIECE]))
        for row in connection.execute(query.order_by(LedgerAnswer.entry_id, LedgerAnswer.number)):
            found.setdefault(row.entry_id, []).append((row.at, Part(**{name: getattr(row, name) for name in MEMBERS})))
    return found
