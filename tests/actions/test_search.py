"""Searching on both databases: the same answers, held against plain Python over the same reports; nothing of what is closed."""

import json
import random
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from gatekeeper.actions.reading import access, consent
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.rules.suitability import Outcome
from gatekeeper.rules.wording.searching import indexed, sought
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.publishing import report_index, search
from gatekeeper.store.publishing.report_index import ReportIndex
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
    for number in range(45):
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

    for _ in range(50):
        some = dice.sample(WORDS, dice.randint(1, 3))
        query = " ".join(dice.choice([word, word, f'"{word}{dice.choice(WORDS)}"', word[:1]]) for word in some)
        named = [each for each in order if each in listed and holds(query, titles[each], *METADATA)]
        whole = {each: (titles[each], *METADATA, texts[each], *REST) for each in opened}
        by_text = [each for each in order if each in opened and each not in named and holds(query, *whole[each])]
        assert found(world, "c3", query) == named[::-1] + by_text[::-1], query


METADATA = ("明澈证券", "行业点评", "推荐（维持评级）", "方启铭", "S0999525030003")
REST = ("事件", "政策变化的风险。", "声明。", "本报告仅供客户使用。")


def listed_last(world: World) -> Any:
    """The newest entry of a list, and what it says."""
    with world.database.reading() as connection:
        row = entries.search(connection, Filter(kind="reports.listed"), None, 1)[0]
        return row, json.loads(entries.by_id(connection, row.id).leaf)["data"], entries.private_of(connection, row.id)


def passages(world: World, page: Any) -> dict[str, str]:
    with world.database.reading() as connection:
        found = search.passages(connection, page.permits, page.sought)
    return {report: "".join(f"[{each.text}]" if each.is_found else each.text for each in found[report]) for report in found}


def test_the_text_of_a_report_answers_only_to_whom_it_opens_now(world: World) -> None:
    """A statement not accepted, or accepted no longer, makes the text silent: word by word an answer would be the text itself."""
    world.client("c4", RiskCategory.C4)
    report = release(world, RiskGrade.R3, title="储能周报", paragraph="目标价 1888 元，招标放量。")
    closed = release(world, RiskGrade.R5, title="另一份 1888", paragraph="1888")

    before = searched(world, "c4", "1888")
    assert (before.reports, before.permits, before.hidden) == ((), (), 1)
    assert [each.outcome for each in searched(world, "c4", "储能").reports] == [Outcome.ACKNOWLEDGE]
    assert searched(world, "c4", "储能").permits == ()
    assert searched(world, "c4", "储能 1888").reports == ()

    accept(world, "c4", report)
    page = searched(world, "c4", "1888 招标")
    assert [each.report for each in page.reports] == [report]
    assert passages(world, page) == {report: "目标价 [1888] 元，[招标]放量。"}
    assert [(each.report, each.person) for each in page.permits] == [(report, world.people["c4"])]
    row, data, private = listed_last(world)
    assert page.permits[0].code == row.code, "the passage stands under the code of the search"
    assert (data["passages"], data["shown"], data["hidden"]) == ([report], [[report, "PERMIT"]], 1)
    assert private["words"] == "1888 招标"
    assert closed not in json.dumps(data)

    world.clock.forward(timedelta(days=366))
    assert searched(world, "c4", "1888").reports == (), "twelve months later it does not serve any more"
    assert [each.outcome for each in searched(world, "c4", "储能").reports] == [Outcome.ACKNOWLEDGE]


def test_another_persons_acceptance_opens_nothing(world: World) -> None:
    world.client("one", RiskCategory.C3)
    world.client("two", RiskCategory.C3)
    report = release(world, RiskGrade.R3, paragraph="目标价 1888 元")
    accept(world, "one", report)

    assert [each.report for each in searched(world, "one", "1888").reports] == [report]
    assert searched(world, "two", "1888").reports == ()


def test_titles_and_analysts_come_before_text_and_pages_follow_each_other(world: World) -> None:
    world.client("c3", RiskCategory.C3)
    by_text = [release(world, RiskGrade.R1, title=f"{number}号", paragraph="储能装机") for number in range(15)]
    by_name = [release(world, RiskGrade.R1, title=f"储能{number}号") for number in range(12)]
    for report in by_text:
        accept(world, "c3", report)

    first = searched(world, "c3", "储能")
    assert len(first.reports) == access.PAGE
    assert first.following is not None
    assert found(world, "c3", "储能") == by_name[::-1] + by_text[::-1]
    assert [each.report for each in searched(world, "c3", "方启铭").reports] == (by_text + by_name)[:-21:-1]
    for strange in ("", "x", "9zz", "2", "1"):
        assert searched(world, "c3", "储能", (world.now, strange)) is not None


