"""Term and variety on pages: told beside the report, kept in the entry, confirmed with the grade; and the wait after a rise."""

import json
from datetime import date, timedelta

from gatekeeper.actions.suitability import assessment_letters
from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import Action, Initiative, InvestorClass, Objectives, RiskCategory, RiskGrade, Term, Variety
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.store.proof import entries
from gatekeeper.store.publishing import library
from gatekeeper.store.reading import access as facts
from tests import assessed
from tests.ledger.test_replay import install, read
from tests.library import release
from tests.operators import ask_for
from tests.web.browser import post, visit
from tests.web.test_reports import PROPOSAL, approve, bring_in
from tests.world import POLICIES, ZONE

DEFAULT = (POLICIES / "suitability.toml").read_text("utf-8")
WAITING = f"{DEFAULT}\n[cool_off]\nhours = 24\ncategories = 2\n"
ABOUT = Objectives(Term.LONG, frozenset({Variety.EQUITY, Variety.DERIVATIVE}))
END = valid_before(date(2028, 10, 1), ZONE)
NOTICE = "may not fit your investment objectives"


def objectives(world, name):
    with world.database.reading() as connection:
        case = facts.load(
            connection, person=world.people[name], investor=world.investors[name], report=None, zone=ZONE, now=world.now
        )
    return case.facts.investor.objectives


def data(world, code):
    with world.database.reading() as connection:
        return json.loads(entries.by_code(connection, code)[0].leaf)["data"]


def test_a_misfit_is_told_beside_the_report_and_stands_in_the_entry(app, world):
    report = release(world, RiskGrade.R3, about=ABOUT)
    for name in ("fits", "short", "silent"):
        world.client(name)
    world.client("professional", None, investor_class=InvestorClass.PROFESSIONAL_B)
    world.wish("fits", Term.LONG, *Variety)
    world.wish("short", Term.SHORT, Variety.EQUITY)
    codes = {name: read(world, name, report) for name in world.investors}

    pages = {name: visit(app, name).get(f"/reports/{report}").text for name in world.investors}

    assert [name for name, page in pages.items() if NOTICE in page] == ["short", "silent"]
    assert (
        "this report: More than 5 years. On your file, the longest for which you mean to invest: Up to 1 year" in pages["short"]
    )
    assert "also about: Derivatives. On your file, as what you mean to invest in: Equity." in pages["short"]
    assert "For how long you mean to invest, and in what, is not on file." in pages["silent"]
    warnings = {name: data(world, code)["warnings"] for name, code in codes.items()}
    both = ["term_mismatch", "variety_mismatch"]
    assert warnings == {"fits": [], "short": both, "silent": both, "professional": []}
    assert "objectives" in data(world, codes["short"])["facts"]
    for page in ("/record", "/reports"):
        assert visit(app, "short").get(page).status_code == 200
    assert "Up to 1 year" in visit(app, "short").get("/record").text
    assert "Up to 1 year" in visit(app, "clients").get(f"/admin/investors/{world.investors['short']}").text


def test_what_the_firm_sends_must_fit(world):
    report = release(world, RiskGrade.R3, about=ABOUT)
    world.client("fits")
    world.client("silent")
    world.wish("fits", Term.LONG, *Variety)

    sent = {}
    for name in ("fits", "silent"):
        asked = (world.people[name], world.investors[name], report, world.now, ZONE)
        how = {"action": Action.RECEIVE, "initiative": Initiative.PUSH}
        sent[name] = world.database.record(ask_for, world.caller("compliance"), *asked, **how).answered.decision

    assert sent["fits"].outcome is Outcome.PERMIT
    assert sent["silent"].reasons == (Reason.TERM_MISMATCH, Reason.VARIETY_MISMATCH, Reason.PUSH_MISMATCH)


def test_objectives_come_from_the_assessment_that_counts(world):
    assessed.install(world)
    world.client("new", None)
    given = assessed.answers(RiskCategory.C3)
    first = {**given, "term": ["long"], "varieties": ["fixed", "equity"]}
    words = assessed.hand_in(world, "new", first)
    assert objectives(world, "new") == Objectives()
    world.database.transact(assessment_letters.acknowledge, world.caller("new"), words, world.now, "zh_CN")
    assert objectives(world, "new") == Objectives(Term.LONG, frozenset({Variety.FIXED_INCOME, Variety.EQUITY}))

    world.clock.forward(timedelta(days=2))
    words = assessed.hand_in(world, "new", {**given, "term": ["short"], "varieties": ["equity", "cross"]})

    assert objectives(world, "new") == Objectives(Term.SHORT, frozenset({Variety.EQUITY})), "what is narrower acts at once"
    world.database.transact(assessment_letters.acknowledge, world.caller("new"), words, world.now, "zh_CN")
    assert objectives(world, "new") == Objectives(Term.SHORT, frozenset({Variety.EQUITY, Variety.CROSS_BORDER}))


def test_term_and_kinds_are_read_confirmed_by_two_and_may_be_put_right(app, world):
    admin = visit(app, "reports")
    path = bring_in(admin)
    page = admin.get(path).text
    assert '<option value="SHORT" selected>' in page
    assert admin.post(path + "/proposal").status_code != 200
    bad = post(admin, path + "/proposal", {**PROPOSAL, "term": "FOREVER"})
    assert "Please choose term and kinds of investment from the lists." in bad.text

    answer = post(admin, path + "/proposal", {**PROPOSAL, "term": "MEDIUM", "varieties": ["EQUITY", "OTHER"]})

    assert answer.status_code == 303
    proposals = visit(app, "compliance").get("/proposals").text
    assert "not what the report prints" in proposals
    approve(world, path)
    with world.database.reading() as connection:
        row = library.one_for_staff(connection, path.rsplit("/", 1)[1], world.now)
    assert facts.objectives(row.term, row.varieties) == Objectives(Term.MEDIUM, frozenset({Variety.EQUITY, Variety.OTHER}))
    assert "Up to 5 years" in admin.get(path).text


def test_after_a_rise_of_two_the_new_grades_wait_and_the_page_says_until_when(app, world):
    install(world, WAITING)
    report = release(world, RiskGrade.R4)
    world.client("risen", RiskCategory.C1)
    rise = CategoryChange(investor=world.investors["risen"], category=RiskCategory.C4, before=END)
    world.change("risen", rise)
    renewed = CategoryChange(investor=world.investors["risen"], category=RiskCategory.C4, before=END + timedelta(days=9))
    world.clock.forward(timedelta(hours=20))
    world.change("risen", renewed)  # ends no wait

    browser = visit(app, "risen")
    refused = browser.get(f"/reports/{report}")
    listed = browser.get("/reports").text

    assert refused.status_code == 403
    assert "rose to C4" in refused.text.replace("&nbsp;", " ")
    assert "R4" in refused.text
    assert report not in listed
    world.clock.forward(timedelta(hours=4))
    assert report in visit(app, "risen").get("/reports").text
