"""The end of a reading: what was given of an opened report, in one entry."""

from datetime import datetime, timedelta

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.events import Kind
from gatekeeper.rules.reading import seen
from gatekeeper.store.proof import entries
from gatekeeper.store.publishing import report_files
from gatekeeper.store.reading import readings
from gatekeeper.store.reading.readings import Part

_QUIET = timedelta(minutes=30)
"""A reading is over when no page has been asked for as long. One who comes back begins another, under the same opening."""


def due(connection: Connection, now: datetime, limit: int) -> list[int]:
    """The openings whose reading is over: nothing asked for in a while, or signed out."""
    return readings.over(connection, now - _QUIET, now, limit)


def end(connection: Connection, caller: Caller, opening: int, now: datetime) -> str | None:
    """Fold what was given into an entry; return its code. None if somebody was quicker.

    The entry and the end of the bookkeeping are one transaction: what was given is told once, whenever this process dies.
    """
    opened, rows = entries.by_id(connection, opening), readings.take(connection, opening)
    if opened is None or not rows:
        return None
    version = readings.version_of(opened)
    file = report_files.of_version(connection, version)
    total = file.pages if file is not None else None
    pages = [row.page for row in rows if row.part == Part.PAGE]
    has_ended = any(row.part == Part.END for row in rows)
    event = caller.event(
        Kind.READING_ENDED,
        now,
        person=opened.person,
        investor=opened.investor,
        report=opened.report,
        data={
            "opening": opened.code,
            "version": version,
            "pages": seen.ranges(pages),
            "of_pages": total,
            "as_text": any(row.part == Part.TEXT for row in rows),
            "completed": has_ended or seen.is_whole(pages, total),
            "first_at": min(row.first_at for row in rows).isoformat(),
            "last_at": max(row.last_at for row in rows).isoformat(),
        },
    )
    append(connection, event)
    return event.code
