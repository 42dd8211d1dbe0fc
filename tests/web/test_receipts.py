"""Receipts: of one's own entries alone, the same on the page, as PDF and as JSON, and each taking away is recorded."""

import json
import re
from base64 import b64encode
from hashlib import sha256

import pytest

from gatekeeper.rules.changes import MandateChange
from gatekeeper.rules.merkle import leaf_hash
from gatekeeper.rules.risk import InvestorClass, InvestorKind, RiskCategory, RiskGrade
from tests.library import release
from tests.web.browser import post, visit
from tests.web.test_client import accept, acceptances, answer, data, kinds, last, statement

TITLE = "钠离子电池产业链深度"
FORMS = ("", "/pdf", "/json")


def receipt(browser, code, form="json"):
    got = browser.get(f"/record/receipts/{code}/{form}")
    assert got.status_code == 200, got.text
    return json.loads(got.text) if form == "json" else got


@pytest.fixture
def c3(world, app):
    world.client("张小三", RiskCategory.C3)
    return visit(app, "张小三")


def test_an_opening_and_its_acceptance_each_have_a_receipt(world, c3):
    report = release(world, title=TITLE)
    accept(c3, report)
    opened, accepted = last(world, kind="report.opened"), last(world, kind="statement.accepted")
    [row] = acceptances(world)

    listed = c3.get("/record").text
    assert all(f'href="/record/receipts/{entry.code}"' in listed for entry in (opened, accepted))
    of_opening, of_acceptance = receipt(c3, opened.code), receipt(c3, accepted.code)
    assert of_opening["report"] == {"id": report, "title": TITLE}
    assert (of_opening["accepted_under"], of_opening["outcome"]) == (accepted.code, "PERMIT")
    assert of_opening["who"] == "张*三"
    assert of_opening["at"] == "2026-11-23T10:00:00" + of_opening["at"][19:]
    assert of_opening["at"].endswith("+08:00")
    assert of_opening["zone"] == "Asia/Shanghai"
    assert of_opening["log"] == "gatekeeper.example/test"
    assert of_opening["policy_sha256"] == opened.policy
    assert of_opening["fingerprint_rfc6962"] == b64encode(leaf_hash(opened.leaf)).decode()
    assert "上海营业部 021-5550 0100" in of_opening["how_to_check"][0]
    assert of_acceptance["words_sha256"] == row.words_sha256 == sha256(of_acceptance["words"].encode()).hexdigest()
    assert of_opening["words"] is None


def test_the_three_forms_say_the_same_and_each_is_recorded(world, c3):
    accept(c3, release(world, title=TITLE))
    code = last(world, kind="report.opened").code

    page = c3.get(f"/record/receipts/{code}").text
    entry = last(world, kind="entry.read")
    assert (data(entry)["own"], data(entry)["entries"]) == (True, [code])
    kept = receipt(c3, code)
    texts = [kept[name] for name in ("firm", "log", "code", "zone", "who", "policy_sha256", "accepted_under")]
    texts += [kept["report"]["title"], kept["fingerprint_rfc6962"], *kept["how_to_check"]]
    assert [text for text in texts if text not in page] == []
    assert data(last(world, kind="receipt.downloaded"))["file"] == "json"

    paper = receipt(c3, code, "pdf")
    assert data(last(world, kind="receipt.downloaded")) == {"channel": "web", "own": True, "entries": [code], "file": "pdf"}
    assert (paper.mimetype, paper.data[:5]) == ("application/pdf", b"%PDF-")
    assert paper.headers["Content-Disposition"] == f'attachment; filename="receipt-{code}.pdf"'
    assert paper.headers["Cache-Control"] == "no-store"
    assert kinds(world, person=world.people["张小三"]).count("receipt.downloaded") == 2


def test_a_refusal_has_a_receipt_without_the_title(world, app):
    world.client("c2", RiskCategory.C2)
    report, browser = release(world, title=TITLE), visit(app, "c2")
    browser.get(f"/reports/{report}")
    kept = receipt(browser, last(world, kind="report.refused").code)

    assert (kept["outcome"], kept["reason"], kept["report"], kept["words"]) == ("DENY", "category_below_grade", None, None)
    assert TITLE not in json.dumps(kept, ensure_ascii=False)
    assert report not in json.dumps(kept)


