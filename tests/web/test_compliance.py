"""The compliance face through its pages: the log and its filters, entries, proposals, and who may do what with them."""

import json
import re
import threading
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import delete, select

from gatekeeper.actions import proposals
from gatekeeper.actions.accounts import people
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import Action, RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store.clients import investors as store
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerPrivate
from tests.actions.test_proposals import category, propose, propose_publication, propose_staff
from tests.library import release
from tests.web.browser import hidden, post, visit
from tests.world import NOW, ZONE, World

ENGLISH_MIDNIGHT = datetime(2027, 3, 1, 16, 0, tzinfo=UTC)
"""When the second of March begins in Shanghai."""


@pytest.fixture
def officer(app: Flask, world: World) -> FlaskClient:
    return visit(app, "compliance")


def codes(page: str) -> list[str]:
    return re.findall(r'<a href="/log/([0-9a-z]{12})">', page)


def link(page: str, label: str) -> str | None:
    found = re.search(rf'href="([^"]+)">{label}</a>', page)
    return unescape(found[1]) if found else None


def ledger(world: World, kind: str | None = None) -> list[Any]:
    query = select(LedgerEntry.__table__).order_by(LedgerEntry.id)
    with world.database.reading() as connection:
        return list(connection.execute(query.where(LedgerEntry.kind == kind) if kind else query))


def put(world: World, at: datetime, **members: Any) -> str:
    """An entry as it may stand in the log; return its code."""
    address = members.pop("address", "192.0.2.1")
    caller = Caller(
        actor=members.pop("actor", "operator"), channel="test", address=address, request_id=members.pop("request_id", None)
    )
    event = caller.event(members.pop("kind", Kind.DECISION_ASKED), at, **members)
    world.database.transact(append, event)
    return event.code


# --------------------------------------------------------------------------------------------------------------------- the log

DIGEST = "ab12" * 16


@pytest.fixture
def story(world: World) -> dict[str, str]:
    """Two entries that differ in everything; what is asked for finds the first and never the second."""
    world.client("wang")
    world.client("chen")
    world.staff("zhao", Role.ADMIN, Grant.CLIENTS)
    mine, other = release(world, title="储能行业跟踪报告"), release(world, title="Copper and other metals")
    first = put(
        world,
        NOW + timedelta(days=10),
        kind=Kind.REPORT_REFUSED,
        actor=f"person:{world.people['wang']}",
        person=world.people["wang"],
        investor=world.investors["wang"],
        report=mine,
        action=Action.READ,
        outcome=Outcome.DENY,
        reason="category_below_grade",
        policy=DIGEST,
        address="203.0.113.7",
        request_id="aa11",
    )
    second = put(
        world,
        NOW + timedelta(days=20),
        kind=Kind.REPORT_OPENED,
        actor=f"person:{world.people['chen']}",
        person=world.people["chen"],
        investor=world.investors["chen"],
        report=other,
        action=Action.USE,
        outcome=Outcome.PERMIT,
        policy="cd34" * 16,
        address="2001:db8::1",
        request_id="bb22",
    )
    done = put(world, NOW + timedelta(days=11), kind=Kind.INVESTOR_VIEWED, actor=f"person:{world.people['zhao']}")
    return {"first": first, "second": second, "done": done, "report": mine, "investor": world.investors["wang"]}


FILTERS = [
    ("from=2026-12-01&to=2026-12-03", "from=2026-12-04&to=2026-12-30"),
    ("person=wang", "person=chen"),
    ("person=WANG", "person=chen"),
    ("investor=N-wang", "investor=N-chen"),
    ("investor=wang", "investor=chen"),
    ("investor={investor}", "investor=N-chen"),
    ("report={report}", "report=copper"),
    ("report=储能", "report=metals+copper"),
    ("report={first}", "report={second}"),
    ("kind=report.refused", "kind=report.opened"),
    ("action=READ&outcome=DENY", "action=USE"),
    ("outcome=DENY", "outcome=PERMIT"),
    ("reason=category_below_grade", "reason=not_a_client"),
    ("policy=ab12ab", "policy=cd34"),
    ("policy=AB12AB12", "policy=" + "cd34" * 16),
    ("policy=" + DIGEST, "policy=ab12ab13"),
    ("address=203.0.113.7", "address=2001:DB8:0:0::1"),
    ("request_id=aa11", "request_id=bb22"),
    ("code={first}", "code={second}"),
    ("person=wang&outcome=DENY&kind=report.refused&address=203.0.113.7", "person=wang&outcome=PERMIT"),
]


