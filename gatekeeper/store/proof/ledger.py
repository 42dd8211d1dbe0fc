"""The ledger's tables. ``gatekeeper.ledger`` is their only writer; guards in the database refuse every change to what stands."""

from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    FetchedValue,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.store.base import Base, Serial

FOR_OTHERS = "person IS NULL OR actor <> 'person:' || person"
"""Entries whose actor is not the person they concern: what staff and systems did."""

FREQUENT = ("decision.asked", "person.signed_in", "report.opened", "report.received", "reports.listed")
"""Kinds that readings write by the thousand: the newest fifty are never far, and an index would cost each reading."""
RARE = f"kind NOT IN ({', '.join(repr(each) for each in FREQUENT)})"
"""All other kinds, each of which may lie far apart. Index and query spell it alike: only so does SQLite match the two."""

SELDOM = "action <> 'READ'"
"""What is asked for beside reading. The newest fifty readings are never far, and an index would cost each of them."""


class LedgerLog(Base):
    """A ledger by its origin, and how far it is sealed: so many leaves, under this root. One is open at a time.

    Size and root go on together and never back, and stand still once the log is closed. That is all that can be changed of it.
    """

    __tablename__ = "ledger_log"
    id: Mapped[Serial]
    origin: Mapped[str] = mapped_column(String(200), unique=True)
    opened_at: Mapped[datetime]
    size: Mapped[int] = mapped_column(server_default=FetchedValue())
    root: Mapped[bytes] = mapped_column(LargeBinary(32), server_default=FetchedValue())
    closed_at: Mapped[datetime | None]


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
        Index("ix_ledger_entry_action_at_id", "action", "at", "id", sqlite_where=text(SELDOM), postgresql_where=text(SELDOM)),
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

    No foreign key: it would cost a third of writing an entry on PostgreSQL. One transaction writes both.
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


class LedgerLeaf(Base):
    """Where an entry stands in its log's tree. Leaves are counted from 0 without a gap, and an entry is sealed once.

    No foreign key to the entry: after the years for which it must be kept it may go, and its leaf stays in the tree.
    """

    __tablename__ = "ledger_leaf"
    log_id: Mapped[int] = mapped_column(ForeignKey("ledger_log.id"), primary_key=True, autoincrement=False)
    leaf_index: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    entry_id: Mapped[int] = mapped_column(unique=True)


class LedgerTile(Base):
    """A tile of C2SP tlog-tiles: the hashes of up to 256 neighbouring nodes of the tree. A tile only ever grows."""

    __tablename__ = "ledger_tile"
    __table_args__ = (CheckConstraint("length(hashes) BETWEEN 32 AND 8192 AND length(hashes) % 32 = 0", name="hashes_size"),)
    log_id: Mapped[int] = mapped_column(ForeignKey("ledger_log.id"), primary_key=True, autoincrement=False)
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerCheckpoint(Base):
    """What was signed and may have been shown: the note over origin, size and root. It is kept before anybody sees it."""

    __tablename__ = "ledger_checkpoint"
    __table_args__ = (UniqueConstraint("log_id", "size"),)
    id: Mapped[Serial]
    log_id: Mapped[int] = mapped_column(ForeignKey("ledger_log.id"))
    size: Mapped[int]
    root: Mapped[bytes] = mapped_column(LargeBinary(32))
    note: Mapped[str] = mapped_column(Text)
    signed_at: Mapped[datetime]


class LedgerAnchor(Base):
    """A checkpoint that left the house: where it was put, and what the other side gave for it."""

    __tablename__ = "ledger_anchor"
    __table_args__ = (
        CheckConstraint("kind IN ('file', 'mail', 'tsa', 'witness')", name="kind"),
        Index(None, "log_id", "kind", "size"),
    )
    id: Mapped[Serial]
    log_id: Mapped[int] = mapped_column(ForeignKey("ledger_log.id"))
    size: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    target: Mapped[str] = mapped_column(Text)
    token: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime]
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))
