"""Question sets in force in a test's world, and answers to them that reach what a test wants."""

from collections.abc import Mapping, Sequence
from random import Random

from gatekeeper import installing
from gatekeeper.actions import assessment_files, assessment_letters, assessments
from gatekeeper.rules import assessment as rules
from gatekeeper.rules.questionnaire_text import parse
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.store.assessments import State
from tests.world import ZONE, World

INDIVIDUAL = parse(installing.questionnaires()[0])


def install(world: World) -> None:
    """Put the product's own question sets in force."""
    world.database.transact(assessment_files.install, installing.questionnaires(), world.now)


def answers(category: RiskCategory) -> dict[str, list[str]]:
    """Complete answers without contradiction or lowest category that reach exactly this category."""
    tries = Random(category)
    while True:
        chosen = {}
        for question in INDIVIDUAL.questions:
            ranked = sorted((each for each in question.options if not each.lowest), key=lambda option: option.score)
            place = (len(ranked) - 1) * (category - 1) / 4 + tries.uniform(-1, 1)
            chosen[question.id] = [ranked[min(max(round(place), 0), len(ranked) - 1)].id]
        found = rules.score(INDIVIDUAL, chosen)
        if found.category is category and not found.contradictions:
            return chosen


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
