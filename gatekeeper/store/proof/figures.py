"""Counting the decisions of a period. A decision is an entry with an outcome; what it used, it names itself.

Category and grade are those of the rows whose ids stand in the entry, and such rows never change: a count of last May is the same
whenever it is made. A period is walked along ``at``, and so are entries behind a count; ``store.proof.daily`` keeps the sums of
whole days, so that a period is walked only where it has too few of them.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    ColumnElement,
    Connection,
    FromClause,
    Integer,
    String,
    Text,
    TextClause,
    and_,
    any_,
    bindparam,
    case,
    cast,
    extract,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.orm import aliased

from gatekeeper.rules.risk import InvestorClass
from gatekeeper.store.accounts.people import Classification
from gatekeeper.store.base import UtcTime
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.publishing.reports import Grading

PROFESSIONAL = "PROFESSIONAL"
"""Who was a professional investor, whatever category is on file too."""
NONE = "NONE"
"""What had no category, or no grade."""
QUARTER = 900
"""Seconds of the finest part of a day that sums are made of: every zone of today is off by whole ones."""

_COLUMNS = tuple(column for column in LedgerEntry.__table__.columns if column.key != "leaf")
_FACTS = ("class", "category", "grading")


def by_day(connection: Connection, days: Sequence[tuple[datetime, datetime]]) -> list[Any]:
    """Rows of ``(n, outcome, reason, count)`` for the days, each given by its first instant and the first after it."""
    values = {f"{end}{n}": moment for n, day in enumerate(days) for end, moment in zip(("since", "before"), day, strict=True)}
    return list(connection.execute(_by_day(len(days)), values))


@lru_cache(maxsize=8)
def _by_day(count: int) -> TextClause:
    """Days come as a table: no database knows the firm's zone, and a day there may have 23 hours."""
    days = ", ".join(f"({n}, :since{n}, :before{n})" for n in range(count))
    query = text(
        f"WITH day (n, since, before) AS (VALUES {days}) "  # noqa: S608  (numbers of our own)
        "SELECT day.n, entry.outcome, entry.reason, count(*) AS count FROM day "
        "CROSS JOIN ledger_entry AS entry "  # SQLite keeps to this order: the days first, each a stretch of the index
        "WHERE entry.at >= day.since AND entry.at < day.before AND entry.outcome IS NOT NULL "
        "GROUP BY day.n, entry.outcome, entry.reason"
    )
    names = [f"{end}{n}" for n in range(count) for end in ("since", "before")]
    return query.bindparams(*(bindparam(name, type_=UtcTime()) for name in names))


def by_category(connection: Connection, since: datetime, before: datetime) -> list[Any]:
    """Rows of ``(category, grade, outcome, count)`` of a period: the category of an ordinary investor, or what stands for it."""
    columns = LedgerEntry.id, LedgerEntry.at, LedgerEntry.outcome
    used = _used(connection, columns, LedgerEntry.at >= since, LedgerEntry.at < before)
    category, grade, joined = _named(used)
    query = select(category.label("category"), grade.label("grade"), used.c.outcome, func.count().label("count"))
    return list(connection.execute(query.select_from(joined).group_by(category, grade, used.c.outcome)))


def of_entries(connection: Connection, ids: Sequence[int]) -> list[Any]:
    """Rows of ``(quarter, outcome, reason, category, grade, number)`` of the decisions among these entries.

    ``quarter`` counts quarters of an hour since 1970.
    """
    columns = LedgerEntry.id, LedgerEntry.at, LedgerEntry.outcome, LedgerEntry.reason
    used = _used(connection, columns, _among(connection, ids))
    category, grade, joined = _named(used)
    quarter = _quarter(connection, used.c.at)
    by = [quarter.label("quarter"), used.c.outcome, used.c.reason, category.label("category"), grade.label("grade")]
    query = select(*by, func.count().label("number")).select_from(joined)
    return list(connection.execute(query.group_by(quarter, used.c.outcome, used.c.reason, category, grade)))


