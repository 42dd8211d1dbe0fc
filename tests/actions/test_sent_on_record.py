"""A report sent to many stands in the record of each who was to have it, and of each what was decided of them alone."""

import json
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location

import pytest
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from gatekeeper.actions.clients import dispute_packs, timelines
from gatekeeper.actions.clients.dispute_packs import Wanted
from gatekeeper.actions.proof import accesses
from gatekeeper.actions.publishing import distributing, readers
from gatekeeper.actions.reading import record
from gatekeeper.ledger import verify
from gatekeeper.ledger.verify import Check, Mode
from gatekeeper.rules.errors import NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.distribution import Choice, To
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.rules.suitability import Reason
from gatekeeper.store.proof import answers, entries, several
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.work import telling
from tests import audience
from tests.actions.test_telling import office
from tests.ledger.raw import opened
from tests.ledger.test_replay import read, signed_in
from tests.library import release, withdraw
from tests.migrations.test_migrations import VERSIONS
from tests.web.browser import visit
from tests.world import ZONE, World

TITLE = "储能行业跟踪报告"


@dataclass
class Sent:
    """An R3 report that was sent to a C3 and a C1 client in one entry."""

    world: World
    report: str
    code: str


@pytest.fixture
def sent(world: World) -> Sent:
    world.client("c3", RiskCategory.C3)
    world.client("c1", RiskCategory.C1)
    report = release(world, RiskGrade.R3, title=TITLE)
    send(world, report)
    [entry] = found(world, Filter(kind=Kind.REPORT_DISTRIBUTED))
    return Sent(world, report, entry.code)


def send(world: World, report: str) -> None:
    id_ = audience.start(world, report, Choice(To.CLIENTS))
    while world.database.transact(distributing.go_on, id_, world.now, ZONE, has_mail=False):
        pass


def found(world: World, wanted: Filter):
    with world.database.reading() as connection:
        return entries.search_leaves(connection, wanted, None, 50)


# ------------------------------------------------------------------------------------------------------ the client's own record


def test_each_finds_what_became_of_it_in_their_own_record_and_nothing_of_others(sent: Sent):
    for name, is_sent, reason in (("c3", True, None), ("c1", False, Reason.CATEGORY_BELOW_GRADE)):
        own = sent.world.database.record(record.view, signed_in(sent.world, name), sent.world.now, ZONE)
        [past] = [each for each in own.past if each.kind is Kind.REPORT_DISTRIBUTED]
        assert (past.code, past.is_sent, past.reason) == (sent.code, is_sent, reason)
        assert past.title is None, "a title is shown of what was opened, and of nothing else"
        receipt = sent.world.database.record(record.receipt, signed_in(sent.world, name), sent.code, sent.world.now, ZONE)
        assert receipt.outcome == ("PERMIT" if is_sent else "DENY")
        assert other_ids(sent.world, name).isdisjoint(json.dumps(repr(receipt)))


def other_ids(world: World, name: str) -> set[str]:
    return {id_ for others in (world.people, world.investors) for other, id_ in others.items() if other != name}


def test_once_it_is_opened_the_send_bears_its_title(sent: Sent):
    read(sent.world, "c3", sent.report)

    own = sent.world.database.record(record.view, signed_in(sent.world, "c3"), sent.world.now, ZONE)

    assert [each.title for each in own.past if each.kind is Kind.REPORT_DISTRIBUTED] == [TITLE]


def test_who_was_not_on_the_list_gets_no_receipt_of_it(sent: Sent):
    sent.world.client("late", RiskCategory.C3)

    with pytest.raises(NotFound):
        sent.world.database.record(record.receipt, signed_in(sent.world, "late"), sent.code, sent.world.now, ZONE)


def test_pages_of_the_record_go_on_behind_a_send(sent: Sent, monkeypatch):
    monkeypatch.setattr(record, "PAGE", 1)
    read(sent.world, "c3", sent.report)
    caller, kinds, after = signed_in(sent.world, "c3"), [], ""
    for _ in range(9):
        page = sent.world.database.record(record.view, caller, sent.world.now, ZONE, after=after)
        kinds += [each.kind for each in page.past]
        after = page.following
        if after is None:
            break

    assert kinds[-1] is Kind.REPORT_DISTRIBUTED
    assert len(kinds) == len(set(kinds)) == 4, kinds


