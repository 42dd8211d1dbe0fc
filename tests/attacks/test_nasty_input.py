"""Whatever is sent to whatever address, nobody ever sees a 500: the short form here, everybody everywhere in the long one."""

import re
from collections.abc import Iterator
from http import HTTPStatus
from io import BytesIO
from itertools import cycle
from urllib.parse import quote

import pytest
from sqlalchemy import select
from werkzeug.routing import Rule

from gatekeeper.files.prepare import prepare
from gatekeeper.store.proof.ledger import LedgerEntry
from tests.attacks.conftest import PERSONAS, REPORTS, Siege
from tests.web.browser import hidden, post

NASTY = [
    "\0",
    "a\0b\x1b[31m\u202e\u2028\ufeff",
    "\ud800",
    "'\"><script>%s%(x)s{0}\\",
    "../../../etc/passwd",
    "²１２",
    "9" * 5000,
    "-1",
    "1e999",
    "0001-01-01",
    "9999-12-31",
    "9999-12-31T23:59",
    "2026-02-30",
    "//[",
    "00010101T000000000000-1",
    "99991231T235959999999-" + "9" * 18,
    "20260101T000000000000-\0",
    "yes",
]
SEARCHES = re.findall(
    r"\S+",
    "q after before older newer next state from to person investor report kind action outcome reason policy address "
    "request_id code",
)
FIELDS = re.findall(
    r"\S+",
    "login password next language investor serving answer end_reached ticked reason name client_number kind class class_last_day "
    "category category_last_day lowest client contract_from contract_to branch contact capacity evidence role grants last_day "
    "grade professional categories restricted settled-1 accept-1 settled-99999999999999999999 accept-99999999999999999999 at",
)
WHO = {"/admin/investors": "clients", "/admin/reports": "reports", "/admin/staff": "staff-admin", "/log": "compliance"}
WHO |= {"/proposals": "compliance", "/report": "c5", "/record": "c5", "/investor": "c5", "/account": "c5"}


def _short(text: str) -> str:
    return ascii(text)[:30]


UNTOUCHED = {"static", "sign_in.sign_out"}


def addresses(siege: Siege, nasty: str) -> Iterator[tuple[Rule, str, str]]:
    """Each rule with the person whose page it is, once with good ids and once with a nasty one."""
    good = {"report": siege.reports["imported"], "investor": siege.world.investors["pro"], "person": siege.world.people["pro"]}
    for rule in siege.app.url_map.iter_rules():
        if rule.endpoint in UNTOUCHED:
            continue
        who = next((name for prefix, name in WHO.items() if rule.rule.startswith(prefix)), "-")
        ids = {name: good.get(name, "0" * 26) for name in rule.arguments}
        yield rule, who, re.sub(r"<(\w+)>", lambda found, ids=ids: ids[found[1]], rule.rule)
        if rule.arguments:
            yield rule, who, re.sub(r"<\w+>", quote(_bytes(nasty[:200]), safe=""), rule.rule)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def besiege(siege: Siege, nasty: list[str], everybody: bool) -> list[tuple[str, str, str, int]]:  # noqa: FBT001
    """Send these, one after the other around all fields, to every address."""
    siege.app.config["PROPAGATE_EXCEPTIONS"] = False
    said, wrong = cycle([quote(_bytes(each)) for each in nasty]), []
    tokens = {who: hidden(siege.browser(who).get("/sign-in" if who == "-" else "/account").text) for who in ("-", *PERSONAS)}
    for rule, owner, path in addresses(siege, nasty[0]):
        for who in ("-", *PERSONAS) if everybody else (owner,):
            answers = []
            if "GET" in (rule.methods or ()):
                answers.append(siege.browser(who).get(path + "?" + "&".join(f"{name}={next(said)}" for name in SEARCHES)))
            if "POST" in (rule.methods or ()):
                body = "&".join([f"csrf_token={tokens[who]}", *(f"{name}={next(said)}" for name in FIELDS)])
                kind = "application/x-www-form-urlencoded"
                answers.append(siege.browser(who).post(path, data=body.encode(), content_type=kind))
            wrong += [
                (rule.endpoint, who, path, each.status_code)
                for each in answers
                if each.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR or b"Traceback" in each.data
            ]
            for each in answers:
                each.close()  # as a server does: a file that was sent is closed with its answer
    return wrong


