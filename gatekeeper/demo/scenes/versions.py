"""Versions in the demonstration: a report with a corrected file that its readers are told of, and one whose grade was raised.

client-c3 had read both: of the one a new version is out, the other is closed since.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from gatekeeper.actions import proposals
from gatekeeper.actions.publishing import regrading, reports
from gatekeeper.actions.publishing.regrading import Regrading
from gatekeeper.demo.cast import REPORTS, SECOND
from gatekeeper.demo.stage import Stage
from gatekeeper.files.prepare import prepare, printed_audience, printed_grade, read_objectives
from gatekeeper.paths import PACKAGE
from gatekeeper.rules.grading.regrading import Stated
from gatekeeper.rules.policy import last_day_after, valid_before
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.store.reading import access

_SHELF = PACKAGE / "demo" / "reports"
_MONTHS = 12
_CORRECTED, _RAISED = "r3-convertible-bonds", "r3-toll-roads"
_WRONG, _RIGHT = (
    "触发强赎条件的个券共97只，其中58只公告赎回，行使比例为60%",
    "触发强赎条件的个券共98只，其中59只公告赎回，行使比例为60%",
)


def _correct(stage: Stage, known: dict[str, str]) -> None:
    """A number was wrong: the corrected file is the report's next version, approved, and out the morning after."""
    report = known.get(_CORRECTED)
    if report is None:
        return
    text, admin = (_SHELF / f"{_CORRECTED}.txt").read_text("utf-8"), stage.caller(REPORTS)
    prepared = prepare(text.replace(_WRONG, _RIGHT, 1).encode(), f"{_CORRECTED}-2.txt")
    stage.database.transact(reports.import_report, admin, prepared, stage.now, corrects=report)
    with stage.database.reading() as connection:
        file = reports.view(connection, report, stage.now)
    end = valid_before(last_day_after(stage.today, _MONTHS), stage.zone)
    wish = reports.Wish(
        grade=printed_grade(file.reading) or RiskGrade.R5,
        audience=printed_audience(file.reading),
        about=read_objectives(file.reading),
        settled_before={each.id: end for each in file.open},
        reason="更正触发强赎的个券数量，评级与适用范围不变",
    )
    proposed = stage.database.transact(reports.propose_publication, admin, report, wish, stage.now)
    stage.forward(stage.moment + timedelta(hours=1))
    stage.database.transact(proposals.approve, stage.caller(SECOND), proposed.id, "已与原版对照", stage.now)
    now = stage.now
    stage.database.transact(reports.publish, admin, report, min(now + timedelta(hours=16), stage.present), now)


def _raise(stage: Stage, known: dict[str, str]) -> None:
    """The grade of a report goes up: C3 loses it at once."""
    report = known.get(_RAISED)
    if report is None:
        return
    with stage.database.reading() as connection:
        version = reports.view(connection, report, stage.now).version
    audience = replace(access.audience(version), categories=frozenset({RiskCategory.C4, RiskCategory.C5}))
    wanted = Stated(RiskGrade.R4, audience, access.objectives(version.term, version.varieties))
    how = Regrading(number=version.number, wanted=wanted, reason="收费期限与负债率的不确定性上升，调高风险等级")
    stage.database.transact(regrading.regrade, stage.caller(REPORTS), report, how, stage.now)


REPORT_SCENES: tuple[tuple[int, int, Callable[[Stage, dict[str, str]], None]], ...] = ((8, 14, _correct), (7, 10, _raise))
"""How many days ago, at what hour, and what became of a report."""
