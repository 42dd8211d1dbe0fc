"""Professional status by pages: the client's way there, the desk's, the second person's, and the way back."""

import io
import re
from datetime import date, timedelta

import pytest

from gatekeeper.files.made import conversion
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.professional import Evidence
from gatekeeper.rules.risk import InvestorClass, InvestorKind, RiskCategory
from gatekeeper.store.clients import investors as files
from gatekeeper.store.suitability import applications as store
from tests.applied import ART_8_1, ART_8_4, ART_8_5, ART_11, WAN, check, hand_in, individual, right_answers, sit
from tests.library import release
from tests.scans import pdf, picture
from tests.web.browser import hidden, post, visit
from tests.world import ZONE

ON_SQLITE = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
FIGURES = {
    "financial_assets": "3,000,000",
    "financial_assets_on": "2026-11-20",
    "experience_since": "2020-05-06",
    "then": "continue",
}


def upload(browser, address, kind, content, name="证明.pdf"):
    form = {"csrf_token": hidden(browser.get("/account").text), "kind": kind, "files": (io.BytesIO(content), name)}
    return browser.post(address, data=form, content_type="multipart/form-data")


def latest(world, name):
    with world.database.reading() as connection:
        return store.of_investor(connection, world.investors[name], 1)[0]


def on_file(world, name):
    with world.database.reading() as connection:
        return files.overview(connection, world.investors[name], world.now).investor_class


def test_the_whole_way_of_class_c_by_pages(app, world):
    world.client("person", RiskCategory.C2)
    client, desk, officer = visit(app, "person"), visit(app, "clients"), visit(app, "compliance")

    # the client states, proves, looks, hands in
    assert ART_8_4 not in client.get("/professional").text, "only the grounds open to its kind"
    assert post(client, "/professional", {"ground": ART_11}).location == "/professional/figures"
    assert post(client, "/professional/figures", FIGURES).location == "/professional/evidence"
    review = client.get("/professional/review").text
    assert "3,000,000 yuan; at least 3,000,000 yuan is needed." in review
    assert "Written application that confirms the own risk" in review
    assert 'name="declared"' not in review, "not handed in before the evidence is there"
    for kind in (Evidence.WRITTEN_APPLICATION, Evidence.IDENTITY, Evidence.ASSET_STATEMENT, Evidence.TRADING_RECORD):
        assert upload(client, "/professional/evidence", kind.value, pdf(1)).status_code == 303
    done = post(client, "/professional/review", {"declared": "yes"})
    assert done.location == "/professional"
    assert "The firm looks at your application" in client.get("/professional").text

    # a colleague sees what is stated beside the evidence, and checks it
    assert "Applications that wait for the firm: 1" in desk.get("/home").text
    application = latest(world, "person").id
    assert f"/admin/applications/{application}" in desk.get("/admin/applications").text
    assert f"/admin/applications/{application}" not in desk.get("/admin/applications?step=WARNED").text
    page = desk.get(f"/admin/applications/{application}").text
    picture_address = re.search(r'src="(/admin/investors/[^"]+/pages/1)"', page)[1]
    assert desk.get(picture_address).content_type == "image/jpeg"
    assert post(desk, f"/admin/applications/{application}/check", {"reason": ""}).status_code == 400
    assert post(desk, f"/admin/applications/{application}/check", {"reason": "原件已核对"}).status_code == 303

    # the client is tested and warned
    assert "原件已核对" in client.get("/professional").text, "every step's reason is told"
    assert client.get("/professional/warning").location == "/professional", "the test comes first"
    assert post(client, "/professional/test", {}).status_code == 400
    assert post(client, "/professional/test", right_answers()).location == "/professional/warning"
    warning = client.get("/professional/warning").text
    assert hidden(warning, "words") == conversion.warning("en")[1]
    assert post(client, "/professional/warning", {"words": hidden(warning, "words")}).status_code == 400
    assert post(client, "/professional/warning", {"words": hidden(warning, "words"), "ticked": "yes"}).status_code == 303

    # it is proposed, and another person decides, with the evidence on the page
    assert post(desk, f"/admin/applications/{application}/proposal", {"reason": "资料齐全"}).status_code == 303
    proposal = latest(world, "person").proposal_id
    decision = officer.get(f"/proposals/{proposal}").text
    assert "By the policy when it was handed in the same was found." in decision
    assert picture_address in decision
    assert on_file(world, "person") is InvestorClass.ORDINARY
    assert post(officer, f"/proposals/{proposal}/approval", {"reason": ""}).status_code == 303
    assert on_file(world, "person") is InvestorClass.PROFESSIONAL_C
    assert "Your application was approved." in client.get("/professional").text
    assert f"/admin/applications/{application}" in officer.get(f"/admin/investors/{world.investors['person']}").text

    # and back by its own act
    means = client.get("/professional/ordinary").text
    assert "C2" in means
    assert post(client, "/professional/ordinary", {}).location == "/record"
    assert on_file(world, "person") is InvestorClass.ORDINARY
    assert post(client, "/professional/ordinary", {}).status_code == 409


