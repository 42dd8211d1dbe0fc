"""Papers on their pages: handed in together, typed one after the other, refused with a word on what to do, nothing lost."""

import io
import re
from datetime import timedelta

import pytest

from gatekeeper.rules.risk import RiskCategory
from gatekeeper.rules.roles import Grant, Role
from tests.actions.test_papers import standing
from tests.assessed import answers
from tests.papers import TODAY, TYPIST, enter, furnish
from tests.scans import pdf, picture
from tests.web.browser import hidden, post, visit

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def asked(world):
    return furnish(world)


@pytest.fixture
def typist(asked, app):
    return visit(app, TYPIST)


def hand_in(browser, *files):
    page = browser.get("/admin/papers").text
    sent = [(io.BytesIO(data), name) for name, data in files]
    return browser.post("/admin/papers", data={"csrf_token": hidden(page), "files": sent}, content_type="multipart/form-data")


def choose(browser, number, scan="", day=str(TODAY)):
    return post(browser, "/admin/papers/new", {"number": number, "signed_on": day, "scan": scan})


def save(browser, questions, given, **changed):
    page = browser.get(questions).text
    form = {"scan": hidden(page, "scan"), "signed_on": hidden(page, "signed_on"), **changed}
    typed = {f"q-{name}": chosen[0] for name, chosen in given.items() if chosen}
    return post(browser, questions.partition("?")[0], {**form, **typed}, page=page)


def test_two_scans_are_handed_in_typed_and_approved_together_beside_their_pictures(asked, app, typist):
    for name in ("one", "two"):
        asked.client(name, RiskCategory.C2)
    received = hand_in(typist, ("SCAN0001.pdf", pdf(2)), ("SCAN0002.png", picture()))
    assert received.status_code == 303
    where = received.location
    for name in ("one", "two"):
        page = typist.get(where).text
        scan = hidden(page, "scan")
        assert typist.get(f"/admin/papers/scans/{scan}/pages/1").content_type == "image/jpeg"
        questions = choose(typist, f"N-{name}", scan)
        assert questions.status_code == 303
        assert f"N-{name}" not in questions.location, "the address names nobody"
        saved = save(typist, questions.location, answers(RiskCategory.C3))
        assert saved.status_code == 303
        where = saved.location
    assert where == "/admin/papers"
    assert "No scan waits." in typist.get(where).text

    officer = visit(app, "compliance")
    listed = officer.get("/proposals").text
    ids = re.findall(r'type="checkbox" name="proposal" value="(\w+)"', listed)
    assert len(ids) == 2
    together = officer.get("/proposals/approval?" + "&".join(f"proposal={each}" for each in ids)).text
    assert together.count('<img src="/admin/investors/') == 3
    assert together.count("SCAN000") == 2 + 3
    alone = officer.get(f"/proposals/{ids[0]}").text
    picture_at = re.search(r'<img src="([^"]+)"', alone)[1]
    assert officer.get(picture_at).content_type == "image/jpeg"
    sent = {"csrf_token": hidden(together), "proposal": ids}
    assert "Approved: 2." in officer.post("/proposals/approval", data=sent, follow_redirects=True).text


def test_what_cannot_be_taken_is_told_where_it_can_be_mended_and_nothing_is_lost(asked, app, typist):
    asked.client("one", RiskCategory.C2)
    assert "neither a PDF nor" in hand_in(typist, ("list.txt", b"hello")).text
    assert hand_in(typist).status_code == 400
    nobody = choose(typist, "N-nobody", day=(TODAY + timedelta(days=1)).isoformat())
    assert nobody.status_code == 400
    assert "There is no investor with this client number." in nobody.text
    assert "lies in the future" in nobody.text
    assert 'value="N-nobody"' in nobody.text
    assert "year, month and day" in choose(typist, "N-one", day="yesterday").text

    questions = choose(typist, "N-one").location
    given = answers(RiskCategory.C3) | {"age": []}
    missing = save(typist, questions, given)
    assert missing.status_code == 400
    assert 'href="#q-age"' in missing.text
    assert missing.text.count(" checked") == len(given) - 1, "every other answer is kept"
    assert save(typist, questions, answers(RiskCategory.C3)).status_code == 303
    twice = save(typist, questions, answers(RiskCategory.C3))
    assert (twice.status_code, "typed already" in twice.text) == (409, True)


def test_a_newer_assessment_is_told_before_and_after_it_is_typed(asked, app, typist):
    asked.client("one", RiskCategory.C2)
    enter(asked, "one", answers(RiskCategory.C3))
    questions = choose(typist, "N-one", day=(TODAY - timedelta(days=3)).isoformat()).location

    assert "newer than this paper" in typist.get(questions).text
    assert save(typist, questions, answers(RiskCategory.C1)).status_code == 303
    assert "nothing has changed" in typist.get("/admin/papers").text
    file = visit(app, "compliance").get(f"/admin/investors/{asked.investors['one']}").text
    assert "Kept, changed nothing" in file
    assert "typist, from paper" in file


def test_a_scan_that_is_none_is_set_aside_and_one_that_is_gone_leads_back(asked, typist):
    asked.client("one", RiskCategory.C2)
    where = hand_in(typist, ("blank.pdf", pdf(1)), ("one.pdf", pdf(1))).location
    blank = hidden(typist.get(where).text, "scan")
    aside = post(typist, f"/admin/papers/scans/{blank}/aside", {})

    assert hidden(typist.get(aside.location).text, "scan") != blank
    gone = typist.get(f"/admin/papers/new?scan={blank}", follow_redirects=True)
    assert "This scan waits no more" in gone.text
    assert typist.get(f"/admin/papers/scans/{blank}/pages/1").status_code == 404
    assert typist.get("/admin/papers/scans/x/pages/x").status_code == 404


def test_the_contact_of_the_investor_and_whoever_lacks_the_grant_are_refused(asked, app):
    asked.client("one", RiskCategory.C2)
    asked.staff("seller", Role.ADMIN, Grant.ASSESSMENTS, Grant.CLIENTS)
    asked.change("one", standing(asked, "one", contact="seller"))
    seller = visit(app, "seller")
    address = f"/admin/papers/new/{asked.investors['one']}"

    assert choose(seller, "N-one").status_code == 403
    assert seller.get(f"{address}?signed_on={TODAY.isoformat()}").status_code == 403
    typed = {f"q-{name}": chosen[0] for name, chosen in answers(RiskCategory.C5).items()}
    refused = post(seller, address, {"signed_on": TODAY.isoformat(), **typed})
    assert (refused.status_code, "contact here" in refused.text) == (403, True)
    assert post(visit(app, "clients"), address, {"signed_on": TODAY.isoformat(), **typed}).status_code == 403
