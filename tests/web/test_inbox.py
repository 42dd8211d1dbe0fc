"""The client's inbox says each kind of notice in words, in the reader's language."""

from datetime import date, timedelta

import pytest

from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.work import telling
from tests.actions.test_rehearsal import SHIFTED
from tests.actions.test_telling import office, regrade
from tests.ledger.test_replay import install, read
from tests.library import release, withdraw
from tests.web.browser import visit
from tests.world import ZONE

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_every_kind_of_notice_is_said_in_words(world, app):
    end = date(2027, 2, 28)
    world.client("c4", RiskCategory.C4, last_day=end)
    graded, stopped = (release(world, RiskGrade.R3, title=title) for title in ("储能", "煤炭"))
    for report in (graded, stopped):
        read(world, "c4", report)
    regrade(world, graded, RiskGrade.R5)
    withdraw(world, stopped)
    install(world, SHIFTED)
    telling.rematch(office(world))
    world.clock.moment = valid_before(end, ZONE) - timedelta(days=30, hours=3)
    telling.expiring(office(world))

    english, chinese = visit(app, "c4").get("/notices").text, visit(app, "c4", "zh-CN").get("/notices").text
    for sentence in (
        "You may no longer read “储能”.",
        "Its risk grade is R5 now.",
        "You may no longer read “煤炭”.",
        "The report was withdrawn.",
        "You may no longer read reports of these grades: R4",
        "Category: C4 Active, until",
        "Days to go when this was told: 30. After its last day, reports that need a category cannot be read.",
        "Before: Nothing on file",
    ):
        assert sentence in english, sentence
    for sentence in (
        "您不能再阅读《煤炭》",
        "该报告已撤回。",
        "距最后有效日还有 30 天",
        "您不能再阅读以下风险等级的研究报告：R4",
    ):
        assert sentence in chinese, sentence


def test_a_notice_of_the_file_says_before_and_after(world, app):
    world.client("c3", RiskCategory.C3)
    lower = CategoryChange(investor=world.investors["c3"], category=RiskCategory.C2, before=valid_before(date(2028, 1, 1), ZONE))
    world.change("c3", lower)

    assert "Before: Category: C3 Steady" in visit(app, "c3").get("/notices").text
