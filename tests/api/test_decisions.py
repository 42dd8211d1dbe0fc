"""One question of another system: the same decision as on the pages, told within its scope, and an entry that names it."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from gatekeeper.actions.reading import subscriptions
from gatekeeper.ledger import replay
from gatekeeper.rules.accounts.scopes import Register
from gatekeeper.rules.changes import MandateChange
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.distribution import Interest
from gatekeeper.rules.risk import Action, Initiative, InvestorClass, RiskCategory, RiskGrade
from gatekeeper.services import EXTENSION
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.entries import Filter
from tests import operators
from tests.api.asking import ask, evaluation, last, resource, subject
from tests.library import release, withdraw
from tests.web.browser import visit
from tests.web.test_client import accept
from tests.world import ZONE, World

UNKNOWN = "0123456789abcdefghjkmnpqrs"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def addressed(app: Flask) -> Flask:
    """The application under a public address."""
    found = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(found, settings=replace(found.settings, public_url="https://research.example.com"))
    return app


# ------------------------------------------------------------------------------------------------- the same gate as on the pages


def test_from_the_first_question_to_the_permit(world: World, addressed: Flask, api: Any, service: Any) -> None:
    service(register=Register.CLIENT)
    world.client("c3", RiskCategory.C3)
    report = release(world, RiskGrade.R3)

    waiting = ask(api, "c3", report)
    accept(visit(addressed, "c3"), report)
    permitted = ask(api, "N-c3", report)
    lower = ask(api, "c3", release(world, RiskGrade.R4))

    url = f"https://research.example.com/reports/{report}"
    assert (waiting["decision"], waiting["context"]["reasons"]) == (False, ["acknowledgement_required"])
    [step] = waiting["context"]["obligations"]
    assert (step["id"], step["type"], step["properties"]["accept_url"]) == ("accept_statement", "step-up", f"{url}/statement")
    assert "open_url" not in waiting["context"]
    assert (permitted["decision"], permitted["context"]["open_url"]) == (True, url)
    assert [each["id"] for each in permitted["context"]["obligations"]] == ["watermark"]
    assert (lower["decision"], lower["context"]["reasons"]) == (False, ["category_below_grade"])
    assert lower["context"]["reason_user"] == {
        "zh-CN": "本报告的风险等级为 R4 中高风险。适用范围：专业投资者，以及风险承受能力等级为 C4或C5 的普通投资者。",
        "en": "This report's risk grade is R4 Medium-high risk. It is meant for: Professional investors, and ordinary investors "
        "of risk tolerance C4 or C5.",
    }


def test_the_words_that_wait_are_the_words_that_are_shown(world: World, addressed: Flask, api: Any, service: Any) -> None:
    service()
    world.client("c3", RiskCategory.C3)
    report = release(world, RiskGrade.R3)

    [step] = ask(api, "c3", report)["context"]["obligations"]
    accept(visit(addressed, "c3"), report)
    with world.database.reading() as connection:
        kept = entries.search(connection, Filter(kind=(Kind.STATEMENT_ACCEPTED,)), None, 1)[0]
        shown = json.loads(entries.by_id(connection, kept.id).leaf)["data"]

    told = step["properties"]["words_sha256"]
    assert set(told) == {"zh-CN", "en"}
    assert shown["words"] in told.values()


def test_every_decision_is_an_entry_that_names_the_caller_and_replays(world: World, api: Any, service: Any) -> None:
    service()
    world.client("c3", RiskCategory.C3)
    report = release(world, RiskGrade.R3)

    answer = api.post("/access/v1/evaluation", evaluation("c3", report))

    entry = last(world)
    assert (answer.status_code, answer.headers["X-Decision-Id"]) == (200, entry.code)
    assert entry.code not in answer.text
    assert entry.actor.startswith("service:")
    assert (entry.kind, entry.person, entry.investor) == ("decision.asked", world.people["c3"], world.investors["c3"])
    assert (entry.report, entry.action, entry.outcome) == (report, "READ", "ACKNOWLEDGE")
    assert replayed(world) == []


def replayed(world: World) -> list[replay.Difference]:
    """Every decision of the log that does not come out again as it was logged."""
    with world.database.reading() as connection:
        found = entries.search(connection, Filter(kind=tuple(replay.KINDS)), None, 1000)
        return list(replay.replay(connection, [entries.by_id(connection, each.id) for each in found], ZONE).differences)


@on_sqlite
def test_the_interface_decides_as_the_command_line_does(world: World, app: Flask, api: Any, service: Any) -> None:
    service()
    names = {
        "c1": world.client("c1", RiskCategory.C1, lowest=True),
        "c3": world.client("c3", RiskCategory.C3),
        "pro": world.client("pro", None, investor_class=InvestorClass.PROFESSIONAL_B),
        "out": world.client("out", RiskCategory.C5, suspended=True),
        "new": world.client("new", None, investor_class=None, client=False, complete=False),
    }
    reports = [
        release(world, RiskGrade.R1),
        release(world, RiskGrade.R4),
        release(world, None),
        release(world, RiskGrade.R2, released=False),
        UNKNOWN,
    ]
    withdraw(world, gone := release(world, RiskGrade.R1))
    for name, person in names.items():
        for report in [*reports, gone]:
            for action in Action:
                told = ask(api, name, report, action.value.lower())
                initiative = Initiative.PUSH if action is Action.RECEIVE else Initiative.PULL
                asked = world.database.record(
                    operators.ask_for,
                    world.caller(name),
                    person,
                    world.investors[name],
                    report,
                    world.clock.moment,
                    ZONE,
                    action=action,
                    initiative=initiative,
                )
                assert told["context"].get("reasons", []) == [each.value for each in asked.answered.decision.reasons]
                assert told["decision"] is (asked.answered.decision.outcome == "PERMIT")


# ----------------------------------------------------------------------------------------------------------------- who is meant


@on_sqlite
def test_whoever_is_not_meant_beyond_doubt_is_unknown(world: World, api: Any, service: Any) -> None:
    service(register=Register.CLIENT)
    world.client("anna", RiskCategory.C3)
    world.client("bert", RiskCategory.C3)
    both = MandateChange(investor=world.investors["bert"], person=world.people["anna"], capacity="经办人")
    world.change("bert", both)
    report = release(world, RiskGrade.R1)
    cases: dict[str, tuple[dict[str, Any], str | None]] = {
        "a login with two investors": (subject("anna"), None),
        "the login and one of them": (subject("anna", investor="N-bert"), "bert"),
        "the login and the other": (subject("anna", investor="N-anna"), "anna"),
        "an investor with two persons": (subject("N-bert"), None),
        "the investor and one of them": (subject("N-bert", login="anna"), "bert"),
        "the investor and its own": (subject("N-bert", login="BERT"), "bert"),
        "the one investor of a login": (subject("bert"), "bert"),
        "a login in capitals": (subject("Bert"), "bert"),
        "a client number in small letters": (subject("n-anna"), None),
        "the one person of an investor": (subject("N-anna"), "anna"),
        "an investor that is not theirs": (subject("bert", investor="N-anna"), None),
        "an investor there is not": (subject("bert", investor="N-nobody"), None),
        "an investor that is no text": (subject("bert", investor=5), None),
        "an empty investor": (subject("bert", investor=""), None),
        "an empty name": (subject(""), None),
        "a name of another kind": ({"type": "staff", "id": "bert"}, None),
        "a kind in capitals": ({"type": "User", "id": "bert"}, None),
        "staff": (subject("compliance"), None),
        "nobody": (subject("nobody"), None),
        "a name no database can hold": (subject("a\x00b"), None),
        "an endless name": (subject("x" * 100_000), None),
        "an internal id": (subject(world.people["bert"]), None),
        "a pattern": (subject("%"), None),
        "a statement": (subject("' OR '1'='1"), None),
    }

    for what, (who, expected) in cases.items():
        answer = api.post("/access/v1/evaluation", {"subject": who, "action": {"name": "bookmark"}, "resource": resource(report)})
        assert answer.get_json()["decision"] is (expected is not None), what
        if expected is None:
            assert answer.get_json()["context"]["reasons"] == ["investor_unknown"], what
        assert last(world).investor == (world.investors[expected] if expected else None), what
    assert replayed(world) == []


def test_a_mandate_that_ended_is_none(world: World, api: Any, service: Any) -> None:
    service()
    world.client("anna", RiskCategory.C3)
    report = release(world, RiskGrade.R1)
    ended = MandateChange(investor=world.investors["anna"], person=world.people["anna"], capacity="本人", live=False)

    before = ask(api, "anna", report, "bookmark")
    world.change("anna", ended)

    assert before["decision"] is True
    assert ask(api, "anna", report, "bookmark")["context"]["reasons"] == ["investor_unknown"]
    assert ask(api, "N-anna", report, "bookmark")["decision"] is False


@pytest.mark.parametrize("register", Register)
def test_an_investor_of_another_branch_is_exactly_as_unknown(world: World, api: Any, service: Any, register: Register) -> None:
    service(register=register, branches=("北京营业部",))
    world.client("anna", RiskCategory.C3)
    for report in (release(world, RiskGrade.R1), UNKNOWN):
        for known, unknown in (("anna", "nobody"), ("N-anna", "N-nobody")):
            elsewhere = api.post("/access/v1/evaluation", evaluation(known, report))
            kept = last(world)
            nobody = api.post("/access/v1/evaluation", evaluation(unknown, report))
            other = last(world)

            assert elsewhere.data == nobody.data
            assert {name for name, _ in elsewhere.headers} == {name for name, _ in nobody.headers}
            assert (kept.person, kept.investor, kept.reason, kept.outcome) == (None, None, other.reason, "DENY")
            with world.database.reading() as connection:
                assert entries.private_of(connection, kept.id)["subject_outside"].split() == [
                    world.people["anna"],
                    world.investors["anna"],
                ]
                assert "subject_outside" not in entries.private_of(connection, other.id)


# ------------------------------------------------------------------------------------------------------------- stored facts win

IMPROVED: list[dict[str, Any]] = [
    {"subject": {"properties": {"category": "C5", "class": "PROFESSIONAL_A", "lowest": False}}},
    {"subject": {"properties": {"category": 5, "investor_class": "PROFESSIONAL_A", "standing": {"client": True}}}},
    {"subject": {"category": "C5", "facts": {"category": "C5"}}},
    {"resource": {"properties": {"grade": "R1", "state": "RELEASED", "audience": {}}}},
    {"resource": {"grade": "R1", "version": "1"}},
    {"action": {"properties": {"acknowledged": True, "initiative": "PULL"}}},
    {"context": {"now": "2020-01-01T00:00:00Z", "time": "2020-01-01T00:00:00Z", "as_of": "2020-01-01", "date": "2020-01-01"}},
    {"context": {"category": "C5", "grade": "R1", "acceptance": 1, "statement_accepted": True, "policy": "none"}},
    {"context": {"approval": {"id": "1"}, "override": True, "reasons": [], "decision": True}},
    {"now": "2020-01-01", "as_of": "2020-01-01", "zone": "UTC", "policy": {}, "decision": True, "facts": {"category": "C5"}},
    {"context": {"initiative": "pull"}},
]


@on_sqlite
def test_nothing_that_is_sent_improves_the_answer(world: World, api: Any, service: Any) -> None:
    service()
    world.client("low", RiskCategory.C1, lowest=True)
    world.client("c2", RiskCategory.C2)
    world.client("late", RiskCategory.C5, last_day=(world.clock.moment + timedelta(days=1)).date())
    report = release(world, RiskGrade.R4)
    r1 = release(world, RiskGrade.R1)
    world.clock.forward(timedelta(days=3))

    for name, about, action in (("low", report, "read"), ("c2", report, "receive"), ("late", r1, "read"), ("c2", r1, "read")):
        plain = evaluation(name, about, action)
        answers = [ask_for(api, plain)]
        for better in IMPROVED:
            body = {part: {**plain.get(part, {}), **more} if isinstance(more, dict) else more for part, more in better.items()}
            answers.append(ask_for(api, {**plain, **body}))
        assert answers == answers[:1] * len(answers)


def ask_for(api: Any, body: dict[str, Any]) -> dict[str, Any]:
    answer = api.post("/access/v1/evaluation", body)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.get_json()
    return found


# -------------------------------------------------------------------------------------------------------------- who moves first


@pytest.mark.parametrize(
    ("action", "told", "subscribed", "states", "expected"),
    [
        ("read", None, False, False, "PULL"),
        ("read", "pull", False, False, "PULL"),
        ("read", "push", False, True, "PUSH"),
        ("receive", None, False, False, "PUSH"),
        ("receive", "pull", False, False, "PUSH"),
        ("receive", "pull", False, True, "PULL"),
        ("receive", "push", False, True, "PUSH"),
        ("receive", None, True, False, "PULL"),
        ("receive", "pull", True, False, "PULL"),
        ("receive", "push", True, False, "PUSH"),
    ],
)
@on_sqlite
def test_who_moves_first(
    world: World, api: Any, service: Any, action: str, told: str | None, *, subscribed: bool, states: bool, expected: str
) -> None:
    service(states_initiative=states)
    world.client("c2", RiskCategory.C2)
    report = release(world, RiskGrade.R4)
    if subscribed:
        subscribe(world, "c2")
    body = evaluation("c2", report, action, **({"context": {"initiative": told}} if told else {}))

    one = ask_for(api, body)
    first = json.loads(last(world).leaf)["data"]["initiative"]
    [many] = api.post("/access/v1/evaluations", {"evaluations": [body]}).get_json()["evaluations"]

    assert first == expected
    assert ("push_mismatch" in one["context"]["reasons"]) is (expected == "PUSH")
    assert many == one
    assert replayed(world) == []


def subscribe(world: World, name: str) -> None:
    """Ask for everything of the kind that the tests' reports are of; there must be one that the client may read."""
    release(world, RiskGrade.R1)
    caller = replace(world.caller(name), person=world.people[name])
    world.database.transact(subscriptions.add, caller, Interest.KIND, "行业点评", world.now, ZONE)


