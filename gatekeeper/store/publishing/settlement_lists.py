"""Accepted findings of templates as a list: until when, by whose proposal, and how many reports each let through.

What is accepted for one report alone is none of a template.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, and_, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from gatekeeper.rules.messages.reminders import DAYS
from gatekeeper.rules.reading.file_findings import ONCE
from gatekeeper.store.accounts.people import Person
from gatekeeper.store.base import NOW, UtcTime, states
from gatekeeper.store.proposals import Proposal
from gatekeeper.store.publishing.reports import FindingRow, Publication, ReportVersion, SettlementEnd, SettlementRow
from gatekeeper.store.publishing.settlements import IS_LIVE
from gatekeeper.store.reading.access import current_policy

COUNTED = 1000
"""The most that is counted of anything."""
_SOON: Any = bindparam("soon", type_=UtcTime())
_proposer, _approver, _ender = (aliased(Person, name=name) for name in ("proposer", "approver", "ender"))
_over_at = func.coalesce(SettlementEnd.ended_at, SettlementRow.valid_before)
_covered = (
    select(func.count(func.distinct(Publication.version_id)))
    .join(ReportVersion, ReportVersion.id == Publication.version_id)
    .join(FindingRow, FindingRow.version_id == Publication.version_id)
    .where(
        FindingRow.key == SettlementRow.key,
        FindingRow.code == SettlementRow.code,
        ReportVersion.issuer == SettlementRow.issuer,
        ReportVersion.kind == SettlementRow.report_kind,
        Publication.approved_at >= SettlementRow.valid_from,
        Publication.approved_at < _over_at,
    )
    .correlate(SettlementRow, SettlementEnd)
    .scalar_subquery()
)
_ROWS = (
    select(
        SettlementRow.__table__,
        SettlementEnd.ended_at,
        _covered.label("covered"),
        Proposal.id.label("proposal"),
        _proposer.name.label("proposed_by"),
        _approver.name.label("approved_by"),
        _ender.name.label("ended_by"),
    )
    .outerjoin(SettlementEnd, SettlementEnd.settlement_id == SettlementRow.id)
    .outerjoin(Proposal, Proposal.decided_entry_id == SettlementRow.entry_id)
    .outerjoin(_proposer, _proposer.id == Proposal.proposed_by)
    .outerjoin(_approver, _approver.id == Proposal.decided_by)
    .outerjoin(_ender, _ender.id == SettlementEnd.person_id)
    .where(states(SettlementRow), SettlementRow.code.not_in(ONCE))
)


def listed(connection: Connection, now: datetime, after: tuple[datetime, int] | None, limit: int, *, over: bool) -> list[Any]:
    """Those in force, the next to end first; or those that are over, the last first."""
    day, id_ = SettlementRow.valid_before, SettlementRow.id
    query = _ROWS.where(~IS_LIVE if over else IS_LIVE)
    if after:
        at, last = after
        query = query.where(or_(day < at, and_(day == at, id_ < last)) if over else or_(day > at, and_(day == at, id_ > last)))
    order = (day.desc(), id_.desc()) if over else (day, id_)
    return list(connection.execute(query.order_by(*order).limit(limit), {"now": now}))


def soon(connection: Connection, now: datetime) -> datetime:
    """Before when an acceptance ends soon: as many days ahead as the policy tells investors of what expires."""
    found = current_policy(connection, now)
    return now + timedelta(days=max(found[1].expiring_days if found else DAYS, default=0))


def count_ending(connection: Connection, now: datetime, soon: datetime) -> int:
    """How many in force end before an instant, and nothing longer settles the same words; counted to a limit."""
    longer, ended = aliased(SettlementRow, name="longer"), aliased(SettlementEnd, name="longer_ended")
    same = [getattr(longer, name) == getattr(SettlementRow, name) for name in ("issuer", "report_kind", "code", "key")]
    goes_on = (
        select(longer.id)
        .where(*same, longer.valid_from <= NOW, longer.valid_before >= _SOON, states(longer))
        .where(~select(ended.settlement_id).where(ended.settlement_id == longer.id).exists())
        .exists()
    )
    found = (
        select(SettlementRow.id)
        .outerjoin(SettlementEnd, SettlementEnd.settlement_id == SettlementRow.id)
        .where(IS_LIVE, states(SettlementRow), SettlementRow.code.not_in(ONCE), SettlementRow.valid_before < _SOON, ~goes_on)
        .limit(COUNTED + 1)
        .subquery()
    )
    return connection.execute(select(func.count()).select_from(found), {"now": now, "soon": soon}).scalar_one()
