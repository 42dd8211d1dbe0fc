"""Versions of the statement: proposed by one compliance officer, approved by another, compared side by side; and the policy."""

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import pytest

from gatekeeper.actions import proposals
from gatekeeper.actions.publishing import statements
from gatekeeper.rules.errors import Conflict, Invalid, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.rules.roles import Role
from gatekeeper.store.proof import entries
from gatekeeper.store.reading import words as store
from tests.library import release
from tests.web.browser import post, visit
from tests.world import World

ZH, EN = "告知\n我已阅读。\n一、正文。", "Notice\nI have read this.\n1. The words."


def words(answer) -> str:
    body = answer.text.split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def propose(world: World, zh=ZH, en=EN, reason="新规", by="compliance"):
    return world.database.transact(statements.propose_statement, world.caller(by), zh, en, reason, world.now)


def approve(world: World, proposal: str, by="compliance-2"):
    return world.database.transact(proposals.approve, world.caller(by), proposal, "", world.now)


def in_force(world: World):
    with world.database.reading() as connection:
        return store.statement(connection, world.now)


def test_a_new_version_takes_two_compliance_officers(world):
    before = in_force(world).id
    proposed = propose(world)

    with pytest.raises(NotPermitted):
        approve(world, proposed.id, by="compliance")
    with pytest.raises(NotPermitted):
        approve(world, proposed.id, by="clients")
    assert in_force(world).id == before

    code = approve(world, proposed.id).code
    assert in_force(world).text_zh == f"{ZH}\n"
    with world.database.reading() as connection:
        assert entries.by_code(connection, code)[0].kind == Kind.STATEMENT_APPROVED


@pytest.mark.parametrize("by", ["clients", "reports", "staff-admin"])
def test_only_compliance_proposes(world, by):
    with pytest.raises(NotPermitted):
        propose(world, by=by)


def test_of_two_proposals_against_one_version_the_second_is_stale(world):
    first, second = propose(world), propose(world, zh=f"{ZH}二、")
    approve(world, first.id)

    with pytest.raises(Conflict, match="has changed"):
        approve(world, second.id)


def test_two_proposals_approved_at_once_leave_one_new_version(world):
    world.staff("compliance-3", Role.COMPLIANCE)
    made = [propose(world), propose(world, zh=f"{ZH}二、")]
    times = [world.now, world.now]

    def act(place):
        try:
            caller = world.caller(("compliance-2", "compliance-3")[place])
            return world.database.transact(proposals.approve, caller, made[place].id, "", times[place]).state
        except Conflict:
            return "stale"

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(act, (0, 1))) == ["APPROVED", "stale"]


@pytest.mark.parametrize(
    ("zh", "en", "field"),
    [
        ("", EN, "text_zh"),
        (ZH, " \n ", "text_en"),
        ("一行", EN, "text_zh"),
        (ZH, "x" * 6001, "text_en"),
        (f"{ZH}\x00", EN, "text_zh"),
        (f"{ZH}\u202e", EN, "text_zh"),
    ],
)
def test_what_is_wrong_is_told_at_its_field(world, zh, en, field):
    with pytest.raises(Invalid) as error:
        propose(world, zh=zh, en=en)
    assert [fault.field for fault in error.value.faults] == [field]


def test_the_longest_statement_fits_its_entry(world):
    longest = f"告知\n我已阅读。\n{'确' * 5980}"

    approve(world, propose(world, zh=longest, en=longest).id)


def test_the_statement_in_force_is_not_proposed_again(world):
    now = in_force(world)

    with pytest.raises(Conflict, match="in force already"):
        propose(world, zh=now.text_zh.replace("\n", "\r\n"), en=now.text_en)


def test_a_reader_is_asked_anew(app, world):
    world.client("zhang", RiskCategory.C3)
    report = release(world, grade=RiskGrade.R1, title="题")
    reader = visit(app, "zhang", "zh")
    approve(world, propose(world).id)

    assert "我已阅读。" in reader.get(f"/reports/{report}/statement").text


def test_the_page_lists_versions_and_what_waits_and_compares_them(app, world):
    zh = in_force(world).text_zh.replace("接受以下各项内容", "同意以下各项内容")
    approve(world, propose(world, zh=zh, en=in_force(world).text_en).id)
    propose(world)
    compliance = visit(app, "compliance-2")

    page = words(compliance.get("/statements"))
    assert page.count("阅读研究报告前的告知与确认") == 2
    assert "A new version waits for approval." in page
    compared = compliance.get("/statements/comparison")
    assert re.search(r"<del><span[^>]*>\[removed\] </span>接受</del>", compared.text)
    assert re.search(r"<ins><span[^>]*>\[added\] </span>同意</ins>", compared.text)
    assert "In this language the two are the same." in words(compliance.get("/statements/comparison?language=en"))
    assert compliance.get("/statements/comparison?old=nothing").status_code == 404


def test_the_form_begins_with_what_is_in_force_and_keeps_what_was_typed(app, world):
    compliance = visit(app, "compliance")
    assert in_force(world).text_zh.split("\n")[0] in compliance.get("/statements/new").text

    answer = post(compliance, "/statements/new", {"text_zh": "一行", "text_en": EN, "reason": ""})
    assert answer.status_code == 400
    assert "一行" in answer.text
    assert answer.text.count('href="#text_zh"') == answer.text.count('href="#reason"') == 1

    done = post(compliance, "/statements/new", {"text_zh": ZH, "text_en": EN, "reason": "新规"})
    assert done.status_code == 303
    page = visit(app, "compliance-2").get(done.location).text
    assert page.count("<del>") > 0 < page.count("<ins>"), "what was dropped and what came is marked"
    shown = re.sub(r'<span class="hidden-text">\[\w+\] </span>|</?(?:ins|del)>', "", page)
    assert "一、正文。" in shown
    assert "I have read this." in shown
    assert words(visit(app, "compliance-2").get("/proposals")).count("Statement") >= 1


def test_the_policy_shows_its_table_its_terms_and_its_digest(app, world):
    page = words(visit(app, "compliance").get("/policy"))

    assert "C3 Steady Yes Yes Yes No No" in page
    assert "Lowest category Yes No No No No" in page
    assert "24 months" in page
    assert re.search(r"SHA-256 [0-9a-f]{64}", page)
    assert visit(app, "compliance").get("/policy?version=nothing").status_code == 404


def test_each_look_is_recorded(app, world):
    compliance = visit(app, "compliance")
    for path in ("/statements", "/statements/comparison", "/statements/new", "/policy"):
        compliance.get(path)

    with world.database.reading() as connection:
        kinds = (Kind.STATEMENTS_VIEWED.value, Kind.POLICY_VIEWED.value)
        assert len(entries.search(connection, entries.Filter(kind=kinds), None, 9)) == 4
