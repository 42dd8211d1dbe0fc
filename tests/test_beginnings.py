"""The tests' own short cut: what a world begins with is the same whether done or given, and is given only at the beginning."""

import sqlite3
from contextlib import closing

import pytest

from gatekeeper.database import Database
from gatekeeper.ledger.record import append
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.store.accounts import sessions
from tests.beginnings import Beginning, Beginnings
from tests.ledger.raw import event
from tests.world import NOW, World


@pytest.fixture
def again(world: World):
    """Begin once more, with the world as it was first."""
    place = world.beginning._shared.place
    shared, empty, state = Beginnings(place), place.contents(), world.state

    def begin() -> None:
        world.database.dispose()
        place.refill(empty)
        world.people.clear()
        world.investors.clear()
        world.state = state
        world.beginning = Beginning(shared)

    return begin


def everything(world: World) -> object:
    contents = world.beginning._shared.place.contents()
    if hasattr(contents, "rows"):
        return {table: sorted(rows.splitlines()) for table, rows in contents.rows.items()}, contents.counters
    with closing(sqlite3.connect(contents)) as connection:
        return sorted(connection.iterdump())


def test_the_second_time_is_kept_and_given_from_the_third_on(world, again):
    made = []
    for _ in range(4):
        again()
        made.append((world.client("c3", RiskCategory.C3), world.client("c4", RiskCategory.C4), world.state))

    assert made[0] != made[1], "each was made by the real actions"
    assert made[1] == made[2] == made[3]
    assert world.clock.moment > NOW
    with world.database.reading() as connection:
        assert sessions.account_of(connection, world.people["c4"], world.now)
    assert world.client("c5", RiskCategory.C5) not in made[3]


def test_what_is_given_is_row_for_row_what_was_made(world, again):
    held = []
    for _ in range(3):
        again()
        world.client("c3", RiskCategory.C3)
        held.append(everything(world))

    assert held[0] != held[1]
    assert held[1] == held[2]


def test_other_steps_are_another_beginning(world, again):
    made = []
    for category in (RiskCategory.C3, RiskCategory.C3, RiskCategory.C4, RiskCategory.C4):
        again()
        made.append(world.client("c", category))
    again()
    world.now  # noqa: B018  (each look is a little later)
    made.append(world.client("c", RiskCategory.C3))

    assert len(set(made)) == 5


def test_whatever_is_written_ends_the_beginning(world, again, database_url):
    for _ in range(2):
        again()
        given = world.client("c3", RiskCategory.C3)
    again()
    stranger = Database(database_url[0])
    written = stranger.transact(append, event())
    stranger.dispose()

    assert world.client("c3", RiskCategory.C3) != given
    assert world.database.transact(append, event()) > written
