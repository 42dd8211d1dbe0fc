"""The morning table as an admin and compliance see it: dropped, proposed, approved in one act, out at the time, stopped."""

import io
import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from gatekeeper.rules.risk import RiskCategory
from gatekeeper.web.publishing import incoming
from tests.mornings import bring, row, text
from tests.plugins.live import demo_report
from tests.web.browser import hidden, post, visit
from tests.world import World

MORNING = "/admin/reports/morning"
UNDATED = "r2-high-grade-credit"
SUITABLE = "2026-11-24T07:30"
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def admin(app: Flask, world: World) -> FlaskClient:
    return visit(app, "reports")


def drop(admin: FlaskClient, *files: tuple[bytes, str]) -> tuple[int, str]:
    token = hidden(admin.get("/account").text)
    data = {"csrf_token": token, "files": [(io.BytesIO(content), name) for content, name in files]}
    answer = admin.post(f"{MORNING}/files", data=data, content_type="multipart/form-data")
    answer.request.environ["wsgi.input"].close()  # the test client leaves its own spool file to the collector
    return answer.status_code, unescape(answer.text)


def ticked(page: str) -> list[str]:
    """The rows that are ticked as the page comes."""
    return re.findall(r'name="report" value="(\w{26})"[^>]* checked>', page)


def chosen(page: str, name: str) -> str:
    """What a list in a row is set to."""
    [found] = re.findall(rf'<select[^>]* name="{name}".*?</select>', page, re.DOTALL)
    selected = re.findall(r'value="(\w*)" selected', found)
    return selected[0] if selected else ""


def filled(page: str, reports: list[str], **changed: str) -> dict[str, object]:
    """The form as the page fills it, with these rows ticked."""
    every = re.findall(r'name="report" value="(\w{26})"', page)
    rows = {f"{name}-{each}": chosen(page, f"{name}-{each}") for each in every for name in ("grade", "audience")}
    at = re.search(r'name="release_at" value="([^"]*)"|value="([^"]*)"[^>]* name="release_at"', page)
    assert at
    return {**rows, "report": reports, "release_at": at[1] or at[2], "reason": "与印刷一致", **changed}


def test_a_morning_from_the_drop_to_the_readers(app: Flask, admin: FlaskClient, world: World) -> None:
    world.client("c3", RiskCategory.C3)
    titles = ["铜价回落", "铝价回落", "锌价回落"]
    status, _ = drop(admin, *((text(title), f"{title}.txt") for title in titles))
    assert status == 303

    page = unescape(admin.get(MORNING).text)
    rows = ticked(page)
    assert len(rows) == 3, "where nothing is open, rows are ticked already"
    for words in (*titles, "方启铭", "As read", "Imported by", "reports"):
        assert words in page
    form = filled(page, rows)
    assert form["release_at"] == SUITABLE, "the next time at which reports usually go out, in the firm's zone"
    assert post(admin, f"{MORNING}/proposals", form).status_code == 303
    page = unescape(admin.get(MORNING).text)
    assert "Proposed: 3." in page
    assert page.count("Waits for compliance") == 3
    assert page.count("2026-11-24 07:30") >= 3

    officer = visit(app, "compliance")
    page = unescape(officer.get(MORNING).text)
    waiting = re.findall(r'type="hidden" name="proposal" value="(\w+)"', page)
    assert len(waiting) == 3
    assert 'name="report"' not in page, "compliance proposes nothing"
    check = unescape(officer.get("/proposals/approval", query_string={"proposal": waiting}).text)
    assert "Approve all 3" in check
    assert "Out from" in check
    post(officer, "/proposals/approval", {"proposal": waiting})

    page = unescape(admin.get(MORNING).text)
    assert page.count("Scheduled") == 3
    reader = visit(app, "c3")
    assert "铜价回落" not in reader.get("/reports").text
    world.clock.moment = world.clock.moment.replace(day=23, hour=23, minute=30)  # 07:30 in Shanghai
    assert all(title in visit(app, "c3").get("/reports").text for title in titles)


@on_sqlite
def test_each_row_s_faults_are_told_in_it_the_others_go_through_and_nothing_is_lost(admin: FlaskClient, world: World) -> None:
    plain, open_ = bring(world, text("铜价回落")), bring(world, demo_report(UNDATED))
    conflict = bring(world, text("锌价回落", **{"R3（中风险）": "R3（高风险）"}))
    page = admin.get(MORNING).text
    assert ticked(page) == [plain], "what is open, repeats another or contradicts itself is ticked by a person"
    assert f'value="{conflict}"' not in page

    form = filled(page, [plain, open_], release_at="2026-11-25T08:00", reason="我的理由")
    answer = post(admin, f"{MORNING}/proposals", form)

    assert answer.status_code == 400
    page = unescape(answer.text)
    assert "Proposed: 1." in page
    assert "Each finding must be settled" in page
    assert ticked(page) == [open_]
    for kept in ("我的理由", "2026-11-25T08:00"):
        assert kept in page
    [finding] = row(world, open_).open
    form = filled(page, [open_]) | {f"accept-{finding.id}": "yes", f"settled-{finding.id}": "2027-06-30"}
    assert post(admin, f"{MORNING}/proposals", form).status_code == 303
    assert "Waits for compliance" in admin.get(MORNING).text


