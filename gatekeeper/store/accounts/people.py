"""Persons, who sign in; investors, who are classified; and the dated facts about both."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, SmallInteger, String, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.rules.risk import InvestorClass, InvestorKind, RiskCategory, Term
from gatekeeper.rules.roles import Role
from gatekeeper.store.base import Base, Dated, EntryId, Key, Serial, period_check


class Person(Base):
    """Who signs in. ``login`` is kept folded to lower case; without a password hash nobody can sign in as this person."""

    __tablename__ = "person"
    __table_args__ = (
        Index(
            "ix_person_without_password",
            "created_at",
            "id",
            sqlite_where=text("password_hash IS NULL"),
            postgresql_where=text("password_hash IS NULL"),
        ),
    )
    id: Mapped[Key] = mapped_column(primary_key=True)
    name: Mapped[str]
    login: Mapped[str] = mapped_column(String(80), unique=True)
    password_hash: Mapped[str | None]
    created_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class Investor(Base):
    """Who is classified and is the client: a person, a company, a financial institution or a product."""

    __tablename__ = "investor"
    __table_args__ = (Index(None, "name", "id"),)
    id: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[InvestorKind]
    name: Mapped[str]
    client_number: Mapped[str] = mapped_column(String(40), unique=True)
    created_at: Mapped[datetime]
    entry_id: Mapped[EntryId]


class Mandate(Dated, Base):
    """That a person acts for an investor. A row with ``live`` false ends it."""

    __tablename__ = "mandate"
    __table_args__ = (
        Index(None, "person_id", "investor_id", "id"),
        Index(None, "investor_id"),
        period_check(),
    )
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    capacity: Mapped[str]
    live: Mapped[bool]


class StandingRow(Dated, Base):
    """The facts of an investor that deny by themselves."""

    __tablename__ = "standing"
    __table_args__ = (Index(None, "investor_id", "id"), Index(None, "contract_before"), period_check())
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    client: Mapped[bool]
    profile_complete: Mapped[bool]
    suspended: Mapped[bool]
    closed: Mapped[bool]
    contract_from: Mapped[datetime | None]
    contract_before: Mapped[datetime | None]
    branch: Mapped[str]
    contact: Mapped[str]


class Classification(Dated, Base):
    """One of an investor's class, category or lowest flag. ``aspect`` says which; the other columns are empty.

    ``rose_at`` is when the category last rose, up to this row, and ``rose_from`` from which one; null is from the lowest.
    """

    __tablename__ = "classification"
    __table_args__ = (
        Index(None, "investor_id", "aspect", "id"),
        Index(None, "aspect", "valid_before"),
        period_check(),
        CheckConstraint(
            "(aspect = 'CLASS' AND investor_class IS NOT NULL AND category IS NULL AND lowest IS NULL"
            " AND ((investor_class = 'ORDINARY') = (valid_before IS NULL)))"
            " OR (aspect = 'CATEGORY' AND category IS NOT NULL AND investor_class IS NULL AND lowest IS NULL"
            " AND valid_before IS NOT NULL)"
            " OR (aspect = 'LOWEST' AND lowest IS NOT NULL AND investor_class IS NULL AND category IS NULL"
            " AND valid_before IS NULL)",
            name="one_aspect",
        ),
    )
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    aspect: Mapped[str] = mapped_column(String(8))
    investor_class: Mapped[InvestorClass | None]
    ground: Mapped[str | None]
    category: Mapped[RiskCategory | None]
    lowest: Mapped[bool | None]
    rose_from: Mapped[RiskCategory | None]
    rose_at: Mapped[datetime | None]


class ObjectivesRow(Dated, Base):
    """The longest term for which an investor means to invest, and in what: ``varieties`` is a bit mask."""

    __tablename__ = "objectives"
    __table_args__ = (
        Index(None, "investor_id", "id"),
        period_check(),
        CheckConstraint("varieties BETWEEN 0 AND 31", name="mask"),
    )
    investor_id: Mapped[Key] = mapped_column(ForeignKey("investor.id"))
    term: Mapped[Term]
    varieties: Mapped[int] = mapped_column(SmallInteger)


class RoleGrant(Dated, Base):
    """A person's role and, for an admin, the grants, separated by spaces. A row with ``live`` false suspends."""

    __tablename__ = "role_grant"
    __table_args__ = (Index(None, "person_id", "id"), period_check())
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    role: Mapped[Role]
    grants: Mapped[str]
    live: Mapped[bool]


class LoginSession(Base):
    """A signed-in browser. The cookie holds a random token, this row its hash; ending the row kills the cookie.

    ``privacy_due`` says that the privacy notice waits for this person's answer: each request reads it with the session.
    """

    __tablename__ = "login_session"
    __table_args__ = (Index(None, "person_id"),)
    id: Mapped[Serial]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    investor_id: Mapped[str | None] = mapped_column(String(26), ForeignKey("investor.id"))
    created_at: Mapped[datetime]
    last_seen: Mapped[datetime]
    idle_seconds: Mapped[int]
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str] = mapped_column(String(64))
    device: Mapped[str]
    privacy_due: Mapped[bool] = mapped_column(server_default=false())
    entry_id: Mapped[EntryId]


class OneTimeLink(Base):
    """A link by which a person sets a password, once. The address holds a random token, this row its hash."""

    __tablename__ = "one_time_link"
    __table_args__ = (Index(None, "person_id"), Index(None, "issued_by", "issued_at"))
    id: Mapped[Serial]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    person_id: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    issued_by: Mapped[str | None] = mapped_column(String(26), ForeignKey("person.id"))
    issued_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    used_at: Mapped[datetime | None]
    entry_id: Mapped[EntryId]


class SignInAttempt(Base):
    """Bookkeeping of failed sign-ins. ``account`` and ``source`` are keyed hashes: a name that matches nobody is never stored."""

    __tablename__ = "sign_in_attempt"
    __table_args__ = (UniqueConstraint("account", "source"), Index(None, "account", "last_failed_at"))
    id: Mapped[Serial]
    account: Mapped[str] = mapped_column(String(64))
    source: Mapped[str] = mapped_column(String(64))
    failures: Mapped[int]
    last_failed_at: Mapped[datetime]
    locked_until: Mapped[datetime | None]
    recorded: Mapped[int]
