"""Deciding the log again: nothing differs, whatever was corrected since; and what was tampered with shows."""

import json
import random
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from gatekeeper.actions.clients import corrections
from gatekeeper.actions.clients.corrections import Mistake
from gatekeeper.actions.proof import replay
from gatekeeper.actions.proof.replay import Tally
from gatekeeper.actions.reading import access, bookmarks, consent
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.ledger.replay import Difference
from gatekeeper.rules.changes import CategoryChange, LowestChange, MandateChange, StandingChange
from gatekeeper.rules.errors import NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import Action, Initiative, InvestorClass, Objectives, RiskCategory, RiskGrade, Term, Variety
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.people import Classification, Mandate
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.reading.consent import PolicyRow
from tests.ledger.raw import Raw, opened
from tests.library import release, withdraw
from tests.operators import ask_for
from tests.world import NOW, POLICIES, ZONE, World

UNKNOWN = "0" * 26


def run(world: World, policy: str | None = None, **bounds: Any) -> tuple[Tally, list[Difference]]:
    """A whole replay, recorded; what it counted and what it found."""
    operator = Caller(actor="operator", channel="test")
    tally, found, position = Tally(), [], None
    with world.database.reading() as connection:
        plan = replay.plan(connection, operator, bounds.get("since"), bounds.get("before"), policy, world.now)
    while True:
        with world.database.reading() as connection:
            step = replay.step(connection, plan, position, ZONE)
        tally.add(step.found)
        found += step.found.differences
        if (position := step.position) is None:
            break
    world.database.record(replay.finished, operator, plan, tally, world.now)
    return tally, found


def ask(world: World, name: str, report: str, **how: Any) -> str:
    operator = Caller(actor="operator", channel="test")
    asked = (world.people[name], world.investors[name], report, world.now, ZONE)
    return world.database.record(ask_for, operator, *asked, **how).code


def signed_in(world: World, name: str) -> Caller:
    """A client at a browser of their own."""
    person, investor = world.people[name], world.investors[name]

    def begin(connection: Any) -> int:
        event = Caller(actor=f"person:{person}", person=person).event(Kind.PERSON_SIGNED_IN, world.now)
        return sessions.begin(
            connection,
            token_hash=sha256(event.code.encode()).digest(),
            person_id=person,
            investor_id=investor,
            created_at=world.now,
            last_seen=world.now,
            idle_seconds=3600,
            ends_at=world.now + timedelta(days=1),
            address="",
            device="",
            entry_id=append(connection, event),
        )

    return replace(world.caller(name), session=world.database.transact(begin))


def read(world: World, name: str, report: str) -> str:
    """Open a report, and accept its words where they are due."""
    caller = signed_in(world, name)
    answer = world.database.record(access.open_report, caller, report, world.now, ZONE)
    if answer.decision.outcome.value == "ACKNOWLEDGE":
        served = world.database.transact(consent.serve, caller, report, "zh", world.now, ZONE).served
        assert served is not None
        said = {"end_reached": True, "ticked": True}
        world.database.transact(consent.acknowledge, caller, report, served.id, world.now, ZONE, **said)
        answer = world.database.record(access.open_report, caller, report, world.now, ZONE)
    return answer.code


def do_everything(world: World, name: str, report: str, r: random.Random) -> None:
    """Some decisions of every kind about one investor and one report."""
    caller = world.caller(name)
    world.database.record(access.open_report, caller, report, world.now, ZONE, action=r.choice(list(Action)))
    world.database.record(access.list_reports, caller, world.now, ZONE)
    world.database.transact(bookmarks.add, caller, report, world.now, ZONE)
    how = {"action": r.choice(list(Action)), "initiative": r.choice(list(Initiative))}
    ask(world, name, report, **how, as_of=r.choice([None, NOW + timedelta(seconds=r.randrange(20)), NOW + timedelta(days=900)]))


