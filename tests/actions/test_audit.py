"""Searching the ledger and opening an entry: what is found, what is not, and that the reader is in the ledger too."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, select

from gatekeeper.actions.clients import investors
from gatekeeper.actions.proof import audit
from gatekeeper.actions.proof.audit import Named
from gatekeeper.actions.reading import access
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.errors import NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerPrivate
from tests.library import release
from tests.world import NOW, ZONE, World


def find(world: World, wanted: Filter | None = None, **named: str) -> audit.Page:
    given = Named(**named) if named else None
    return world.database.record(audit.search, world.caller("compliance"), wanted or Filter(), None, world.now, named=given)


def newest(world: World) -> Any:
    with world.database.reading() as connection:
        return connection.execute(select(LedgerEntry.__table__).order_by(LedgerEntry.id.desc()).limit(1)).one()


def private(world: World, entry_id: int) -> dict[str, str]:
    with world.database.reading() as connection:
        rows = connection.execute(select(LedgerPrivate.__table__).where(LedgerPrivate.entry_id == entry_id))
        return {row.field: row.value for row in rows}


def read(world: World, code: str, name: str = "compliance") -> audit.Entry:
    [entry] = world.database.record(audit.read_entry, world.caller(name), code, world.now)
    return entry


def opened(world: World, name: str, report: str) -> access.Answer:
    return world.database.record(access.open_report, world.caller(name), report, world.now, ZONE)


def write(world: World, count: int) -> list[str]:
    """Entries that share instants, three by three; the codes in the order in which they were written."""
    caller = Caller(actor="operator", channel="test")
    events = [caller.event(Kind.DECISION_ASKED, NOW + timedelta(days=1, seconds=n // 3)) for n in range(count)]
    world.database.transact(lambda connection: [append(connection, each) for each in events])
    return [each.code for each in events]


def codes(rows: Sequence[Any]) -> list[str]:
    return [row.code for row in rows]


@pytest.mark.parametrize("number", [1, 120, 150])
def test_paging_forth_and_back_shows_every_entry_once(world, number):
    written = write(world, number)[::-1]
    wanted = Filter(kind="decision.asked")

    def turn(position: Any, *, newer: bool = False) -> audit.Page:
        return world.database.record(audit.search, world.caller("compliance"), wanted, position, world.now, newer=newer)

    pages = [turn(None)]
    while pages[-1].has_older:
        last = pages[-1].rows[-1]
        pages.append(turn((last.at, last.id)))
    forth = [code for page in pages for code in codes(page.rows)]
    back = [pages[-1]]
    while back[0].has_newer:
        first = back[0].rows[0]
        page = turn((first.at, first.id), newer=True)
        if not page.rows:
            break
        back.insert(0, page)

    assert forth == written
    assert [code for page in back for code in codes(page.rows)] == written
    assert all(len(page.rows) <= audit.PAGE for page in pages + back)


def test_a_search_is_one_entry_and_its_filter_is_private(world):
    page = find(world, Filter(kind="person.created"), person="clients")

    entry = newest(world)
    leaf = json.loads(entry.leaf)
    assert (entry.kind, entry.actor) == ("ledger.searched", f"person:{world.people['compliance']}")
    assert leaf["data"]["rows"] == len(page.rows) > 0
    assert (leaf["data"]["first"], leaf["data"]["last"]) == (page.rows[0].code, page.rows[-1].code)
    assert json.loads(private(world, entry.id)["filter"]) == {"kind": "person.created", "person": "clients"}
    assert b"clients" not in entry.leaf


def test_a_person_is_found_by_what_concerns_them_and_by_what_they_did(world):
    world.client("c3")

    concerned = {row.kind for row in find(world, person="c3").rows}
    did = {row.kind for row in find(world, person="clients").rows}

    assert concerned == {"person.created"}
    assert {"person.created", "staff.proposed", "investor.created", "classification.proposed"} <= did
    assert "classification.approved" not in did, "that was compliance"


def test_the_same_entry_is_found_once_though_two_people_of_the_search_are_in_it(world):
    world.client("wang-min")
    world.client("wang-mingzhu")

    rows = find(world, person="wang").rows
    both = find(world, Filter(person=(world.people["clients"], world.people["wang-min"]))).rows

    assert len(set(codes(rows))) == len(rows)
    assert len(set(codes(both))) == len(both)
    assert [(row.at, row.id) for row in both] == sorted(((row.at, row.id) for row in both), reverse=True)


@pytest.mark.parametrize("words", ["c3", "C3", " c3 "])
def test_an_investor_is_found_by_name_and_number_and_id(world, words):
    world.client("c3")
    world.client("c3-other")

    by_name = find(world, investor="c3-o")
    by_number = find(world, investor="N-c3")
    by_id = find(world, investor=world.investors["c3"])

    assert {row.investor for row in by_name.rows} == {world.investors["c3-other"]}
    assert {row.investor for row in by_number.rows} == {world.investors["c3"]}, "an exact number means one investor"
    assert codes(by_id.rows) == codes(by_number.rows)
    assert [match.detail for match in find(world, investor=words.strip()).matches["investor"]] == ["N-c3", "N-c3-other"]


def test_a_report_is_found_by_title_id_and_the_code_of_a_reading(world):
    world.client("c3")
    energy, metal = release(world, title="储能行业跟踪报告"), release(world, title="Copper and other metals")
    answer = opened(world, "c3", energy)
    opened(world, "c3", metal)

    for words in ("储能 跟踪", energy, answer.code, answer.code.upper()):
        assert {row.report for row in find(world, report=words).rows} == {energy}, words
    assert {row.report for row in find(world, report="METALS").rows} == {metal}


@pytest.mark.parametrize("name", ["person", "investor", "report"])
def test_words_that_mean_nothing_find_nothing_and_are_recorded(world, name):
    page = find(world, **{name: "nobody at all"})

    assert page.rows == []
    assert [fault.field for fault in page.faults] == [name]
    assert newest(world).kind == "ledger.searched"


def test_words_that_mean_too_much_are_refused(world):
    admin = world.caller("clients")
    for number in range(audit.MANY + 1):
        world.database.transact(investors.create_person, admin, f"Many {number}", f"many-{number}", world.now)

    page = find(world, person="many")

    assert page.rows == []
    assert str(page.faults[0]) == "More than 20 match. Please write more of it."


def test_a_policy_is_found_by_the_beginning_of_its_digest(world):
    world.client("c3")
    digest = opened(world, "c3", release(world)).decision.policy
    assert digest is not None

    assert find(world, Filter(policy=digest[:8])).rows
    assert codes(find(world, Filter(policy=digest)).rows) == codes(find(world, Filter(policy=digest[:8])).rows)
    assert find(world, Filter(policy="0000000")).rows == []


def test_an_entry_shows_the_facts_the_words_and_the_policy(world):
    world.client("c2", RiskCategory.C2)
    report = release(world)
    answer = opened(world, "c2", report)
    before = valid_before(NOW.date() + timedelta(days=100), ZONE)
    world.change("c2", CategoryChange(investor=world.investors["c2"], category=RiskCategory.C1, before=before))

    entry = read(world, answer.code)

    facts = {fact.name: fact.values for fact in entry.facts}
    assert facts["category"]["category"] is RiskCategory.C2, "as it was, not as it is"
    assert facts["grading"]["version_id"] == facts["version"]["id"]
    assert entry.leaf["data"]["reasons"] == ["category_below_grade"]
    assert entry.policy_text
    assert entry.policy_text.startswith("#")
    assert entry.title == "储能行业跟踪报告"
    assert entry.private == {"address": "192.0.2.1", "device": "test"}
    assert entry.codes[facts["category"]["entry_id"]]
    assert newest(world).kind == "entry.read"
    assert json.loads(newest(world).leaf)["data"]["entries"] == [answer.code]


def test_what_was_erased_is_shown_as_erased_and_a_row_no_longer_kept_as_empty(world):
    world.client("c2", RiskCategory.C2)
    answer = opened(world, "c2", "0" * 26)
    code = answer.code
    with world.database.reading() as connection:
        row = connection.execute(select(LedgerEntry.__table__).where(LedgerEntry.code == code)).one()
    assert private(world, row.id)["report_asked_for"] == "0" * 26
    world.database.transact(lambda connection: connection.execute(delete(LedgerPrivate).where(LedgerPrivate.entry_id == row.id)))

    entry = read(world, code)

    assert entry.private == {}
    assert {"address", "device", "report_asked_for"} == set(entry.leaf["private"]), "the commitments stay"
    assert entry.title is None


@pytest.mark.parametrize(
    "typed", ["{0}", "  {0} ", "{1}", "{2}", "{3}"], ids=["as kept", "spaces", "capitals", "groups", "look-alikes"]
)
def test_a_code_is_read_as_people_type_it(world, typed):
    code = "10ab23cd45ef"
    caller = Caller(actor="operator", channel="test")
    event = caller.event(Kind.DECISION_ASKED, world.now, code=code)
    world.database.transact(append, event)
    grouped = "-".join((code[:4], code[4:8], code[8:])).upper()

    entry = read(world, typed.format(code, code.upper(), grouped, "iOab23cd45ef"))

    assert entry.row.code == code


@pytest.mark.parametrize(
    "code", ["", "x", "10ab23cd45e", "10ab23cd45eu", "10ab23cd45ef\0", "10ab23cd45ef'--", "一二三四五六七八九十十一"]
)
def test_what_is_no_code_is_not_found(world, code):
    with pytest.raises(NotFound):
        read(world, code)


def test_several_entries_with_one_code_are_all_shown(world):
    caller = Caller(actor="operator", channel="test")
    for _ in range(2):
        world.database.transact(append, caller.event(Kind.DECISION_ASKED, world.now, code="10ab23cd45ef"))

    found = world.database.record(audit.read_entry, world.caller("compliance"), "10ab23cd45ef", world.now)

    assert len(found) == 2


def test_a_proposal_and_its_end_are_linked_both_ways(world):
    world.client("c3")
    with world.database.reading() as connection:
        kinds = ("classification.proposed", "classification.approved")
        rows = connection.execute(select(LedgerEntry.kind, LedgerEntry.code).where(LedgerEntry.kind.in_(kinds)))
        code = {row.kind: row.code for row in rows}

    made, ended = (read(world, code[kind]) for kind in kinds)

    assert made.related == {"decided_entry": ended.row.code}
    assert ended.related == {"proposed_entry": made.row.code}


@pytest.mark.parametrize("name", ["clients", "reports", "staff-admin", "c3"])
def test_nobody_else_reads_the_ledger(world, name):
    world.client("c3")
    before = newest(world).id

    with pytest.raises(NotPermitted):
        world.database.record(audit.search, world.caller(name), Filter(), None, world.now)
    with pytest.raises(NotPermitted):
        world.database.record(audit.read_entry, world.caller(name), "10ab23cd45ef", world.now)

    assert newest(world).id == before
