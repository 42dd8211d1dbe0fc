"""What every table has in common: names, types, and the form of a dated row.

A dated row states a fact from ``valid_from`` on, until ``valid_before`` if that is given. It is never changed. The current row is
the highest id with ``valid_from`` ≤ now that is not in error. A row with ``corrects_id`` states nothing of its own: it marks
another row as entered in error, so that the one displaced by it applies again.
"""

import secrets
from collections.abc import Iterable
from datetime import UTC, datetime
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Annotated, Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    Connection,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    ScalarSelect,
    Select,
    String,
    Text,
    bindparam,
    func,
    literal_column,
    select,
)
from sqlalchemy import Enum as EnumType
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Mapped, aliased, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator

from gatekeeper.rules.accounts.scopes import Register
from gatekeeper.rules.reading.codes import CROCKFORD
from gatekeeper.rules.risk import (
    Action,
    InvestorClass,
    InvestorKind,
    ProfessionalClause,
    RiskCategory,
    RiskGrade,
    Term,
    Variety,
)
from gatekeeper.rules.roles import Role
from gatekeeper.rules.suitability import Outcome

_EACH_BYTE = bytes(ord(CROCKFORD[byte % len(CROCKFORD)]) for byte in range(256))  # 256 is a multiple of 32: no letter is favoured


def random_name(length: int) -> str:
    """That many random lower-case Crockford characters, five bits each."""
    return secrets.token_bytes(length).translate(_EACH_BYTE).decode()


def new_id() -> str:
    """A random primary key: 26 lower-case Crockford characters, 130 bits."""
    return random_name(26)


class UtcTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC. A naive time is a programmer's fault and refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  (signature)
        """Store in UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a time without a zone cannot be stored"
            raise ValueError(message)
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  (signature)
        """Give back aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _enum(kind: type[Enum]) -> EnumType:
    """Short strings with a check: values of a StrEnum, names of an IntEnum (C3, R3)."""
    by_value = issubclass(kind, StrEnum)
    return EnumType(
        kind,
        native_enum=False,
        create_constraint=True,
        length=32,
        name=kind.__name__.lower(),
        values_callable=(lambda members: [m.value if by_value else m.name for m in members]),
    )


_ENUMS: dict[Any, Any] = {
    kind: _enum(kind)
    for kind in (Action, InvestorClass, InvestorKind, Outcome, ProfessionalClause, Register, RiskCategory, RiskGrade, Role, Term)
}

Serial = Annotated[int, mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)]
Key = Annotated[str, mapped_column(String(26))]
Sha256 = Annotated[str, mapped_column(String(64))]
Body = Annotated[str, mapped_column(Text)]


def variety_mask(varieties: Iterable[Variety] | None) -> int | None:
    """The bit mask under which varieties are kept, the first one lowest; None is not stated."""
    return None if varieties is None else sum(1 << _VARIETIES.index(each) for each in set(varieties))


@lru_cache(maxsize=64)
def varieties_of(mask: int | None) -> frozenset[Variety] | None:
    """The varieties of a bit mask."""
    return None if mask is None else frozenset(each for place, each in enumerate(_VARIETIES) if mask & (1 << place))


_VARIETIES = tuple(Variety)


class Base(DeclarativeBase):
    """The declarative base. Names of constraints follow one convention, so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012  (SQLAlchemy reads it as a plain class attribute)
        datetime: UtcTime(),
        str: String(200),
        int: BigInteger().with_variant(Integer, "sqlite"),
        **_ENUMS,
    }


EntryId = Annotated[int, mapped_column(ForeignKey("ledger_entry.id"))]


class Dated:
    """The columns of a dated row. ``entry_id`` is the ledger entry of the act that wrote it."""

    id: Mapped[Serial]
    valid_from: Mapped[datetime]
    valid_before: Mapped[datetime | None]
    entry_id: Mapped[EntryId]

    @declared_attr
    def corrects_id(cls) -> Mapped[int | None]:  # noqa: N805  (a class-level attribute of SQLAlchemy)
        """The row that this one marks as entered in error; such a row repeats its values and states nothing of its own."""
        return mapped_column(ForeignKey(f"{cls.__tablename__}.id"), unique=True)  # type: ignore[attr-defined]


def period_check() -> CheckConstraint:
    """A dated row's end comes after its beginning."""
    return CheckConstraint("valid_before IS NULL OR valid_before > valid_from", name="period")


_ZERO: ColumnElement[int] = literal_column("0", Integer)
_ONE: ColumnElement[int] = literal_column("1", Integer)


def states(row: Any) -> ColumnElement[bool]:
    """Whether a dated row states something of its own, and is not the mark of another's error.

    Written so that no index can serve it: nearly every row states something, and without statistics SQLite takes the unique index
    on ``corrects_id`` for the best way to a row, and then walks the whole table for each decision.
    """
    return func.coalesce(row.corrects_id, _ZERO) == _ZERO


NOW: Any = bindparam("now", type_=UtcTime())
"""The moment that is asked about, in statements built once: building one takes longer than the database does."""


def current(
    table: type[Any],
    columns: Iterable[str],
    now: ColumnElement[datetime] | datetime,
    *keys: tuple[InstrumentedAttribute[Any], Any],
) -> Select[*tuple[Any, ...]]:
    """The current row of a dated table for these keys: those columns of it."""
    row, mark = aliased(table, name="this"), aliased(table, name="mark")
    matches = [getattr(row, column.key) == value for column, value in keys]
    in_error = select(mark.id).where(mark.corrects_id == row.id).exists()
    return (
        select(*(getattr(row, name) for name in columns))
        .where(*matches, row.valid_from <= now, states(row), ~in_error)
        .order_by(row.id.desc())
        .limit(_ONE)
    )


def current_id(
    table: type[Any], now: ColumnElement[datetime] | datetime, *keys: tuple[InstrumentedAttribute[Any], Any]
) -> ScalarSelect[int]:
    """The id of the current row of a dated table for these keys, as a scalar subquery."""
    return current(table, ("id",), now, *keys).scalar_subquery()


def insert_into(connection: Connection, table: type[Any]) -> sqlite.Insert | postgresql.Insert:
    """An INSERT that may say what is to be done where a row is there already. Both databases spell it alike."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


def versions(connection: Connection, table: type[Any]) -> list[Any]:
    """Every row of a dated table that is not in error, newest first."""
    mark = aliased(table)
    in_error = select(mark.id).where(mark.corrects_id == table.id).exists()
    return list(connection.execute(select(table.__table__).where(states(table), ~in_error).order_by(table.id.desc())))


def current_row(connection: Connection, table: Any, now: datetime, **keys: str) -> Any:
    """The current row of a dated table for these keys, or None."""
    return connection.execute(_current_row(table, tuple(keys)), {**keys, "now": now}).first()


@lru_cache(maxsize=64)
def _current_row(table: Any, names: tuple[str, ...]) -> Select[*tuple[Any, ...]]:
    keys: list[tuple[Any, Any]] = [(getattr(table, name), bindparam(name)) for name in names]
    return select(*table.__table__.columns).where(table.__table__.c.id == current_id(table, NOW, *keys))
