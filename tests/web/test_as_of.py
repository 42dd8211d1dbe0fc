"""Looking back on pages and in files: what is shown, what is refused, and that it is recorded first."""

import csv
import json
from datetime import timedelta
from hashlib import sha256
from io import BytesIO, StringIO
from typing import Any

import pytest

from gatekeeper.actions.proof import as_of
from gatekeeper.rules.changes import CategoryChange, MandateChange
from gatekeeper.rules.errors import Unavailable
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from tests.ledger.test_replay import END, correct, mistaken
from tests.library import release
from tests.web.browser import post, visit
from tests.web.test_sheets import cells
from tests.web.test_timelines import plain
from tests.world import World

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def report(world: World) -> str:
    """A report of R4, out on the first day; of three investors one was entered wrongly until the third day."""
    world.client("c2", RiskCategory.C2)
    world.client("c4", RiskCategory.C4)
    world.client("error", RiskCategory.C2)
    made = release(world, RiskGrade.R4, title="储能行业跟踪报告")
    wrong = mistaken(world, "error", CategoryChange(investor=world.investors["error"], category=RiskCategory.C5, before=END))
    world.clock.forward(timedelta(days=2))
    correct(world, "error", wrong)
    world.clock.forward(timedelta(days=2))
    return made


@pytest.fixture
def officer(app, world, report):
    return visit(app, "compliance")


def newest(world: World, kind: str = "access.looked_back") -> Any:
    with world.database.reading() as connection:
        [row] = entries.search_leaves(connection, Filter(kind=kind), None, 1)
    return row


def test_the_page_says_who_could_and_why_and_what_was_known_then(officer, world, report):
    page = officer.get(f"/log/reports/{report}/readers?on=2026-11-23&count=yes")
    text = plain(page.text)

    assert page.status_code == 200
    assert "As of 2026-11-23 23:59:59, Asia/Shanghai" in text
    assert "Some files were corrected since" in text
    for row in ("N-c2 c2 c2 Ordinary investor, C2, valid through 2028-11-23 Refused", "N-c4 c4 c4"):
        assert row in text, text
    assert text.count("Statement first") == 3  # c4's, the corrected one's as known then, and the count
    assert json.loads(newest(world).leaf)["data"]["counts"] == {"DENY": 2, "ACKNOWLEDGE": 1}
    assert newest(world).code in text
    today = plain(officer.get(f"/log/reports/{report}/readers").text)
    assert "corrected since" not in today


@sqlite
def test_pages_follow_each_other_and_meet_everybody_once(officer, world, report, monkeypatch):
    monkeypatch.setattr(as_of, "PAGE", 2)
    first = officer.get(f"/log/reports/{report}/readers?on=2026-11-23")
    assert "N-error" not in first.text
    following = first.text.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")

    second = officer.get(following).text

    assert "N-error" in second
    assert "N-c2" not in second
    assert "N-c2" in officer.get(following.partition("&after")[0] + "&after=" + "0" * 26 + "-" + "0" * 26).text


def test_what_a_person_could_read_and_for_whom(officer, world, report):
    low = release(world, RiskGrade.R1, title="国债市场周报")
    person = world.people["c2"]

    text = plain(officer.get(f"/log/persons/{person}/readings").text)
    assert "国债市场周报" in text
    assert "储能行业跟踪报告" not in text
    assert "储能行业跟踪报告" in plain(officer.get(f"/log/persons/{person}/readings?all=yes").text)
    then = plain(officer.get(f"/log/persons/{world.people['error']}/readings?on=2026-11-23").text)
    assert "Category below the report's grade" in then or "Refused" in then
    assert "Statement first" in then
    world.change("c4", MandateChange(investor=world.investors["c4"], person=person, capacity="代理人"))
    asked = officer.get(f"/log/persons/{person}/readings").text
    assert "For which one?" in asked
    assert low not in asked
    assert "acted for nobody" in officer.get(f"/log/persons/{person}/readings?on=2026-11-20").text


@sqlite
def test_a_day_that_is_none_or_has_not_come_shows_nothing(officer, world, report):
    before = newest(world, "person.signed_in").id
    for query in ("on=yesterday", "on=2026-02-30", "on=2999-01-01", "on=2026-11-23&time=25:00", "on=0001-01-01&time=00:00"):
        for path in (f"/log/reports/{report}/readers", f"/log/persons/{world.people['c2']}/readings"):
            answer = officer.get(f"{path}?{query}")
            assert (answer.status_code, "N-c4" in answer.text) == (400, False), query
            assert post(officer, f"{path}?{query}", {"format": "csv"}).status_code == 400
    assert officer.get(f"/log/reports/{'0' * 26}/readers").status_code == 404
    assert officer.get(f"/log/persons/{'0' * 26}/readings").status_code == 404
    with world.database.reading() as connection:
        assert entries.search(connection, Filter(kind="access.looked_back"), None, 5) == []
        assert entries.newest_id(connection) >= before


def test_a_file_is_recorded_with_its_digest_before_it_is_sent(officer, world, report):
    answer = post(officer, f"/log/reports/{report}/readers?on=2026-11-23", {"format": "csv"})
    content = answer.data
    answer.close()

    heading, *rows = csv.reader(StringIO(content.decode("utf-8-sig"), newline=""))
    entry = newest(world)
    data = json.loads(entry.leaf)["data"]
    assert heading[:2] == ["Client number", "Investor"]
    assert [(row[0], row[5], row[8]) for row in rows] == [
        ("N-c2", "DENY", ""),
        ("N-c4", "ACKNOWLEDGE", ""),
        ("N-error", "DENY", "Statement first"),
    ]
    assert (data["sha256"], data["rows"], data["format"]) == (sha256(content).hexdigest(), 3, "csv")
    assert entry.code in answer.headers["Content-Disposition"]
    person = world.people["c4"]
    workbook = post(officer, f"/log/persons/{person}/readings?on=2026-11-23", {"format": "xlsx"})
    sheet = cells(workbook.data, 1)
    workbook.close()
    assert "储能行业跟踪报告" in str(sheet)
    assert (newest(world).person, newest(world).investor) == (person, world.investors["c4"])
    assert json.loads(newest(world).leaf)["data"]["sha256"] == sha256(workbook.data).hexdigest()
    assert BytesIO(workbook.data).read(2) == b"PK"


@sqlite
def test_nothing_is_shown_or_sent_when_it_cannot_be_recorded(officer, world, report, monkeypatch):
    def fail(*_: Any, **__: Any) -> None:
        raise Unavailable("no")

    monkeypatch.setattr(type(world.database._waiting), "add", fail)

    for answer in (
        officer.get(f"/log/reports/{report}/readers?on=2026-11-23"),
        post(officer, f"/log/reports/{report}/readers?on=2026-11-23", {"format": "csv"}),
    ):
        assert answer.status_code == 503
        assert "N-c4" not in answer.text