@pytest.fixture
def busy(world: World) -> World:
    """Investors of every kind, reports of every state, and decisions before and after everything that can change."""
    r = random.Random(7)
    world.client("c2", RiskCategory.C2)
    world.client("c4", RiskCategory.C4)
    world.client("lowest", RiskCategory.C1, lowest=True)
    world.client("professional", None, investor_class=InvestorClass.PROFESSIONAL_B)
    world.client("lapsed", RiskCategory.C5, investor_class=InvestorClass.PROFESSIONAL_C, class_last_day=NOW.date())
    world.client("unassessed", None, complete=False)
    tomorrow = NOW + timedelta(days=1)
    reports = [
        release(world, RiskGrade.R1),
        release(world, RiskGrade.R3, categories=(RiskCategory.C3, RiskCategory.C4)),
        release(world, RiskGrade.R5, contract_clients_only=True),
        release(world, None, released=False),
        release(world, RiskGrade.R2, at=tomorrow),
        release(world, RiskGrade.R2, conflict=True),
        release(world, RiskGrade.R1, about=Objectives(Term.LONG, frozenset({Variety.DERIVATIVE}))),
        UNKNOWN,
    ]
    world.wish("c2", Term.SHORT, Variety.EQUITY)
    names = list(world.investors)
    for number in range(18):
        do_everything(world, names[number % len(names)], reports[number % len(reports)], r)
    return world


def test_every_decision_comes_out_as_it_was_logged(busy):
    tally, found = run(busy)

    assert found == []
    assert (tally.decisions, tally.lists, tally.differences) == (54, 18, 0)
    with busy.database.reading() as connection:
        last = connection.execute(select(LedgerEntry.__table__).order_by(LedgerEntry.id.desc()).limit(1)).one()
        outcomes = Counter(connection.execute(select(LedgerEntry.reason).where(LedgerEntry.outcome.is_not(None))).scalars())
    assert last.kind == Kind.DECISIONS_REPLAYED.value
    data = json.loads(last.leaf)["data"]
    assert (data["decisions"], data["lists"], data["differences"], data["entries"]) == (54, 18, 0, [])
    assert {None, "report_unknown", "report_embargoed", "report_not_released", "notice_conflict"} < set(outcomes)


def test_nothing_differs_after_all_that_can_change_has_changed(busy):
    report = release(busy, RiskGrade.R3)
    accepted = read(busy, "c4", report)
    wrong = mistaken(busy, "c2", CategoryChange(investor=busy.investors["c2"], category=RiskCategory.C5, before=END))
    on_error = read(busy, "c2", report)
    correct(busy, "c2", wrong)
    busy.change("c4", LowestChange(investor=busy.investors["c4"], lowest=True))
    busy.change("professional", StandingChange(investor=busy.investors["professional"], client=True, profile_complete=True,
                                               suspended=True))  # fmt: skip
    install(busy, MATCHED)
    busy.change("c4", LowestChange(investor=busy.investors["c4"], lowest=False))
    busy.wish("c4", Term.LONG, *Variety)
    waits = read(busy, "c4", report)
    busy.wish("c4", Term.SHORT)
    withdraw(busy, report)
    install(busy, STRICT)
    busy.clock.forward(timedelta(days=500))  # acceptances and classes lapse
    for name in ("c4", "c2", "lapsed"):
        busy.database.record(access.open_report, busy.caller(name), report, busy.now, ZONE)

    tally, found = run(busy)

    assert found == []
    assert tally.decisions > 60
    assert {outcome(busy, accepted), outcome(busy, on_error)} == {"PERMIT"}
    with busy.database.reading() as connection:
        [entry] = entries.by_code(connection, waits)
    assert json.loads(entry.leaf)["data"]["reasons"] == ["cooling_off"]


def test_an_acceptance_ends_with_the_day_of_its_own_zone(world):
    world.client("c3")
    report = release(world, RiskGrade.R3)
    read(world, "c3", report)
    world.clock.moment = NOW.replace(year=2027, hour=15, minute=59)  # the last minute of the last day in Shanghai
    read(world, "c3", report)
    with world.database.reading() as connection:
        plan = replay.plan(connection, Caller(actor="operator"), None, None, None, world.now)
        elsewhere = replay.step(connection, plan, None, type(ZONE)("Pacific/Kiritimati"))

    assert elsewhere.found.differences == ()


def outcome(world: World, code: str) -> str | None:
    with world.database.reading() as connection:
        return connection.execute(select(LedgerEntry.outcome).where(LedgerEntry.code == code)).scalar_one()


END = valid_before(NOW.date() + timedelta(days=700), ZONE)
LAX = (POLICIES / "suitability.toml").read_text("utf-8")
STRICT = LAX.replace('C3 = ["R1", "R2", "R3"]', 'C3 = ["R1", "R2"]').replace("months = 12", "months = 1")
MATCHED = LAX.replace('pull = "warn"', 'pull = "deny"') + "\n[cool_off]\nhours = 744\ncategories = 2\n"


