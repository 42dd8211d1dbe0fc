"""One gate: in a world by chance the decision, the lists, the searches, replay, the pages, the API and the command line agree."""

from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from pathlib import Path
from random import Random
from typing import Any

import pytest
import time_machine
from flask import Flask

from gatekeeper.actions.proof import replay
from gatekeeper.actions.proof.replay import Tally
from gatekeeper.actions.reading import decisions, entitled
from gatekeeper.actions.reading.decisions import Question
from gatekeeper.actions.reading.entitled import Asker
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.entitling.wanted import Page, Wish
from gatekeeper.rules.accounts.scopes import Register, Scope
from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.rules.suitability import Outcome, Reason, decide
from gatekeeper.store.publishing.library import Wanted
from gatekeeper.store.reading import access, lists
from gatekeeper.store.reading.entitled import Place
from gatekeeper.store.reading.meant import Whom
from tests.api.asking import evaluation, subject
from tests.chance import Chance, chance
from tests.cli.conftest import Shell, variables
from tests.web.browser import post, visit
from tests.world import ZONE, World

SCOPE = Scope(actions=frozenset(Action), register=Register.NONE, networks=(), per_minute=1)
CALLER = Caller(actor="service:1", channel="api")
ASKER = Asker(CALLER, None, ZONE)
PIECE, VISITORS = 1000, 10


@dataclass(frozen=True)
class Size:
    """How large the world is, how much of it goes through pages and API, and how much through the command line."""

    people: int
    reports: int
    sampled: int
    typed: int


@dataclass(frozen=True)
class Asked:
    """One thing that somebody may want."""

    person: str
    investor: str
    report: str
    action: Action


@dataclass(frozen=True)
class Given:
    """What came of it."""

    outcome: Outcome
    reasons: tuple[str, ...]
    initiative: Initiative


def all_asked(made: Chance) -> list[Asked]:
    return [Asked(*whose, report, action) for whose in made.acting for report in made.reports for action in Action]


def named(made: Chance, asked: Asked) -> Whom:
    number = made.numbers[asked.investor]
    return Whom(number, number=number, login=made.logins[asked.person])


def answers(made: Chance, now: datetime) -> dict[Asked, Given]:
    """Everything, as systems ask for it: a thousand at once, recorded."""
    found: dict[Asked, Given] = {}
    everything = all_asked(made)
    for first in range(0, len(everything), PIECE):
        some = everything[first : first + PIECE]
        questions = [Question(named(made, each), each.report, each.action) for each in some]
        batch = made.world.database.record(decisions.ask_many, CALLER, SCOPE, questions, now, ZONE)
        for each, answered in zip(some, batch.answers, strict=True):
            assert answered is not None
            decision = answered.decision
            found[each] = Given(decision.outcome, tuple(decision.reasons), answered.case.facts.initiative)
    return found


def decided_alone(made: Chance, expected: dict[Asked, Given], now: datetime) -> None:
    """Each of them by itself, from the facts that a page loads."""
    with made.world.database.reading() as connection:
        for each, given in expected.items():
            case = access.load(
                connection,
                person=each.person,
                investor=each.investor,
                report=each.report,
                action=each.action,
                initiative=given.initiative,
                zone=ZONE,
                now=now,
            )
            decision = decide(case.facts, now)
            assert (decision.outcome, tuple(decision.reasons)) == (given.outcome, given.reasons), each


def found_by_sql(made: Chance, expected: dict[Asked, Given], now: datetime) -> None:
    """The list on the page, and the searches by report and by person."""
    permitted = {each for each, given in expected.items() if given.outcome is Outcome.PERMIT}
    database = made.world.database
    for action in Action:
        wish = Wish(action, SCOPE.moves_first(action, None))
        for report in made.reports:
            found = database.record(entitled.persons, ASKER, report, wish, Page(1000, Place()), now)
            whose = [(each.person, each.investor) for each in permitted if (each.report, each.action) == (report, action)]
            assert sorted(each.name for each in found.results) == sorted(made.numbers[investor] for _, investor in whose)
        for person, investor in made.acting:
            own = [report for report in made.reports if Asked(person, investor, report, action) in permitted]
            whom = named(made, Asked(person, investor, "", action))
            assert list(database.record(entitled.reports, ASKER, whom, wish, Page(1000, ""), now).results) == sorted(own)
    with database.reading() as connection:
        for person, investor in made.acting:
            case = access.load(connection, person=person, investor=investor, report=None, zone=ZONE, now=now)
            shown = lists.readable(connection, person, case, Wanted(limit=10_000), now)
            told = {each.report: expected[Asked(person, investor, each.report, Action.READ)].outcome for each in shown}
            assert {each.report: each.outcome for each in shown} == told
            readable = {
                report
                for report in made.reports
                if expected[Asked(person, investor, report, Action.READ)].outcome is not Outcome.DENY
            }
            assert set(told) == readable


