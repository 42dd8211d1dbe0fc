"""No grade below the floor of what a report covers: not proposed, not approved, not published, not regraded, by nobody."""

import json

import pytest

from gatekeeper.actions import proposals
from gatekeeper.rules.errors import Conflict, Invalid
from gatekeeper.rules.grading.instruments import Instrument
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.store.publishing import floors, library
from tests.corrected import approve, approved, bring_in, file, propose, publish, published, regrade
from tests.ledger.test_replay import install
from tests.world import POLICIES, World

TEXT = (POLICIES / "suitability.toml").read_text("utf-8")
RAISED = TEXT.replace('R3 = ["A_SHARE", ', "R3 = [").replace("R4 = [\n", 'R4 = [\n    "A_SHARE",\n')
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.mark.parametrize(
    ("covers", "grade", "kind"),
    [
        pytest.param(None, RiskGrade.R3, None, id="what was read, A shares, is R3"),
        pytest.param({Instrument.STAR_MARKET}, RiskGrade.R3, "STAR_MARKET", id="the STAR market is R4"),
        pytest.param({Instrument.OTC_DERIVATIVE}, RiskGrade.R4, "OTC_DERIVATIVE", id="over the counter is R5"),
        pytest.param(frozenset(), RiskGrade.R3, None, id="nothing of the catalogue"),
    ],
)
@sqlite
def test_a_proposal_below_the_floor_is_refused(world: World, covers, grade: RiskGrade, kind: str | None) -> None:
    report = bring_in(world, file())
    wanted = {"grade": grade, "covers": None if covers is None else frozenset(covers)}
    if kind is None:
        proposal = propose(world, report, **wanted)
        approve(world, proposal)
        with world.database.reading() as connection:
            row = library.one_for_staff(connection, report, world.now)
        assert floors.covers_of(row) == (frozenset({Instrument.A_SHARE}) if covers is None else covers)
        return
    with pytest.raises(Invalid, match=f"covers {kind}"):
        propose(world, report, **wanted)


def test_a_floor_that_has_risen_is_held_against_what_waits_and_what_was_approved(world: World) -> None:
    waits = bring_in(world, file("1%"))
    proposal = propose(world, waits)
    ready = approved(world, file("2%"))
    out = published(world, file("3%"))
    install(world, RAISED)

    with pytest.raises(Conflict, match="must not be below R4"):
        approve(world, proposal)
    with pytest.raises(Conflict, match="must not be below R4"):
        world.database.transact(proposals.approve_plain, world.caller("compliance"), proposal, world.now)
    with pytest.raises(Conflict, match="must not be below R4"):
        publish(world, ready)
    with pytest.raises(Invalid, match="must not be below R4"):
        propose(world, bring_in(world, file("4%")))
    with pytest.raises(Invalid, match="must not be below R4"):
        regrade(world, out, 1, RiskGrade.R3, RiskCategory.C4, RiskCategory.C5)
    assert regrade(world, out, 1, RiskGrade.R4).lowered == 2, "what lowers far enough acts at once"


@sqlite
def test_what_is_confirmed_otherwise_than_it_was_read_is_looked_at_singly(world: World) -> None:
    report = bring_in(world, file())
    proposal = propose(world, report, covers=frozenset())
    with pytest.raises(Conflict, match="not what the report prints"):
        world.database.transact(proposals.approve_plain, world.caller("compliance"), proposal, world.now)
    with world.database.reading() as connection:
        found = proposals.view(connection, world.caller("compliance"), proposal, world.now)
    assert json.loads(found.version.reading)["covers"] == ["A_SHARE"]
    assert found.comparisons[0].after.covers == ()


@sqlite
def test_a_regraded_version_covers_what_the_old_one_does(world: World) -> None:
    report = published(world, covers=frozenset({Instrument.A_SHARE, Instrument.CONVERTIBLE_BOND}))
    regrade(world, report, 1, RiskGrade.R4)
    with world.database.reading() as connection:
        row = library.one_for_staff(connection, report, world.now, 2)

    assert floors.covers_of(row) == {Instrument.A_SHARE, Instrument.CONVERTIBLE_BOND}
