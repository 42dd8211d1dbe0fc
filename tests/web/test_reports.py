"""The reports face: import, look, propose, publish, stop, as an admin does it in a browser."""

import io
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from gatekeeper.actions import proposals
from gatekeeper.actions.publishing import reports
from gatekeeper.files.reading import source, word
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.store import proposals as waiting
from gatekeeper.store.publishing import library
from gatekeeper.store.publishing.reports import ReportFile
from gatekeeper.web.publishing import incoming
from tests import docxs, pdfs
from tests.web.browser import hidden, post, visit
from tests.world import World

DEMO = Path(__file__).parents[2] / "gatekeeper" / "demo" / "reports"
TITLE = "储能招标放量而价格企稳"


@pytest.fixture
def admin(app: Flask, world: World) -> FlaskClient:
    return visit(app, "reports")


def send(admin: FlaskClient, *files: tuple[bytes, str]) -> tuple[int, str, str]:
    page = admin.get("/admin/reports/import").text
    data = {"csrf_token": hidden(page), "files": [(io.BytesIO(content), name) for content, name in files]}
    answer = admin.post("/admin/reports/import", data=data, content_type="multipart/form-data")
    answer.request.environ["wsgi.input"].close()  # the test client leaves its own spool file to the collector
    return answer.status_code, answer.text, answer.location or ""


def bring_in(admin: FlaskClient, name: str = "r3-energy-storage.txt") -> str:
    status, text, location = send(admin, ((DEMO / name).read_bytes(), name))
    assert status == 303, text
    return location


PROPOSAL = {
    "grade": "R3",
    "professional": "ANY",
    "restricted": "yes",
    "categories": ["C3", "C4", "C5"],
    "clients_only": "yes",
    "reason": "与印刷一致",
}


def approve(world: World, path: str) -> None:
    with world.database.reading() as connection:
        version = library.one_for_staff(connection, path.rsplit("/", 1)[1], world.now)
        proposal = waiting.about(connection, version=version.version)[0]
    world.database.transact(proposals.approve, world.caller("compliance"), proposal.id, "同意", world.now)


def test_a_report_goes_from_a_file_to_a_reader(app: Flask, admin: FlaskClient, world: World) -> None:
    world.client("c3", RiskCategory.C3)
    path = bring_in(admin)
    page = admin.get(path).text
    for words in (TITLE, "R3 Medium risk", "方启铭", "S0999525030003", "推荐（维持评级）", "C3, C4, C5", "Printed twice"):
        assert words in page
    assert TITLE in admin.get(path + "/content").text

    assert post(admin, path + "/proposal", PROPOSAL).status_code == 303
    assert "waits for compliance" in admin.get(path).text
    assert post(admin, path + "/publication", {"at": ""}).status_code == 409, "nobody has approved it yet"
    approve(world, path)
    assert post(admin, path + "/publication", {"at": ""}).status_code == 303
    reader = visit(app, "c3")
    assert TITLE in reader.get("/reports").text

    assert post(admin, path + "/stop", {"reason": ""}).status_code == 400
    assert post(admin, path + "/stop", {"reason": "内容有误"}).status_code == 303
    assert TITLE not in reader.get("/reports").text


def test_a_time_ahead_is_the_firm_s_own_and_keeps_the_report_shut(app: Flask, admin: FlaskClient, world: World) -> None:
    world.client("c3", RiskCategory.C3)
    path = bring_in(admin)
    post(admin, path + "/proposal", PROPOSAL)
    approve(world, path)
    for wrong, said in (
        ("yesterday", "date and time"),
        ("2026-11-23T09:00", "past"),
        ("2026-11-24T07:30+08:00", "date and time"),
    ):
        answer = post(admin, path + "/publication", {"at": wrong})
        assert answer.status_code == 400
        assert said in answer.text

    assert post(admin, path + "/publication", {"at": "2026-11-24T07:30"}).status_code == 303
    assert "2026-11-24 07:30" in admin.get(path).text
    assert TITLE not in visit(app, "c3").get("/reports").text


