"""The client for other programs and the server it was written for, over a real connection."""

import sqlite3
import threading
from contextlib import closing
from dataclasses import replace

import pytest

from gatekeeper.client import Denied, Gatekeeper, GatekeeperUnavailable, Question, RequestRefused
from gatekeeper.rules.risk import Action, RiskCategory
from gatekeeper.services import EXTENSION
from tests.api.asking import last
from tests.library import release
from tests.plugins.live import serving
from tests.service_accounts import a_service

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FULL = "CREATE TRIGGER full_disk BEFORE INSERT ON ledger_entry BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
REQUEST_ID = "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.fixture
def server(app):
    made = app.extensions[EXTENSION]
    with serving(app) as address:
        app.extensions[EXTENSION] = replace(made, settings=replace(made.settings, public_url="https://research.example"))
        yield address


def test_they_understand_each_other(world, server):
    world.client("c3", RiskCategory.C3)
    world.client("c2", RiskCategory.C2)
    report = release(world)
    with Gatekeeper(server, a_service(world, actions=(Action.READ, Action.RECEIVE), states_initiative=True)) as gatekeeper:
        permitted = gatekeeper.may("N-c3", "receive", report, initiative="push", request_id=REQUEST_ID)
        entry = last(world)

        assert permitted
        assert (permitted.decision_id, permitted.request_id) == (entry.code, REQUEST_ID)
        assert (entry.kind, entry.request_id) == ("decision.asked", REQUEST_ID)
        assert [each.id for each in permitted.obligations] == ["watermark"]

        with pytest.raises(Denied, match="category_below_grade") as refused:
            gatekeeper.require("N-c2", "receive", report, initiative="push")
        assert refused.value.answer.told["zh-CN"]
        assert refused.value.answer.context["investor"]["category"] == "C2"

        due = gatekeeper.may("c3", "read", report)
        assert (bool(due), due.reasons) == (False, ("acknowledgement_required",))
        assert due.obligations[0].properties["accept_url"] == f"https://research.example/reports/{report}/statement"

        asked = [Question(subject=each, action="receive", resource=report, initiative="push") for each in ("c2", "c3", "nobody")]
        assert [each.decision for each in gatekeeper.evaluate_many(asked)] == [False, True, False]
        assert [each.decision for each in gatekeeper.evaluate_many(asked, semantic="permit_on_first_permit")] == [False, True]

        with pytest.raises(RequestRefused) as scoped:
            gatekeeper.may("N-c3", "use", report)
        assert scoped.value.status == 403


def test_what_the_server_refuses_the_client_tells_in_its_words(world, server):
    token = a_service(world, per_minute=2)
    with (
        Gatekeeper(server, token[:-1] + ("A" if token[-1] != "A" else "B")) as stranger,
        pytest.raises(RequestRefused) as unknown,
    ):
        stranger.may("N-c3", "read", "r1")
    assert unknown.value.status == 401
    assert "令牌" in str(unknown.value)

    with Gatekeeper(server, token, patience=0, language="en") as gatekeeper:
        assert not gatekeeper.may("N-c3", "read", "r1")
        assert not gatekeeper.may("N-c3", "read", "r1")
        with pytest.raises(GatekeeperUnavailable, match="This account has asked as much as it may this minute") as spent:
            gatekeeper.may("N-c3", "read", "r1")
    assert spent.value.status == 429


def test_a_server_that_cannot_record_gives_no_answer(world, server, database_url):
    token = a_service(world)
    with Gatekeeper(server, token, patience=0) as gatekeeper:
        assert not gatekeeper.may("N-c3", "read", "r1")
        with closing(sqlite3.connect(database_url[0].removeprefix("sqlite:///"))) as raw, raw:
            raw.execute(FULL)
        with pytest.raises(GatekeeperUnavailable) as failed:
            gatekeeper.may("N-c3", "read", "r1")
    assert failed.value.status == 503


def test_many_threads_of_one_client_get_their_own_answers(world, server):
    world.client("c3", RiskCategory.C3)
    report = release(world)
    wrong: list[object] = []

    def work(name: str, wanted: bool) -> None:  # noqa: FBT001  (it is what the answer must be)
        answers = [gatekeeper.may(name, "bookmark", report) for _ in range(6)]
        wrong.extend(each for each in answers if each.decision is not wanted)

    with Gatekeeper(server, a_service(world), timeout=30) as gatekeeper:
        threads = [threading.Thread(target=work, args=each) for each in [("c3", True), ("nobody", False)] * 3]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert wrong == []