def test_every_filter_finds_and_excludes(officer, story):
    for finds, excludes in FILTERS:
        found = officer.get("/log?" + finds.format(**story))
        others = officer.get("/log?" + excludes.format(**story))

        assert (found.status_code, others.status_code) == (200, 200), finds
        assert story["first"] in codes(found.text), finds
        assert story["second"] not in codes(found.text), finds
        assert story["first"] not in codes(others.text), excludes


def test_what_somebody_did_is_found_by_the_name(officer, story):
    assert codes(officer.get("/log?person=zhao&kind=investor.viewed").text) == [story["done"]]


def test_the_last_day_belongs_to_the_search_and_days_are_shanghais(officer, world):
    before = put(world, ENGLISH_MIDNIGHT - timedelta(microseconds=1))
    begins = put(world, ENGLISH_MIDNIGHT)
    ends = put(world, ENGLISH_MIDNIGHT + timedelta(days=1) - timedelta(microseconds=1))
    after = put(world, ENGLISH_MIDNIGHT + timedelta(days=1))

    def on(first: str, last: str) -> set[str]:
        return set(codes(officer.get(f"/log?from={first}&to={last}").text)) & {before, begins, ends, after}

    assert on("2027-03-02", "2027-03-02") == {begins, ends}
    assert on("2027-03-01", "2027-03-01") == {before}
    assert on("2027-03-03", "2027-03-03") == {after}
    assert on("2027-03-01", "2027-03-03") == {before, begins, ends, after}
    page = officer.get("/log?from=2027-03-02&to=2027-03-02").text
    assert "2027-03-02 23:59:59" in page
    assert "Times are those of Asia/Shanghai" in page


