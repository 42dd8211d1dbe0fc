"""Assessments on paper: the scans that wait to be typed, and what was typed from a paper that the investor signed."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.store.accounts.people import Person
from gatekeeper.store.base import Base, EntryId, Key, Sha256


class PaperScan(Base):
    """A scan that was handed in before anybody said whose it is. ``position`` is its place among those that came with it."""

    __tablename__ = "paper_scan"
    __table_args__ = (Index(None, "received_by", "received_at", "position"),)
    id: Mapped[Key] = mapped_column(primary_key=True)
    name: Mapped[str]
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    pages: Mapped[int]
    sha256: Mapped[Sha256]
    position: Mapped[int]
    received_by: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    received_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class PaperScanEnd(Base):
    """That a scan waits no more: it was typed, or set aside."""

    __tablename__ = "paper_scan_end"
    scan_id: Mapped[Key] = mapped_column(ForeignKey("paper_scan.id"), primary_key=True)
    ended_by: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    ended_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class PaperAssessment(Base):
    """That an assessment was typed from a paper, signed on a day; ``file_id`` is its scan.

    ``lowered`` says that part of it acted at once (objectives apart), ``superseded`` that it changed nothing, for a newer
    assessment was on file.
    """

    __tablename__ = "paper_assessment"
    assessment_id: Mapped[Key] = mapped_column(ForeignKey("assessment_result.assessment_id"), primary_key=True)
    signed_on: Mapped[date]
    file_id: Mapped[str | None] = mapped_column(String(26), ForeignKey("evidence_file.id"))
    typed_by: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    lowered: Mapped[bool]
    superseded: Mapped[bool]
    entry_id: Mapped[EntryId]


_WAITING = (
    select(PaperScan.__table__, Person.name.label("person_name"))
    .join(Person, Person.id == PaperScan.received_by)
    .where(~select(PaperScanEnd.scan_id).where(PaperScanEnd.scan_id == PaperScan.id).exists())
    .order_by(PaperScan.received_at, PaperScan.entry_id, PaperScan.position)
)


def waiting(connection: Connection, most: int) -> list[Any]:
    """The scans that wait to be typed, in the order in which they came."""
    return list(connection.execute(_WAITING.limit(most)))


def following(connection: Connection, person: str) -> Any:
    """The next scan that waits of those that this person handed in, or None."""
    return connection.execute(_WAITING.where(PaperScan.received_by == person).limit(1)).first()


def scan(connection: Connection, id_: str) -> Any:
    """A scan that waits, or None."""
    if not (id_.isascii() and id_.isalnum()):  # PostgreSQL would stumble over a NUL in an address
        return None
    return connection.execute(_WAITING.where(PaperScan.id == id_)).first()


def put_scan(connection: Connection, **columns: Any) -> None:
    """Write that a scan waits."""
    connection.execute(insert(PaperScan).values(**columns))


def end_scan(connection: Connection, **columns: Any) -> None:
    """Write that a scan waits no more; ``IntegrityError`` where somebody was quicker."""
    connection.execute(insert(PaperScanEnd).values(**columns))


def put(connection: Connection, **columns: Any) -> None:
    """Write that an assessment was typed from a paper."""
    connection.execute(insert(PaperAssessment).values(**columns))
