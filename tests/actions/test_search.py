"""Searching on both databases: the same answers, held against plain Python over the same reports, and nothing of what is closed."""

import json
import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select

from gatekeeper.actions.reading import access, consent
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.rules.suitability import Outcome
from gatekeeper.rules.wording.searching import indexed, sought
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.entries import Filter
from gatekeeper.store.publishing import report_index, search
from gatekeeper.store.publishing.report_index import ReportIndex
from gatekeeper.store.publishing.reports import ReportVersion
from gatekeeper.work import indexing
from tests.ledger.test_replay import signed_in
from tests.library import release, withdraw
from tests.world import ZONE, World

WORDS = ["储能", "价格", "招标", "光伏", "storage", "prices", "600519", "R3", "企稳", "量"]


def searched(world: World, name: str, words: str, after: Any = None) -> Any:
    return world.database.record(access.list_reports, world.caller(name), world.now, ZONE, words=words, after=after)


def found(world: World, name: str, words: str) -> list[str]:
    """Every page."""
    reports, after = [], None
    while True:
        page = searched(world, name, words, after)
        reports += [each.report for each in page.reports]
        after = page.following
        if after is None:
            return reports


def accept(world: World, name: str, report: str) -> None:
    caller = signed_in(world, name)
    served = world.database.transact(consent.serve, caller, report, "zh_CN", world.now, ZONE).served
    assert served
    world.database.transact(consent.acknowledge, caller, report, served.id, world.now, ZONE, end_reached=True, ticked=True)


def text(dice: random.Random) -> str:
    return dice.choice(["", "，", " "]).join(dice.choice([*WORDS, "行业", "的", "and"]) for _ in range(dice.randint(1, 9)))


def holds(query: str, *texts: str) -> bool:
    kept = indexed(texts).lines
    return all(each.line in kept for each in sought(query))


def test_every_answer_is_the_one_that_plain_reading_gives(world: World) -> None:
    """Some hundred queries of a reader who may open some reports, must accept for others, and may not know of the rest."""
    dice = random.Random(20261129)
    world.client("c3", RiskCategory.C3)
    titles: dict[str, str] = {}
    texts: dict[str, str] = {}
    opened, listed = set[str](), set[str]()
    for number in range(60):
        grade = dice.choice([RiskGrade.R1, RiskGrade.R2, RiskGrade.R3, RiskGrade.R5])
        title, paragraph = f"{number}号 {text(dice)}", text(dice)
        at = world.now + timedelta(days=1) if number % 9 == 0 else None
        report = release(world, grade, title=title, paragraph=paragraph, notice="声明。", at=at)
        titles[report], texts[report] = title, paragraph
        if grade is not RiskGrade.R5 and at is None:
            listed.add(report)
            if number % 2:
                accept(world, "c3", report)
                opened.add(report)
    for report in dice.sample(sorted(opened), 3):
        withdraw(world, report)
        opened.discard(report)
        listed.discard(report)
    order = list(titles)
    assert len(opened) > 10
    assert len(listed - opened) > 10

    for _ in range(80):
        some = dice.sample(WORDS, dice.randint(1, 3))
        query = " ".join(dice.choice([word, word, f'"{word}{dice.choice(WORDS)}"', word[:1]]) for word in some)
        named = [each for each in order if each in listed and holds(query, titles[each], *METADATA)]
        whole = {each: (titles[each], *METADATA, texts[each], *REST) for each in opened}
        by_text = [each for each in order if each in opened and each not in named and holds(query, *whole[each])]
        assert found(world, "c3", query) == named[::-1] + by_text[::-1], query


METADATA = ("明澈证券", "行业点评", "推荐（维持评级）", "方启铭", "S0999525030003")
REST = ("事件", "政策变化的风险。", "声明。", "本报告仅供客户使用。")
