"""``python -m tests.bench``: one table for each database, each row beside its floor in the same run."""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path
from time import monotonic, perf_counter

from tests.bench import compiled, flood, inside, lists, outside, pages, sealing, searching, served, sizes, starting, truth
from tests.bench.crowd import Size, fill
from tests.bench.figures import Figures
from tests.bench.growth import Growth
from tests.bench.place import Place, postgresql_places, sqlite_places
from tests.bench.table import Row, Table
from tests.postgres import find_install

Make = Callable[[], Place]
PLACES = ("sqlite", "postgresql")
PARTS = ("decide", "inside", "http", "flood", "serve", "lists", "log", "size")
IN_PROCESS = {"SQLite": 0.50, "PostgreSQL": 0.42}
OVER_HTTP, SPREAD, DECISION, BATCHED, LARGEST = 0.42, 8.0, 0.55, 10.0, 40.0
FULL = {"SQLite": Size(1_000_000, 1_000_000, 10_000), "PostgreSQL": Size(10_000_000, 1_000_000, 10_000)}
USUAL = Size(100_000, 100_000, 10_000)
DISTRIBUTIONS = ("flask", "werkzeug", "jinja2", "sqlalchemy", "psycopg", "granian", "cedarpy")


def main(given: Sequence[str] | None = None) -> int:
    chosen = arguments().parse_args(given)
    begun, table = monotonic(), Table(markdown=chosen.markdown)
    wrong = 0
    if not chosen.markdown:
        print(*header(), sep="\n")
    if "decide" in chosen.parts and not instead(chosen):
        table.begin("Decisions, in process, no database", *([] if not chosen.markdown else header()))
        table.add(*truth.measure(chosen.rounds, min(chosen.seconds, 1.0)))
    for name in [chosen.only] if chosen.only else PLACES:
        if name == "postgresql" and find_install() is None:
            print("\nThere is no PostgreSQL on this machine: that half is not measured. Debian: apt-get install postgresql")
            continue
        with tempfile.TemporaryDirectory(prefix="gatekeeper-bench-", dir=chosen.folder) as folder, places(name, folder) as make:
            wrong += (instead(chosen) or compared)(make, chosen, table)
    print(f"\n{monotonic() - begun:.0f} seconds. The machine decides the absolute figures; the ratios are what counts.")
    return 1 if wrong + table.wrong else 0


def places(name: str, folder: str) -> AbstractContextManager[Make]:
    return sqlite_places(Path(folder)) if name == "sqlite" else postgresql_places(Path(folder))


def arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dev.py bench", description="Times what the product does beside its floors.")
    parser.add_argument("--seconds", type=float, default=2.0, help="length of one slice (default 2)")
    parser.add_argument("--rounds", type=int, default=5, help="slices of each variant (default 5)")
    parser.add_argument("--only", choices=PLACES, help="one database instead of both")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=PARTS, metavar="PART", help=f"some of: {', '.join(PARTS)}")
    parser.add_argument("--entries", type=int, help=f"entries of the large place (default {USUAL.entries:,})")
    parser.add_argument("--people", type=int, help=f"people of the large place (default {USUAL.people:,})")
    parser.add_argument("--reports", type=int, help=f"reports of the large place (default {USUAL.reports:,})")
    parser.add_argument("--requests", type=int, help="readings before memory is looked at (default 10,000)")
    full = ", ".join(f"{each.entries:,} entries and {each.people:,} people on {name}" for name, each in FULL.items())
    parser.add_argument("--full", action="store_true", help=f"the sizes of the targets: {full}; it takes long")
    parser.add_argument("--folder", type=Path, help="where the files of SQLite are made (default: the system's temporary folder)")
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    parser.add_argument("--profile", action="store_true", help="show where the time of a gated reading goes, and stop")
    parser.add_argument("--crowd", type=int, metavar="ENTRIES", help="time every page among so many instead (say 1000000)")
    parser.add_argument("--search", type=int, metavar="REPORTS", help="time searching among so many reports instead (say 10000)")
    parser.add_argument(
        "--sealing",
        type=int,
        metavar="LEAVES",
        help="time sealing, and proofs from a log of so many leaves, instead (say 1000000)",
    )
    return parser


def header() -> list[str]:
    """With what this ran."""
    parts = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in DISTRIBUTIONS)]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return [
        ", ".join(parts),
        f"{platform.system()} {platform.machine()}, {cores} cores, load before: {load}, fdatasync {sync_time():.2f} ms",
        f"Granian: {served.WORKERS} workers x {served.THREADS} threads, WSGI, {outside.CONNECTIONS} keep-alive connections",
    ]


def sync_time() -> float:
    """What the disk under the temporary folder takes to make 4 KB durable, in milliseconds."""
    times = []
    with tempfile.NamedTemporaryFile(prefix="gatekeeper-bench-") as file:
        for _ in range(100):
            file.write(b"x" * 4096)
            file.flush()
            began = perf_counter()
            os.fdatasync(file.fileno())
            times.append((perf_counter() - began) * 1000)
    return statistics.median(times)


