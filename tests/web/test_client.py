"""What clients see: the list, the statement, the report, the refusal, their own record."""

import json
import re
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from gatekeeper.rules.changes import CategoryChange, MandateChange
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, RiskCategory, RiskGrade
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.reading import access
from gatekeeper.store.reading.consent import Acknowledgement
from gatekeeper.told.refusals import Teller
from gatekeeper.web.reading import refusals, watermark
from tests.library import NOTICE, release, withdraw
from tests.web.browser import hidden, post, visit
from tests.world import ZONE

TITLE = "美国商务部加强AI芯片出口管制"
CODE = re.compile(r'<span class="code nowrap">([0-9a-z]{12,20})</span>')


def kinds(world, **wanted):
    """The kinds of all entries that fit, oldest first."""
    with world.database.reading() as connection:
        return [row.kind for row in entries.search(connection, Filter(**wanted), None, 1000)][::-1]


def last(world, **wanted):
    """The newest entry that fits, with its leaf."""
    with world.database.reading() as connection:
        return entries.by_id(connection, entries.search(connection, Filter(**wanted), None, 1)[0].id)


def data(entry):
    return json.loads(entry.leaf)["data"]


def acceptances(world):
    with world.database.reading() as connection:
        return list(connection.execute(select(Acknowledgement.__table__)))


def statement(browser, report):
    return browser.get(f"/reports/{report}/statement").text


def answer(browser, report, page, **form):
    form = {"answer": "accept", "end_reached": "yes", "ticked": "yes", **form}
    sent = {name: value for name, value in form.items() if value is not None}
    return post(browser, f"/reports/{report}/acknowledgement", {"serving": hidden(page, "serving"), **sent}, page=page)


def accept(browser, report):
    """Everything a reader does to get to a report."""
    done = answer(browser, report, statement(browser, report))
    assert (done.status_code, done.location) == (303, f"/reports/{report}")
    return browser.get(f"/reports/{report}")


@pytest.fixture
def c3(world, app):
    world.client("c3", RiskCategory.C3)
    return visit(app, "c3")


# ------------------------------------------------------------------------------------------------------------------- refusals


def test_a_mismatched_reader_is_told_why_and_never_what(world, app):
    world.client("c2", RiskCategory.C2)
    report = release(world, title=TITLE, paragraph="绝密段落")
    open_to_c2 = release(world, RiskGrade.R1, title="国债市场周报")
    refused = visit(app, "c2").get(f"/reports/{report}")

    assert refused.status_code == 403
    assert "risk grade is R3 Medium risk" in refused.text
    assert "Professional investors, and ordinary investors of risk tolerance C3, C4, or C5" in refused.text
    assert "Your risk tolerance is C2 Cautious, valid to 2028-11-23." in refused.text
    assert "上海营业部 021-5550 0100" in refused.text
    assert "国债市场周报" in refused.text
    assert not any(secret in refused.text for secret in (TITLE, "绝密段落", "assess"))

    entry = last(world, kind="report.refused")
    assert CODE.findall(refused.text) == [entry.code]
    assert (entry.reason, entry.outcome) == ("category_below_grade", "DENY")
    assert data(entry)["shown"] == [[open_to_c2, "ACKNOWLEDGE"]]


def test_an_expired_reader_is_told_since_when(world, app):
    world.client("c4", RiskCategory.C4, last_day=date(2026, 11, 24))
    report = release(world)
    world.clock.forward(timedelta(days=3))
    browser = visit(app, "c4")

    refused = browser.get(f"/reports/{report}")
    assert refused.status_code == 403
    assert "Your risk tolerance, C4 Active, was valid to 2026-11-24." in refused.text
    assert last(world, kind="report.refused").reason == "assessment_expired"

    listed = browser.get("/reports").text
    assert "Your risk tolerance, C4 Active, was valid to 2026-11-24." in listed
    assert "No report is open to you at present" in listed
    assert "上海营业部 021-5550 0100" in listed
    assert "no report that you may read" not in listed


def test_a_withdrawn_report_says_so(world, c3):
    report = release(world, title=TITLE)
    accept(c3, report)
    withdraw(world, report)

    refused = c3.get(f"/reports/{report}")
    assert refused.status_code == 403
    assert "has been withdrawn" in refused.text
    assert TITLE not in refused.text


