"""How far the log was worked out again: the next slice of the round that never ends, and what former verifications bear out."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger import tree
from gatekeeper.ledger.acts import told
from gatekeeper.ledger.acts.told import Told
from gatekeeper.ledger.verify import Check, Mode
from gatekeeper.rules.events import Kind

LEAST = 5_000
"""A slice has at least so many leaves: a small log is not cut into crumbs."""
OF_THE_SET_UP = frozenset({Check.NO_ANCHOR, Check.NO_KEY, Check.WAITS_TOO_LONG})
"""What no entry is to blame for. The integrity page says it in words of its own."""
_LOOKED_AT = 1_000


@dataclass(frozen=True, slots=True)
class Slice:
    """Which leaves are next, and whether a round ends with them. ``ended_at`` says when the last round did."""

    begin: int
    leaves: int
    is_last: bool
    standing: int
    ended_at: str | None


def pace(size: int, days: int) -> tuple[timedelta, int]:
    """How often a slice is due, and how many leaves it has, so that a round over ``size`` leaves takes so many days."""
    slices = min(24 * days, max(days, ceil(size / LEAST)))
    return timedelta(days=days) / slices, max(LEAST, ceil(size / slices))


def due(connection: Connection, days: int, now: datetime) -> Slice | None:
    """The next slice, if it is time for it and anything is sealed."""
    size = tree.log_of(connection).size
    every, leaves = pace(size, days)
    last = told.newest(connection, Kind.LEDGER_SCRUBBED)
    if size == 0 or (last is not None and last.at <= now < last.at + every):
        return None
    begin = last.data["end"] if last is not None and last.data["end"] < size and not last.data["is_last"] else 0
    ended_at = last.data["ended_at"] if last is not None else None
    return Slice(begin, min(leaves, size - begin), begin + leaves >= size, standing(connection, last), ended_at)


def standing(connection: Connection, last: Told | None) -> int:
    """How many faults slices have found that no whole verification without a fault has come after."""
    if last is None or not last.data["standing"]:
        return 0
    whole = told.newest(connection, Kind.LEDGER_VERIFIED)
    is_mended = whole is not None and whole.id > last.id and whole.data["mode"] == Mode.FULL.value and not faults(whole.data)
    return 0 if is_mended else int(last.data["standing"])


def faults(data: dict[str, Any]) -> int:
    """How many faults a recorded verification counts, without those of the set-up."""
    return sum(count for check, count in data["checks"].items() if check not in OF_THE_SET_UP)


def borne_out(connection: Connection, origin: str) -> int:
    """Up to which size the log was verified without a gap since a fault was last found; 0 where it never was.

    Verifications of all entries count, and those that began where another had ended.
    """
    covered = 0
    for each in reversed(told.recent(connection, Kind.LEDGER_VERIFIED, _LOOKED_AT)):
        data = each.data
        if data["log"] != origin or data["mode"] not in {Mode.FULL.value, Mode.SINCE.value}:
            continue
        if faults(data):
            covered = 0
        elif Check.NO_KEY.value not in data["checks"] and (data["mode"] == Mode.FULL.value or data["number"] <= covered):
            covered = max(covered, data["size"])
    return covered