def test_findings_are_settled_one_by_one_and_what_was_typed_is_kept(admin: FlaskClient, world: World) -> None:
    path = bring_in(admin, "r2-high-grade-credit.txt")
    form = {**PROPOSAL, "grade": "R2", "categories": ["C2", "C3", "C4", "C5"], "reason": "我的理由"}
    answer = post(admin, path + "/proposal", form)
    assert answer.status_code == 400
    assert "Each finding must be settled" in answer.text
    assert "我的理由" in answer.text

    with world.database.reading() as connection:
        finding = reports.view(connection, path.rsplit("/", 1)[1], world.now).open[0]
    form |= {f"accept-{finding.id}": "yes", f"settled-{finding.id}": "not a day"}
    assert "year, month and day" in post(admin, path + "/proposal", form).text
    form[f"settled-{finding.id}"] = "2027-06-30"
    assert post(admin, path + "/proposal", form).status_code == 303


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"grade": ""}, "choose the grade"),
        ({"grade": "R9"}, "choose the grade"),
        ({"grade": "R1"}, "below the printed R3"),
        ({"categories": ["C2", "C3", "C4", "C5"]}, "wider than the printed"),
        ({"categories": ["C9"]}, "from the list"),
        ({"professional": "EVERYBODY"}, "from the list"),
        ({"reason": ""}, "fill in"),
    ],
)
def test_a_bad_proposal_says_what_is_wrong(admin: FlaskClient, world: World, changed: dict[str, str], said: str) -> None:
    answer = post(admin, bring_in(admin) + "/proposal", {**PROPOSAL, **changed})

    assert answer.status_code == 400
    assert said in answer.text


GOOD = (DEMO / "r1-treasury-market.txt").read_bytes()
BAD = [
    pytest.param(b"", "is empty", id="empty"),
    pytest.param(b"\x00\x01\x02" * 99, "not text", id="binary"),
    pytest.param(b"%PDF-1.7 ...", "is damaged", id="half a PDF"),
    pytest.param("报告".encode() + b"\xff\xfe\xfd" * 3, "", id="broken UTF-8"),
    pytest.param(b"a" * (1024 * 1024 + 1), "at most 1 MiB", id="too large as text"),
]


@pytest.mark.parametrize(("content", "said"), BAD)
def test_a_bad_file_is_told_and_the_others_come_in(admin: FlaskClient, content: bytes, said: str) -> None:
    status, text, _ = send(admin, (content, "bad.txt"), (GOOD, "good.txt"))

    assert status == 400
    assert "bad.txt" in text
    assert said in text
    assert "good.txt was imported" in text


def test_pdf_and_word_come_in_and_no_file_is_left_out_in_silence(
    admin: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "MOST_FILES", 2)
    text = (DEMO / "r3-toll-roads.txt").read_text("utf-8")

    status, page, _ = send(admin, (pdfs.demo("r3-energy-storage"), "a"), (docxs.report(text), "b.pdf"), (GOOD, "c.txt"))

    assert status == 400
    for name in ("a", "b.pdf"):
        assert f"{name} was imported" in page, "what is in a file counts, not what it is called"
    assert "c.txt: This file was not read: at most 2 files are taken at once." in page
    with world.database.reading() as connection:
        kinds = connection.execute(select(ReportFile.media_type).order_by(ReportFile.entry_id)).scalars().all()
    assert kinds == [source.PDF, word.DOCX]


def test_two_hundred_megabytes_are_refused_at_the_door(admin: FlaskClient) -> None:
    answer = admin.post(
        "/admin/reports/import",
        input_stream=io.BytesIO(b"--x"),
        environ_overrides={"CONTENT_LENGTH": "200000000"},
        content_type="multipart/form-data; boundary=x",
    )

    assert answer.status_code == 413
    assert "too large" in answer.text


def test_no_file_and_the_same_file_twice(admin: FlaskClient) -> None:
    assert "choose at least one file" in send(admin)[1]
    bring_in(admin)
    status, text, _ = send(admin, ((DEMO / "r3-energy-storage.txt").read_bytes(), "again.txt"))
    assert status == 400
    assert "imported already" in text


def test_a_contradictory_report_offers_no_proposal(admin: FlaskClient) -> None:
    text = (DEMO / "r3-energy-storage.txt").read_text("utf-8").replace("R3（中风险）", "R3（高风险）")
    _, _, path = send(admin, (text.encode(), "conflict.txt"))
    page = admin.get(path).text

    assert "contradicts itself" in page
    assert path + "/proposal" not in page


def test_many_reports_are_paged_without_loss(admin: FlaskClient, world: World) -> None:
    for number in range(35):
        text = GOOD.decode() + f"\n第{number}期。\n"
        send(admin, (text.encode(), f"{number}.txt"))
    first = admin.get("/admin/reports").text
    older = first.split('rel="next" href="')[1].split('"')[0].replace("&amp;", "&")

    pages = first + admin.get(older).text

    assert len({part.split('"')[0] for part in pages.split('href="/admin/reports/')[1:] if len(part.split('"')[0]) == 26}) == 35
