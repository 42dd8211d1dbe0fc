"""What load balancers and monitors ask: whether the process answers, and whether it can do its work."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from gatekeeper.api import health
from gatekeeper.paths import newest_migration
from gatekeeper.services import EXTENSION
from gatekeeper.settings import Settings
from tests.world import World

TOKEN = "0123456789abcdef" * 2
NAMES = {"database", "tables", "ledger", "sealing", "policy", "disk"}
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def asking(app: Flask) -> Callable[..., tuple[int, dict]]:
    """Ask /readyz as if for the first time, with some settings changed."""

    def ask(*, token: str = "", **changed: object) -> tuple[int, dict]:
        made: Settings = replace(app.extensions[EXTENSION].settings, metrics_token=TOKEN, **changed)
        app.extensions[EXTENSION] = replace(app.extensions[EXTENSION], settings=made)
        app.extensions[health._EXTENSION] = health.Readiness()
        answer = app.test_client().get("/readyz", headers={"Authorization": f"Bearer {token}"} if token else {})
        return answer.status_code, answer.get_json()

    return ask


def change(url: str, *statements: str) -> None:
    engine = sa.create_engine(url, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        for each in statements:
            connection.exec_driver_sql(each)


def failed(found: dict) -> set[str]:
    return {name for name, word in found["checks"].items() if word != "ok"}


def test_a_service_that_is_ready_says_so_check_by_check_and_no_more(asking):
    assert asking() == (200, {"status": "ok", "checks": dict.fromkeys(NAMES, "ok")})


def test_whoever_has_the_token_reads_what_stands_behind_it(asking):
    status, found = asking(token=TOKEN)

    assert status == 200
    assert found["details"]["tables"]["found"] == found["details"]["tables"]["wanted"]
    assert found["details"]["sealing"]["most"] == 900
    assert found["details"]["disk"]["free_megabytes"] > 0
    assert "details" not in asking(token="wrong")[1]


def test_tables_of_another_version(asking, database_url):
    change(database_url[0], "UPDATE alembic_version SET version_num = '0001_older'")
    try:
        status, found = asking(token=TOKEN)
    finally:
        change(database_url[0], f"UPDATE alembic_version SET version_num = '{newest_migration()}'")  # noqa: S608

    assert (status, found["status"], failed(found)) == (503, "failed", {"tables"})
    assert found["details"]["tables"]["found"] == "0001_older"


def test_a_sealer_that_does_not_seal(world: World, app: Flask, asking):
    world.clock.forward(timedelta(days=400))  # the entries' own time is the database's, which the world's present is far ahead of

    assert failed(asking()[1]) == {"sealing"}
    assert asking(ready_unsealed_seconds=10**9)[0] == 200


@sqlite
def test_a_disk_without_room(asking):
    assert failed(asking(ready_free_megabytes=10**9)[1]) == {"disk"}


@sqlite
def test_no_policy_in_force_is_not_ready(world: World, asking):
    world.clock.moment -= timedelta(days=3650)

    assert "policy" in failed(asking()[1])


@sqlite
def test_a_database_that_is_gone_fails_what_needs_it_and_leaks_no_address(world: World, app: Flask, asking, tmp_path):
    made = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(made, database=type(made.database)(f"sqlite:///{tmp_path}/gone.db"))
    status, found = asking(token=TOKEN)

    assert (status, failed(found)) == (503, NAMES - {"disk"})
    assert str(tmp_path) not in json.dumps(found)


@sqlite
def test_a_database_that_does_not_answer_keeps_no_probe_waiting(app: Flask, asking, monkeypatch):
    release = threading.Event()
    looks = []

    def never(*_):
        looks.append(1)
        release.wait(20)
        return True, {}

    monkeypatch.setattr(health, "_PATIENCE", 0.2)
    monkeypatch.setitem(health._CHECKS, "database", never)
    begun = time.monotonic()
    first = asking()
    with app.test_client() as client:
        again = [client.get("/readyz").status_code for _ in range(20)]
    took = time.monotonic() - begun
    release.set()

    assert first == (503, {"status": "failed", "checks": dict.fromkeys(NAMES, "failed")})
    assert set(again) == {503}
    assert took < 2
    assert looks == [1], "one look is under way, however many ask"


@sqlite
def test_a_flood_of_probes_costs_one_look(app: Flask, client: FlaskClient, monkeypatch):
    looks = []
    monkeypatch.setattr(health, "_look", lambda _: looks.append(1) or {"database": (True, {})})
    app.extensions[health._EXTENSION] = health.Readiness()

    assert {client.get("/readyz").status_code for _ in range(50)} == {200}
    assert looks == [1]


@sqlite
def test_a_process_that_answers_is_alive_whatever_its_database_does(app: Flask, client: FlaskClient, tmp_path):
    made = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(made, database=type(made.database)(f"sqlite:///{tmp_path}/gone.db"))

    answer = client.get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"status": "ok"})
    assert "Set-Cookie" not in answer.headers
