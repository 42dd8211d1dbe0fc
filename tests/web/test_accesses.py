"""The access list of a report or a person: who was given, refused or sent what, in Chinese, recorded before it is sent."""

import json
import re
import xml.etree.ElementTree as ET
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from typing import Any

import pytest

from gatekeeper.actions.proof import accesses
from gatekeeper.actions.reading import access, bookmarks
from gatekeeper.files.made import access_list
from gatekeeper.files.made.access_list import Access, Head, Totals
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.errors import Unavailable
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action, RiskCategory, RiskGrade
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from tests.files.test_receipt import written
from tests.ledger.test_replay import ask, read, signed_in
from tests.library import release
from tests.web.browser import post, visit
from tests.web.test_sheets import cells
from tests.world import ZONE, World

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def report(world: World) -> str:
    """A report of R3 that was read, copied, bookmarked, refused, reviewed by staff and asked about by an operator."""
    world.client("c3", RiskCategory.C3)
    world.client("c2", RiskCategory.C2)
    made = release(world, RiskGrade.R3, title="储能行业跟踪报告")
    read(world, "c3", made)
    for action in (Action.USE, Action.BOOKMARK):
        ask(world, "c3", made, action=action)
    world.database.record(access.open_report, signed_in(world, "c2"), made, world.now, ZONE)
    world.database.transact(bookmarks.add, signed_in(world, "c3"), made, world.now, ZONE)
    world.database.record(access.review_report, world.caller("compliance"), made, world.now)
    return made


def grid(content: bytes) -> list[dict[str, str]]:
    """The rows of a workbook's first sheet, each with its texts by the headings."""
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    with zipfile.ZipFile(BytesIO(content)) as book:
        tree = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314  (our own file)
    rows = [
        {cell.get("r", "").rstrip("0123456789"): "".join(part.text or "" for part in cell.iter(f"{space}t")) for cell in row}
        for row in tree.iter(f"{space}row")
    ]
    return [{title: row.get(column, "") for column, title in rows[0].items()} for row in rows[1:]]


def listed(world: World, about: str, id_: str, since: datetime, before: datetime) -> list[Access]:
    operator = Caller(actor="operator", channel="cli")
    with world.database.reading() as connection:
        found = accesses.question(connection, operator, about, id_, (since, before), world.now)

        def here(piece: Any) -> Any:
            return piece(connection)

        return list(accesses.each(here, found))


def whole(world: World) -> tuple[datetime, datetime]:
    return world.now - timedelta(days=30), world.now + timedelta(days=1)


def test_every_way_to_a_report_is_listed_in_the_order_of_time(world, report):
    found = listed(world, "report", report, *whole(world))
    kinds = [each.kind for each in found]

    assert [each.at for each in found] == sorted(each.at for each in found)
    assert {"report.withheld", "statement.served", "statement.accepted", "report.opened", "report.bookmarked"} <= set(kinds)
    assert {"report.refused", "report.reviewed", "decision.asked"} <= set(kinds)
    [refused] = [each for each in found if each.kind == "report.refused"]
    assert (refused.person_name, refused.client_number, refused.outcome) == ("c2", "N-c2", "DENY")
    assert refused.reasons == ("category_below_grade",)
    assert refused.address == "192.0.2.1"
    assert {each.channel for each in found} == {"test"}
    with world.database.reading() as connection:
        rows = entries.search(connection, Filter(report=report, kind=tuple(accesses.KINDS)), None, 1000)
    assert sorted(each.code for each in found) == sorted(row.code for row in rows)


def test_pieces_are_one_list(world, report, monkeypatch):
    at_once = listed(world, "report", report, *whole(world))
    monkeypatch.setattr(accesses, "_PIECE", 2)

    assert listed(world, "report", report, *whole(world)) == at_once


@sqlite
def test_the_days_are_those_of_the_firm_and_the_last_one_counts_whole(app, world):
    world.client("c3", RiskCategory.C3)
    made = release(world, RiskGrade.R3)
    asked = {}
    for moment in ("2026-11-24T15:59:59.9", "2026-11-24T16:00:00", "2026-11-25T15:59:59.9", "2026-11-25T16:00:00"):
        world.clock.moment = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        asked[moment] = ask(world, "c3", made)
    world.clock.forward(timedelta(days=1))
    officer = visit(app, "compliance")
    answer = post(officer, f"/log/reports/{made}/accesses", {"from": "2026-11-25", "to": "2026-11-25", "format": "xlsx"})

    codes = [row["编号"] for row in grid(answer.data)]
    answer.close()
    assert codes == list(asked.values())[1:3]


