"""Reports sent to many: the distributions, their recipients, and what got into whose inbox."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    Connection,
    ForeignKey,
    Index,
    String,
    UniqueConstraint,
    and_,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.rules.messages.distribution import Progress, Result, Totals
from gatekeeper.rules.risk import Initiative
from gatekeeper.store.accounts.people import Investor, Person
from gatekeeper.store.base import Base, Body, EntryId, Key, Serial
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.publishing.reports import Release, ReportVersion


class Distribution(Base):
    """One report version on its way to many: chosen by whom, how far it is. Without anybody who asked, a release set it off.

    ``again`` sends it also to those who have it. ``mail_due_at`` is when the mail server may be given the next letters.
    ``totals`` is the sum at the end. Who halts must be able to let it go on: ``halted_by`` is the permission by which that was.
    """

    __tablename__ = "distribution"
    __table_args__ = (
        Index(None, "asked_at", "id"),
        Index(None, "report_id", "asked_at"),
        Index(None, "state"),
        CheckConstraint("state IN ('RUNNING', 'HALTED', 'DONE')", name="state"),
    )
    id: Mapped[Key] = mapped_column(primary_key=True)
    report_id: Mapped[Key] = mapped_column(ForeignKey("report.id"))
    version_id: Mapped[Key] = mapped_column(ForeignKey("report_version.id"))
    release_id: Mapped[int | None] = mapped_column(ForeignKey("release.id"), unique=True)
    choice: Mapped[Body]
    again: Mapped[bool]
    total: Mapped[int]
    asked_by: Mapped[str | None] = mapped_column(String(26), ForeignKey("person.id"))
    asked_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(8))
    halted_by: Mapped[str | None] = mapped_column(String(32))
    mail_due_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    totals: Mapped[str | None] = mapped_column(String(2000))
    entry_id: Mapped[EntryId]
    last_entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))


class DistributionRecipient(Base):
    """One person with the investor for whom the person acts, on the list of a distribution."""

    __tablename__ = "distribution_recipient"
    __table_args__ = (
        UniqueConstraint("distribution_id", "person_id", "investor_id"),
        Index(None, "distribution_id", "state", "reason", "number"),
    )
    distribution_id: Mapped[Key] = mapped_column(ForeignKey("distribution.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    initiative: Mapped[str | None] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[str] = mapped_column(String(32))
    tries: Mapped[int]
    due_at: Mapped[datetime]
    changed_at: Mapped[datetime]
    why: Mapped[str] = mapped_column(String(80))
    entry_id: Mapped[EntryId]
    decided_entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))
    last_entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))


class ReceivedReport(Base):
    """That a report version was put into somebody's inbox. Whether it may still be read is decided whenever it is shown."""

    __tablename__ = "received_report"
    __table_args__ = (
        UniqueConstraint("distribution_id", "person_id", "investor_id"),
        Index(None, "person_id", "investor_id", "id"),
        Index(None, "version_id", "person_id", "investor_id"),
    )
    id: Mapped[Serial]
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    report_id: Mapped[Key] = mapped_column(ForeignKey("report.id"))
    version_id: Mapped[Key] = mapped_column(ForeignKey("report_version.id"))
    distribution_id: Mapped[Key] = mapped_column(ForeignKey("distribution.id"))
    received_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


_WHOLE = (
    select(
        Distribution.__table__,
        ReportVersion.title,
        ReportVersion.number.label("version_number"),
        Person.name.label("asked_by_name"),
        LedgerEntry.code,
    )
    .join(ReportVersion, ReportVersion.id == Distribution.version_id)
    .join(LedgerEntry, LedgerEntry.id == Distribution.entry_id)
    .outerjoin(Person, Person.id == Distribution.asked_by)
)


def get(connection: Connection, id_: str) -> Any:
    """One distribution, or None."""
    if not (id_.isascii() and id_.isalnum()):  # PostgreSQL would stumble over a NUL in an address
        return None
    return connection.execute(_WHOLE.where(Distribution.id == id_)).first()


def hold(connection: Connection, id_: str) -> Any:
    """One distribution, held until the transaction ends, or None."""
    if not (id_.isascii() and id_.isalnum()):
        return None
    return connection.execute(select(Distribution.__table__).where(Distribution.id == id_).with_for_update()).first()


