"""The last rise of an investor's category, kept on each row of its classification as that is written."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.rules.assessing.cool_off import rank, risen
from gatekeeper.rules.changes import CategoryChange, ClassChange, LowestChange
from gatekeeper.store.accounts.people import Classification
from gatekeeper.store.base import current_row
from gatekeeper.store.clients.investors import CLOCKS_DIFFER
from gatekeeper.store.reading.access import rise


def kept(connection: Connection, change: ClassChange | CategoryChange | LowestChange, now: datetime) -> dict[str, Any]:
    """The columns of a new row that say when the category last rose, and from which one."""
    if isinstance(change, ClassChange):
        return {}
    soon = now + CLOCKS_DIFFER
    category, flag = (
        current_row(connection, Classification, soon, investor_id=change.investor, aspect=each) for each in ("CATEGORY", "LOWEST")
    )
    was_lowest, had = flag is not None and flag.lowest, category.category if category is not None else None
    old = rank(had, lowest=was_lowest) if had or was_lowest else None
    new = rank(change.category, lowest=was_lowest) if isinstance(change, CategoryChange) else rank(had, lowest=change.lowest)
    earlier = rise(
        category.rose_from if category is not None else None,
        category.rose_at if category is not None else None,
        flag.rose_at if flag is not None else None,
    )
    found = risen(old, new, earlier, now)
    if found is None:
        return {}
    return {"rose_at": found.at} if isinstance(change, LowestChange) else {"rose_from": found.was, "rose_at": found.at}