@pytest.mark.parametrize("about", ["reports", "persons"])
def test_the_file_is_recorded_with_its_digest_before_it_is_sent(app, world, report, about):
    officer = visit(app, "compliance")
    id_ = report if about == "reports" else world.people["c3"]
    page = officer.get(f"/log/{about}/{id_}")
    assert f'href="/log/{about}/{id_}/accesses"' in page.text

    for form, begins in (("pdf", b"%PDF"), ("xlsx", b"PK")):
        answer = post(officer, f"/log/{about}/{id_}/accesses", {"format": form})
        content = answer.data
        answer.close()
        with world.database.reading() as connection:
            [entry] = entries.search_leaves(connection, Filter(kind=Kind.LEDGER_EXPORTED), None, 1)
            private = entries.private_of(connection, entry.id)
        data = json.loads(entry.leaf)["data"]
        assert content.startswith(begins)
        assert (data["sheet"], data["format"], data["sha256"]) == ("access_list", form, sha256(content).hexdigest())
        assert json.loads(private["filter"])[about[:-1]] == id_
        assert re.search(rf'filename="accesses-{about[:-1]}-{data["rows"]}-{entry.code}\.{form}"', str(answer.headers))
        if form == "xlsx":
            assert {cell[0] for row in cells(content, 1) for cell in row} == {"inlineStr"}
            assert len(grid(content)) == data["rows"]
            assert "储能行业跟踪报告" in str(grid(content))
        else:
            assert set("储能行业跟踪报告") <= set(written(content))


def head(world: World, name: str = "储能行业跟踪报告") -> Head:
    since, before = (datetime(2025, month, 1, tzinfo=ZONE) for month in (1, 2))
    made = {"firm": "明澈证券", "made": "由 compliance 制作。", "zone": ZONE, "checkpoint": None}
    return Head(about="report", name=name, detail="", since=since, before=before, lists=None, **made)


@sqlite
def test_none_says_what_was_searched(world):
    told = dict(access_list.summary(head(world), Totals()))

    assert told["期间"] == "2025-01-01 至 2025-01-31，首尾两日均含，Asia/Shanghai"
    assert told["记录"] == f"无。已在全部日志中检索{told['期间']}。"


@sqlite
def test_what_was_erased_is_said_to_be_not_kept(world, report):
    found = [replace(each, address="") for each in listed(world, "report", report, *whole(world))]
    totals, file = Totals(), BytesIO()
    access_list.write(file, "xlsx", head(world), found, totals)

    assert totals.rows == len(found)
    assert totals.kinds.total() == len(found)
    assert totals.outcomes.total() == sum(bool(each.outcome) for each in found)
    assert {row["网络地址"] for row in grid(file.getvalue())} == {"未留存"}


@sqlite
@pytest.mark.parametrize(
    "days", [{"from": "2026-13-01", "to": "2026-12-31"}, {"from": "2026-02-02", "to": "2026-02-01"}, {"from": "x" * 99}]
)
def test_days_that_are_none_are_told(app, world, report, days):
    officer = visit(app, "compliance")

    for answer in (
        officer.get(f"/log/reports/{report}/accesses", query_string=days),
        post(officer, f"/log/reports/{report}/accesses", days),
    ):
        assert answer.status_code == 400
        assert 'role="alert"' in answer.text


@sqlite
def test_a_pdf_that_would_be_too_long_is_not_begun(app, world, report, monkeypatch):
    monkeypatch.setattr(access_list, "MOST_PRINTED", 2)
    answer = post(visit(app, "compliance"), f"/log/reports/{report}/accesses", {"format": "pdf"})

    assert answer.status_code == 400
    assert "A PDF holds up to 2 entries" in answer.text


@sqlite
def test_nothing_is_sent_that_could_not_be_recorded(app, world, report, monkeypatch):
    officer = visit(app, "compliance")

    def fails(*_args: object, **_more: object) -> None:
        raise Unavailable("the database is gone")

    monkeypatch.setattr(accesses, "sent", fails)
    answer = post(officer, f"/log/reports/{report}/accesses", {"format": "xlsx"})

    assert answer.status_code == 503
    assert not answer.data.startswith(b"PK")
