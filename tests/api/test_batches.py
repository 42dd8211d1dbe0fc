"""Many questions at once: the three semantics, defaults, errors of items, and entries that hold every answer."""

import json
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event

from gatekeeper.ledger import batches, leaf, replay, verify
from gatekeeper.ledger.batches import MOST, Given
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.verify import Check, Mode
from gatekeeper.rules.accounts.scopes import Register
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action, RiskCategory, RiskGrade
from gatekeeper.rules.suitability import Decision, Outcome, Reason
from gatekeeper.store import wire
from gatekeeper.store.proof import entries, several
from gatekeeper.store.proof.answers import Part
from gatekeeper.store.proof.entries import Filter
from gatekeeper.store.proof.several import OF_INVESTOR
from gatekeeper.store.reading import access
from tests.api.asking import Json, evaluation, resource, subject
from tests.library import release, withdraw
from tests.world import ZONE, World

PATH = "/access/v1/evaluations"
UNKNOWN = "0123456789abcdefghjkmnpqrs"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def send(api: Any, body: Json) -> Json:
    answer = api.post(PATH, body)
    assert answer.status_code == 200, answer.text
    found: Json = answer.get_json()
    return found


def written(world: World, kind: Kind = Kind.DECISIONS_ASKED) -> list[Any]:
    """The entries of batches, oldest first, with their leaves."""
    with world.database.reading() as connection:
        found = entries.search(connection, Filter(kind=(kind,)), None, 1000)
        return [entries.by_id(connection, each.id) for each in reversed(found)]


def replayed(world: World) -> replay.Replayed:
    with world.database.reading() as connection:
        return replay.replay(connection, written(world), ZONE)


@pytest.fixture
def shelf(world: World) -> dict[str, str]:
    """A client of C3 and three reports: one permitted, one refused, and one that there is not."""
    world.client("c3", RiskCategory.C3)
    return {"yes": release(world, RiskGrade.R1), "no": release(world, RiskGrade.R5), "none": UNKNOWN}


def items(shelf: dict[str, str], names: str) -> list[Json]:
    return [{"resource": resource(shelf[name])} for name in names.split()]


@pytest.mark.parametrize(
    ("semantic", "names", "expected"),
    [
        (None, "yes no yes", [True, False, True]),
        ("execute_all", "no yes none", [False, True, False]),
        ("deny_on_first_deny", "yes no yes", [True, False]),
        ("deny_on_first_deny", "yes yes", [True, True]),
        ("deny_on_first_deny", "none yes", [False]),
        ("permit_on_first_permit", "no none yes no", [False, False, True]),
        ("permit_on_first_permit", "no no", [False, False]),
        ("permit_on_first_permit", "yes no", [True]),
    ],
)
@on_sqlite
def test_semantics(
    world: World, api: Any, service: Any, shelf: dict[str, str], semantic: str | None, names: str, expected: list[bool]
) -> None:
    service()
    body = {"subject": subject("c3"), "action": {"name": "bookmark"}, "evaluations": items(shelf, names)}
    if semantic:
        body["options"] = {"evaluations_semantic": semantic, "another_option": 1}

    answer = send(api, body)

    assert list(answer) == ["evaluations"]
    assert [each["decision"] for each in answer["evaluations"]] == expected
    [entry] = written(world)
    assert len(json.loads(entry.leaf)["data"]["answers"]) == len(expected)


@pytest.mark.parametrize(
    "more", [{}, {"evaluations": []}, {"evaluations": [], "options": {"evaluations_semantic": "execute_all"}}]
)
def test_without_items_a_batch_is_one_question(world: World, api: Any, service: Any, shelf: dict[str, str], more: Json) -> None:
    service()
    whole = evaluation("c3", shelf["yes"], "bookmark")

    one, many = api.post("/access/v1/evaluation", whole), api.post(PATH, {**whole, **more})

    assert (many.status_code, many.data) == (200, one.data)
    assert api.post(PATH, {**more, "subject": subject("c3")}).status_code == 400
    assert len(written(world, Kind.DECISION_ASKED)) == 2
    assert written(world) == []


