"""Reports that bear a mark in every field, and everybody who may not read them at every address there is: no mark comes out.

Every route of the application is walked or stands in ``NOT_WALKED`` with its reason; a new one without either fails.
"""

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from html import unescape
from typing import Any
from urllib.parse import unquote

import pytest
from flask import Flask
from sqlalchemy import Connection, make_url
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from gatekeeper.actions.messages import deliveries
from gatekeeper.actions.publishing import reports
from gatekeeper.files import originals, typesetting
from gatekeeper.files.prepare import Prepared, prepare
from gatekeeper.files.typesetting import Manuscript
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.changes import CategoryChange, PublicationChange
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.deliveries import Channel
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, ProfessionalClause, RiskCategory, RiskGrade
from gatekeeper.services import EXTENSION
from gatekeeper.store.apply import apply
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.publishing import library
from tests.library import release, withdraw
from tests.test_routes import TABLE
from tests.web.browser import hidden, post, visit
from tests.web.test_client import accept
from tests.web.test_counted import heard
from tests.world import NOW, ZONE, World

FIELDS = (
    *("title", "subtitle", "issuer", "kind", "rating", "industry", "analyst", "mail", "notice", "related", "evidence"),
    *("heading", "paragraph", "caption", "column", "cell", "risk", "statement", "analysts", "ratings", "disclaimer", "contact"),
    *("file", "source", "finding"),
)
MARK = "zqx"
"""Every mark begins with it; the certificate, which must be a number, is ``CERTIFICATE``."""
CERTIFICATE = "S0999525077777"


def mark(field: str) -> str:
    """The word by which a field is known again, wherever it comes out."""
    return f"{MARK}{field}"


TOMORROW = NOW.date() + timedelta(days=1)
_MARKS = re.compile("|".join([*map(mark, FIELDS), CERTIFICATE]), re.IGNORECASE)
_FOLDED = re.compile(_MARKS.pattern.casefold())
PERSONAS: dict[str, dict[str, Any]] = {
    "c2": {"category": RiskCategory.C2},
    "lowest": {"category": RiskCategory.C1, "lowest": True},
    "suspended": {"category": RiskCategory.C5, "suspended": True},
    "no-client": {"category": RiskCategory.C5, "client": False},
    "expired": {"category": RiskCategory.C5, "last_day": TOMORROW},
    "lapsed": {
        "category": None,
        "investor_class": InvestorClass.PROFESSIONAL_A,
        "class_last_day": NOW.date() + timedelta(days=1),
    },
}
"""Clients who may read none of the marked reports, each for a reason of their own; ``-`` is who has not signed in."""

STATES: dict[str, dict[str, Any]] = {
    "closed": {"grade": RiskGrade.R3},
    "unreleased": {"grade": RiskGrade.R1, "released": False},
    "ungraded": {"grade": None, "released": False},
    "embargoed": {"grade": RiskGrade.R1, "at": timedelta(days=30)},
    "withdrawn": {"grade": RiskGrade.R3},
}
UNDISCLOSED = ("unreleased", "ungraded", "embargoed")

NOT_WALKED = {
    "sign_in.sign_out": "it ends the visit, and says nothing",
    "privacy.decline": "it ends the visit, and says nothing",
    "static": "files of the product",
}


@dataclass
class Scene:
    """A world with the marked reports, and what each persona holds of them: addresses, codes, servings."""

    world: World
    app: Flask
    reports: dict[str, str]
    codes: dict[str, list[str]]


@pytest.fixture
def scene(world: World, app: Flask) -> Scene:
    """Two of the personas kept a report while they might read it, and were lowered since; all of them were refused."""
    for name, how in PERSONAS.items():
        world.client(name, **how)
    folder = app.extensions[EXTENSION].settings.data_dir
    made = {state: put_marked(world, state, folder, **how) for state, how in STATES.items()}
    release(world, RiskGrade.R1, title="国债市场周报")
    raise_for_a_while(world, app, "c2", made["closed"])
    world.clock.forward(timedelta(days=2))  # the assessment of one and the class of another have run out
    withdraw(world, made["withdrawn"])
    world.database.transact(deliveries.give_out, [Channel.MAIL], world.now)
    codes = {name: collect(world, app, name, made) for name in PERSONAS}
    return Scene(world, app, made, codes)


