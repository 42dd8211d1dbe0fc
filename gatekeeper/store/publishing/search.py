"""Finding reports by words: among what the policy admits, in the same statement, and in no other.

1. A report is found by its metadata wherever it may be listed; by its text only where this reader may open it now, for an
   answer from a text whose statement was not accepted would be a piece of that text.
2. What is found by its metadata alone comes first, then the newest. A page goes on after a place, never after a number of rows.
3. Nothing of the index leaves this module, except the passages that permits give out.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    column,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    table,
    true,
    union_all,
)

from gatekeeper.rules.suitability import Admission, Permit
from gatekeeper.rules.wording import searching
from gatekeeper.rules.wording.searching import Piece, Sought
from gatekeeper.store.publishing.library import ACCEPTED, READABLE, RELEASED, admitted_condition, joined
from gatekeeper.store.publishing.report_index import FORM, ReportIndex
from gatekeeper.store.publishing.reports import Release, ReportContent, ReportVersion

_FTS = table("report_index_fts", column("rowid"), column("report_index_fts"))
_BY_NAME, _BY_TEXT = 0, 1
_NAMES, _ALL = "name_terms", "terms"
_OFTEN = 300
"""Terms that so many rows have are frequent."""

Place = tuple[int, datetime, str]
"""Where a page of what was found ends: by what, when it came out, and which report."""


@dataclass(frozen=True, slots=True)
class Serving:
    """What makes an acceptance serve now: ``consent.is_good`` for the newest acceptance of a version."""

    statement_id: int
    profile: str
    since: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunt:
    """What is sought, and where the page begins. Without ``serving`` whatever may be listed may be opened."""

    sought: Sequence[Sought]
    limit: int
    serving: Serving | None
    after: Place | None = None


def find(
    connection: Connection, admitted: Admission | None, hunt: Hunt, *, person: str, investor: str, now: datetime
) -> list[Any]:
    """What may be shown to this investor and holds every word, as ``library.readable`` gives it.

    ``tier`` says by what it was found, ``in_text`` whether its text holds any of the words.
    """
    if not hunt.sought:
        return []
    query = READABLE.join(ReportIndex, and_(ReportIndex.version_id == ReportVersion.id, ReportIndex.form == FORM))
    query = query.where(admitted_condition(admitted)).add_columns(ReportIndex.id.label("indexed"))
    named = and_(*(_stands(connection, ReportIndex.names, each) for each in hunt.sought))
    often = _often(connection, hunt.sought)
    by_name = query.where(_has(connection, _NAMES, hunt.sought, walked=often[_NAMES]), named)
    by_text = query.where(_has(connection, _ALL, hunt.sought, walked=often[_ALL]), ~named, _serves(hunt.serving, now))
    for each in hunt.sought:
        if len(each.terms) > 1:
            places = (_stands(connection, each_column, each) for each_column in (ReportIndex.names, ReportIndex.lines))
            by_text = by_text.where(or_(*places))
    found = union_all(*_pages({_BY_NAME: by_name, _BY_TEXT: by_text}, hunt)).subquery()
    in_text = or_(*(_stands(connection, ReportIndex.lines, each) for each in hunt.sought))
    whole = select(found, in_text.label("in_text")).join(ReportIndex, ReportIndex.id == found.c.indexed)
    whole = whole.order_by(found.c.tier, found.c.released_at.desc(), found.c.report_id.desc()).limit(hunt.limit)
    with _by_index(connection):
        return list(connection.execute(whole, {"person": person, "investor": investor, "now": now}))


@contextmanager
def _by_index(connection: Connection) -> Iterator[None]:
    """PostgreSQL takes reading through all arrays for cheap, since it does not count that they lie elsewhere (TOAST)."""
    if connection.dialect.name == "sqlite":
        yield
        return
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    yield
    connection.exec_driver_sql("SET LOCAL enable_seqscan = on")


def _often(connection: Connection, sought: Sequence[Sought]) -> dict[str, bool]:
    """Whether so many rows have the terms that walking from the newest on is quicker; SQLite must be told, having no numbers."""
    if connection.dialect.name != "sqlite":
        return {_NAMES: False, _ALL: False}
    counts = (_looked_up(name, sought).limit(_OFTEN).subquery() for name in (_NAMES, _ALL))
    row = connection.execute(select(*(select(func.count()).select_from(each).scalar_subquery() for each in counts))).one()
    return {_NAMES: row[0] == _OFTEN, _ALL: row[1] == _OFTEN}


def _pages(queries: dict[int, Any], hunt: Hunt) -> list[Any]:
    """The page's part of each query; what lies wholly before the page is left out."""
    tier, at, report = hunt.after or (_BY_NAME, None, "")
    parts = []
    for number, query in queries.items():
        if number < tier:
            continue
        part = query.add_columns(literal(number).label("tier"))
        if number == tier and at is not None:
            part = part.where(or_(Release.valid_from < at, and_(Release.valid_from == at, Release.report_id < report)))
        part = part.order_by(Release.valid_from.desc(), Release.report_id.desc()).limit(hunt.limit)
        parts.append(select(part.subquery()))
    return parts


