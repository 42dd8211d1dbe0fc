"""What things cost as a place grows tenfold again and again, in one table: a column for each size."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from time import perf_counter

from tests.bench import compiled, pages, sizes
from tests.bench.crowd import NOTHING, Size, fill
from tests.bench.place import Place
from tests.bench.table import Row, Table

_ROUNDS = 3


@dataclass
class Growth:
    """The medians found at each size, by what they are of."""

    sizes: list[Size] = field(default_factory=list)
    found: dict[str, list[str]] = field(default_factory=dict)

    def run(self, small: Place, large: Place, size: Size, seconds: float, table: Table) -> None:
        """Fill the large place step by step, and time at each step what there is, beside a place that stays small."""
        fill(small, sizes.small(size))
        before = NOTHING
        for step in sizes.steps(size):
            begun = perf_counter()
            fill(large, step, before)
            table.say(f"{sizes.told(step)}: filled in {perf_counter() - begun:.0f} s")
            self.sizes.append(step)
            for what, row in _rows(small, large, step, seconds):
                self.found.setdefault(what, []).append(row.p50)
            before = step

    def show(self, table: Table) -> None:
        """A column for each size."""
        heads = [f"{each.entries:,} entries, {each.people:,} people" for each in self.sizes]
        table.grid("Medians as a place grows", heads, self.found)


def _rows(small: Place, large: Place, step: Size, seconds: float) -> Iterator[tuple[str, Row]]:
    _, reading, _, decision = sizes.measure([(small, sizes.small(step)), (large, step)], _ROUNDS, seconds)
    yield "a gated reading", reading
    yield "a decision", decision
    for name, figures in pages.timed(large, step.entries, _ROUNDS).items():
        yield name if name == pages.POINT else f"a page of the log: {name}", figures.row()
    reports, people = compiled.pages(large, seconds)
    yield f"a page of {compiled.PAGE} of the reports that may be read", reports
    yield f"a page of {compiled.SENT} of those who may be sent a report", people