def put_marked(
    world: World, state: str, folder: Any, *, grade: RiskGrade | None, released: bool = True, at: timedelta | None = None
) -> str:
    """A report that came in as a file, and is marked in everything that is kept of it."""
    data = typesetting.pdf(
        Manuscript(
            title=mark("title") + state, body=body(), issuer=mark("issuer"), analysts=mark("analyst"), rating=mark("rating")
        )
    )
    originals.keep(folder, data)
    prepared = marked(prepare(data, f"{mark('file')}-{state}.pdf"))
    report = world.database.transact(reports.import_report, world.caller("reports"), prepared, world.now).report

    def publish(connection: Connection) -> None:
        now = world.now
        version = library.one_for_staff(connection, report, now).version
        event = Caller(actor="operator", channel="test").event(Kind.REPORT_PUBLISHED, now, report=report)
        entry_id = append(connection, event)
        if grade is not None:
            change = PublicationChange(
                version=version,
                issuer=mark("issuer"),
                report_kind=mark("kind"),
                grade=grade,
                professional=ProfessionalClause.ANY,
                categories=None,
                clients_only=True,
                contract_clients_only=False,
                settlements=(),
            )
            apply(connection, change, entry_id, now)
        if released:
            out = now + (at or timedelta())
            library.put_release(
                connection, report_id=report, version_id=version, state="RELEASED", valid_from=out, entry_id=entry_id
            )

    world.database.transact(publish)
    return report


def body() -> dict[str, Any]:
    table = {"caption": mark("caption"), "columns": [mark("column"), "一"], "rows": [[mark("cell"), "1"]], "is_figure": False}
    return {
        "sections": [{"heading": mark("heading"), "paragraphs": [mark("paragraph") + " 招标放量。", table]}],
        "risk_notice": mark("risk"),
        "special_statement": mark("statement"),
        "analyst_statement": mark("analysts"),
        "rating_definitions": mark("ratings"),
        "disclaimer": mark("disclaimer"),
        "contact": mark("contact"),
        "related": [{"title": mark("related"), "date": "2026-09-08"}],
    }


def marked(prepared: Prepared) -> Prepared:
    """With a mark in every field that is kept."""
    reading = json.loads(prepared.metadata["reading"])
    reading["related"] = [{"title": mark("related"), "date": None}]
    reading["evidence"] = [{"what": "grade", "quote": mark("evidence")}]
    words = {name: mark(name) for name in ("title", "subtitle", "issuer", "kind", "rating", "industry", "notice")}
    analyst = {"name": mark("analyst"), "certificate": CERTIFICATE, "email": f"{mark('mail')}@firm.example"}
    finding = {"code": "no_publication_date", "message": mark("finding"), "details": "{}", "cited": mark("finding")}
    return replace(
        prepared,
        text=mark("source"),
        body=json.dumps(body(), ensure_ascii=False),
        metadata={
            **prepared.metadata,
            **words,
            "analysts": json.dumps([analyst]),
            "reading": json.dumps(reading),
            "search_words": " ".join(words.values()),
            "conflict": False,
        },
        findings=({**finding, "key": "0" * 64, "blocking": False},),
    )


def raise_for_a_while(world: World, app: Flask, name: str, report: str) -> None:
    """A client who might read the report for a moment: kept, its statement shown, never opened; then lowered again."""
    before = valid_before(world.now.date() + timedelta(days=400), ZONE)
    change = {"investor": world.investors[name], "before": before}
    world.change(name, CategoryChange(category=RiskCategory.C3, **change))
    browser = visit(app, name)
    assert mark("title") in browser.get("/reports").text, "what is hidden later is shown now"
    assert post(browser, f"/reports/{report}/bookmark", {}).status_code == 303
    assert browser.get(f"/reports/{report}").status_code == 303
    world.change(name, CategoryChange(category=RiskCategory.C2, **change))


def collect(world: World, app: Flask, name: str, made: dict[str, str]) -> list[str]:
    """The codes of what a persona was refused, withheld and given."""
    browser = visit(app, name)
    for report in made.values():
        post(browser, f"/reports/{report}/bookmark", {})
        browser.get(f"/reports/{report}")
    found = []
    with world.database.reading() as connection:
        for kind in (Kind.REPORT_REFUSED, Kind.REPORT_WITHHELD, Kind.REPORT_BOOKMARKED):
            found += entries.search(connection, Filter(person=world.people[name], kind=kind), None, 4)
    return [row.code for row in found]


# ------------------------------------------------------------------------------------------------------------ every address


REPORTS_OWN = ("report", "code", "id_", "serving", "number", "page", "form", "filename")
"""Parts of clients' addresses that name reports or what became of them."""
OTHERS = ("assessment", "fact", "file", "notice", "token")
"""Parts that name something else. They are tried with a report's id all the same."""


def values_of(scene: Scene, name: str, who: str) -> list[str]:
    """What a part of an address is tried with."""
    known = {
        "report": list(scene.reports.values()),
        "code": scene.codes.get(who, ["0" * 12]),
        "number": ["1"],
        "page": ["1"],
        "form": ["csv"],
        "filename": ["style.css"],
    }
    return known.get(name, [scene.reports["closed"]])