def replayed(world: World) -> int:
    """How many decisions come out again as they were logged: all of them."""
    tally, position = Tally(), None
    with world.database.snapshot() as connection:
        plan = replay.plan(connection, Caller(actor="operator", channel="cli"), None, None, None, world.now)
        while True:
            step = replay.step(connection, plan, position, ZONE)
            tally.add(step.found)
            position = step.position
            if position is None:
                break
    assert tally.differences == 0, tally.codes
    return tally.decisions


@pytest.mark.takes_long
@pytest.mark.own_database
@pytest.mark.parametrize(
    "size", [Size(12, 12, 30, 4), pytest.param(Size(200, 200, 300, 20), marks=pytest.mark.long)], ids=attrgetter("people")
)
def test_all_ways_to_ask_agree(
    world: World,
    database_url: tuple[str, World],
    app: Flask,
    api: Any,
    service: Any,
    tmp_path: Path,
    size: Size,
) -> None:
    made = chance(world, size.people, size.people, size.reports)
    expected: dict[Asked, Given] = {}
    count = 0
    for days in (0, 40, 40):
        if days:
            made.move(days)
        now = world.now
        expected = answers(made, now)
        count += len(expected)
        decided_alone(made, expected, now)
        found_by_sql(made, expected, now)
    assert {given.outcome for given in expected.values()} == set(Outcome)
    assert replayed(world) >= count

    random, service_token = Random(size.people), service(per_minute=60_000, register=Register.STAFF)
    assert service_token
    some = even_sample(random, expected, size.sampled)
    for each in some:
        by_api(made, api, each, expected[each])
    by_pages(made, app, random, expected, size.sampled)
    shell = Shell(variables(database_url[0], tmp_path))
    with time_machine.travel(world.now, tick=False):
        for each in some[: size.typed]:
            by_command(made, shell, each, expected[each])


def even_sample(random: Random, expected: dict[Asked, Given], count: int) -> list[Asked]:
    """As many of each outcome."""
    found: list[Asked] = []
    for outcome in Outcome:
        fitting = [each for each, given in expected.items() if given.outcome is outcome]
        found += random.sample(fitting, min(len(fitting), -(-count // len(Outcome))))
    random.shuffle(found)
    return found


def by_api(made: Chance, api: Any, asked: Asked, given: Given) -> None:
    whom = subject(made.logins[asked.person], investor=made.numbers[asked.investor])
    question = {**evaluation("", asked.report, asked.action.lower()), "subject": whom}
    answer = api.post("/access/v1/evaluation", question).get_json()
    assert answer["decision"] is (given.outcome is Outcome.PERMIT), asked
    assert tuple(answer["context"].get("reasons", ())) == given.reasons


def by_pages(made: Chance, app: Flask, random: Random, expected: dict[Asked, Given], count: int) -> None:
    """Readings and bookmarks of persons who act for one investor, each in a browser of their own."""
    shown: dict[tuple[str, str], dict[Asked, Given]] = {}
    for each, given in expected.items():
        if each.action in (Action.READ, Action.BOOKMARK) and Reason.INVESTOR_UNKNOWN not in given.reasons:
            shown.setdefault((each.person, each.investor), {})[each] = given
    persons = [person for person, _ in shown]
    alone = [whose for whose in shown if persons.count(whose[0]) == 1]
    for whose in random.sample(alone, min(len(alone), VISITORS)):
        made.let_in(whose[0])
        browser = visit(app, made.logins[whose[0]])
        for each in even_sample(random, shown[whose], count // VISITORS):
            path = f"/reports/{each.report}"
            answer = browser.get(path) if each.action is Action.READ else post(browser, f"{path}/bookmark", {})
            assert outcome_of(answer) is expected[each].outcome, each


def outcome_of(answer: Any) -> Outcome:
    """What a page says of a decision."""
    if answer.status_code == 303:
        return Outcome.ACKNOWLEDGE if answer.location.endswith("/statement") else Outcome.PERMIT
    assert answer.status_code in (200, 403, 404)
    return Outcome.PERMIT if answer.status_code == 200 else Outcome.DENY


def by_command(made: Chance, shell: Shell, asked: Asked, given: Given) -> None:
    words = ("--investor", made.numbers[asked.investor], "--action", asked.action, "--initiative", given.initiative)
    answer = shell("decide", made.logins[asked.person], asked.report, *words, "--json").json
    assert (answer["outcome"], tuple(answer["reasons"])) == (given.outcome, given.reasons), asked
