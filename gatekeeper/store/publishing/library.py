"""Reports as they are listed, and content, which is given out only against a ``Permit``."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, and_, bindparam, false, func, insert, literal_column, or_, select, true
from sqlalchemy.orm import aliased

from gatekeeper.rules.errors import N_, Unavailable
from gatekeeper.rules.risk import Variety
from gatekeeper.rules.suitability import Admission, Permit
from gatekeeper.store.base import NOW, UtcTime, current_id, states, variety_mask
from gatekeeper.store.prepared import Statements
from gatekeeper.store.publishing import report_index
from gatekeeper.store.publishing.reports import Grading, Publication, Release, Report, ReportContent, ReportVersion
from gatekeeper.store.publishing.staff_rows import AT_WORK, FOR_STAFF, TO_PUBLISH
from gatekeeper.store.reading.consent import Acknowledgement

_NO_CONTENT = N_("The report's content cannot be found. Please tell us the code shown.")


@dataclass(frozen=True, slots=True)
class Content:
    """What a permit gives: the report's body as JSON, and what its page is headed with."""

    body: str
    title: str
    subtitle: str
    issuer: str
    kind: str
    language: str
    rating: str
    analysts: str
    published_on: Any
    number: int


_CONTENT = (  # built once: building it takes longer than the database does
    select(
        ReportContent.body,
        ReportVersion.title,
        ReportVersion.subtitle,
        ReportVersion.issuer,
        ReportVersion.kind,
        ReportVersion.language,
        ReportVersion.rating,
        ReportVersion.analysts,
        ReportVersion.published_on,
        ReportVersion.number,
    )
    .join(ReportVersion, ReportVersion.id == ReportContent.version_id)
    .where(ReportContent.version_id == bindparam("version"))
)


def content(connection: Connection, permit: Permit) -> Content:
    """The content that this permit gives. With ``source`` the only reader of ``report_content``."""
    row = connection.execute(_CONTENT, {"version": permit.version}).first()
    if row is None:
        raise Unavailable(_NO_CONTENT)
    return Content(**row._mapping)


@dataclass(frozen=True, slots=True)
class Source:
    """The text that was read from a report's file, and of a file with pages the text of each."""

    text: str
    pages: tuple[str, ...]


def source(connection: Connection, permit: Permit) -> Source:
    """The text that this permit gives as it was read, for staff who hold it against what was made of it."""
    query = select(ReportContent.source, ReportContent.body).where(ReportContent.version_id == permit.version)
    row = connection.execute(query).first()
    if row is None:
        raise Unavailable(_NO_CONTENT)
    return Source(row.source, tuple(json.loads(row.body).get("pages", ())))


def _among(column: Any, values: Collection[Any]) -> ColumnElement[bool]:
    """One by one: a statement with a list in it cannot be prepared."""
    return or_(false(), *(column == each for each in sorted(values)))


def admitted_condition(admitted: Admission | None) -> ColumnElement[bool]:
    """``suitability.admits`` as a condition on ``grading`` and ``report_version``; ``None`` admits nothing."""
    if admitted is None:
        return false()
    conditions: list[ColumnElement[bool]] = [_among(Grading.grade, admitted.grades), ~ReportVersion.conflict]
    if admitted.category is None:
        conditions.append(or_(Grading.professional.is_(None), _among(Grading.professional, admitted.professional_clauses)))
    else:
        bit = 1 << (admitted.category - 1)
        conditions.append(or_(Grading.categories.is_(None), Grading.categories.bitwise_and(bit) != 0))
    if not admitted.contract:
        conditions.append(~Grading.contract_clients_only)
    if admitted.denied.terms is not None:
        conditions.append(or_(Grading.term.is_(None), _among(Grading.term, admitted.denied.terms)))
    if admitted.denied.varieties is not None:
        others = variety_mask(frozenset(Variety) - admitted.denied.varieties)
        conditions.append(or_(Grading.varieties.is_(None), Grading.varieties.bitwise_and(others) == 0))
    return and_(*conditions)


def _states(release: Any) -> ColumnElement[bool]:
    """``states``, so that PostgreSQL knows how many rows do: else it expects one in two hundred, and sorts what it could walk."""
    found: ColumnElement[bool] = release.corrects_id.is_(None).is_(true())
    return found


