"""Files that prove what an investor's file says: which they are, and to whom they belong. Their bytes lie among the originals."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, String, insert, select
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.store.base import Base, EntryId, Key, Sha256


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A file that was checked: its name without any folder, its kind, its size in bytes, its pages and its SHA-256 in hex."""

    name: str
    media_type: str
    size: int
    pages: int
    sha256: str


class EvidenceFile(Base):
    """One file about one investor, as it was handed in. Written once."""

    __tablename__ = "evidence_file"
    __table_args__ = (Index(None, "investor_id", "kept_at"),)
    id: Mapped[Key] = mapped_column(primary_key=True)
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    name: Mapped[str]
    media_type: Mapped[str] = mapped_column(String(40))
    size: Mapped[int]
    pages: Mapped[int]
    sha256: Mapped[Sha256]
    kept_by: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    kept_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


def put(connection: Connection, described: Described, **columns: Any) -> None:
    """Write which file was handed in."""
    connection.execute(insert(EvidenceFile).values(**asdict(described), **columns))


def get(connection: Connection, investor: str, id_: str) -> Any:
    """One file of an investor, or None."""
    return next(iter(of_ids(connection, investor, [id_])), None)


def all_of(connection: Connection, ids: Collection[str]) -> dict[str, Any]:
    """These files, whosever they are, by their ids: for rows that name them."""
    query = select(EvidenceFile.__table__).where(EvidenceFile.id.in_(sorted(ids)))
    return {row.id: row for row in connection.execute(query)} if ids else {}


def of_ids(connection: Connection, investor: str, ids: Collection[str]) -> list[Any]:
    """Those of these files that belong to an investor, in the order in which they were handed in."""
    known = sorted({each for each in ids if each.isascii() and each.isalnum()})  # PostgreSQL would stumble over a NUL
    query = select(EvidenceFile.__table__).where(EvidenceFile.id.in_(known), EvidenceFile.investor_id == investor)
    return list(connection.execute(query.order_by(EvidenceFile.kept_at, EvidenceFile.entry_id))) if known else []
