"""The plain statement of the facts finds what the exact one finds, or says that it is not sure."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select

from gatekeeper.actions.reading import bookmarks
from gatekeeper.ledger.record import append
from gatekeeper.rules.risk import RiskCategory, RiskGrade, Term
from gatekeeper.store.accounts.people import Classification, Mandate, StandingRow
from gatekeeper.store.base import new_id
from gatekeeper.store.publishing.reports import Grading, Release
from gatekeeper.store.reading.bookmarks import Bookmark
from gatekeeper.store.suitability import facts
from tests.ledger.raw import event
from tests.library import release, withdraw
from tests.world import ZONE, World


def look(world: World, report: str | None, name: str = "c3") -> tuple[Any, Any]:
    """What the plain statement finds, and what the exact one does."""
    asked = {"person": world.people[name], "investor": world.investors.get(name), "report": report, "now": world.now}
    with world.database.reading() as connection:
        plain, exact = (each.one(connection, **asked) for each in (facts._PLAIN, facts._EXACT))
        found = facts.find(connection, *asked.values())
    assert found == exact
    assert not plain.is_sure or plain == exact
    return plain, exact


@pytest.fixture
def c3(world: World) -> World:
    world.client("c3", RiskCategory.C3)
    world.wish("c3", Term.MEDIUM)
    return world


def test_it_is_sure_of_what_is_plainly_on_file(c3: World):
    c3.client("new")
    report, back, ungraded = release(c3), release(c3), release(c3, None)
    withdraw(c3, back)
    c3.database.transact(bookmarks.add, c3.caller("c3"), report, c3.now, ZONE)

    found = {name: look(c3, each)[0] for name, each in {"out": report, "back": back, "ungraded": ungraded, "none": None}.items()}

    assert all(each.is_sure for each in found.values())
    assert (found["out"].state, found["out"].kept, found["back"].state, found["none"].report) == (
        "RELEASED",
        True,
        "WITHDRAWN",
        None,
    )
    assert (found["ungraded"].grading, found["out"].category, found["out"].term) == (None, RiskCategory.C3, Term.MEDIUM)
    assert all(look(c3, report, name)[0].is_sure for name in ("new", "compliance"))


def test_it_is_not_sure_of_what_is_dated_for_later_or_not_there(c3: World):
    later = release(c3, at=c3.now + timedelta(days=1))
    unreleased = release(c3, released=False)

    assert [look(c3, each)[0].is_sure for each in (later, unreleased, new_id())] == [False] * 3
    assert (look(c3, later)[1].scheduled, look(c3, unreleased)[1].scheduled) == (True, False)
    c3.clock.forward(timedelta(days=1))
    assert look(c3, later)[0].is_sure


def test_a_mark_on_any_row_is_seen_and_what_it_displaced_applies_again(c3: World):
    report = release(c3, RiskGrade.R2)
    c3.database.transact(bookmarks.add, c3.caller("c3"), report, c3.now, ZONE)
    names = {"mandate": Mandate, "standing": StandingRow, "class_": Classification, "category_": Classification}
    names |= {"grading": Grading, "release": Release}
    for name, table in names.items():
        plain, exact = look(c3, report)
        wrong = getattr(exact, name)
        again(c3, table, wrong)
        assert getattr(look(c3, report)[1], name) > wrong, name
        mark(c3, table, getattr(look(c3, report)[0], name))

        plain, exact = look(c3, report)
        assert (plain.is_sure, getattr(exact, name)) == (False, wrong), name
        again(c3, table, wrong)
        assert look(c3, report)[0].is_sure, name
    mark(c3, Bookmark, 1)
    assert (look(c3, report)[0].is_sure, look(c3, report)[1].kept) == (False, None)


def again(world: World, table: Any, row: int, **changed: Any) -> None:
    """State once more what a row states, as from now."""

    def write(connection: Any) -> None:
        entry_id = append(connection, event(at=world.now))
        values = dict(connection.execute(select(table.__table__).where(table.id == row)).one()._mapping)
        del values["id"]
        connection.execute(insert(table).values({**values, "valid_from": world.now, "entry_id": entry_id, **changed}))

    world.database.transact(write)


def mark(world: World, table: Any, row: int) -> None:
    again(world, table, row, corrects_id=row)
