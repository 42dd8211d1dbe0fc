"""The facts of one decision, in one statement: a plain one, and an exact one where the plain one is not sure.

What is current is the highest id that has begun and is not in error. A mark repeats the keys of the row that it marks, and comes
after it. So where the newest row of a key has begun and is no mark, nothing marks it: it is the current one. The plain statement
takes the newest row of each key, says whether that holds for all, and names half as many tables as the exact one. This is worth a
statement: PostgreSQL takes longer to begin a plan than to follow it, and each table is one more to begin. LATERAL gives the row
itself there; SQLite goes to it by its id.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    Select,
    String,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased

from gatekeeper.store.accounts.people import Classification, Investor, Mandate, ObjectivesRow, StandingRow
from gatekeeper.store.base import UtcTime, current, current_id, states
from gatekeeper.store.prepared import Prepared
from gatekeeper.store.publishing.reports import Grading, Release, Report, ReportVersion
from gatekeeper.store.reading.bookmarks import Bookmark
from gatekeeper.store.reading.consent import Acknowledgement, PolicyRow, StatementRow

Found = Callable[[list[str]], Select[*tuple[Any, ...]]]
"""A statement that finds one row of a table, given the columns of it that are wanted."""
Keyed = Callable[..., Found]
"""Which row of a table is taken for these keys: the newest one, or the current one."""
Joined = Callable[[type[Any], str, list[str], Found], tuple[Any, Any]]
"""How such a row joins the others: what is joined, and on what."""
Part = tuple[type[Any], str, dict[str, str], Found]
"""A table, the name under which its row is joined, its columns with the names under which they are given, and how it is found."""

# What is asked stands in one row to which everything else is joined: each value travels once.
_asked = select(
    bindparam("person", type_=String).label("person"),
    bindparam("investor", type_=String).label("investor"),
    bindparam("report", type_=String).label("report"),
    bindparam("now", type_=UtcTime()).label("now"),
).subquery("asked")
_person: Any = _asked.c.person
_investor: Any = _asked.c.investor
_report: Any = _asked.c.report
_now: Any = _asked.c.now
_ONE: Any = literal_column("1", Integer)


def latest_version(report: Any) -> Any:
    """The id of a report's newest version, let out or not, as a scalar subquery."""
    version = aliased(ReportVersion, name="version")
    newest = select(version.id).where(version.report_id == report).order_by(version.number.desc())
    return newest.limit(_ONE).scalar_subquery()


def is_scheduled(report: Any, now: Any) -> Any:
    """Whether a report has been approved and dated, as a condition."""
    later, mark = aliased(Release, name="later"), aliased(Release, name="mark")
    in_error = select(mark.id).where(mark.corrects_id == later.id).exists()
    return select(later.id).where(later.report_id == report, later.valid_from > now, states(later), ~in_error).exists()


def find(connection: Connection, person: str, investor: str | None, report: str | None, now: datetime) -> Any:
    """What a decision about this person, investor and report uses, as one row."""
    asked = {"person": person, "investor": investor, "report": report, "now": now}
    row = _PLAIN.one(connection, **asked)
    return row if row.is_sure else _EXACT.one(connection, **asked)


def _by_id(table: type[Any], name: str, _columns: list[str], found: Found) -> tuple[Any, Any]:
    row = table.__table__.alias(name)
    return row, row.c.id == found(["id"]).scalar_subquery()


def _laterally(_table: type[Any], name: str, columns: list[str], found: Found) -> tuple[Any, Any]:
    return found(columns).lateral(name), true()


def _current(table: Any, *keys: tuple[Any, Any]) -> Found:
    return lambda columns: current(table, columns, _now, *keys)


def _newest(table: Any, *keys: tuple[Any, Any]) -> Found:
    row = aliased(table, name="this")
    matches = [getattr(row, column.key) == value for column, value in keys]
    return lambda columns: select(*(getattr(row, name) for name in columns)).where(*matches).order_by(row.id.desc()).limit(_ONE)


def _of_investor(found: Keyed) -> list[Part]:
    def aspect(name: str) -> Found:
        ours = literal_column(f"'{name}'", String)
        return found(Classification, (Classification.investor_id, _investor), (Classification.aspect, ours))

    mandate = found(Mandate, (Mandate.person_id, _person), (Mandate.investor_id, _investor))
    rise = {"rose_from": "rose_from", "rose_at": "rose_at"}
    return [
        (Mandate, "mandate", {"id": "mandate", "live": "live", "valid_before": "mandate_before"}, mandate),
        (StandingRow, "standing", _STANDING, found(StandingRow, (StandingRow.investor_id, _investor))),
        (Classification, "the_class", _stated("investor_class", "class"), aspect("CLASS")),
        (Classification, "the_category", _stated("category", "category") | rise, aspect("CATEGORY")),
        (Classification, "the_lowest", {"id": "lowest_", "lowest": "lowest", "rose_at": "lifted_at"}, aspect("LOWEST")),
        (ObjectivesRow, "objectives", _OBJECTIVES, found(ObjectivesRow, (ObjectivesRow.investor_id, _investor))),
    ]


