"""Notices in the demonstration that take a person: one whose readers are no class, one graded above what it prints."""

from collections.abc import Callable
from dataclasses import replace

from gatekeeper.actions.publishing import reports
from gatekeeper.demo.cast import REPORTS
from gatekeeper.demo.stage import Stage
from gatekeeper.files.prepare import Prepared, prepare, printed_audience, read_objectives
from gatekeeper.paths import PACKAGE
from gatekeeper.rules.policy import last_day_after, valid_before
from gatekeeper.rules.risk import RiskCategory, RiskGrade

_SHELF = PACKAGE / "demo" / "reports"
_SETTLED_MONTHS = 12
_STRICTER = frozenset({RiskCategory.C4, RiskCategory.C5})


def _variant(name: str, *changes: tuple[str, str]) -> Prepared:
    text = (_SHELF / f"{name}.txt").read_text("utf-8")
    for old, new in changes:
        text = text.replace(old, new, 1)
    return prepare(text.encode(), f"{name}-2.txt")


def _bring_in(stage: Stage, prepared: Prepared) -> str:
    return stage.database.transact(reports.import_report, stage.caller(REPORTS), prepared, stage.now).report


def _doubtful(stage: Stage) -> None:
    """合格投资者 is a class of another rule, so somebody must say who is meant."""
    changes = (
        ("去化放缓而成本下移，猪价波动收窄", "饲料原料回落，成本线再下一格"),
        ("C3及以上的普通投资者", "C3、4、5的合格投资者"),
    )
    _bring_in(stage, _variant("r3-hog-cycle", *changes))


def _stricter(stage: Stage) -> None:
    """Proposed above the printed grade, with the reason."""
    prepared = _variant("r3-energy-storage", ("储能招标放量而价格企稳，盈利修复看成本传导", "储能出海加速，海外订单集中交付"))
    report = _bring_in(stage, prepared)
    with stage.database.reading() as connection:
        file = reports.view(connection, report, stage.now)
    ends = valid_before(last_day_after(stage.today, _SETTLED_MONTHS), stage.zone)
    wish = reports.Wish(
        grade=RiskGrade.R4,
        audience=replace(printed_audience(file.reading), categories=_STRICTER),
        about=read_objectives(file.reading),
        settled_before={finding.id: ends for finding in file.open},
        reason="覆盖标的含科创板与海外资产，按目录从严定为R4",
    )
    stage.database.transact(reports.propose_publication, stage.caller(REPORTS), report, wish, stage.now)


SCENES: tuple[tuple[int, int, Callable[[Stage], None]], ...] = ((1, 16, _doubtful), (1, 17, _stricter))
"""How many days ago, at what hour, and what came in."""