def hold_running(connection: Connection) -> list[Any]:
    """The distributions that run, the oldest first, held until the transaction ends: one process at a time takes letters."""
    query = select(Distribution.__table__).where(Distribution.state == Progress.RUNNING.value)
    return list(connection.execute(query.order_by(Distribution.asked_at, Distribution.id).with_for_update()))


def running(connection: Connection) -> list[Any]:
    """The distributions that run, the oldest first."""
    query = select(Distribution.__table__).where(Distribution.state == Progress.RUNNING.value)
    return list(connection.execute(query.order_by(Distribution.asked_at, Distribution.id)))


def newest(
    connection: Connection, limit: int, position: tuple[datetime, str] | None = None, report: str | None = None
) -> list[Any]:
    """Distributions, the newest first, from a place on; of one report only if asked."""
    query = _WHOLE.order_by(Distribution.asked_at.desc(), Distribution.id.desc()).limit(limit)
    if report is not None:
        query = query.where(Distribution.report_id == report)
    if position is not None:
        at, id_ = position
        query = query.where(or_(Distribution.asked_at < at, and_(Distribution.asked_at == at, Distribution.id < id_)))
    return list(connection.execute(query))


def beginning(connection: Connection, prefix: str, limit: int) -> list[str]:
    """The ids of distributions that begin with these characters."""
    query = select(Distribution.id).where(Distribution.id.startswith(prefix, autoescape=True)).order_by(Distribution.id)
    return list(connection.execute(query.limit(limit)).scalars())


def put(connection: Connection, **columns: Any) -> None:
    """Write a distribution that begins."""
    connection.execute(insert(Distribution).values(**columns))


def change(connection: Connection, id_: str, **columns: Any) -> None:
    """Write how far a distribution is."""
    connection.execute(update(Distribution).where(Distribution.id == id_).values(**columns))


def letters_due_at(connection: Connection) -> datetime | None:
    """When the mail server may be given the next letters, whichever distribution gave it the last ones."""
    column = Distribution.mail_due_at
    found: datetime | None = connection.execute(select(func.max(column, type_=column.type))).scalar_one()
    return found


def has_letter_due(connection: Connection, now: datetime) -> bool:
    """Whether a letter of any distribution that runs may go out."""
    row = DistributionRecipient
    running_ones = select(Distribution.id).where(Distribution.state == Progress.RUNNING.value)
    due = (row.distribution_id.in_(running_ones), row.state == Result.WAITING.value, row.due_at <= now)
    return connection.execute(select(row.number).where(*due).limit(1)).first() is not None


def released_without(connection: Connection, since: datetime, now: datetime) -> list[Any]:
    """Releases that began to apply since then and that set off no distribution yet, the oldest first."""
    known = select(Distribution.id).where(Distribution.release_id == Release.id).exists()
    query = select(Release.id, Release.report_id, Release.version_id).where(
        Release.state == "RELEASED", Release.valid_from > since, Release.valid_from <= now, ~known
    )
    return list(connection.execute(query.order_by(Release.valid_from, Release.id)))


# ------------------------------------------------------------------------------------------------------------------- recipients


def totals(connection: Connection, ids: Sequence[str]) -> dict[str, Totals]:
    """How many recipients of each distribution are in which state. What is done has it written down."""
    rows = connection.execute(select(Distribution.id, Distribution.totals).where(Distribution.id.in_(ids)))
    known = {row.id: Totals.from_data(json.loads(row.totals)) for row in rows if row.totals is not None}
    return known | _counted(connection, [each for each in ids if each not in known])


def counted(connection: Connection, id_: str) -> Totals:
    """How many recipients are in which state, counted."""
    return _counted(connection, [id_])[id_]


def _counted(connection: Connection, ids: Sequence[str]) -> dict[str, Totals]:
    row = DistributionRecipient
    query = select(row.distribution_id, row.state, row.reason, func.count().label("number"))
    query = query.where(row.distribution_id.in_(ids)).group_by(row.distribution_id, row.state, row.reason)
    found: dict[str, dict[tuple[Result, str], int]] = {each: {} for each in ids}
    for each in connection.execute(query) if ids else ():
        found[each.distribution_id][Result(each.state), each.reason] = each.number
    return {each: Totals(counts) for each, counts in found.items()}


