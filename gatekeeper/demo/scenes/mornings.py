"""A morning in the demonstration: rows to be proposed, two with findings, one that repeats another; and two on their way."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from gatekeeper.actions import proposals
from gatekeeper.actions.publishing import reports
from gatekeeper.demo.cast import REPORTS, SECOND
from gatekeeper.demo.stage import Stage
from gatekeeper.files.prepare import prepare, printed_audience, printed_grade, read_objectives
from gatekeeper.paths import PACKAGE
from gatekeeper.rules.publishing.audiences import usual
from gatekeeper.rules.risk import RiskGrade

_SHELF = PACKAGE / "demo" / "reports"
_DATE = re.compile(r"(发布日期：)\d+年\d+月\d+日")
_COMING: tuple[tuple[str, Mapping[str, str]], ...] = (
    ("r3-energy-storage", {"储能招标放量而价格企稳，盈利修复看成本传导": "储能海外订单接力，系统价格企稳"}),
    ("r3-toll-roads", {"车流温和回升，高股息的底气来自特许年限": "节后车流回升，通行费收入稳健"}),
    ("r3-innovative-drugs", {"授权交易进入收获期，里程碑兑现比首付款更重要": "创新药里程碑付款陆续兑现"}),
    ("r2-high-grade-credit", {"高等级信用利差低位震荡，票息策略重在期限选择": "信用利差小幅走阔，期限宜短不宜长"}),
    (
        "r3-convertible-bonds",
        {"转债估值抬升之后，更看重正股弹性与条款保护": "转债强赎增多，关注条款博弈", "证券研究报告": "研究"},
    ),
    (
        "r4-low-altitude",
        {"低空物流先行，整机盈利还要等规模": "低空航线开放提速，运营商先受益", "S0999522110006": "S099952211"},
    ),
    ("r1-treasury-market", {"\n": "\n \n"}),
)
"""From which report, and what differs in it: the fourth has a finding that was accepted before, the next two have their own."""
_GOING: tuple[tuple[str, Mapping[str, str], bool], ...] = (
    ("r2-policy-bank-bonds", {"政金债与国债利差走阔，持有至到期更看重票息": "政金债利差回落，票息策略仍占优"}, False),
    ("r2-short-bond-funds", {"短债基金：回撤小不是因为风险小，而是久期短": "短债基金久期再缩，申购前看清持仓"}, True),
)
_AT = timedelta(hours=7, minutes=30)


def _play(stage: Stage) -> None:
    for name, changed, is_approved in _GOING:
        proposal = _propose(stage, _bring(stage, name, changed), _next_morning(stage))
        if is_approved:
            stage.database.transact(proposals.approve, stage.caller(SECOND), proposal, "已复核，同意发布", stage.now)
    for name, changed in _COMING:
        stage.forward(stage.moment + timedelta(seconds=20))
        _bring(stage, name, changed)


def _next_morning(stage: Stage) -> datetime:
    """Tomorrow at half past seven, by the firm's clock: ahead, whenever somebody opens the demonstration today."""
    today = stage.present.astimezone(stage.zone).replace(hour=0, minute=0, second=0, microsecond=0)
    return today + timedelta(days=1) + _AT


def _bring(stage: Stage, name: str, changed: Mapping[str, str]) -> str:
    text = (_SHELF / f"{name}.txt").read_text("utf-8")
    today = stage.present.astimezone(stage.zone)
    dated = text if name == "r1-treasury-market" else _DATE.sub(rf"\g<1>{today.year}年{today.month}月{today.day}日", text)
    for old, new in changed.items():
        dated = dated.replace(old, new, -1 if old == "\n" else 1)
    prepared = prepare(dated.encode(), f"{name}-{today:%m%d}.txt")
    return stage.database.transact(reports.import_report, stage.caller(REPORTS), prepared, stage.now).report


def _propose(stage: Stage, report: str, release_at: datetime) -> str:
    now = stage.now
    with stage.database.reading() as connection:
        file = reports.view(connection, report, now)
    wish = reports.Wish(
        grade=printed_grade(file.reading) or RiskGrade.R5,
        audience=next(iter(usual(printed_audience(file.reading)).values())),
        about=read_objectives(file.reading),
        settled_before={},
        reason="评级与印明范围一致",
        release_at=release_at,
    )
    return stage.database.transact(reports.propose_publication, stage.caller(REPORTS), report, wish, now).id


SCENES: tuple[tuple[int, int, Callable[[Stage], None]], ...] = ((0, 7, _play),)
"""How many days ago, at what hour, and what came in."""
