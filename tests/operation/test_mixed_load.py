"""Everybody at once on two workers: nothing is lost, nothing stands twice, and a killed worker takes no answer back."""

import os
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, select

from gatekeeper.database import Database
from gatekeeper.ledger.verify import Wanted, verify
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerPending
from tests.api.asking import evaluation
from tests.library import release
from tests.operation import visitors
from tests.operation.service import Service, served
from tests.operation.visitors import Browser, Tally, Visit, Visitor
from tests.service_accounts import a_service
from tests.world import World

SHORT = 5.0
SECONDS = [pytest.param(SHORT, id="5s"), pytest.param(60.0, id="60s", marks=pytest.mark.long)]
MANY = 15
MOST = 90.0
"""Seconds beyond the load itself after which the service is killed, so that the test ends whatever happens."""


@dataclass
class Scene:
    """The people of the load, what they read, and where the ledger stood before."""

    world: World
    url: str
    report: str
    others: list[str]
    declined: str
    token: str
    newest: int
    findings: Counter[object]

    def visitors(self, service: Service) -> list[Visitor]:
        """Two who read, one who may not, one who accepts and declines, a compliance officer at the log, and two systems."""

        def browser(login: str) -> Browser:
            return Browser(service.port).sign_in(login)

        first = browser("reader")
        read_first(first, self.report)
        second = browser("reader")
        found = [
            Visitor(first, visitors.reads(self.report)),
            Visitor(second, visitors.reads(self.report)),
            Visitor(browser("refused"), visitors.is_refused(self.report)),
            Visitor(browser("accepting"), visitors.acknowledges(self.others, self.declined)),
            Visitor(browser("compliance"), visitors.searches()),
            Visitor(Browser(service.port, Authorization=f"Bearer {self.token}"), self.asks_once()),
            Visitor(Browser(service.port, Authorization=f"Bearer {self.token}"), self.asks_many()),
        ]
        self.newest = newest_of(self.world)
        return found

    def asks_once(self) -> Visit:
        """Another system that asks about one."""
        return visitors.asks("/access/v1/evaluation", "decision.asked", evaluation("N-reader", self.report))

    def asks_many(self) -> Visit:
        """One that asks about several, known and unknown; few enough about each for one entry."""
        items = [
            evaluation(name, report) for name in ("N-reader", "N-refused", "N-nobody") for report in self.others[: MANY // 3]
        ]
        return visitors.asks("/access/v1/evaluations", "decisions.asked", {"evaluations": items}, pause=0.05)

    def entries(self) -> list[tuple[str | None, str]]:
        """Request and kind of every entry since, in the order in which they were written."""
        query = select(LedgerEntry.request_id, LedgerEntry.kind).where(LedgerEntry.id > self.newest).order_by(LedgerEntry.id)
        with self.world.database.reading() as connection:
            return [(row.request_id, row.kind) for row in connection.execute(query)]


def read_first(browser: Browser, report: str) -> None:
    """Accept the words before a report, so that it opens from now on."""
    page = browser.get(f"/reports/{report}/statement")[2]
    form = {"serving": visitors.hidden(page, "serving"), "answer": "accept", "end_reached": "yes", "ticked": "yes"}
    assert browser.post(f"/reports/{report}/acknowledgement", page, form)[0] == 303


@pytest.fixture
def scene(world: World, database_url: tuple[str, World]) -> Scene:
    for name, category in (("reader", RiskCategory.C3), ("refused", RiskCategory.C1), ("accepting", RiskCategory.C4)):
        world.client(name, category)
    report, *others = [release(world, title=f"储能周报之{number}") for number in range(16)]
    declined = release(world, RiskGrade.R4)
    token = a_service(world, per_minute=60_000)
    return Scene(world, database_url[0], report, others, declined, token, newest_of(world), found(world.database))


def newest_of(world: World) -> int:
    """The entry that was written last."""
    with world.database.reading() as connection:
        return int(connection.execute(select(func.max(LedgerEntry.id))).scalar_one())


def found(database: Database) -> Counter[object]:
    """What a verification of the whole log finds. The scene's own rows were not written by the acts they name."""
    with database.snapshot() as connection:
        counts = verify(connection, Wanted(), datetime.now(UTC)).findings.counts
    return Counter({check: number for check, number in counts.items() if not check.value.startswith("no")})


def matches(tally: Tally, entries: list[tuple[str | None, str]]) -> None:
    """Each answer has one entry of its kind under its request; what nobody was told of is no more than went unanswered."""
    kinds = {each.what for each in tally.answers}
    written = Counter((request, kind) for request, kind in entries if kind in kinds)
    answered = Counter((each.request_id, each.what) for each in tally.answers)
    assert tally.strange == []
    assert max(answered.values()) == 1
    assert set(written.values()) == {1}, "an entry stands twice"
    assert answered - written == Counter(), "an answer was given without an entry"
    assert (written - answered).total() <= tally.unanswered.total()


def counted(service: Service, tally: Tally) -> None:
    """The service's own numbers over both workers are those of its visitors."""
    numbers = service.numbers()
    decisions = Counter[str]()
    for labels, number in numbers["gatekeeper_decisions_total"].items():
        decisions[dict(labels)["kind"]] += int(number)
    by_kind = tally.by_kind()
    assert decisions["report.opened"] == opened(service) == by_kind["report.opened"]
    assert decisions["report.refused"] == by_kind["report.refused"]
    assert decisions["decision.asked"] == by_kind["decision.asked"]
    assert decisions["decisions.asked"] == by_kind["decisions.asked"] * MANY
    searched = numbers["gatekeeper_events_total"][frozenset({("kind", "ledger.searched")})]
    assert searched == by_kind["ledger.searched"]


def sealed(scene: Scene) -> None:
    """Wait until the sealer beside the workers has sealed what there is."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        with scene.world.database.reading() as connection:
            if connection.execute(select(func.count()).select_from(LedgerPending)).scalar_one() == 0:
                return
        time.sleep(0.2)
    raise AssertionError("nothing seals")


@pytest.mark.own_database
@pytest.mark.parametrize("seconds", SECONDS)
def test_whatever_is_answered_has_its_entry_under_load_with_a_worker_killed_and_while_it_stops(
    scene: Scene, tmp_path: Path, seconds: float, capsys
) -> None:
    with served(scene.world, scene.url, tmp_path, most=seconds + MOST) as service:
        everybody = scene.visitors(service)
        with_all(scene, service, everybody, seconds, capsys)
        with_one_killed(scene, service, everybody, seconds, capsys)
        sealed(scene)
        while_it_stops(scene, service, everybody)
        errors = [line for line in service.told("request.answered") if line["level"] == "error"]

    assert errors == []
    assert found(scene.world.database) == scene.findings


def with_all(scene: Scene, service: Service, everybody: list[Visitor], seconds: float, capsys) -> None:
    """Nothing goes wrong, and what the workers hold does not grow."""
    early = dict[int, float]()

    def halfway() -> None:
        time.sleep(seconds / 2)
        early.update(service.memory())

    tally = visitors.together(everybody, seconds, halfway)
    late = service.memory()

    told(capsys, scene, tally, seconds, [f"{early[pid]:.0f} -> {late[pid]:.0f} MB" for pid in late])
    assert tally.unanswered == Counter()
    matches(tally, scene.entries())
    counted(service, tally)
    assert len(tally.by_kind()) == 8
    assert set(early) == set(late), "no worker was replaced"
    assert all(late[pid] < early[pid] + 10 for pid in late)


def with_one_killed(scene: Scene, service: Service, everybody: list[Visitor], seconds: float, capsys) -> None:
    """A worker is killed in the middle: nothing answered is lost, another takes its place, and its counts still count."""
    scene.newest, before, counted_before, killed_at = newest_of(scene.world), service.workers(), opened(service), [0.0]

    def meanwhile() -> None:
        time.sleep(seconds / 4)
        killed_at[0] = time.monotonic()
        os.kill(before[0], signal.SIGKILL)

    tally = visitors.together(everybody, seconds, meanwhile)
    while sum("Started worker-" in line for line in service.lines) < len(before) + 1:
        time.sleep(0.05)
    after = service.workers()

    told(capsys, scene, tally, seconds, ["one killed"])
    matches(tally, scene.entries())
    assert min(each.at for each in tally.answers) < killed_at[0] < max(each.at for each in tally.answers)
    assert before[0] not in after
    assert len(after) == 2
    assert opened(service) - counted_before >= tally.by_kind()["report.opened"]


def while_it_stops(scene: Scene, service: Service, everybody: list[Visitor]) -> None:
    """Told to stop it finishes what it has begun, and takes nothing more: who was not answered was not decided about either."""
    scene.newest = newest_of(scene.world)

    def meanwhile() -> None:
        time.sleep(0.5)
        service.stop()
        time.sleep(0.2)

    tally = visitors.together(everybody, 1.0, meanwhile)
    assert tally.unanswered["ConnectionRefusedError"] > 0, "whoever comes later is turned away"
    assert not [line for line in service.lines if "Killing" in line], "nobody had to be cut short"
    tally.unanswered.clear()
    matches(tally, scene.entries())


def opened(service: Service) -> float:
    """How many openings the service has counted."""
    decisions = service.numbers()["gatekeeper_decisions_total"]
    return sum(number for labels, number in decisions.items() if ("kind", "report.opened") in labels)


def told(capsys: pytest.CaptureFixture[str], scene: Scene, tally: Tally, seconds: float, more: list[str]) -> None:
    """What came of it, for whoever reads the output."""
    times = sorted(each.ms for each in tally.answers)
    figures = {
        "answers": len(times),
        "each second": round(len(times) / seconds),
        "p50 ms": round(times[len(times) // 2], 1),
        "p99 ms": round(times[len(times) * 99 // 100], 1),
        "unanswered": dict(tally.unanswered),
        **tally.by_kind(),
    }
    if seconds > SHORT:
        with capsys.disabled():
            sys.stdout.write(f"\n{scene.url.partition(':')[0]}: {figures} {', '.join(more)}\n")