def addresses(scene: Scene, rule: Rule, who: str) -> Iterator[str]:
    """A rule with each of these in its place; where there are several, one after the other and the first of the others."""
    names = sorted(rule.arguments)
    tried = (
        [{}]
        if not names
        else [
            {each: (value if each == name else values_of(scene, each, who)[0]) for each in names}
            for name in names
            for value in values_of(scene, name, who)
        ]
    )
    for values in tried:
        yield re.sub(r"<(?:\w+:)?(\w+)>", lambda found, values=values: values[found[1]], rule.rule)


def leaks(answer: TestResponse) -> list[str]:
    """The marks in an answer: in its body, however it is written, and in its headers."""
    said = answer.get_data() if not answer.is_streamed else b"".join(answer.response)
    text = said.decode("utf-8", "replace") + "\n".join(f"{name}: {value}" for name, value in answer.headers)
    return [found for each in {text, unescape(text), unquote(text)} for found in _FOLDED.findall(each.casefold())]


def is_content(answer: TestResponse) -> bool:
    """Whether an answer is a picture or a PDF, in which no mark could be seen."""
    return answer.status_code == 200 and (answer.mimetype.startswith("image/") or answer.mimetype == "application/pdf")


OWN_PICTURES = {"receipts.pdf"}
"""PDFs of the reader's own, drawn from what ``receipts.show`` shows."""


@pytest.mark.takes_long
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_mark_comes_out_at_any_address(scene: Scene) -> None:
    found = []
    for who in (*PERSONAS, "-"):
        browser = scene.app.test_client() if who == "-" else visit(scene.app, who)
        token = hidden(browser.get("/sign-in" if who == "-" else "/account").text)
        for rule, method, path in steps(scene, who):
            with browser.open(path, method=method, data={"csrf_token": token} if method == "POST" else None) as answer:
                found += [(who, method, path, each) for each in leaks(answer)]
                if is_content(answer) and rule.endpoint not in OWN_PICTURES:
                    found.append((who, method, path, answer.mimetype))
                assert answer.status_code != 500, (who, method, path)
        if who != "-":
            assert browser.get("/account").status_code == 200, f"{who} was signed in to the end"
    assert found == []


def steps(scene: Scene, who: str) -> Iterator[tuple[Rule, str, str]]:
    """Where a persona goes, by every method that the address knows; of doors that are closed to clients, one knocks at each."""
    for rule in scene.app.url_map.iter_rules():
        is_open = ("-" if who == "-" else "C") in TABLE[rule.endpoint]
        if rule.endpoint in NOT_WALKED or not (is_open or who == "c2"):
            continue
        methods = sorted(rule.methods or ())
        for path in addresses(scene, rule, who):
            yield from ((rule, method, path) for method in (methods if is_open else methods[:1]))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_route_is_walked_or_left_out_with_a_reason(app: Flask) -> None:
    """The steps are taken from the application's own map; each part of an address is tried with what belongs to the reports."""
    endpoints = {rule.endpoint for rule in app.url_map.iter_rules()}
    arguments = {name for rule in app.url_map.iter_rules() if "C" in TABLE[rule.endpoint] for name in rule.arguments}

    assert set(NOT_WALKED) <= endpoints
    assert arguments <= {*REPORTS_OWN, *OTHERS}, "say what a new part of a client's address may name of a report"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_whoever_may_read_them_sees_the_marks(scene: Scene) -> None:
    """Else nothing above would prove anything: the marks come out of the same pages as soon as they may."""
    scene.world.client("c5", RiskCategory.C5)
    browser = visit(scene.app, "c5")
    path = f"/reports/{scene.reports['closed']}"
    accept(browser, scene.reports["closed"])

    listed, read = leaks(browser.get("/reports")), leaks(browser.get(path))
    assert set(listed) >= {mark("title"), mark("subtitle"), mark("issuer"), mark("analyst"), mark("industry")}
    assert set(read) >= {mark("title"), mark("issuer"), mark("analyst")}
    assert mark("related") not in read
    assert mark("paragraph") in leaks(browser.get(f"/reports?q={mark('cell')}%20{mark('risk')}%20{mark('paragraph')}"))
    assert set(leaks(visit(scene.app, "reports").get("/admin/reports"))) >= {mark("title"), mark("issuer")}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_search_for_a_mark_answers_as_one_for_a_word_that_stands_nowhere(scene: Scene) -> None:
    wrong = []
    for who in PERSONAS:
        browser = visit(scene.app, who)
        browser.get("/reports?q=warm")
        few = [mark("title"), mark("paragraph")]
        for each in [*map(mark, FIELDS), CERTIFICATE, MARK, "招标放量"] if who in ("c2", "lowest") else few:
            seen = []
            for asked in (each, "y" * len(each) if each.isascii() else "龘靐齉爩"):
                with heard(scene.world) as said:
                    answer = browser.get("/reports", query_string={"q": asked})
                seen.append((plain(answer, asked), list(said)))
            if seen[0] != seen[1]:
                wrong.append((who, each))
    assert wrong == []


