"""Answers to a questionnaire that reach a category, drawn by a seeded chance: the same ones each time."""

from collections.abc import Mapping
from random import Random

from gatekeeper.rules import assessment
from gatekeeper.rules.assessing.questionnaire import Keeps, Questionnaire
from gatekeeper.rules.risk import RiskCategory


def reaching(
    questionnaire: Questionnaire, category: RiskCategory, given: Mapping[str, list[str]] | None = None
) -> dict[str, list[str]]:
    """Complete answers without contradiction or lowest category that score exactly this category; some may be ``given``."""
    chance = Random(category)  # noqa: S311  (nothing secret hangs on it)
    while True:
        answers = {}
        for question in questionnaire.questions:
            ranked = sorted((each for each in question.options if not each.lowest), key=lambda option: option.score)
            place = (len(ranked) - 1) * (category - 1) / (len(RiskCategory) - 1) + chance.uniform(-1, 1)
            best = min(max(round(place), 0), len(ranked) - 1)
            chosen = ranked[: best + 1] if question.keeps is Keeps.VARIETY else [ranked[best]]
            answers[question.id] = [option.id for option in chosen]
        answers |= given or {}
        found = assessment.score(questionnaire, answers)
        if found.category is category and not found.contradictions:
            return answers