def mistaken(world: World, name: str, change: CategoryChange) -> str:
    """Write a category by mistake; return the code of the entry that wrote it."""
    world.change(name, change)
    with world.database.reading() as connection:
        row = (
            select(Classification.entry_id)
            .where(Classification.investor_id == change.investor)
            .order_by(Classification.id.desc())
        )
        entry = connection.execute(row.limit(1)).scalar_one()
        return connection.execute(select(LedgerEntry.code).where(LedgerEntry.id == entry)).scalar_one()


def written(world: World, name: str, change: MandateChange) -> str:
    """Give a mandate; return the code of the entry that wrote it."""
    world.change(name, change)
    with world.database.reading() as connection:
        entry = connection.execute(select(func.max(Mandate.entry_id))).scalar_one()
        return connection.execute(select(LedgerEntry.code).where(LedgerEntry.id == entry)).scalar_one()


def correct(world: World, name: str, code: str, fact: str = "category", person: str | None = None) -> None:
    caller, investor = world.caller("clients"), world.investors[name]
    outlook = world.database.record(corrections.view, caller, investor, code, fact, world.now, person=person)
    mistake = Mistake(code=code, fact=fact, seen=outlook.seen, reason="录入错误", evidence="档案 2", person=person)
    done = world.database.transact(corrections.correct, caller, investor, mistake, world.now)
    assert done.is_marked


def install(world: World, text: str) -> str:
    """Another policy in force from now on; return its digest."""
    digest = sha256(text.encode()).hexdigest()

    def write(connection: Any) -> None:
        now = world.now
        entry = append(connection, Caller(actor="operator", channel="test").event(Kind.POLICY_INSTALLED, now))
        connection.execute(insert(PolicyRow).values(text=text, sha256=digest, valid_from=now, entry_id=entry))

    world.database.transact(write)
    return digest


def test_another_policy_says_what_would_have_been_different(world):
    world.client("c3", RiskCategory.C3)
    world.client("c5", RiskCategory.C5)
    low, high = release(world, RiskGrade.R2), release(world, RiskGrade.R3)
    refused = [read(world, "c3", high)]
    for name, report in (("c3", low), ("c5", low), ("c5", high)):
        read(world, name, report)
    refused.append(ask(world, "c3", high, action=Action.RECEIVE))
    world.clock.forward(timedelta(days=40))
    for name, report in (("c3", low), ("c3", high)):
        again = world.database.record(access.open_report, world.caller(name), report, world.now, ZONE)
        assert again.decision.outcome.value == "PERMIT"
    refused.append(again.code)
    digest = install(world, STRICT)

    tally, found = run(world, digest[:10])

    assert tally.changes == {("PERMIT", "DENY"): 3, ("ACKNOWLEDGE", "DENY"): 1, ("PERMIT", "ACKNOWLEDGE"): 1}
    assert set(refused) < {each.code for each in found}
    denied = [each for each in found if each.found and each.found.outcome == "DENY"]
    assert {each.found.reasons for each in denied if each.found} == {("category_below_grade",)}
    assert run(world)[1] == []
    assert run(world, "1")[1] == []  # the first policy is the one under which all was decided


def test_a_policy_that_is_not_there_cannot_be_asked_about(world):
    for word in ("77", "abcdef", "f" * 64, "0" * 8):
        with pytest.raises(NotFound):
            run(world, word)


def test_only_the_time_asked_for_is_decided_again(world):
    world.client("c3")
    report = release(world, RiskGrade.R5)
    days = [NOW + timedelta(days=number) for number in (1, 2, 3)]
    for day in days:
        world.clock.moment = day
        read(world, "c3", report)

    assert run(world, since=days[1])[0].decisions == 2
    assert run(world, since=days[1], before=days[2])[0].decisions == 1
    assert run(world, before=days[0])[0].decisions == 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_batches_meet_every_entry_once(busy, monkeypatch):
    monkeypatch.setattr(replay, "BATCH", 7)

    tally, found = run(busy)

    assert (tally.decisions, tally.lists, found) == (54, 18, [])


# ------------------------------------------------------------------------------------------------- somebody came round the side


@pytest.fixture
def beside(database_url: tuple[str, World], world: World) -> Any:
    """The file as its owner has it, with every guard dropped."""
    with opened(database_url[0]) as raw:
        if raw.is_sqlite:
            for row in raw.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
                raw.execute(f"DROP TRIGGER {row['name']}")
        yield raw


