"""Jobs: long work that somebody asked for on a page and the work process does. Bookkeeping; their evidence are entries."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, ForeignKey, String, insert, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.store.base import Base, EntryId, Key, Serial

VERIFICATION = "verification"
GIVEN_UP = timedelta(minutes=5)
"""A job that shows no sign of life for so long belongs to a process that died: another one begins it anew."""


class Job(Base):
    """One piece of work: what, on what, who asked, how far it is. ``failed`` says why it came to nothing."""

    __tablename__ = "job"
    id: Mapped[Serial]
    kind: Mapped[str] = mapped_column(String(32), index=True)
    asked_by: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    entry_id: Mapped[EntryId]
    subject: Mapped[str | None] = mapped_column(String(26), index=True)
    seen_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    done: Mapped[int] = mapped_column(server_default="0")
    total: Mapped[int] = mapped_column(server_default="0")
    failed: Mapped[str | None] = mapped_column(String(200))


_JOB = Job.__table__


def put(connection: Connection, **columns: Any) -> None:
    """Write a job that waits to be done."""
    connection.execute(insert(Job).values(**columns))


def newest(connection: Connection, kind: str) -> Any:
    """The job of a kind that was asked for last, or None."""
    return connection.execute(select(_JOB).where(Job.kind == kind).order_by(Job.id.desc()).limit(1)).first()


def claim(connection: Connection, kind: str, now: datetime) -> Any:
    """Take a job that waits, or that was given up; None if there is none. No two processes get the same."""
    is_free = _is_free(now)
    waits = select(Job.id).where(Job.kind == kind, Job.ended_at.is_(None), is_free).order_by(Job.id).limit(1)
    taken = update(Job).where(Job.id == waits.scalar_subquery(), Job.ended_at.is_(None), is_free)
    return connection.execute(taken.values(seen_at=now, done=0).returning(*_JOB.columns)).first()


def free(connection: Connection, kinds: Sequence[str], now: datetime) -> list[Any]:
    """The jobs of these kinds that wait or were given up, oldest first."""
    query = select(_JOB).where(Job.kind.in_(kinds), Job.ended_at.is_(None), _is_free(now))
    return list(connection.execute(query.order_by(Job.id)))


def take(connection: Connection, job: int, now: datetime) -> Any:
    """Take this job if it is still free; None if another process was quicker."""
    taken = update(Job).where(Job.id == job, Job.ended_at.is_(None), _is_free(now))
    return connection.execute(taken.values(seen_at=now).returning(*_JOB.columns)).first()


def put_back(connection: Connection, job: int) -> None:
    """Leave a job for another process, at once."""
    connection.execute(update(Job).where(Job.id == job).values(seen_at=None))


def _is_free(now: datetime) -> ColumnElement[bool]:
    return or_(Job.seen_at.is_(None), Job.seen_at < now - GIVEN_UP)


def go_on(connection: Connection, job: int, done: int, total: int, now: datetime) -> None:
    """Say how far it is, which is also the sign of life."""
    connection.execute(update(Job).where(Job.id == job).values(done=done, total=total, seen_at=now))


def end(connection: Connection, job: int, now: datetime, failed: str | None = None) -> None:
    """Say that it is over, and why if it came to nothing."""
    connection.execute(update(Job).where(Job.id == job).values(ended_at=now, failed=failed))
