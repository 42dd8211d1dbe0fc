"""The three searches as another system meets them: what they find, page by page, and what is refused."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gatekeeper.ledger import replay
from gatekeeper.rules.accounts.scopes import Register
from gatekeeper.rules.changes import MandateChange, StandingChange
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action, InvestorKind, RiskCategory, RiskGrade
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.entries import Filter
from tests.api.asking import Json, evaluation, last, resource, subject
from tests.audience import furnish, multiply
from tests.chance import BRANCHES, Chance, chance
from tests.library import release, withdraw
from tests.world import ZONE, World

UNKNOWN = "0123456789abcdefghjkmnpqrs"
EXAMPLES = Path(__file__).parents[3] / "shared" / "vectors" / "authzen" / "spec_examples.json"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def who(report: str, action: str = "receive", **more: Any) -> Json:
    return {"subject": {"type": "user"}, "action": {"name": action}, "resource": resource(report), **more}


def what(name: str, action: str = "receive", **more: Any) -> Json:
    return {"subject": subject(name), "action": {"name": action}, "resource": {"type": "report"}, **more}


def doing(name: str, report: str, **more: Any) -> Json:
    return {"subject": subject(name), "resource": resource(report), **more}


def pages(api: Any, kind: str, body: Json, *, later: Callable[[], None] | None = None, **page: Any) -> Iterator[list[Json]]:
    """The results of every page, until the end; ``later`` passes the time between two."""
    while True:
        answer = api.post(f"/access/v1/search/{kind}", {**body, **({"page": page} if page else {})})
        assert answer.status_code == 200, answer.text
        assert list(answer.get_json()) == ["page", "results"]
        yield answer.get_json()["results"]
        page["token"] = answer.get_json()["page"]["next_token"]
        if not page["token"]:
            return
        if later is not None:
            later()


def whole(api: Any, kind: str, body: Json, **how: Any) -> list[Json]:
    return [each for results in pages(api, kind, body, **how) for each in results]


def refusal(api: Any, kind: str, body: Any, status: int = 400) -> str:
    answer = api.post(f"/access/v1/search/{kind}", body)
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    return str(answer.get_json()["detail"])


def judged(api: Any, questions: list[Json]) -> list[bool]:
    """What comes of each question if it is asked for alone."""
    found: list[bool] = []
    for first in range(0, len(questions), 1000):
        answer = api.post("/access/v1/evaluations", {"evaluations": questions[first : first + 1000]})
        assert answer.status_code == 200, answer.text
        found += [each["decision"] for each in answer.get_json()["evaluations"]]
    return found


# -------------------------------------------------------------------------------------------------------- what is found is so


def names(made: Chance) -> list[Json]:
    """Everybody, by every name that may mean them."""
    numbers, logins = made.numbers, made.logins
    short = [subject(number) for number in numbers.values()] + [subject(login) for login in logins.values()]
    return short + [
        subject(numbers[investor], investor=numbers[investor], login=logins[person]) for person, investor in made.acting
    ]


@pytest.mark.parametrize("seed", [11])
def test_every_result_evaluates_to_true_and_nothing_that_does_is_missing(world: World, api: Any, service: Any, seed: int) -> None:
    service(per_minute=60_000, may_search=True, register=Register.NONE, branches=BRANCHES[:2])
    made = chance(world, seed, 14, 8)
    everybody, total = names(made), 0
    for action in ("read", "bookmark", "receive", "use"):
        asked = [(each, report) for each in everybody for report in made.reports]
        body = {"action": {"name": action}}
        answers = judged(api, [{**body, "subject": each, "resource": resource(report)} for each, report in asked])
        true = [(each, report) for (each, report), answer in zip(asked, answers, strict=True) if answer]
        for report in made.reports:
            found = whole(api, "subject", who(report, action), limit=3)
            assert all(judged(api, [{**body, "subject": each, "resource": resource(report)} for each in found]))
            full = {each["id"] for each, of in true if of == report and each["id"] in made.numbers.values()}
            assert {each["id"] for each in found} == full
            total += len(found)
        for each in everybody:
            found = whole(api, "resource", {**body, "subject": each, "resource": {"type": "report"}}, limit=3)
            assert [one["id"] for one in found] == sorted(report for other, report in true if other == each)
    assert total > 10


def test_actions_are_those_that_evaluate_to_true(world: World, api: Any, service: Any) -> None:
    service(may_search=True, actions=(Action.READ, Action.BOOKMARK, Action.RECEIVE))
    world.client("c3", RiskCategory.C3)
    fits, too_high = release(world, RiskGrade.R3), release(world, RiskGrade.R4)
    body = doing("N-c3", fits, action={"name": ["ignored"]})
    assert whole(api, "action", body) == [{"name": "bookmark"}, {"name": "receive"}]
    assert list(pages(api, "action", body, limit=1)) == [[{"name": "bookmark"}], [{"name": "receive"}]]
    assert whole(api, "action", doing("N-c3", too_high)) == []
    assert whole(api, "action", doing("N-c3", UNKNOWN)) == []
    assert whole(api, "action", doing("nobody", fits)) == []


def test_several_persons_of_an_investor_are_told_apart(world: World, api: Any, service: Any) -> None:
    service(may_search=True)
    world.client("fund", RiskCategory.C5, kind=InvestorKind.INSTITUTION)
    world.client("N-fund", RiskCategory.C1)  # whose login is the other one's client number
    report = release(world, RiskGrade.R5)
    assert whole(api, "subject", who(report)) == [subject("N-fund", investor="N-fund", login="fund")]
    world.change("fund", MandateChange(investor=world.investors["fund"], person=world.people["N-fund"], capacity="基金经理"))
    found = whole(api, "subject", who(report), limit=1)
    assert sorted(each["properties"]["login"] for each in found) == ["fund", "n-fund"]
    assert judged(api, [{**evaluation("", report, "receive"), "subject": each} for each in found]) == [True, True]
    assert judged(api, [evaluation("N-fund", report, "receive")]) == [False]


# ------------------------------------------------------------------------------------------------------------------- page by page


def test_a_walk_by_pages_of_any_length_meets_everybody_once(
    world: World, database_url: tuple[str, World], api: Any, service: Any, request: pytest.FixtureRequest
) -> None:
    service(per_minute=60_000, may_search=True)
    _crowd(world, database_url[0], 15)
    report = release(world, RiskGrade.R1, categories=tuple(RiskCategory))
    everybody = whole(api, "subject", who(report), limit=1000)
    assert len(everybody) == len({each["id"] for each in everybody}) == 8 * 15 + 8
    for limit in (1, 7, 128, 129):
        walked = list(pages(api, "subject", who(report), limit=limit))
        assert [each for page in walked for each in page] == everybody
        assert {len(page) for page in walked[:-1]} <= {limit}


@pytest.mark.long
def test_a_walk_over_a_hundred_thousand(world: World, database_url: tuple[str, World], api: Any, service: Any) -> None:
    service(per_minute=60_000, may_search=True)
    _crowd(world, database_url[0], 12_500)
    report = release(world, RiskGrade.R1, categories=tuple(RiskCategory))

    def later() -> None:
        world.clock.forward(timedelta(minutes=1))

    walked = list(pages(api, "subject", who(report), limit=1000, later=later))
    assert len({each["id"] for page in walked for each in page}) == 8 * 12_500 + 8
    few = release(world, RiskGrade.R5, categories=(RiskCategory.C5,), professional=None)
    assert len(whole(api, "subject", who(few), limit=1000, later=later)) == 2 * 12_500 + 2


def _crowd(world: World, url: str, count: int) -> None:
    furnish(world)
    multiply(world, url, count)


def test_a_token_serves_its_own_question_of_its_own_caller_for_an_hour(world: World, api: Any, service: Any) -> None:
    mine = service(may_search=True)
    for name in ("a", "b", "c"):
        world.client(name, RiskCategory.C5)
    report, other = release(world, RiskGrade.R1), release(world, RiskGrade.R1)
    first = api.post("/access/v1/search/subject", who(report, page={"limit": 1})).get_json()
    token = first["page"]["next_token"]

    def follow(body: Json, **page: Any) -> Json:
        return {**body, "page": {"token": token, **page}}

    for body in (
        follow(who(other), limit=1),
        follow(who(report, "bookmark"), limit=1),
        follow(who(report, context={"initiative": "push"}), limit=1),
        {**follow(who(report)), "resource": {**resource(report), "properties": {"grade": "R1"}}},
        {**who(report), "page": {"token": token[:-2] + ("A" if token[-2] != "A" else "B") + token[-1]}},
        {**who(report), "page": {"token": "x"}},
        {**who(report), "page": {"token": "证"}},
        {**who(report), "page": {"token": "A" * 5000}},
    ):
        assert "page/token" in refusal(api, "subject", body)
    for body in (follow(what("N-a")), follow(what("N-a"), limit=1)):
        assert "page/token" in refusal(api, "resource", body)

    theirs = service(may_search=True)
    assert "page/token" in refusal(api, "subject", follow(who(report), limit=1))
    api.token = mine
    dropped = api.post("/access/v1/search/subject", follow(who(report))).get_json()
    repeated = api.post("/access/v1/search/subject", follow({"unknown": 1, **who(report)}, limit=1)).get_json()
    assert len(dropped["results"]) == 1
    assert dropped["results"] == repeated["results"] != first["results"]
    assert theirs != mine
    world.clock.forward(timedelta(minutes=59))
    assert api.post("/access/v1/search/subject", follow(who(report))).get_json()["results"] == dropped["results"]
    world.clock.forward(timedelta(minutes=2))
    assert "page/token" in refusal(api, "subject", follow(who(report)))


def test_each_page_is_found_as_things_stand_then(world: World, api: Any, service: Any) -> None:
    service(may_search=True)
    for name in ("a", "b", "c", "d"):
        world.client(name, RiskCategory.C5)
    report = release(world, RiskGrade.R1)
    before = whole(api, "subject", who(report))
    walk = pages(api, "subject", who(report), limit=2)
    assert next(walk) == before[:2]
    gone = before[2]["id"].removeprefix("N-")
    world.change(gone, StandingChange(investor=world.investors[gone], client=True, profile_complete=True, suspended=True))
    assert list(walk) == [before[3:]]
    walk = pages(api, "subject", who(report), limit=1)
    next(walk)
    withdraw(world, report)
    assert list(walk) == [[]]


@on_sqlite
def test_pages_of_nothing_and_of_far_too_much(world: World, api: Any, service: Any) -> None:
    service(may_search=True, per_minute=50)
    world.client("a", RiskCategory.C5)
    report = release(world, RiskGrade.R1)
    nothing = api.post("/access/v1/search/subject", who(report, page={"limit": 0})).get_json()
    assert nothing["results"] == []
    assert nothing["page"]["next_token"]
    follow = who(report, page={"limit": 5, "token": nothing["page"]["next_token"]})
    assert api.post("/access/v1/search/subject", follow).get_json()["results"] == [subject("N-a")]
    assert whole(api, "subject", who(report), limit=10**9) == [subject("N-a")]
    assert whole(api, "subject", who(report), limit=1.0) == [subject("N-a")]
    for limit in (-1, 1.5, True, "1", None, [1]):
        assert "page/limit" in refusal(api, "subject", who(report, page={"limit": limit}))
    for page in (7, [], None, {"token": 7}):
        assert "page" in refusal(api, "subject", who(report, page=page))


# ---------------------------------------------------------------------------------------------------- what is not, and may not


@on_sqlite
def test_whoever_and_whatever_is_not_there_finds_nothing(world: World, api: Any, service: Any) -> None:
    service(may_search=True, branches=(BRANCHES[0],))
    world.client("near", RiskCategory.C5)
    world.client("far", RiskCategory.C5)
    standing = StandingChange(investor=world.investors["far"], client=True, profile_complete=True, branch=BRANCHES[1])
    world.change("far", standing)
    report, waits = release(world, RiskGrade.R1), release(world, RiskGrade.R1, at=world.now + timedelta(days=1))
    assert whole(api, "subject", who(report)) == [subject("N-near")]
    assert whole(api, "resource", what("N-near")) == [resource(report)]
    nothing = api.post("/access/v1/search/resource", what("nobody")).data
    for kind, body in (
        ("resource", what("N-far")),
        ("resource", what("far")),
        ("resource", what("N-near", "read")),
        ("resource", what("N-near", "fly")),
        ("resource", {**what("N-near"), "subject": {"type": "robot", "id": "N-near"}}),
        ("resource", {**what("N-near"), "resource": {"type": "account"}}),
        ("subject", who(UNKNOWN)),
        ("subject", who(waits)),
        ("subject", who(report, "fly")),
        ("subject", {**who(report), "subject": {"type": "robot", "id": 7}}),
        ("subject", {**who(report), "resource": {"type": "account", "id": report}}),
        ("action", doing("N-far", report)),
        ("action", {**doing("N-near", report), "resource": {"type": "account", "id": report}}),
        ("action", {**doing("N-near", report), "subject": {"type": "robot", "id": "N-near"}}),
    ):
        answer = api.post(f"/access/v1/search/{kind}", body)
        assert (answer.status_code, answer.data) == (200, nothing), (kind, body)


@on_sqlite
def test_what_is_missing_is_said(world: World, api: Any, service: Any) -> None:
    service(may_search=True)
    report = release(world, RiskGrade.R1)
    bodies = {"subject": who(report), "resource": what("N-a"), "action": doing("N-a", report)}
    for kind, body in bodies.items():
        for member, value in body.items():
            assert member in refusal(api, kind, {name: each for name, each in body.items() if name != member})
            for part in value:
                assert f"{member}/{part}" in refusal(api, kind, {**body, member: {k: v for k, v in value.items() if k != part}})
    assert "resource/id" in refusal(api, "subject", bodies["resource"])
    assert "subject/id" in refusal(api, "resource", bodies["subject"])


@on_sqlite
def test_who_may_not_search_or_not_ask_about_an_action_is_told_so(world: World, api: Any, service: Any) -> None:
    service(may_search=False)
    report = release(world, RiskGrade.R1)
    for kind, body in (("subject", who(report)), ("resource", what("N-a")), ("action", doing("N-a", report))):
        refusal(api, kind, body, 403)
    service(may_search=True, actions=(Action.READ,))
    refusal(api, "subject", who(report), 403)
    refusal(api, "resource", what("N-a"), 403)
    api.token = ""
    refusal(api, "subject", who(report), 401)


def test_a_search_spends_what_it_gives_and_no_page_is_longer_than_that(world: World, api: Any, service: Any) -> None:
    service(may_search=True, per_minute=4)
    for name in ("a", "b", "c", "d", "e", "f"):
        world.client(name, RiskCategory.C5)
    report = release(world, RiskGrade.R1)
    answer = api.post("/access/v1/search/subject", who(report, page={"limit": 3}))
    assert (len(answer.get_json()["results"]), answer.headers["RateLimit-Remaining"]) == (3, "1")
    assert api.post("/access/v1/search/subject", who(UNKNOWN)).headers["RateLimit-Remaining"] == "0"
    world.clock.forward(timedelta(minutes=1))
    assert len(api.post("/access/v1/search/subject", who(report, page={"limit": 1000})).get_json()["results"]) == 4


# --------------------------------------------------------------------------------------------------------------------- on record


def test_every_page_is_in_the_ledger_and_is_decided_again(
    world: World, database_url: tuple[str, World], api: Any, service: Any
) -> None:
    service(may_search=True, per_minute=60_000)
    _crowd(world, database_url[0], 16)
    report = release(world, RiskGrade.R1, categories=tuple(RiskCategory))
    answer = api.post("/access/v1/search/subject", who(report, page={"limit": 120}))
    codes = answer.headers["X-Decision-Id"].split(", ")
    assert [len(results) for results in (answer.get_json()["results"],)] == [120]
    assert len(codes) == 2
    whole(api, "resource", what("N-c1", "bookmark"))
    whole(api, "action", doing("N-c1", report))
    api.post("/access/v1/search/subject", who(UNKNOWN))
    unknown = last(world, kind=Kind.ENTITLED_SEARCHED.value)
    assert json.loads(unknown.leaf)["report"] is None
    assert unknown.actor.startswith("service:")
    with world.database.reading() as connection:
        assert entries.private_of(connection, unknown.id)["report_asked_for"] == UNKNOWN
        rows = entries.search_leaves(connection, Filter(kind=Kind.ENTITLED_SEARCHED.value), None, 100)
        found = replay.replay(connection, rows, ZONE)
    assert {row.code for row in rows} >= set(codes)
    assert (found.decisions, found.differences) == (120 + 1 + 2, ())


@pytest.mark.skipif(not EXAMPLES.exists(), reason="../shared/vectors is absent")
@on_sqlite
def test_the_published_examples_are_understood(world: World, api: Any, service: Any) -> None:
    service(may_search=True)
    seen = set()
    for each in json.loads(EXAMPLES.read_text())["examples"]:
        kind = (each.get("http_head") or "").partition(" /access/v1/search/")[2].partition(" ")[0]
        if kind:
            seen.add(kind)
            assert whole(api, kind, each["json"]) == []
    assert seen == {"subject", "resource", "action"}