# ---------------------------------------------------------------------------------------------- what is told, to whom


def told_of(api: Any, body: dict[str, Any]) -> bytes:
    answer = api.post("/access/v1/evaluation", body)
    assert answer.status_code == 200
    found: bytes = answer.data
    return found


@on_sqlite
@pytest.mark.parametrize("register", [Register.NONE, Register.CLIENT])
def test_reports_of_which_nobody_may_know_are_one_and_the_same(
    world: World, addressed: Flask, api: Any, service: Any, register: Register
) -> None:
    service(register=register, states_initiative=True)
    world.client("c1", RiskCategory.C1, lowest=True)
    world.client("out", RiskCategory.C5, suspended=True)
    hidden = [
        release(world, RiskGrade.R5, released=False),
        release(world, RiskGrade.R1, at=world.clock.moment + timedelta(days=1)),
        release(world, None, released=False, conflict=True),
    ]
    for name in ("c1", "N-out", "nobody"):
        for action in ("read", "bookmark", "receive", "use", "fly"):
            unknown = told_of(api, evaluation(name, UNKNOWN, action))
            assert [told_of(api, evaluation(name, each, action)) for each in hidden] == [unknown] * 3
    assert {json.loads(told_of(api, evaluation("c1", each)))["decision"] for each in hidden} == {False}