# ------------------------------------------------------------------------------------------------------------ the staff's pages


def test_histories_tell_it_of_each_by_itself(sent: Sent):
    world, officer = sent.world, sent.world.caller("compliance")
    for about, ids in (("person", world.people), ("investor", world.investors)):
        for name, outcome in (("c3", "PERMIT"), ("c1", "DENY")):
            told = world.database.record(timelines.view, officer, about, ids[name], world.now)
            [event] = [each for each in told.events if each.row.kind == Kind.REPORT_DISTRIBUTED]
            assert (event.row.person, event.row.outcome, event.row.code) == (world.people[name], outcome, sent.code)
            assert other_ids(world, name).isdisjoint(json.dumps(event.data).split('"'))
    told = world.database.record(timelines.view, officer, "report", sent.report, world.now)
    assert [each.row.person for each in told.events if each.row.kind == Kind.REPORT_DISTRIBUTED] == [None]


def test_a_search_by_its_outcome_finds_it_once(sent: Sent):
    world = sent.world
    kind = Kind.REPORT_DISTRIBUTED
    for wanted, expected in (
        (Filter(kind=kind, investor=world.investors["c1"], outcome="DENY"), 1),
        (Filter(kind=kind, investor=world.investors["c3"], outcome="DENY"), 0),
        (Filter(kind=kind, person=world.people["c1"], reason="category_below_grade", report=sent.report), 1),
        (Filter(kind=kind, person=world.people["c1"], excluded=(("outcome", "DENY"),)), 0),
        (Filter(kind=kind, person=(world.people["c1"], world.people["c3"])), 1),
        (Filter(kind=kind, report=sent.report), 1),
        (Filter(kind=Kind.REPORT_OPENED, person=world.people["c1"]), 0),
    ):
        rows = found(world, wanted)
        with world.database.reading() as connection:
            assert (len(rows), entries.count(connection, wanted, 9)) == (expected, expected), wanted


def test_access_lists_name_each_recipient(sent: Sent):
    world, officer = sent.world, sent.world.caller("compliance")
    period = world.now.replace(hour=0), world.now.replace(hour=23)
    for about, id_, expected in (
        ("report", sent.report, {("c3", "PERMIT"), ("c1", "DENY")}),
        ("person", world.people["c1"], {("c1", "DENY")}),
    ):
        with world.database.reading() as connection:
            asked = accesses.question(connection, officer, about, id_, period, world.now)
            rows = list(accesses.each(lambda piece, connection=connection: piece(connection), asked))
        listed = [each for each in rows if each.kind == Kind.REPORT_DISTRIBUTED]
        assert {(each.person_name, each.outcome) for each in listed} == expected
        assert {(each.code, each.initiative, each.channel) for each in listed} == {(sent.code, "PUSH", "work")}
        assert asked.count == len(rows)


def test_who_was_given_a_report_counts_whom_it_was_sent_to(sent: Sent):
    world = sent.world
    given = world.database.record(readers.view, world.caller("compliance"), sent.report, None, world.now)
    with world.database.reading() as connection:
        named = readers.piece(connection, sent.report, None)

    assert {(each.kind, each.people) for each in given.counts if each.people} == {(Kind.REPORT_DISTRIBUTED, 1)}
    assert list(given.piece.people.values()) == [1]
    assert [each.person for each in named.rows] == [world.people["c3"]]


def test_a_dispute_pack_holds_the_investors_own_answer_alone(sent: Sent):
    world = sent.world
    wanted = Wanted(investor=world.investors["c1"], moment=world.now)
    with world.database.reading() as connection:
        asked = dispute_packs.question(connection, world.caller("compliance"), wanted, world.now)
        parts = dispute_packs.gather(lambda piece: piece(connection), asked)

    [decision] = parts["decisions"]["decisions"]
    assert (decision["code"], decision["person"], decision["person_name"]) == (sent.code, None, "c1")
    assert decision["answer"]["reasons"] == ["category_below_grade", "push_mismatch"]
    assert {each["fact"] for each in parts["decisions"]["facts"]} >= {"category", "grading", "standing"}
    [told] = [each for each in parts["timeline"]["entries"] if each["kind"] == Kind.REPORT_DISTRIBUTED]
    assert told["answer"] == decision["answer"]
    assert world.people["c3"] not in json.dumps(parts)
    assert world.investors["c3"] not in json.dumps(parts)


