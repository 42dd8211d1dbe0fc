"""One furnished database: a released R3 report, and a client who has signed in and accepted its statement."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count, product
from pathlib import Path
from unittest.mock import patch

from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from gatekeeper import migrating
from gatekeeper.actions import proposals
from gatekeeper.actions.clients import investors
from gatekeeper.actions.publishing import reports
from gatekeeper.actions.reading import consent
from gatekeeper.app import create_app
from gatekeeper.database import Database
from gatekeeper.files.prepare import prepare, printed_audience
from gatekeeper.ledger.caller import Caller
from gatekeeper.passwords import Passwords
from gatekeeper.rules.accounts import service_accounts
from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.services import EXTENSION
from gatekeeper.store.accounts import sessions
from tests.library import release
from tests.postgres import Postgres
from tests.service_accounts import a_service
from tests.world import CHEAP, PASSWORD, ZONE, World, new_world, settings

REPORT = Path(__file__).parents[2] / "gatekeeper" / "demo" / "reports" / "r3-energy-storage.txt"
SHELF, MOST = 100, 100_000_000
"""So many reports another system asks about at once, and so many decisions a minute it may have."""
SCHEMA = "CREATE TABLE floor (id {} PRIMARY KEY, at TEXT, person TEXT, report TEXT, outcome TEXT, leaf {})"


@dataclass(frozen=True)
class Place:
    """Where everything is that one database's variants need; it travels to their servers as JSON.

    ``token`` is that of another system, which asks about the client of this ``number`` and the reports on the ``shelf``.
    """

    url: str
    floor_url: str
    folder: str
    moved: float
    path: str = "/"
    cookie: str = ""
    title: str = ""
    leaf_bytes: int = 0
    token: str = ""
    number: str = ""
    shelf: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "SQLite" if self.url.startswith("sqlite") else "PostgreSQL"

    def to_json(self) -> str:
        return json.dumps(asdict(self))

    def app(self, passwords: Passwords = CHEAP) -> Flask:
        """The product itself. Its clock goes on from the present in which the world was made."""
        moved = timedelta(seconds=self.moved)
        made = settings(self.url, Path(self.folder))
        return create_app(made, clock=lambda: datetime.now(UTC) + moved, passwords=passwords)

    def entries(self) -> int:
        return int(self.ask(self.url, "SELECT count(*) FROM ledger_entry"))

    def inserted(self) -> int:
        return int(self.ask(self.floor_url, "SELECT count(*) FROM floor"))

    def version(self) -> str:
        query = "SELECT sqlite_version()" if self.name == "SQLite" else "SHOW server_version"
        return f"{self.name} {str(self.ask(self.url, query)).partition(' ')[0]}"

    def durability(self) -> str:
        if self.name == "SQLite":
            return "SQLite: WAL, synchronous=FULL, on disk"
        names = ("fsync", "synchronous_commit", "full_page_writes", "wal_sync_method", "shared_buffers")
        return "PostgreSQL: " + ", ".join(f"{name}={self.ask(self.url, f'SHOW {name}')}" for name in names)

    @staticmethod
    def ask(url: str, query: str) -> object:
        """One value."""
        engine = create_engine(url, poolclass=NullPool)
        with engine.connect() as connection:
            return connection.execute(text(query)).scalar_one()


@contextmanager
def sqlite_places(folder: Path) -> Iterator[Callable[[], Place]]:
    """Furnish as many databases as are asked for, each in a folder of its own."""
    numbers = count()

    def make() -> Place:
        own = folder / f"sqlite-{next(numbers)}"
        own.mkdir()
        return furnish(f"sqlite:///{own / 'gatekeeper.db'}", f"sqlite:///{own / 'floor.db'}", own)

    yield make


@contextmanager
def postgresql_places(folder: Path) -> Iterator[Callable[[], Place]]:
    """The same on one server."""
    server = Postgres(durable=True)
    try:
        server.start()
        yield lambda: furnish(server.create_database(), server.create_database(), folder)
    finally:
        server.stop()


def furnish(url: str, floor_url: str, folder: Path) -> Place:
    """Migrate, install, and fill by the real actions."""
    migrating.upgrade(url)
    database = Database(url)
    place = settle(new_world(database), url, floor_url, folder)
    database.dispose()
    return place


def settle(world: World, url: str, floor_url: str, folder: Path) -> Place:
    """A report and a client in a world that is there; sign in and accept. The floor gets a bare table of its own."""
    make_floor(floor_url)
    world.client("陈安和")
    report = publish(world)
    propose(world)
    with patch.object(service_accounts, "MOST_A_MINUTE", MOST):  # more than one may have: it is not what is measured
        token = a_service(world, per_minute=MOST)
    shelf = tuple(release(world, grade) for grade, _ in product(RiskGrade, range(SHELF // len(RiskGrade))))
    moved = (world.now - datetime.now(UTC)).total_seconds()
    place = Place(url, floor_url, str(folder), moved, token=token, number="N-陈安和", shelf=shelf)
    return admit(place, world, report)


def make_floor(url: str) -> None:
    engine = create_engine(url, poolclass=NullPool)
    types = ("INTEGER", "BLOB") if url.startswith("sqlite") else ("BIGINT GENERATED ALWAYS AS IDENTITY", "BYTEA")
    with engine.begin() as connection:
        connection.execute(text(SCHEMA.format(*types)))


def publish(world: World) -> str:
    database = world.database
    imported = database.transact(
        reports.import_report, world.caller("reports"), prepare(REPORT.read_bytes(), REPORT.name), world.now
    )
    with database.reading() as connection:
        file = reports.view(connection, imported.report, world.now)
    wanted = reports.Wish(
        grade=RiskGrade[file.reading["grade"]],
        audience=printed_audience(file.reading),
        settled_before={each.id: world.now + timedelta(days=90) for each in file.open},
        reason="与印刷一致",
    )
    proposal = database.transact(reports.propose_publication, world.caller("reports"), imported.report, wanted, world.now).id
    database.transact(proposals.approve, world.caller("compliance"), proposal, "同意", world.now)
    database.transact(reports.publish, world.caller("reports"), imported.report, None, world.now)
    return imported.report


def propose(world: World) -> None:
    """A rise that waits for a second person."""
    investor, before = world.investors["陈安和"], world.now + timedelta(days=300)
    rise = [CategoryChange(investor=investor, category=RiskCategory.C4, before=before)]
    world.database.transact(investors.change, world.caller("clients"), investor, rise, "复评", "测评 2", world.now)


def admit(place: Place, world: World, report: str) -> Place:
    """Sign the client in through the application's own door, accept the statement, and look at the report once."""
    app = place.app()
    database, now = app.extensions[EXTENSION].database, app.extensions[EXTENSION].clock
    browser = app.test_client()
    app.config["WTF_CSRF_ENABLED"] = False  # for this one form; the application that is measured is another
    answer = browser.post("/sign-in", data={"login": "陈安和", "password": PASSWORD})
    app.config["WTF_CSRF_ENABLED"] = True
    if answer.status_code != 303:
        raise RuntimeError(f"The client could not sign in: {answer.status}")
    with browser.session_transaction() as session, database.reading() as connection:
        visitor = sessions.visitor(connection, session["_user_id"], now())
    caller = Caller(
        actor=f"person:{visitor.person}", person=visitor.person, investor=visitor.investor, session=visitor.session, channel="web"
    )
    served = database.transact(consent.serve, caller, report, "zh_CN", now(), ZONE).served
    database.transact(consent.acknowledge, caller, report, served.id, now(), ZONE, end_reached=True, ticked=True)
    path = f"/reports/{report}"
    answer = browser.get(path)
    if answer.status_code != 200 or served.title not in answer.text:
        raise RuntimeError(f"The report does not open: {answer.status}")
    cookie = browser.get_cookie(app.config["SESSION_COOKIE_NAME"])
    database.dispose()
    leaf = Place.ask(place.url, "SELECT length(leaf) FROM ledger_entry ORDER BY id DESC LIMIT 1")
    cookie = f"{cookie.key}={cookie.value}"
    return replace(place, path=path, cookie=cookie, title=served.title, leaf_bytes=int(leaf))
