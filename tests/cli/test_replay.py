"""``gatekeeper ledger replay``: its answers, its exit codes, and the demo's whole history without a difference."""

import json

import pytest

from gatekeeper.rules.risk import RiskGrade
from tests.cli.conftest import variables
from tests.ledger.raw import opened
from tests.library import release

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@sqlite
def test_a_replay_says_what_it_found_and_is_an_entry(gk, world, database_url):
    world.client("c3")
    report = release(world, RiskGrade.R3)
    code = gk("decide", "c3", report, "--json").json["code"]
    gk("decide", "c3", "0" * 26)

    good = gk("ledger", "replay")
    assert (good.code, good.err) == (0, "")
    assert good.out.startswith("Decided again: 2 decisions and 0 lists.\nNone comes out differently.\nEntry  ")
    answer = gk("ledger", "replay", "--json").json
    assert (answer["decisions"], answer["differences"], answer["entries"]) == (2, 0, [])
    [entry] = gk("ledger", "search", "--code", answer["code"], "--json").json["entries"]
    assert (entry["kind"], entry["actor"]) == ("decisions.replayed", "operator")
    assert gk("ledger", "replay", "--since", "2026-11-24", "--json").json["decisions"] == 0
    assert gk("ledger", "replay", "--policy", "1").out.splitlines()[1].endswith(": 0 would differ.")

    with opened(database_url[0]) as raw:
        raw.execute("DROP TRIGGER guard_classification_update")
        raw.execute("UPDATE classification SET category = 'C1' WHERE category = 'C3'")
    bad = gk("ledger", "replay")
    assert bad.code == 1
    assert "1 come out differently." in bad.out
    assert f"{code}  decision.asked  ACKNOWLEDGE (acknowledgement_required) → DENY (category_below_grade)" in bad.out
    told = gk("ledger", "replay", "--json")
    assert told.code == 1
    [difference] = json.loads(told.out)["entries"]
    assert (difference["code"], difference["found"]["outcome"]) == (code, "DENY")
    assert gk("ledger", "replay", "--policy", "1").code == 0


@sqlite
def test_what_cannot_be_checked_is_neither_a_pass_nor_a_finding(gk, tmp_path):
    assert gk("ledger", "replay", "--policy", "77").code == 2
    assert gk("ledger", "replay", "--since", "yesterday").code == 2
    gk.variables |= variables(f"sqlite:///{tmp_path}/none.db", tmp_path)
    assert gk("ledger", "replay").code == 2