@ON_SQLITE
def test_figures_are_read_to_the_fen_and_what_is_none_is_told_with_nothing_lost(app, world):
    world.client("person", RiskCategory.C2)
    client = visit(app, "person")
    post(client, "/professional", {"ground": ART_8_5})
    for typed, fen in (
        ("5,000,000.05", 500_000_005),
        ("５，０００，０００", 500_000_000),
        ("4999999.9", 499_999_990),
        (" 1 ", 100),
    ):
        assert post(client, "/professional/figures", {**FIGURES, "financial_assets": typed}).status_code == 303
        with world.database.reading() as connection:
            assert store.stated(connection, latest(world, "person").id)["financial_assets"]["fen"] == fen
    for typed in ("500万", "5.000.000", "5,00,000", "1e6", "0.001", "五百万", "-", "NaN", "१२३"):
        answer = post(client, "/professional/figures", {**FIGURES, "financial_assets": typed, "income_2025": "600,000"})
        assert (answer.status_code, "Please give the amount in whole yuan" in answer.text) == (400, True), typed
        assert "600,000" in answer.text, "nothing typed is lost"
    for changed, sentence in (
        ({"financial_assets_on": ""}, "Please fill in this field."),
        ({"financial_assets_on": "2099-01-01"}, "This day has not come yet."),
        ({"experience_since": "30.2.2020"}, "Please give a date as year, month and day."),
        ({"qualification": "x" * 101}, "At most 100 characters fit here."),
    ):
        answer = post(client, "/professional/figures", {**FIGURES, **changed})
        assert (answer.status_code, sentence in answer.text) == (400, True), changed
    assert post(client, "/professional/figures", {**FIGURES, "then": "leave"}).location == "/professional"
    assert "You have begun and not yet handed in." in client.get("/professional").text


@ON_SQLITE
def test_evidence_is_added_and_taken_out_and_what_cannot_be_read_is_told(app, world):
    world.client("person", RiskCategory.C2)
    client = visit(app, "person")
    post(client, "/professional", {"ground": ART_11})
    for kind, content, sentence in (
        ("IDENTITY", b"", "is empty"),
        ("IDENTITY", b"MZ not a paper", "neither a PDF nor a JPEG or PNG picture"),
        ("NOTHING", picture(), "Please choose one of the list."),
        ("", picture(), "Please fill in this field."),
    ):
        answer = upload(client, "/professional/evidence", kind, content)
        assert (answer.status_code, sentence in answer.text) == (400, True), (kind, sentence)
    nothing = {"csrf_token": hidden(client.get("/account").text), "kind": "IDENTITY"}
    assert client.post("/professional/evidence", data=nothing, content_type="multipart/form-data").status_code == 400

    upload(client, "/professional/evidence", "IDENTITY", picture(), "<b>身份证.png")
    page = client.get("/professional/evidence").text
    assert "&lt;b&gt;身份证" in page
    post(client, "/professional/evidence/removal", {"file": hidden(page, "file")})
    assert 'name="file"' not in client.get("/professional/evidence").text
    assert post(client, "/professional/evidence/removal", {"file": hidden(page, "file")}).status_code == 404


@ON_SQLITE
def test_a_client_reaches_nothing_of_another_by_any_address(app, world):
    world.client("person", RiskCategory.C2)
    world.client("other", RiskCategory.C2)
    application = hand_in(world, "person", individual(world, ART_8_5, 500 * WAN))
    other = visit(app, "other")

    for path in ("", "/evidence", "/review", "/figures"):
        assert other.get(f"/admin/applications/{application}{path}").status_code == 403
    for path in ("evidence", "check", "proposal", "rejection", "review", "figures"):
        assert post(other, f"/admin/applications/{application}/{path}", {"reason": "x"}).status_code == 403
    assert other.get("/professional/figures").location == "/professional", "there is none of its own"
    assert upload(other, "/professional/evidence", "IDENTITY", picture()).location == "/professional"
    assert application not in other.get("/professional").text
    answer = post(other, "/professional", {"ground": ART_8_1})
    assert answer.status_code == 400
    assert visit(app, "reports").get(f"/admin/applications/{application}").status_code == 403


