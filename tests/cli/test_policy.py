"""``gatekeeper policy``: the policy in force, whether a text is one, and what it would change."""

import pytest

from gatekeeper.rules.risk import RiskCategory, RiskGrade
from tests.actions.test_rehearsal import DEFAULT, SHIFTED
from tests.ledger.test_replay import read
from tests.library import release


@pytest.fixture
def shifted(tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(SHIFTED, "utf-8")
    return path


def test_what_would_change_is_told_and_recorded_and_nothing_changes(gk, world, shifted):
    world.client("c2", RiskCategory.C2)
    world.client("c4", RiskCategory.C4)
    release(world, RiskGrade.R3)
    read(world, "c4", release(world, RiskGrade.R4, title="乙"))
    before = gk("policy", "show").out

    answer = gk("policy", "rehearse", shifted, "--json").json
    counts = answer["counts"]
    assert (counts["pairs_gained"], counts["pairs_lost"], counts["readings_lost"]) == (1, 1, 1)
    assert answer["table"] == [
        {"row": "C2", "grade": "R3", "gained": 1, "lost": 0},
        {"row": "C4", "grade": "R4", "gained": 0, "lost": 1},
    ]
    assert ([row["client_number"] for row in answer["gain"]], [row["client_number"] for row in answer["lose"]]) == (
        ["N-c2"],
        ["N-c4"],
    )
    assert [row["title"] for row in answer["readings"]] == ["乙"]
    [entry] = gk("ledger", "search", "--code", answer["code"], "--json").json["entries"]
    assert entry["kind"] == "policy.rehearsed"
    assert gk("policy", "show").out == before == DEFAULT

    told = gk("policy", "rehearse", shifted).out
    assert "N-c2" in told
    assert "1 by 1 investors in 90 days" in told


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_text_that_is_no_policy_is_refused_with_every_fault(gk, world, tmp_path):
    path = tmp_path / "policy.toml"
    path.write_text(
        SHIFTED.replace("assessment_months = 24", "assessment_months = 0").replace('in_full_from = "R4"', ""), "utf-8"
    )
    bad = gk("policy", "check", path)
    assert bad.code == 1
    assert len(bad.err.splitlines()) == 2
    assert gk("policy", "check", tmp_path / "absent.toml").code == 1
    path.write_text(SHIFTED, "utf-8")
    assert "SHA-256" in gk("policy", "check", path).out
    assert gk("policy", "rehearse", path, "--at", "2020-01-01").code == 1
