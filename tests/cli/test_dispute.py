"""``gatekeeper ledger dispute-pack``: sealed first, so that its evidence covers everything, and never over another file."""

import json
import subprocess
import sys
import zipfile

import pytest

from gatekeeper.rules.risk import RiskCategory
from tests.ledger.test_replay import read
from tests.library import release

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@sqlite
def test_the_pack_is_sealed_recorded_written_and_holds(gk, world, tmp_path):
    world.client("wang", RiskCategory.C3)
    report = release(world)
    read(world, "wang", report)
    gk.variables["GATEKEEPER_LEDGER_KEY"] = str(tmp_path / "ledger.pem")
    assert gk("ledger", "keygen").code == 0
    path = tmp_path / "pack.zip"

    made = gk("ledger", "dispute-pack", "N-wang", "--report", report[:8], "-o", path)

    assert made.code == 0, made.err
    assert "Missing: part 2, Questionnaire with its answers. No assessment had been handed in by that moment." in made.err
    with zipfile.ZipFile(path) as pack:
        pack.extractall(tmp_path / "pack")
    manifest = json.loads((tmp_path / "pack" / "manifest.json").read_text("utf-8"))
    assert [each["name"] for each in manifest["parts"] if "missing" in each] == ["questionnaire", "letter"]
    assert manifest["evidence"]["not_covered"] == 0
    [entry] = gk("ledger", "search", "--kind", "dispute_pack.made", "--json").json["entries"]
    assert entry["actor"] == "operator"
    vkey = (tmp_path / "ledger.pem.vkeys").read_text().strip()
    command = [sys.executable, "-I", "gkverify.py", "manifest.json", "--vkey", vkey]
    done = subprocess.run(command, capture_output=True, check=False, cwd=tmp_path / "pack")
    assert (done.returncode, b"NOT proven: 0" in done.stdout) == (0, False), done.stdout.decode()

    again = gk("ledger", "dispute-pack", "N-wang", "-o", path)
    assert (again.code, "is there already" in again.err) == (1, True)
    assert gk("ledger", "dispute-pack", "nobody", "-o", tmp_path / "other.zip").code == 1