def test_what_nobody_may_know_of_has_one_and_the_same_answer(world, c3):
    unreleased = release(world, title=TITLE, released=False)
    ungraded = release(world, None, title=TITLE, released=False)
    embargoed = release(world, RiskGrade.R5, title=TITLE, at=world.now + timedelta(days=1))
    unknown = "0" * 26
    c3.get("/account")  # what is said once after signing in is said
    answers = {}
    for report in (unreleased, ungraded, embargoed, unknown):
        for path in (f"/reports/{report}", f"/reports/{report}/statement"):
            got = c3.get(path)
            request_id = got.headers["X-Request-ID"]
            assert got.status_code == 404
            assert last(world, request_id=request_id).outcome == "DENY"
            same = got.text.replace(request_id, "CODE").replace(report, "REPORT").replace("/statement", "")
            answers[path] = re.sub(r'name="csrf_token" value="[^"]*"', "", same)

    assert len(set(answers.values())) == 1
    assert TITLE not in answers.popitem()[1]
    assert {last(world, report=report).reason for report in (unreleased, ungraded)} == {"report_not_released"}
    assert last(world, report=embargoed).reason == "report_embargoed"


@pytest.mark.parametrize("report", ["x", "%00", "a" * 500, "报告", "..", "' OR 1=1 --"])
def test_an_address_that_no_report_has_is_not_found(world, c3, report):
    assert c3.get(f"/reports/{report}").status_code == 404
    assert c3.get(f"/reports/{report}/statement").status_code == 404


def test_every_reason_has_its_sentence(world, app):
    world.client("pro", RiskCategory.C2, investor_class=InvestorClass.PROFESSIONAL_B)
    report = release(world)
    with app.test_request_context(headers={"Accept-Language": "en"}), world.database.reading() as connection:
        caller = world.caller("pro")
        case = access.load(
            connection, person=caller.person, investor=caller.investor, report=report, zone=ZONE, now=world.clock.moment
        )
        told = {reason: refusals.explain(case, [reason]) for reason in Reason}

    assert all(each.sentences[0].endswith(".") and "%(" not in each.sentences[0] for each in told.values())
    assert all(each.contact == "上海营业部 021-5550 0100" for each in told.values())


SAID_OTHERWISE = {
    Reason.PROFESSIONAL_EXPIRED: "Your status as a professional investor has lapsed.",
    Reason.ASSESSMENT_EXPIRED: "The assessment of your risk tolerance has lapsed.",
    Reason.COOLING_OFF: "Your risk tolerance rose lately. Grade R3 Medium risk is open to you from — on.",
    Reason.TERM_MISMATCH: "The investment term of this report, —, does not match what you mean to invest.",
    Reason.VARIETY_MISMATCH: "What this report is about does not match what you mean to invest in.",
}
"""What another system reads where the page names what is on file: a category, a day, what somebody means to invest in."""


def test_another_system_reads_the_sentences_of_the_page_but_for_those_that_name_what_is_on_file(world, app):
    world.client("pro", RiskCategory.C2, investor_class=InvestorClass.PROFESSIONAL_B)
    whose = {"person": world.people["pro"], "investor": world.investors["pro"], "report": release(world)}
    with world.database.reading() as connection:
        case = access.load(connection, **whose, zone=ZONE, now=world.clock.moment)
    teller = Teller("en", ZONE, "明澈证券", "", world.clock.moment)

    page = {reason: teller.explain(case, [reason]).sentences[0] for reason in Reason}
    system = {reason: teller.plainly(case, [reason]) for reason in Reason}
    assert system == page | SAID_OTHERWISE
    assert all(page[reason] != sentence for reason, sentence in SAID_OTHERWISE.items())


# ------------------------------------------------------------------------------------------------------------------ statement


