"""A Monday morning at the counter: papers are typed by the keyboard alone, one client after the other, and approved together."""

from playwright.sync_api import expect

from gatekeeper.rules.risk import RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store.clients import investors
from tests import assessed
from tests.assessed import INDIVIDUAL, answers
from tests.browser.walk import Walk
from tests.papers import TYPIST
from tests.plugins.live import Live
from tests.scans import pdf
from tests.world import ZONE

MOST_PRESSES = 48
"""The most keys for one client: number, Enter, a key a question, one more where several answers may be chosen, the end."""


class Keyboard:
    """A keyboard that counts."""

    def __init__(self, walk: Walk) -> None:
        self._page, self.presses = walk.page, 0

    def press(self, key: str) -> None:
        self.presses += 1
        self._page.keyboard.press(key)

    def type(self, text: str) -> None:
        for each in text:
            self.press(each)


def counter(live: Live) -> None:
    """Somebody who types papers, and questions to be answered."""
    if TYPIST not in live.world.people:
        assessed.install(live.world)
        live.world.staff(TYPIST, Role.ADMIN, Grant.ASSESSMENTS)


def category(live: Live, login: str) -> RiskCategory:
    with live.world.database.reading() as connection:
        return investors.overview(connection, live.world.investors[login], live.world.now).category


def answer_all(typist: Walk, keys: Keyboard, given: dict[str, list[str]]) -> None:
    """Each question by the number of its answer; the keyboard is on the first one when the page opens."""
    for question in INDIVIDUAL.questions:
        expect(typist.page.locator(f"fieldset:has([name='q-{question.id}']) input:focus")).to_have_count(1)
        for chosen in given[question.id]:
            keys.press(str([option.id for option in question.options].index(chosen) + 1))
        if question.choice.value == "MULTIPLE":
            keys.press("Enter")


def test_papers_are_typed_by_the_keyboard_alone_and_approved_together(live, way, walk):
    counter(live)
    logins = [live.client(f"{name}-{way.short}", RiskCategory.C2) for name in ("paper-one", "paper-two")]
    typist, officer = walk(), walk()
    typist.enter(TYPIST)
    typist.open("/admin/papers", "papers.index")
    names = [f"SCAN{number}-{way.short}.pdf" for number in (1, 2)]
    files = [{"name": name, "mimeType": "application/pdf", "buffer": pdf(1, name)} for name in names]
    typist.page.locator("[name=files]").set_input_files(files)
    said = typist.press("papers.choose", "Hand in and begin")
    assert names[0] in said

    given, today = answers(RiskCategory.C3), live.world.now.astimezone(ZONE).date()
    typist.fill(number=f"N-{logins[0]}", signed_on=today.isoformat())
    said = typist.press("papers.questions", "On to the answers")
    assert logins[0] in said
    answer_all(typist, Keyboard(typist), given)
    typist.press("", "Save and next client")

    keys = Keyboard(typist)  # from here on nothing but keys, and the page is ready for them
    keys.type(f"N-{logins[1]}")
    with typist.page.expect_navigation(url="**/papers/new/*"):
        keys.press("Enter")
    answer_all(typist, keys, given)
    with typist.page.expect_navigation(url="**/papers"):
        keys.press("Enter")
    assert typist.said("%(name)s: %(category)s. Another person must approve it.", name=logins[1], category=RiskCategory.C3) in (
        typist.page.inner_text("main")
    )
    several = sum(question.choice.value == "MULTIPLE" for question in INDIVIDUAL.questions)
    assert keys.presses == len(f"N-{logins[1]}") + 1 + sum(map(len, given.values())) + several + 1 <= MOST_PRESSES

    officer.enter("compliance")
    officer.open("/proposals", "")
    officer.press("proposal-with-scan", logins[0], role="link")
    expect(officer.page.locator("main .scan img")).to_have_count(1)
    officer.open("/proposals", "proposals.index")
    for login in logins:
        officer.page.locator("tr", has=officer.page.get_by_role("link", name=login)).get_by_role("checkbox").check()
    said = officer.press("proposals-with-scans", "Check what is selected")
    assert names[0] in said
    expect(officer.page.locator("main .scan img")).to_have_count(2)
    officer.follow(officer.page.locator("main form button.button").first, "proposals-approved")
    assert {category(live, login) for login in logins} == {RiskCategory.C3}


def test_without_a_script_the_page_is_a_plain_form(live, way, walk):
    counter(live)
    login = live.client(f"paper-plain-{way.short}", RiskCategory.C2)
    typist = walk(scripts=False)
    typist.enter(TYPIST)
    today = live.world.now.astimezone(ZONE).date().isoformat()
    typist.page.goto(f"{live.address}/admin/papers/new")
    typist.fill(number=f"N-{login}", signed_on=today)
    typist.page.get_by_role("button", name=typist.said("On to the answers")).click()
    for question in INDIVIDUAL.questions:
        for chosen in answers(RiskCategory.C1)[question.id]:
            typist.page.locator(f"[name='q-{question.id}'][value='{chosen}']").check()
    typist.page.get_by_role("button", name=typist.said("Save and next client")).click()

    typist.page.wait_for_url("**/papers/new?signed_on=*")
    assert typist.page.input_value("[name=signed_on]") == today
    assert category(live, login) is RiskCategory.C1
