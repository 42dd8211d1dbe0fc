"""Policies and statements in force, the words that were served, and what was accepted."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.store.base import Base, Body, Dated, EntryId, Key, Serial, Sha256, period_check


class PolicyRow(Dated, Base):
    """A suitability policy's text. Its digest stands in every entry decided under it."""

    __tablename__ = "policy"
    __table_args__ = (period_check(),)
    text: Mapped[Body]
    sha256: Mapped[Sha256]


class StatementRow(Dated, Base):
    """The statement that readers accept, in both languages. First line the title, second the key sentence."""

    __tablename__ = "statement"
    __table_args__ = (period_check(),)
    text_zh: Mapped[Body]
    text_en: Mapped[Body]


class WordsRow(Base):
    """Words that were on a screen, kept once under their SHA-256."""

    __tablename__ = "words"
    sha256: Mapped[Sha256] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[Body]


class ServedStatement(Base):
    """One showing of the words to one person, in one session, for one investor and report version."""

    __tablename__ = "served_statement"
    __table_args__ = (Index(None, "person_id", "id"), CheckConstraint("asking IN ('FULL', 'LIGHT')", name="asking"))
    id: Mapped[Key] = mapped_column(primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("login_session.id"))
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    version_id: Mapped[Key] = mapped_column(ForeignKey("report_version.id"))
    statement_id: Mapped[int] = mapped_column(ForeignKey("statement.id"))
    words_sha256: Mapped[Sha256] = mapped_column(ForeignKey("words.sha256"))
    asking: Mapped[str] = mapped_column(String(8))
    served_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class Acknowledgement(Base):
    """That the words of one showing were accepted. One acceptance a showing; never changed."""

    __tablename__ = "acknowledgement"
    __table_args__ = (
        Index(None, "person_id", "investor_id", "version_id", "id"),
        Index(None, "person_id", "investor_id", "words_sha256", "id"),
        Index(None, "version_id", "investor_id"),
    )
    id: Mapped[Serial]
    serving_id: Mapped[Key] = mapped_column(ForeignKey("served_statement.id"), unique=True)
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    version_id: Mapped[Key] = mapped_column(ForeignKey("report_version.id"))
    statement_id: Mapped[int] = mapped_column(ForeignKey("statement.id"))
    words_sha256: Mapped[Sha256] = mapped_column(ForeignKey("words.sha256"))
    profile: Mapped[str] = mapped_column(String(40))
    end_reached: Mapped[bool]
    accepted_at: Mapped[datetime]
    entry_id: Mapped[EntryId]