def test_pages_in_both_languages_say_it(sent: Sent, app):
    for tag, yes, no in (("en", "Sent to your inbox", "Not sent to you"), ("zh-CN", "已送达您的收件箱", "未向您发送")):
        assert yes in visit(app, "c3", tag).get("/record").text
        assert no in visit(app, "c1", tag).get("/record").text
        assert no in visit(app, "c1", tag).get(f"/record/receipts/{sent.code}").text
    history = visit(app, "compliance").get(f"/log/investors/{sent.world.investors['c1']}").text
    assert "was not sent to" in history


def test_whom_it_was_sent_to_is_told_when_it_is_stopped(sent: Sent, app):
    withdraw(sent.world, sent.report)
    telling.rematch(office(sent.world))

    told, others = (visit(app, name).get("/notices").text for name in ("c3", "c1"))
    assert "The report was withdrawn." in told
    assert TITLE not in told, "the title is told of what was opened"
    assert "The report was withdrawn." not in others


# ------------------------------------------------------------------------------------------------------ kept beside, and held


def test_the_kinds_that_are_kept_apart_are_those_that_can_be_read():
    assert frozenset(several.READ) == answers.KINDS | {Kind.ENTITLED_SEARCHED}


@pytest.mark.own_database
def test_who_changes_whom_an_entry_is_found_by_is_found_out(sent: Sent, database_url):
    url = database_url[0]
    assert checks(sent.world) == set()
    with opened(url) as raw:
        disarm(raw)
        entry, other = raw.one("SELECT max(entry_id) FROM ledger_answer"), raw.one("SELECT min(id) FROM ledger_entry")
        kept = raw.rows("SELECT * FROM ledger_answer ORDER BY number")
        raw.execute("DELETE FROM ledger_answer WHERE person = ?", sent.world.people["c1"])
        assert checks(sent.world) == {Check.ANSWERS_DIFFER}
        raw.execute("DELETE FROM ledger_answer")
        assert checks(sent.world) == {Check.ANSWERS_DIFFER}
        for row in kept:
            put(raw, row)
        assert checks(sent.world) == set()
        raw.execute("UPDATE ledger_answer SET outcome = 'PERMIT' WHERE entry_id = ?", entry)
        assert checks(sent.world) == {Check.ANSWERS_DIFFER}
        raw.execute("DELETE FROM ledger_answer")
        for row in kept:
            put(raw, row)
            put(raw, {**row, "entry_id": other})
        assert checks(sent.world) == {Check.ANSWER_WITHOUT_ENTRY}


def put(raw, row):
    raw.execute(f"INSERT INTO ledger_answer ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", *row.values())  # noqa: S608


def disarm(raw):
    if raw.is_sqlite:
        for each in raw.rows("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'ledger_answer'"):
            raw.execute(f"DROP TRIGGER {each['name']}")
    else:
        raw.execute("ALTER TABLE ledger_answer DISABLE TRIGGER ALL")


def checks(world: World) -> set[Check]:
    with world.database.snapshot() as connection:
        report = verify.verify(connection, verify.Wanted(mode=Mode.FULL), world.now)
    return {check for check in report.findings.counts if check in {Check.ANSWERS_DIFFER, Check.ANSWER_WITHOUT_ENTRY}}


@pytest.mark.own_database
def test_the_migration_fills_in_what_was_sent_before(sent: Sent, database_url):
    [file] = VERSIONS.glob("*_answers.py")
    spec = spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    engine = sa.create_engine(database_url[0])
    with engine.connect() as connection:
        kept = connection.execute(sa.text("SELECT * FROM ledger_answer ORDER BY number")).all()
        metadata = sa.MetaData()
        copy = answers.LedgerAnswer.__table__.to_metadata(metadata, name="copied_answer")
        copy.indexes.clear()
        copy.primary_key.name = "pk_copied_answer"
        copy.c.at.type = module.TIME
        copy.create(connection)
        with Operations.context(MigrationContext.configure(connection)):
            module.fill(copy)
        assert connection.execute(sa.text("SELECT * FROM copied_answer ORDER BY number")).all() == kept
        connection.rollback()
    engine.dispose()
