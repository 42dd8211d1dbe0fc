"""The index of what reports say: written when a version comes in, never changed, and content like the reports themselves.

The terms are looked up: by GIN in PostgreSQL, by FTS5 in SQLite, which a trigger fills. A line is found as it stands. A version
whose row is not there yet, because it is long or came in before there was an index, gets one from the work process.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ARRAY, Connection, Dialect, ForeignKey, SmallInteger, Text, UniqueConstraint, insert, select
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator, TypeEngine

from gatekeeper.rules.wording import searching
from gatekeeper.store.base import Base, Body, Key, Serial
from gatekeeper.store.publishing.reports import ReportContent, ReportVersion

FORM = 1
"""How text is taken apart. Another way has another number, and its rows are written anew beside the old ones."""
AT_ONCE = 30_000
"""The longest body in characters that is indexed in the transaction in which it comes in: some 50 ms."""


class Terms(TypeDecorator[Iterable[str]]):
    """Terms, as either database looks them up: an array, or words with a space between."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """PostgreSQL has arrays."""
        return dialect.type_descriptor(ARRAY(Text()) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Iterable[str] | None, dialect: Dialect) -> Any:
        """In one order, so that the same terms are the same row."""
        terms = sorted(value or ())
        return terms if dialect.name == "postgresql" else " ".join(terms)


class ReportIndex(Base):
    """A version's words: ``names`` are the lines of its metadata, ``lines`` those of its text, passage by passage.

    ``name_terms`` are the terms of the one, ``terms`` those of both.
    """

    __tablename__ = "report_index"
    __table_args__ = (UniqueConstraint("version_id", "form"),)
    id: Mapped[Serial]
    version_id: Mapped[Key] = mapped_column(ForeignKey("report_version.id"))
    form: Mapped[int] = mapped_column(SmallInteger)
    names: Mapped[Body]
    lines: Mapped[Body]
    name_terms: Mapped[Iterable[str]] = mapped_column(Terms)
    terms: Mapped[Iterable[str]] = mapped_column(Terms)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A version without a row, and what its row will be made of. Content, as what it is made from is."""

    version: str
    names: tuple[str, ...]
    body: str


def put_short(connection: Connection, version: dict[str, Any], content: dict[str, Any]) -> None:
    """Index a version that is just written, unless it is too long for that."""
    if len(content["body"]) <= AT_ONCE:
        put(connection, row_of(Waiting(version["id"], _names(version), content["body"])))


def row_of(waiting: Waiting) -> dict[str, Any]:
    """A version's row. Long texts take a second: not inside a transaction."""
    names = searching.indexed(waiting.names)
    text = searching.indexed(searching.passages(json.loads(waiting.body)))
    return {
        "version_id": waiting.version,
        "form": FORM,
        "names": names.lines,
        "lines": text.lines,
        "name_terms": names.terms,
        "terms": names.terms | text.terms,
    }


def put(connection: Connection, row: dict[str, Any]) -> None:
    """Write a version's row, unless somebody was faster."""
    there = select(ReportIndex.id).where(ReportIndex.version_id == row["version_id"], ReportIndex.form == row["form"])
    if connection.execute(there).first() is None:
        connection.execute(insert(ReportIndex).values(**row))


def next_without(connection: Connection) -> Waiting | None:
    """A version that has no row yet, the newest first; None where all have theirs."""
    there = select(ReportIndex.id).where(ReportIndex.version_id == ReportVersion.id, ReportIndex.form == FORM).exists()
    query = select(ReportVersion.__table__, ReportContent.body).join(ReportContent, ReportContent.version_id == ReportVersion.id)
    row = connection.execute(query.where(~there).order_by(ReportVersion.created_at.desc(), ReportVersion.id).limit(1)).first()
    return Waiting(row.id, _names(row._mapping), row.body) if row else None


def _names(version: Any) -> tuple[str, ...]:
    """The metadata by which a report is found."""
    analysts = [name for each in json.loads(version["analysts"]) for name in (each.get("name"), each.get("certificate")) if name]
    said = [version[name] for name in ("title", "subtitle", "issuer", "kind", "rating")]
    return (*said, version.get("industry", ""), *analysts)
