"""``gatekeeper ledger prove | export | export-tiles``: what is taken out is recorded before it is there, and checks offline."""

import json
import subprocess
import sys
import zipfile
from hashlib import sha256

import pytest

from gatekeeper import gkverify
from gatekeeper.rules.risk import RiskGrade
from tests.cli.conftest import Shell
from tests.library import release

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def keyed(gk, tmp_path):
    """The command line of an installation with a signing key, and that key's public half."""
    shell = Shell(gk.variables | {"GATEKEEPER_LEDGER_KEY": str(tmp_path / "keys" / "ledger.pem")})
    assert shell("ledger", "keygen").code == 0
    return shell, (tmp_path / "keys" / "ledger.pem.vkeys").read_text().strip()


def check(path, vkey, *arguments):
    command = [sys.executable, "-I", gkverify.__file__, str(path), "--vkey", vkey, *map(str, arguments)]
    ran = subprocess.run(command, capture_output=True, check=False)
    assert ran.stderr == b""
    return ran.returncode, ran.stdout.decode()


def recorded(gk, code):
    [entry] = gk("ledger", "search", "--code", code, "--json").json["entries"]
    return entry["kind"], entry["actor"]


def test_a_persons_entries_are_exported_checked_and_the_export_is_an_entry(keyed, world, database_url, tmp_path):
    gk, vkey = keyed
    world.client("c3")
    report = release(world, RiskGrade.R3)
    gk("decide", "c3", report)
    gk("ledger", "seal")
    known = tmp_path / "known"
    known.write_text(note(world))
    gk("decide", "c3", report)
    path = tmp_path / "c3.zip"

    made = gk("ledger", "export", "--person", "c3", "--open", "os_user", "--known", known, "-o", path, "--json").json
    assert (made["not_covered"], made["in_other_logs"]) == (0, 0)  # it was sealed first
    assert made["sha256"] == sha256(path.read_bytes()).hexdigest()
    assert recorded(gk, made["code"]) == ("evidence.exported", "operator")
    status, said = check(path, vkey, "--known", known)
    assert (status, f"Its {made['entries']} entries stand" in said, "you kept, unchanged" in said) == (0, True, True)
    with zipfile.ZipFile(path) as bundle:
        entries = [json.loads(line) for line in bundle.read("entries.ndjson").splitlines()]
        opened = [json.loads(line) for line in bundle.read("openings.ndjson").splitlines()]
    person = world.people["c3"]
    assert {each["person"] == person or each["actor"] == f"person:{person}" for each in entries} == {True}
    assert {each["field"] for each in opened} == {"os_user"}
    with world.database.reading() as connection:
        row = connection.exec_driver_sql(f"SELECT id, leaf FROM ledger_entry WHERE code = '{made['code']}'").one()  # noqa: S608
        private = connection.exec_driver_sql(f"SELECT field, value FROM ledger_private WHERE entry_id = {row.id}").all()  # noqa: S608
    data = json.loads(row.leaf)["data"]
    assert (data["rows"], data["opened"], data["sha256"]) == (made["entries"], ["os_user"], made["sha256"])
    assert json.loads(dict(private)["filter"]) == {"person": person}


def note(world):
    with world.database.reading() as connection:
        return connection.exec_driver_sql("SELECT note FROM ledger_checkpoint ORDER BY size DESC").scalars().first()


@sqlite
def test_one_entry_a_whole_range_and_the_tiles(keyed, world, tmp_path):
    gk, vkey = keyed
    world.client("c3")
    code = gk("decide", "c3", release(world, RiskGrade.R3), "--json").json["code"]
    proof, whole, tiles = tmp_path / "one.tlog-proof", tmp_path / "whole.zip", tmp_path / "tiles"

    spaced = f"{code[:4].upper()} {code[4:]}"
    assert gk("ledger", "prove", spaced, "-o", proof).code == 0
    assert check(proof, vkey)[0] == 0
    shown = gk("ledger", "prove", code)
    assert (shown.code, shown.out.startswith("c2sp.org/tlog-proof@v1\nextra ")) == (0, True)
    made = gk("ledger", "export", "--whole", "3:9", "-o", whole)
    assert (made.code, "by another way" in made.err, "not that it is all" in made.err) == (0, True, False)
    assert check(whole, vkey, "--whole", "3:9")[0] == 0
    assert gk("ledger", "export-tiles", tiles).code == 0
    assert (tiles / "checkpoint").read_text() == note(world)
    kinds = [each["kind"] for each in gk("ledger", "search", "--kind", "evidence.exported", "--json").json["entries"]]
    assert len(kinds) == 4


REFUSED = [
    (["export", "-o", "{folder}/x.zip", "--whole", "9"], "FIRST:LAST"),
    (["export", "-o", "{folder}/x.zip", "--whole", "0:99999"], "not within it"),
    (["export", "-o", "{folder}/x.zip", "--whole", "0:3", "--kind", "report.opened"], "no filter"),
    (["export", "-o", "{folder}/x.zip", "--open", "address;"], "separated by commas"),
    (["export", "-o", "{folder}/x.zip", "--kind", "report.gone"], "no entries of the kind"),
    (["export", "-o", "{folder}/x.zip", "--kind", "report.opened"], "nothing to prove"),
    (["export", "-o", "{folder}/there.zip"], "there already"),
    (["export", "-o", "{folder}/no/such/x.zip"], "cannot be written"),
    (["export", "-o", "{folder}/x.zip", "--known", "{folder}/there.zip"], "is not one"),
    (["export", "-o", "{folder}/x.zip", "--known", "{folder}/none"], "cannot be read"),
    (["export", "-o", "{folder}/x.zip", "--log", "example.com/none"], "no ledger example.com/none"),
    (["prove", "000000000000"], "No entry has the code"),
    (["export-tiles", "{folder}/there.zip"], "there already"),
]


@sqlite
def test_what_cannot_be_exported_is_refused_in_a_sentence_and_leaves_nothing(keyed, tmp_path):
    gk, _ = keyed
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "there.zip").write_text("mine")

    for arguments, said in REFUSED:
        ran = gk("ledger", *(each.format(folder=folder) for each in arguments))
        assert (ran.code, ran.out) == (1, ""), arguments
        assert said in ran.err
        assert [each.name for each in folder.iterdir()] == ["there.zip"]
    assert (folder / "there.zip").read_text() == "mine"


@sqlite
def test_without_a_key_nothing_is_signed_and_that_is_said(gk, tmp_path):
    ran = gk("ledger", "export", "-o", tmp_path / "x.zip")

    assert (ran.code, "sealed and signed" in ran.err) == (1, True)