def _in_force() -> Any:
    newer, error = aliased(Release), aliased(Release)
    in_error = select(error.id).where(error.corrects_id == Release.id).exists()
    newer_error = aliased(Release)
    displaced = (
        select(newer.id)
        .where(
            newer.report_id == Release.report_id,
            newer.id > Release.id,
            newer.valid_from <= NOW,
            _states(newer),
            ~select(newer_error.id).where(newer_error.corrects_id == newer.id).exists(),
        )
        .exists()
    )
    return and_(Release.valid_from <= NOW, _states(Release), ~in_error, ~displaced)


IN_FORCE = _in_force()
"""That a row of a report's releases is in force now, whatever it states."""
RELEASED = and_(Release.state == "RELEASED", IN_FORCE)
"""That a release is in force now."""


def joined(query: Any) -> Any:
    """A query over releases, each with its version and that version's current grading."""
    return (
        query.select_from(Release)
        .join(ReportVersion, ReportVersion.id == Release.version_id)
        .join(Grading, Grading.id == current_id(Grading, NOW, (Grading.version_id, ReportVersion.id)))
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which of the readable reports, newest release first, or those of them that have these ids.

    A page begins after a time and its report's id. The release's own number would tell how many stand between.
    """

    limit: int
    after: tuple[datetime, str] | None = None
    among: Collection[str] | None = None


ACCEPTED = aliased(Acknowledgement)
_latest = (
    select(func.max(Acknowledgement.id))
    .where(
        Acknowledgement.person_id == bindparam("person"),
        Acknowledgement.investor_id == bindparam("investor"),
        Acknowledgement.version_id == ReportVersion.id,
    )
    .correlate(ReportVersion)
    .scalar_subquery()
)
READABLE = (
    joined(
        select(
            Release.report_id,
            Release.valid_from.label("released_at"),
            ReportVersion.id.label("version"),
            ReportVersion.title,
            ReportVersion.subtitle,
            ReportVersion.issuer,
            ReportVersion.kind,
            ReportVersion.rating,
            Grading.grade,
            ACCEPTED.id.label("acceptance"),
            ACCEPTED.accepted_at,
            ACCEPTED.statement_id.label("accepted_statement"),
            ACCEPTED.profile,
        )
    )
    .outerjoin(ACCEPTED, ACCEPTED.id == _latest)
    .where(RELEASED)
)


def readable(
    connection: Connection, admitted: Admission | None, wanted: Wanted, *, person: str, investor: str, now: datetime
) -> list[Any]:
    """What may be shown to this investor, with the newest acceptance of each version."""
    values = {"person": person, "investor": investor, "now": now}
    if admitted is None:
        return []
    if wanted.among is not None:
        query = _page(admitted, wanted).where(Release.report_id.in_(wanted.among))
        return list(connection.execute(query, values))
    if wanted.after is not None:
        values |= {"after": wanted.after[0], "after_report": wanted.after[1]}
    denied = admitted.denied
    alike = admitted.grades, admitted.category, admitted.professional_clauses, admitted.contract, denied.terms, denied.varieties
    page = _PAGES.of((*alike, wanted.limit, wanted.after is None), lambda: _page(admitted, wanted))
    return page.all(connection, **values)


_AFTER, _AFTER_REPORT = bindparam("after", type_=UtcTime()), bindparam("after_report", type_=String)
_PAGES = Statements()


def _page(admitted: Admission, wanted: Wanted) -> Any:
    query = READABLE.where(admitted_condition(admitted))
    if wanted.after is not None:
        beyond = or_(Release.valid_from < _AFTER, Release.report_id < _AFTER_REPORT)
        query = query.where(Release.valid_from <= _AFTER, beyond)
    most: Any = literal_column(str(wanted.limit))  # in words: a plan for any number of rows would sort them all
    return query.order_by(Release.valid_from.desc(), Release.report_id.desc()).limit(most)


def put_report(connection: Connection, report: dict[str, Any] | None, version: dict[str, Any], content_: dict[str, Any]) -> None:
    """Write a version with its content; ``report`` is given with the first one."""
    if report is not None:
        connection.execute(insert(Report).values(**report))
    connection.execute(insert(ReportVersion).values(**version))
    connection.execute(insert(ReportContent).values(**content_))
    report_index.put_short(connection, version, content_)


def version_by_source(connection: Connection, sha256: str) -> Any:
    """The version that brought in a file with this hash, or None."""
    own = (ReportVersion.source_sha256 == sha256, ReportVersion.copy_of.is_(None))
    return connection.execute(select(ReportVersion.__table__).where(*own)).first()


_HEADS = FOR_STAFF.where(AT_WORK)
_COUNT_TO_PUBLISH = FOR_STAFF.with_only_columns(ReportVersion.id).where(TO_PUBLISH)


def count_to_publish(connection: Connection, most: int, now: datetime) -> int:
    """How many reports are approved and wait to be published; counted to a limit."""
    found = _COUNT_TO_PUBLISH.limit(most).subquery()
    return connection.execute(select(func.count()).select_from(found), {"now": now}).scalar_one()


def for_staff(
    connection: Connection,
    after: tuple[datetime, str] | None,
    limit: int,
    now: datetime,
    *,
    to_publish: bool = False,
    found: ColumnElement[bool] | None = None,
) -> list[Any]:
    """Every report's version at work, newest import first, or the versions that wait or were found. Metadata only."""
    query = FOR_STAFF.where(TO_PUBLISH) if to_publish else _HEADS
    query = query if found is None else query.where(found)
    if after:
        at, id_ = after
        query = query.where(or_(ReportVersion.created_at < at, and_(ReportVersion.created_at == at, ReportVersion.id < id_)))
    query = query.order_by(ReportVersion.created_at.desc(), ReportVersion.id.desc()).limit(limit)
    return list(connection.execute(query, {"now": now}))


def one_for_staff(connection: Connection, report: str, now: datetime, number: int | None = None) -> Any:
    """One report's version at work, or the one with this number. Metadata only."""
    query = _HEADS if number is None else FOR_STAFF.where(ReportVersion.number == number)
    return connection.execute(query.where(ReportVersion.report_id == report), {"now": now}).first()


def reading_of(version: Any) -> dict[str, Any]:
    """What a version's notice was read as."""
    found: dict[str, Any] = json.loads(version.reading)
    return found


def to_publish(connection: Connection, report: str, now: datetime) -> Any:
    """The version of a report that was approved and may be given its day, or None."""
    return connection.execute(FOR_STAFF.where(ReportVersion.report_id == report, TO_PUBLISH), {"now": now}).first()


def put_release(connection: Connection, **columns: Any) -> None:
    """Write that a version is out from an instant on, or that its report is withdrawn."""
    connection.execute(insert(Release).values(**columns))


def lock_report(connection: Connection, report: str) -> bool:
    """Hold a report's row until the transaction ends; False if there is none."""
    return connection.execute(select(Report.id).where(Report.id == report).with_for_update()).first() is not None


def titles(connection: Connection, reports: list[str]) -> dict[str, str]:
    """The newest title of each report, for staff."""
    query = select(ReportVersion.report_id, ReportVersion.title).where(ReportVersion.report_id.in_(reports))
    rows = connection.execute(query.order_by(ReportVersion.number))
    return {row.report_id: row.title for row in rows}


@dataclass(frozen=True, slots=True)
class Named:
    """A version's title and number, for somebody who has lawfully seen it."""

    title: str
    number: int


def named(connection: Connection, versions: Collection[str]) -> dict[str, Named]:
    """The title and number of each version, for somebody who has lawfully seen it."""
    query = select(ReportVersion.id, ReportVersion.title, ReportVersion.number).where(ReportVersion.id.in_(versions))
    return {row.id: Named(row.title, row.number) for row in connection.execute(query)} if versions else {}


def version(connection: Connection, id_: str) -> Any:
    """One version's metadata, or None."""
    return next(iter(versions(connection, [id_])), None)


def versions(connection: Connection, ids: Collection[str]) -> list[Any]:
    """The metadata of versions."""
    query = select(ReportVersion.id.label("version"), ReportVersion.__table__).where(ReportVersion.id.in_(ids))
    return list(connection.execute(query)) if ids else []


def approved_version(connection: Connection, id_: str) -> Any:
    """When a version was approved for release, or None."""
    return connection.execute(select(Publication.__table__).where(Publication.version_id == id_)).first()


def report_of(connection: Connection, version_id: str | None) -> str | None:
    """The report to which a version belongs."""
    return connection.execute(select(ReportVersion.report_id).where(ReportVersion.id == version_id)).scalar_one_or_none()


def release_state(connection: Connection, report: str) -> Any:
    """The last release row of a report, whenever it begins."""
    return connection.execute(
        select(Release.__table__).where(Release.report_id == report, states(Release)).order_by(Release.id.desc()).limit(1)
    ).first()


def reports_beginning(connection: Connection, prefix: str, limit: int) -> list[str]:
    """The ids of reports that begin with these characters."""
    query = select(Report.id).where(Report.id.startswith(prefix, autoescape=True)).order_by(Report.id).limit(limit)
    return list(connection.execute(query).scalars())
