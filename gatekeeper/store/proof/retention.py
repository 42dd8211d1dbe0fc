"""How long private values are kept: legal holds, and what was erased once its time was over.

A hold names a person, an investor or a report. What it covers is taken widely, for a hold may only lengthen: the hold of a person
covers the investors that this person ever acted for, and the hold of an investor everybody who ever acted for it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Connection,
    ForeignKey,
    and_,
    delete,
    func,
    insert,
    or_,
    select,
    text,
    union,
)
from sqlalchemy.orm import Mapped, aliased, mapped_column

from gatekeeper.store.accounts.people import Investor, Mandate, Person
from gatekeeper.store.base import Base, Dated, EntryId, period_check, states
from gatekeeper.store.proof.answers import LedgerAnswer
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerLog, LedgerPrivate

SUBJECTS = ("person", "investor", "report")
_ONE_SUBJECT = " OR ".join(
    "(" + " AND ".join(f"{each}_id IS {'NOT ' if each == one else ''}NULL" for each in SUBJECTS) + ")" for one in SUBJECTS
)
_LOCK = 4_732_883_767  # any number that nobody else takes: a hold and an erasure do not pass each other


class LegalHold(Dated, Base):
    """That what concerns a person, an investor or a report is kept, however old. A row with ``live`` false lifts it."""

    __tablename__ = "legal_hold"
    __table_args__ = (period_check(), CheckConstraint(_ONE_SUBJECT, name="one_subject"))
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    investor_id: Mapped[str | None] = mapped_column(ForeignKey("investor.id"))
    report_id: Mapped[str | None] = mapped_column(ForeignKey("report.id"))
    live: Mapped[bool]


class LedgerErasure(Base):
    """That the private values of one entry were erased, and by which act. Its leaf stands as it was."""

    __tablename__ = "ledger_erasure"
    erased_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    erased_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which values an erasure is about: of entries before ``before``, of one person or of everybody."""

    before: datetime
    person: str | None = None


def origin(connection: Connection) -> str:
    """The open log's origin."""
    return connection.execute(select(LedgerLog.origin).order_by(LedgerLog.id.desc()).limit(1)).scalar_one_or_none() or ""


def wait_for_turn(connection: Connection) -> None:
    """Let no hold be set between the look for holds and the erasure. SQLite's writers take turns by themselves."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})


def _live_holds(now: datetime) -> Any:
    """Holds in force: of each subject the newest row that has begun and is not in error, where that row is live."""
    later, mark, newer = aliased(LegalHold), aliased(LegalHold), aliased(LegalHold)
    same = or_(*(getattr(newer, f"{each}_id") == getattr(LegalHold, f"{each}_id") for each in SUBJECTS))
    in_error = select(mark.id).where(mark.corrects_id == LegalHold.id).exists()
    newer_in_error = select(later.id).where(later.corrects_id == newer.id).exists()
    displaced = select(newer.id).where(same, newer.id > LegalHold.id, newer.valid_from <= now, states(newer), ~newer_in_error)
    begun = and_(LegalHold.valid_from <= now, states(LegalHold), ~in_error)
    return select(LegalHold).where(LegalHold.live, begun, ~displaced.exists())


def holds(connection: Connection, now: datetime) -> list[Any]:
    """Every hold in force, oldest first, with its entry's code and the reason given, where that is not erased."""
    found = _live_holds(now).subquery()
    reason = and_(LedgerPrivate.entry_id == found.c.entry_id, LedgerPrivate.field == "reason")
    query = (
        select(*found.c, LedgerEntry.code, LedgerPrivate.value.label("reason"))
        .join(LedgerEntry, LedgerEntry.id == found.c.entry_id)
        .outerjoin(LedgerPrivate, reason)
    )
    named = query.add_columns(Person.login, Investor.client_number)
    named = named.outerjoin(Person, Person.id == found.c.person_id).outerjoin(Investor, Investor.id == found.c.investor_id)
    return list(connection.execute(named.order_by(found.c.id)))


def is_held(connection: Connection, subject: str, id_: str, now: datetime) -> bool:
    """Whether this very person, investor or report is named by a hold in force."""
    found = _live_holds(now).subquery()
    return connection.execute(select(found.c.id).where(found.c[f"{subject}_id"] == id_)).first() is not None