def test_suggestions_are_of_what_may_be_read(world: World) -> None:
    world.client("c2", RiskCategory.C2)
    world.client("shut", RiskCategory.C5, suspended=True)
    opened = release(world, RiskGrade.R1, title="国债周报")
    for how in ({"grade": RiskGrade.R5}, {"released": False}, {"at": world.now + timedelta(days=1)}):
        release(world, **{"title": "不得外传", **how})

    assert searched(world, "c2", "").suggestions == ("国债周报", "方启铭")
    assert listed_last(world)[1]["suggested"] == [opened]
    assert searched(world, "shut", "").suggestions == ()


def test_a_version_that_came_in_without_a_row_is_found_once_the_work_process_has_indexed_it(world: World) -> None:
    world.client("c3", RiskCategory.C3)
    long = release(world, RiskGrade.R1, title="长篇", paragraph="储" * report_index.AT_ONCE + "能源转型")
    accept(world, "c3", long)

    assert found(world, "c3", "长篇") == []
    assert indexing.index_all(world.database, lambda: True) == 0
    assert indexing.index_all(world.database, lambda: False) == 1
    assert indexing.index_all(world.database, lambda: False) == 0
    assert found(world, "c3", "长篇") == found(world, "c3", "能源转型") == [long]
    with world.database.reading() as connection:
        row = dict(connection.execute(select(ReportIndex.__table__)).mappings().first() or {})
    world.database.transact(report_index.put, {name: row[name] for name in row if name != "id"})  # a second process: nothing


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_frequent_terms_are_answered_by_walking_from_the_newest_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.client("c3", RiskCategory.C3)
    reports = [release(world, RiskGrade.R1, title=f"{number}号", paragraph="储能 价格") for number in range(4)]
    reports += [release(world, RiskGrade.R1, title="储能价格")]
    for report in reports:
        accept(world, "c3", report)
    seldom = found(world, "c3", "储能 价格")
    monkeypatch.setattr(search, "_OFTEN", 2)

    assert found(world, "c3", "储能 价格") == seldom == [reports[-1], *reports[-2::-1]]
    said = " ".join(statement for statement, _ in statements(world, "c3", "储能 价格"))
    assert "+report_index.id IN" in said


def test_an_index_of_another_form_is_written_beside_and_answers_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.client("c3", RiskCategory.C3)
    report = release(world, RiskGrade.R1, title="储能")
    monkeypatch.setattr(report_index, "FORM", 2)
    monkeypatch.setattr(search, "FORM", 2)

    assert found(world, "c3", "储能") == []
    assert indexing.index_all(world.database, lambda: False) == 1
    assert found(world, "c3", "储能") == [report]


@pytest.mark.parametrize(
    "words", ["'", '"', '""', "\\", "%", "_", "NEAR(", "储能 OR", "terms : 储", "*", "^储", "-储能", ":", "储能)"]
)
def test_no_sign_breaks_a_search_or_means_anything(world: World, words: str) -> None:
    world.client("c3", RiskCategory.C3)
    release(world, RiskGrade.R1, title="储能")

    assert isinstance(found(world, "c3", words), list)


def statements(world: World, who: str, words: str) -> list[tuple[str, Any]]:
    said: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if "report_index" in statement:
            said.append((statement, parameters))

    engine = world.database._reader if world.database.is_sqlite else world.database._recorder
    event.listen(engine, "before_cursor_execute", hear)
    searched(world, who, words)
    event.remove(engine, "before_cursor_execute", hear)
    return said


def test_a_search_is_one_statement_that_holds_the_policy_and_walks_no_whole_table(world: World) -> None:
    world.client("c3", RiskCategory.C3)
    release(world, RiskGrade.R1, title="储能")
    said = statements(world, "c3", "储能 价格 “招标放量”")
    [(statement, parameters)] = [each for each in said if "grading" in each[0]]

    assert statement.count("grading.categories") >= 2, "the policy is a condition of both halves"
    with world.database.reading() as connection:
        if world.database.is_sqlite:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            assert [step for step in plan if step.startswith("SCAN") and not re.search("VIRTUAL TABLE|anon|sub", step)] == []
            assert sum("VIRTUAL TABLE INDEX" in step for step in plan) == 2
        else:
            connection.exec_driver_sql("SET enable_seqscan = off")  # a few rows are read as they lie; what could serve is asked
            look_up = "EXPLAIN SELECT id FROM report_index WHERE terms @> ARRAY['储能'] AND name_terms @> ARRAY['储能']"
            whole = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)]
            plan = [row[0] for row in connection.exec_driver_sql(look_up)]
            connection.exec_driver_sql("RESET enable_seqscan")
            assert [step for step in whole if "Seq Scan" in step] == []
            assert any("ix_report_index_terms" in step or "ix_report_index_name_terms" in step for step in plan)
