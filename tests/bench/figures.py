"""Figures of one variant over the rounds of a run, and how they become a row."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench.table import Row


def quantile(ordered: Sequence[float], part: float) -> float:
    """The value below which this part of an ordered sequence lies."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else float("nan")


def told(microseconds: float) -> str:
    """A time as one reads it."""
    if microseconds < 1_000:
        return f"{microseconds:,.1f} µs" if microseconds < 100 else f"{microseconds:,.0f} µs"
    return f"{microseconds / 1_000:,.2f} ms" if microseconds < 1_000_000 else f"{microseconds / 1_000_000:,.2f} s"


@dataclass
class Figures:
    """One variant's rounds: how many it did a second, its p50 and p99 in microseconds, and whatever went wrong.

    ``entries`` says how many entries of the ledger one of it must leave.
    """

    name: str
    unit: str = "req/s"
    entries: int = 0
    speed: list[float] = field(default_factory=list)
    p50: list[float] = field(default_factory=list)
    p99: list[float] = field(default_factory=list)
    sent: int = 0
    errors: int = 0
    first_error: str = ""

    def take(self, *, speed: float, p50: float, p99: float) -> None:
        self.speed.append(speed)
        self.p50.append(p50)
        self.p99.append(p99)

    def take_all(self, times: Sequence[float]) -> None:
        """One round, one thread: the median time says the speed."""
        ordered = sorted(times)
        middle = quantile(ordered, 0.5)
        self.take(speed=1e6 / middle, p50=middle, p99=quantile(ordered, 0.99))

    def fail(self, errors: int, first: str) -> None:
        self.errors += errors
        self.first_error = self.first_error or first

    def ratio_to(self, floor: "Figures") -> float:
        """How fast beside the floor: the median over rounds, since both sides of a round saw the same machine."""
        return statistics.median(mine / theirs for mine, theirs in zip(self.speed, floor.speed, strict=True))

    def times(self, other: "Figures") -> float:
        """How many times as long it takes: the median over rounds."""
        return statistics.median(mine / theirs for mine, theirs in zip(self.p50, other.p50, strict=True))

    @property
    def spread(self) -> float:
        """How many times p50 the p99 is: the median over rounds."""
        return statistics.median(far / near for far, near in zip(self.p99, self.p50, strict=True))

    def row(self, floor: "Figures | None" = None, target: float | None = None, *, per: int = 1) -> Row:
        """This as a row; ``per`` is how many things one of it does."""
        speed = statistics.median(self.speed) * per
        return Row(
            what=self.name,
            figure=f"{speed:,.0f} {self.unit}" if self.unit else "",
            p50=told(statistics.median(self.p50)),
            p99=told(statistics.median(self.p99)),
            errors=self.errors,
            ratio=self.ratio_to(floor) if floor else None,
            target=target,
        )