def has_state(connection: Connection, id_: str, states: Iterable[Result]) -> bool:
    """Whether any recipient is in one of these states."""
    row = DistributionRecipient
    query = select(row.number).where(row.distribution_id == id_, row.state.in_([each.value for each in sorted(states)]))
    return connection.execute(query.limit(1)).first() is not None


def lettered(connection: Connection, id_: str, persons: Collection[str], states: Iterable[Result]) -> set[str]:
    """Which of these persons have a letter of this distribution, or had one."""
    row = DistributionRecipient
    names = [each.value for each in sorted(states)]
    query = select(row.person_id).where(row.distribution_id == id_, row.person_id.in_(persons), row.state.in_(names))
    return set(connection.execute(query).scalars())


def set_state(connection: Connection, id_: str, numbers: Sequence[int], **columns: Any) -> None:
    """Write where these recipients stand now."""
    row = DistributionRecipient
    connection.execute(update(row).where(row.distribution_id == id_, row.number.in_(numbers)).values(**columns))


def held(connection: Connection, id_: str, numbers: Sequence[int]) -> list[Any]:
    """These recipients, held until the transaction ends."""
    row = DistributionRecipient
    query = select(row.__table__).where(row.distribution_id == id_, row.number.in_(numbers)).order_by(row.number)
    return list(connection.execute(query.with_for_update()))


def overdue(connection: Connection, before: datetime, most: int) -> list[Any]:
    """Recipients whose letter was begun so long ago that nobody knows what became of it, of one distribution, held."""
    row = DistributionRecipient
    running_ones = select(Distribution.id).where(Distribution.state != Progress.DONE.value)
    late = (row.distribution_id.in_(running_ones), row.state == Result.ATTEMPTED.value, row.changed_at <= before)
    first = connection.execute(select(row.distribution_id).where(*late).limit(1)).scalar_one_or_none()
    query = select(row.__table__).where(row.distribution_id == first, *late).order_by(row.number).limit(most)
    return list(connection.execute(query.with_for_update(skip_locked=True))) if first else []


def listed(
    connection: Connection, id_: str, after: int, limit: int, state: Result | None = None, reason: str | None = None
) -> list[Any]:
    """Recipients by number with their names, in one state only if asked; ``code`` is that of the entry that decided."""
    row = DistributionRecipient
    query = (
        select(
            row.__table__,
            Person.name.label("person_name"),
            Investor.name.label("investor_name"),
            Investor.client_number,
            LedgerEntry.code,
        )
        .join(Person, Person.id == row.person_id)
        .join(Investor, Investor.id == row.investor_id)
        .outerjoin(LedgerEntry, LedgerEntry.id == row.decided_entry_id)
        .where(row.distribution_id == id_, row.number > after)
    )
    if state is not None:
        query = query.where(row.state == state.value)
    if reason is not None:
        query = query.where(row.reason == reason)
    return list(connection.execute(query.order_by(row.number).limit(limit)))


# ------------------------------------------------------------------------------------------------------------------------ inboxes


def put_received(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Put a report version into inboxes."""
    if rows:
        connection.execute(insert(ReceivedReport), [dict(each) for each in rows])


def holders(connection: Connection, version: str, persons: Collection[str]) -> set[tuple[str, str]]:
    """Which of these persons have this version in an inbox already, with the investors for whom."""
    row = ReceivedReport
    query = select(row.person_id, row.investor_id).where(row.version_id == version, row.person_id.in_(persons)).distinct()
    return {(each.person_id, each.investor_id) for each in connection.execute(query)}


def received(connection: Connection, person: str, investor: str, most: int) -> list[Any]:
    """What a person has in the inbox for an investor, the newest first."""
    row = ReceivedReport
    query = select(row.__table__).where(row.person_id == person, row.investor_id == investor)
    return list(connection.execute(query.order_by(row.id.desc()).limit(most)))


def initiative_of(pull: bool) -> Initiative:  # noqa: FBT001  (whether somebody subscribes)
    """Who asks: the investor by a subscription, or the firm."""
    return Initiative.PULL if pull else Initiative.PUSH
