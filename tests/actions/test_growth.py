"""What one decision costs the database does not grow with how many investors are on file."""

import pytest
from sqlalchemy import Connection, insert

from gatekeeper.ledger.record import append
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import InvestorKind, RiskCategory
from gatekeeper.store.accounts.people import Classification, Investor
from gatekeeper.store.base import new_id
from gatekeeper.store.reading import access
from tests.library import release
from tests.world import ZONE, World

MANY = 2000


def put_investors(connection: Connection, world: World) -> None:
    now, ids = world.now, [new_id() for _ in range(MANY)]
    written = {"entry_id": append(connection, world.caller("clients").event(Kind.INVESTOR_CREATED, now))}
    investor = {"kind": InvestorKind.INDIVIDUAL, "name": "i", "created_at": now, **written}
    connection.execute(insert(Investor), [{"id": each, "client_number": each, **investor} for each in ids])
    before = now.replace(year=now.year + 1)
    category = {"aspect": "CATEGORY", "category": RiskCategory.C3, "valid_from": now, "valid_before": before, **written}
    connection.execute(insert(Classification), [{"investor_id": each, **category} for each in ids])


def steps_of_a_decision(world: World, who: str, report: str) -> int:
    """How many instructions SQLite runs for the facts of one decision."""
    person, investor, steps = world.people[who], world.investors[who], []
    with world.database.reading() as connection:
        raw = connection.connection.dbapi_connection
        raw.set_progress_handler(lambda: steps.append(1), 1)
        case = access.load(connection, person=person, investor=investor, report=report, zone=ZONE, now=world.now)
        raw.set_progress_handler(None, 0)
    assert case.facts.investor is not None
    return len(steps)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_decision_takes_the_same_steps_however_many_investors_are_on_file(world: World) -> None:
    world.client("c3")
    report = release(world)
    few = steps_of_a_decision(world, "c3", report)

    world.database.transact(put_investors, world)

    assert steps_of_a_decision(world, "c3", report) == pytest.approx(few, rel=0.1)