@pytest.mark.parametrize("first", range(0, len(NASTY), 9))
def test_nothing_that_is_sent_breaks_a_page(siege: Siege, first: int) -> None:
    assert besiege(siege, NASTY[first:] + NASTY[:first], everybody=False) == []


@pytest.mark.long
@pytest.mark.parametrize("nasty", [*NASTY, "长" * 9000, "%", "_", "true", "None", "[]", "\r\nX: y", "1" * 30], ids=_short)
def test_nothing_that_anybody_sends_breaks_a_page(siege: Siege, nasty: str) -> None:
    assert besiege(siege, [nasty], everybody=True) == []


@pytest.mark.parametrize("path", ["/reports?q=", "/record?after=", "/reports/"])
def test_a_hundred_thousand_characters_are_a_search_like_any_other(siege: Siege, path: str) -> None:
    for letter in ("x+", "长"):
        answer = siege.browser("c5").get(path + letter * 100_000)
        assert answer.status_code in (200, 404)


def test_reasons_are_as_long_as_reasons_are_and_printable(siege: Siege) -> None:
    """In every form that asks for one."""
    report, browser = siege.reports["imported"], siege.browser("reports")
    publication = {"grade": "R3", "restricted": "yes", "categories": "C5"}
    for reason in ("长" * 2001, "\x1b[2J", "\u202e"):
        for path, form in (("proposal", publication), ("stop", {})):
            answer = post(browser, f"/admin/reports/{report}/{path}", {**form, "reason": reason})
            assert answer.status_code == 400
            assert "characters" in answer.text


@pytest.mark.parametrize(("sentences", "length", "status"), [(25, 600, 303), (2200, 20, 400)])
def test_a_report_full_of_findings_is_proposed_or_refused_in_words(
    siege: Siege, sentences: int, length: int, status: int
) -> None:
    """What is settled is quoted in the entry, and an entry holds 64 KiB."""
    text = (REPORTS / "r3-energy-storage.txt").read_text("utf-8")
    denials = "".join(f"本公司没有义务确保本报告适合投资者{number}{'长' * length}。\n" for number in range(sentences))
    browser = siege.browser("reports")
    bring = {"files": (BytesIO(f"{text}\n免责声明\n{denials}".encode()), "endless.txt")}
    answer = browser.post("/admin/reports/import", data={"csrf_token": hidden(browser.get("/account").text), **bring})
    assert answer.status_code == 303, answer.text
    findings = re.findall(r'name="settled-(\d+)"', browser.get(answer.location).text)
    form = {"grade": "R3", "reason": "x", "restricted": "yes", "categories": "C5", "professional": "ANY", "clients_only": "yes"}
    form |= {f"settled-{each}": "2027-01-01" for each in findings} | {f"accept-{each}": "yes" for each in findings}

    proposed = post(browser, f"{answer.location}/proposal", form)

    assert len(findings) == sentences
    assert proposed.status_code == status


@pytest.mark.parametrize("name", ["", "a\0b.txt", "../../x.txt", "长" * 5000 + ".txt", "\u202etxt.exe"])
def test_a_file_is_what_it_holds_whatever_it_is_called(name: str) -> None:
    good = (REPORTS / "r1-treasury-market.txt").read_bytes()

    assert prepare(good, name).metadata == prepare(good, "report.txt").metadata


def test_nothing_of_all_this_stands_unreadable_in_the_log(siege: Siege) -> None:
    with siege.world.database.reading() as connection:
        leaves = connection.execute(select(LedgerEntry.leaf)).scalars().all()

    assert not any(b"\x00" in leaf or b"\\ud800" in leaf for leaf in leaves)
