"""What a filter shows and leaves out, held against plain Python over the same entries; and by which index it is found."""

import json
import random
import re
from collections.abc import Callable
from dataclasses import replace
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


PLANS: list[tuple[Filter, str, Callable[[str], bool]]] = [
    (Filter(outcome="PERMIT"), "along the time, never a sort", lambda plan: "TEMP B-TREE" not in plan),
    (Filter(outcome="DENY", excluded=(("reason", "x"),)), "the same", lambda plan: "TEMP B-TREE" not in plan),
    (Filter(reason="policy_error"), "by outcome and reason", lambda plan: "outcome_reason" in plan and "TEMP" not in plan),
    (Filter(kind="policy.installed"), "by kind", lambda plan: "kind_at_id" in plan and "TEMP B-TREE" not in plan),
    (Filter(kind="report.opened"), "along the time", lambda plan: "TEMP B-TREE" not in plan),
    (Filter(action="USE"), "by action", lambda plan: "action_at_id" in plan and "TEMP B-TREE" not in plan),
    (Filter(action="READ"), "along the time", lambda plan: "action_at_id" not in plan and "TEMP B-TREE" not in plan),
    (
        Filter(investor="x", excluded=(("kind", "y"),)),
        "by investor",
        lambda plan: bool(re.search(r"investor_at_(entry_)?id", plan)),
    ),
    (Filter(), "along the time", lambda plan: "ix_ledger_entry_at_id" in plan and "TEMP B-TREE" not in plan),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_sqlite_walks_an_index_in_order_for_every_single_filter(world, database_url):
    """SQLite plans without knowing how many rows there are: the plan of a small log is that of a large one."""
    said: list[tuple[str, Any]] = []

    def hear(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        said.append((statement, parameters))

    wrong = []
    for wanted, meaning, is_right in PLANS:
        said.clear()
        with world.database.reading() as connection:
            event.listen(connection.engine, "before_cursor_execute", hear)
            entries.search(connection, replace(wanted), None, 51)
            event.remove(connection.engine, "before_cursor_execute", hear)
        with opened(database_url[0]) as raw:
            for statement, parameters in said:
                plan = " ".join(row["detail"] for row in raw.rows(f"EXPLAIN QUERY PLAN {statement}", *parameters))
                if not is_right(plan):
                    wrong.append((meaning, wanted, plan))
    assert wrong == []
