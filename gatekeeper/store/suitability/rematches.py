"""Policies, releases and gradings that began to decide, and how far the investors whom they touch were told.

The telling hangs on the rows themselves, whatever page or command wrote them: each row is gone through once, in steps, and each
step is a row that is never changed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, ForeignKey, String, insert, select
from sqlalchemy.orm import Mapped, aliased, mapped_column

from gatekeeper.store.base import Base, EntryId, states
from gatekeeper.store.publishing.reports import Grading, Release, ReportVersion
from gatekeeper.store.reading import words
from gatekeeper.store.reading.consent import PolicyRow

POLICY, RELEASE, GRADING = "policy", "release", "grading"
INSTANT = timedelta(microseconds=1)
"""So long before something began, what was before it decided still."""


class Rematch(Base):
    """One step: investors up to this one, in the order of their ids, were told. The last one of a row says so."""

    __tablename__ = "rematch"
    cause: Mapped[str] = mapped_column(String(8), primary_key=True)
    cause_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_investor: Mapped[str | None] = mapped_column(String(26), ForeignKey("investor.id"))
    is_last: Mapped[bool]
    entry_id: Mapped[EntryId]


@dataclass(frozen=True, slots=True)
class Cause:
    """A row that began to decide at a moment; of a release or a grading, the report."""

    kind: str
    id: int
    moment: datetime
    report: str | None = None


def waiting(connection: Connection, now: datetime) -> list[Cause]:
    """Rows that decide, displaced others, and are not through, in the order in which they began."""
    found = [*_policies(connection, now), *_releases(connection, now), *_gradings(connection, now)]
    return sorted(found, key=lambda each: (each.moment, each.kind, each.id))


def _is_through(cause: str, row: Any) -> Any:
    return select(Rematch.number).where(Rematch.cause == cause, Rematch.cause_id == row.id, Rematch.is_last).exists()


def _policies(connection: Connection, now: datetime) -> list[Cause]:
    rows = words.policies(connection)[::-1]
    through = set(connection.execute(select(PolicyRow.id).where(_is_through(POLICY, PolicyRow))).scalars())
    begun = [
        row
        for number, row in enumerate(rows)
        if row.valid_from <= now and not any(later.valid_from <= row.valid_from for later in rows[number + 1 :])
    ]
    first = min((row.valid_from for row in begun), default=None)
    return [Cause(POLICY, row.id, row.valid_from) for row in begun if row.id not in through and row.valid_from != first]


def _releases(connection: Connection, now: datetime) -> list[Cause]:
    older = aliased(Release)
    had_one = select(older.id).where(older.report_id == Release.report_id, older.id < Release.id).exists()
    query = select(Release.id, Release.valid_from, Release.report_id)
    query = query.where(Release.valid_from <= now, states(Release), had_one, ~_is_overtaken(), ~_is_through(RELEASE, Release))
    return [Cause(RELEASE, row.id, row.valid_from, row.report_id) for row in connection.execute(query)]


def _is_overtaken() -> Any:
    """That a release never decided: a later one began before it, or at the same instant."""
    newer = aliased(Release)
    before = (newer.report_id == Release.report_id, newer.id > Release.id, newer.valid_from <= Release.valid_from)
    return select(newer.id).where(*before, states(newer)).exists()


def _gradings(connection: Connection, now: datetime) -> list[Cause]:
    older = aliased(Grading)
    had_one = select(older.id).where(older.version_id == Grading.version_id, older.id < Grading.id).exists()
    query = select(Grading.id, Grading.valid_from, ReportVersion.report_id)
    query = query.join(ReportVersion, ReportVersion.id == Grading.version_id)
    query = query.where(Grading.valid_from <= now, states(Grading), had_one, ~_is_through(GRADING, Grading))
    return [Cause(GRADING, row.id, row.valid_from, row.report_id) for row in connection.execute(query)]


def last_step(connection: Connection, cause: Cause) -> Any:
    """The step that was done last, or None."""
    of = (Rematch.cause == cause.kind, Rematch.cause_id == cause.id)
    query = select(Rematch.__table__).where(*of).order_by(Rematch.number.desc()).limit(1)
    return connection.execute(query).first()


def put(connection: Connection, cause: Cause, columns: Mapping[str, Any]) -> None:
    """Write a step."""
    connection.execute(insert(Rematch).values(cause=cause.kind, cause_id=cause.id, **columns))
