"""Asking people to look at a refusal: which refusals offer it, what binds it, who answers, and that no answer is a permit."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest

from gatekeeper.actions.accounts import access_requests
from gatekeeper.ledger import replay
from gatekeeper.ledger.verify import Findings
from gatekeeper.ledger.verify.acts import check_acts
from gatekeeper.rules.accounts.access_requests import GROUNDS, State, grounds
from gatekeeper.rules.accounts.scopes import Register
from gatekeeper.rules.changes import StandingChange
from gatekeeper.rules.errors import Conflict, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import InvestorClass, RiskCategory, RiskGrade
from gatekeeper.rules.suitability import Decision, Outcome, Reason
from gatekeeper.store.accounts import access_requests as store
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.work import ending
from gatekeeper.work.sending.office import Office
from tests.api.asking import evaluation
from tests.api.conftest import Api
from tests.library import release
from tests.service_accounts import a_service
from tests.work.test_mail import settings
from tests.world import ZONE, World

PATH = "/access/v1/requests"
Json = dict[str, Any]


@dataclass
class Asking:
    """A system that is refused a report for a suspended client."""

    world: World
    api: Api
    report: str

    def refusal(self, name: str = "off", report: str = "", action: str = "read", **more: Any) -> Json:
        """What the system is told of one question."""
        answer = self.api.post("/access/v1/evaluation", evaluation(f"N-{name}", report or self.report, action, **more))
        assert answer.status_code == 200, answer.text
        return answer.get_json() | {"code": answer.headers["X-Decision-Id"]}

    def body(self, name: str = "off", report: str = "", action: str = "read", **more: Any) -> Json:
        """A request that fits a refusal just given."""
        told = self.refusal(name, report, action)
        offer = told["context"]["access_request"]
        denial = {"evaluation_id": told["context"]["evaluation_id"], "binding_token": offer["binding_token"]}
        return {**evaluation(f"N-{name}", report or self.report, action), "denial": denial, **more}

    def post(self, body: Json, key: str = "", **how: Any) -> Any:
        return self.api.post(PATH, body, headers={"Idempotency-Key": key} if key else {}, **how)

    def ask(self, **more: Any) -> Json:
        answer = self.post(self.body(**more))
        assert answer.status_code == 202, answer.text
        return answer.get_json()["task"]

    def status(self, id_: str, **how: Any) -> Any:
        return self.api.get(f"{PATH}/{id_}", **how)

    def answer(self, id_: str, state: State, who: str = "clients", why: str = "已核对") -> None:
        act = access_requests.answer
        self.world.database.transact(act, self.world.caller(who), id_, state, why, self.world.now, ZONE)

    def entries(self, kind: Kind) -> list[Any]:
        with self.world.database.reading() as connection:
            return entries.search_leaves(connection, Filter(kind=kind), None, 20)


@pytest.fixture
def asking(world: World, api: Api, service: Callable[..., str]) -> Asking:
    world.client("off", RiskCategory.C3, suspended=True)
    service()
    return Asking(world, api, release(world, RiskGrade.R3))


# --------------------------------------------------------------------------------------------------------------- who may ask


@pytest.mark.parametrize("reason", Reason)
def test_people_are_asked_about_these_grounds_and_no_others(reason):
    alone = Decision(Outcome.DENY, (reason,), (), (), None)
    both = Decision(Outcome.DENY, (Reason.ACCOUNT_SUSPENDED, reason), (), (), None)

    assert bool(grounds(alone)) is bool(grounds(both)) is (reason in GROUNDS)
    assert {each.value for each in GROUNDS} == {
        "not_a_client", "no_service_contract", "account_suspended", "profile_incomplete", "professional_expired"
    }  # fmt: skip


def test_a_refusal_offers_it_only_for_what_a_file_can_be_put_right_of(asking: Asking):
    world = asking.world
    world.client("c1", RiskCategory.C1)
    world.client("both", RiskCategory.C1, suspended=True)
    world.client("lowest", RiskCategory.C1, lowest=True, suspended=True)
    world.client("part", RiskCategory.C3, complete=False)

    offers = {
        name: "access_request" in asking.refusal(name).get("context", {}) for name in ("off", "part", "c1", "both", "lowest")
    }

    assert offers == {"off": True, "part": True, "c1": False, "both": False, "lowest": False}


def test_whoever_is_told_no_grounds_is_offered_nothing(asking: Asking, service):
    service(register=Register.NONE)

    assert "access_request" not in asking.refusal().get("context", {})


# -------------------------------------------------------------------------------------------- from asking to a new decision


def test_a_request_is_answered_by_people_and_only_a_new_decision_permits(asking: Asking):
    task = asking.ask(justification="客户致电称已解除冻结")
    assert task["status"] == "pending"
    [entry] = asking.entries(Kind.ACCESS_REQUESTED)
    leaf = json.loads(entry.leaf)
    assert (entry.person, entry.investor, entry.report) == (
        asking.world.people["off"],
        asking.world.investors["off"],
        asking.report,
    )
    assert (leaf["data"]["grounds"], leaf["reason"]) == (["account_suspended"], "account_suspended")
    assert "致电" not in entry.leaf.decode()

    with pytest.raises(Conflict, match="still stands"):
        asking.answer(task["id"], State.APPROVED)
    investor = asking.world.investors["off"]
    asking.world.change("off", StandingChange(investor=investor, client=True, profile_complete=True, suspended=False))
    asking.answer(task["id"], State.APPROVED)

    assert asking.status(task["id"]).get_json()["task"]["status"] == "approved"
    again = asking.refusal(context={"approval": {"id": task["id"]}})
    assert "access_request" not in again["context"]
    assert again["context"]["reasons"] == ["acknowledgement_required"], "decided afresh, on what is on file alone"
    with asking.world.database.reading() as connection:
        [row] = entries.by_code(connection, again["code"])
        [approved] = connection.execute(store._WHOLE).all()
    assert json.loads(row.leaf)["data"]["access_request"] == task["id"]
    assert approved.state == "APPROVED"
    with pytest.raises(Conflict, match="answered"):
        asking.answer(task["id"], State.DECLINED)


def test_an_approval_permits_nothing_once_the_ground_is_back(asking: Asking):
    task, investor = asking.ask(), asking.world.investors["off"]
    asking.world.change("off", StandingChange(investor=investor, client=True, profile_complete=True, suspended=False))
    asking.answer(task["id"], State.APPROVED)
    asking.world.change("off", StandingChange(investor=investor, client=True, profile_complete=True, suspended=True))

    assert asking.refusal(context={"approval": {"id": task["id"]}})["context"]["reasons"] == ["account_suspended"]


def test_an_approval_is_named_only_where_it_belongs(asking: Asking, service):
    task, world = asking.ask(), asking.world
    investor = world.investors["off"]
    world.change("off", StandingChange(investor=investor, client=True, profile_complete=True, suspended=False))
    asking.answer(task["id"], State.APPROVED)
    other, quoted = release(world, RiskGrade.R2, title="另一份"), {"context": {"approval": {"id": task["id"]}}}
    world.client("c3", RiskCategory.C3)
    given = [
        asking.refusal("off", other, **quoted),
        asking.refusal("c3", **quoted),
        asking.refusal("off", action="bookmark", **quoted),
        asking.refusal("off", context={"approval": {"id": "x" * 26}}),
    ]
    service()
    given.append(asking.refusal("off", **quoted))

    with world.database.reading() as connection:
        rows = [entries.by_code(connection, each["code"])[0] for each in given]
    assert [json.loads(row.leaf)["data"].get("access_request") for row in rows] == [None] * 5


def test_a_decline_leaves_everything_as_it_is(asking: Asking):
    task = asking.ask()
    asking.answer(task["id"], State.DECLINED)

    assert asking.status(task["id"]).get_json()["task"]["status"] == "declined"
    assert asking.refusal()["context"]["reasons"] == ["account_suspended"]
    assert asking.ask()["id"] != task["id"], "after an answer the same may be asked again"


def test_what_nobody_answers_lapses_by_the_clock(asking: Asking):
    task = asking.ask()
    asking.world.clock.forward(timedelta(days=31))
    assert asking.status(task["id"]).get_json()["task"]["status"] == "lapsed", "whoever writes that down when"
    office = Office(settings(25), asking.world.database, asking.world.clock)
    for each in ending.TASKS:
        each.run(office)
        each.run(office)

    assert len(asking.entries(Kind.ACCESS_LAPSED)) == 1
    with pytest.raises(Conflict, match="time is over"):
        asking.answer(task["id"], State.DECLINED)
    findings = Findings()
    with asking.world.database.reading() as connection:
        check_acts(connection, findings)
    assert [each for each in findings.first if each.values["table"].startswith("access_")] == []


def test_replay_agrees_with_the_decisions_before_and_after(asking: Asking):
    asking.ask()
    with asking.world.database.reading() as connection:
        rows = entries.search_leaves(connection, Filter(kind=Kind.DECISION_ASKED), None, 20)
        assert replay.replay(connection, rows, ZONE).differences == ()


# ------------------------------------------------------------------------------------------------------------------- attacks


def test_what_does_not_belong_together_is_refused_alike(asking: Asking, service):
    world, good = asking.world, asking.body()
    world.client("off2", RiskCategory.C3, suspended=True)
    other = release(world, RiskGrade.R3, title="另一份")
    token = good["denial"]["binding_token"]
    seconds, _, mac = token.partition(".")
    later = f"{int(seconds) + 9}.{mac}"
    wrong = {
        "no token": {**good, "denial": {**good["denial"], "binding_token": ""}},
        "noise": {**good, "denial": {**good["denial"], "binding_token": "é" * 40}},
        "longer life": {**good, "denial": {**good["denial"], "binding_token": later}},
        "other evaluation": {**good, "denial": {**good["denial"], "evaluation_id": asking.refusal()["code"]}},
        "other person": {**good, "subject": {"type": "user", "id": "N-off2"}},
        "other report": {**good, "resource": {"type": "report", "id": other}},
        "other action": {**good, "action": {"name": "use"}},
        "other kind": {**good, "subject": {"type": "group", "id": "N-off"}},
    }
    answers = {name: asking.post(body) for name, body in wrong.items()}
    service()
    answers["other caller"] = asking.post(good)

    assert {name: answer.status_code for name, answer in answers.items()} == dict.fromkeys(answers, 403)
    assert {answer.get_json()["errors"][0]["pointer"] for answer in answers.values()} == {"#/denial/binding_token"}
    assert asking.entries(Kind.ACCESS_REQUESTED) == []


def test_a_token_is_good_for_a_day(asking: Asking):
    body = asking.body()
    asking.world.clock.forward(timedelta(days=1, seconds=1))

    assert asking.post(body).status_code == 403


def test_a_ground_that_has_become_another_is_not_asked_about(asking: Asking):
    body, investor = asking.body(), asking.world.investors["off"]
    asking.world.change("off", StandingChange(investor=investor, client=True, profile_complete=True, suspended=False))

    answer = asking.post(body)

    assert (answer.status_code, asking.entries(Kind.ACCESS_REQUESTED)) == (409, [])


def test_whom_an_account_may_not_ask_about_any_more_there_is_nobody(asking: Asking, service):
    investor = asking.world.investors["off"]
    here, there = (
        StandingChange(investor=investor, client=True, profile_complete=True, suspended=True, branch=branch)
        for branch in ("上海营业部", "深圳营业部")
    )
    asking.world.change("off", here)
    service(branches=("上海营业部",))
    body = asking.body()
    asking.world.change("off", there)

    assert asking.post(body).status_code == 409
    assert asking.entries(Kind.ACCESS_REQUESTED) == []


def test_another_callers_task_is_none_like_one_that_never_was(asking: Asking, service):
    task = asking.ask()
    assert asking.status(task["id"]).status_code == 200
    service()

    answers = [asking.status(each) for each in (task["id"], "0" * 26, "x", "%00", "a'b")]

    assert {answer.status_code for answer in answers} == {404}
    bodies = [{name: each for name, each in answer.get_json().items() if name != "request_id"} for answer in answers]
    assert all(each == bodies[0] for each in bodies)
    assert asking.status(task["id"], token="").status_code == 401


def test_one_request_is_open_at_a_time_about_the_same(asking: Asking):
    first = asking.ask()

    assert [asking.ask()["id"] for _ in range(3)] == [first["id"]] * 3
    assert len(asking.entries(Kind.ACCESS_REQUESTED)) == 1


def test_a_call_repeated_with_its_key_is_one_call_and_another_body_none(asking: Asking):
    body = asking.body()
    first = asking.post(body, "k-1")
    same = asking.post(dict(reversed(body.items())), "k-1")
    other = asking.post({**body, "justification": "另一事由"}, "k-1")
    odd = asking.post(body, "a b")
    asking.answer(first.get_json()["task"]["id"], State.DECLINED)
    after = asking.post(body, "k-1")

    assert [each.status_code for each in (first, same, other, odd, after)] == [202, 202, 409, 400, 202]
    ids = {each.get_json()["task"]["id"] for each in (first, same, after)}
    assert len(ids) == 1
    assert after.get_json()["task"]["status"] == "declined"


def test_two_calls_at_once_with_one_key_are_one(asking: Asking, app):
    body, barrier, answers = asking.body(), Barrier(2), []

    def call() -> None:
        api = Api(app.test_client(), asking.api.token)
        barrier.wait()
        answers.append(api.post(PATH, body, headers={"Idempotency-Key": "both"}))

    threads = [Thread(target=call) for _ in range(2)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert [each.status_code for each in answers] == [202, 202]
    assert len({each.get_json()["task"]["id"] for each in answers}) == 1
    assert len(asking.entries(Kind.ACCESS_REQUESTED)) == 1


def test_whoever_only_looks_on_answers_nothing(asking: Asking):
    task = asking.ask()

    for who in ("compliance", "reports"):
        with pytest.raises(NotPermitted):
            asking.answer(task["id"], State.DECLINED, who)


def test_a_lapsed_professional_may_be_asked_about(asking: Asking):
    world = asking.world
    world.client("pro", None, investor_class=InvestorClass.PROFESSIONAL_B)
    world.clock.forward(timedelta(days=400))
    asking.api.token = a_service(world)

    told = asking.refusal("pro")

    assert ("access_request" in told["context"]) is (set(told["context"]["reasons"]) <= {"professional_expired"})
