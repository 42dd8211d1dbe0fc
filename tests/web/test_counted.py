"""How many statements each page costs, and that fifty rows cost what five do: nothing is loaded line by line.

On the same way round: the log tells of each page, and names nobody.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Connection, event, insert, make_url

from gatekeeper.actions.accounts import people, services
from gatekeeper.actions.clients import declarations, investors
from gatekeeper.actions.messages import deliveries
from gatekeeper.actions.publishing import distributing, reports
from gatekeeper.actions.suitability import applications as applying
from gatekeeper.actions.suitability import policies
from gatekeeper.files.prepare import prepare
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.assessing.declaration import ChangedTopic
from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.deliveries import Channel
from gatekeeper.rules.messages.distribution import Choice, To
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, RiskCategory, RiskGrade
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import investor_file
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.publishing.reports import SettlementRow
from gatekeeper.store.suitability import assessments
from tests import applied, assessed, audience, papers, pdfs
from tests.imported import Importer, row
from tests.library import release
from tests.lines import logged, named_in, parsed
from tests.plugins.live import demo_report
from tests.service_accounts import a_request, a_token, an_account, scope
from tests.web.browser import hidden, post, visit
from tests.world import NOW, POLICIES, ZONE, World

FEW, MANY = 5, 50

# Who looks, and how many statements it takes on SQLite; the session's and those of the page's own entry are among them.
COUNTS: dict[str, tuple[str, int]] = {
    "account.confirmation": ("c3", 1),
    "account.show": ("c3", 5),
    "applications.evidence": ("clients", 10),
    "applications.figures": ("clients", 10),
    "applications.index": ("clients", 4),
    "applications.new": ("clients", 6),
    "applications.ordinary": ("clients", 6),
    "applications.review": ("clients", 10),
    "applications.show": ("compliance", 10),
    "as_of.readers": ("compliance", 10),
    "as_of.readings": ("compliance", 9),
    "court.accesses": ("compliance", 7),
    "bookmarks.index": ("c3", 8),
    "access_requests.index": ("clients", 4),
    "call_backs.index": ("clients", 5),
    "assessments.letter": ("done", 7),
    "assessments.look": ("compliance", 7),
    "assessments.questions": ("c3", 10),
    "assessments.review": ("c3", 10),
    "assessments.show": ("c3", 11),
    "client.accepted_words": ("c3", 3),
    "client.read": ("c3", 2),
    "client.record": ("c3", 11),
    "client.reports": ("c3", 10),
    "client.statement": ("c3", 9),
    "compliance.entry": ("compliance", 24),
    "compliance.log": ("compliance", 8),
    "declarations.index": ("clients", 5),
    "declarations.show": ("c3", 7),
    "distributions.index": ("reports", 4),
    "distributions.new": ("reports", 3),
    "distributions.show": ("compliance", 8),
    "exports.form": ("compliance", 5),
    "fair_release.show": ("compliance", 16),
    "figures.entries": ("compliance", 7),
    "figures.index": ("compliance", 8),
    "leaks.form": ("compliance", 1),
    "home.index": ("compliance", 17),
    "home.lapsing": ("clients", 4),
    "home.never_activated": ("clients", 4),
    "home.refused": ("clients", 5),
    "inbox.index": ("c3", 6),
    "integrity.index": ("compliance", 11),
    "investors.changes.classification": ("clients", 24),
    "investors.changes.set_up": ("clients", 24),
    "investors.changes.standing": ("clients", 24),
    "investors.corrections.show": ("clients", 13),
    "investors.imports.index": ("clients", 6),
    "investors.imports.new": ("clients", 1),
    "investors.imports.show": ("clients", 10),
    "investors.index": ("clients", 4),
    "investors.new": ("clients", 1),
    "investors.dispute.show": ("compliance", 47),
    "investors.past.show": ("clients", 13),
    "investors.persons.new": ("clients", 24),
    "investors.persons.show": ("clients", 27),
    "investors.show": ("clients", 24),
    "privacy.show": ("c3", 4),
    "professional.evidence": ("c3", 9),
    "professional.figures": ("c3", 9),
    "professional.ordinary": ("c3", 6),
    "professional.review": ("c3", 9),
    "professional.show": ("applicant", 13),
    "professional.test": ("applicant", 7),
    "professional.warning": ("tested", 6),
    "proposals.check": ("compliance", 22),
    "proposals.index": ("compliance", 17),
    "proposals.show": ("compliance", 16),
    "reports.mornings.show": ("reports", 9),
    "reports.readers.show": ("compliance", 10),
    "receipts.machine": ("c3", 7),
    "receipts.show": ("c3", 7),
    "rehearsals.page": ("compliance", 14),
    "marked.show": ("compliance", 6),
    "reports.import_form": ("reports", 1),
    "reports.index": ("reports", 2),
    "reports.review": ("compliance", 4),
    "reports.show": ("reports", 10),
    "reports.settlements.index": ("reports", 3),
    "sign_in.activation": ("", 2),
    "sign_in.form": ("", 0),
    "sign_in.investors": ("agent", 2),
    "sign_in.start": ("compliance", 1),
    "services.index": ("services", 6),
    "services.new": ("services", 1),
    "services.scope": ("services", 6),
    "services.show": ("services", 6),
    "staff.edit": ("staff-admin", 4),
    "staff.index": ("staff-admin", 4),
    "staff.new": ("staff-admin", 1),
    "statements.compare": ("compliance", 5),
    "statements.index": ("compliance", 6),
    "statements.new": ("compliance", 4),
    "notices.index": ("c3", 6),
    "papers.choose": ("typist", 4),
    "papers.index": ("typist", 5),
    "papers.questions": ("typist", 12),
    "policies.new": ("compliance", 8),
    "policies.rehearse": ("compliance", 16),
    "policies.show": ("compliance", 6),
    "questionnaires.index": ("compliance", 7),
    "questionnaires.new": ("compliance", 7),
    "questionnaires.proposed": ("compliance", 5),
    "questionnaires.show": ("compliance", 6),
    "subscriptions.index": ("c3", 4),
    "timelines.investor": ("compliance", 12),
    "timelines.person": ("compliance", 12),
    "timelines.report": ("compliance", 12),
    "verify.form": ("", 2),
    "interface.show": ("", 0),
    "typing.form": ("reports", 10),
    "versions.compare": ("compliance", 7),
    "versions.grade": ("reports", 9),
    "versions.review": ("compliance", 4),
    "versions.show": ("reports", 10),
    "views.index": ("compliance", 2),
}
WITHOUT = {
    "investors.imports.template",
    *("static", "style.page", "receipts.pdf", "as_of.readers_file", "as_of.readings_file", "verify.program"),
    *("court.acceptance", "court.accesses_file", "evidence_files.original", "evidence_files.page"),
    *("papers.page", "rehearsals.file", "marked.draw", "fair_release.file", "viewing.picture", "viewing.text"),
}
"""Files, numbers, a page without data, parts of one report, a drawing that takes what the receipt's page takes, and lists written
out in pieces.
"""


PROPOSALS = {"classification": ("c", ("investor_id",)), "service": ("v", ()), "staff": ("s", ())}


def _copy(raw: sqlite3.Connection, table: str, which: str, changed: dict[str, Any]) -> None:
    """The newest row of those once more, with other values in some columns."""
    query = f"SELECT * FROM {table} WHERE {which} ORDER BY rowid DESC LIMIT 1"  # noqa: S608  (words of our own)
    row = dict(raw.execute(query).fetchone())
    if isinstance(row.get("id"), int):
        del row["id"]
    row |= changed
    places = ", ".join("?" * len(row))
    raw.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({places})", list(row.values()))  # noqa: S608


class Crowd:
    """Copies of rows that the real actions wrote, as fast as SQLite takes them."""

    def __init__(self, path: str, world: World) -> None:
        self._path, self._world, self._number = path, world, 0

    def grow(self, count: int) -> None:
        """So many more of everything that any page lists."""
        with closing(sqlite3.connect(self._path)) as raw, raw:
            raw.row_factory = sqlite3.Row
            for number in range(self._number, self._number + count):
                self._one_more(raw, f"x{number:025d}")
        self._number += count

    def _one_more(self, raw: sqlite3.Connection, id_: str) -> None:
        person, investor = self._world.people["c3"], self._world.investors["c3"]
        mine, its = f"person_id = '{person}'", f"investor_id = '{investor}'"
        agent, officer = self._world.people["agent"], self._world.people["compliance"]

        def copy(table: str, which: str, **changed: Any) -> None:
            _copy(raw, table, which, changed)

        copy("person", f"id = '{person}'", id=id_, login=id_, name=id_, password_hash=None)
        copy("role_grant", mine, person_id=id_)
        copy("person", f"id = '{officer}'", id=f"s{id_[1:]}", login=f"s{id_}", name=id_)
        copy("role_grant", f"person_id = '{officer}'", person_id=f"s{id_[1:]}")
        copy("investor", f"id = '{investor}'", id=id_, client_number=id_, name=id_)
        for who, for_whom in ((id_, id_), (id_, investor), (agent, id_)):
            copy("mandate", f"{mine} AND {its}", person_id=who, investor_id=for_whom)
        for for_whom in (id_, investor):
            copy("standing", its, investor_id=for_whom)
            for aspect in ("CLASS", "CATEGORY"):
                copy("classification", f"{its} AND aspect = '{aspect}'", investor_id=for_whom)
        report = "report_id = (SELECT report_id FROM release ORDER BY id LIMIT 1)"
        version = report.replace("report_id =", "version_id =", 1).replace("SELECT report_id", "SELECT version_id")
        copy("report", report.replace("report_id", "id", 1), id=id_)
        copy("report_version", report, id=id_, report_id=id_, source_sha256=f"{id_:0>64}", title=id_)
        copy("report_content", version, version_id=id_)
        copy("grading", version, version_id=id_)
        copy("release", report, report_id=id_, version_id=id_)
        copy("finding", "1 = 1", key=f"{id_:0>64}")
        copy("settlement", "1 = 1", key=f"{id_:0>64}")
        copy("report", "1 = 1", id=f"n{id_[1:]}")
        newest = {"report_id": f"n{id_[1:]}", "source_sha256": f"{id_:n>64}", "created_at": "2090-01-01 00:00:00.000000"}
        copy("report_version", "id = (SELECT version_id FROM report_fingerprint)", id=f"n{id_[1:]}", **newest)
        self._more_of_the_log(raw, copy, id_)
        newest = raw.execute("SELECT max(id) FROM ledger_entry").fetchone()[0]
        copy("notice", its, id=id_, entry_id=newest)
        self._more_papers(copy, id_)
        self._more_sent(copy, id_)
        copy("call_back", "1 = 1", id=id_, person_id=id_, investor_id=id_)
        copy("delivery", mine, id=id_, notice_id=id_, call_back_id=id_)
        copy("served_statement", mine, id=id_, version_id=id_)
        copy("acknowledgement", mine, serving_id=id_, version_id=id_)
        copy("bookmark", mine, report_id=id_)
        copy("declaration", its, id=f"d{id_[1:]}")
        copy("saved_view", "1 = 1", name=id_)
        copy("import_row", "1 = 1", number=int(id_[1:]) + 10)
        copy("people_import", "1 = 1", id=id_)
        for table in ("statement", "policy", "questionnaire"):
            copy(table, "1 = 1", valid_from="2090-01-01 00:00:00.000000")
        copy("login_session", mine, token_hash=id_.encode().ljust(32))
        for kind, (first, whose) in PROPOSALS.items():
            changed = dict.fromkeys(whose, id_)
            copy("proposal", f"kind = '{kind}'", id=f"{first}{id_[1:]}", payload_sha256=f"{kind:0<32}{id_}", **changed)
        copy("professional_application", its, id=id_, investor_id=id_)
        first = "application_id = (SELECT application_id FROM professional_step ORDER BY id LIMIT 1)"
        copy("professional_step", f"{first} AND step = 'APPLIED'", application_id=id_)
        copy("professional_figures", first, application_id=id_)
        copy("professional_evidence", first, file_id=self._file(raw, id_))
        copy("professional_proposal", "1 = 1", proposal_id=f"c{id_[1:]}")
        copy("proposal", "state = 'APPROVED'", id=f"a{id_[1:]}", payload_sha256=f"{'approved':0<32}{id_}")

    def _file(self, raw: sqlite3.Connection, id_: str) -> str:
        _copy(raw, "evidence_file", "1 = 1", {"id": id_})
        return id_

    def _more_sent(self, copy: Callable[..., None], id_: str) -> None:
        """A distribution more, a recipient more of the one that is looked at, a report more in the inbox, and a subscription."""
        copy("access_request", "1 = 1", id=id_, person_id=id_, investor_id=id_)
        mine = f"person_id = '{self._world.people['c3']}'"
        copy("distribution", "1 = 1", id=id_, release_id=None)
        copy("distribution_recipient", mine, number=int(id_[1:]) + 10, person_id=id_, investor_id=id_)
        copy("received_report", mine, report_id=id_, version_id=id_, distribution_id=id_)
        copy("subscription", mine, value=id_, label=id_)
        self._more_systems(copy, id_)

    def _more_systems(self, copy: Callable[..., None], id_: str) -> None:
        """A service account more, with its scope and a token; and a token and a change more of the one that is looked at."""
        copy("api_client", "1 = 1", id=id_, name=id_)
        copy("api_scope", "1 = 1", client_id=id_)
        for number, whose in enumerate(({"client_id": id_}, {})):
            copy("api_token", "1 = 1", token_hash=f"{number}{id_}".encode().ljust(32), **whose)

    def _more_papers(self, copy: Callable[..., None], id_: str) -> None:
        """A scan that waits, and an assessment on paper whose result waits under a proposal."""
        copy("paper_scan", "1 = 1", id=id_)
        copy("assessment", "id = (SELECT max(assessment_id) FROM paper_assessment)", id=id_, investor_id=id_)
        for table in ("assessment_result", "paper_assessment"):
            copy(table, "assessment_id = (SELECT max(assessment_id) FROM paper_assessment)", assessment_id=id_)
        copy("assessment_acknowledgement", "1 = 1", assessment_id=id_, proposal_id=f"c{id_[1:]}")

    def _more_of_the_log(self, raw: sqlite3.Connection, copy: Callable[..., None], id_: str) -> None:
        recorded_at = raw.execute("SELECT strftime('%Y-%m-%d %H:%M:%f000', 'now')").fetchone()[0]
        whose = ({"person": id_, "investor": id_, "actor": f"person:{id_}"}, {})
        kinds = ("report.opened", "report.refused", "statement.accepted", "ledger.searched")
        for number, (kind, who) in enumerate((kind, who) for kind in kinds for who in whose):
            report = {"report": id_} if kind != "report.refused" else {}
            copy("ledger_entry", f"kind = '{kind}'", code=f"{id_[-8:]}00{number:02d}", recorded_at=recorded_at, **report, **who)


def read(browser: FlaskClient, report: str) -> None:
    page = browser.get(f"/reports/{report}/statement").text
    form = {"serving": hidden(page, "serving"), "answer": "accept", "end_reached": "yes", "ticked": "yes"}
    assert post(browser, f"/reports/{report}/acknowledgement", form, page=page).status_code == 303
    assert browser.get(f"/reports/{report}").status_code == 200


def _asking(world: World) -> str:
    """A service account with a token, and a change that waits."""
    account = an_account(world)
    a_token(world, account)
    wider = scope(service=account, per_minute=20_000)
    world.database.transact(services.change, world.caller("services"), wider, "促销", world.now)
    return account


def _met(world: World, client: FlaskClient, report: str, high: str) -> None:
    """A report that is refused, one that is kept, and one for which another system asks people."""
    client.get(f"/reports/{high}")
    post(client, f"/reports/{report}/bookmark", {})
    world.client("off", RiskCategory.C3, suspended=True)
    a_request(world, an_account(world), "off", report)


@pytest.fixture
def addresses(app: Flask, world: World, tmp_path: Path) -> dict[str, str]:
    """One row of everything, by the real actions; and the address of each page."""
    last_day = NOW.date() + timedelta(days=20)
    world.client("c3", RiskCategory.C3, last_day=last_day)
    world.client("agent", None, investor_class=InvestorClass.PROFESSIONAL_A)
    act, admin = world.database.transact, world.caller("clients")
    applications = _applied(world)
    report, high, other = release(world), release(world, RiskGrade.R5, notice="R5"), release(world, notice="R3 另")
    client, officer = visit(app, "c3"), visit(app, "compliance")
    read(client, report)
    _met(world, client, report, high)
    imported = act(
        reports.import_report,
        world.caller("reports"),
        prepare(demo_report("r4-star-market-metrology", 证券研究报告="研究"), "r4.txt"),
        world.now,
    ).report
    unread = act(reports.import_report, world.caller("reports"), prepare(pdfs.lines("1"), "scan.pdf"), world.now).report
    act(_settle, world.now)
    rise = [CategoryChange(investor=world.investors["c3"], category=RiskCategory.C4, before=valid_before(last_day, ZONE))]
    proposed = act(investors.change, admin, world.investors["c3"], rise, "复评", "测评 9", world.now).proposal
    act(
        people.propose_staff,
        world.caller("staff-admin"),
        "colleague",
        "colleague",
        Role.ADMIN,
        (Grant.REPORTS,),
        "接替",
        world.now,
    )
    officer.get("/log?kind=report.opened")
    officer.get("/log/figures")
    post(officer, "/log/views", {"name": "one", "query": "kind=report.opened"})
    token = sessions.token_hash("a-token")
    act(investors.issue_link, admin, world.people["c3"], token, world.now)
    text = (POLICIES / "suitability.toml").read_text("utf-8").replace('C3 = ["R1", "R2", "R3"]', 'C3 = ["R1", "R2"]')
    policy = act(policies.propose_policy, world.caller("compliance-2"), text, None, "试算", world.now).id
    act(deliveries.give_out, [Channel.MAIL], world.now)
    asked = world.database.record(declarations.preview, world.caller("c3"), (ChangedTopic.CONTACT,), "", world.now, ZONE)
    act(declarations.declare, world.caller("c3"), (ChangedTopic.CONTACT,), "搬家", asked.seen, world.now, ZONE)
    assessed.install(world)
    assessed.fill(world, "c3", assessed.answers(RiskCategory.C3))
    world.client("done", RiskCategory.C3)
    import_ = Importer(world, tmp_path).check([row()])
    assessed.hand_in(world, "done", assessed.answers(RiskCategory.C5))
    world.staff(papers.TYPIST, Role.ADMIN, Grant.ASSESSMENTS)
    world.client("paper", RiskCategory.C2)
    papers.enter(world, "paper", assessed.answers(RiskCategory.C3), signed_on=NOW.date())
    [scan] = papers.receive(world, "one.pdf")
    with world.database.reading() as connection:
        assessment = assessments.latest(connection, world.investors["done"]).id
        found = entries.search(connection, Filter(kind="report.opened"), None, 1)[0]
        steps = investor_file.history(connection, world.investors["c3"])
    wrote = next(each.written.code for each in steps if any(isinstance(one, CategoryChange) for one in each.changes))
    serving = re.findall(r"/record/words/(\w+)", client.get("/record").text)[0]
    common = {
        "investor": world.investors["c3"],
        "person": world.people["c3"],
        "report": report,
        "proposal": proposed,
        "serving": serving,
        "code": found.code,
        "token": "a-token",
        "what": "category",
        "days": "30",
        "reason": "category_below_grade",
        "category": "C3",
        "grade": "R3",
        "fact": "category",
        "number": "1",
        "assessment": assessment,
        "application": applications["clients"],
        "distribution": _sent(world, report),
        "service": _asking(world),
    }
    special: dict[str, dict[str, str]] = {
        "applications.show": {"application": applications["person"]},
        "assessments.look": {"investor": world.investors["done"]},
        "client.statement": {"report": other},
        "investors.corrections.show": {"code": wrote},
        "marked.show": {"report": imported},
        "typing.form": {"report": unread},
        "reports.show": {"report": imported},
        "reports.review": {"report": imported},
        "versions.compare": {"report": imported},
        "versions.grade": {"report": report},
        "versions.review": {"report": imported},
        "versions.show": {"report": imported},
        "court.accesses": {"about": "report", "id_": report},
        "timelines.investor": {"id_": world.investors["c3"]},
        "timelines.person": {"id_": world.people["c3"]},
        "timelines.report": {"id_": report},
        "staff.edit": {"person": world.people["compliance-2"]},
        "investors.imports.show": {"import_": import_},
        "policies.rehearse": {"proposal": policy},
        "rehearsals.page": {"proposal": policy, "what": "lose"},
        "questionnaires.new": {"code": assessed.first_version(world)},
        "questionnaires.show": {"code": assessed.first_version(world)},
        "questionnaires.proposed": {"proposal": assessed.propose_second(world)},
    }
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ()) and rule.endpoint not in WITHOUT]
    build = app.url_map.bind("").build
    found_at = {
        rule.endpoint: build(rule.endpoint, {**common, **special.get(rule.endpoint, {})}, append_unknown=False) for rule in rules
    }
    found_at["papers.choose"] += f"?scan={scan}"
    found_at["papers.questions"] += f"?scan={scan}&signed_on={NOW.date()}"
    several = "&".join(f"proposal=c{number:025d}" for number in range(30))
    return found_at | {"proposals.check": f"{found_at['proposals.check']}?proposal={proposed}&{several}"}


def _settle(connection: Connection, now: datetime) -> None:
    """A finding that is accepted."""
    words = {"issuer": "明澈证券", "report_kind": "周报", "code": "no_title", "key": "0" * 64, "cited": ""}
    event = Caller(actor="operator", channel="test").event(Kind.PUBLICATION_APPROVED, now)
    until = {"valid_from": now, "valid_before": now + timedelta(days=90), "entry_id": append(connection, event)}
    connection.execute(insert(SettlementRow).values(**words, **until))


def _sent(world: World, report: str) -> str:
    """A report sent to everybody and decided; one subscribes."""
    audience.subscribe(world, "c3")
    sent = audience.start(world, report, Choice(To.CLIENTS))
    world.database.transact(distributing.go_on, sent, world.now, ZONE, has_mail=False)
    return sent


def _applied(world: World) -> dict[str, str]:
    """Applications at each of their pages: drafts of a client and of a colleague, to be tested, to be warned, proposed."""
    act = world.database.transact
    act(applying.begin, world.caller("c3"), None, applied.ART_11, world.now)
    for name in ("applicant", "tested", "person", "drafted"):
        world.client(name, RiskCategory.C2)
    found = {"clients": act(applying.begin, world.caller("clients"), world.investors["drafted"], applied.ART_11, world.now)}
    for name in ("applicant", "tested"):
        applied.check(world, applied.hand_in(world, name, applied.individual(world, applied.ART_11, 300 * applied.WAN)))
    applied.sit(world, "tested")
    found["person"] = applied.hand_in(world, "person", applied.individual(world, applied.ART_8_5, 500 * applied.WAN))
    applied.check(world, found["person"])
    return found


ROWS = re.compile(r"(?<= VALUES )(\(.*?\)), \(.*")
"""An entry says of an unknown id which it was, so it has one private value more: one more row of the same statement."""


@contextmanager
def heard(world: World) -> Iterator[list[str]]:
    """The statements that are sent, each with its first row of values."""
    said: list[str] = []

    def hear(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        said.append(ROWS.sub(r"\1", statement))

    engines = {world.database._reader, world.database._recorder, world.database._writer}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", hear)
    yield said
    for engine in engines:
        event.remove(engine, "before_cursor_execute", hear)


def counted(app: Flask, world: World, addresses: dict[str, str], browsers: dict[str, FlaskClient]) -> dict[str, int]:
    """What each page costs when it is opened again."""
    found = {}
    for endpoint, (who, _) in COUNTS.items():
        if who not in browsers:
            browsers[who] = visit(app, who) if who else app.test_client()
        assert browsers[who].get(addresses[endpoint]).status_code in ((200,) if endpoint != "sign_in.start" else (302, 303)), (
            endpoint
        )
        with heard(world) as said:
            browsers[who].get(addresses[endpoint])
        found[endpoint] = len(said)
    return found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_every_page_is_counted(app: Flask) -> None:
    pages = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}

    assert pages - WITHOUT == set(COUNTS)


@pytest.mark.takes_long
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_no_page_costs_more_statements_for_fifty_rows_than_for_five(
    app: Flask, world: World, database_url: tuple[str, World], addresses: dict[str, str]
) -> None:
    crowd, browsers = Crowd(make_url(database_url[0]).database or "", world), {}

    crowd.grow(FEW)
    with logged() as lines:
        few = counted(app, world, addresses, browsers)
    crowd.grow(MANY - FEW)
    many = counted(app, world, addresses, browsers)

    assert many == few, "nothing is loaded line by line"
    assert few == {endpoint: number for endpoint, (_, number) in COUNTS.items()}
    told = {line["route"] for line in parsed(lines)}
    assert told <= {rule.rule for rule in app.url_map.iter_rules()}
    assert {rule.endpoint for rule in app.url_map.iter_rules() if rule.rule in told} >= set(COUNTS)
    assert (
        named_in(lines, world.database, *(cookie.value for each in browsers.values() for cookie in each._cookies.values())) == []
    )
