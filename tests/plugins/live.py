"""A running Gatekeeper for a browser: a furnished world behind a real server on a loopback port, once per session."""

import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from flask import Flask
from werkzeug.serving import WSGIRequestHandler, make_server

from gatekeeper.actions import proposals
from gatekeeper.actions.publishing import reports
from gatekeeper.app import create_app
from gatekeeper.files import originals
from gatekeeper.files.prepare import prepare, printed_audience
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.services import EXTENSION
from tests import pdfs
from tests.postgres import Postgres
from tests.world import CHEAP, Clock, World, settings

DEMO = Path(__file__).parents[2] / "gatekeeper" / "demo" / "reports"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--screenshots", action="store_true", help="keep a picture of each page that the browser visits, in screenshots/"
    )


class Present(Clock):
    """The present of the other tests, which here goes on by itself while somebody reads."""

    def __init__(self, moment: datetime) -> None:
        self._moment, self._since = moment, monotonic()

    @property
    def moment(self) -> datetime:
        return self._moment + timedelta(seconds=monotonic() - self._since)

    @moment.setter
    def moment(self, moment: datetime) -> None:
        self._moment, self._since = moment, monotonic()


@dataclass(frozen=True)
class Live:
    """What the browser visits. ``reports`` maps a short name to a report's id, ``titles`` to its title."""

    app: Flask
    world: World
    address: str
    reports: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)

    def client(self, login: str, category: RiskCategory) -> str:
        """Make sure that there is a client of this name; return the login name."""
        if login not in self.world.people:
            self.world.client(login, category)
        return login

    def publish(self, name: str, source: bytes) -> None:
        """Bring a report out as its notice prints it."""
        world, prepared = self.world, prepare(source, name)
        database, admin = world.database, world.caller("reports")
        report = database.transact(reports.import_report, admin, prepared, world.now).report
        with database.reading() as connection:
            file = reports.view(connection, report, world.now)
        wish = reports.Wish(
            grade=RiskGrade[file.reading["grade"]],
            audience=printed_audience(file.reading),
            settled_before={each.id: world.now + timedelta(days=90) for each in file.open},
            reason="与印刷一致",
        )
        proposed = database.transact(reports.propose_publication, admin, report, wish, world.now)
        database.transact(proposals.approve, world.caller("compliance"), proposed.id, "同意", world.now)
        database.transact(reports.publish, admin, report, None, world.now)
        self.reports[name], self.titles[name] = report, str(prepared.metadata["title"])

    def paged(self) -> str:
        """A report that came as PDF, out for reading; return its id."""
        if "paged" not in self.reports:
            text = demo_report("r3-energy-storage", 储能招标放量而价格企稳="储能电芯出口结构继续优化").decode()
            source = pdfs.report(text)
            originals.keep(self.app.extensions[EXTENSION].settings.data_dir, source)
            self.publish("paged", source)
        return self.reports["paged"]


def demo_report(name: str, **changed: str) -> bytes:
    """One of the demo's reports, with some of its words changed."""
    text = (DEMO / f"{name}.txt").read_text("utf-8")
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    return text.encode()


class _Quiet(WSGIRequestHandler):
    def log_request(self, *_: Any) -> None:
        """Say nothing: the journeys look at every answer themselves."""


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an application on a free loopback port, each request in a thread of its own; give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _live(url: str, made: World, folder: Path) -> Iterator[Live]:
    clock = Present(made.clock.moment)
    app = create_app(settings(url, folder), clock=clock, passwords=CHEAP)
    database = app.extensions[EXTENSION].database
    world = World(database, clock, dict(made.people), dict(made.investors))
    try:
        with serving(app) as address:
            live = Live(app, world, address)
            live.publish("treasury", demo_report("r1-treasury-market"))
            live.publish("storage", demo_report("r3-energy-storage"))
            # The same notice, so the same words to accept.
            live.publish("storage-2", demo_report("r3-energy-storage", 储能招标放量而价格企稳="储能电站现货收益继续分化"))
            yield live
    finally:
        database.dispose()


@pytest.fixture(scope="session")
def live(sqlite_template: tuple[Path, World], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """A running Gatekeeper on SQLite, with reports that are out."""
    folder = tmp_path_factory.mktemp("live")
    shutil.copy(sqlite_template[0], folder / "gatekeeper.db")
    with _live(f"sqlite:///{folder / 'gatekeeper.db'}", sqlite_template[1], folder) as running:
        yield running


@pytest.fixture(scope="session")
def live_on_postgres(
    postgres_server: Postgres, postgres_template: tuple[str, World], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Live]:
    """The same on PostgreSQL."""
    url = postgres_server.create_database(postgres_template[0])
    with _live(url, postgres_template[1], tmp_path_factory.mktemp("live")) as running:
        yield running
    postgres_server.drop_database(url)
