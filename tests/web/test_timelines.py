"""The history of a person, an investor and a report: by day, in sentences, in pieces; and who may read it."""

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import event

from gatekeeper.actions.clients import investors
from gatekeeper.language import SUPPORTED, translations
from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action, InvestorKind, RiskCategory
from gatekeeper.rules.suitability import Outcome
from gatekeeper.rules.titles.kind_groups import FILE_GROUPS, GROUPS, LOOKS, KindGroup
from gatekeeper.store.proof import entries
from gatekeeper.web.log.sentences import ANY, SENTENCES
from tests.ledger.test_replay import END, correct, mistaken
from tests.library import release
from tests.web.browser import visit
from tests.web.test_compliance import codes, ledger, link, put
from tests.world import NOW, World

EVENING = datetime(2027, 3, 1, 16, 30, tzinfo=UTC)
"""Half past midnight of the second of March, in Shanghai."""


@pytest.fixture
def officer(app, world):
    return visit(app, "compliance")


def shown(page: str) -> list[str]:
    return re.findall(r'<a class="code small" href="/log/([0-9a-z]{12})">', page)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page.partition("<main")[2]))


def read_and_refused(world: World) -> dict[str, str]:
    """A reader who was refused one report and opened another, on two days; a colleague's acts beside it."""
    person = world.client("wang", RiskCategory.C2)
    world.client("chen")
    report = release(world, title="储能行业跟踪报告")
    member = {"actor": f"person:{person}", "person": person, "investor": world.investors["wang"], "report": report}
    refused = put(
        world,
        EVENING,
        kind=Kind.REPORT_REFUSED,
        outcome=Outcome.DENY,
        action=Action.READ,
        reason="category_below_grade",
        data={"reasons": ["category_below_grade", "profile_incomplete"]},
        **member,
    )
    before = put(
        world, EVENING - timedelta(hours=1), kind=Kind.REPORT_OPENED, outcome=Outcome.PERMIT, action=Action.READ, **member
    )
    other = put(world, EVENING, kind=Kind.REPORT_OPENED, investor=world.investors["chen"], person=world.people["chen"])
    return {"report": report, "refused": refused, "before": before, "other": other, "person": person}


def test_an_investors_history_is_told_by_day_in_sentences(officer, world):
    made = read_and_refused(world)

    page = officer.get(f"/log/investors/{world.investors['wang']}").text

    assert re.findall(r'<h2><time datetime="([^"]+)"', page)[:2] == ["2027-03-02", "2027-03-01"], "days of the firm's zone"
    assert shown(page)[:2] == [made["refused"], made["before"]]
    assert made["other"] not in shown(page)
    words = plain(page)
    assert "00:30:00 wang was refused “储能行业跟踪报告”. Refused" in words
    assert "Category does not match the risk grade; Details on file incomplete" in words
    assert "23:30:00 wang opened “储能行业跟踪报告”. Permitted" in words
    assert "clients proposed a change to the file of wang." in words
    assert "Category: C2 Cautious, until 2028-11-23" in words
    assert f'href="/log/persons/{made["person"]}"' in page
    assert f'href="/log/reports/{made["report"]}"' in page
    assert f'href="/log/investors/{world.investors["wang"]}"' not in page.partition('class="day"')[2], "it is here already"


def test_a_persons_history_holds_what_they_did_for_others(officer, world):
    read_and_refused(world)

    words = plain(officer.get(f"/log/persons/{world.people['clients']}").text)

    assert "clients opened a file for wang." in words
    assert "staff-admin proposed a change to the account of clients." in words


def test_a_reports_history_says_who_had_it(officer, world):
    made = read_and_refused(world)

    page = officer.get(f"/log/reports/{made['report']}").text

    assert shown(page)[:2] == [made["refused"], made["before"]]
    assert "wang was refused “储能行业跟踪报告”." in plain(page)
    assert "Operator at the command line imported “储能行业跟踪报告”." in plain(page)


def test_a_part_of_a_history_is_shown_alone(officer, world):
    made = read_and_refused(world)
    base = f"/log/investors/{world.investors['wang']}"

    parts = {group: shown(officer.get(f"{base}?group={group}").text) for group in KindGroup}

    assert parts[KindGroup.READING] == [made["refused"], made["before"]]
    assert parts[KindGroup.STATEMENTS] == []
    whole = shown(officer.get(base).text)
    assert sorted(code for some in parts.values() for code in some) == sorted(whole), "no entry is in two parts or in none"
    assert shown(officer.get(f"{base}?group=nonsense").text) == whole


