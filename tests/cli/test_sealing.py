"""``gatekeeper ledger seal | keygen | status | checkpoint``, and the sealer as a task of the work process."""

import json
import shutil
from dataclasses import replace
from datetime import timedelta

import pytest

from gatekeeper.ledger import keys, seal
from gatekeeper.rules.errors import Unavailable
from gatekeeper.rules.note import Checkpoint, open_note
from gatekeeper.settings import Settings
from gatekeeper.work import rota
from gatekeeper.work.sealer import SEALER, seal_waiting
from gatekeeper.work.sending.office import Office
from tests.ledger.raw import ON_SQLITE, asking, event, opened
from tests.ledger.test_seal import alarms, check_tree, fill, flipped, tamper
from tests.world import NOW


@pytest.fixture
def path(gk, tmp_path):
    """Where the key will be; the setting says so."""
    gk.variables["GATEKEEPER_LEDGER_KEY"] = str(tmp_path / "ledger.pem")
    return tmp_path / "ledger.pem"


@pytest.fixture
def office(gk, path, world):
    return Office(Settings.from_env(gk.variables), world.database, lambda: NOW)


def test_from_no_key_to_a_checkpoint_that_anybody_can_check(gk, path, database_url):
    del gk.variables["GATEKEEPER_LEDGER_KEY"]
    bare = gk("ledger", "status")
    assert "GATEKEEPER_LEDGER_KEY" in bare.err
    assert gk("ledger", "keygen").code == 1
    unsigned = gk("ledger", "seal")
    assert "nothing is signed" in unsigned.err
    assert gk("ledger", "checkpoint", "list").out == "Nothing has been signed yet.\n"
    assert gk("ledger", "checkpoint", "show").code == 1

    gk.variables["GATEKEEPER_LEDGER_KEY"] = str(path)
    assert "Run: gatekeeper ledger keygen" in gk("ledger", "status").err
    made = gk("ledger", "keygen")
    [verifier] = keys.verifiers(path)
    assert verifier.vkey() in made.out
    assert "never overwritten" in gk("ledger", "keygen").err
    assert gk("ledger", "keygen", "--list").code == 0
    assert len(keys.verifiers(path)) == 1

    signed = gk("ledger", "seal")
    status = gk("ledger", "status", "--json").json
    note = gk("ledger", "checkpoint", "show").out
    assert note.strip() in signed.out
    said = Checkpoint.parse(open_note(note, [verifier])[0])
    assert (said.origin, said.size, said.root.hex()) == (status["origin"], status["size"], status["root"])
    assert status["key"] == keys.fingerprint(verifier)
    assert (status["waiting"], status["waiting_seconds"], status["checkpoint"]["note"]) == (0, None, note)
    assert gk("ledger", "checkpoint", "show", said.size).out == note
    assert gk("ledger", "checkpoint", "show", said.size + 1).code == 1
    [listed] = gk("ledger", "checkpoint", "list", "--json").json
    assert listed == status["checkpoint"]
    assert said.root.hex() in gk("ledger", "checkpoint", "list").out
    with opened(database_url[0]) as raw:
        assert check_tree(raw, [verifier]) == said.size


@ON_SQLITE
def test_a_key_is_changed_and_for_a_while_both_sign(gk, path, database_url):
    gk("ledger", "keygen")
    gk("ledger", "seal")
    [first] = keys.verifiers(path)

    changed = gk("ledger", "key", "rotate")

    old, new = keys.verifiers(path)
    assert (old, changed.code, new.vkey() in changed.out) == (first, 0, True)
    assert gk("ledger", "status", "--json").json["key"] == keys.fingerprint(new)
    with opened(database_url[0]) as raw:
        leaf = json.loads(bytes(raw.one("SELECT leaf FROM ledger_entry WHERE kind = 'key.rotated'")))
    assert leaf["data"]["after"] == keys.fingerprint(new)
    assert leaf["data"]["vkey"] == new.vkey()
    gk("ledger", "seal")
    note = gk("ledger", "checkpoint", "show").out
    assert note.count("\n\N{EM DASH} ") == 2
    for each in (old, new):
        open_note(note, [each])

    again = gk("ledger", "key", "rotate")
    assert (again.code, f"delete {path}.before first" in again.err) == (1, True)
    path.with_name("ledger.pem.before").unlink()
    assert gk("ledger", "key", "rotate").code == 0
    assert len(keys.verifiers(path)) == 3
    assert path.stat().st_mode & 0o777 == 0o600


