"""Telling in time that a category or a professional status expires: so many days before its last valid day, once each.

The days are the policy's own, in a table that a policy need not have. They are counted in the firm's zone.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta, tzinfo

from gatekeeper.rules.parsing.toml import Reader

DAYS = (60, 30, 7, 1)
"""The days where the policy says nothing."""
_MOST_DAYS = 365


def days(value: object, reader: Reader) -> tuple[int, ...]:
    """Read the table ``[notices]`` of a policy: the days, the most first; what is wrong with it is kept by the reader."""
    if value is None:
        return DAYS
    place = "notices.expiring_days"
    listed = reader.items(reader.table(value, "notices", ("expiring_days",)).get("expiring_days"), place)
    return tuple(sorted({reader.integer(each, place, 1, _MOST_DAYS) for each in listed}, reverse=True))


def last_day(before: datetime, zone: tzinfo) -> date:
    """The last day of something that ends before this instant."""
    return (before - timedelta(microseconds=1)).astimezone(zone).date()


def due(before: datetime, since: datetime, now: datetime, zone: tzinfo, wanted: Sequence[int]) -> int | None:
    """Which of the days has come for something that ends before an instant; of several the nearest, for one word is enough.

    None where none has, where all is over, or where the day had come already when the fact was written: then it was told with it.
    """
    last, today = last_day(before, zone), now.astimezone(zone).date()
    come = [each for each in wanted if 0 <= (last - today).days <= each]
    nearest = min(come, default=None)
    return nearest if nearest is not None and (last - since.astimezone(zone).date()).days > nearest else None
