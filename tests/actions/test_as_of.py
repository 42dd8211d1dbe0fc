"""Looking back: who could have read a report then and what somebody could read, as the decisions of that time would have it."""

import json
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from gatekeeper.actions.proof import as_of
from gatekeeper.actions.proof.as_of import Question, Reader, Readings
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.changes import CategoryChange, LowestChange, MandateChange, StandingChange
from gatekeeper.rules.errors import Invalid, NotFound, NotPermitted
from gatekeeper.rules.risk import InvestorClass, Objectives, RiskCategory, RiskGrade, Term, Variety
from gatekeeper.rules.suitability import Reason
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.ledger import LedgerEntry
from tests.ledger.test_replay import END, MATCHED, STRICT, correct, install, mistaken, read, written
from tests.library import release, withdraw
from tests.operators import ask_for
from tests.world import NOW, ZONE, World

OPERATOR = Caller(actor="operator", channel="test")
ABOUT = Objectives(Term.LONG, frozenset({Variety.DERIVATIVE}))


def who(world: World, report: str, moment: Any, **how: Any) -> list[Reader]:
    """Every reader, page by page."""
    found, after = [], None
    while True:
        page = world.database.record(as_of.who_could, OPERATOR, report, moment, world.now, ZONE, after=after, **how)
        found += page.readers
        if (after := page.following) is None:
            return found


def what(world: World, name: str, moment: Any, **how: Any) -> Readings:
    question = Question(person=world.people[name], **how)
    return world.database.record(as_of.what_could, OPERATOR, question, moment, world.now, ZONE)


def answers(found: list[Reader]) -> dict[str, str]:
    return {each.any_row.login: each.decision.outcome.value if each.decision else "-" for each in found}


def titles(found: Readings) -> dict[str, str]:
    return {each.row.title: each.decision.outcome.value for each in found.readings}


@pytest.fixture
def past(world: World) -> tuple[World, list[Any], list[str]]:
    """Instants between which files, reports, acceptances and the policy change; and the reports."""
    moments = []

    def then() -> None:
        moments.append(world.now)
        world.clock.forward(timedelta(days=20))

    world.client("c2", RiskCategory.C2)
    world.client("c4", RiskCategory.C4)
    world.client("professional", None, investor_class=InvestorClass.PROFESSIONAL_B)
    reports = [release(world, RiskGrade.R2, title="甲"), release(world, RiskGrade.R4, title="乙", about=ABOUT)]
    read(world, "c4", reports[1])
    then()
    world.client("late", RiskCategory.C5)
    world.change("c4", LowestChange(investor=world.investors["c4"], lowest=True))
    world.change("c2", CategoryChange(investor=world.investors["c2"], category=RiskCategory.C4, before=END))
    reports.append(release(world, RiskGrade.R3, title="丙", at=world.now + timedelta(days=30)))
    then()
    suspended = {"investor": world.investors["professional"], "client": True, "profile_complete": True}
    world.change("professional", StandingChange(**suspended, suspended=True))
    world.change("c4", LowestChange(investor=world.investors["c4"], lowest=False))
    read(world, "c2", reports[1])
    withdraw(world, reports[0])
    then()
    install(world, STRICT)
    world.change(
        "late", MandateChange(investor=world.investors["late"], person=world.people["late"], capacity="本人", live=False)
    )
    then()
    install(world, MATCHED)
    world.wish("c4", Term.LONG, *Variety)
    for category in (RiskCategory.C2, RiskCategory.C4):
        world.change("c2", CategoryChange(investor=world.investors["c2"], category=category, before=END))
    then()
    world.clock.forward(timedelta(days=1))
    return world, moments, reports


def test_every_answer_is_that_of_a_decision_as_of_then(past, monkeypatch):
    world, moments, reports = past
    monkeypatch.setattr(as_of, "PAGE", 2)

    for moment in moments:
        for report in reports:
            found = who(world, report, moment)
            for each in found:
                asked = (each.row.person, each.row.investor, report, world.now, ZONE)
                one = world.database.record(ask_for, OPERATOR, *asked, as_of=moment).answered.decision
                if one.reason and one.reason.value.startswith("report_"):
                    assert each.decision.outcome == one.outcome  # why a report was not out yet is told by what was known then
                else:
                    assert each.decision == one
        for name in ("c2", "c4", "professional"):
            everything = what(world, name, moment, everything=True)
            readable = what(world, name, moment)
            good = {title: outcome for title, outcome in titles(everything).items() if outcome != "DENY"}
            assert titles(readable) == good
            assert (readable.out, readable.readable) == (len(everything.readings), len(good))
    assert [answers(who(world, reports[1], moment)) for moment in moments] == [
        {"c2": "DENY", "c4": "PERMIT", "professional": "ACKNOWLEDGE"},
        {"c2": "ACKNOWLEDGE", "c4": "DENY", "late": "ACKNOWLEDGE", "professional": "ACKNOWLEDGE"},
        {"c2": "PERMIT", "c4": "PERMIT", "late": "ACKNOWLEDGE", "professional": "DENY"},
        {"c2": "PERMIT", "c4": "ACKNOWLEDGE", "professional": "DENY"},
        {"c2": "DENY", "c4": "PERMIT", "professional": "DENY"},
    ]
    told = [each.decision.warnings for each in who(world, reports[1], moments[2]) if each.row.login == "c2"]
    assert told == [(Reason.TERM_MISMATCH, Reason.VARIETY_MISMATCH)]
    waits = next(each.decision for each in who(world, reports[1], moments[-1]) if each.row.login == "c2")
    assert waits.reasons == (Reason.COOLING_OFF, Reason.TERM_MISMATCH, Reason.VARIETY_MISMATCH)


