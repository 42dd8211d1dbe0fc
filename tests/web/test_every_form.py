"""Every form, treated badly: sent empty, too long, with what is of the wrong kind, twice, from a page that was open too long.

Whatever comes, the answer is a page that says what is wrong and keeps what was typed, and nothing is done that was not asked for.
"""

from html import unescape
from html.parser import HTMLParser

import pytest
from sqlalchemy import func, select

from gatekeeper.actions.suitability import applications
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from gatekeeper.store.proof.ledger import LedgerEntry
from tests.applied import ART_8_5
from tests.library import release
from tests.papers import TODAY, furnish
from tests.web.browser import visit

TYPED = "值得保留"
TOO_LONG = TYPED + "x" * 7_000
EXPIRED = "The page was open for too long or in another window. Please go back, load it again and repeat your entry."

# Who stands before which form, and the name of a field that tells it from the others on its page. {c3} is an investor's file.
FORMS = {
    "sign in": ("", "/sign-in", "login"),
    "new password": ("c3", "/account", "old"),
    "open a file": ("clients", "/admin/investors/new", "client_number"),
    "standing": ("clients", "/admin/investors/{c3}/standing", "contract_from"),
    "class and category": ("clients", "/admin/investors/{c3}/classification", "category"),
    "set up": ("clients", "/admin/investors/{c3}/set-up", "category"),
    "an application's figures": ("c3", "/professional/figures", "financial_assets"),
    "a notice to be ordinary": ("clients", "/admin/applications/ordinary/{pro}", "evidence"),
    "add a person": ("clients", "/admin/investors/{c3}/persons/new", "capacity"),
    "new colleague": ("staff-admin", "/admin/staff/new", "login"),
    "whose paper": ("typist", "/admin/papers/new", "number"),
    "answers on paper": ("typist", "/admin/papers/new/{c3}?signed_on={day}", "signed_on"),
    "new statement": ("compliance", "/statements/new", "text_zh"),
    "save a view": ("compliance", "/log?outcome=DENY", "name"),
    "the log's filter": ("compliance", "/log", "from"),
    "figures": ("compliance", "/log/figures", "from"),
    "export": ("compliance", "/log/export", "format"),
    "the statement's answer": ("c3", "/reports/{report}/statement", "serving"),
}
# What has nothing to be empty about: an empty filter asks for everything.
MAY_BE_EMPTY = {"an application's figures", "the log's filter", "figures", "sign in"}
# What has no words of one's own in it, so that nothing can be too long or be lost.
WITHOUT_WORDS = {"answers on paper", "export", "the statement's answer", "sign in", "new password", "figures", "save a view"}

# What has neither a choice nor a date, so that nothing can be of the wrong kind; who signs in wrongly is told so elsewhere.
WITHOUT_CHOICE = {"a notice to be ordinary", "add a person", "save a view", "sign in"}
CASES = {
    "empty": ("", "", MAY_BE_EMPTY),
    "too long": (TOO_LONG, "", WITHOUT_WORDS | MAY_BE_EMPTY),
    "wrong": (TYPED, "2026-02-30", WITHOUT_CHOICE),
}


class Form(HTMLParser):
    """The form of a page that has a certain field: where it goes, and its fields with their kinds and values."""

    def __init__(self, page: str, field: str) -> None:
        super().__init__()
        self.found: tuple[str, str, dict[str, tuple[str, str]]] | None = None
        self._field, self._here = field, ("", "", {})
        self.feed(page)
        assert self.found, f"no form with a field {field}"
        self.action, self.method, self.fields = self.found

    def handle_starttag(self, tag, attrs):
        said = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._here = (unescape(said.get("action", "")), said.get("method", "get"), {})
        elif tag in ("input", "select", "textarea") and said.get("name"):
            kind = said.get("type", "text") if tag == "input" else tag
            self._here[2].setdefault(said["name"], (kind, said.get("value", "")))
            if said["name"] == self._field:
                self.found = self._here

    def filled(self, words: str, other: str) -> dict[str, str]:
        """The form as somebody sends it: these words in every text, that in every choice and date, hidden fields as they are."""
        sent = {}
        for name, (kind, value) in self.fields.items():
            if kind == "hidden":
                sent[name] = value
            elif kind in ("text", "textarea", "search", "password"):
                sent[name] = words
            elif other or kind not in ("radio", "checkbox"):
                sent[name] = other
        return sent