FAULTS = [
    pytest.param({"reason": " "}, "fill in", id="no reason"),
    pytest.param({"reason": "长" * 2001}, "At most 2000 characters", id="a reason too long"),
    pytest.param({"release_at": "tomorrow"}, "date and time", id="no time"),
    pytest.param({"release_at": "2026-11-24T07:30+08:00"}, "date and time", id="a time of another zone"),
    pytest.param({"release_at": "2026-11-22T07:30"}, "past", id="yesterday"),
    pytest.param({"report": []}, "Nothing is selected", id="no row"),
    pytest.param({"report": ["x" * 26]}, "not in the table any more", id="an unknown row"),
    pytest.param({"report": ["\0" * 9, "../.."]}, "not in the table any more", id="no id at all"),
]


@on_sqlite
@pytest.mark.parametrize(("changed", "said"), FAULTS)
def test_what_is_typed_wrong_is_told_and_proposes_nothing(
    admin: FlaskClient, world: World, changed: dict[str, str], said: str
) -> None:
    report = bring(world, text("铜价回落"))
    answer = post(admin, f"{MORNING}/proposals", {**filled(admin.get(MORNING).text, [report]), **changed})

    assert answer.status_code == 400
    assert said in unescape(answer.text)
    assert row(world, report).version.proposal is None


ROWS = [
    pytest.param("grade", "", "choose the grade", id="no grade"),
    pytest.param("grade", "R9", "choose the grade", id="no such grade"),
    pytest.param("grade", "R2", "below the printed R3", id="a grade below the printed one"),
    pytest.param("audience", "C2", "audience from the list", id="wider than printed"),
    pytest.param("audience", "", "audience from the list", id="no audience"),
]


@on_sqlite
@pytest.mark.parametrize(("name", "value", "said"), ROWS)
def test_a_row_takes_nothing_wider_than_what_is_printed(
    admin: FlaskClient, world: World, name: str, value: str, said: str
) -> None:
    report = bring(world, text("铜价回落"))
    form = filled(admin.get(MORNING).text, [report]) | {f"{name}-{report}": value}

    answer = post(admin, f"{MORNING}/proposals", form)

    assert answer.status_code == 400
    assert said in unescape(answer.text)


def test_a_stricter_row_is_proposed_and_looked_at_singly(app: Flask, admin: FlaskClient, world: World) -> None:
    report, plain = bring(world, text("铜价回落")), bring(world, text("铝价回落"))
    form = filled(admin.get(MORNING).text, [report, plain]) | {f"grade-{report}": "R4", f"audience-{report}": "C4"}
    assert post(admin, f"{MORNING}/proposals", form).status_code == 303
    wanted = row(world, report).change
    assert (wanted.grade.name, [each.name for each in wanted.categories]) == ("R4", ["C4", "C5"])

    check = unescape(
        visit(app, "compliance")
        .get("/proposals/approval", query_string={"proposal": [row(world, each).version.proposal for each in (report, plain)]})
        .text
    )

    assert "To be approved (1)" in check
    assert "Grade or audience are not what the report prints." in check


@on_sqlite
def test_a_drop_tells_each_file_and_a_bad_one_keeps_no_other_out(admin: FlaskClient, world: World) -> None:
    known = bring(world, text("铜价回落"))
    status, page = drop(
        admin, (b"", "empty.txt"), (text("铜价回落"), "again.txt"), (text("铝价回落"), "good.txt"), (b"\0" * 99, "binary.txt")
    )

    assert status == 400
    for words in ("empty.txt", "is empty", "again.txt", "imported already", f"/admin/reports/{known}", "binary.txt", "铝价回落"):
        assert words in page
    assert page.count("Not imported") == 3
    assert drop(admin)[0] == 400


@on_sqlite
def test_too_many_files_and_too_long_a_time_lose_nothing_that_came_in(
    admin: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "MOST_FILES", 2)
    status, page = drop(admin, *((text(f"第{number}份"), f"{number}.txt") for number in range(3)))
    assert (status, page.count("Drop it again")) == (400, 1)
    assert all(f"第{number}份" in page for number in range(2))

    monkeypatch.setattr(incoming, "MOST_SECONDS", -1.0)
    status, page = drop(admin, (text("迟到"), "late.txt"))
    assert status == 400
    assert "took too long" in page


