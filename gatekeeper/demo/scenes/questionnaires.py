"""A questionnaire in the demonstration: a new version of the individuals' waits for the second officer."""

from collections.abc import Callable

from gatekeeper.actions.suitability import questionnaires
from gatekeeper.demo.cast import COMPLIANCE
from gatekeeper.demo.stage import Stage
from gatekeeper.rules.policy import last_day_after

_CLEARER = (
    ("您的年龄是？", "您今年的周岁年龄是？"),
    ("How old are you?", "How old are you, in completed years?"),
    ("jump = 2", "jump = 1"),
)


def _propose(stage: Stage) -> None:
    caller, act = stage.caller(COMPLIANCE), stage.database
    shelf = act.record(questionnaires.shelf, caller, stage.now)
    code = shelf.tracks["individual"][0].version.code
    text = act.record(questionnaires.draft, caller, code, stage.now, stage.zone)
    text = text.replace(f"effective = {stage.today.isoformat()}", f"effective = {last_day_after(stage.today, 1).isoformat()}", 1)
    for old, new in _CLEARER:
        text = text.replace(old, new, 1)
    reason = "年龄题按周岁填写；评估结果每上升一级均由第二人复核"
    act.transact(questionnaires.propose_questionnaire, caller, text, reason, stage.now, stage.zone)


SCENES: tuple[tuple[int, int, Callable[[Stage], object]], ...] = ((1, 17, _propose),)
"""How many days ago, at what hour, and what was proposed."""