def put_hold(connection: Connection, subject: str, id_: str, **columns: Any) -> None:
    """Write a hold, or that it was lifted."""
    connection.execute(insert(LegalHold).values({f"{subject}_id": id_, **columns}))


def _held(now: datetime) -> ColumnElement[bool]:
    """Whether an entry is about somebody or something on hold."""
    hold = _live_holds(now).subquery()
    named = {each: select(hold.c[f"{each}_id"]).where(hold.c[f"{each}_id"].is_not(None)) for each in SUBJECTS}
    acting = select(Mandate.person_id).where(Mandate.investor_id.in_(named["investor"]))
    acted_for = select(Mandate.investor_id).where(Mandate.person_id.in_(named["person"]))
    persons = union(named["person"], acting).subquery()
    investors = union(named["investor"], acted_for).subquery()
    actors = select("person:" + persons.c[0])
    answered = or_(LedgerAnswer.person.in_(select(persons.c[0])), LedgerAnswer.investor.in_(select(investors.c[0])))
    covered = or_(
        LedgerEntry.person.in_(select(persons.c[0])),
        LedgerEntry.id.in_(select(LedgerAnswer.entry_id).where(answered)),
        LedgerEntry.actor.in_(actors),
        LedgerEntry.investor.in_(select(investors.c[0])),
        LedgerEntry.report.in_(named["report"]),
    )
    return func.coalesce(covered, text("false"))


def is_covered(connection: Connection, person: str, now: datetime) -> bool:
    """Whether a person is named by a hold, or acts or acted for an investor that is."""
    hold = _live_holds(now).subquery()
    acted = select(Mandate.investor_id).where(Mandate.person_id == person)
    found = select(hold.c.id).where(or_(hold.c.person_id == person, hold.c.investor_id.in_(acted)))
    return connection.execute(found.limit(1)).first() is not None


def _kept(wanted: Wanted) -> list[ColumnElement[bool]]:
    """Entries of an erasure that still have private values. Both clocks must agree that their time is over."""
    has_values = select(LedgerPrivate.entry_id).where(LedgerPrivate.entry_id == LedgerEntry.id).exists()
    found = [LedgerEntry.at < wanted.before, LedgerEntry.recorded_at < wanted.before, has_values]
    if wanted.person is not None:
        found.append(or_(LedgerEntry.person == wanted.person, LedgerEntry.actor == f"person:{wanted.person}"))
    return found


def erasable(connection: Connection, wanted: Wanted, now: datetime, limit: int) -> list[int]:
    """The oldest entries whose private values may be erased, at most so many."""
    query = select(LedgerEntry.id).where(*_kept(wanted), ~_held(now))
    return list(connection.execute(query.order_by(LedgerEntry.id).limit(limit)).scalars())


def held_count(connection: Connection, wanted: Wanted, now: datetime) -> int:
    """How many entries keep their values because of a hold."""
    return connection.execute(select(func.count()).select_from(LedgerEntry).where(*_kept(wanted), _held(now))).scalar_one()


def erase(connection: Connection, ids: Sequence[int], entry_id: int, now: datetime) -> int:
    """Erase the private values of these entries; return how many values. Their leaves keep the commitments."""
    result = connection.execute(delete(LedgerPrivate).where(LedgerPrivate.entry_id.in_(ids)))
    connection.execute(insert(LedgerErasure), [{"erased_id": id_, "erased_at": now, "entry_id": entry_id} for id_ in ids])
    return result.rowcount


def count_values(connection: Connection, ids: Sequence[int]) -> int:
    """How many private values these entries have."""
    query = select(func.count()).select_from(LedgerPrivate).where(LedgerPrivate.entry_id.in_(ids))
    return connection.execute(query).scalar_one()


def erased_at(connection: Connection, entry_id: int) -> datetime | None:
    """When the private values of an entry were erased; None if they were not."""
    return connection.execute(select(LedgerErasure.erased_at).where(LedgerErasure.erased_id == entry_id)).scalar_one_or_none()