def test_paging_forth_and_back_shows_each_entry_once(officer, world):
    at = NOW + timedelta(days=1)
    written = [put(world, at + timedelta(seconds=number // 4), request_id="paged") for number in range(120)][::-1]

    pages = [officer.get("/log?request_id=paged").text]
    while following := link(pages[-1], "Older"):
        assert "request_id=paged" in following, "the state is the address"
        pages.append(officer.get(following).text)
    back = [pages[-1]]
    while (preceding := link(back[0], "Newer")) and codes(page := officer.get(preceding).text):
        back.insert(0, page)

    assert [len(codes(page)) for page in pages] == [50, 50, 20]
    assert [code for page in pages for code in codes(page)] == written
    assert [code for page in back for code in codes(page)] == written


def test_one_look_is_one_entry_and_says_what_was_asked(officer, world, story):
    before = len(ledger(world, "ledger.searched"))

    page = officer.get("/log?person=wang&outcome=DENY&to=2026-12-31").text

    looked = ledger(world, "ledger.searched")
    assert len(looked) == before + 1
    leaf = json.loads(looked[-1].leaf)
    assert leaf["actor"] == f"person:{world.people['compliance']}"
    assert (leaf["data"]["rows"], leaf["data"]["first"]) == (len(codes(page)), codes(page)[0])
    with world.database.reading() as connection:
        rows = connection.execute(
            select(LedgerPrivate.value).where(LedgerPrivate.entry_id == looked[-1].id, LedgerPrivate.field == "filter")
        )
        said = json.loads(rows.scalar_one())
    assert said == {"person": "wang", "outcome": "DENY", "before": "2026-12-31 16:00:00+00:00"}
    assert officer.head("/log").status_code == 200
    assert len(ledger(world, "ledger.searched")) == before + 2, "looking without reading is looking"


def test_words_that_mean_several_offer_a_choice(officer, world):
    world.client("wang-min")
    world.client("wang-mingzhu")

    page = officer.get("/log?person=wang-&outcome=PERMIT").text

    assert "“wang-” means several" in page
    only = link(page, "wang-mingzhu")
    assert only == f"/log?person={world.people['wang-mingzhu']}&outcome=PERMIT"
    assert "means several" not in officer.get(only).text


BAD = [
    ("from=yesterday", "from", "Please give a date as year, month and day."),
    ("to=2026-02-30", "to", "Please give a date as year, month and day."),
    ("to=9999-12-31", "to", "Please give a date as year, month and day."),
    ("from=0001-01-01", "from", "Please give a date as year, month and day."),
    ("from=2026-12-02&to=2026-12-01", "from", "The first day lies after the last one."),
    ("kind=nonsense", "kind", "Please choose from the list."),
    ("action=read", "action", "Please choose from the list."),
    ("outcome=MAYBE", "outcome", "Please choose from the list."),
    ("reason=because", "reason", "Please choose from the list."),
    ("policy=xyz", "policy", "A policy is named by its SHA-256"),
    ("policy=abc", "policy", "A policy is named by its SHA-256"),
    ("address=not-one", "address", "Please give an internet address"),
    ("code=abc", "code", "A code has 12 letters and digits."),
    ("person=nobody+at+all", "person", "No person has this name"),
    ("investor=nobody+at+all", "investor", "No investor has this name"),
    ("report=nothing+at+all", "report", "No report has this id"),
]


def test_a_bad_value_is_told_at_its_field_and_nothing_typed_is_lost(officer):
    for query, field, sentence in BAD:
        answer = officer.get(f"/log?{query}&request_id=keep-me")

        assert answer.status_code == 400, query
        assert f'<a href="#{field}">{sentence}' in answer.text, query
        assert f'id="{field}-error"' in answer.text, query
        assert 'value="keep-me"' in answer.text, query
        assert codes(answer.text) == [], query
        typed = unescape(query.split("&")[0].partition("=")[2].replace("+", " "))
        assert field in ("kind", "action", "outcome", "reason") or f'value="{typed}"' in answer.text, query


STRANGE = [
    "person=%00",
    "request_id=%00%1b",
    "report=%25_%5C",
    "older=nonsense",
    "older=20261123T020000000000-" + "9" * 400,
    "newer=20261123T020000000000-1%00",
    "person=" + "x" * 5000,
    "older=00010101T000000000000-1",
    "unknown=1&from=&to=",
    "person=" + quote("'; DROP TABLE ledger_entry; --"),
    "request_id=%ED%A0%80",
]


def test_strange_addresses_get_an_answer(officer):
    assert [query for query in STRANGE if officer.get("/log?" + query).status_code not in (200, 400)] == []


def test_an_empty_page_says_so_and_leads_on(officer):
    page = officer.get("/log?from=2020-01-01&to=2020-01-02").text

    assert "Nothing matches this filter." in page
    assert link(page, "Show everything") == "/log"


def test_a_filter_that_is_set_is_told_in_words_and_lies_folded(officer):
    """On a phone the open form would push what was found three screens down."""
    page = officer.get("/log?kind=log.started&not_outcome=DENY").text

    assert '<details class="filters">' in page
    assert "What happened: Log started" in page
    assert "Outcome is not Refused" in page
    assert '<details class="filters" open>' in officer.get("/log?from=nonsense").text, "what is wrong is seen"


def test_the_log_is_read_in_chinese_too(app, world):
    page = visit(app, "compliance", "zh-CN").get("/log")

    assert page.status_code == 200
    assert 'lang="zh-CN"' in page.text


# --------------------------------------------------------------------------------------------------------------------- an entry


def test_a_reading_is_told_with_every_fact_it_used(app, world, officer):
    world.client("wang", RiskCategory.C4)
    report = release(world)
    reader = visit(app, "wang")
    page = reader.get(reader.get(f"/reports/{report}").location).text
    form = {"serving": hidden(page, "serving"), "end_reached": "yes", "ticked": "yes", "answer": "accept"}
    reader.get(post(reader, f"/reports/{report}/acknowledgement", form, page=page).location)
    [opened], [accepted], [served] = (
        ledger(world, f"{kind}") for kind in ("report.opened", "statement.accepted", "statement.served")
    )

    told = officer.get(f"/log/{opened.code}").text

    for words in (
        "Report opened",
        "Permitted",
        "储能行业跟踪报告",
        "C4 Active",
        "R3 Medium risk",
        "Ordinary investor",
        "127.0.0.1",
    ):
        assert words in told, words
    leaf = opened.leaf.decode()
    assert leaf in unescape(told), "the bytes, as they are"
    assert opened.policy in told
    assert "in_full_from" in told, "the policy's text"
    assert "本公司评定此研报的风险等级为 R3" in told, "the words that were accepted"
    assert f'href="/log/{accepted.code}"' in told, "the acceptance is one tap away"
    assert f"/log?request_id={opened.request_id}" in told
    assert f'href="/log/{served.code}"' in officer.get(f"/log/{accepted.code}").text
    assert f'href="/log/{accepted.code}"' in officer.get(f"/log/{served.code}").text
    assert len(ledger(world, "entry.read")) == 3


def test_a_refusal_lists_every_reason(app, world, officer):
    world.client("lowest", RiskCategory.C1, lowest=True, complete=False)
    visit(app, "lowest").get(f"/reports/{release(world)}")
    [refused] = ledger(world, "report.refused")

    told = officer.get(f"/log/{refused.code.upper()[:4]}-{refused.code[4:]}").text

    assert "Refused" in told
    assert "Details on file incomplete; Lowest category, R1 only" in told


def test_a_search_is_told_in_the_words_of_its_form(officer, world, story):
    world.client("林深", RiskCategory.C2)
    narrow = "/log?person=wang&outcome=DENY&to=2026-12-31&not_kind=report.opened"
    queries = {
        narrow: "To date: 2026-12-31; Outcome: Refused; Person: wang; What happened is not Report opened",
        f"/log/investors/{world.investors['林深']}?group=reading": "Part of the history: Reading; Investor: 林深",
        "/log/figures/C3/R3": "Category: C3 Steady; Risk grade: R3 Medium risk",
    }
    for query, said in queries.items():
        assert officer.get(query).status_code == 200
        page = unescape(officer.get(f"/log/{ledger(world, 'ledger.searched')[-1].code}").text)
        told = page.split("Kept apart")[1].split("Proof")[0]
        assert all(part in told for part in said.split("; ")), (query, told)
        assert "{" not in told, "no raw data"


def test_what_was_erased_is_said(world, officer):
    code = put(world, NOW, address="203.0.113.99")
    [entry] = [row for row in ledger(world) if row.code == code]
    assert "203.0.113.99" in officer.get(f"/log/{code}").text
    world.database.transact(
        lambda connection: connection.execute(delete(LedgerPrivate).where(LedgerPrivate.entry_id == entry.id))
    )

    told = officer.get(f"/log/{code}").text

    assert "203.0.113.99" not in told
    assert "Erased" in told


def test_every_entry_of_the_log_has_its_page(world, officer):
    world.client("wang", RiskCategory.C2)
    propose_publication(world)
    propose_staff(world, "new")
    world.database.transact(people.suspend, world.caller("clients"), world.people["wang"], "gekündigt", world.now)
    officer.get("/log?person=wang")
    put(world, NOW, kind=Kind.DECISION_ASKED, data={"a_member_of_tomorrow": {"x": [1]}, "reasons": ["a_reason_of_tomorrow"]})

    answers = {row.kind: officer.get(f"/log/{row.code}") for row in ledger(world)}

    assert {kind: answer.status_code for kind, answer in answers.items() if answer.status_code != 200} == {}
    assert "a_member_of_tomorrow" in answers["decision.asked"].text


def test_a_code_that_is_none_gets_a_clear_page(officer):
    for code in ("000000000000", "x", "%00", "10ab23cd45ef10ab", quote("编号")):
        answer = officer.get(f"/log/{code}")

        assert answer.status_code == 404, code
        assert "No entry has the code" in answer.text, code


# -------------------------------------------------------------------------------------------------------------------- proposals


@pytest.fixture
def waiting(world: World) -> str:
    world.client("c2", RiskCategory.C2)
    return propose(world, "c2", category(world, "c2", RiskCategory.C4))


def category_of(world: World) -> Any:
    with world.database.reading() as connection:
        return store.overview(connection, world.investors["c2"], world.now).category


def decide(client: FlaskClient, id_: str, way: str, reason: str = "") -> Any:
    return post(client, f"/proposals/{id_}/{way}", {"reason": reason})


def test_a_proposal_is_compared_approved_and_recorded(officer, world, waiting):
    queue = officer.get("/proposals").text
    assert f'href="/proposals/{waiting}"' in queue
    assert "For you to decide" in queue
    page = officer.get(f"/proposals/{waiting}").text
    for words in ("C2 Cautious", "C4 Active", "Changed", "测评结果", "档案 1", "Proposed by", "2028-10-23"):
        assert words in page, words

    answer = decide(officer, waiting, "approval", "已复核")

    assert (answer.status_code, answer.location) == (303, f"/proposals/{waiting}")
    after = officer.get(answer.location).text
    assert "Approved. It applies from now on." in after
    assert "已复核" in after
    assert f"/proposals/{waiting}/approval" not in after
    assert category_of(world) is RiskCategory.C4
    approved = ledger(world, "classification.approved")[-1]
    assert f'href="/log/{approved.code}"' in after
    assert "Nothing waits for a second person." in officer.get("/proposals").text
    assert f'href="/proposals/{waiting}"' in officer.get("/proposals?state=ended").text


def test_an_own_proposal_cannot_be_approved(app, world, waiting):
    admin = visit(app, "clients")
    page = admin.get(f"/proposals/{waiting}").text
    assert "You made this proposal yourself" in page
    assert f"/proposals/{waiting}/approval" not in page
    assert "Your own" in admin.get("/proposals").text
    before = len(ledger(world))

    for way in ("approval", "rejection"):
        answer = decide(admin, waiting, way, "trotzdem")
        assert answer.status_code == 403
        assert "You made this proposal yourself, so another person must decide it." in answer.text

    assert category_of(world) is RiskCategory.C2
    assert len(ledger(world)) == before


def test_an_own_proposal_can_be_withdrawn_and_another_one_not(app, world, waiting):
    answer = decide(visit(app, "compliance"), waiting, "withdrawal")
    assert answer.status_code == 403
    assert "Only the person who made a proposal can withdraw it." in answer.text

    admin = visit(app, "clients")
    assert decide(admin, waiting, "withdrawal", "irrtümlich").status_code == 303

    assert "Withdrawn. Nothing on file has changed." in admin.get(f"/proposals/{waiting}").text
    assert category_of(world) is RiskCategory.C2


def test_the_person_concerned_cannot_decide(app, world):
    id_ = propose_staff(world, "compliance-2", Role.ADMIN, Grant.CLIENTS)
    concerned = visit(app, "compliance-2")
    page = concerned.get(f"/proposals/{id_}").text
    assert "This proposal concerns yourself" in page
    assert f"/proposals/{id_}/approval" not in page

    answer = decide(concerned, id_, "approval")

    assert answer.status_code == 403
    assert "This proposal concerns yourself, so another person must decide it." in answer.text


def test_a_rejection_without_reason_is_asked_for_again(officer, world, waiting):
    answer = decide(officer, waiting, "rejection", "  ")
    assert answer.status_code == 400
    assert '<a href="#reason">A rejection needs its reason.</a>' in answer.text

    assert decide(officer, waiting, "rejection", "Belege fehlen").status_code == 303
    page = officer.get(f"/proposals/{waiting}").text
    assert "Rejected. Nothing on file has changed." in page
    assert "Belege fehlen" in page
    assert category_of(world) is RiskCategory.C2


def test_what_was_typed_is_kept(officer, waiting):
    answer = decide(officer, waiting, "approval", "lang " * 500)

    assert answer.status_code == 400
    assert "At most 2000 characters fit here." in answer.text
    assert "lang lang lang" in answer.text


def test_approving_twice_is_one_act_and_a_clear_answer(officer, world, waiting):
    assert decide(officer, waiting, "approval").status_code == 303
    before = len(ledger(world))

    again = decide(officer, waiting, "approval")

    assert again.status_code == 409
    assert "This proposal was approved already." in again.text
    assert len(ledger(world)) == before


def test_two_approvers_at_once_are_one_act(app, world, waiting):
    officers = [visit(app, name) for name in ("compliance", "compliance-2")]
    tokens = [hidden(each.get("/account").text) for each in officers]
    barrier, got = threading.Barrier(2), [0, 0]

    def run(number: int) -> None:
        barrier.wait()
        form = {"csrf_token": tokens[number], "reason": ""}
        got[number] = officers[number].post(f"/proposals/{waiting}/approval", data=form).status_code

    threads = [threading.Thread(target=run, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(got) == [303, 409]
    about = [row for row in ledger(world, "classification.approved") if json.loads(row.leaf)["data"]["proposal"] == waiting]
    assert len(about) == 1


def test_a_stale_proposal_says_so_and_can_only_be_rejected(officer, world, waiting):
    world.change("c2", category(world, "c2", RiskCategory.C1))
    page = officer.get(f"/proposals/{waiting}").text
    assert "This proposal cannot be approved" in page
    assert "The file has changed since this was proposed." in page
    assert f"/proposals/{waiting}/approval" not in page

    assert decide(officer, waiting, "approval").status_code == 409
    assert decide(officer, waiting, "rejection", "überholt").status_code == 303


def test_an_old_proposal_says_so(app, world, waiting):
    world.clock.forward(timedelta(days=30))
    world.clock.forward(timedelta(seconds=1))
    officer = visit(app, "compliance")

    assert "older than 30 days" in officer.get(f"/proposals/{waiting}").text
    assert decide(officer, waiting, "approval").status_code == 409


def test_an_inspector_reads_and_cannot_decide(app, world, waiting):
    before = valid_before((NOW + timedelta(days=30)).date(), ZONE)
    found = world.database.transact(
        people.propose_staff,
        world.caller("staff-admin"),
        "inspector",
        "inspector",
        Role.INSPECTOR,
        (),
        "检查",
        world.now,
        before=before,
    )
    world.database.transact(proposals.approve, world.caller("compliance"), found.id, "", world.now)
    with world.database.reading() as connection:
        world.people["inspector"] = store.person_by_login(connection, "inspector").id
    world.give_password("inspector")
    inspector = visit(app, "inspector")

    assert inspector.get("/log").status_code == 200
    assert "To look at" in inspector.get("/proposals").text
    page = inspector.get(f"/proposals/{waiting}").text
    assert "You can look at this proposal; others decide it." in page
    for way in ("approval", "rejection", "withdrawal"):
        assert f"/proposals/{waiting}/{way}" not in page
        assert decide(inspector, waiting, way, "nein").status_code == 403
    assert category_of(world) is RiskCategory.C2


@pytest.mark.parametrize("name", ["reports", "staff-admin"])
def test_a_proposal_of_another_field_is_not_there(app, world, waiting, name):
    other = visit(app, name)

    assert "Nothing waits for a second person." in other.get("/proposals").text
    assert other.get(f"/proposals/{waiting}").status_code == 404
    assert decide(other, waiting, "approval").status_code in (403, 404)
    assert category_of(world) is RiskCategory.C2


def test_clients_are_kept_out(app, world, waiting):
    reader = visit(app, "c2")

    for path in ("/log", "/log/000000000000", "/proposals", f"/proposals/{waiting}"):
        assert reader.get(path).status_code == 403, path
    assert decide(reader, waiting, "approval").status_code == 403
    assert app.test_client().get("/log").location == "/sign-in?next=/log"


def test_a_new_colleagues_link_is_shown_once_and_works(app, officer, world):
    id_ = propose_staff(world, "new")

    answer = decide(officer, id_, "approval")

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    found = re.search(r"http://localhost(/activate/[0-9a-z]{26})", answer.text)
    assert found
    assert "/activate/" not in officer.get(f"/proposals/{id_}").text
    assert not any("/activate/" in header for header in answer.headers.getlist("Set-Cookie"))
    newcomer = app.test_client()
    page = newcomer.get(found[1]).text
    form = {"csrf_token": hidden(page), "password": "a long enough password"}
    assert newcomer.post(found[1], data=form).status_code == 303


def test_a_publication_leads_to_the_report_and_shows_its_findings(officer, world):
    id_ = propose_publication(world)

    page = officer.get(f"/proposals/{id_}").text

    review = link(page, "Read the report")
    assert review
    assert officer.get(review).status_code == 200
    assert "Printed notice" in page
    assert decide(officer, id_, "approval").status_code == 303


def test_a_form_from_elsewhere_decides_nothing(officer, world, waiting):
    assert officer.post(f"/proposals/{waiting}/approval", data={"reason": ""}).status_code == 400
    token = hidden(officer.get("/account").text)
    headers = {"Sec-Fetch-Site": "cross-site"}
    answer = officer.post(f"/proposals/{waiting}/approval", data={"csrf_token": token}, headers=headers)

    assert answer.status_code == 403
    assert category_of(world) is RiskCategory.C2


def test_there_is_no_such_proposal(officer):
    for id_ in ("x", "0" * 26, "%00", quote("提案")):
        assert officer.get(f"/proposals/{id_}").status_code == 404, id_
        assert decide(officer, id_, "approval").status_code == 404, id_


def test_the_queue_is_turned_page_by_page(officer, world, monkeypatch):
    monkeypatch.setattr(proposals, "PAGE", 2)
    made = [propose_staff(world, f"new-{number}") for number in range(5)]

    pages = [officer.get("/proposals").text]
    while following := link(pages[-1], "Newer"):
        pages.append(officer.get(following).text)

    shown = [re.findall(r'href="/proposals/([0-9a-z]{26})"', page) for page in pages]
    assert [id_ for ids in shown for id_ in ids] == made
    back = link(pages[-1], "Older")
    assert back
    assert re.findall(r'href="/proposals/([0-9a-z]{26})"', officer.get(back).text) == shown[-2]
    assert "Waiting (5)" in pages[0]