def instead(chosen: argparse.Namespace) -> Callable[[Make, argparse.Namespace, Table], int] | None:
    """What is measured instead of the table, if something is."""
    if chosen.profile:
        return profiled
    if chosen.crowd:
        return lambda make, chosen, _: lists.measure(make(), chosen.crowd)
    if chosen.search:
        return lambda make, chosen, _: searching.measure(make(), chosen.search)
    if chosen.sealing:
        return lambda make, chosen, _: sealing.measure(make(), chosen.sealing, chosen.rounds, chosen.seconds)
    return None


def profiled(make: Make, _chosen: argparse.Namespace, _table: Table) -> int:
    place = make()
    print(f"\n{place.name}, a gated reading in process\n{inside.profile(inside.reading(place))}")
    return 0


def compared(make: Make, chosen: argparse.Namespace, table: Table) -> int:
    """Measure every part on one database; return how much was wrong beside what the table says."""
    place = make()
    table.begin(place.version(), f"{place.durability()}; an entry's leaf has {place.leaf_bytes} bytes")
    parts, rounds, seconds = chosen.parts, chosen.rounds, chosen.seconds
    if "inside" in parts:
        measure = inside.measure
        table.add(*accounted(place, lambda: measure(inside.all_called(place), rounds, seconds), in_process(place.name)))
    if "http" in parts:
        table.add(*accounted(place, lambda: outside.measure(place, outside.variants(place), rounds, seconds), over_http))
    if "flood" in parts:
        table.add(*flood.measure(place, rounds, seconds))
    if "serve" in parts:
        table.add(*starting.measure(place, chosen.requests or (100_000 if chosen.full else 10_000)))
    if {"lists", "log", "size"} & set(parts):
        growth = Growth()
        for row in among_many(place, make(), growth, chosen, table):
            table.add(row)
        if growth.sizes:
            growth.show(table)
    return 0


Rows = Callable[[list[Figures]], Iterator[Row]]


def accounted(place: Place, measure: Callable[[], list[Figures]], rows: Rows) -> Iterator[Row]:
    """The rows of what is measured, and one that says whether every request left exactly its entries."""
    entries, inserted = place.entries(), place.inserted()
    found = measure()
    yield from rows(found)
    left, wanted = place.entries() - entries, sum(each.sent * each.entries for each in found)
    more, sent = place.inserted() - inserted, found[1].sent
    wrong = abs(left - wanted) + abs(more - sent)
    yield Row(f"{left:,} entries for {wanted:,} acts, {more:,} rows for {sent:,} inserts", errors=wrong)
    for each in found:
        if each.errors:
            yield Row(f"{each.name}: the first error: {each.first_error[:60]}")


def in_process(name: str) -> Rows:
    def rows(found: list[Figures]) -> Iterator[Row]:
        hello, insert, reading, decision, batch = found
        where = "in process, one thread: "
        for each in (hello, insert):
            yield prefixed(where, each.row(insert))
        yield prefixed(where, reading.row(insert, IN_PROCESS[name]))
        yield prefixed(where, decision.row(insert))
        yield prefixed(where, batch.row())
        times = batch.times(decision)
        yield Row(f"{where}{batch.name}, in times that one takes", ratio=times, target=LARGEST, at_most=True)

    return rows


def over_http(found: list[Figures]) -> Iterator[Row]:
    hello, insert, reading, decision, batch = found
    where = "HTTP: "
    for each in (hello, insert):
        yield prefixed(where, each.row(insert))
    yield prefixed(where, reading.row(insert, OVER_HTTP))
    yield Row("HTTP: p99 of a gated reading over its p50", ratio=reading.spread, target=SPREAD, at_most=True)
    yield prefixed(where, decision.row(insert, DECISION))
    yield prefixed(where, batch.row())
    more = batch.ratio_to(decision) * outside.BATCH
    yield Row(f"HTTP: decisions a second in batches of {outside.BATCH}, to single ones", ratio=more, target=BATCHED)


def prefixed(where: str, row: Row) -> Row:
    return Row(**{**vars(row), "what": where + row.what})


def among_many(place: Place, large: Place, growth: Growth, chosen: argparse.Namespace, table: Table) -> Iterator[Row]:
    """What is measured in a large place, and beside a small one."""
    size = wanted_size(chosen, place.name)
    if "size" in chosen.parts:
        growth.run(place, large, size, min(chosen.seconds, 1.0), table)
        yield from sizes.measure([(place, sizes.small(size)), (large, size)], chosen.rounds, chosen.seconds)
    else:
        fill(large, size)
    if "log" in chosen.parts:
        yield from pages.measure(large, size.entries, chosen.rounds)
    if "lists" in chosen.parts:
        yield from compiled.measure(large, chosen.rounds, min(chosen.seconds, 0.5))


def wanted_size(chosen: argparse.Namespace, name: str) -> Size:
    usual = FULL[name] if chosen.full else USUAL
    return Size(chosen.entries or usual.entries, chosen.people or usual.people, chosen.reports or usual.reports)


if __name__ == "__main__":
    sys.exit(main())