def _among(connection: Connection, ids: Sequence[int]) -> ColumnElement[bool]:
    """As one value, however many they are."""
    if connection.dialect.name == "sqlite":
        each = func.json_each(json.dumps(list(ids))).table_valued("value")
        return LedgerEntry.id.in_(select(each.c.value))
    return LedgerEntry.id == any_(cast(list(ids), ARRAY(BigInteger)))


def _quarter(connection: Connection, at: Any) -> ColumnElement[int]:
    if connection.dialect.name == "sqlite":  # to the minute: it would round the last half millisecond of an hour up
        seconds: Any = cast(func.strftime("%s", func.substr(at, 1, len("2026-11-23 14:08"))), Integer)
        quarter: ColumnElement[int] = seconds.op("/")(literal_column(str(QUARTER)))
        return quarter
    return cast(func.floor(extract("epoch", at) / literal_column(str(QUARTER))), BigInteger)


def entries_of(
    connection: Connection,
    since: datetime,
    before: datetime,
    wanted: tuple[str, str, str | None],
    position: tuple[datetime, int] | None,
    limit: int,
) -> list[Any]:
    """The entries behind one count, newest first: those of a category, a grade and, if given, an outcome."""
    bounds = [LedgerEntry.at >= since, LedgerEntry.at < before]
    if position:
        at, id_ = position
        bounds += [LedgerEntry.at <= at, or_(LedgerEntry.at < at, LedgerEntry.id < id_)]
    used = _used(connection, _COLUMNS, *bounds)
    category, grade, joined = _named(used)
    conditions = [category == wanted[0], grade == wanted[1]]
    if wanted[2]:
        conditions.append(used.c.outcome == wanted[2])
    query = select(*(used.c[column.key] for column in _COLUMNS)).select_from(joined).where(*conditions)
    return list(connection.execute(query.order_by(used.c.at.desc(), used.c.id.desc()).limit(limit)))


def _used(connection: Connection, columns: Sequence[Any], *conditions: Any) -> FromClause:
    """The decisions of a period, with the ids of the rows that they used, as the entries' own bytes state them."""
    query = select(*columns).where(*conditions, LedgerEntry.outcome.is_not(None))
    if connection.dialect.name == "sqlite":  # it keeps what it has parsed while it stays on the row
        leaf = cast(LedgerEntry.leaf, Text)
        ids = [cast(func.json_extract(leaf, f"$.data.facts.{name}"), Integer).label(f"{name}_id") for name in _FACTS]
        return query.add_columns(*ids).subquery("used")
    # PostgreSQL takes 20 µs to parse a leaf. Its facts are a flat object and the first of that name in a decision's canonical
    # bytes; inside a string the quotes would bear a backslash. MATERIALIZED, or they are cut out once for each fact.
    content = func.convert_from(LedgerEntry.leaf, "UTF8")
    facts = func.split_part(func.nullif(func.split_part(content, '"facts":', 2), ""), "}", 1).concat("}")
    read = query.add_columns(cast(facts, JSON).label("facts")).cte("read").prefix_with("MATERIALIZED")
    ids = [cast(func.json_extract_path_text(read.c.facts, name), BigInteger).label(f"{name}_id") for name in _FACTS]
    return select(*(read.c[column.key] for column in columns), *ids).subquery("used")


def _named(used: FromClause) -> tuple[Any, Any, Any]:
    """Category and grade of each decision, and the tables that say so."""
    class_, category = (aliased(Classification, name=name) for name in ("the_class", "the_category"))
    is_professional = and_(
        class_.investor_class != InvestorClass.ORDINARY, or_(class_.valid_before.is_(None), class_.valid_before > used.c.at)
    )
    none: Any = literal_column(f"'{NONE}'", String)
    group = case(
        (is_professional, literal_column(f"'{PROFESSIONAL}'", String)), else_=func.coalesce(cast(category.category, String), none)
    )
    joined = (
        used.outerjoin(class_, class_.id == used.c.class_id)
        .outerjoin(category, category.id == used.c.category_id)
        .outerjoin(Grading, Grading.id == used.c.grading_id)
    )
    return group, func.coalesce(cast(Grading.grade, String), none), joined
