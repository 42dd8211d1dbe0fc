"""Versions of reports for tests, by the real acts: a corrected file, another grade, and the way out of each."""

from datetime import datetime
from typing import Any

from gatekeeper.actions import proposals
from gatekeeper.actions.publishing import regrading, reports
from gatekeeper.actions.publishing.regrading import Regraded, Regrading
from gatekeeper.files.prepare import Prepared, prepare, printed_audience, read_objectives
from gatekeeper.rules.grading.regrading import Stated
from gatekeeper.rules.risk import Audience, RiskCategory, RiskGrade
from gatekeeper.store.publishing import versions
from gatekeeper.store.publishing.versions import Period
from tests.world import ZONE, World

FROM_C3 = frozenset({RiskCategory.C3, RiskCategory.C4, RiskCategory.C5})
TEXT = """储能招标放量而价格企稳

——储能行业跟踪报告

行业点评

证券研究报告　明澈证券股份有限公司研究所

发布日期：2026年11月20日

● 事件：样本地区招标容量同比增长{growth}。

招标放量而价格企稳，产业链盈利修复仍看成本传导。

风险提示：政策变化的风险。

明澈证券评定此研报的风险等级为 R3（中风险），适用的投资者类别限定为专业投资者及风险承受能力为 C3、C4、C5 的普通投资者。

资料来源：明澈证券研究所依据公开数据整理。

分析师：方启铭　执业证书编号：S0999525030003

分析师声明：本人以勤勉的态度独立、客观地出具本报告。

免责声明

明澈证券股份有限公司已具备证券投资咨询业务资格。本报告仅供参考。
"""


def file(growth: str = "41%", title: str = "") -> Prepared:
    """An R3 report; another growth is a corrected file."""
    text = TEXT.format(growth=growth)
    text = text.replace("储能招标放量而价格企稳", title, 1) if title else text
    return prepare(text.encode(), "storage.txt")


def bring_in(world: World, prepared: Prepared, corrects: str | None = None) -> str:
    """Import a file, as a report of its own or as the next version of one; return the report."""
    act, caller = reports.import_report, world.caller("reports")
    return world.database.transact(act, caller, prepared, world.now, corrects=corrects).report


def propose(world: World, report: str, *, number: int | None = None, **changed: Any) -> str:
    """Propose a version as its notice is printed; return the proposal."""
    with world.database.reading() as connection:
        seen = reports.view(connection, report, world.now, number)
    wanted: dict[str, Any] = {
        "grade": RiskGrade[seen.reading["grade"]],
        "audience": printed_audience(seen.reading),
        "about": read_objectives(seen.reading),
        "settled_before": {each.id: datetime(2028, 1, 1, tzinfo=ZONE) for each in seen.open},
        "reason": "与印明一致",
    }
    wish = reports.Wish(**{**wanted, **changed})
    act, caller = reports.propose_publication, world.caller("reports")
    return world.database.transact(act, caller, report, wish, world.now, number=number).id


def approve(world: World, proposal: str) -> None:
    world.database.transact(proposals.approve, world.caller("compliance"), proposal, "同意", world.now)


def publish(world: World, report: str, at: datetime | None = None) -> None:
    world.database.transact(reports.publish, world.caller("reports"), report, at, world.now)


def stop(world: World, report: str) -> None:
    world.database.transact(reports.stop, world.caller("reports"), report, "表1数据有误", world.now)


def approved(world: World, prepared: Prepared | None = None, corrects: str | None = None, **changed: Any) -> str:
    """A report, or its next version, that was approved and has no day yet."""
    report = bring_in(world, prepared or file(), corrects)
    approve(world, propose(world, report, **changed))
    return report


def published(world: World, prepared: Prepared | None = None, corrects: str | None = None, **changed: Any) -> str:
    """A report, or its next version, that is out."""
    report = approved(world, prepared, corrects, **changed)
    publish(world, report)
    return report


def regrade(world: World, report: str, number: int, grade: RiskGrade, *categories: RiskCategory) -> Regraded:
    """Another grade for a version, and other categories where some are named."""
    audience = Audience(professional=None, categories=frozenset(categories) or FROM_C3)
    with world.database.reading() as connection:
        seen = reports.view(connection, report, world.now, number)
    audience = Audience(printed_audience(seen.reading).professional, audience.categories)
    wanted = Stated(grade, audience, read_objectives(seen.reading))
    how = Regrading(number=number, wanted=wanted, reason="风险上升")
    return world.database.transact(regrading.regrade, world.caller("reports"), report, how, world.now)


def outs(world: World, report: str) -> list[tuple[int, str]]:
    """What was out after what: the numbers of versions, and how each was decided."""
    with world.database.reading() as connection:
        found: list[Period] = versions.periods(versions.releases(connection, report))
    return [(each.row.number, each.row.state) for each in found]