def _stated(column: str, name: str) -> dict[str, str]:
    return {"id": f"{name}_", column: column, "valid_before": f"{name}_before"}


_STATES = ("client", "profile_complete", "suspended", "closed", "contract_from", "contract_before", "branch", "contact")
_STANDING = {"id": "standing"} | {name: name for name in _STATES}
_OBJECTIVES = {"id": "objectives", "term": "term", "varieties": "varieties"}
_MARKED = ("valid_from", "corrects_id")
_RELEASE = {"id": "release", "state": "state"}
_GRADING = {
    "id": "grading",
    "grade": "grade",
    "professional": "professional",
    "categories": "categories",
    "clients_only": "clients_only",
    "contract_clients_only": "contract_clients_only",
    "term": "report_term",
    "varieties": "report_varieties",
}
_ACCEPTANCE = {
    "id": "acceptance",
    "accepted_at": "accepted_at",
    "statement_id": "accepted_statement",
    "profile": "profile",
    "serving_id": "serving",
}


def _of_version(found: Keyed) -> list[Part]:
    kept = found(Bookmark, (Bookmark.person_id, _person), (Bookmark.investor_id, _investor), (Bookmark.report_id, _report))
    return [
        (Grading, "grading", _GRADING, found(Grading, (Grading.version_id, ReportVersion.id))),
        (Bookmark, "bookmark", {"live": "kept"}, kept),
    ]


def _always() -> list[Part]:
    """An acceptance is never marked, and of policies there are few: the exact statement finds both in the same way."""
    whose = (Acknowledgement.person_id, _person), (Acknowledgement.investor_id, _investor)
    accepted = _newest(Acknowledgement, *whose, (Acknowledgement.version_id, ReportVersion.id))
    return [
        (Acknowledgement, "acknowledgement", _ACCEPTANCE, accepted),
        (PolicyRow, "policy", {"id": "policy", "sha256": "policy_sha256"}, _current(PolicyRow)),
    ]


def _statement(joined: Joined, found: Keyed, *, is_exact: bool) -> Select[*tuple[Any, ...]]:
    def put(part: Part, *more: str) -> tuple[Part, Any, Any]:
        table, name, columns, which = part
        return part, *joined(table, name, list(dict.fromkeys(("id", *columns, *more))), which)

    let_out: Part = (Release, "release", _RELEASE, found(Release, (Release.report_id, _report)))
    release = put(let_out, "report_id", "version_id", *_MARKED)
    of_investor = [put(part, *_MARKED) for part in _of_investor(found)]
    of_version = [put(part, *_MARKED) for part in _of_version(found)]
    every = [release, *of_investor, *of_version, *map(put, _always())]
    report, version = release[1].c.report_id, release[1].c.version_id
    is_sure: Any = and_(or_(_report.is_(None), report.is_not(None)), *(_is_plain(row) for _, row, _ in every[: -len(_always())]))
    scheduled: Any = false()
    if is_exact:
        report, version = Report.id, func.coalesce(version, latest_version(_report))
        is_sure, scheduled = true(), is_scheduled(_report, _now)
    query = select(
        *(Investor.id.label("investor"), Investor.kind, Investor.name.label("investor_name"), Investor.client_number),
        *(report.label("report"), ReportVersion.id.label("version"), ReportVersion.title, ReportVersion.conflict),
        *(row.c[column].label(label) for part, row, _ in every for column, label in part[2].items()),
        *(current_id(StatementRow, _now).label("statement"), scheduled.label("scheduled"), is_sure.label("is_sure")),
    )
    query = query.select_from(_asked).outerjoin(Investor, Investor.id == _investor)
    query = query.outerjoin(Report, Report.id == _report) if is_exact else query
    for _, row, on in (*of_investor, release):
        query = query.outerjoin(row, on)
    query = query.outerjoin(ReportVersion, ReportVersion.id == version)
    for _, row, on in every[1 + len(of_investor) :]:
        query = query.outerjoin(row, on)
    return query


def _is_plain(row: Any) -> ColumnElement[bool]:
    """Whether the newest row of a key, if there is one, has begun and marks none."""
    return or_(row.c.id.is_(None), and_(row.c.corrects_id.is_(None), row.c.valid_from <= _now))


_PLAIN = Prepared(_statement(_by_id, _newest, is_exact=False), postgresql=_statement(_laterally, _newest, is_exact=False))
_EXACT = Prepared(_statement(_by_id, _current, is_exact=True), postgresql=_statement(_laterally, _current, is_exact=True))
