"""``python -m tests.bench [--seconds S] [--rounds N] [--only sqlite|postgresql] [--profile] [--crowd ENTRIES]``."""

import argparse
import os
import platform
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from importlib.metadata import version
from pathlib import Path
from time import monotonic, perf_counter

from tests.bench import inside, lists, outside, sealing, searching
from tests.bench.figures import Figures, Part
from tests.bench.place import Place, postgresql_place, sqlite_place
from tests.postgres import find_install

PLACES: dict[str, Callable[[Path], AbstractContextManager[Place]]] = {"sqlite": sqlite_place, "postgresql": postgresql_place}
IN_PROCESS = {"SQLite": 0.50, "PostgreSQL": 0.42}
OVER_HTTP, SPREAD = 0.42, 8.0
DISTRIBUTIONS = ("flask", "werkzeug", "jinja2", "sqlalchemy", "psycopg", "granian")


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py bench", description="Times a gated reading beside its floors, in one run.")
    parser.add_argument("--seconds", type=float, default=3.0, help="length of one slice (default 3)")
    parser.add_argument("--rounds", type=int, default=5, help="slices of each variant (default 5)")
    parser.add_argument("--only", choices=PLACES, help="one database instead of both")
    parser.add_argument("--inside", action="store_true", help="in process only, without servers")
    parser.add_argument("--profile", action="store_true", help="show where the time of a gated reading goes, and stop")
    parser.add_argument(
        "--crowd", type=int, metavar="ENTRIES", help="time every list among so many entries instead (say 1000000)"
    )
    parser.add_argument("--search", type=int, metavar="REPORTS", help="time searching among so many reports instead (say 10000)")
    parser.add_argument(
        "--sealing",
        type=int,
        metavar="LEAVES",
        help="time sealing, and proofs from a log of so many leaves, instead (say 1000000)",
    )
    chosen = parser.parse_args()
    begun = monotonic()
    wrong = 0
    print(header())
    for name in [chosen.only] if chosen.only else PLACES:
        if name == "postgresql" and find_install() is None:
            print("\nThere is no PostgreSQL on this machine: that half is not measured. Debian: apt-get install postgresql")
            continue
        with tempfile.TemporaryDirectory(prefix="gatekeeper-bench-") as folder, PLACES[name](Path(folder)) as place:
            if chosen.crowd:
                lists.measure(place, chosen.crowd)
                continue
            if chosen.search:
                searching.measure(place, chosen.search)
                continue
            if chosen.sealing:
                wrong += sealing.measure(place, chosen.sealing, chosen.rounds, chosen.seconds)
                continue
            wrong += profiled(place) if chosen.profile else compared(place, chosen)
    print(f"\n{monotonic() - begun:.0f} seconds. The machine decides the absolute figures; the ratios are what counts.")
    return 1 if wrong else 0


def header() -> str:
    """With what this ran."""
    parts = [f"Python {platform.python_version()}", *(f"{name} {version(name)}" for name in DISTRIBUTIONS)]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    load = ", ".join(f"{each:.1f}" for each in os.getloadavg())
    return (
        f"{', '.join(parts)}\n{platform.system()} {platform.machine()}, {cores} cores, load before: {load}, "
        f"fdatasync {sync_time():.2f} ms\n"
        f"Granian: {outside.WORKERS} workers x {outside.THREADS} threads, WSGI, {outside.CONNECTIONS} keep-alive connections"
    )


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


def profiled(place: Place) -> int:
    print(f"\n{place.name}, a gated reading in process\n{inside.profile(inside.all_called(place)['gated reading'])}")
    return 0


def compared(place: Place, chosen: argparse.Namespace) -> int:
    """Measure everything on one database and print it; return how much was wrong."""
    print(f"\n{place.version()}; {place.durability()}; an entry's leaf has {place.leaf_bytes} bytes")
    ways = {"in process, one thread": lambda: inside.measure(inside.all_called(place), chosen.rounds, chosen.seconds)}
    if not chosen.inside:
        ways["over HTTP"] = lambda: outside.measure(place, chosen.rounds, chosen.seconds)
    wrong = 0
    for way, measure in ways.items():
        entries, inserted = place.entries(), place.inserted()
        found = measure()
        is_http = way == "over HTTP"
        target, spread = (OVER_HTTP, SPREAD) if is_http else (IN_PROCESS[place.name], None)
        part = Part(f"{place.name}, {way}", "req/s" if is_http else "µs", *found, target=target, spread=spread)
        print("", *part.lines(), sep="\n", flush=True)
        wrong += accounted(found, place.inserted() - inserted, place.entries() - entries)
    return wrong


def accounted(found: list[Figures], inserted: int, entries: int) -> int:
    """Say whether every request left exactly its row, and what went wrong first; return how much did."""
    _, insert, reading = found
    print(f"  {entries:,} entries for {reading.sent:,} readings; {inserted:,} rows for {insert.sent:,} inserts")
    for each in found:
        if each.errors:
            print(f"  {each.name}: {each.errors} errors, the first: {each.first_error}")
    is_exact = entries == reading.sent and inserted == insert.sent
    if not is_exact:
        print("  WRONG: the rows do not match the requests")
    return sum(each.errors for each in found) + (not is_exact)


if __name__ == "__main__":
    sys.exit(main())