@on_sqlite
def test_a_request_that_is_too_large_is_refused_at_the_door(admin: FlaskClient) -> None:
    answer = admin.post(
        f"{MORNING}/files",
        input_stream=io.BytesIO(b"--x"),
        environ_overrides={"CONTENT_LENGTH": str(incoming.MOST_SENT + 1)},
        content_type="multipart/form-data; boundary=x",
    )

    assert answer.status_code == 413


@on_sqlite
def test_a_duplicate_is_named_where_it_is_proposed_and_where_it_is_approved(app: Flask, admin: FlaskClient, world: World) -> None:
    bring(world, text("铜价回落"))
    again = bring(world, text("铜价回落") + b"\n ")
    page = admin.get(MORNING).text
    assert again not in ticked(page)
    assert "The same text" in page
    assert "The same text" in admin.get(f"/admin/reports/{again}").text
    assert post(admin, f"{MORNING}/proposals", filled(page, [again])).status_code == 303

    proposal = row(world, again).version.proposal
    officer = visit(app, "compliance")

    assert "The same text" in officer.get(f"/proposals/{proposal}").text
    check = officer.get("/proposals/approval", query_string={"proposal": [proposal]}).text
    assert "A report like this one came in before." in check
    assert "Approve all" not in check


def out(app: Flask, admin: FlaskClient, world: World, *titles: str) -> list[str]:
    """Reports that are out."""
    reports = [bring(world, text(title)) for title in titles]
    post(admin, f"{MORNING}/proposals", filled(admin.get(MORNING).text, reports, release_at="2026-11-23T10:01"))
    post(visit(app, "compliance"), "/proposals/approval", {"proposal": [row(world, each).version.proposal for each in reports]})
    world.clock.moment = world.clock.moment.replace(minute=2)
    return reports


def test_several_are_stopped_at_once_from_the_table_by_compliance_too(app: Flask, admin: FlaskClient, world: World) -> None:
    world.client("c3", RiskCategory.C3)
    first, second, third = out(app, admin, world, "铜价回落", "铝价回落", "锌价回落")
    reader, officer = visit(app, "c3"), visit(app, "compliance")
    post(reader, f"/reports/{first}/bookmark", {})
    assert "锌价回落" in reader.get("/reports").text

    for wrong, said in (({"out": [first], "stop_reason": " "}, "fill in"), ({"stop_reason": "数据有误"}, "Nothing is selected")):
        answer = post(officer, f"{MORNING}/stops", wrong)
        assert answer.status_code == 400
        assert said in answer.text
    assert post(officer, f"{MORNING}/stops", {"out": [first, second], "stop_reason": "数据有误"}).status_code == 303

    listed = reader.get("/reports").text
    assert [title in listed for title in ("铜价回落", "铝价回落", "锌价回落")] == [False, False, True]
    again = post(admin, f"{MORNING}/stops", {"out": [second, third], "stop_reason": "也停"})
    assert again.status_code == 400
    assert "nothing to stop" in again.text
    assert "锌价回落" not in reader.get("/reports").text

    for who in (officer, admin):
        page = unescape(who.get(f"/admin/reports/{first}/given").text)
        assert "Report bookmarked" in page
        assert "N-c3" in page
        assert "ordinary investors C3, C4, C5" in page
    assert "Nobody was given it." in admin.get(f"/admin/reports/{second}/given").text


@on_sqlite
def test_who_was_given_it_leaves_as_a_file_that_is_recorded(app: Flask, admin: FlaskClient, world: World) -> None:
    world.client("=c3", RiskCategory.C3)
    [report] = out(app, admin, world, "铜价回落")
    post(visit(app, "=c3"), f"/reports/{report}/bookmark", {})

    answer = post(admin, f"/admin/reports/{report}/given", {"format": "csv"})

    assert answer.status_code == 200
    assert re.fullmatch(r'attachment; filename="readers-1-\w{12}.csv"', answer.headers["Content-Disposition"])
    assert "'=c3" in answer.text, "harmless in a spreadsheet"
    answer.close()
    with post(admin, f"/admin/reports/{report}/given", {"format": "xlsx"}) as workbook:
        assert workbook.data[:2] == b"PK"
    assert "readers" in visit(app, "compliance").get("/log?kind=ledger.exported").text.lower()


