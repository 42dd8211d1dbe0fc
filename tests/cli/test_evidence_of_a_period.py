"""``ledger export --whole`` by days and times of the firm's zone: the places that hold them all, and how many still wait."""

import json
import subprocess
import sys
import zipfile
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from gatekeeper import gkverify
from gatekeeper.ledger import record
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerLeaf
from tests.cli.conftest import Shell
from tests.ledger.raw import event
from tests.world import NOW


@pytest.fixture
def keyed(gk, tmp_path):
    shell = Shell(gk.variables | {"GATEKEEPER_LEDGER_KEY": str(tmp_path / "keys" / "ledger.pem")})
    assert shell("ledger", "keygen").code == 0
    return shell, (tmp_path / "keys" / "ledger.pem.vkeys").read_text().strip()


def places(world, since, before):
    with world.database.reading() as connection:
        joined = select(LedgerLeaf.leaf_index).join(LedgerEntry, LedgerEntry.id == LedgerLeaf.entry_id)
        found = connection.scalars(joined.where(LedgerEntry.at >= since, LedgerEntry.at < before))
        return sorted(found)


def test_a_period_is_the_smallest_range_that_holds_it_and_what_waits_is_counted(keyed, world, tmp_path):
    gk, vkey = keyed
    for hours in (-30, 24, 25, 23, 48, 24, 100):  # not in the order of time
        world.database.transact(record.append, event(at=NOW + timedelta(hours=hours)))
    path, day = tmp_path / "day.zip", (NOW + timedelta(hours=24)).astimezone(ZoneInfo("Asia/Shanghai"))

    made = gk("ledger", "export", "--whole", f"{day:%Y-%m-%d}:{day:%Y-%m-%d}", "-o", path, "--json").json

    start = day.replace(hour=0, minute=0, second=0, microsecond=0)
    inside = places(world, start, start + timedelta(days=1))
    assert made["whole"] == f"{inside[0]}:{inside[-1]}"
    assert made["entries"] == inside[-1] - inside[0] + 1 > len(inside) - 1
    assert made["not_covered"] == 0
    with zipfile.ZipFile(path) as bundle:
        manifest = json.loads(bundle.read("manifest.json"))
    assert manifest["whole"] == [inside[0], inside[-1]]
    assert set(manifest["filter"]) == {"since", "before"}
    assert [verdict(path, vkey, each) for each in (made["whole"], f"{inside[0]}:{inside[-1] + 1}")] == [0, 1]

    unkeyed = Shell(gk.variables | {"GATEKEEPER_LEDGER_KEY": ""})
    world.database.transact(record.append, event(at=NOW + timedelta(hours=24)))
    hour = f"{day:%Y-%m-%dT%H:%M}"
    later = unkeyed("ledger", "export", "--whole", f"{hour}:{hour}", "-o", tmp_path / "minute.zip")
    assert (later.code, "Not covered: 1 " in later.err, "Whole range" in later.out) == (0, True, True), later.err


def verdict(path, vkey, whole):
    command = [sys.executable, "-I", gkverify.__file__, str(path), "--vkey", vkey, "--whole", whole]
    return subprocess.run(command, capture_output=True, check=False).returncode


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("2026-02-01:2026-01-31", "ends before it begins"),
        ("1999-01-01:1999-12-31", "nothing to prove"),
        ("2026-13-01:2026-13-02", "not a day or time"),
        ("2026-01-01:9", "FIRST:LAST"),
        ("2026-01-01", "FIRST:LAST"),
    ],
)
def test_a_period_that_is_none_is_refused(keyed, tmp_path, typed, said):
    ran = keyed[0]("ledger", "export", "--whole", typed, "-o", tmp_path / "x.zip")
    assert (ran.code != 0, said in ran.err, (tmp_path / "x.zip").exists()) == (True, True, False), ran.err
