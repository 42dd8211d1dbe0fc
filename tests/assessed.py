"""Question sets in force in a test's world, and answers to them that reach what a test wants."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from gatekeeper import installing
from gatekeeper.actions.suitability import assessment_files, assessment_letters, assessments, questionnaires
from gatekeeper.demo.scenes.answers import reaching
from gatekeeper.rules.assessing.questionnaire_text import parse
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.store.suitability.assessments import State
from tests.world import ZONE, World

INDIVIDUAL = parse(installing.questionnaires()[0])


def install(world: World) -> None:
    """Put the product's own question sets in force."""
    world.database.transact(assessment_files.install, installing.questionnaires(), world.now)


def answers(category: RiskCategory) -> dict[str, list[str]]:
    """Complete answers to the individuals' questions that reach exactly this category."""
    return reaching(INDIVIDUAL, category)


def fill(world: World, name: str, given: Mapping[str, Sequence[str]]) -> None:
    """Begin an assessment of somebody and answer every page."""
    caller = world.caller(name)
    assert world.database.transact(assessments.begin, caller, world.now, ZONE).retake.allowed
    for number in range(1, len(INDIVIDUAL.pages) + 1):
        world.database.transact(assessments.answer, caller, number, given, world.now, whole=True)


def hand_in(world: World, name: str, given: Mapping[str, Sequence[str]]) -> str:
    """An assessment handed in; return the hash of its letter in Chinese."""
    fill(world, name, given)
    assert world.database.transact(assessments.hand_in, world.caller(name), world.now, ZONE, declared=True).retake.allowed
    return world.database.record(assessment_letters.read, world.caller(name), "zh_CN", world.now).sha256


def assess(world: World, name: str, given: Mapping[str, Sequence[str]]) -> State:
    """An assessment from its first page to the acknowledgement of its letter."""
    words = hand_in(world, name, given)
    return world.database.transact(assessment_letters.acknowledge, world.caller(name), words, world.now, "zh_CN")


def first_version(world: World) -> str:
    """The code of the entry that installed the individuals' questionnaire."""
    shelf = world.database.record(questionnaires.shelf, world.caller("compliance"), world.now)
    return shelf.tracks["individual"][-1].version.code


def propose_second(world: World) -> str:
    """A second version of the individuals' questionnaire, which begins in a month and waits for approval."""
    text = installing.questionnaires()[0].replace("version = 1", "version = 2", 1)
    day = (world.now.astimezone(ZONE) + timedelta(days=30)).date().isoformat()
    text = text.replace("effective = 2026-01-01", f"effective = {day}", 1).replace("您的年龄是？", "您今年多大年龄？")
    arguments = (world.caller("compliance-2"), text, "措辞更清楚", world.now, ZONE)
    return world.database.transact(questionnaires.propose_questionnaire, *arguments).id
