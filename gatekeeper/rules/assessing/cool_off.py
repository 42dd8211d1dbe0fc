"""Cooling off after a rise: for some hours an investor gets no more than before it (Measures, Art. 20).

1. The table ``[cool_off]`` is optional; under a policy without it nobody waits.
2. A rise counts from what was on file when it took effect, lapsed or not. The lowest category counts as one below C1.
3. Rises that follow each other within ``LONGEST`` count together from where the first began: nobody climbs round it by steps.
4. Who had no category before has not risen.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from gatekeeper.rules.parsing.toml import Reader
from gatekeeper.rules.risk import RiskCategory

_MOST_HOURS = 744
LONGEST = timedelta(hours=_MOST_HOURS)
"""No policy makes anybody wait longer: 31 days."""


@dataclass(frozen=True, slots=True)
class Rise:
    """From which category an investor rose, and when; None is the lowest one."""

    was: RiskCategory | None
    at: datetime


@dataclass(frozen=True, slots=True)
class CoolOff:
    """For how many hours one waits, after a rise of how many categories."""

    hours: int
    categories: int

    def ends(self, rise: Rise) -> datetime:
        """The instant from which on a rise serves."""
        return rise.at + timedelta(hours=self.hours)

    def holds(self, rise: Rise, category: RiskCategory, now: datetime) -> bool:
        """Whether an investor of this category still waits after a rise."""
        return rank(category) - rank(rise.was) >= self.categories and now < self.ends(rise)


def rank(category: RiskCategory | None, *, lowest: bool = False) -> int:
    """Where a category stands; the lowest one is nought."""
    return 0 if lowest or category is None else int(category)


def risen(old: int | None, new: int, earlier: Rise | None, now: datetime) -> Rise | None:
    """The rise that a new row of a file keeps: its own, together with one shortly before; or that one, which it does not end.

    ``old`` is None where nothing was on file.
    """
    kept = earlier if earlier is not None and now - earlier.at <= LONGEST else None
    if old is None or new <= old:
        return kept
    was = min(old, rank(kept.was)) if kept else old
    return Rise(RiskCategory(was) if was else None, now)


def later(one: Rise | None, other: Rise | None) -> Rise | None:
    """The later of two rises."""
    if one is None or other is None:
        return one or other
    return max(one, other, key=lambda rise: rise.at)


def cool_off(value: object, reader: Reader) -> CoolOff:
    """Read the table ``[cool_off]`` of a policy; what is wrong with it is kept by the reader."""
    table = reader.table(value, "cool_off", ("hours", "categories"))
    return CoolOff(
        reader.integer(table.get("hours"), "cool_off.hours", 1, _MOST_HOURS),
        reader.integer(table.get("categories"), "cool_off.categories", 1, len(RiskCategory)),
    )
