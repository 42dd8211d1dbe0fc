"""What entries of requests, decisions and proposals say."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from gatekeeper.actions.reading import access
from gatekeeper.ledger.acts.propose import propose
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.errors import Conflict
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import RiskCategory
from tests.ledger.raw import ON_POSTGRESQL, leaves, opened
from tests.library import release
from tests.world import NOW, ZONE, World


@pytest.fixture
def url(database_url):
    return database_url[0]


def last(url: str) -> dict:
    with opened(url) as raw:
        return leaves(raw)[-1]


def test_a_callers_events_name_person_and_investor_and_keep_what_is_personal_apart():
    caller = Caller(
        actor="person:p", person="p", investor="i", session=7, channel="web", request_id="r", address="192.0.2.1", device="d",
        os_user="",
    )  # fmt: skip

    own = caller.event(Kind.REPORTS_LISTED, NOW, data={"a": 1}, private={"words": "w"})
    of_another = caller.event(Kind.INVESTOR_VIEWED, NOW, person=None, investor="other")

    assert (own.actor, own.person, own.investor, own.request_id, own.at) == ("person:p", "p", "i", "r", NOW)
    assert own.data == {"channel": "web", "a": 1}
    assert own.private == {"address": "192.0.2.1", "device": "d", "os_user": "", "words": "w"}
    assert (of_another.actor, of_another.person, of_another.investor) == ("person:p", None, "other")
    assert own.code != of_another.code
    assert Caller(actor="system").acting_as("q") == Caller(actor="person:q", person="q")


def test_codes_are_twelve_characters_that_nobody_mistakes():
    codes = [Caller(actor="system").event(Kind.LOG_STARTED, NOW).code for _ in range(2000)]

    assert len(set(codes)) == 2000
    assert {len(code) for code in codes} == {12}
    assert set("".join(codes)) == set("0123456789abcdefghjkmnpqrstvwxyz")


def test_a_decisions_entry_holds_the_answer_every_reason_and_the_rows_it_used(world: World, url):
    world.client("c2", RiskCategory.C2)
    report = release(world)

    answer = world.database.record(access.open_report, world.caller("c2"), report, world.now, ZONE)

    entry = last(url)
    assert entry["code"] == answer.code
    assert entry["kind"] == "report.refused"
    assert (entry["action"], entry["outcome"], entry["reason"]) == ("READ", "DENY", "category_below_grade")
    assert (entry["person"], entry["investor"], entry["report"]) == (world.people["c2"], world.investors["c2"], report)
    assert entry["policy"] == answer.decision.policy
    assert entry["data"]["reasons"] == [reason.value for reason in answer.decision.reasons]
    assert entry["data"]["initiative"] == "PULL"
    assert {"mandate", "standing", "class", "category", "release", "version", "grading", "policy", "statement"} <= set(
        entry["data"]["facts"]
    )
    assert sorted(entry["private"]) == ["address", "device"]


def test_a_report_that_does_not_exist_is_null_and_what_was_asked_for_is_private(world: World, url):
    world.client("c3", RiskCategory.C3)

    world.database.record(access.open_report, world.caller("c3"), "x" * 5000, world.now, ZONE)

    entry = last(url)
    assert (entry["report"], entry["reason"]) == (None, "report_unknown")
    assert "report_asked_for" in entry["private"]
    with opened(url) as raw:
        assert raw.one("SELECT value FROM ledger_private WHERE field = 'report_asked_for'") == "x" * 64
    assert "xxxx" not in json.dumps(entry)


def _wanted(world: World) -> tuple:
    world.client("c2", RiskCategory.C2)
    investor = world.investors["c2"]
    change = CategoryChange(investor=investor, category=RiskCategory.C4, before=NOW + timedelta(days=700))
    return world.caller("clients"), "classification", [change], {"investor": investor}, "测评结果", "档案 7"


def test_a_proposal_and_its_entry_name_each_other(world: World, url):
    proposed = world.database.transact(propose, *_wanted(world), world.now)

    entry = last(url)
    assert (entry["kind"], entry["code"]) == ("classification.proposed", proposed.code)
    assert entry["data"]["proposal"] == proposed.id
    assert sorted(entry["private"]) == ["address", "device", "evidence", "reason"]
    with opened(url) as raw:
        [row] = raw.rows("SELECT * FROM proposal WHERE id = ?", proposed.id)
        assert json.loads(row["payload"]) == entry["data"]["changes"]
        assert raw.one("SELECT max(id) FROM ledger_entry") == row["entry_id"]


def test_the_same_change_is_proposed_once(world: World, url):
    wanted = _wanted(world)
    world.database.transact(propose, *wanted, world.now)
    entry = last(url)

    with pytest.raises(Conflict, match="proposed already"):
        world.database.transact(propose, *wanted, world.now)
    assert last(url) == entry


@ON_POSTGRESQL
def test_the_same_change_proposed_twice_at_one_moment_is_proposed_once(world: World, url):
    wanted = _wanted(world)

    def attempt(_):
        try:
            return world.database.transact(propose, *wanted, NOW + timedelta(minutes=1)).id
        except Conflict as error:
            return error

    with ThreadPoolExecutor(6) as threads:
        got = list(threads.map(attempt, range(6)))

    [made] = [each for each in got if isinstance(each, str)]
    with opened(url) as raw:
        assert raw.one("SELECT id FROM proposal WHERE state = 'PENDING'") == made
        assert (
            raw.one("SELECT count(*) FROM ledger_entry WHERE kind = 'classification.proposed' AND code = ?", last(url)["code"])
            == 1
        )
