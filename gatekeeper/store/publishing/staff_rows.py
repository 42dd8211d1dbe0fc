"""Versions as staff see them: metadata, grade and audience, approval, their own way out, and what else of the report is out.

Of several versions, the one at work is that with the newest file; among those with the same file, the newest.
"""

from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import aliased

from gatekeeper.store.base import NOW, current_id, states
from gatekeeper.store.publishing.reports import Grading, Publication, Release, ReportVersion

_last = aliased(Release, name="last")
_last_version = aliased(ReportVersion, name="last_version")
_COLUMNS = (
    ReportVersion.id.label("version"),
    ReportVersion.report_id,
    ReportVersion.number,
    ReportVersion.copy_of,
    ReportVersion.issuer,
    ReportVersion.title,
    ReportVersion.subtitle,
    ReportVersion.kind,
    ReportVersion.industry,
    ReportVersion.language,
    ReportVersion.published_on,
    ReportVersion.rating,
    ReportVersion.analysts,
    ReportVersion.notice,
    ReportVersion.reading,
    ReportVersion.conflict,
    ReportVersion.created_at,
    ReportVersion.entry_id,
    Publication.approved_at,
    Publication.entry_id.label("approved_entry"),
    Release.id.label("release"),
    Release.state,
    Release.valid_from.label("released_at"),
    _last.id.label("last_release"),
    _last.state.label("last_state"),
    _last.valid_from.label("last_from"),
    _last_version.number.label("last_number"),
    Grading.grade,
    Grading.professional,
    Grading.categories,
    Grading.clients_only,
    Grading.contract_clients_only,
    Grading.term,
    Grading.varieties,
    Grading.covers,
)


def file_number(version: Any) -> Any:
    """The number of the version that brought in the file of this one."""
    return func.coalesce(version.copy_of, version.number)


def _newest_release(*conditions: Any) -> Any:
    later = aliased(Release)
    own = [each(later) for each in conditions]
    query = select(func.max(later.id)).where(later.report_id == ReportVersion.report_id, states(later), *own)
    return query.correlate(ReportVersion).scalar_subquery()


FOR_STAFF = (
    select(*_COLUMNS)
    .select_from(ReportVersion)
    .outerjoin(Publication, Publication.version_id == ReportVersion.id)
    .outerjoin(Release, Release.id == _newest_release(lambda later: later.version_id == ReportVersion.id))
    .outerjoin(_last, _last.id == _newest_release())
    .outerjoin(_last_version, _last_version.id == _last.version_id)
    .outerjoin(Grading, Grading.id == current_id(Grading, NOW, (Grading.version_id, ReportVersion.id)))
)
"""Every version. ``state`` and ``released_at`` are its own, ``last_…`` those of what was decided last about its report."""


def _at_work() -> Any:
    newer = aliased(ReportVersion)
    same_file = and_(file_number(newer) == file_number(ReportVersion), newer.number > ReportVersion.number)
    is_newer = or_(file_number(newer) > file_number(ReportVersion), same_file)
    return ~select(newer.id).where(newer.report_id == ReportVersion.report_id, is_newer).exists()


AT_WORK = _at_work()
"""That a version is the one of its report at which staff work."""


def _to_publish() -> Any:
    """Its approval is the newest of the report, and nothing about the report was decided since that lets out or stops."""
    other, version, since = aliased(Publication), aliased(ReportVersion), aliased(Release)
    newer = select(other.version_id).join(version, version.id == other.version_id)
    newer = newer.where(version.report_id == ReportVersion.report_id, other.entry_id > Publication.entry_id)
    decided = select(since.id).where(since.report_id == ReportVersion.report_id, since.entry_id >= Publication.entry_id)
    return and_(Publication.version_id.is_not(None), ~newer.exists(), ~decided.exists())


TO_PUBLISH = _to_publish()
"""That a version was approved and may be given its day."""
