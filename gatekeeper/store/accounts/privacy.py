"""The privacy notice: its versions, and who has answered which words."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, ForeignKey, Index, false, insert, select, true, update
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.store.accounts.people import LoginSession
from gatekeeper.store.base import Base, Dated, EntryId, Key, Serial, Sha256, current_id, period_check
from gatekeeper.store.reading.consent import WordsRow


class PrivacyNotice(Dated, Base):
    """What the firm keeps of its clients and why, in both languages. Each text stands among the words too, under its SHA-256."""

    __tablename__ = "privacy_notice"
    __table_args__ = (period_check(),)
    zh_sha256: Mapped[Sha256] = mapped_column(ForeignKey("words.sha256"))
    en_sha256: Mapped[Sha256] = mapped_column(ForeignKey("words.sha256"))


class PrivacyAcceptance(Base):
    """That a person has read and accepted these very words. It is asked for again only when the words change."""

    __tablename__ = "privacy_acceptance"
    __table_args__ = (Index(None, "person_id", "words_sha256"),)
    id: Mapped[Serial]
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    notice_id: Mapped[int] = mapped_column(ForeignKey("privacy_notice.id"))
    words_sha256: Mapped[Sha256] = mapped_column(ForeignKey("words.sha256"))
    accepted_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


def notice(connection: Connection, now: datetime) -> Any:
    """The notice in force, or None."""
    current = current_id(PrivacyNotice, now)
    return connection.execute(select(PrivacyNotice.__table__).where(PrivacyNotice.id == current)).first()


def text(connection: Connection, sha256: str) -> str:
    """Words of a notice by their hash."""
    return connection.execute(select(WordsRow.text).where(WordsRow.sha256 == sha256)).scalar_one()


def put_notice(connection: Connection, **columns: Any) -> int:
    """Write a version of the notice, in force from its ``valid_from``; return its id."""
    key = connection.execute(insert(PrivacyNotice).values(**columns)).inserted_primary_key
    return int(key[0]) if key else 0


def accepted(connection: Connection, person: str, found: Any) -> Any:
    """The newest acceptance of a notice's words, in either language, by a person; None where there is none."""
    query = select(PrivacyAcceptance.__table__).where(
        PrivacyAcceptance.person_id == person, PrivacyAcceptance.words_sha256.in_((found.zh_sha256, found.en_sha256))
    )
    return connection.execute(query.order_by(PrivacyAcceptance.id.desc()).limit(1)).first()


def is_due(connection: Connection, person: str, now: datetime) -> bool:
    """Whether a person has yet to answer the notice in force. Where there is none, nothing is due."""
    found = notice(connection, now)
    return found is not None and accepted(connection, person, found) is None


def put_acceptance(connection: Connection, **columns: Any) -> None:
    """Write an acceptance; nothing is due any more in any session of this person."""
    connection.execute(insert(PrivacyAcceptance).values(**columns))
    mine = LoginSession.person_id == columns["person_id"]
    connection.execute(update(LoginSession).where(mine, LoginSession.privacy_due == true()).values(privacy_due=False))


def ask_again(connection: Connection, found: Any) -> None:
    """Let every open session of those who have not met these words ask for them."""
    met = select(PrivacyAcceptance.id).where(
        PrivacyAcceptance.person_id == LoginSession.person_id,
        PrivacyAcceptance.words_sha256.in_((found.zh_sha256, found.en_sha256)),
    )
    open_ = (LoginSession.ended_at.is_(None), LoginSession.privacy_due == false(), ~met.exists())
    connection.execute(update(LoginSession).where(*open_).values(privacy_due=True))
