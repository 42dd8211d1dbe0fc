"""The policy's pages: what a text would change is told before it is proposed, and every fault of it where it is typed."""

import json
import re
from html import unescape

import pytest

from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.rules.roles import Role
from gatekeeper.web.suitability import rehearsals
from tests.actions.test_policies import DEFAULT, NO_R3, SHIFTED, approve, propose
from tests.ledger.test_replay import read
from tests.library import release
from tests.web.browser import post, visit

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def kinds(world):
    with world.database.reading() as connection:
        return connection.exec_driver_sql("SELECT kind FROM ledger_entry ORDER BY id").scalars().all()


def test_an_officer_tries_a_text_out_proposes_it_and_another_approves_after_looking(world, app):
    world.client("c3", RiskCategory.C3)
    release(world, RiskGrade.R3)
    officer, second = visit(app, "compliance"), visit(app, "compliance-2")

    assert 'C3 = ["R1", "R2", "R3"]'.replace('"', "&#34;") in officer.get("/policy/new").text
    tried = post(officer, "/policy/new", {"text": NO_R3, "then": "try"})
    assert tried.status_code == 200
    assert "They lose" in tried.text
    assert "N-c3" in tried.text
    proposed = post(officer, "/policy/new", {"text": NO_R3, "reason": "收紧"})
    page = second.get(proposed.location).text
    assert "/policy/rehearsal/" in page
    assert "Try this policy out" in page
    assert "/approval" not in page
    early = post(second, f"{proposed.location}/approval", {"reason": ""}, page=page)
    assert (early.status_code, "Try this policy out first" in early.text) == (409, True)
    looked = second.get(f"/policy/rehearsal/{proposed.location.rpartition('/')[2]}")
    assert "They lose" in looked.text
    page = second.get(proposed.location).text
    assert "0 investors would gain a report, 1 would lose one" in page
    assert "match.C3" in page
    assert post(second, f"{proposed.location}/approval", {"reason": ""}, page=page).status_code == 303

    assert "C3 = [&#34;R1&#34;, &#34;R2&#34;]" in second.get("/policy").text
    assert "match.C3" in second.get("/policy").text, "what differs from the version before"
    assert kinds(world).count("policy.rehearsed") == 2
    assert kinds(world).count("policy.approved") == 1


def test_a_text_with_faults_is_shown_again_with_every_fault_and_nothing_is_recorded(world, app):
    officer = visit(app, "compliance")
    broken = DEFAULT.replace('C2 = ["R1", "R2"]', 'C2 = ["R9"]').replace("assessment_months = 24", "assessment_months = 99")

    for then in ("try", ""):
        answer = post(officer, "/policy/new", {"text": broken, "reason": "x", "then": then})
        assert answer.status_code == 400
        assert "R9" in answer.text
        assert "There is a problem" in answer.text
    assert "policy.proposed" not in kinds(world)
    assert "policy.rehearsed" not in kinds(world)


def test_a_day_that_is_none_is_told_at_its_field(world, app):
    answer = post(visit(app, "compliance"), "/policy/new", {"text": NO_R3, "reason": "x", "effective": "tomorrow"})

    assert answer.status_code == 400
    assert "effective-error" in answer.text


def test_an_inspector_sees_the_policy_and_proposes_none(world, app):
    world.staff("inspector", Role.INSPECTOR)
    inspector = visit(app, "inspector")

    assert inspector.get("/policy").status_code == 200
    assert "/policy/new" not in inspector.get("/policy").text
    assert inspector.get("/policy/new").status_code == 403


def test_the_whole_lists_are_paged_and_given_as_files_and_each_is_an_entry_first(world, app, monkeypatch):
    monkeypatch.setattr(rehearsals, "PAGE", 2)
    for number in range(5):
        world.client(f"c{number}", RiskCategory.C3)
    report = release(world, RiskGrade.R3, title="储能")
    codes = [read(world, f"c{number}", report) for number in range(3)]
    proposed = post(visit(app, "compliance"), "/policy/new", {"text": NO_R3, "reason": "收紧"}).location.rpartition("/")[2]
    second = visit(app, "compliance-2")
    start = f"/policy/rehearsal/{proposed}"

    assert f"{start}/lose" in second.get(start).text
    found, address = [], f"{start}/lose"
    while address:
        page = second.get(address).text
        found += re.findall(r">\s*(N-c\d)\s*<", page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = unescape(following[1]) if following else ""
    assert found == [f"N-c{number}" for number in range(5)]
    readings, address = [], f"{start}/readings"
    while address:
        page = second.get(address).text
        readings += sorted((code for code in codes if code in page), key=page.index)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = unescape(following[1]) if following else ""
    assert readings == codes[::-1], "the newest first"
    assert "stands here" in second.get(f"{start}/gain").text
    before = len(kinds(world))
    csv = second.get(f"{start}/lose/csv")
    assert csv.text.splitlines()[1:] == [f"N-c{number},c{number}" for number in range(5)]
    workbook = second.get(f"{start}/readings/xlsx")
    assert workbook.data[:2] == b"PK"
    workbook.close()
    csv.close()
    assert kinds(world)[before:].count("policy.rehearsed") == 2
    with world.database.reading() as connection:
        leaf = (
            connection.exec_driver_sql("SELECT leaf FROM ledger_entry WHERE kind = 'policy.rehearsed' ORDER BY id")
            .scalars()
            .all()
        )
    data = json.loads(leaf[-2])["data"]
    assert (data["list"], data["format"], data["rows"], len(data["sha256"])) == ("lose", "csv", 5, 64)
    for nothing in (f"{start}/everything", f"{start}/lose/pdf", f"/policy/rehearsal/{'0' * 26}/lose"):
        assert second.get(nothing).status_code == 404


def test_any_two_versions_are_compared(world, app):
    for text in (NO_R3, SHIFTED):
        approve(world, propose(world, text))
    officer = visit(app, "compliance")

    page = officer.get("/policy").text

    assert "match.C2" in page
    assert "R1 R2 R3" in page
    versions = re.findall(r'<option value="([0-9a-z]{12})"', page)
    assert len(versions) == 2
    oldest = officer.get(f"/policy?against={versions[-1]}").text
    assert ("match.C3" in oldest, "match.C4" in oldest) == (False, True)
    assert officer.get(f"/policy?against={'0' * 12}").status_code == 404