@ON_SQLITE
def test_a_colleague_enters_class_a_and_a_written_notice_of_class_b(app, world):
    world.client("bank", None, investor_class=None, kind=InvestorKind.FINANCIAL_INSTITUTION)
    world.client("pro", RiskCategory.C2, investor_class=InvestorClass.PROFESSIONAL_B)
    desk, bank, pro = visit(app, "clients"), world.investors["bank"], world.investors["pro"]

    assert post(desk, f"/admin/applications/new/{bank}", {"ground": ART_8_5}).status_code == 400
    figures = post(desk, f"/admin/applications/new/{bank}", {"ground": ART_8_1}).location
    draft = figures.removesuffix("/figures")
    stated = {"registration_authority": "国家金融监督管理总局", "registration_number": "B0001", "registration_last_day": ""}
    assert post(desk, figures, {**stated, "then": "continue"}).location == f"{draft}/evidence"
    for kind in (Evidence.IDENTITY, Evidence.REGISTRATION):
        upload(desk, f"{draft}/evidence", kind.value, picture(), "牌照.png")
    assert "Registered with 国家金融监督管理总局 under B0001." in desk.get(f"{draft}/review").text
    assert post(desk, f"{draft}/review", {"declared": "yes"}).location == draft
    assert "Proposed." in _followed(desk, post(desk, f"{draft}/check", {"reason": "官网可查"}))
    assert desk.get(f"/admin/applications/new/{bank}").status_code == 200

    assert post(desk, f"/admin/applications/ordinary/{pro}", {"reason": "", "evidence": ""}).status_code == 400
    assert post(desk, f"/admin/applications/ordinary/{pro}", {"reason": "来函", "evidence": "来函 7"}).status_code == 303
    assert on_file(world, "pro") is InvestorClass.ORDINARY
    assert post(desk, f"/admin/applications/ordinary/{pro}", {"reason": "来函", "evidence": "来函 7"}).status_code == 409


def _followed(browser, answer):
    return browser.get(answer.location).text


@ON_SQLITE
def test_a_rejection_is_told_in_the_inbox_and_on_the_page_and_class_a_is_told_why_not(app, world):
    world.client("person", RiskCategory.C2)
    world.client("bank", None, investor_class=InvestorClass.PROFESSIONAL_A)
    application = hand_in(world, "person", individual(world, ART_8_5, 500 * WAN - 1))
    desk, client = visit(app, "clients"), visit(app, "person")

    page = desk.get(f"/admin/applications/{application}").text
    assert "4,999,999.99 yuan; at least 5,000,000 yuan is needed." in page
    assert "The proofs are in order" not in page
    assert post(desk, f"/admin/applications/{application}/check", {"reason": "可以"}).status_code == 409
    assert post(desk, f"/admin/applications/{application}/rejection", {"reason": "差一分钱 <b>"}).status_code == 303
    assert "差一分钱 &lt;b&gt;" in client.get("/professional").text
    assert "Your application for professional status was rejected." in client.get("/notices").text
    bank = visit(app, "bank")
    assert "class A can&#39;t choose to be ordinary" in bank.get("/professional/ordinary").text
    refused = post(bank, "/professional/ordinary", {})
    assert (refused.status_code, "class A can&#39;t choose to be ordinary" in refused.text) == (409, True)


@ON_SQLITE
def test_a_lapsed_status_is_told_on_the_pages_and_falls_back_or_shuts_and_a_new_application_can_be_made(app, world):
    lapsed = date(2026, 12, 1)
    for name, category in (("assessed", RiskCategory.C3), ("unassessed", None)):
        world.client(name, category, investor_class=InvestorClass.PROFESSIONAL_B, class_last_day=lapsed)
    report = release(world)
    for moment, reads in ((timedelta(microseconds=-1), (303, 303)), (timedelta(), (303, 403))):
        world.clock.moment = valid_before(lapsed, ZONE) + moment
        found = [visit(app, name).get(f"/reports/{report}").status_code for name in ("assessed", "unassessed")]
        assert tuple(found) == reads, "through the last second of the last day, and not a moment longer"
    shut = visit(app, "unassessed")
    assert "/professional" not in shut.get(f"/reports/{report}").text, "a refusal coaches nobody"
    assert "Lapsed" in shut.get("/professional").text
    assert post(shut, "/professional", {"ground": ART_8_5}).location == "/professional/figures"


@ON_SQLITE
def test_the_limit_of_the_test_is_told_with_its_day(app, world):
    world.client("person", RiskCategory.C2)
    check(world, hand_in(world, "person", individual(world, ART_11, 300 * WAN)))
    for _ in range(conversion.knowledge_test().per_day):
        sit(world, "person", 9)
    client = visit(app, "person")

    answer = post(client, "/professional/test", right_answers())
    assert "recorded under code" in _followed(client, answer)
    assert ">2026-11-24</time>" in client.get("/professional").text
    assert "as often as the firm allows" in client.get("/professional/test").text


@ON_SQLITE
def test_no_refusal_leads_to_an_application(app, world):
    world.client("person", RiskCategory.C1)
    refused = visit(app, "person").get("/reports")
    assert "/professional" not in refused.text
