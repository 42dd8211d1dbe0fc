"""The work process goes round the whole log: every leaf in its days, and faults stay told until all of it was verified."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gatekeeper.actions.proof import integrity, verification
from gatekeeper.ledger import keys, scrubbed
from gatekeeper.ledger.acts import told
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.verify import Check, Mode, Wanted, verify
from gatekeeper.rules.events import Kind
from gatekeeper.rules.integrity import Concern
from gatekeeper.settings import Settings
from gatekeeper.work import anchoring, scrubbing
from gatekeeper.work.sealer import seal_waiting
from gatekeeper.work.sending.office import Office
from tests.ledger.raw import asking, event, opened
from tests.world import SECRET, World

ORIGIN = "gatekeeper.example/test"
OPERATOR = Caller(actor="operator", channel="test")
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def office(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Office:
    """A log of some 700 leaves, with a key and a place outside, and slices of no more than a tile's leaves."""
    keys.generate(tmp_path / "key", ORIGIN)
    given = {"DATABASE_URL": "sqlite:///unused", "SECRET_KEY": SECRET, "LOG_ORIGIN": ORIGIN}
    given |= {"LEDGER_KEY": str(tmp_path / "key"), "ANCHOR_FILE": str(tmp_path / "anchor"), "SCRUB_DAYS": "3"}
    settings = Settings.from_env({f"GATEKEEPER_{name}": value for name, value in given.items()})
    office = Office(settings, world.database, lambda: world.now)
    world.database.record(asking(*(event(at=world.now) for _ in range(700))))
    seal_waiting(office)
    anchoring.anchor(office)
    monkeypatch.setattr(scrubbed, "LEAST", 200)
    return office


def slices(world: World) -> list[dict[str, object]]:
    with world.database.reading() as connection:
        return [each.data for each in reversed(told.recent(connection, Kind.LEDGER_SCRUBBED, 100))]


def standing(world: World) -> list[Concern]:
    with world.database.reading() as connection:
        return integrity.standing(connection, world.now, has_key=True).concerns


def test_every_leaf_is_worked_out_again_in_its_days_and_then_from_the_start(office, world):
    begun = world.now
    while not slices(world) or not slices(world)[-1]["is_last"]:
        scrubbing.scrub(office)
        scrubbing.scrub(office)  # not due again
        world.clock.forward(timedelta(hours=1))
    found = slices(world)

    assert world.now - begun <= timedelta(days=3)
    assert [each["begin"] for each in found] == [0, *(each["end"] for each in found[:-1])]
    assert found[-1]["end"] >= 700
    assert [each["findings"] for each in found] == [0] * len(found)
    assert found[0]["ended_at"] is None
    assert found[-1]["ended_at"] is not None
    world.clock.forward(timedelta(days=1))
    scrubbing.scrub(office)
    assert (slices(world)[-1]["begin"], slices(world)[-1]["ended_at"]) == (0, found[-1]["ended_at"])


@sqlite
def test_a_fault_is_told_until_all_of_the_log_was_verified_without_one(office, world, database_url):
    with opened(database_url[0]) as raw:
        row = raw.rows("SELECT id, leaf FROM ledger_entry WHERE id = (SELECT entry_id FROM ledger_leaf WHERE leaf_index = 20)")[0]
        for guard in raw.rows("SELECT name FROM sqlite_master WHERE tbl_name = 'ledger_entry' AND sql LIKE '%UPDATE ON%'"):
            raw.execute(f"DROP TRIGGER {guard['name']}")
        raw.execute("UPDATE ledger_entry SET leaf = ? WHERE id = ?", row["leaf"].replace(b"system", b"SYSTEM"), row["id"])
        scrubbing.scrub(office)
        raw.execute("UPDATE ledger_entry SET leaf = ? WHERE id = ?", row["leaf"], row["id"])
    [first] = slices(world)
    assert first["findings"]
    assert Check.BYTES_DIFFER.value in first["checks"]
    assert Concern.SCRUBBED in standing(world)

    world.clock.forward(timedelta(days=1))
    scrubbing.scrub(office)  # the next slice is good, and says nothing of the one before
    assert (slices(world)[-1]["findings"], slices(world)[-1]["standing"]) == (0, first["findings"])
    assert Concern.SCRUBBED in standing(world)

    verified(office, world)
    assert Concern.SCRUBBED not in standing(world)
    world.clock.forward(timedelta(days=1))
    scrubbing.scrub(office)
    assert slices(world)[-1]["standing"] == 0


@sqlite
def test_it_can_be_switched_off(office, world):
    scrubbing.scrub(replace(office, settings=replace(office.settings, scrub_days=0)))

    assert slices(world) == []


@pytest.mark.parametrize(
    ("size", "hours", "leaves"),
    [(0, 24, 5_000), (5_000, 24, 5_000), (70_000, 12, 5_000), (10**7, 1, 59_524), (10**9, 1, 5_952_381)],
)
def test_the_pace_keeps_to_the_days(size, hours, leaves):
    every, found = scrubbed.pace(size, 7)

    assert (every, found) == (timedelta(hours=hours), leaves)
    assert found * (timedelta(days=7) / every) >= size


def verified(office: Office, world: World, **how: object) -> None:
    seal_waiting(office, publish_every=timedelta(0))
    known = [(each.target, each.note) for each in anchoring.known(office.settings) if each.note]
    wanted = Wanted(keys=keys.verifiers(office.settings.ledger_key), known=known, **how)
    with world.database.snapshot() as connection:
        report = verify(connection, wanted, world.now)
    world.database.record(verification.finished, OPERATOR, report, world.now)


@sqlite
def test_what_was_verified_is_borne_out_up_to_where_it_has_no_gap(office, world):
    def borne_out() -> int:
        with world.database.reading() as connection:
            return scrubbed.borne_out(connection, ORIGIN)

    def grow() -> int:
        world.clock.forward(timedelta(minutes=2))
        world.database.record(asking(*(event(at=world.now) for _ in range(300))))
        seal_waiting(office)
        anchoring.anchor(office)
        with world.database.reading() as connection:
            return integrity.standing(connection, world.now, has_key=True).log.size

    assert borne_out() == 0
    verified(office, world, mode=Mode.QUICK)
    assert borne_out() == 0
    verified(office, world)
    first = borne_out()
    assert first >= 700
    second = grow()
    verified(office, world, mode=Mode.SINCE, number=second - 10)
    assert borne_out() == first, "a gap was left"
    verified(office, world, mode=Mode.SINCE, number=first)
    assert borne_out() >= second
