"""A report's versions: what came after what, which was out when, and a new one with the file and content of an earlier one."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, bindparam, func, insert, literal, select
from sqlalchemy.orm import aliased

from gatekeeper.store.base import NOW, UtcTime, current_id, new_id, states
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.publishing.report_index import ReportIndex
from gatekeeper.store.publishing.reports import FindingRow, Release, ReportContent, ReportFile, ReportVersion
from gatekeeper.store.publishing.staff_rows import FOR_STAFF, file_number

_ALL = (
    FOR_STAFF.add_columns(LedgerEntry.code, LedgerEntry.actor, LedgerEntry.kind.label("made_by"))
    .join(LedgerEntry, LedgerEntry.id == ReportVersion.entry_id)
    .where(ReportVersion.report_id == bindparam("report"))
    .order_by(ReportVersion.number.desc())
)
_CURRENT = select(Release.__table__, file_number(ReportVersion).label("file_number"), ReportVersion.number).join(
    ReportVersion, ReportVersion.id == Release.version_id
)
_CURRENT = _CURRENT.where(Release.id == current_id(Release, NOW, (Release.report_id, bindparam("report"))))


def of_report(connection: Connection, report: str, now: datetime) -> list[Any]:
    """Every version of a report, newest first, with the entry that made it."""
    return list(connection.execute(_ALL, {"report": report, "now": now}))


def releases(connection: Connection, report: str) -> list[Any]:
    """Everything that was decided about when a report is out, in that order, with the entry's code and who did it."""
    query = select(Release.__table__, ReportVersion.number, LedgerEntry.code, LedgerEntry.actor)
    query = query.join(ReportVersion, ReportVersion.id == Release.version_id)
    query = query.join(LedgerEntry, LedgerEntry.id == Release.entry_id)
    return list(connection.execute(query.where(Release.report_id == report, states(Release)).order_by(Release.id)))


@dataclass(frozen=True, slots=True)
class Period:
    """From when until when one decision holds; ``before`` is None where nothing ends it."""

    since: datetime
    before: datetime | None
    row: Any


def periods(decided: Sequence[Any]) -> list[Period]:
    """What holds when, of everything that was decided: at each moment what was decided last of all that has begun."""
    found: list[Period] = []
    for moment in sorted({row.valid_from for row in decided}):
        holds = max((row for row in decided if row.valid_from <= moment), key=lambda row: row.id)
        if not found or found[-1].row is not holds:
            if found:
                found[-1] = replace(found[-1], before=moment)
            found.append(Period(moment, None, holds))
    return found


def out(connection: Connection, report: str, now: datetime) -> Any:
    """What is decided of a report at this moment: the version that is out, or that was when it was stopped; None before."""
    return connection.execute(_CURRENT, {"report": report, "now": now}).first()


def is_overtaken(connection: Connection, version: Any, now: datetime) -> bool:
    """Whether a version with a newer file is out, or was when the report was stopped: then this one comes too late."""
    is_out = out(connection, version.report_id, now)
    return is_out is not None and is_out.file_number > (version.copy_of or version.number)


def newest_number(connection: Connection, report: str) -> int:
    """The number of the report's newest version."""
    return connection.execute(select(func.max(ReportVersion.number)).where(ReportVersion.report_id == report)).scalar_one()


def bases(connection: Connection, versions: Collection[str]) -> dict[str, int]:
    """For each of these versions, the row by which its report was last let out, or is to be: what a proposal is held against."""
    let_out = aliased(Release)
    query = select(ReportVersion.id, func.max(let_out.id)).join(let_out, let_out.report_id == ReportVersion.report_id)
    query = query.where(ReportVersion.id.in_(versions), let_out.state == "RELEASED", states(let_out)).group_by(ReportVersion.id)
    return {row[0]: row[1] for row in connection.execute(query)} if versions else {}


def stops(connection: Connection, versions: Collection[str]) -> dict[str, int]:
    """For each of these versions, the entry by which its report was stopped last; none where it never was."""
    stop = aliased(Release)
    query = select(ReportVersion.id, func.max(stop.entry_id)).join(stop, stop.report_id == ReportVersion.report_id)
    query = query.where(ReportVersion.id.in_(versions), stop.state == "WITHDRAWN", states(stop)).group_by(ReportVersion.id)
    return {row[0]: row[1] for row in connection.execute(query)} if versions else {}


def copy(
    connection: Connection, of: str, number: int, entry_id: int, now: datetime, *, changed: Mapping[str, Any] | None = None
) -> str:
    """A new version of the same report with the file, content, index and findings of an earlier one; return its id.

    The rows are copied by the database, so that no content is read where there is no permit. ``changed`` are columns of the
    version that are other than the earlier one's; its index is then made anew.
    """
    id_ = new_id()
    own = {
        "id": literal(id_),
        "number": literal(number),
        "copy_of": file_number(ReportVersion),
        "created_at": literal(now, UtcTime()),
        "entry_id": literal(entry_id, BigInteger()),
    }
    columns = ReportVersion.__table__.columns
    own_words = {name: literal(value, columns[name].type) for name, value in (changed or {}).items()}
    _copy(connection, ReportVersion, ReportVersion.id == of, {**own_words, **own})
    for table in (ReportContent, FindingRow, *(() if changed else (ReportIndex,))):
        _copy(connection, table, table.version_id == of, {"version_id": literal(id_)})
    _copy(connection, ReportFile, ReportFile.version_id == of, {"version_id": literal(id_), "entry_id": own["entry_id"]})
    return id_


def _copy(connection: Connection, table: Any, which: Any, own: dict[str, Any]) -> None:
    """Copy rows, with values of their own in some columns; a number that counts up is given anew."""
    columns = [each for each in table.__table__.columns if each.key != "id" or "id" in own]
    rows = select(*(own.get(each.key, each) for each in columns)).where(which)
    connection.execute(insert(table).from_select([each.key for each in columns], rows))