@on_sqlite
def test_an_item_that_lacks_something_is_an_error_in_its_place(
    world: World, api: Any, service: Any, shelf: dict[str, str]
) -> None:
    service(actions=(Action.READ, Action.BOOKMARK))
    body = {
        "action": {"name": "bookmark"},
        "evaluations": [
            {"subject": subject("c3"), "resource": resource(shelf["yes"])},
            {"subject": subject("c3")},
            {"subject": {"type": "user"}, "resource": resource(shelf["yes"])},
            {"subject": subject("c3"), "resource": resource(shelf["yes"]), "action": {}},
            {"subject": subject("c3"), "resource": resource(shelf["yes"]), "action": {"name": "use"}},
            {"subject": subject("c3"), "resource": resource(shelf["yes"]), "action": {"name": "can_read"}},
            {},
        ],
    }

    answers = send(api, body)["evaluations"]

    errors = [each.get("context", {}).get("error", {}) for each in answers]
    assert [each["decision"] for each in answers] == [True] + [False] * 6
    assert [each.get("status") for each in errors] == [None, 400, 400, 400, 403, None, 400]
    assert [each.get("message") for each in errors[1:4]] == ["缺少 resource。", "缺少 subject/id。", "缺少 action/name。"]
    assert answers[5]["context"]["reasons"] == ["policy_error"]
    assert [each[0] for each in json.loads(written(world)[0].leaf)["data"]["answers"]] == [0, 5]
    assert replayed(world).differences == ()


@on_sqlite
def test_a_batch_of_errors_alone_is_on_record_too(world: World, api: Any, service: Any) -> None:
    service()

    answer = api.post(PATH, {"evaluations": [{}, {}]})

    assert [each["decision"] for each in answer.get_json()["evaluations"]] == [False, False]
    [entry] = written(world)
    assert (answer.headers["X-Decision-Id"], json.loads(entry.leaf)["data"]["items"]) == (entry.code, 2)
    assert replayed(world).decisions == 0


@on_sqlite
def test_a_member_of_an_item_takes_the_place_of_the_batchs_own_whole(
    world: World, api: Any, service: Any, shelf: dict[str, str]
) -> None:
    service()
    two = {"subject": subject("c3", investor="N-nobody"), "action": {"name": "bookmark"}, "resource": resource(shelf["yes"])}

    answers = send(api, {**two, "evaluations": [{}, {"subject": subject("c3")}, {"context": {}}]})["evaluations"]

    assert [each["decision"] for each in answers] == [False, True, False]


@on_sqlite
def test_the_same_batch_gets_the_same_bytes(world: World, api: Any, service: Any, shelf: dict[str, str]) -> None:
    service()
    body = {"subject": subject("c3"), "action": {"name": "read"}, "evaluations": items(shelf, "yes no none")}

    first = api.post(PATH, body)
    world.clock.forward(world.clock.moment.resolution * 1000)

    assert api.post(PATH, body).data == first.data


@on_sqlite
def test_the_context_stays_away_where_a_caller_compares_texts(
    world: World, api: Any, service: Any, shelf: dict[str, str]
) -> None:
    service(omits_context=True)
    body = {"subject": subject("c3"), "action": {"name": "bookmark"}, "evaluations": [*items(shelf, "yes no"), {}]}

    assert send(api, body) == {"evaluations": [{"decision": True}, {"decision": False}, {"decision": False}]}
    assert "context" in api.post("/access/v1/evaluation", evaluation("c3", shelf["no"])).get_json()


@on_sqlite
def test_more_items_than_a_batch_may_have_are_refused(world: World, api: Any, service: Any) -> None:
    service()

    assert api.post(PATH, {**evaluation("x", "y"), "evaluations": [{}] * 1001}).status_code == 400
    assert written(world) == []


# --------------------------------------------------------------------------------------------------------------- one and many


def test_each_of_many_is_decided_as_it_would_be_alone(world: World, api: Any, service: Any) -> None:
    service(states_initiative=True)
    world.client("c1", RiskCategory.C1, lowest=True)
    world.client("c3", RiskCategory.C3)
    world.client("out", RiskCategory.C5, suspended=True)
    reports = [
        release(world, RiskGrade.R1),
        release(world, RiskGrade.R4),
        release(world, None),
        release(world, RiskGrade.R2, released=False),
        release(world, RiskGrade.R2, at=world.clock.moment.replace(year=2027)),
        release(world, RiskGrade.R1, conflict=True),
        UNKNOWN,
        "",
        "a\x00b",
    ]
    withdraw(world, reports[1])
    names = ["c1", "N-c3", "out", "nobody", "a\x00b"]
    bodies = [
        evaluation(name, report, action, context={"initiative": told})
        for name, report, action, told in product(names, reports, ("read", "receive", "can_read"), ("pull", "push"))
    ]

    many = send(api, {"evaluations": bodies})["evaluations"]
    alone = [api.post("/access/v1/evaluation", body).get_json() for body in bodies]

    assert many == [without_offer(each) for each in alone]
    one_by_one = written(world, Kind.DECISION_ASKED)
    found = [leaf for entry in written(world) for leaf in sorted_leaves(entry)]
    assert sum(len(json.loads(each.leaf)["data"]["answers"]) for each in written(world)) == len(bodies)
    for each in written(world):
        assert several.parts(json.loads(each.leaf)) == [Part.of(one) for one in sorted_leaves(each)]
    told = {"facts", "initiative", "reasons", "warnings", "obligations"}
    kept = [shape(json.loads(each.leaf), told) for each in one_by_one]
    assert sorted(map(str, (shape(each, told) for each in found))) == sorted(map(str, kept))
    assert (replayed(world).decisions, replayed(world).differences) == (len(bodies), ())
    with world.database.snapshot() as connection:
        verified = verify.verify(connection, verify.Wanted(mode=Mode.FULL), world.now)
    assert Check.ANSWERS_DIFFER not in verified.findings.counts


