"""The reports of a morning: those that came in and are to be proposed, and those that are on their way out. Metadata only."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, select, union

from gatekeeper.store.accounts.people import Person
from gatekeeper.store.base import UtcTime
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.proposals import Proposal
from gatekeeper.store.publishing.reports import Publication, Release, ReportVersion
from gatekeeper.store.publishing.staff_rows import AT_WORK, FOR_STAFF

_SINCE: Any = bindparam("since", type_=UtcTime())
_waits = and_(Proposal.version_id == ReportVersion.id, Proposal.state == "PENDING")
_ROWS = FOR_STAFF.add_columns(
    Proposal.id.label("proposal"), Proposal.proposed_by, Proposal.proposed_at, Proposal.payload
).outerjoin(Proposal, _waits)
_TO_PROPOSE = _ROWS.where(
    AT_WORK, ReportVersion.created_at >= _SINCE, Publication.version_id.is_(None), Release.state.is_(None), Proposal.id.is_(None)
).order_by(ReportVersion.created_at.desc(), ReportVersion.id.desc())
# Few of many thousands: the rest of the query is asked about these alone.
_MOVED: Any = union(
    select(Proposal.version_id).where(Proposal.state == "PENDING", Proposal.version_id.is_not(None)),
    select(Publication.version_id).where(Publication.approved_at >= _SINCE),
    select(Release.version_id).where(Release.valid_from >= _SINCE),
)
_LATEST = func.coalesce(Release.valid_from, Publication.approved_at, Proposal.proposed_at)
_NEWEST = (_LATEST.desc(), ReportVersion.created_at.desc(), ReportVersion.id.desc())
_ON_THEIR_WAY = _ROWS.where(ReportVersion.id.in_(_MOVED)).order_by(*_NEWEST)


def to_propose(connection: Connection, since: datetime, limit: int, now: datetime) -> list[Any]:
    """What came in since an instant and nobody has proposed yet, the newest first."""
    return list(connection.execute(_TO_PROPOSE.limit(limit), {"since": since, "now": now}))


def on_their_way(connection: Connection, since: datetime, limit: int, now: datetime) -> list[Any]:
    """What waits for compliance, and what was approved, came out, will come out or was stopped since an instant."""
    return list(connection.execute(_ON_THEIR_WAY.limit(limit), {"since": since, "now": now}))


def importers(connection: Connection, entries: Collection[int]) -> dict[int, str | None]:
    """Who brought reports in, by the id of their entry; None for the command line and the watched folder."""
    query = select(LedgerEntry.id, Person.name).outerjoin(Person, LedgerEntry.actor == "person:" + Person.id)
    rows = connection.execute(query.where(LedgerEntry.id.in_(sorted(entries)))) if entries else ()
    return {row.id: row.name for row in rows}
