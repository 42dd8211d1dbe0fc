"""Assessments in the demonstration, answered by the clients themselves: one applies, one is held, one waits for its letter."""

from collections.abc import Callable, Mapping
from datetime import timedelta

from gatekeeper.actions.suitability import assessment_letters, assessments
from gatekeeper.demo.scenes.answers import reaching
from gatekeeper.demo.stage import Stage
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.store.suitability import assessments as store
from gatekeeper.store.suitability import questionnaires

_A_PAGE = timedelta(seconds=50)


_BONDS = {"term": ["short"], "varieties": ["fixed"]}
"""Some reports are about more than that, and say so beside their text."""
_SHARES_TOO = {"term": ["short"], "varieties": ["fixed", "equity"]}
_OPEN = {"term": ["long"], "varieties": ["fixed", "equity", "cross", "derivative", "other"]}


def _assess(
    login: str, category: RiskCategory, given: Mapping[str, list[str]], *, acknowledges: bool = True
) -> Callable[[Stage], object]:
    """Somebody answers every page, hands in, and mostly acknowledges the letter."""
    return lambda stage: _answer(stage, login, category, given, acknowledges=acknowledges)


def _answer(stage: Stage, login: str, category: RiskCategory, given: Mapping[str, list[str]], *, acknowledges: bool) -> None:
    act, caller = stage.database.transact, stage.caller(login)
    act(assessments.begin, caller, stage.now, stage.zone)
    with stage.database.reading() as connection:
        row = store.latest(connection, stage.investors[login])
        questionnaire = questionnaires.questionnaire(connection, row.questionnaire_id)
    answers = reaching(questionnaire, category, given)
    for number in range(1, len(questionnaire.pages) + 1):
        stage.forward(stage.moment + _A_PAGE)
        act(assessments.answer, caller, number, answers, stage.now, whole=True)
    act(assessments.hand_in, caller, stage.now, stage.zone, declared=True)
    told = stage.database.record(assessment_letters.read, caller, "zh_CN", stage.now)
    if acknowledges:
        stage.forward(stage.moment + _A_PAGE)
        act(assessment_letters.acknowledge, caller, told.sha256, stage.now, "zh_CN")


SCENES: tuple[tuple[int, int, Callable[[Stage], object]], ...] = (
    (84, 20, _assess("client-c2", RiskCategory.C2, _BONDS)),
    (83, 20, _assess("client-c5", RiskCategory.C5, _OPEN)),
    (12, 20, _assess("client-c3", RiskCategory.C3, _SHARES_TOO)),
    (6, 21, _assess("client-c1", RiskCategory.C4, {})),
    (3, 20, _assess("client-c4", RiskCategory.C5, {}, acknowledges=False)),
)
"""How many days ago, at what hour, and who answered."""
