"""Every list in a crowd, each as whoever opens it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import perf_counter
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, event

from gatekeeper.database import Database
from gatekeeper.ledger.seal import seal
from gatekeeper.services import EXTENSION
from gatekeeper.work.counting import count_all
from tests.bench.crowd import Ones, Size, fill
from tests.bench.figures import quantile
from tests.bench.place import Place
from tests.web.browser import sign_in
from tests.world import ZONE

TIMES = 20
_NOBODY = "x" + "7".zfill(25)
_LAST = "x" + "99999".zfill(25)
PAGES = (
    ("陈安和", "/reports", "what may be read"),
    ("陈安和", "/reports?q=9999", "what may be read, searched"),
    ("陈安和", "/bookmarks", "bookmarks"),
    ("陈安和", "/record", "my record"),
    ("clients", "/admin/investors", "investors"),
    ("clients", "/admin/investors?q=99999", "investors, searched"),
    ("clients", f"/admin/investors?q={_LAST}", "investors, one by the number"),
    ("clients", f"/admin/investors/{_NOBODY}", "one investor's file"),
    ("clients", "/home", "home of a client admin"),
    ("clients", "/lapsing/category/90", "whose category lapses"),
    ("clients", "/never-activated", "who never came"),
    ("clients", "/refused/assessment_expired", "who was refused for a reason"),
    ("reports", "/admin/reports", "reports"),
    ("compliance", "/home", "home of compliance"),
    ("compliance", "/proposals", "proposals"),
    ("compliance", "/log", "the log"),
    ("compliance", f"/log?person={_NOBODY}", "the log of one person"),
    ("compliance", f"/log?report={_NOBODY}", "the log of one report"),
    ("compliance", "/log?outcome=DENY&reason=assessment_expired", "the log by outcome and reason"),
    ("compliance", "/log?kind=report.refused", "the log by kind"),
    ("compliance", "/log?not_outcome=PERMIT", "the log without an outcome"),
    ("compliance", "/log?action=USE", "the log by an action nobody did"),
    ("compliance", "/log?policy=ffff", "the log by a policy of nobody"),
    ("compliance", f"/log/investors/{_NOBODY}", "an investor's timeline"),
    ("compliance", "/log/figures", "figures of thirty days"),
    ("compliance", "/log/figures?from={quarter}&to={today}", "figures of ninety-two days"),
)


def measure(place: Place, entries: int) -> int:
    """Fill, then print what each page takes, its statements and the slowest of them; return how many pages failed."""
    app = place.app()
    begun = perf_counter()
    fill(place, Size(entries, entries // 10, entries // 100))
    counted = _sealed_and_counted(place)
    print(f"\n{place.name}, a crowd of {entries:,} entries, a tenth as many investors, a hundredth as many reports")
    print(f"  filled in and sealed in {perf_counter() - begun - counted:.0f} s, added to the sums in {counted:.0f} s")
    app.config["WTF_CSRF_ENABLED"] = False
    browsers: dict[str, FlaskClient] = {}
    point = _point(app, Ones.of(place).investor)
    print(f"  {'a row by its key':<34}{point:>9.2f} ms")
    print(f"  {'page':<34}{'p50':>9}   {'p99':>9}   {'statements':>11}{'slowest':>11}{'to a key':>9}")
    today = app.extensions[EXTENSION].clock().date()
    days = {"today": today, "quarter": today - timedelta(days=91)}
    failed = 0
    for login, path, title in PAGES:
        if login not in browsers:
            browsers[login] = app.test_client()
            sign_in(browsers[login], login)
        line = _line(app, browsers[login], path.format(**days), title, point)
        failed += "ms" not in line
        print(line, flush=True)
    return failed


def _sealed_and_counted(place: Place) -> float:
    """Seal what was filled in and add it to the sums, as the work process does; return how long the sums took."""
    database = Database(place.url, threads=1)
    try:
        while (batch := database.transact(seal, [], datetime.now(UTC))) and batch.sealed:
            pass
        begun = perf_counter()
        count_all(database, ZONE)
        return perf_counter() - begun
    finally:
        database.dispose()


def _line(app: Flask, browser: FlaskClient, path: str, title: str, point: float) -> str:
    times, counts, slowest = [], [], []
    with _heard(app) as heard:
        for _ in range(TIMES):
            heard.clear()
            begun = perf_counter()
            answer = browser.get(path)
            times.append((perf_counter() - begun) * 1000)
            if answer.status_code != 200:
                return f"  {title:<34}{answer.status:>9}  {path}"
            counts.append(len(heard))
            slowest.append(max(heard, default=0.0))
    times.sort()
    slow = quantile(sorted(slowest), 0.5)
    page = f"{quantile(times, 0.5):>9.1f}ms {quantile(times, 0.99):>9.1f}ms"
    return f"  {title:<34}{page} {max(counts):>11}{slow:>9.2f}ms{slow / point:>8.1f}x"


def _point(app: Flask, investor: str) -> float:
    """The median time of one row by its primary key, through the same engine."""
    database = app.extensions[EXTENSION].database
    times = []
    for _ in range(200):
        with database.reading() as connection:
            begun = perf_counter()
            connection.exec_driver_sql(f"SELECT name FROM investor WHERE id = '{investor}'").all()  # noqa: S608
            times.append((perf_counter() - begun) * 1000)
    return quantile(sorted(times), 0.5)


@contextmanager
def _heard(app: Flask) -> Iterator[list[float]]:
    """What each statement took, in milliseconds."""
    database = app.extensions[EXTENSION].database
    engines: set[Engine] = {database._reader, database._recorder, database._writer}
    took: list[float] = []

    def before(connection: Any, *_: Any) -> None:
        took.append(0.0)
        connection.info["begun"] = perf_counter()

    def after(connection: Any, *_: Any) -> None:
        took[-1] = (perf_counter() - connection.info["begun"]) * 1000

    for engine in engines:
        event.listen(engine, "before_cursor_execute", before)
        event.listen(engine, "after_cursor_execute", after)
    try:
        yield took
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", before)
            event.remove(engine, "after_cursor_execute", after)
