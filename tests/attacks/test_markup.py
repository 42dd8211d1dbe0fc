"""Names, titles, reasons and whole reports that are markup: on no page do they become any."""

import re
from collections import deque
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest

from gatekeeper.actions.accounts import people
from gatekeeper.actions.publishing import reports
from gatekeeper.files.prepare import prepare
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.errors import GatekeeperError
from gatekeeper.rules.risk import RiskGrade
from gatekeeper.rules.roles import Role
from gatekeeper.store.clients import investors as store
from tests.attacks.conftest import REPORTS, Siege
from tests.library import release
from tests.web.browser import hidden, post, visit

MARKUP = "<pwn>'\" pwn=1 <svg/onload=pwn()>&lt;pwn&gt;{{1234567*7}}%(pwn)s"
SHORT = "<pwn>\" pwn=1 '"
MOST = 120
pytestmark = pytest.mark.parametrize(
    "siege", ["sqlite"], indirect=True, scope="module"
)  # what a page shows is no database's matter


class Reader(HTMLParser):
    """What a browser makes of a page: whether anything of ours became markup, and where the page leads."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.broken += [f"<{tag} {name}={value!r}>" for name, value in attrs if name.startswith(("on", "pwn", "style"))]
        self.broken += [f"<{tag}>"] * (tag in ("pwn", "iframe", "object", "embed", "style"))
        self.broken += [f"<{tag}>"] * (tag == "script" and not any(name == "src" for name, _ in attrs))
        self.broken += [f"<{tag} {value}>" for _, value in attrs if (value or "").lower().startswith(("javascript:", "data:"))]
        self.links += [value for name, value in attrs if tag == "a" and name == "href" and value]


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    return reader


@pytest.fixture(scope="module")
def marked(siege: Siege) -> Siege:
    """Markup wherever a person or a file may put a text."""
    world, clients = siege.world, siege.browser("clients")
    form = {"kind": "INDIVIDUAL", "name": MARKUP, "client_number": SHORT}
    opened = post(clients, "/admin/investors/new", form)
    path = opened.location.removesuffix("/set-up")
    why = {"reason": MARKUP, "evidence": MARKUP}
    setting_up = {
        "client": "yes",
        "profile_complete": "yes",
        "branch": MARKUP,
        "contact": MARKUP,
        "name": MARKUP,
        "login": "<pwn>1",
        "capacity": SHORT,
        "class": "ORDINARY",
        "category": "C3",
        "category_last_day": "2028-11-23",
        "seen": hidden(clients.get(opened.location).text, "seen"),
        "last_four": SHORT[-4:],
        **why,
    }
    assert post(clients, opened.location, setting_up).status_code == 303
    world.investors["marked"] = path.rsplit("/", 1)[1]
    proposal = read(clients.get("/proposals").text).links
    [waiting] = {each for each in proposal if each.startswith("/proposals/") and len(each) > 30}
    assert post(siege.browser("compliance"), f"{waiting}/approval", {"reason": MARKUP}).status_code == 303
    with world.database.reading() as connection:
        world.people["marked"] = store.person_by_login(connection, "<pwn>1").id
    world.give_password("marked")
    world.people["<pwn>1"] = world.people["marked"]
    _more(siege, path)
    return siege


def _more(siege: Siege, path: str) -> None:
    world, clients, why = siege.world, siege.browser("clients"), {"reason": MARKUP, "evidence": MARKUP}
    seen = hidden(clients.get(f"{path}/classification").text, "seen")
    higher = {"category": "C5", "category_last_day": "2028-11-23", "seen": seen, "last_four": SHORT[-4:], **why}
    assert post(clients, f"{path}/classification", higher).status_code == 303
    staff = (MARKUP, "<pwn>2", Role.INSPECTOR, (), MARKUP)
    before = world.now + timedelta(days=60)
    world.database.transact(people.propose_staff, world.caller("staff-admin"), *staff, world.now, before=before)
    siege.reports["marked"] = release(world, RiskGrade.R1, title=MARKUP, paragraph=MARKUP, notice=MARKUP)
    siege.reports["marked r5"] = release(world, RiskGrade.R5, title=MARKUP, paragraph=MARKUP, notice=MARKUP)
    text = (REPORTS / "r3-energy-storage.txt").read_text("utf-8")
    for number, report in enumerate(
        (text.replace("\n", f" {MARKUP}\n"), text.replace("。", f"{SHORT}。"), f"{MARKUP}\n{MARKUP}\n")
    ):
        caller = Caller(actor="operator", channel="test", os_user=MARKUP, device=MARKUP, address=MARKUP)
        prepared = prepare(report.encode(), f"{MARKUP}{number}.txt")
        siege.reports[f"marked import {number}"] = world.database.transact(
            reports.import_report, caller, prepared, world.now
        ).report
    reader = visit(siege.app, "<pwn>1")
    siege.browsers["marked"] = reader
    page = reader.get(f"/reports/{siege.reports['marked']}/statement").text
    serving = page.split('name="serving" value="')[1].split('"')[0]
    accept = {"serving": serving, "answer": "accept", "end_reached": "yes", "ticked": "yes"}
    assert post(reader, f"/reports/{siege.reports['marked']}/acknowledgement", accept, page=page).status_code == 303


STARTS = {
    "marked": ["/", "/reports?q=<pwn>", "/record", "/investor", "/nothing/<pwn>?<pwn>=1"],
    "compliance": [
        "/log",
        "/log?person=<pwn>&investor=<pwn>&report=<pwn>&address='\"><pwn>&code=<pwn>",
        "/proposals",
        "/proposals?state=ended",
        "/admin/investors?q=<pwn>",
        "/admin/reports",
        "/admin/staff",
    ],
    "clients": ["/admin/investors?q=<pwn>", "/proposals"],
    "reports": ["/admin/reports", "/proposals"],
    "staff-admin": ["/admin/staff", "/proposals"],
    "-": ["/sign-in?next=/<pwn>'\"", "/activate/<pwn>"],
}


@pytest.mark.parametrize("who", STARTS)
def test_no_page_that_can_be_reached_takes_words_for_markup(marked: Siege, who: str) -> None:
    browser, seen, broken = marked.browser(who), set(), []
    ways = deque(STARTS[who])
    if who == "marked":
        ways += [f"/reports/{marked.reports[name]}" for name in ("marked", "marked r5")]
    if who in ("reports", "compliance"):
        imported = [f"/admin/reports/{marked.reports[f'marked import {number}']}" for number in range(3)]
        ways += [path + rest for path in imported for rest in ("", "/content")]
    if who == "clients":
        own = f"/admin/investors/{marked.world.investors['marked']}"
        ways += [
            own,
            f"{own}/persons/{marked.world.people['marked']}",
            f"{own}/standing",
            f"{own}/set-up",
            f"{own}/classification",
        ]
    while ways and len(seen) < MOST:
        path = ways.popleft()
        if path in seen or path.startswith("/static"):
            continue
        seen.add(path)
        answer = browser.get(path, follow_redirects=True, headers={"User-Agent": MARKUP, "Referer": MARKUP})
        assert answer.status_code < 500, path
        if answer.mimetype != "text/html":
            answer.close()
            continue
        page = read(answer.text)
        broken += [(path, each) for each in page.broken]
        assert "8641969" not in answer.text, path
        links = [urlsplit(urljoin(path, each)) for each in page.links]
        ways += [each._replace(fragment="").geturl() for each in links if not each.netloc]

    assert broken == []


FORMS = {
    "clients": [
        "/admin/investors/new",
        "/admin/investors/{i}/set-up",
        "/admin/investors/{i}/classification",
        "/admin/investors/{i}/standing",
        "/admin/investors/{i}/persons/new",
    ],
    "staff-admin": ["/admin/staff/new", "/admin/staff/{s}"],
    "reports": [
        "/admin/reports/{r}/proposal",
        "/admin/reports/{r}/publication",
        "/admin/reports/{r}/stop",
        "/admin/reports/import",
    ],
    "-": ["/sign-in", "/language"],
}
FIELDS = re.findall(
    r"\S+",
    "name client_number kind reason evidence branch contact capacity login class category grade role grants professional "
    "categories at next password settled-1 accept-1 class_last_day",
)


@pytest.mark.parametrize("who", FORMS)
def test_a_form_that_is_shown_again_shows_what_was_typed_as_text(marked: Siege, who: str) -> None:
    ids = {"i": marked.world.investors["marked"], "s": marked.world.people["compliance-2"], "r": marked.reports["imported"]}
    browser = marked.browser(who)
    page = browser.get("/sign-in").text if who == "-" else None
    for path in FORMS[who]:
        answer = post(browser, path.format(**ids), dict.fromkeys(FIELDS, MARKUP), page=page)
        assert answer.status_code < 500
        assert read(answer.text).broken == []


def test_a_code_or_a_fault_in_an_address_is_text_in_json_and_in_headers(marked: Siege) -> None:
    for path in ("/reports?q=%0d%0aSet-Cookie:+pwn=1", "/sign-in?next=/%0d%0aSet-Cookie:+pwn=1", "/nothing%0d%0aX:1"):
        answer = marked.browser("marked").get(path)
        assert "pwn" not in str(answer.headers).lower()


def test_a_name_that_cannot_be_printed_is_not_taken(marked: Siege) -> None:
    world = marked.world
    for name in ("a\u202eb", "a\x1b[2Jb", "a\u2066b", "\ufeff", "a\nb", "\ud800"):
        staff: Any = (name, "unprintable", Role.INSPECTOR, (), "x")
        with pytest.raises(GatekeeperError):
            world.database.transact(
                people.propose_staff, world.caller("staff-admin"), *staff, world.now, before=world.now.replace(year=2027)
            )