def test_a_receipt_does_not_tell_apart_what_the_answer_did_not(world, c3):
    reports = [release(world, title=TITLE, released=False), release(world, None, title=TITLE, released=False), "0" * 26]
    told = []
    for report in reports:
        request_id = c3.get(f"/reports/{report}").headers["X-Request-ID"]
        code = last(world, request_id=request_id).code
        page = c3.get(f"/record/receipts/{code}").text
        assert TITLE not in page
        assert report not in page
        kept = receipt(c3, code)
        told.append({name: value for name, value in kept.items() if name not in ("code", "at", "fingerprint_rfc6962")})

    assert told[0] == told[1] == told[2]
    assert told[0]["reason"] == "report_unknown"


def test_a_declined_statement_has_a_receipt(world, c3):
    report = release(world)
    answer(c3, report, statement(c3, report), answer="decline")
    kept = receipt(c3, last(world, kind="statement.declined").code)

    assert (kept["kind"], len(kept["words_sha256"]), kept["report"]) == ("statement.declined", 64, None)


@pytest.mark.parametrize("form", FORMS)
def test_whatever_is_not_ones_own_is_one_and_the_same_answer(world, app, c3, form):
    accept(c3, release(world, title=TITLE))
    world.client("other", RiskCategory.C3)
    other = visit(app, "other")
    other.get("/account")  # what is said once after signing in is said
    codes = {
        "another's": last(world, kind="report.opened").code,
        "nobody's": "0" * 12,
        "staff's": last(world, kind="classification.approved").code,
        "own, but no reading": last(world, kind="person.signed_in", person=world.people["other"]).code,
        "long": "z" * 60,
    }
    answers = set()
    for code in codes.values():
        got = other.get(f"/record/receipts/{code}{form}")
        text = got.text.replace(got.headers["X-Request-ID"], "").replace(code, "")
        answers.add((got.status_code, got.mimetype, re.sub(r'name="csrf_token" value="[^"]*"', "", text)))

    assert len(answers) == 1
    assert answers.pop()[0] == 404
    assert "receipt.downloaded" not in kinds(world, person=world.people["other"])


def test_a_person_of_two_investors_gets_the_receipts_of_the_chosen_one_alone(world, app):
    world.client("person", RiskCategory.C5)
    world.client("远航资产管理有限公司", None, investor_class=InvestorClass.PROFESSIONAL_A, kind=InvestorKind.INSTITUTION)
    fund = world.investors["远航资产管理有限公司"]
    world.change("远航资产管理有限公司", MandateChange(investor=fund, person=world.people["person"], capacity="经办人"))
    browser = visit(app, "person")
    post(browser, "/investor", {"investor": fund})
    accept(browser, release(world, RiskGrade.R5))
    code = last(world, kind="report.opened").code
    assert receipt(browser, code)["who"] == "p*** / 远***司"

    post(browser, "/investor", {"investor": world.investors["person"]})
    assert [browser.get(f"/record/receipts/{code}{form}").status_code for form in FORMS] == [404] * 3


@pytest.mark.parametrize("shape", ["{0} ", "{1}", "{0}%20", "{2}"])
def test_a_code_may_be_typed_as_people_copy_it(world, c3, shape):
    accept(c3, release(world))
    code = last(world, kind="report.opened").code
    typed = shape.format(code, code.upper(), " ".join((code[:4], code[4:8], code[8:])))

    assert c3.get(f"/record/receipts/{typed}").status_code == 200


@pytest.mark.parametrize("code", ["%00", "'--", "０" * 12, "x" * 5000, "../../log"])
def test_what_is_no_code_is_not_found(c3, code):
    assert c3.get(f"/record/receipts/{code}").status_code == 404
    assert c3.get(f"/record/receipts/{code}/pdf").status_code == 404


def test_a_head_is_recorded_as_a_get_is(world, c3):
    accept(c3, release(world))
    code = last(world, kind="report.opened").code
    assert c3.head(f"/record/receipts/{code}/pdf").status_code == 200

    assert data(last(world, kind="receipt.downloaded"))["entries"] == [code]
