"""The ledger's tables. ``gatekeeper.ledger`` is their only writer; guards in the database refuse every change to what stands."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Identity, Index, LargeBinary, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.store.base import Base, Serial

FOR_OTHERS = "person IS NULL OR actor <> 'person:' || person"
"""Entries whose actor is not the person they concern: what staff and systems did."""

FREQUENT = ("decision.asked", "person.signed_in", "report.opened", "report.received", "reports.listed")
"""Kinds that readings write by the thousand: the newest fifty are never far, and an index would cost each reading."""
RARE = f"kind NOT IN ({', '.join(repr(each) for each in FREQUENT)})"
"""All other kinds, each of which may lie far apart. Index and query spell it alike: only so does SQLite match the two."""


class LedgerLog(Base):
    """A ledger by its origin. One is open at a time."""

    __tablename__ = "ledger_log"
    id: Mapped[Serial]
    origin: Mapped[str] = mapped_column(String(200), unique=True)
    opened_at: Mapped[datetime]


class LedgerEntry(Base):
    """One entry: the canonical bytes of its leaf, and a projection of them for searching, under the leaf's own names."""

    __tablename__ = "ledger_entry"
    __table_args__ = (
        CheckConstraint("length(leaf) BETWEEN 2 AND 65535", name="leaf_size"),
        Index(None, "person", "at", "id"),
        Index(None, "investor", "at", "id"),
        Index(None, "report", "at", "id"),
        Index(None, "outcome", "reason", "at", "id"),
        Index(None, "at", "id"),
        Index(
            "ix_ledger_entry_actor_at_id",
            "actor",
            "at",
            "id",
            sqlite_where=text(FOR_OTHERS),
            postgresql_where=text(FOR_OTHERS),
        ),
        Index("ix_ledger_entry_kind_at_id", "kind", "at", "id", sqlite_where=text(RARE), postgresql_where=text(RARE)),
        Index(None, "code"),
        Index(None, "request_id"),
        {"postgresql_partition_by": "RANGE (id)", "sqlite_autoincrement": True},
    )
    id: Mapped[Serial] = mapped_column(Identity(always=True, cache=1))
    v: Mapped[int] = mapped_column(SmallInteger)
    log: Mapped[str] = mapped_column(String(200))
    code: Mapped[str] = mapped_column(String(12))
    at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(40))
    actor: Mapped[str] = mapped_column(String(64))
    person: Mapped[str | None] = mapped_column(String(26))
    investor: Mapped[str | None] = mapped_column(String(26))
    report: Mapped[str | None] = mapped_column(String(26))
    action: Mapped[str | None] = mapped_column(String(16))
    outcome: Mapped[str | None] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(40))
    policy: Mapped[str | None] = mapped_column(String(64))
    request_id: Mapped[str | None] = mapped_column(String(64))
    w: Mapped[str] = mapped_column(String(26))
    ws: Mapped[int]
    wp: Mapped[str | None] = mapped_column(String(44))
    leaf: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerPrivate(Base):
    """What an entry commits to and what must be erasable: salt and value, from which the leaf's commitment is recomputed.

    No foreign key: it would cost a third of writing an entry on PostgreSQL. One statement writes both.
    """

    __tablename__ = "ledger_private"
    __table_args__ = (
        Index(
            "ix_ledger_private_address",
            "value",
            "entry_id",
            sqlite_where=text("field = 'address'"),
            postgresql_where=text("field = 'address'"),
        ),
    )
    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    field: Mapped[str] = mapped_column(String(32), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary(32))
    value: Mapped[str] = mapped_column(Text)


class LedgerPending(Base):
    """Entries that wait to be sealed. Filled by a trigger alone, and therefore without a foreign key."""

    __tablename__ = "ledger_pending"
    entry_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    recorded_at: Mapped[datetime]