@ON_SQLITE
def test_status_tells_how_long_the_oldest_has_waited(gk, path, world, travel):
    gk("ledger", "keygen")
    world.database.record(asking(event()))
    travel(timedelta(days=99999))

    status = gk("ledger", "status")

    assert "the oldest for" in status.out
    assert "waited for more than a minute" in status.err


@ON_SQLITE
def test_a_key_that_others_can_read_signs_nothing_but_what_waits_is_sealed(gk, path, world, database_url):
    gk("ledger", "keygen")
    path.chmod(0o644)

    refused = gk("ledger", "seal")

    assert (refused.code, "chmod 600" in refused.err) == (1, True)
    assert "chmod 600" in gk("ledger", "status").err
    with opened(database_url[0]) as raw:
        assert raw.one("SELECT count(*) FROM ledger_pending") == 0
        assert raw.one("SELECT count(*) FROM ledger_checkpoint") == 0


def test_the_work_process_seals(office, gk, path, world, database_url):
    gk("ledger", "keygen")
    assert SEALER in rota.TASKS
    assert SEALER.every == timedelta(seconds=1)
    fill(world, 1100)

    whole, _ = SEALER.run(office)

    assert whole.checkpoint is not None
    assert [each.sealed for each in seal_waiting(office)] == [0]
    with opened(database_url[0]) as raw:
        assert check_tree(raw, keys.verifiers(path)) == whole.size > 1100


@ON_SQLITE
def test_the_work_process_goes_on_at_once_while_much_waits_and_stops_when_told(office, world, monkeypatch):
    office = replace(office, settings=replace(office.settings, ledger_key=None))
    fill(world, 2300)
    monkeypatch.setitem(seal.seal.__kwdefaults__, "limit", 1000)
    assert [each.sealed for each in seal_waiting(office)][:2] == [1000, 1000]
    fill(world, 1)
    office.stopping.set()
    assert seal_waiting(office) == []


def test_the_work_process_raises_the_alarm_once_and_acts_go_on(office, gk, path, world, database_url):
    gk("ledger", "keygen")
    seal_waiting(office)
    fill(world, 1)
    with opened(database_url[0]) as raw:
        root = bytes(raw.one("SELECT root FROM ledger_log"))
        tamper(raw, "ledger_log", "UPDATE ledger_log SET root = ?", flipped(root))
        for _ in range(3):
            with pytest.raises(Unavailable, match="Sealing has stopped"):
                seal_waiting(office)
        told = gk("ledger", "seal")
        assert (told.code, "do not give the root" in told.err) == (1, True)
        assert len(alarms(raw)) == 1
        world.database.record(asking(event()))
        assert raw.one("SELECT count(*) FROM ledger_pending") == 3


@ON_SQLITE
def test_a_log_that_was_put_back_behind_its_anchor_is_not_signed(office, gk, path, world, database_url, tmp_path):
    gk("ledger", "keygen")
    seal_waiting(office)
    file = database_url[0].removeprefix("sqlite:///")
    world.database.dispose()
    with opened(database_url[0]) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(file, tmp_path / "older.db")
    fill(world, 5)
    [newer] = seal_waiting(office, publish_every=timedelta(0))
    world.database.dispose()
    with opened(database_url[0]) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    anchor = tmp_path / "anchor"
    anchor.write_text(newer.checkpoint)
    shutil.copy(tmp_path / "older.db", file)

    gk.variables["GATEKEEPER_ANCHOR_FILE"] = str(anchor)
    anchored = Office(Settings.from_env(gk.variables), world.database, lambda: NOW)
    fill(world, 3)
    with pytest.raises(Unavailable, match="Sealing has stopped"):
        seal_waiting(anchored, publish_every=timedelta(0))
    with opened(database_url[0]) as raw:
        assert [each["reason"] for each in alarms(raw)] == ["anchor_ahead"]
        assert raw.one("SELECT count(*) FROM ledger_pending") == 4
