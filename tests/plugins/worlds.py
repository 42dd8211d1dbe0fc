"""Worlds on both databases: migrated and furnished once, then copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine, event, make_url
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache

from gatekeeper import migrating
from gatekeeper.app import create_app
from gatekeeper.database import Database
from gatekeeper.services import EXTENSION, Services
from gatekeeper.store import engines, wire
from tests.beginnings import Beginning, Beginnings, File
from tests.postgres import Postgres
from tests.refill import Refilled
from tests.world import CHEAP, Clock, World, new_world, settings

MEMORY, ROOM = Path("/dev/shm"), 2**30
BACKENDS = [pytest.param("sqlite", id="sqlite"), pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres)]


def _engines(database: Database) -> set[Engine]:
    return {database._reader, database._recorder, database._writer}


class Databases:
    """One ``Database`` an address for all tests.

    On PostgreSQL connections stay open from test to test (``backends`` are the server's processes behind them), and what they
    remember of the test before is forgotten, as if they were new: all but their file and what the server has ready for them.
    """

    def __init__(self) -> None:
        self.backends: set[int] = set()
        self._made: dict[str, Database] = {}
        self._test = 0

    @property
    def urls(self) -> list[str]:
        return list(self._made)

    def at(self, url: str) -> Database:
        """The database at an address, for the next test."""
        self._test += 1
        if url not in self._made:
            self._made[url] = Database(url)
            self._watch(self._made[url])
        database = self._made[url]
        for connections in {database._readers, database._recorders, database._writers}:
            connections.release()
        for engine in _engines(database):
            if engine.pool.checkedin() > 1 or engine.pool.checkedout():  # several at once: the next test begins with one
                engine.dispose()
        return database

    def close(self, url: str) -> None:
        """Close the connections to an address where something else will be, or nothing."""
        if url in self._made:
            self._made[url].dispose()

    def _watch(self, database: Database) -> None:
        for engine in _engines(database):
            if not database.is_sqlite:
                event.listen(engine, "connect", self._connected)
            event.listen(engine, "checkout", self._taken)

    def _connected(self, connection: psycopg.Connection[Any], _record: Any) -> None:
        self.backends.add(connection.info.backend_pid)

    def _taken(self, _connection: Any, record: Any, _proxy: Any) -> None:
        if record.info.get("test") != self._test:
            ready = {name: kept for name, kept in record.info.items() if name in (wire.STATE, engines.FILE)}
            record.info.clear()
            record.info.update(ready, test=self._test)


@pytest.fixture(scope="session", autouse=True)
def compiled_templates(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Templates are compiled once for all applications of all processes of a run."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if hasattr(request.config, "workerinput") else own) / "templates"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": FileSystemBytecodeCache(str(folder))})
        yield


@pytest.fixture(scope="session", autouse=True)
def compiled_statements() -> Iterator[None]:
    """Statements are compiled once for all databases of one kind, however many are opened, and none is forgotten."""
    compiled: LRUCache[Any, Any] = LRUCache(100_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Engine, "_compiled_cache", property(lambda _: compiled, lambda *_: None), raising=False)
        for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
            patch.setattr(dialect, "__eq__", lambda one, other: type(one) is type(other))
            patch.setattr(dialect, "__hash__", lambda one: hash(type(one)))
        yield


@pytest.fixture(scope="session")
def sqlite_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where the tests' SQLite files are: in memory where there is room, since each commit waits for the disk."""
    if MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM:
        with TemporaryDirectory(prefix="gatekeeper-", dir=MEMORY) as folder:
            yield Path(folder)
    else:
        yield tmp_path_factory.mktemp("template")


@pytest.fixture(scope="session")
def sqlite_template(sqlite_folder: Path) -> tuple[Path, World]:
    path = sqlite_folder / "gatekeeper.db"
    migrating.upgrade(f"sqlite:///{path}")
    database = Database(f"sqlite:///{path}")
    world = new_world(database)
    database.dispose()
    return path, world


@pytest.fixture(scope="session")
def postgres_template(postgres_server: Postgres) -> tuple[str, World]:
    url = postgres_server.create_database()
    migrating.upgrade(url)
    database = Database(url)
    world = new_world(database)
    database.dispose()
    return url, world


@pytest.fixture(scope="session")
def postgres_copy(postgres_server: Postgres, postgres_template: tuple[str, World]) -> Iterator[Refilled]:
    copy = Refilled(postgres_server, postgres_template[0], "copy")
    yield copy
    copy.drop()


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    made = Databases()
    yield made
    for url in made.urls:
        made.close(url)


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest, databases: Databases) -> Iterator[tuple[str, World]]:
    """A copy of the furnished world for one test, always under the same address."""
    if request.param == "sqlite":
        template, made = request.getfixturevalue("sqlite_template")
        path = template.with_name("copy.db")
        for leftover in path.parent.glob("copy.db*"):
            leftover.unlink()
        shutil.copy(template, path)
        yield f"sqlite:///{path}", made
        databases.close(f"sqlite:///{path}")
    elif request.node.get_closest_marker("own_database"):
        server: Postgres = request.getfixturevalue("postgres_server")
        url, made = request.getfixturevalue("postgres_template")
        own = server.create_database(url, "own")
        yield own, made
        databases.close(own)
        server.drop_database(own)
    else:
        copy: Refilled = request.getfixturevalue("postgres_copy")
        yield copy.restore(databases.backends), request.getfixturevalue("postgres_template")[1]


@pytest.fixture(scope="session")
def beginnings() -> dict[str, Beginnings]:
    return {}


@pytest.fixture
def world(
    request: pytest.FixtureRequest, database_url: tuple[str, World], databases: Databases, beginnings: dict[str, Beginnings]
) -> World:
    """A furnished world of its own for one test, on each database."""
    url, made = database_url
    database = databases.at(url)
    if database.is_sqlite:
        shared = beginnings.setdefault(url, Beginnings(File(Path(make_url(url).database or ""))))
    elif not request.node.get_closest_marker("own_database"):
        shared = beginnings.setdefault(url, Beginnings(request.getfixturevalue("postgres_copy")))
    else:
        shared = None
    beginning = Beginning(shared) if shared else None
    return World(database, Clock(made.clock.moment), dict(made.people), dict(made.investors), beginning)


@pytest.fixture(scope="session")
def apps() -> dict[str, tuple[Flask, dict[str, Any], dict[str, Any]]]:
    """One application an address for all tests, with its settings and views as they were made: its templates are loaded once."""
    return {}


@pytest.fixture
def app(
    world: World,
    database_url: tuple[str, World],
    tmp_path: Path,
    apps: dict[str, tuple[Flask, dict[str, Any], dict[str, Any]]],
) -> Flask:
    """The application over the world's own database, with the world's clock."""
    own = settings(database_url[0], tmp_path)
    if own.database_url not in apps:
        made = create_app(own, clock=world.clock, database=world.database, passwords=CHEAP)
        apps[own.database_url] = made, dict(made.config), dict(made.view_functions)
    app, configuration, views = apps[own.database_url]
    app.config.clear()
    app.config.update(configuration)
    app.view_functions |= views
    app.extensions[EXTENSION] = Services(settings=own, database=world.database, passwords=CHEAP, clock=world.clock)
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()
