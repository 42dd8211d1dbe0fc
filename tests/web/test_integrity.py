"""The integrity page: what it says of the log, and the verification that is asked for on it."""

import re
from datetime import timedelta
from html import unescape
from pathlib import Path

import pytest
from flask import Flask

from gatekeeper.actions import jobs as action
from gatekeeper.actions.proof import integrity
from gatekeeper.ledger import keys
from gatekeeper.rules.errors import Conflict, NotPermitted
from gatekeeper.rules.roles import Role
from gatekeeper.settings import Settings
from gatekeeper.store import jobs
from gatekeeper.work import anchoring
from gatekeeper.work.sealer import seal_waiting
from gatekeeper.work.sending.office import Office
from gatekeeper.work.verifying import verify_if_asked
from tests.web.browser import post, visit
from tests.world import SECRET, World

ORIGIN = "gatekeeper.example/test"


def words(answer: object) -> str:
    body = answer.text.split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


@pytest.fixture
def office(world: World, tmp_path: Path) -> Office:
    """A work process with a key and a place outside."""
    keys.generate(tmp_path / "key", ORIGIN)
    given = {"DATABASE_URL": "sqlite:///unused", "SECRET_KEY": SECRET, "LOG_ORIGIN": ORIGIN}
    given |= {"LEDGER_KEY": str(tmp_path / "key"), "ANCHOR_FILE": str(tmp_path / "anchor")}
    settings = Settings.from_env({f"GATEKEEPER_{name}": value for name, value in given.items()})
    return Office(settings, world.database, lambda: world.now)


def last_verification(world: World) -> dict[str, object]:
    with world.database.reading() as connection:
        found = integrity.standing(connection, world.now, has_key=True).verified
    assert found is not None
    return found.data


def test_a_log_that_nobody_looked_after_shows_red(app: Flask) -> None:
    page = visit(app, "compliance").get("/integrity/")

    assert page.status_code == 200
    assert 'class="notice error"' in page.text
    assert "has no signing key" in words(page)
    assert "No checkpoint is kept outside" in words(page)
    assert "never been verified" in words(page)


def test_a_verification_is_asked_for_done_and_told(world: World, app: Flask, office: Office) -> None:
    seal_waiting(office, publish_every=timedelta(0))
    anchoring.anchor(office)
    assert post(visit(app, "compliance"), "/integrity/verification", {}).status_code == 303
    assert "Waits for the work process" in words(visit(app, "compliance").get("/integrity/"))
    again = post(visit(app, "compliance"), "/integrity/verification", {})
    assert again.status_code == 303  # a double click is one verification

    verify_if_asked(office)

    page = visit(app, "compliance").get("/integrity/")
    assert "The last one found no fault." in words(page)
    assert "Verify now" in page.text
    assert last_verification(world)["findings"] == 0
    with world.database.reading() as connection:
        job = jobs.newest(connection, jobs.VERIFICATION)
    assert job.ended_at is not None
    assert job.failed is None
    verify_if_asked(office)  # nothing more is asked for
    assert page.headers["Cache-Control"] == "no-store"


def test_what_is_found_shows_red(world: World, app: Flask, office: Office) -> None:
    seal_waiting(office, publish_every=timedelta(0))  # and nothing is kept outside, which is a finding
    world.database.transact(action.ask_verification, world.caller("compliance"), world.now)
    verify_if_asked(office)

    page = words(visit(app, "compliance").get("/integrity/"))
    assert "The last verification found something wrong" in page
    assert "The last one found 1 fault." in page
    assert last_verification(world)["findings"] == 1


def test_a_job_whose_process_died_is_begun_anew_and_never_done_twice(world: World) -> None:
    world.database.transact(action.ask_verification, world.caller("compliance"), world.now)
    first = world.database.note(jobs.claim, jobs.VERIFICATION, world.now)
    assert first is not None
    assert world.database.note(jobs.claim, jobs.VERIFICATION, world.now) is None
    with pytest.raises(Conflict):
        world.database.transact(action.ask_verification, world.caller("compliance-2"), world.now)

    world.clock.forward(jobs.GIVEN_UP + timedelta(seconds=1))
    second = world.database.note(jobs.claim, jobs.VERIFICATION, world.now)
    assert second is not None
    assert second.id == first.id


@pytest.mark.parametrize("who", ["inspector", "clients"])
def test_only_compliance_asks_for_a_verification(world: World, app: Flask, who: str) -> None:
    world.staff("inspector", Role.INSPECTOR)
    with pytest.raises(NotPermitted):
        world.database.transact(action.ask_verification, world.caller(who), world.now)
    assert "Verify now" not in visit(app, "inspector").get("/integrity/").text
