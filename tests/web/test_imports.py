"""The pages of an import: from the file to its result, with every fault where it can be mended, and rows for whoever decides."""

import csv
import io

import pytest

from gatekeeper.rules.risk import RiskCategory
from gatekeeper.rules.roles import Grant, Role
from tests.imported import Importer, csv_of, row
from tests.web.browser import hidden, post, visit

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def hand_in(browser, content, name="people.csv", reason="年度批量更新"):
    page = browser.get("/admin/investors/imports/new").text
    form = {"csrf_token": hidden(page), "reason": reason, "file": (io.BytesIO(content), name)}
    return browser.post("/admin/investors/imports/new", data=form, content_type="multipart/form-data")


def taken(answer):
    """The content of a file that was sent."""
    with answer:
        assert answer.status_code == 200
        return answer.data


@pytest.fixture
def importer(world, tmp_path):
    return Importer(world, tmp_path)


def test_a_file_is_handed_in_looked_at_confirmed_approved_and_its_result_taken_away(world, app, importer):
    world.client("low", RiskCategory.C4)
    file = [
        row(),
        {"client_number": "N-low", "category": "C2", "category_until": "2028-11-23", "evidence": "档案 2"},
        {"client_number": "=1+1"},
    ]
    admin, officer = visit(app, "clients"), visit(app, "compliance")

    address = hand_in(admin, csv_of(file)).location
    assert "Waits for the work process." in admin.get(address).text
    importer.work()
    page = admin.get(address).text
    assert "To be confirmed" in page
    assert "Cell A4 holds a formula" in page
    assert "C4 Active" in page
    told = post(admin, f"{address}/confirmation", {}, page=page)
    assert told.location == address
    importer.work()
    proposal = admin.get(address).text.partition('href="/proposals/')[2].partition('"')[0]
    looked = officer.get(f"/proposals/{proposal}").text
    assert f"{address}?rows=raises" in looked
    assert "000123" in officer.get(f"{address}?rows=raises").text
    assert post(officer, f"/proposals/{proposal}/approval", {"reason": ""}, page=looked).status_code == 303
    importer.work()
    assert "Done" in admin.get(address).text

    lines = list(csv.DictReader(io.StringIO(taken(post(admin, f"{address}/result", {"format": "csv"})).decode("utf-8-sig"))))
    assert [line["Row"] for line in lines] == ["2", "3", "4"]
    assert [line["Verdict"] for line in lines] == ["New", "Changed", "Refused"]
    assert lines[0]["Client number"] == "'000123", "with the apostrophe that keeps its zeros"
    assert all(line["Entries"] for line in lines)
    assert not any(cell.startswith(("=", "+", "-", "@")) for line in lines for cell in line.values())


def test_wrong_headings_are_told_at_the_file_with_the_nearest_and_the_reason_stays(world, app):
    admin = visit(app, "clients")

    answer = hand_in(admin, "客户编码,风险承受能力等及\n1,C3\n".encode(), reason="写好的理由")

    assert answer.status_code == 400
    assert "客户编号" in answer.text
    assert "风险承受能力等级" in answer.text
    assert "写好的理由" in answer.text
    assert "imported" not in str(kinds(world))


def kinds(world):
    with world.database.reading() as connection:
        return connection.exec_driver_sql("SELECT kind FROM ledger_entry").scalars().all()


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_the_template_is_a_file_that_is_taken(world, app, form):
    admin = visit(app, "clients")

    template = taken(admin.get(f"/admin/investors/imports/template.{form}"))

    answer = hand_in(admin, template, f"template.{form}")
    assert "The file has no row below its headings." in answer.text


def test_whoever_may_not_change_files_sees_imports_and_hands_none_in(world, app, importer):
    world.staff("inspector", Role.INSPECTOR)
    id_ = importer.check([row()])
    inspector = visit(app, "inspector")

    assert "000123" in inspector.get(f"/admin/investors/imports/{id_}").text
    assert "Confirm" not in inspector.get(f"/admin/investors/imports/{id_}").text
    assert inspector.get("/admin/investors/imports/new").status_code == 403
    assert post(inspector, f"/admin/investors/imports/{id_}/confirmation", {}).status_code == 403


def test_looking_at_rows_and_taking_them_away_is_recorded(world, app, importer):
    id_ = importer.check([row()])
    admin = visit(app, "clients")

    admin.get(f"/admin/investors/imports/{id_}?rows=new&after=x")
    taken(post(admin, f"/admin/investors/imports/{id_}/result", {"format": "xlsx"}))

    assert kinds(world)[-2:] == ["import.viewed", "import.downloaded"]


def test_another_admin_neither_confirms_nor_discards(world, app, importer):
    world.staff("clients-2", Role.ADMIN, Grant.CLIENTS)
    id_ = importer.check([row()])
    other = visit(app, "clients-2")

    for way in ("confirmation", "discarding"):
        answer = post(other, f"/admin/investors/imports/{id_}/{way}", {})
        assert answer.status_code == 400
        assert "Whoever handed the file in confirms or discards it." in answer.text
