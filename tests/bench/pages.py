"""Pages of a large log by each thing that it can be filtered by, beside one row by its key; and a page far down."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from time import perf_counter

from sqlalchemy import Connection, select

from gatekeeper.database import Database
from gatekeeper.services import EXTENSION
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.entries import Filter
from gatekeeper.store.proof.ledger import LedgerEntry
from tests.bench.figures import Figures
from tests.bench.place import Place
from tests.bench.table import Row

PAGE, DEPTH = 50, 100_000
MOST, DEEPEST = 5.0, 3.0
POINT, NEWEST, DEEP = "one entry by its key", "the newest", "far down"
SOMEBODY = "x" + "77".zfill(25)
Make = Callable[[], object]


def filters(now: datetime) -> dict[str, Filter]:
    """Every bounded way to look at the log."""
    quarter, month = now - timedelta(days=90), now - timedelta(days=30)
    return {
        NEWEST: Filter(),
        "one day": Filter(since=now - timedelta(days=11), before=now - timedelta(days=10)),
        "one person, ninety days": Filter(person=SOMEBODY, since=quarter),
        "one investor": Filter(investor=SOMEBODY),
        "one report": Filter(report=SOMEBODY),
        "outcome and reason, a month": Filter(outcome="DENY", reason="assessment_expired", since=month),
        "a kind": Filter(kind="report.refused"),
        "an action": Filter(action="USE"),
    }


def timed(place: Place, size: int, rounds: int) -> dict[str, Figures]:
    """A row by its key, each filter's first page, and a page far down."""
    now = place.app().extensions[EXTENSION].clock()
    depth = min(DEPTH, size // 2)
    database = Database(place.url, threads=1)
    try:
        with database.reading() as connection:
            asked = dict(_asked(connection, now, depth))
            figures = {name: Figures(name, "") for name in asked}
            for _ in range(rounds):
                _round(asked, figures)
    finally:
        database.dispose()
    return figures


def measure(place: Place, size: int, rounds: int) -> list[Row]:
    """The same as rows, held against what is wanted of them."""
    figures, depth = timed(place, size, rounds), min(DEPTH, size // 2)
    point, deep, top = (figures.pop(name) for name in (POINT, DEEP, NEWEST))
    figures = {NEWEST: top, **figures}
    worst = max(figures.values(), key=lambda each: 1 / each.ratio_to(point))
    rows = [_against(each, point, None, f"page of {PAGE} of {size:,} entries: {each.name}") for each in figures.values()]
    most = _against(worst, point, MOST, f"the slowest of these pages ({worst.name}), to a row by its key")
    far = _against(deep, top, DEEPEST, f"page of {PAGE} at depth {depth:,}, to the first page")
    return [point.row(), *rows, most, far]


def _asked(connection: Connection, now: datetime, depth: int) -> Iterator[tuple[str, Make]]:
    newest = select(LedgerEntry.at, LedgerEntry.id).order_by(LedgerEntry.at.desc(), LedgerEntry.id.desc())
    at, id_ = connection.execute(newest.offset(depth).limit(1)).one()
    yield POINT, lambda: entries.by_id(connection, id_)
    for name, wanted in filters(now).items():
        yield name, lambda wanted=wanted: entries.search(connection, wanted, None, PAGE)  # type: ignore[misc]  # its own each time
    yield DEEP, lambda: entries.search(connection, Filter(), (at, id_), PAGE)


def _round(asked: dict[str, Make], figures: dict[str, Figures], count: int = 20) -> None:
    times: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(count):
        for name, make in asked.items():
            begun = perf_counter()
            make()
            times[name].append((perf_counter() - begun) * 1e6)
    for name, taken in times.items():
        figures[name].take_all(taken)


def _against(each: Figures, floor: Figures, target: float | None, name: str) -> Row:
    found = each.row()
    return Row(name, p50=found.p50, p99=found.p99, ratio=1 / each.ratio_to(floor), target=target, at_most=True)