def plain(answer: TestResponse, words: str) -> tuple[int, str]:
    """An answer without what is of one request alone, and without the words that were typed."""
    text = re.sub(r'name="csrf_token" value="[^"]*"', "", unquote(unescape(answer.text)))
    return answer.status_code, text.replace(answer.headers["X-Request-ID"], "").replace(words, "WORDS")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_error_pages_say_nothing(scene: Scene) -> None:
    browser = visit(scene.app, "c2")
    found = []
    for report in scene.reports.values():
        path = f"/reports/{report}"
        found += [
            leaks(answer)
            for answer in (
                browser.put(path),
                browser.delete(path),
                browser.open(path, method="TRACE"),
                browser.post(f"{path}/bookmark"),
                browser.get(f"{path}/nothing"),
                browser.get(f"{path}%00"),
                browser.get(path.upper()),
                browser.get(f"{path}/"),
                browser.get(f"{path}?after=x&q={'x' * 5000}"),
                post(browser, f"{path}/acknowledgement", {"answer": "x" * 3_000_000}),
                browser.get(path, headers={"Range": "bytes=0-10", "If-None-Match": "*", "If-Modified-Since": "x"}),
                browser.get(path, headers={"Accept": "application/json", "X-Requested-With": "XMLHttpRequest"}),
                browser.get(path, headers={"Referer": f"/reports/{report}", "Accept-Language": "zx"}),
            )
        ]
    scene.app.view_functions["client.read"] = _broken
    for report in scene.reports.values():
        answer = browser.get(f"/reports/{report}")
        assert answer.status_code == 403, "a view that declares nothing is closed"
        found.append(leaks(answer))
    assert [each for each in found if each] == []


def _broken(report: str) -> str:
    raise RuntimeError(mark("title") + report)


# --------------------------------------------------------------------------------------------- what was written down and sent

KEEPS = {
    *("report_version", "report_content", "report_index", "finding", "report_file"),
    *("words",),  # what was served to who might read it then, as it stood on the screen
}
"""The tables in which the marks may stand."""


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_mark_is_written_where_it_would_be_sent_or_shown(scene: Scene, database_url: tuple[str, World]) -> None:
    """Notices, mails, deliveries, the log with its private part, jobs, drafts: whatever is kept, told or sent later."""
    for who in PERSONAS:
        visit(scene.app, who).get("/record")
    found = {}
    with closing(sqlite3.connect(make_url(database_url[0]).database or "")) as raw:
        names = [row[0] for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for name in names:
            if name in KEEPS or name.startswith(("sqlite_", "report_index_fts")):
                continue
            for row in raw.execute(f"SELECT * FROM {name}"):  # noqa: S608  (the database's own names)
                said = " ".join(each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each) for each in row)
                if _MARKS.search(said):
                    found[name] = said
    assert found == {}


# ---------------------------------------------------------------------------------------- unknown and hidden are one and the same


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_unknown_and_undisclosed_reports_answer_alike_at_every_address(world: World, app: Flask) -> None:
    """The same status, body, headers and statements, wherever an address names a report, for whoever may read others."""
    world.client("c2", RiskCategory.C2)
    folder = app.extensions[EXTENSION].settings.data_dir
    made = {"unknown": "0" * 26} | {state: put_marked(world, state, folder, **STATES[state]) for state in UNDISCLOSED}
    browser = visit(app, "c2")
    browser.get("/reports/warm")
    rules = [rule for rule in app.url_map.iter_rules() if "report" in rule.arguments and "C" in TABLE.get(rule.endpoint, "C")]
    assert len(rules) >= 5
    wrong = []
    for rule in rules:
        for method in sorted({"GET", "HEAD", "POST"} & set(rule.methods or ())):
            seen = {}
            for name, report in made.items():
                path = re.sub(
                    r"<(?:\w+:)?(\w+)>", lambda found, report=report: report if found[1] == "report" else "1", rule.rule
                )
                token = hidden(browser.get("/account").text)
                with heard(world) as said:
                    answer = browser.open(path, method=method, data={"csrf_token": token} if method == "POST" else None)
                seen[name] = comparable(answer, report), list(said)
            wrong += [(rule.rule, method, name) for name in seen if seen[name] != seen["unknown"]]
    assert wrong == []


def comparable(answer: TestResponse, report: str) -> tuple[int, str, dict[str, str]]:
    text = re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text).replace(answer.headers["X-Request-ID"], "CODE")
    left_out = ("X-Request-ID", "Content-Length", "Set-Cookie")
    headers = {name: value.replace(report, "REPORT") for name, value in answer.headers if name not in left_out}
    return answer.status_code, re.sub(r"[0-9a-z]{12}(?=</)", "CODE", text.replace(report, "REPORT")), headers