@on_sqlite
def test_a_register_is_told_no_more_than_it_may_be(world: World, addressed: Flask, api: Any, service: Any) -> None:
    world.client("c2", RiskCategory.C2)
    world.client("low", RiskCategory.C1, lowest=True)
    world.client("late", RiskCategory.C4, last_day=world.clock.moment.date())
    world.client("was", None, investor_class=InvestorClass.PROFESSIONAL_B, class_last_day=world.clock.moment.date())
    report = release(world, RiskGrade.R3)
    world.clock.forward(timedelta(days=3))
    said: dict[Register, list[Any]] = {}
    for register in Register:
        service(register=register)
        said[register] = [ask(api, name, report) for name in ("c2", "low", "late", "was")]

    assert said[Register.NONE] == [{"decision": False}] * 4
    for each in said[Register.CLIENT]:
        assert set(each["context"]) == {"reasons", "reason_user"}
        words = json.dumps(each["context"]["reason_user"], ensure_ascii=False)
        assert not any(own in words for own in ("C2", "C4 Active", "C4 积极型", str(world.clock.moment.year + 2), "2026-11"))
    staff = said[Register.STAFF]
    assert [each["context"]["investor"].get("category") for each in staff] == ["C2", "C1", "C4", None]
    assert [each["context"]["investor"]["lowest"] for each in staff] == [False, True, False, False]
    assert staff[1]["context"]["reason_admin"] == [
        {
            "reason": "lowest_category",
            "rule": {"zh-CN": "风险承受能力最低类别，仅限R1", "en": "Lowest category, R1 only"},
            "articles": ["CSRC Order 130, Art. 22(5)"],
        }
    ]
    assert all(len(each["context"]["policy"]) == 64 for each in staff)
    assert staff[0]["context"]["report"] == {"grade": "R3"}