def _has(connection: Connection, name: str, sought: Sequence[Sought], *, walked: bool = False) -> ColumnElement[bool]:
    """That a row has every term of what is sought, by its index. ``walked`` keeps SQLite from beginning with those rows."""
    if connection.dialect.name == "sqlite":
        row = literal_column("+report_index.id", ReportIndex.id.type) if walked else ReportIndex.id
        return row.in_(_looked_up(name, sought))
    held: ColumnElement[bool] = getattr(ReportIndex, name).op("@>", is_comparison=True)(literal(_terms(sought), ARRAY(Text())))
    return held


def _looked_up(name: str, sought: Sequence[Sought]) -> Select[tuple[int]]:
    query = name + " : (" + " AND ".join(f'"{term}"' for term in _terms(sought)) + ")"
    return select(_FTS.c.rowid).where(_FTS.c.report_index_fts.op("MATCH")(query))


def _terms(sought: Sequence[Sought]) -> list[str]:
    return sorted({term for each in sought for term in each.terms})


def _stands(connection: Connection, lines: Any, each: Sought) -> ColumnElement[bool]:
    """That words stand together in these lines."""
    place = func.instr if connection.dialect.name == "sqlite" else func.strpos
    stands: ColumnElement[bool] = place(lines, each.line) > 0
    return stands


def _serves(serving: Serving | None, now: datetime) -> ColumnElement[bool]:
    """That the reader may open a report now, without a statement before it."""
    if serving is None:
        return true()
    return and_(
        ACCEPTED.statement_id == serving.statement_id,
        ACCEPTED.profile == serving.profile,
        ACCEPTED.accepted_at >= serving.since,
        ACCEPTED.accepted_at <= now,
    )


def named(connection: Connection, words: str) -> ColumnElement[bool]:
    """That a version's metadata holds every word: a condition for whoever may see all metadata."""
    sought = searching.sought(words)
    if not sought:
        return false()
    stands = (_stands(connection, ReportIndex.names, each) for each in sought)
    query = select(ReportIndex.version_id).where(ReportIndex.form == FORM, _has(connection, _NAMES, sought), *stands)
    return ReportVersion.id.in_(query)


_NEWEST = joined(select(Release.report_id, ReportVersion.title, ReportVersion.industry, ReportVersion.analysts)).where(RELEASED)


def newest(connection: Connection, admitted: Admission | None, limit: int, now: datetime) -> list[Any]:
    """Titles, industries and analysts of the newest reports that may be shown to this investor."""
    query = _NEWEST.where(admitted_condition(admitted)).order_by(Release.valid_from.desc(), Release.report_id.desc()).limit(limit)
    return list(connection.execute(query, {"now": now}))


def suggestions(rows: Collection[Any]) -> tuple[str, ...]:
    """Titles, industries and analysts, each once."""
    analysts = (each["name"] for row in rows for each in json.loads(row.analysts))
    industries = (row.industry for row in rows if row.industry)
    return tuple(dict.fromkeys((*(row.title for row in rows), *industries, *analysts)))


def place(after: tuple[datetime, str] | None) -> Place | None:
    """The place that a page's address names; one that names none is the beginning."""
    if after is None or not after[1].startswith((str(_BY_NAME), str(_BY_TEXT))):
        return None
    return int(after[1][0]), after[0], after[1][1:]


def passages(connection: Connection, permits: Collection[Permit], sought: Sequence[Sought]) -> dict[str, tuple[Piece, ...]]:
    """Around what was sought, a passage of each report that these permits give, by the report's id."""
    query = select(ReportContent.version_id, ReportContent.body, ReportIndex.lines)
    query = query.join(ReportIndex, and_(ReportIndex.version_id == ReportContent.version_id, ReportIndex.form == FORM))
    rows = connection.execute(query.where(ReportContent.version_id.in_({each.version for each in permits})))
    reports = {each.version: each.report for each in permits}
    return {reports[row.version_id]: _passage(row.body, row.lines, sought) for row in rows}


def _passage(body: str, lines: str, sought: Sequence[Sought]) -> tuple[Piece, ...]:
    number = searching.best(lines, sought)
    texts = list(searching.passages(json.loads(body)))
    return searching.marked(texts[number], sought) if number is not None else ()