def test_pages_forth_and_back_show_each_entry_once(officer, world):
    world.client("wang")
    at = NOW + timedelta(days=1)
    written = [put(world, at + timedelta(seconds=n // 3), investor=world.investors["wang"]) for n in range(120)][::-1]

    pages = [officer.get(f"/log/investors/{world.investors['wang']}?group=reading").text]
    while following := link(pages[-1], "Older"):
        assert "group=reading" in following
        pages.append(officer.get(following).text)
    back = [pages[-1]]
    while (preceding := link(back[0], "Newer")) and shown(page := officer.get(preceding).text):
        back.insert(0, page)

    assert [code for page in pages for code in shown(page)] == written
    assert [code for page in back for code in shown(page)] == written


def test_each_look_is_recorded_and_whom_it_was_about_can_be_erased(officer, world):
    world.client("wang")
    before = len(ledger(world))

    officer.get(f"/log/investors/{world.investors['wang']}?group=files")

    [entry] = ledger(world)[before:]
    assert entry.kind == "ledger.searched"
    assert entry.actor == f"person:{world.people['compliance']}"
    assert world.investors["wang"].encode() not in entry.leaf
    with world.database.reading() as connection:
        said = json.loads(entries.private_of(connection, entry.id)["filter"])
    assert said == {"investor": world.investors["wang"], "group": "files"}


@pytest.mark.parametrize("about", ["investors", "persons", "reports"])
def test_what_is_not_there_is_not_found_and_not_told_apart(officer, world, about):
    before = len(ledger(world))

    for id_ in ("x", "0" * 26, "%00", "王", "x" * 4000):
        answer = officer.get(f"/log/{about}/{id_}")
        assert answer.status_code == 404, id_
        assert "There is no such" in answer.text
    assert len(ledger(world)) == before


@pytest.mark.parametrize("name", ["reports", "staff-admin", "wang"])
def test_nobody_else_reads_a_history(app, world, name):
    world.client("wang")
    other = visit(app, name)

    for about, id_ in (("investors", world.investors["wang"]), ("persons", world.people["wang"])):
        assert other.get(f"/log/{about}/{id_}").status_code == 403


def test_whoever_keeps_files_reads_what_was_put_on_them_and_nothing_of_readings_looks_or_colleagues(app, world):
    made = read_and_refused(world)
    visit(app, "compliance").get(f"/admin/investors/{world.investors['wang']}")
    keeper, before = visit(app, "clients"), len(ledger(world))

    pages = [keeper.get(f"/log/{each}") for each in (f"investors/{world.investors['wang']}", f"persons/{made['person']}")]
    parts = {each: keeper.get(f"/log/investors/{world.investors['wang']}?group={each}").text for each in KindGroup}

    assert [each.status_code for each in pages] == [200, 200]
    words = [plain(each.text) for each in pages]
    assert "clients proposed a change to the file of wang." in words[0]
    for hidden in ("储能行业跟踪报告", "was refused", "looked at the file", "/log?", made["refused"], made["before"]):
        assert not any(hidden in each for each in (*words, *(page.text for page in pages), *parts.values())), hidden
    assert 'href="/log/0' not in pages[0].text, "the code is told, the entry is compliance's"
    assert shown(parts[KindGroup.READING]) == [], "an address typed by hand shows no more"
    assert [entry.kind for entry in ledger(world)[before:]][:2] == ["ledger.searched"] * 2
    for colleague in ("clients", "compliance"):
        assert keeper.get(f"/log/persons/{world.people[colleague]}").status_code == 404
    assert keeper.get(f"/log/reports/{made['report']}").status_code == 403


def test_what_was_entered_in_error_is_struck_through_and_the_correction_says_what_it_was(officer, world):
    world.client("wang", RiskCategory.C2)
    wrong = mistaken(world, "wang", CategoryChange(investor=world.investors["wang"], category=RiskCategory.C5, before=END))
    correct(world, "wang", wrong)

    page = officer.get(f"/log/investors/{world.investors['wang']}").text

    assert "Entered in error <del>Category: C5 Aggressive, until 2028-10-23</del>" in re.sub(r"</?span[^>]*>", "", page)
    assert "Entered in error: Category: C5 Aggressive, until 2028-10-23" in plain(page)


def test_pages_of_files_lead_to_their_history(officer, world):
    made = read_and_refused(world)
    investor = world.investors["wang"]

    file, report = officer.get(f"/admin/investors/{investor}").text, officer.get(f"/admin/reports/{made['report']}").text
    entry, staff = officer.get(f"/log/{made['refused']}").text, officer.get("/admin/staff").text

    assert f'href="/log/investors/{investor}"' in file
    assert f'href="/log/persons/{made["person"]}"' in file
    assert re.search(r'<a class="code nowrap" href="/log/[0-9a-z]{12}">', file), "a code in the history is a link"
    assert f'href="/log/reports/{made["report"]}"' in report
    for way in ("investors/" + investor, "persons/" + made["person"], "reports/" + made["report"]):
        assert f'href="/log/{way}"' in entry
    assert f'href="/log/persons/{world.people["clients"]}"' in staff


def test_every_kind_of_entry_has_a_sentence_in_every_part_of_the_vocabulary(officer, world):
    """Also a kind of a newer version, and an entry that names nobody."""
    world.client("wang")
    at = NOW + timedelta(days=2)
    for kind in Kind:
        put(world, at, kind=kind, person=world.people["wang"])

    words = [plain(officer.get(f"/log/persons/{world.people['wang']}?group={group}").text) for group in KindGroup]

    assert sum(page.count("10:00:00") for page in words) >= len(Kind)
    assert not any("%(" in page or "None" in page for page in words)


def test_each_kind_is_in_one_part():
    assert sorted(kind for kinds in GROUPS.values() for kind in kinds) == sorted(Kind)
    assert set(GROUPS) == set(KindGroup)


def test_looks_are_told_apart_from_what_was_put_on_file():
    of_files = {kind for group in FILE_GROUPS for kind in GROUPS[group]}

    assert {kind for kind in of_files if kind.endswith((".viewed", ".downloaded", ".read"))} == LOOKS


@pytest.mark.parametrize("tag", SUPPORTED)
def test_no_sentence_asks_for_what_nobody_fills_in(tag):
    known = {"actor": "甲", "person": "乙", "investor": "丙", "report": "丁", "kind": "戊"}

    for message in (*SENTENCES.values(), ANY):
        assert translations(tag).gettext(message) % known


def test_a_name_is_never_markup(officer, world):
    name = "<img src=x onerror=alert(1)>%(kind)s"
    made = world.database.transact(
        investors.create_investor, world.caller("clients"), InvestorKind.INDIVIDUAL, name, "N-1", world.now
    )

    page = officer.get(f"/log/investors/{made}").text

    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;%(kind)s" in page


def statements(world: World, client: Any, path: str) -> int:
    """How many statements a page costs."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    engines = {world.database._reader, world.database._recorder}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", hear)
    assert client.get(path).status_code == 200
    for engine in engines:
        event.remove(engine, "before_cursor_execute", hear)
    return len(said)


def test_no_page_costs_more_statements_for_more_rows(officer, world):
    for number in range(3):
        world.client(f"c{number}")
    report, investor, person = release(world), world.investors["c0"], world.people["c0"]
    member = {"investor": investor, "report": report, "person": person, "actor": f"person:{person}"}
    put(world, NOW, request_id="one", **member)
    paths = [
        "/log?request_id=one",
        f"/log/investors/{investor}?group=reading",
        f"/log/persons/{person}?group=reading",
        f"/log/reports/{report}?group=reading",
        "/log/export?request_id=one",
        "/log/views",
    ]
    officer.get("/log")  # a new connection asks once which log is open
    few = {path: statements(world, officer, path) for path in paths}
    for number in range(60):
        other = f"c{number % 3}"
        put(world, NOW, request_id="one", **(member | {"actor": f"person:{world.people[other]}", "action": Action.READ}))

    many = {path: statements(world, officer, path) for path in paths}

    assert many == few
    assert max(few.values()) <= 18, few
    assert len(codes(officer.get("/log?request_id=one").text)) == 50