@on_sqlite
def test_an_action_outside_the_scope_is_not_answered(world: World, api: Any, service: Any) -> None:
    service(actions=(Action.READ,))
    report = release(world, RiskGrade.R1)
    before = last(world).id

    answer = api.post("/access/v1/evaluation", evaluation("nobody", report, "use"), headers={"Accept-Language": "en"})

    assert (answer.status_code, answer.mimetype) == (403, "application/problem+json")
    assert answer.get_json()["detail"] == "This account may not ask about the action “use”."
    assert last(world).id == before


@on_sqlite
def test_without_a_public_address_no_address_is_told(world: World, api: Any, service: Any) -> None:
    service()
    world.client("c3", RiskCategory.C3)

    waiting, permitted = (ask(api, "c3", release(world, RiskGrade.R1), action) for action in ("read", "bookmark"))

    assert "accept_url" not in waiting["context"]["obligations"][0]["properties"]
    assert "open_url" not in permitted["context"]


@on_sqlite
def test_a_request_keeps_its_name_whatever_becomes_of_it(world: World, api: Any, service: Any) -> None:
    service(actions=(Action.READ,))
    name = {"X-Request-ID": "order-17/4"}
    answers = [
        api.post("/access/v1/evaluation", evaluation("nobody", UNKNOWN), headers=name),
        api.post("/access/v1/evaluation", evaluation("nobody", UNKNOWN), headers=name, token="wrong"),
        api.post("/access/v1/evaluation", evaluation("nobody", UNKNOWN, "use"), headers=name),
        api.post("/access/v1/evaluation", {}, headers=name),
        api.post("/access/v1/nowhere", {}, headers=name),
        api.get("/access/v1/evaluation", headers=name),
    ]

    assert [each.status_code for each in answers] == [200, 401, 403, 400, 404, 405]
    assert {each.headers["X-Request-ID"] for each in answers} == {"order-17/4"}


# ------------------------------------------------------------------------------------------- where it can be read again


@on_sqlite
def test_the_page_of_a_batch_says_every_answer(world: World, app: Flask, api: Any, service: Any) -> None:
    service(branches=("上海营业部",))
    world.client("c3", RiskCategory.C3)
    report = release(world, RiskGrade.R5, title="远期利率互换市场报告")
    body = {"evaluations": [evaluation("c3", report, "bookmark"), evaluation("nobody", UNKNOWN, "fly"), {}]}

    code = api.post("/access/v1/evaluations", body).headers["X-Decision-Id"]
    page = visit(app, "compliance").get(f"/log/{code}").text

    rows = page.split("<h2>Answers</h2>")[1].split("</section>")[0]
    wanted = (
        "c3",
        "远期利率互换市场报告",
        "Bookmark",
        "Category does not match the risk grade",
        "Nobody whom the caller may ask about",
    )
    assert [words for words in wanted if words not in rows] == []
    assert rows.count("<tr") == 3
    assert "Questions asked" in page
    assert "Many decisions asked for at once" in visit(app, "compliance").get("/log").text