def test_the_counts_are_those_of_everybody_one_by_one(past):
    world, moments, reports = past
    agent = MandateChange(investor=world.investors["c2"], person=world.people["professional"], capacity="授权经办人")
    raised = mistaken(
        world, "professional", CategoryChange(investor=world.investors["professional"], category=RiskCategory.C5, before=END)
    )
    given = written(world, "c2", agent)
    corrected = world.now
    world.clock.forward(timedelta(days=2))
    correct(world, "professional", raised)
    correct(world, "c2", given, "mandate", agent.person)
    world.clock.forward(timedelta(days=900))  # everything has lapsed

    for moment in (*moments, corrected, world.now, NOW - timedelta(days=1)):
        for report in reports:
            with world.database.reading() as connection:
                at_once = as_of.counts(connection, as_of.subject(connection, report, moment, ZONE))
            walked: Counter[str] = Counter()
            as_of.counted(walked, who(world, report, moment))
            assert at_once == walked, (moment, report)
    with world.database.reading() as connection:
        assert as_of.counts(connection, as_of.subject(connection, reports[1], corrected, ZONE))["NOBODY"] == 1


def test_before_anything_was_there_nobody_could(past):
    world, _, reports = past
    before = NOW - timedelta(days=1)

    assert who(world, reports[0], before) == []
    assert (what(world, "c2", before).choices, what(world, "c2", before).out) == ((), 0)


def test_an_error_corrected_since_is_told_beside_the_answer(world):
    world.client("c2", RiskCategory.C2)
    world.client("other", RiskCategory.C2)
    report = release(world, RiskGrade.R4)
    wrong = mistaken(world, "c2", CategoryChange(investor=world.investors["c2"], category=RiskCategory.C5, before=END))
    moment = world.now
    world.clock.forward(timedelta(days=3))
    [before, _] = who(world, report, moment)
    correct(world, "c2", wrong)

    [after, other] = who(world, report, moment)

    assert (before.decision.outcome.value, before.was_corrected) == ("ACKNOWLEDGE", False)
    assert (after.decision.outcome.value, after.then.outcome.value, after.was_corrected) == ("DENY", "ACKNOWLEDGE", True)
    assert (after.row.category, after.then_row.category) == (RiskCategory.C2, RiskCategory.C5)
    assert (other.decision.outcome.value, other.was_corrected) == ("DENY", False)
    now = [each for each in who(world, report, world.now) if each.row.login == "c2"]
    assert [(each.decision.outcome.value, each.was_corrected) for each in now] == [("DENY", False)]
    [reading] = what(world, "c2", moment).readings  # readable as known then, and told so
    assert (reading.decision.outcome.value, reading.then.outcome.value) == ("DENY", "ACKNOWLEDGE")


def test_who_looks_back_is_in_the_ledger_with_what_was_asked(past):
    world, moments, reports = past
    page = world.database.record(as_of.who_could, OPERATOR, reports[0], moments[0], world.now, ZONE, counts={"DENY": 1})

    with world.database.reading() as connection:
        [entry] = entries.by_code(connection, page.code)
    data = json.loads(entry.leaf)["data"]
    assert (entry.kind, entry.report, entry.actor) == ("access.looked_back", reports[0], "operator")
    assert (data["as_of"], data["rows"], data["counts"]) == (moments[0].isoformat(), 3, {"DENY": 1})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_only_who_may_search_the_log_looks_back_and_never_forward(past):
    world, moments, reports = past

    def count() -> int:
        with world.database.reading() as connection:
            return len(connection.execute(select(LedgerEntry.id)).all())

    asked = (reports[0], moments[0], world.now, ZONE)
    before = count()
    with pytest.raises(NotPermitted):
        world.database.record(as_of.who_could, world.caller("reports"), *asked)
    question = Question(person=world.people["c2"])
    with pytest.raises(NotPermitted):
        world.database.record(as_of.what_could, world.caller("c2"), question, moments[0], world.now, ZONE)
    with pytest.raises(Invalid):
        who(world, reports[0], world.now + timedelta(seconds=9))
    with pytest.raises(NotFound):
        who(world, "0" * 26, moments[0])
    assert count() == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_person_of_several_investors_is_asked_about_one(past):
    world, moments, _ = past
    world.change("c4", MandateChange(investor=world.investors["c4"], person=world.people["c2"], capacity="代理人"))
    moment = world.now

    both = what(world, "c2", moment)
    assert (both.file, both.readings, len(both.choices)) == (None, (), 2)
    one = what(world, "c2", moment, investor=world.investors["c4"], everything=True)
    assert one.file.investor == world.investors["c4"]
    assert len(what(world, "c2", moments[0]).choices) == 1
