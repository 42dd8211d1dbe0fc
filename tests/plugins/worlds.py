"""Worlds on both databases: migrated and furnished once, then copied for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache

from gatekeeper import migrating
from gatekeeper.app import create_app
from gatekeeper.database import Database
from gatekeeper.web.context import EXTENSION, Services
from tests.postgres import Postgres
from tests.refill import Refilled
from tests.world import CHEAP, Clock, World, new_world, settings

BACKENDS = [pytest.param("sqlite", id="sqlite"), pytest.param("postgresql", id="postgresql", marks=pytest.mark.postgres)]


@pytest.fixture(scope="session", autouse=True)
def compiled_templates(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Templates are compiled once for all applications of all processes of a run."""
    own = tmp_path_factory.getbasetemp()
    folder = (own.parent if hasattr(request.config, "workerinput") else own) / "templates"
    folder.mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Flask, "jinja_options", {"bytecode_cache": FileSystemBytecodeCache(str(folder))})
        yield


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    path = tmp_path_factory.mktemp("template") / "gatekeeper.db"
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


@pytest.fixture(params=BACKENDS)
def database_url(request: pytest.FixtureRequest) -> Iterator[tuple[str, World]]:
    """A copy of the furnished world for one test, always under the same address."""
    if request.param == "sqlite":
        template, made = request.getfixturevalue("sqlite_template")
        path = template.with_name("copy.db")
        for leftover in path.parent.glob("copy.db*"):
            leftover.unlink()
        shutil.copy(template, path)
        yield f"sqlite:///{path}", made
    elif request.node.get_closest_marker("own_database"):
        server: Postgres = request.getfixturevalue("postgres_server")
        url, made = request.getfixturevalue("postgres_template")
        own = server.create_database(url)
        yield own, made
        server.drop_database(own)
    else:
        copy: Refilled = request.getfixturevalue("postgres_copy")
        yield copy.restore(), request.getfixturevalue("postgres_template")[1]


@pytest.fixture(scope="session")
def databases() -> Iterator[dict[str, Database]]:
    """One ``Database`` an address for all tests: statements are compiled once, connections are each test's own."""
    made: dict[str, Database] = {}
    yield made
    for database in made.values():
        database.dispose()


@pytest.fixture
def world(database_url: tuple[str, World], databases: dict[str, Database]) -> Iterator[World]:
    """A furnished world of its own for one test, on each database."""
    url, made = database_url
    if url not in databases:
        databases[url] = Database(url)
    database = databases[url]
    yield World(database, Clock(made.clock.moment), dict(made.people), dict(made.investors))
    database.dispose()


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
