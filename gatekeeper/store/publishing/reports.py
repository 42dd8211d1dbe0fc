"""Reports: versions that never change, the dated facts that let them out, and the content kept apart from all of that."""

from datetime import date, datetime

from sqlalchemy import (
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.rules.risk import ProfessionalClause, RiskGrade, Term
from gatekeeper.store.base import Base, Body, Dated, EntryId, Key, Serial, Sha256, period_check


class Report(Base):
    """A report, whatever its version."""

    __tablename__ = "report"
    id: Mapped[Key] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


_OWN_FILE = text("copy_of IS NULL")


class ReportVersion(Base):
    """What one file says about itself, and what its printed notice was read as. Never changed: a correction is a new version.

    ``copy_of`` is the number of the version of the same report whose file and content a regraded one has; None where it brought
    its own.
    """

    __tablename__ = "report_version"
    __table_args__ = (
        UniqueConstraint("report_id", "number"),
        ForeignKeyConstraint(["report_id", "copy_of"], ["report_version.report_id", "report_version.number"]),
        Index(None, "created_at", "id"),
        Index(None, "title"),
        Index("uq_report_version_file", "source_sha256", unique=True, sqlite_where=_OWN_FILE, postgresql_where=_OWN_FILE),
    )
    id: Mapped[Key] = mapped_column(primary_key=True)
    report_id: Mapped[Key] = mapped_column(ForeignKey("report.id"))
    number: Mapped[int]
    issuer: Mapped[str]
    title: Mapped[str] = mapped_column(String(500))
    subtitle: Mapped[str] = mapped_column(String(500))
    kind: Mapped[str]
    industry: Mapped[str] = mapped_column(String(60), default="")
    language: Mapped[str] = mapped_column(String(8))
    published_on: Mapped[date | None] = mapped_column(Date)
    rating: Mapped[str]
    analysts: Mapped[Body]
    notice: Mapped[Body]
    reading: Mapped[Body]
    conflict: Mapped[bool]
    search_words: Mapped[Body]
    source_sha256: Mapped[Sha256]
    copy_of: Mapped[int | None]
    created_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class ReportFile(Base):
    """The file that a version came as; ``pages`` where it has pages to show. Versions from before have no row and came as text.

    The bytes lie among the originals, under their SHA-256.
    """

    __tablename__ = "report_file"
    version_id: Mapped[Key] = mapped_column(ForeignKey("report_version.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(80))
    size: Mapped[int]
    pages: Mapped[int | None]
    sha256: Mapped[Sha256]
    entry_id: Mapped[EntryId]


class ReportContent(Base):
    """A version's content. Read in one function alone, which takes a ``Permit``."""

    __tablename__ = "report_content"
    version_id: Mapped[Key] = mapped_column(ForeignKey("report_version.id"), primary_key=True)
    body: Mapped[Body]
    source: Mapped[Body]


class ReportFingerprint(Base):
    """By what a text is told from others, however it is spaced: the digest of its folded form, apart from the text itself."""

    __tablename__ = "report_fingerprint"
    __table_args__ = (Index(None, "text_sha256"),)
    version_id: Mapped[Key] = mapped_column(ForeignKey("report_version.id"), primary_key=True)
    text_sha256: Mapped[Sha256]
    entry_id: Mapped[EntryId]


class FindingRow(Base):
    """What a careful person would raise about a version."""

    __tablename__ = "finding"
    __table_args__ = (Index(None, "version_id"), Index(None, "key", "version_id"))
    id: Mapped[Serial]
    version_id: Mapped[Key] = mapped_column(ForeignKey("report_version.id"))
    code: Mapped[str] = mapped_column(String(64))
    message: Mapped[str] = mapped_column(Text)
    details: Mapped[Body]
    cited: Mapped[Body]
    key: Mapped[Sha256]
    blocking: Mapped[bool]


class SettlementRow(Dated, Base):
    """A finding that two people accept wherever a report of this issuer and kind prints the same text."""

    __tablename__ = "settlement"
    __table_args__ = (
        Index(None, "issuer", "report_kind", "code", "key", "id"),
        Index(None, "valid_before", "id"),
        period_check(),
    )
    issuer: Mapped[str]
    report_kind: Mapped[str]
    code: Mapped[str] = mapped_column(String(64))
    key: Mapped[Sha256]
    cited: Mapped[Body]


class SettlementEnd(Base):
    """That one person ended a settlement before its day: it settles nothing from then on."""

    __tablename__ = "settlement_end"
    settlement_id: Mapped[int] = mapped_column(ForeignKey("settlement.id"), primary_key=True, autoincrement=False)
    ended_at: Mapped[datetime]
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    entry_id: Mapped[EntryId]


class Grading(Dated, Base):
    """A version's grade, audience, term and varieties, as two people confirmed them.

    ``categories`` is a bit mask, C1 lowest; null: unprinted. ``varieties`` is one too; null: not stated. ``covers`` are the
    kinds of instruments with a space between; null: not asked.
    """

    __tablename__ = "grading"
    __table_args__ = (
        Index(None, "version_id", "id"),
        period_check(),
        CheckConstraint("categories IS NULL OR categories BETWEEN 0 AND 31", name="mask"),
        CheckConstraint("varieties IS NULL OR varieties BETWEEN 0 AND 31", name="varieties"),
    )
    version_id: Mapped[Key] = mapped_column(ForeignKey("report_version.id"))
    grade: Mapped[RiskGrade]
    professional: Mapped[ProfessionalClause | None]
    categories: Mapped[int | None] = mapped_column(SmallInteger)
    clients_only: Mapped[bool]
    contract_clients_only: Mapped[bool]
    term: Mapped[Term | None]
    varieties: Mapped[int | None] = mapped_column(SmallInteger)
    covers: Mapped[str | None] = mapped_column(Text)


class Release(Dated, Base):
    """Which version of a report is out from ``valid_from`` on, or that the report is withdrawn. A later start is an embargo."""

    __tablename__ = "release"
    __table_args__ = (
        Index(None, "report_id", "id"),
        Index(None, "valid_from", "report_id"),
        period_check(),
        CheckConstraint("state IN ('RELEASED', 'WITHDRAWN')", name="state"),
    )
    report_id: Mapped[Key] = mapped_column(ForeignKey("report.id"))
    version_id: Mapped[Key] = mapped_column(ForeignKey("report_version.id"))
    state: Mapped[str] = mapped_column(String(16))


class Publication(Base):
    """That a version was approved for release: by which proposal's approval."""

    __tablename__ = "publication"
    version_id: Mapped[Key] = mapped_column(ForeignKey("report_version.id"), primary_key=True)
    approved_at: Mapped[datetime]
    entry_id: Mapped[EntryId]
