"""``gatekeeper serve`` as it stands: how soon it answers, and what a worker keeps in memory after so many readings."""

import os
import statistics
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

from tests.bench.figures import told
from tests.bench.outside import WARM_UP, reading, running, served
from tests.bench.place import Place
from tests.bench.table import Row
from tests.world import variables

SOONEST, MEMORY, STARTS, REQUESTS = 2.0, 150.0, 3, 100_000
_SLICE = 5.0
_UNCOMPILED = "PYTHONDONTWRITEBYTECODE"
"""An installation comes compiled. Where the environment forbids to keep that, each start would compile five hundred modules."""


def measure(place: Place, requests: int) -> list[Row]:
    """Start it a few times; then read and read from a server and look at its workers."""
    took = []
    for _ in range(1 + STARTS):
        begun = perf_counter()
        with running(["-m", "gatekeeper.cli", "serve"], _environment(place), Path(place.folder) / "serve.log"):
            took.append(perf_counter() - begun)
    middle = statistics.median(took[1:])  # before the first nothing may be compiled
    what = "gatekeeper serve: seconds until the first answer"
    return [Row(what, told(middle * 1e6), ratio=middle, target=SOONEST, at_most=True), *_memory(place, requests)]


def _environment(place: Place) -> dict[str, str]:
    given = variables(place.url, Path(place.folder)) | {"GATEKEEPER_HOST": "127.0.0.1", "GATEKEEPER_PORT": "{port}"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEKEEPER_") and name != _UNCOMPILED}
    return kept | given


def _memory(place: Place, requests: int) -> list[Row]:
    sent = errors = 0
    with served("product", place) as server:
        ask = reading(place)
        errors += server.load(ask, WARM_UP).errors
        before = max(_workers(server.process), default=0.0)
        while sent < requests:
            found = server.load(ask, min(_SLICE, max(0.2, requests / 10_000)))
            sent, errors = sent + found.sent, errors + found.errors
        after = max(_workers(server.process), default=0.0)
    if not after:
        return [Row("memory of a worker: this system does not say")]
    what = f"memory of a worker after {sent:,} readings, its share of what is shared, in MB (when warm: {before:,.0f})"
    return [Row(what, f"{after:,.0f} MB", errors=errors, ratio=after, target=MEMORY, at_most=True)]


def _workers(server: int) -> Iterator[float]:
    """The memory of each process that a server has forked, in MB; of pages that several use each has its part."""
    for each in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(each.read_text().rpartition(")")[2].split()[1]) == server:
                lines = (each.parent / "smaps_rollup").read_text().splitlines()
                yield sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1000
        except OSError:  # it ended meanwhile
            continue
