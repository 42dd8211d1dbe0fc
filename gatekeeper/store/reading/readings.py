"""What of an opened report was given: bookkeeping by the page, folded into one entry when the reading is over.

A row names the entry of the opening, which was durable before the first page left. Rows go when they are folded.
"""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, Connection, ForeignKey, Index, SmallInteger, String, bindparam, delete, func, or_, select
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.rules.events import Kind
from gatekeeper.store.accounts.people import LoginSession
from gatekeeper.store.base import Base, EntryId, UtcTime, insert_into
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.reading.access import Case

SERVES_FOR = timedelta(hours=12)
"""How long after a report was opened its parts are given on that opening: no session lasts longer."""


class Part(StrEnum):
    """What was given: a page's picture, all the words, or the end of them, where the reader has arrived."""

    PAGE = "PAGE"
    TEXT = "TEXT"
    END = "END"


class ReadingPart(Base):
    """That a part of an opened report was given. ``page`` counts from one, and is 0 where all the words are meant."""

    __tablename__ = "reading_part"
    __table_args__ = (
        Index(None, "last_at"),
        CheckConstraint("part IN ('PAGE', 'TEXT', 'END') AND (part = 'PAGE') = (page > 0)", name="part"),
    )
    entry_id: Mapped[EntryId] = mapped_column(primary_key=True, autoincrement=False)
    part: Mapped[str] = mapped_column(String(4), primary_key=True)
    page: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    session_id: Mapped[int | None] = mapped_column(ForeignKey("login_session.id"))
    first_at: Mapped[datetime] = mapped_column(UtcTime)
    last_at: Mapped[datetime] = mapped_column(UtcTime)


def keep(connection: Connection, opening: int, session: int | None, part: Part, page: int, now: datetime) -> None:
    """Note that a part is given, for the first time or again."""
    row = {"entry_id": opening, "part": part.value, "page": page, "session_id": session, "first_at": now, "last_at": now}
    same = ["entry_id", "part", "page"]
    connection.execute(
        insert_into(connection, ReadingPart).values(row).on_conflict_do_update(index_elements=same, set_={"last_at": now})
    )


def over(connection: Connection, quiet_since: datetime, now: datetime, limit: int) -> list[int]:
    """The openings of which nothing has been given since an instant, or whose session has ended."""
    ended = or_(LoginSession.ended_at.is_not(None), LoginSession.ends_at <= now)
    query = select(ReadingPart.entry_id).outerjoin(LoginSession, LoginSession.id == ReadingPart.session_id)
    last = func.max(ReadingPart.last_at, type_=UtcTime())
    query = query.group_by(ReadingPart.entry_id).having(or_(last < quiet_since, func.count(LoginSession.id).filter(ended) > 0))
    return list(connection.execute(query.order_by(ReadingPart.entry_id).limit(limit)).scalars())


def take(connection: Connection, opening: int) -> Sequence[Any]:
    """Take the rows of an opening away; what is given from then on is a reading of its own."""
    rows = connection.execute(select(ReadingPart.__table__).where(ReadingPart.entry_id == opening).with_for_update()).all()
    connection.execute(delete(ReadingPart).where(ReadingPart.entry_id == opening))
    return rows


_OPENING = select(LedgerEntry.__table__).where(
    LedgerEntry.code == bindparam("code", type_=String),
    LedgerEntry.person == bindparam("person", type_=String),
    LedgerEntry.investor == bindparam("investor", type_=String),
    LedgerEntry.report == bindparam("report", type_=String),  # a report that is not there takes the same statement
    LedgerEntry.kind == Kind.REPORT_OPENED.value,
    LedgerEntry.at > bindparam("since", type_=UtcTime()),
)


def opening(connection: Connection, code: str, case: Case, person: str | None, now: datetime) -> Any:
    """The entry with this code by which this person opened the version of a case for its investor, if it serves still."""
    values = {"code": code, "person": person, "investor": case.investor, "report": case.report, "since": now - SERVES_FOR}
    return next((row for row in connection.execute(_OPENING, values) if version_of(row) == case.version), None)


def version_of(opened: Any) -> str:
    """The version of a report that the entry of an opening or of a copy names."""
    version: str = json.loads(opened.leaf)["data"]["facts"]["version"]
    return version
