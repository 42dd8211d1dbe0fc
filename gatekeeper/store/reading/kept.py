"""What a person keeps at hand, as it stands now: every bookmark, and of each report what may be said to whom it is closed."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, and_, func, or_, select

from gatekeeper.rules.suitability import Admission
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.publishing.library import IN_FORCE, RELEASED, admitted_condition, joined
from gatekeeper.store.publishing.reports import Grading, Release
from gatekeeper.store.reading.bookmarks import KEPT, Bookmark

_KEPT = KEPT.subquery()
_PAGE = KEPT.add_columns(LedgerEntry.code).join(LedgerEntry, LedgerEntry.id == Bookmark.entry_id)
_COUNT = joined(select(func.count())).join(_KEPT, _KEPT.c.report_id == Release.report_id).where(RELEASED)
_STATES = joined(select(Release.report_id, Release.state, Release.valid_from.label("since"), Grading.grade)).where(IN_FORCE)


def page(
    connection: Connection, person: str, investor: str, after: tuple[datetime, str] | None, limit: int, now: datetime
) -> list[Any]:
    """What is kept, the newest bookmark first, readable or not; each with the code under which it was set."""
    query = _PAGE
    if after:
        at, report = after
        earlier = and_(Bookmark.valid_from == at, Bookmark.report_id < report)
        query = query.where(or_(Bookmark.valid_from < at, earlier))
    query = query.order_by(Bookmark.valid_from.desc(), Bookmark.report_id.desc()).limit(limit)
    return list(connection.execute(query, {"person": person, "investor": investor, "now": now}))


def count_readable(connection: Connection, admitted: Admission | None, person: str, investor: str, now: datetime) -> int:
    """How many of the reports that a person keeps for an investor may be shown now."""
    query = _COUNT.where(admitted_condition(admitted))
    return int(connection.execute(query, {"person": person, "investor": investor, "now": now}).scalar_one())


def states(connection: Connection, reports: Collection[str], now: datetime) -> dict[str, Any]:
    """Of each of these reports, whether it is out or withdrawn, since when, and its grade."""
    rows = connection.execute(_STATES.where(Release.report_id.in_(reports)), {"now": now})
    return {row.report_id: row for row in rows}
