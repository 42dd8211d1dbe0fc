"""From what got out to who had it: by file, by picture, by code; on the page and on the command line."""

from io import BytesIO

import pytest
from PIL import Image

from gatekeeper.rules.risk import RiskCategory
from gatekeeper.rules.roles import Role
from tests.viewed import came_as_pdf, opening
from tests.web.browser import hidden, post, visit
from tests.web.test_client import accept, data, last


@pytest.fixture
def leaked(world, app, tmp_path):
    """A page and a copy of a report, as a reader was given them, and the codes of their entries."""
    world.client("zhang", RiskCategory.C3)
    report = came_as_pdf(world, tmp_path, title="储能行业跟踪报告")
    browser = visit(app, "zhang")
    code = opening(accept(browser, report).text)
    page = browser.get(f"/reports/{report}/pages/1?opening={code}").data
    copy = post(browser, f"/reports/{report}/copy", {}).data
    return {"page": page, "copy": copy, "opened": code, "copied": last(world, kind="report.copied").code}


@pytest.fixture
def compliance(app, leaked):
    return visit(app, "compliance")


def hand_in(browser, content, name="leak.pdf", code=""):
    form = {"csrf_token": hidden(browser.get("/leaks").text), "code": code, "file": (BytesIO(content), name)}
    return browser.post("/leaks", data=form, content_type="multipart/form-data")


def told(page: str) -> str:
    return page[page.index("aria-live") :]


def test_a_copy_and_a_page_lead_to_who_had_them_and_what_else(world, compliance, leaked):
    accepted = last(world, kind="statement.accepted").code
    by_copy = told(hand_in(compliance, leaked["copy"]).text)
    entry = last(world, kind="leak.traced")

    for each in ("zhang", "N-zhang", "储能行业跟踪报告", "127.0.0.1", "Werkzeug", accepted, leaked["copied"], leaked["opened"]):
        assert each in by_copy
    assert "the file&#39;s identifier" in by_copy
    assert entry.code in by_copy
    assert data(entry)["entries"] == [leaked["copied"]]
    assert len(data(entry)["sha256"]) == 64
    assert "leak.pdf" not in entry.leaf.decode(), "what a file is called is erasable"

    by_page = told(hand_in(compliance, leaked["page"], "截屏.jpg").text)
    assert leaked["opened"] in by_page
    assert data(last(world, kind="leak.traced"))["entries"] == [leaked["opened"]]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_typed_code_is_forgiven_and_one_wrong_character_found_out(world, compliance, leaked):
    code = leaked["opened"]
    typed = f"{code[:4]}-{code[4:8]} {code[8:]}".upper().replace("0", "O").replace("1", "l")
    assert "zhang" in told(post(compliance, "/leaks", {"code": typed}).text)

    wrong = code[:-1] + ("x" if code[-1] != "x" else "y")
    answer = post(compliance, "/leaks", {"code": wrong})
    assert answer.status_code == 200
    assert code in told(answer.text)
    assert "zhang" not in told(answer.text)
    assert data(last(world, kind="leak.traced"))["near"] == [code]

    short = post(compliance, "/leaks", {"code": code[:-1]})
    assert short.status_code == 400
    assert "A code has 12 characters; these are 11." in short.text
    assert code in told(short.text)
    assert f'value="{code[:-1]}"' in short.text, "what was typed stays in the form"
    assert "No code holds: u." in post(compliance, "/leaks", {"code": "u" * 12}).text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_leads_nowhere_says_what_to_try_and_is_recorded(world, app, compliance):
    white = BytesIO()
    Image.new("RGB", (300, 300), "white").save(white, "PNG")
    nothing = hand_in(compliance, white.getvalue(), "white.png")

    assert "Nothing was found." in nothing.text
    assert "Type the code behind the time in the mark." in nothing.text
    assert data(last(world, kind="leak.traced"))["entries"] == []
    assert "Please choose a file or type the code." in post(compliance, "/leaks", {}).text
    assert "neither a PDF nor" in hand_in(compliance, b"GIF89a", "<b>.gif").text
    other = last(world, kind="person.signed_in").code
    assert "an entry by which nothing was shown" in post(compliance, "/leaks", {"code": other}).text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_inspector_looks_leaks_up_and_is_recorded_and_nobody_else_does(world, app, leaked):
    world.staff("inspector", Role.INSPECTOR)
    inspector = visit(app, "inspector")

    page = post(inspector, "/leaks", {"code": leaked["opened"]})

    assert leaked["opened"] in page.text
    assert "第1页正文" not in page.text
    assert last(world, kind="leak.traced").actor == f"person:{world.people['inspector']}"
    for name in ("zhang", "clients", "reports"):
        assert post(visit(app, name), "/leaks", {"code": leaked["opened"]}).status_code == 403
