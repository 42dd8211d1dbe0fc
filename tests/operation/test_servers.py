"""A reload that nobody notices, and another server in front."""

import json
import signal
import time
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from gatekeeper import clock, installing
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.store.proof.ledger import LedgerEntry
from tests.library import release
from tests.operation import visitors
from tests.operation.service import TOP, Service, environment, running, served
from tests.operation.visitors import Browser, Tally, Visitor
from tests.world import World

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def report(world: World) -> str:
    world.client("refused", RiskCategory.C1)
    return release(world)


def refused(service: Service, report: str, how: signal.Signals, seconds: float) -> Tally:
    """Several who ask without a pause, while the server is told something."""
    everybody = [Visitor(Browser(service.port, again=True).sign_in("refused"), visitors.is_refused(report)) for _ in range(6)]

    def meanwhile() -> None:
        time.sleep(1.0)
        service.process.send_signal(how)

    return visitors.together(everybody, seconds, meanwhile)


def is_sound(world: World, tally: Tally) -> None:
    """As many entries as answers, each under the name of its request; a request that was not answered was not decided either."""
    with world.database.reading() as connection:
        refused = select(LedgerEntry.request_id).where(LedgerEntry.kind == "report.refused")
        written = Counter(connection.execute(refused).scalars())
    assert tally.strange == []
    assert written == Counter(each.request_id for each in tally.answers)


@sqlite
@pytest.mark.long
@pytest.mark.own_database
def test_told_to_reload_it_replaces_its_workers_one_by_one_and_nobody_notices(world: World, database_url, report, tmp_path):
    with served(world, database_url[0], tmp_path, most=90) as service:
        before = service.workers()
        tally = refused(service, report, signal.SIGHUP, 12.0)
        after = service.workers()
        service.stop()

    assert len(after) == 2
    assert not set(before) & set(after)
    assert tally.unanswered == Counter()
    is_sound(world, tally)


def test_told_to_stop_while_its_workers_begin_it_ends_at_once(installed):
    given = installed | {"SERVING_MOVED": "0", "SERVING_BEGINS": "20"}
    with running(["-m", "tests.operation.serving"], given, most=60) as service:
        until = time.monotonic() + 30
        while not any("Spawning worker-2" in line for line in service.lines):
            assert time.monotonic() < until
            time.sleep(0.01)
        time.sleep(0.5)
        took = service.stop()
        killed = [line for line in service.lines if "Killing" in line]

    assert killed == []
    assert took < 10


@pytest.fixture
def installed(tmp_path: Path) -> dict[str, str]:
    """A new installation of today, and its settings."""
    url = f"sqlite:///{tmp_path}/gatekeeper.db"
    installing.make_ready(url, "gatekeeper.example/test", clock.now())
    return environment(url, tmp_path)


def once(service: Service, *asked: str) -> tuple[int, str, str]:
    """One request on a connection of its own, which any of the workers may get."""
    browser = Browser(service.port)
    try:
        return browser.ask(*asked)
    finally:
        browser.close()


def test_gunicorn_serves_both_doors_counts_over_its_workers_and_stops_when_told(installed, tmp_path):
    folder = tmp_path / "numbers"
    folder.mkdir()
    port = installed["GATEKEEPER_PORT"]
    command = [
        "-m",
        "gunicorn",
        "wsgi:app",
        "--preload",
        f"--chdir={TOP}",
        f"--bind=127.0.0.1:{port}",
        "--workers=2",
        "--threads=4",
    ]
    with running(command, installed | {"PROMETHEUS_MULTIPROC_DIR": str(folder)}, most=60) as service:
        service.wait("/healthz")
        assert service.wait("/readyz") < 5
        pages = [once(service, "GET", "/sign-in")[0] for _ in range(20)]
        status, request_id, problem = once(service, "POST", "/access/v1/evaluation", "{}", "application/json")
        counted = service.numbers()["gatekeeper_request_seconds_count"]
        service.stop()

    asked = {"channel": "web", "method": "GET", "route": "/sign-in", "status": "200"}
    assert pages == [200] * 20
    assert (status, json.loads(problem)["status"]) == (401, 401)
    assert request_id
    assert counted[frozenset(asked.items())] == 20
