"""What a filter shows and leaves out, held against plain Python over the same entries; and by which index it is found."""

import json
import random
import re
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import event, select

from gatekeeper.actions.proof import audit
from gatekeeper.actions.proof.audit import Named
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.proof.ledger import FREQUENT, RARE, LedgerEntry, LedgerPrivate
from tests.ledger.raw import opened
from tests.world import NOW, World

KINDS = [Kind.REPORT_OPENED, Kind.REPORT_REFUSED, Kind.POLICY_INSTALLED, Kind.SIGN_IN_FAILED]
REASONS = ["not_assessed", "category_below_grade", "a_reason_of_tomorrow"]
POLICIES = ["ab12" * 16, "ab34" * 16, "cd12" * 16]
ADDRESSES = ["203.0.113.7", "2001:db8::1", ""]
PEOPLE = ["alpha", "beta", "gamma"]


def _fill(world: World, dice: random.Random, count: int) -> None:
    """Entries that differ in every member, some of which are absent; three share each instant."""
    people = [f"{name:0<26}" for name in PEOPLE]

    def maybe(*values: Any) -> Any:
        return dice.choice([None, *values])

    def one(number: int) -> Any:
        actor = dice.choice([*(f"person:{each}" for each in people), "operator"])
        caller = Caller(actor=actor, channel="test", address=dice.choice(ADDRESSES), request_id=maybe("r1", "r2"))
        return caller.event(
            dice.choice(KINDS),
            NOW + timedelta(days=3, seconds=number // 3),
            person=maybe(*people),
            investor=maybe(*people),
            report=maybe(*people),
            action=maybe(Action.READ, Action.USE),
            outcome=maybe(Outcome.PERMIT, Outcome.DENY),
            reason=maybe(*REASONS),
            policy=maybe(*POLICIES),
        )

    events = [one(number) for number in range(count)]
    world.database.transact(lambda connection: [append(connection, each) for each in events])


def _everything(world: World) -> list[tuple[Any, str]]:
    """Every entry with its address, newest first."""
    given = (LedgerPrivate.entry_id == LedgerEntry.id) & (LedgerPrivate.field == "address")
    query = select(LedgerEntry.__table__, LedgerPrivate.value).outerjoin(LedgerPrivate, given)
    with world.database.reading() as connection:
        found = list(connection.execute(query.order_by(LedgerEntry.at.desc(), LedgerEntry.id.desc())))
    return [(row, row.value or "") for row in found]


def _has(name: str, value: str, row: Any, address: str) -> bool:
    """Whether an entry has a value, in words of Python alone."""
    if name == "person":
        return row.person == value or row.actor == f"person:{value}"
    if name == "policy":
        return (row.policy or "").startswith(value)
    return (address if name == "address" else getattr(row, name)) == value


def _values() -> dict[str, list[str]]:
    people = [f"{name:0<26}" for name in PEOPLE]
    return {
        "kind": [each.value for each in KINDS],
        "person": people,
        "investor": people,
        "report": people,
        "action": ["READ", "USE"],
        "outcome": ["PERMIT", "DENY"],
        "reason": REASONS,
        "policy": ["ab12", "ab", "cd12" * 16],
        "address": ADDRESSES[:2],
        "request_id": ["r1", "r2"],
    }


def test_what_is_shown_and_left_out_is_what_plain_filtering_finds(world):
    dice = random.Random(20261123)
    _fill(world, dice, 400)
    everything = _everything(world)

    for _ in range(100):
        wanted = {name: dice.choice(some) for name, some in _values().items() if dice.random() < 0.15}
        excluded = tuple((name, value) for name, some in _values().items() for value in some if dice.random() < 0.07)
        asked = Filter(excluded=excluded, **wanted)
        with world.database.reading() as connection:
            found = [row.code for row in entries.search(connection, asked, None, 1000)]
            counted, some = entries.count(connection, asked, 1000), entries.count(connection, asked, 5)

        plain = [
            row.code
            for row, address in everything
            if all(_has(name, value, row, address) for name, value in wanted.items())
            and not any(_has(name, value, row, address) for name, value in excluded)
        ]
        assert found == plain, asked
        assert (counted, some) == (len(plain), min(len(plain), 5)), asked


def test_a_filter_with_what_it_leaves_out_turns_its_pages_without_loss(world):
    _fill(world, random.Random(7), 300)
    wanted = Filter(excluded=(("outcome", "DENY"), ("kind", "policy.installed")), person=tuple(f"{each:0<26}" for each in PEOPLE))
    with world.database.reading() as connection:
        whole = [row.code for row in entries.search(connection, wanted, None, 1000)]
        turned, position = [], None
        while rows := entries.search(connection, wanted, position, 7):
            turned += [row.code for row in rows]
            position = rows[-1].at, rows[-1].id
        back = [row.code for row in entries.search(connection, wanted, position, 7, newer=True)]

    assert turned == whole
    assert len(set(whole)) == len(whole) > 20
    assert back == whole[-8:-1]


def test_words_that_are_left_out_are_looked_up_and_recorded_apart(world):
    for name in ("wang-min", "wang-hua", "chen"):
        world.client(name)
    named = Named(investor="", excluded=(("investor", "wang-"), ("investor", "N-chen")))

    page = world.database.record(audit.search, world.caller("compliance"), Filter(), None, world.now, named=named)

    assert page.rows
    assert {row.investor for row in page.rows} <= {None}
    assert {name: len(found) for (_, name), found in page.left_out.items()} == {"wang-": 2, "N-chen": 1}
    with world.database.reading() as connection:
        entry = connection.execute(select(LedgerEntry.__table__).order_by(LedgerEntry.id.desc()).limit(1)).one()
        kept = entries.private_of(connection, entry.id)["filter"]
    assert json.loads(kept) == {"excluded": [["investor", "wang-"], ["investor", "N-chen"]]}
    assert b"wang-" not in entry.leaf


def test_unknown_words_that_are_left_out_show_nothing_rather_than_everything(world):
    named = Named(excluded=(("person", "nobody at all"),))

    page = world.database.record(audit.search, world.caller("compliance"), Filter(), None, world.now, named=named)

    assert page.rows == []
    assert [fault.field for fault in page.faults] == ["person"]


def test_rare_kinds_are_those_that_are_not_frequent():
    assert all(f"'{each}'" in RARE for each in FREQUENT)
    assert set(FREQUENT) <= set(Kind)


PLANS: list[tuple[Filter, set[str]]] = [
    (Filter(), {"at_id"}),
    (Filter(outcome="PERMIT"), {"at_id"}),
    (Filter(outcome="DENY", excluded=(("reason", "x"),)), {"at_id"}),
    (Filter(outcome="DENY", reason="policy_error", since=NOW), {"outcome_reason_at_id"}),
    (Filter(reason="policy_error"), {"outcome_reason_at_id"}),
    (Filter(kind="policy.installed"), {"kind_at_id"}),
    (Filter(kind="report.opened"), {"at_id"}),
    (Filter(action="USE"), {"action_at_id"}),
    (Filter(action="READ"), {"at_id"}),
    (Filter(person="x", since=NOW), {"person_at_id", "actor_at_id", "answer person_at_entry_id"}),
    (Filter(investor="x", excluded=(("kind", "y"),)), {"investor_at_id", "answer investor_at_entry_id"}),
    (Filter(report="x"), {"report_at_id", "answer report_at_entry_id"}),
    (Filter(code="x"), {"code"}),
    (Filter(request_id="x"), {"request_id"}),
]
"""By which indexes each filter is found. One index that is missed is one search that walks a million entries."""
_WALKED = re.compile(r"(?:SEARCH|SCAN) ledger_(?:entry|answer)(?: USING (?:COVERING )?INDEX ix_ledger_(?:entry_)?(\S+))?")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_walks_an_index_in_order_for_every_single_filter(world, database_url):
    """SQLite plans without knowing how many rows there are: the plan of a small log is that of a large one."""
    said: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        said.append((statement, parameters))

    for wanted, expected in PLANS:
        for position in None, (NOW, 7):
            said.clear()
            with world.database.reading() as connection:
                event.listen(connection.engine, "before_cursor_execute", hear)
                entries.search(connection, wanted, position, 51)
                event.remove(connection.engine, "before_cursor_execute", hear)
            [(statement, parameters)] = said
            with opened(database_url[0]) as raw:
                plan = raw.rows(f"EXPLAIN QUERY PLAN {statement}", *parameters)
            assert _indexes(plan) == expected, (wanted, plan)
            assert _sorted_walks(plan) == [] or wanted.code or wanted.request_id, (wanted, plan)


def _indexes(plan: list[dict[str, Any]]) -> set[str]:
    """The indexes along which entries, or the answers in them, are walked; a look-up by its number is none."""
    walked = (_WALKED.match(row["detail"]) for row in plan if "PRIMARY KEY" not in row["detail"])
    return {each[1].replace("answer_", "answer ") if each[1] else each[0] for each in walked if each}


def _sorted_walks(plan: list[dict[str, Any]]) -> list[str]:
    """Walks that are sorted: what must be read to its end before there is a page."""
    sorts = {row["parent"] for row in plan if "USE TEMP B-TREE FOR" in row["detail"]}
    walks = [row for row in plan if _WALKED.match(row["detail"]) and "PRIMARY KEY" not in row["detail"]]
    return [row["detail"] for row in walks if row["parent"] in sorts]
