"""Figures of one variant, and how they are told."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field


def quantile(ordered: Sequence[float], part: float) -> float:
    """The value below which this part of an ordered sequence lies."""
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else float("nan")


@dataclass
class Figures:
    """One variant's rounds: how fast it went, its p50 and p99, and whatever went wrong."""

    name: str
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

    def fail(self, errors: int, first: str) -> None:
        self.errors += errors
        self.first_error = self.first_error or first

    def ratio_to(self, floor: "Figures") -> float:
        """How fast beside the floor: the median over rounds, since both sides of a round saw the same machine."""
        return statistics.median(mine / theirs for mine, theirs in zip(self.speed, floor.speed, strict=True))

    @property
    def spread(self) -> float:
        """How many times p50 the p99 is: the median over rounds."""
        return statistics.median(far / near for far, near in zip(self.p99, self.p50, strict=True))


@dataclass(frozen=True)
class Part:
    """One part of the run: three variants on one database, the same way."""

    title: str
    unit: str
    floor: Figures
    insert: Figures
    reading: Figures
    target: float
    spread: float | None = None

    def lines(self) -> list[str]:
        head = f"{self.title:<42}{self.unit:>9}{'p50':>10}{'p99':>10}{'errors':>8}{'ratio':>8}{'target':>9}"
        lines = [head, "-" * (len(head) + 7)]
        for each in (self.floor, self.insert, self.reading):
            ratio = each.ratio_to(self.insert)
            times = f"{self._time(each.p50):>10}{self._time(each.p99):>10}"
            line = f"  {each.name:<40}{self._speed(each):>9}{times}{each.errors:>8}{ratio:>8.2f}"
            if each is self.reading:
                line += f"{f'>= {self.target:.2f}':>9}  {_verdict(is_met=ratio >= self.target)}"
            lines.append(line)
        if self.spread is not None:
            ratio = self.reading.spread
            label = f"  {'p99 of a gated reading over its p50':<77}"
            lines.append(f"{label}{ratio:>9.1f}{f'<= {self.spread:.0f}':>9}  {_verdict(is_met=ratio <= self.spread)}")
        return lines

    def _speed(self, figures: Figures) -> str:
        speed = statistics.median(figures.speed)
        return f"{1e6 / speed:,.0f}" if self.unit == "µs" else f"{speed:,.0f}"

    def _time(self, values: list[float]) -> str:
        """In process in microseconds, over HTTP in milliseconds."""
        value = statistics.median(values)
        return f"{value:,.0f} µs" if self.unit == "µs" else f"{value / 1000:,.2f} ms"


def _verdict(*, is_met: bool) -> str:
    return "met" if is_met else "short"