def put_leaf(raw: Raw, code: str, change: Any) -> None:
    leaf = json.loads(raw.one("SELECT leaf FROM ledger_entry WHERE code = ?", code))
    change(leaf)
    written = json.dumps(leaf, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    raw.execute("UPDATE ledger_entry SET leaf = ? WHERE code = ?", written, code)


TAMPERED = {
    "answer": lambda leaf: leaf.update(outcome="DENY"),
    "reasons": lambda leaf: leaf["data"].update(reasons=["category_below_grade"]),
    "kind": lambda leaf: leaf.update(kind="report.refused"),
    "action": lambda leaf: leaf.update(action="NONE"),
    "whose": lambda leaf: leaf.update(person=UNKNOWN),
    "a row that is not there": lambda leaf: leaf["data"]["facts"].update(category=9_999),
    "a row of another table": lambda leaf: leaf["data"]["facts"].update(contract=1),
    "a row of another fact": lambda leaf: leaf["data"]["facts"].update(category=leaf["data"]["facts"]["class"]),
    "no facts": lambda leaf: leaf["data"].pop("facts"),
    "fewer facts": lambda leaf: leaf["data"]["facts"].pop("acceptance"),
    "policy": lambda leaf: leaf.update(policy="0" * 64),
    "warnings": lambda leaf: leaf["data"].update(warnings=["professional_expired"]),
    "rows that no database has": lambda leaf: leaf["data"]["facts"].update(category=2**70, class_="x", grading="1", version=3),
    "rows in a list": lambda leaf: leaf["data"]["facts"].update(category=[1]),
    "nobody's name": lambda leaf: leaf.update(person={"a": 1}),
    "a text without characters": lambda leaf: leaf.update(report="\x00"),
    "time": lambda leaf: leaf.update(at="2030-01-01T00:00:00.000000Z"),
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_leaf_that_was_changed_shows(world, beside):
    world.client("c3")
    report = release(world, RiskGrade.R3)
    code = read(world, "c3", report)
    kept = beside.one("SELECT leaf FROM ledger_entry WHERE code = ?", code)
    assert run(world)[1] == []

    for what, change in TAMPERED.items():
        put_leaf(beside, code, change)
        found = run(world)[1]
        assert [each.code for each in found] == [code], what
        beside.execute("UPDATE ledger_entry SET leaf = ? WHERE code = ?", kept, code)
    beside.execute("UPDATE ledger_entry SET leaf = ? WHERE code = ?", b"{}", code)
    assert [(each.code, each.astray) for each in run(world)[1]] == [(code, ("leaf",))]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE classification SET category = 'C1' WHERE category = 'C3'",
        "UPDATE classification SET valid_before = '2026-11-23 02:00:00' WHERE category = 'C3'",
        "UPDATE standing SET suspended = 1",
        "UPDATE mandate SET live = 0",
        "UPDATE grading SET grade = 'R5'",
        "UPDATE report_version SET conflict = 1",
        'UPDATE policy SET text = replace(text, \'C3 = ["R1", "R2", "R3"]\', \'C3 = ["R1", "R2"]\')',
        "UPDATE policy SET text = 'nothing'",
        "UPDATE acknowledgement SET profile = 'ORDINARY:C5'",
        "UPDATE release SET state = 'WITHDRAWN'",
    ],
    ids=lambda each: f"{each.split()[1]} {each[-24:]}",
)
def test_a_row_that_was_changed_shows_in_the_decisions_made_on_it(world, beside, statement):
    world.client("c3")
    code = read(world, "c3", release(world, RiskGrade.R3))
    beside.execute("PRAGMA ignore_check_constraints = ON")
    beside.execute(statement)

    found = {each.code for each in run(world)[1]}

    assert code in found


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_rows_of_another_investor_do_not_pass_for_ones_own(world, beside):
    world.client("c3")
    world.client("c4", RiskCategory.C3)
    report = release(world, RiskGrade.R3)
    code, other = read(world, "c3", report), read(world, "c4", report)
    facts = json.loads(beside.one("SELECT leaf FROM ledger_entry WHERE code = ?", other))["data"]["facts"]

    put_leaf(beside, code, lambda leaf: leaf["data"]["facts"].update(category=facts["category"]))

    [found] = run(world)[1]
    assert (found.code, found.astray, found.logged) == (code, ("category",), found.found)