def test_a_matching_reader_accepts_in_full_and_reads(world, c3):
    report = release(world, title=TITLE, paragraph="正文第一段")

    first = c3.get(f"/reports/{report}")
    assert (first.status_code, first.location) == (303, f"/reports/{report}/statement")
    page = statement(c3, report)
    assert TITLE in page
    assert NOTICE in page
    assert "正文第一段" not in page
    assert "statement.js" in page

    read = accept(c3, report)
    assert read.status_code == 200
    assert "正文第一段" in read.text
    assert "另一份报告的标题" not in read.text
    assert kinds(world, report=report)[1:] == [
        "report.withheld",
        "statement.served",
        "statement.served",
        "statement.accepted",
        "report.opened",
    ]
    accepted, opened = last(world, kind="statement.accepted"), last(world, kind="report.opened")
    assert data(accepted)["end_reached"] is data(accepted)["scripted"] is True
    assert data(opened)["facts"]["acceptance"] == acceptances(world)[0].id
    assert c3.get(f"/reports/{report}").status_code == 200


@pytest.mark.parametrize(
    ("form", "sentences"),
    [
        ({"ticked": None}, ["Please tick the box"]),
        ({"end_reached": "no"}, ["Please read the statement to its end."]),
        ({"end_reached": None, "ticked": "no"}, ["Please tick the box", "Please read the statement to its end."]),
        ({"answer": None}, ["Please choose whether you accept the statement."]),
    ],
)
def test_half_an_acceptance_is_refused_in_words_and_the_statement_stands_again(world, c3, form, sentences):
    report = release(world)

    again = answer(c3, report, statement(c3, report), **form)
    assert again.status_code == 400
    assert all(sentence in again.text for sentence in sentences)
    assert acceptances(world) == []
    assert c3.get(f"/reports/{report}").status_code == 303
    assert hidden(again.text, "next") == "/"  # to change the language must not lead to an address that only takes forms

    assert answer(c3, report, again.text).location == f"/reports/{report}"
    assert len(acceptances(world)) == 1


def test_without_script_the_end_counts_and_the_entry_says_so(world, c3):
    report = release(world)
    page = statement(c3, report)

    assert answer(c3, report, page, end_reached=hidden(page, "end_reached")).status_code == 303
    said = data(last(world, kind="statement.accepted"))
    assert (said["end_reached"], said["scripted"]) == (True, False)


def test_the_same_words_ask_lightly_the_second_time(world, c3):
    first, second = release(world), release(world, title=TITLE)
    accept(c3, first)

    page = statement(c3, second)
    assert "One button is enough" in page
    assert 'name="ticked"' not in page
    assert answer(c3, second, page, ticked=None, end_reached=None).status_code == 303
    assert c3.get(f"/reports/{second}").status_code == 200
    assert data(last(world, kind="statement.accepted"))["asking"] == "LIGHT"


def test_a_high_grade_asks_in_full_each_time(world, app):
    world.client("c5", RiskCategory.C5)
    browser = visit(app, "c5")
    for report in (release(world, RiskGrade.R4), release(world, RiskGrade.R4), release(world, RiskGrade.R5)):
        page = statement(browser, report)
        assert 'name="ticked"' in page
        assert accept(browser, report).status_code == 200


def test_a_double_submit_is_one_acceptance(world, c3):
    report = release(world)
    page = statement(c3, report)

    assert [answer(c3, report, page).location for _ in range(2)] == [f"/reports/{report}"] * 2
    assert len(acceptances(world)) == 1
    assert kinds(world, kind="statement.accepted") == ["statement.accepted"]


def test_somebody_elses_statement_accepts_nothing(world, app, c3):
    report = release(world)
    world.client("other", RiskCategory.C3)
    other = visit(app, "other")
    page = statement(other, report)

    form = {"serving": hidden(page, "serving"), "answer": "accept", "end_reached": "yes", "ticked": "yes"}
    foreign = post(c3, f"/reports/{report}/acknowledgement", form)
    assert foreign.status_code == 409
    assert "open the report again" in foreign.text
    assert post(c3, f"/reports/{report}/acknowledgement", {**form, "answer": "decline"}).status_code == 409
    assert post(c3, f"/reports/{report}/acknowledgement", {**form, "serving": "\0"}).status_code == 409
    assert acceptances(world) == []


