"""What it costs that much is there: the same reading and the same decision in a small place and in a large one, in turns."""

from collections.abc import Callable
from dataclasses import astuple
from datetime import UTC, datetime, timedelta
from time import perf_counter

from gatekeeper.database import Database
from gatekeeper.ledger.caller import Caller
from tests.bench import inside
from tests.bench.crowd import Ones, Size
from tests.bench.figures import Figures
from tests.bench.place import Place
from tests.bench.table import Row
from tests.operators import ask_for
from tests.world import ZONE

KEPT = 0.9
SMALL = Size(entries=10_000, people=1_000, reports=100)


def small(large: Size) -> Size:
    """What a large place is held against."""
    return _at_most(SMALL, large, 1)


def _at_most(size: Size, largest: Size, times: int) -> Size:
    return Size(*(min(each * times, most) for each, most in zip(astuple(size), astuple(largest), strict=True)))


def steps(large: Size) -> list[Size]:
    """How a place grows from the small one to the large one: tenfold each time."""
    found = [small(large)]
    while found[-1] != large:
        found.append(_at_most(found[-1], large, 10))
    return found


def told(size: Size) -> str:
    return f"{size.entries:,} entries, {size.people:,} people, {size.reports:,} reports"


def measure(places: list[tuple[Place, Size]], rounds: int, seconds: float) -> list[Row]:
    """Both acts in both places; the larger one is held against the smaller."""
    rows = []
    for name, make in (("reading", _reading), ("decision", _decision)):
        figures = [Figures(f"{name} among {told(size)}", "/s", entries=1) for _, size in places]
        acts = [make(place, each) for (place, _), each in zip(places, figures, strict=True)]
        for act in acts:
            act()
        for _ in range(rounds):
            _round(acts, figures, seconds)
        small, large = figures
        rows += [small.row(), large.row(small, KEPT)]
    return rows


def _round(acts: list[Callable[[], list[float]]], figures: list[Figures], seconds: float) -> None:
    times: list[list[float]] = [[] for _ in acts]
    end = perf_counter() + seconds
    while perf_counter() < end:
        for n, act in enumerate(acts):
            times[n] += act()
    for each, taken in zip(figures, times, strict=True):
        each.take_all(taken)


def _reading(place: Place, figures: Figures) -> Callable[[], list[float]]:
    called = inside.reading(place)
    return lambda: called.block(figures)


def _decision(place: Place, figures: Figures) -> Callable[[], list[float]]:
    """A question for somebody else, as the command line and other systems ask, with its durable entry."""
    ones, database, moved = Ones.of(place), Database(place.url, threads=1), timedelta(seconds=place.moved)
    caller = Caller(actor="operator", channel="bench")

    def act() -> list[float]:
        times = []
        for _ in range(inside.BLOCK):
            begun = perf_counter()
            database.record(ask_for, caller, ones.person, ones.investor, ones.report, datetime.now(UTC) + moved, ZONE)
            times.append((perf_counter() - begun) * 1e6)
        figures.sent += len(times)
        return times

    return act
