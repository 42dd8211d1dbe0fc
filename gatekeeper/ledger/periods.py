"""A period of time as places in a log, for evidence of which nothing may be left out."""

from dataclasses import replace

from sqlalchemy import Connection, and_, func, select

from gatekeeper.ledger import evidence
from gatekeeper.ledger.evidence import Head, Plan
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerLeaf


def whole(connection: Connection, at: Head, period: Filter) -> Plan:
    """The smallest range without a gap that holds every sealed entry of a period; it is empty if there is none.

    Entries stand in the order in which they were written. Where clocks differed, the range holds some of other times too.
    """
    here = LedgerLeaf.log_id == at.log.id
    covered = and_(here, LedgerLeaf.leaf_index < at.size)
    index = LedgerLeaf.leaf_index
    found = connection.execute(
        select(
            func.min(index).filter(covered).label("first"),
            func.max(index).filter(covered).label("last"),
            func.count().filter(covered).label("covered"),
            func.count().filter(LedgerLeaf.log_id != at.log.id).label("elsewhere"),
            func.count().label("all"),
        )
        .select_from(LedgerEntry)
        .outerjoin(LedgerLeaf, LedgerLeaf.entry_id == LedgerEntry.id)
        .where(LedgerEntry.at >= period.since, LedgerEntry.at < period.before)
    ).one()
    plan = Plan(at, ()) if found.first is None else evidence.whole(at, found.first, found.last)
    return replace(plan, uncovered=found.all - found.covered - found.elsewhere, elsewhere=found.elsewhere)