def test_a_statement_opened_in_another_session_or_for_another_report_accepts_nothing(world, app, c3):
    report, other = release(world), release(world)
    page = statement(c3, report)
    form = {"serving": hidden(page, "serving"), "answer": "accept", "end_reached": "yes", "ticked": "yes"}

    assert post(visit(app, "c3"), f"/reports/{report}/acknowledgement", form).status_code == 409
    assert post(c3, f"/reports/{other}/acknowledgement", form).status_code == 409
    assert acceptances(world) == []


def test_declining_is_recorded_once_and_closes_nothing_else(world, c3):
    report = release(world, title=TITLE)
    page = statement(c3, report)

    declined = [answer(c3, report, page, answer="decline") for _ in range(2)]
    assert [each.location for each in declined] == ["/reports", "/reports"]
    assert kinds(world, kind="statement.declined") == ["statement.declined"]
    listed = c3.get("/reports").text
    assert "the report stays closed" in listed
    assert last(world, kind="statement.declined").code in listed
    assert TITLE in listed
    assert c3.get(f"/reports/{report}").status_code == 303


def test_what_was_accepted_cannot_be_declined_afterwards(world, c3):
    report = release(world)
    page = statement(c3, report)
    answer(c3, report, page)

    assert answer(c3, report, page, answer="decline").status_code == 409
    assert c3.get(f"/reports/{report}").status_code == 200


def test_the_statement_of_an_open_report_leads_to_the_report(world, c3):
    report = release(world)
    accept(c3, report)

    assert c3.get(f"/reports/{report}/statement").location == f"/reports/{report}"


def test_a_form_without_its_token_does_nothing(world, c3):
    report = release(world)
    page = statement(c3, report)

    form = {"serving": hidden(page, "serving"), "answer": "accept", "end_reached": "yes", "ticked": "yes"}
    assert c3.post(f"/reports/{report}/acknowledgement", data=form).status_code == 400
    assert acceptances(world) == []


# -------------------------------------------------------------------------------------------------------------------- reading


def test_a_lowered_category_shuts_the_open_report_at_the_next_request(world, c3):
    report = release(world, paragraph="正文第一段")
    page = statement(c3, report)
    assert accept(c3, report).status_code == 200

    before = valid_before(date(2028, 11, 23), ZONE)
    world.change("c3", CategoryChange(investor=world.investors["c3"], category=RiskCategory.C2, before=before))
    shut = c3.get(f"/reports/{report}")
    assert shut.status_code == 403
    assert "正文第一段" not in shut.text
    assert c3.get(f"/reports/{report}/statement").status_code == 403
    assert answer(c3, report, page).status_code == 403
    assert "储能行业跟踪报告" not in c3.get("/reports").text


def test_every_page_is_no_store_and_bears_the_readers_mark(world, app):
    world.client("张小三", RiskCategory.C3)
    report = release(world)
    browser = visit(app, "张小三")
    read = accept(browser, report)

    code = last(world, kind="report.opened").code
    assert "张*三" in read.text
    assert f"2026-11-23 10:00 · {code}" in read.text
    for path in ("/reports", f"/reports/{report}", "/record", "/reports/unknown"):
        assert browser.get(path).headers["Cache-Control"] == "no-store"


def test_head_takes_the_same_way_as_get(world, c3):
    report = release(world)
    assert c3.head(f"/reports/{report}").status_code == 303
    accept(c3, report)

    answered = c3.head(f"/reports/{report}")
    assert (answered.status_code, answered.data) == (200, b"")
    assert kinds(world, kind="report.opened") == ["report.opened"] * 2


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("张小三", "张*三"),
        ("张三", "张*"),
        ("欧阳婉清", "欧**清"),
        ("欧阳 婉清", "欧**清"),
        ("阿卜杜热合曼·买买提", "阿***提"),
        ("华夏远航资产管理有限公司", "华***司"),
        ("Jane Smith", "J*** S***"),
        ("Cher", "C***"),
        ("", ""),
    ],
)
def test_a_name_is_masked(name, mark):
    assert watermark.masked(name) == mark