def without_offer(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer as it stands in a batch, where nothing may differ when it is asked again: without the offer to ask people."""
    context = {name: value for name, value in answer["context"].items() if name not in ("evaluation_id", "access_request")}
    return {**answer, "context": context}


def sorted_leaves(entry: Any) -> list[Any]:
    return several.leaves(json.loads(entry.leaf))


def shape(leaf: Any, members: set[str]) -> dict[str, Any]:
    """What two entries about the same decision have in common; of nobody only that it was nobody."""
    same = {name: leaf[name] for name in ("person", "investor", "report", "action", "outcome", "reason", "policy")}
    data = {name: leaf["data"][name] for name in sorted(members)}
    return {**same, **data, "facts": sorted(data["facts"].items())}


@on_sqlite
def test_an_entry_holds_at_most_a_hundred_answers(world: World, api: Any, service: Any) -> None:
    service(omits_context=True)
    for name in ("anna", "bert"):
        world.client(name, RiskCategory.C3)
    report = release(world, RiskGrade.R1)
    names = ["anna"] * (MOST + 50) + ["bert", "nobody"] * 80

    body = {"resource": resource(report), "evaluations": [{"subject": subject(name)} for name in names]}
    answer = api.post(PATH, {"action": {"name": "bookmark"}, **body})

    made = written(world)
    assert [len(json.loads(each.leaf)["data"]["answers"]) for each in made] == [MOST, MOST, MOST, 10]
    assert [each.person for each in made] == [world.people["anna"], None, None, None]
    assert answer.headers["X-Decision-Id"] == ", ".join(each.code for each in made)
    assert {each.report for each in made} == {report}
    assert all(len(each.leaf) <= 65_535 for each in made)
    assert (replayed(world).decisions, replayed(world).differences) == (310, ())
    with world.database.reading() as connection:
        found = {name: entries.search(connection, Filter(person=world.people[name]), None, 10) for name in ("anna", "bert")}
    ours = {each.code for each in made}
    assert [len({each.code for each in some} & ours) for some in found.values()] == [2, 3]


@on_sqlite
def test_fifty_cost_as_many_statements_as_five(world: World, api: Any, service: Any) -> None:
    service(register=Register.NONE)
    people = [f"c{number}" for number in range(6)]
    for name in people:
        world.client(name, RiskCategory.C3)
    reports = [release(world, RiskGrade(1 + number % 5)) for number in range(10)]
    bodies = [
        evaluation(name, report, "read" if number % 2 else "receive")
        for number, (name, report) in enumerate(product(people, reports))
    ]
    mixed = [bodies[number * 7 % 60] for number in range(50)]
    few, many = {"evaluations": mixed[:5]}, {"evaluations": mixed}
    send(api, few)

    assert counted(world, api, few) == counted(world, api, many) <= 10
    assert replayed(world).differences == ()


def counted(world: World, api: Any, body: Json) -> int:
    """How many statements a batch sends to the database that reads."""
    heard: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        heard.append(statement)

    event.listen(world.database._reader, "before_cursor_execute", hear)
    try:
        send(api, body)
    finally:
        event.remove(world.database._reader, "before_cursor_execute", hear)
    return len(heard)


# ------------------------------------------------------------------------------------------------- against a tiny model of them

PARTS = {
    "subject": st.sampled_from([subject("c3"), subject("nobody"), {"type": "user"}, {"id": "c3"}, {}]),
    "action": st.sampled_from([{"name": "bookmark"}, {"name": "fly"}, {}]),
    "resource": st.sampled_from([{"name": "yes"}, {"name": "no"}, {"name": "none"}, {"type": "report"}]),
    "context": st.sampled_from([{}, {"initiative": "push"}]),
}
ITEM = st.fixed_dictionaries({}, optional=PARTS)
BATCH = st.fixed_dictionaries(
    {"evaluations": st.lists(ITEM, min_size=1, max_size=6)},
    optional={
        **PARTS,
        "options": st.fixed_dictionaries(
            {},
            optional={"evaluations_semantic": st.sampled_from(["execute_all", "deny_on_first_deny", "permit_on_first_permit"])},
        ),
    },
)
NEEDS = {"subject": ("type", "id"), "action": ("name",), "resource": ("type", "id")}


def model(body: Json, shelf: dict[str, str]) -> list[bool | None]:
    """What must come of a batch: a decision each, None for an error, cut after the one that ends it."""
    answers: list[bool | None] = []
    semantic = body.get("options", {}).get("evaluations_semantic", "execute_all")
    for item in body["evaluations"]:
        whole = {name: item.get(name, body.get(name)) for name in NEEDS}
        answer: bool | None = None
        if all(whole[name] is not None and member in whole[name] for name, needs in NEEDS.items() for member in needs):
            answer = (
                whole["subject"] == subject("c3")
                and whole["action"]["name"] == "bookmark"
                and whole["resource"]["id"] == shelf["yes"]
            )
        answers.append(answer)
        if {"deny_on_first_deny": not answer, "permit_on_first_permit": bool(answer)}.get(semantic):
            break
    return answers


@on_sqlite
def test_defaults_and_semantics_are_those_of_the_model(world: World, api: Any, service: Any, shelf: dict[str, str]) -> None:
    service()

    @settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
    @given(BATCH)
    def holds(drawn: Json) -> None:
        body = json.loads(json.dumps(drawn))
        for part in (body, *body["evaluations"]):
            if name := part.get("resource", {}).pop("name", None):
                part["resource"] = resource(shelf[name])
        answers = send(api, body)["evaluations"]
        told = [None if "error" in each.get("context", {}) else each["decision"] for each in answers]
        assert told == model(body, shelf)

    holds()
    assert replayed(world).differences == ()


def test_a_thousand_are_answered_in_one_round(world: World, api: Any, service: Any, shelf: dict[str, str]) -> None:
    service(register=Register.NONE)
    names = ["N-c3", *(f"nobody-{number}" for number in range(19))]
    reports = [*shelf.values(), *("x" * 64 for _ in range(47))]
    bodies = [evaluation(name, report, "bookmark") for name in names for report in reports]

    answers = send(api, {"evaluations": bodies})["evaluations"]

    assert [each["decision"] for each in answers].count(True) == 1
    assert [len(json.loads(each.leaf)["data"]["answers"]) for each in written(world)] == [MOST] * 10


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_more_than_a_socket_takes_reaches_the_server(world: World) -> None:
    large = [(wire.Statement.of(f"SELECT $1::text, {number}"), ("x" * 4_000_000,)) for number in range(3)]
    with world.database._recorder.begin() as connection:
        found = wire.run(connection, *large)

    assert [len(rows[0][0]) for rows in found] == [4_000_000] * 3


@on_sqlite
def test_a_hundred_answers_that_have_nothing_in_common_fit_into_one_entry(world: World) -> None:
    reasons = tuple(Reason)
    with world.database.reading() as connection:
        case = access.load(connection, person="", investor=None, report=None, zone=ZONE, now=world.now)

    def given_one(number: int) -> Given:
        some = reasons[number % len(reasons) :] + reasons[: number % len(reasons)]
        decision = Decision(Outcome.DENY, some[: 8 - number % 4], some[:3], ("accept_statement",), "0" * 64)
        used = dict.fromkeys((*OF_INVESTOR, "release", "grading", "acceptance"), 10**12 + number)
        whole = replace(case, investor=f"{number:026}", report=f"{number:026}", used=used | {"version": f"{number:026}"})
        return Given(number, f"{number:026}", whole, decision, "", outside=f"{number:026} {number:026}")

    [event] = batches.asked(
        Caller(actor="service:x"), [given_one(n) for n in range(MOST)], case, world.now, batches.Head(more={"items": 1000})
    )

    assert len(json.dumps(event.data, ensure_ascii=False).encode()) < leaf.MAX_LEAF * 0.9