def send(browser, form, sent):
    return browser.post(form.action, data=sent) if form.method == "post" else browser.get(form.action, query_string=sent)


@pytest.fixture
def stand(world, app):
    """Go to a form: the browser, and the form as its page has it."""
    world.client("c3", RiskCategory.C3)
    world.client("pro", None, investor_class=InvestorClass.PROFESSIONAL_B)
    world.database.transact(applications.begin, world.caller("c3"), None, ART_8_5, world.now)
    furnish(world)
    places = {name: world.investors[name] for name in ("c3", "pro")}
    places |= {"report": release(world), "day": TODAY.isoformat()}
    browsers = {}

    def go(name):
        who, path, field = FORMS[name]
        if who not in browsers:
            browsers[who] = visit(app, who) if who else app.test_client()
            browsers[who].environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
        page = browsers[who].get(path.format(**places))
        assert page.status_code == 200, name
        return browsers[who], Form(page.text, field)

    return go


def faults_of(name, case, answer):
    """What an answer to a bad form lacks."""
    if answer.status_code not in (400, 422) or "There is a problem" not in answer.text:
        yield f"{name}, {case}: {answer.status_code} without a word on what is wrong"
    if case == "wrong" and name not in WITHOUT_WORDS and TYPED not in answer.text:
        yield f"{name}, {case}: what was typed is lost"


def test_what_is_empty_too_long_or_of_the_wrong_kind_is_told_and_kept(stand):
    found = []
    for name in FORMS:
        for case, (words, other, spared) in CASES.items():
            if name not in spared:
                browser, form = stand(name)
                found += faults_of(name, case, send(browser, form, form.filled(words, other)))

    assert not found, "\n".join(found)


def test_an_expired_form_does_nothing_and_says_what_to_do(stand, app, world):
    def written():
        with world.database.reading() as connection:
            return connection.execute(select(func.count()).select_from(LedgerEntry)).scalar_one()

    found = []
    for name in FORMS:
        browser, form = stand(name)
        if form.method == "post":
            before, sent = written(), form.filled(TYPED, "") | {"csrf_token": "of-another-day"}
            answer = send(browser, form, sent)
            if answer.status_code != 400 or EXPIRED not in answer.text or written() != before:
                found.append(f"{name}: {answer.status_code}")
            stranger = app.test_client().post(form.action, data=sent)
            if stranger.status_code not in (303, 400) or written() != before:
                found.append(f"{name} of nobody: {stranger.status_code}")

    assert not found, "\n".join(found)


def test_sent_twice_it_is_done_once_and_the_second_answer_says_so(stand, world):
    browser, form = stand("open a file")
    sent = form.filled("N-777", "") | {"kind": "INDIVIDUAL", "name": "张三"}
    first, second = send(browser, form, sent), send(browser, form, sent)
    assert (first.status_code, second.status_code) == (303, 409)
    assert "There is already an investor with client number N-777." in second.text
    assert "张三" in second.text

    browser, form = stand("new colleague")
    sent = form.filled("接替", "") | {"login": "colleague", "name": "柳如是", "role": "COMPLIANCE"}
    first, second = send(browser, form, sent), send(browser, form, sent)
    assert first.status_code == 303
    assert second.status_code in (400, 409)
    assert "柳如是" in second.text


def test_going_back_after_sending_shows_the_form_anew_and_it_can_be_sent_again(stand):
    browser, form = stand("save a view")
    assert send(browser, form, form.filled("甲", "")).status_code == 303

    again = send(browser, form, form.filled("乙", ""))

    assert again.status_code == 303, "the page as the browser kept it still works"