def test_the_words_that_were_accepted_are_one_tap_away_and_the_readers_own(world, app, c3):
    report = release(world)
    read = accept(c3, report)
    path = re.search(r'href="(/record/words/[^"]+)"', read.text)[1]

    words = c3.get(path)
    kept = acceptances(world)[0]
    assert words.status_code == 200
    assert kept.words_sha256 in words.text
    assert NOTICE in words.text
    assert last(world, kind="statement.accepted").code in words.text
    assert kinds(world)[-1] == "entry.read"

    world.client("other", RiskCategory.C3)
    assert visit(app, "other").get(path).status_code == 404
    assert c3.get("/record/words/unknown").status_code == 404


# ----------------------------------------------------------------------------------------------------------------------- list


def test_the_list_shows_what_may_be_read_and_counts_what_is_hidden(world, c3):
    assert "There is no report that you may read at present." in c3.get("/reports").text
    shown = release(world, title=TITLE)
    release(world, RiskGrade.R5, title="衍生品策略")
    release(world, RiskGrade.R1, title="未发布的报告", released=False)
    listed = c3.get("/reports")

    assert listed.status_code == 200
    assert TITLE in listed.text
    assert "Statement first" in listed.text
    assert "1 report is hidden because it does not match your suitability." in listed.text
    assert "衍生品策略" not in listed.text
    assert "未发布的报告" not in listed.text
    entry = data(last(world, kind="reports.listed"))
    assert (entry["shown"], entry["hidden"]) == ([[shown, Outcome.ACKNOWLEDGE.value]], 1)

    accept(c3, shown)
    assert "Statement first" not in c3.get("/reports").text


def test_search_finds_only_what_may_be_read(world, c3):
    release(world, title=TITLE)
    release(world, title="国债市场周报")
    release(world, RiskGrade.R5, title="AI芯片衍生品策略")

    found = c3.get("/reports", query_string={"q": "AI芯片"}).text
    assert f">{TITLE}</a>" in found
    assert "衍生品策略" not in found
    assert ">国债市场周报</a>" not in found
    assert '<option value="国债市场周报">' in found, "it is suggested, since it may be read"
    assert "1 report is hidden" in found
    nothing = c3.get("/reports", query_string={"q": "衍生品策略"}).text
    assert "No report that you may read matches these words." in nothing
    assert "1 report is hidden" in nothing


def test_pages_follow_each_other_without_gap_or_repetition(world, c3):
    reports = [release(world, title=f"第{number}号报告") for number in range(43)]
    shared = world.now + timedelta(minutes=1)
    reports += [release(world, title=f"同刻{number}", at=shared) for number in range(3)]
    world.clock.forward(timedelta(minutes=2))
    seen, path = [], "/reports"
    while path:
        page = c3.get(path).text
        seen.append(re.findall(r'<h2><a href="/reports/([0-9a-z]{26})"', page))
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = older and older[1].replace("&amp;", "&")

    assert [len(page) for page in seen] == [20, 20, 6]
    flat = [report for page in seen for report in page]
    assert set(flat) == set(reports)
    assert len(flat) == len(reports)


@pytest.mark.parametrize(
    "query",
    [
        {"after": "x"},
        {"after": "99999999T000000000000-x"},
        {"after": "20260101T000000000000-\0"},
        {"q": "\0"},
        {"q": "%_\\' " * 200},
    ],
)
def test_a_bad_address_is_a_plain_list(world, c3, query):
    release(world)

    assert c3.get("/reports", query_string=query).status_code == 200
    assert c3.get("/record", query_string=query).status_code == 200


def test_a_lapsed_professional_is_warned_and_reads_as_an_ordinary_investor(world, app):
    world.client("pro", RiskCategory.C2, investor_class=InvestorClass.PROFESSIONAL_B, class_last_day=date(2026, 11, 24))
    release(world, RiskGrade.R2, title=TITLE)
    report = release(world, RiskGrade.R3)
    world.clock.forward(timedelta(days=3))
    browser = visit(app, "pro")

    listed = browser.get("/reports").text
    lapsed = "Your status as a professional investor was valid to 2026-11-24. Since then you are treated as an ordinary investor."
    assert lapsed in listed
    assert TITLE in listed
    refused = browser.get(f"/reports/{report}").text
    assert lapsed in refused
    assert "Your risk tolerance is C2 Cautious" in refused