@on_sqlite
def test_the_list_of_accepted_findings_ends_one_and_proposes_another(app: Flask, admin: FlaskClient, world: World) -> None:
    report = bring(world, demo_report(UNDATED))
    [finding] = row(world, report).open
    form = filled(admin.get(MORNING).text, [report]) | {f"accept-{finding.id}": "yes", f"settled-{finding.id}": "2027-01-10"}
    post(admin, f"{MORNING}/proposals", form)
    officer = visit(app, "compliance")
    post(officer, f"/proposals/{row(world, report).version.proposal}/approval", {"reason": "同意"})

    page = unescape(admin.get("/admin/reports/settlements").text)
    for words in ("No date of publication", "2027-01-10", "Ends soon", "reports · compliance"):
        assert words in page
    settlement = hidden(page, "settlement")
    wish = {"settlement": settlement, "until": "2027-11-30", "reason": "月报惯例"}
    for changed, said in (
        ({"until": "someday"}, "year, month and day"),
        ({"until": ""}, "fill in"),
        ({"until": "2027-01-09"}, "as long already"),
        ({"reason": ""}, "fill in"),
    ):
        answer = post(admin, "/admin/reports/settlements/renewals", {**wish, **changed})
        assert answer.status_code == 400
        assert said in unescape(answer.text)
    assert post(admin, "/admin/reports/settlements/renewals", {**wish, "settlement": "9" * 30}).status_code == 404
    assert post(admin, "/admin/reports/settlements/renewals", wish).status_code == 303
    queue = unescape(officer.get("/proposals").text)
    assert "Accepted finding of a template" in queue
    assert "until 2027-11-30" in queue
    proposal = re.findall(r'href="/proposals/(\w{26})"', queue)[0]
    assert "No date of publication" in officer.get(f"/proposals/{proposal}").text
    post(officer, f"/proposals/{proposal}/approval", {"reason": "同意"})
    assert "stays accepted" in unescape(officer.get(f"/log/persons/{world.people['compliance']}").text)

    assert post(officer, "/admin/reports/settlements/ends", {"settlement": settlement, "reason": ""}).status_code == 400
    assert post(officer, "/admin/reports/settlements/ends", {"settlement": settlement, "reason": "模板已改"}).status_code == 303
    assert "No finding is accepted." in admin.get("/admin/reports/settlements").text
    assert "Ended early" in admin.get("/admin/reports/settlements?state=over").text
    assert post(officer, "/admin/reports/settlements/ends", {"settlement": settlement, "reason": "再"}).status_code == 409


@on_sqlite
def test_the_report_s_file_lists_what_it_must_bear(admin: FlaskClient, world: World) -> None:
    page = unescape(admin.get(f"/admin/reports/{bring(world, demo_report(UNDATED))}").text)

    for words in ("Completeness", "Time of publication", "The report does not state when it was published.", "资料来源"):
        assert words in page


@on_sqlite
def test_a_late_approval_is_told_before_and_after(app: Flask, admin: FlaskClient, world: World) -> None:
    report = bring(world, text("铜价回落"))
    post(admin, f"{MORNING}/proposals", filled(admin.get(MORNING).text, [report], release_at="2026-11-23T10:05"))
    proposal = row(world, report).version.proposal
    officer = visit(app, "compliance")
    assert "out at once" not in officer.get(f"/proposals/{proposal}").text

    world.clock.moment = world.clock.moment.replace(minute=20)
    assert "With the approval it is out at once." in officer.get(f"/proposals/{proposal}").text
    post(officer, f"/proposals/{proposal}/approval", {"reason": "同意"})

    assert "2026-11-23 10:20" in officer.get(f"/proposals/{proposal}").text
    assert "Published" in admin.get(MORNING).text


@on_sqlite
def test_what_is_accepted_for_one_report_alone_is_so_in_the_table_too(app: Flask, admin: FlaskClient, world: World) -> None:
    doubtful = "本报告风险等级为R3，适用于专业投资者和普通投资者。\n"
    report = bring(world, re.sub("根据《证券期货.*\n", doubtful, demo_report("r3-energy-storage").decode()).encode())
    open_ = row(world, report).open
    assert [each.code for each in open_] == ["notice_unread"]
    page = unescape(admin.get(MORNING).text)
    assert "I have read these words" in page
    key = f"settled-{open_[0].id}"
    until = re.search(rf'type="hidden" name="{key}" value="([^"]+)"', page)
    assert until, "the day is not asked for: it holds for this report alone"
    form = filled(page, [report]) | {f"accept-{open_[0].id}": "yes", key: until[1], f"grade-{report}": "R3"}

    assert post(admin, f"{MORNING}/proposals", form).status_code == 303
    proposal = row(world, report).version.proposal
    post(visit(app, "compliance"), f"/proposals/{proposal}/approval", {"reason": "同意"})

    assert "No finding is accepted." in admin.get("/admin/reports/settlements").text
