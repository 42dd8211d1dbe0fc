"""The statement that finds the facts of one decision, in the form that each database answers fastest.

Both forms find the same row. SQLite goes to each current row by its id, which a scalar subquery finds. PostgreSQL takes longer to
begin a plan than to follow it, and each table that a statement names is one more to begin: LATERAL gives the current row itself.
"""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Integer, Select, String, bindparam, func, literal_column, select, true
from sqlalchemy.orm import aliased

from gatekeeper.store.accounts.people import Classification, Investor, Mandate, ObjectivesRow, StandingRow
from gatekeeper.store.base import UtcTime, current, current_id, states
from gatekeeper.store.prepared import Prepared
from gatekeeper.store.publishing.reports import Grading, Release, Report, ReportVersion
from gatekeeper.store.reading.bookmarks import Bookmark
from gatekeeper.store.reading.consent import Acknowledgement, PolicyRow, StatementRow

Found = Callable[[list[str]], Select[*tuple[Any, ...]]]
"""A statement that finds one row of a table, given the columns of it that are wanted."""
Part = tuple[type[Any], str, dict[str, str], Found]
"""A table, the name under which its row is joined, its columns with the names under which they are given, and how it is found."""
Joined = Callable[[type[Any], str, Mapping[str, str], Found], tuple[Any, Any]]
"""How such a row joins the others: what is joined, and on what."""

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


def _by_id(table: type[Any], name: str, _columns: Mapping[str, str], found: Found) -> tuple[Any, Any]:
    row = table.__table__.alias(name)
    return row, row.c.id == found(["id"]).scalar_subquery()


def _laterally(_table: type[Any], name: str, columns: Mapping[str, str], found: Found) -> tuple[Any, Any]:
    return found(list(columns)).lateral(name), true()


def _current(table: Any, *keys: tuple[Any, Any]) -> Found:
    return lambda columns: current(table, columns, _now, *keys)


def _aspect(name: str) -> Found:
    aspect = literal_column(f"'{name}'", String)  # one of our own words, which need not travel
    return _current(Classification, (Classification.investor_id, _investor), (Classification.aspect, aspect))


def _acceptance(columns: list[str]) -> Select[*tuple[Any, ...]]:
    row = aliased(Acknowledgement, name="this")
    newest = select(*(getattr(row, name) for name in columns)).order_by(row.id.desc()).limit(_ONE)
    return newest.where(row.person_id == _person, row.investor_id == _investor, row.version_id == ReportVersion.id)


_STANDING = "client profile_complete suspended closed contract_from contract_before branch contact"
_GRADING = "grade professional categories clients_only contract_clients_only"
_OF_INVESTOR: tuple[Part, ...] = (
    (
        Mandate,
        "mandate",
        {"id": "mandate", "live": "live", "valid_before": "mandate_before"},
        _current(Mandate, (Mandate.person_id, _person), (Mandate.investor_id, _investor)),
    ),
    (
        StandingRow,
        "standing",
        {"id": "standing", **{name: name for name in _STANDING.split()}},
        _current(StandingRow, (StandingRow.investor_id, _investor)),
    ),
    (
        Classification,
        "the_class",
        {"id": "class_", "investor_class": "investor_class", "valid_before": "class_before"},
        _aspect("CLASS"),
    ),
    (
        Classification,
        "the_category",
        {
            "id": "category_",
            "category": "category",
            "valid_before": "category_before",
            "rose_from": "rose_from",
            "rose_at": "rose_at",
        },
        _aspect("CATEGORY"),
    ),
    (Classification, "the_lowest", {"id": "lowest_", "lowest": "lowest", "rose_at": "lifted_at"}, _aspect("LOWEST")),
    (
        ObjectivesRow,
        "objectives",
        {"id": "objectives", "term": "term", "varieties": "varieties"},
        _current(ObjectivesRow, (ObjectivesRow.investor_id, _investor)),
    ),
)
_RELEASE: Part = (
    Release,
    "release",
    {"id": "release", "state": "state", "version_id": "release_version"},
    _current(Release, (Release.report_id, _report)),
)
_OF_VERSION: tuple[Part, ...] = (
    (
        Grading,
        "grading",
        {
            "id": "grading",
            **{name: name for name in _GRADING.split()},
            "term": "report_term",
            "varieties": "report_varieties",
        },
        _current(Grading, (Grading.version_id, ReportVersion.id)),
    ),
    (
        Acknowledgement,
        "acknowledgement",
        {
            "id": "acceptance",
            "accepted_at": "accepted_at",
            "statement_id": "accepted_statement",
            "profile": "profile",
            "serving_id": "serving",
        },
        _acceptance,
    ),
    (PolicyRow, "policy", {"id": "policy", "sha256": "policy_sha256"}, _current(PolicyRow)),
)
_KEPT = current(
    Bookmark, ["live"], _now, (Bookmark.person_id, _person), (Bookmark.investor_id, _investor), (Bookmark.report_id, _report)
)


def _statement(joined: Joined) -> Select[*tuple[Any, ...]]:
    rows: dict[str, tuple[Any, Any]] = {each[1]: joined(*each) for each in (*_OF_INVESTOR, _RELEASE, *_OF_VERSION)}
    found = select(
        Investor.id.label("investor"),
        Investor.kind,
        Investor.name.label("investor_name"),
        Investor.client_number,
        Report.id.label("report"),
        ReportVersion.id.label("version"),
        ReportVersion.title,
        ReportVersion.conflict,
        *(
            rows[name][0].c[column].label(label)
            for _, name, columns, _ in (*_OF_INVESTOR, _RELEASE, *_OF_VERSION)
            for column, label in columns.items()
        ),
        current_id(StatementRow, _now).label("statement"),
        is_scheduled(_report, _now).label("scheduled"),
        _KEPT.scalar_subquery().label("kept"),
    ).select_from(_asked)
    found = found.outerjoin(Investor, Investor.id == _investor)
    for _, name, *_ in _OF_INVESTOR:
        found = found.outerjoin(*rows[name])
    release = rows["release"][0]
    found = found.outerjoin(Report, Report.id == _report).outerjoin(*rows["release"])
    found = found.outerjoin(ReportVersion, ReportVersion.id == func.coalesce(release.c.version_id, latest_version(_report)))
    for _, name, *_ in _OF_VERSION:
        found = found.outerjoin(*rows[name])
    return found


FACTS = Prepared(_statement(_by_id), postgresql=_statement(_laterally))
"""Everything that one decision about a person, an investor and a report uses, as it stands now."""