def test_somebody_who_is_no_client_is_told_so(world, app):
    world.client("stranger", None, investor_class=None, client=False, complete=False)
    release(world, RiskGrade.R1, title=TITLE)
    listed = visit(app, "stranger").get("/reports").text

    assert "You are not on file as a client of 明澈证券 at present." in listed
    assert "Your details on file are incomplete" in listed
    assert TITLE not in listed


def test_whoever_acts_for_several_investors_chooses_one(world, app):
    world.client("张小三", RiskCategory.C3)
    world.client("远航资产管理有限公司", RiskCategory.C5)
    fund = world.investors["远航资产管理有限公司"]
    world.change("远航资产管理有限公司", MandateChange(investor=fund, person=world.people["张小三"], capacity="经办人"))
    report = release(world, RiskGrade.R5)
    browser = visit(app, "张小三")

    assert browser.get("/reports").location == "/investor"
    assert post(browser, "/investor", {"investor": fund}).location == "/reports"
    listed = browser.get("/reports").text
    assert "You are reading for 远航资产管理有限公司." in listed
    assert 'href="/investor"' in listed
    assert "张*三 / 远***司" in accept(browser, report).text

    post(browser, "/investor", {"investor": world.investors["张小三"]})
    assert browser.get(f"/reports/{report}").status_code == 403
    assert "储能行业跟踪报告" not in browser.get("/record").text


def test_an_ended_mandate_closes_everything(world, app, c3):
    report = release(world, title=TITLE)
    accept(c3, report)
    ended = MandateChange(investor=world.investors["c3"], person=world.people["c3"], capacity="本人", live=False)
    world.change("c3", ended)

    for path in (f"/reports/{report}", f"/reports/{report}/statement", "/reports", "/record"):
        led = c3.get(path)
        assert led.status_code == 303
        assert led.location.startswith(("/investor", "/sign-in"))
        assert TITLE not in led.text


# --------------------------------------------------------------------------------------------------------------------- record


def test_my_record_shows_the_file_and_the_history(world, c3):
    assert "You have not opened any report yet." in c3.get("/record").text
    report = release(world, title=TITLE)
    hidden_one = release(world, RiskGrade.R5, title="衍生品策略")
    embargoed = release(world, title="未来的报告", at=world.now + timedelta(days=1))
    answer(c3, report, statement(c3, report), answer="decline")
    accept(c3, report)
    for refused in (hidden_one, embargoed, "0" * 26):
        c3.get(f"/reports/{refused}")
    page = c3.get("/record").text

    assert "Ordinary investor" in page
    assert "C3 Steady" in page
    assert "2028-11-23" in page
    assert f'<a href="/reports/{report}">{TITLE}</a>' in page
    assert "Category does not match the risk grade" in page
    assert page.count("No such report") == 2
    for secret in ("衍生品策略", "未来的报告", hidden_one, embargoed, "not yet published"):
        assert secret not in page
    assert last(world, kind="report.opened").code in page
    assert all(word in page for word in ("Statement accepted", "Statement declined", "Refused", "Opened"))
    searched = last(world, kind="ledger.searched")
    assert (searched.person, data(searched)["own"], data(searched)["rows"]) == (world.people["c3"], True, 6)


def test_my_record_is_mine_and_goes_on_page_by_page(world, app, c3):
    report = release(world, RiskGrade.R5)
    for _ in range(45):
        c3.get(f"/reports/{report}")
    seen, path = [], "/record"
    while path:
        page = c3.get(path).text
        seen.append(re.findall(r'<td role="cell" class="short code"[^>]*><div><a[^>]*>([0-9a-z]{12})<', page))
        older = re.search(r'rel="next" href="([^"]+)"', page)
        path = older and older[1]

    assert [len(page) for page in seen] == [20, 20, 5]
    assert len({code for page in seen for code in page}) == 45
    world.client("other", RiskCategory.C3)
    theirs = visit(app, "other").get("/record", query_string={"after": seen[0][0]}).text
    assert "You have not opened any report yet." in theirs


def test_the_lowest_category_stands_in_my_record(world, app):
    world.client("lowest", RiskCategory.C1, lowest=True)
    report = release(world, RiskGrade.R2)
    browser = visit(app, "lowest")

    assert "Lowest category" in browser.get("/record").text
    assert "only reports of grade R1 are open" in browser.get(f"/reports/{report}").text
