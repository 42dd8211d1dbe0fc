"""``gatekeeper ledger verify``: what it says, its exit codes, and that it is an entry itself."""

import json

import pytest

from tests.cli.conftest import variables
from tests.ledger.raw import ON_SQLITE, opened
from tests.ledger.test_seal import tamper


@pytest.fixture
def sealed(gk, tmp_path):
    """Seal what waits, and keep the checkpoint elsewhere; the option that names it."""
    gk.variables["GATEKEEPER_LEDGER_KEY"] = str(tmp_path / "ledger.pem")
    gk("ledger", "keygen")

    def seal() -> tuple[str, str]:
        gk("ledger", "seal")
        kept = tmp_path / "checkpoint"
        kept.write_text(gk("ledger", "checkpoint", "show").out, "utf-8")
        return "--known", str(kept)

    return seal


def test_a_verification_passes_with_a_checkpoint_from_outside_and_never_without(gk, sealed):
    known = sealed()
    good = gk("ledger", "verify", *known)
    assert (good.code, good.err) == (0, "")
    assert "Nothing is wrong." in good.out

    sealed()
    bare = gk("ledger", "verify", "--json")
    assert bare.code == 1
    answer = json.loads(bare.out)
    [finding] = answer["findings"]
    assert (answer["count"], finding["check"]) == (1, "no_anchor")
    assert "no outside anchor" in finding["sentence"]
    [entry] = gk("ledger", "search", "--code", answer["code"], "--json").json["entries"]
    assert (entry["kind"], entry["actor"]) == ("ledger.verified", "operator")

    gk.variables["GATEKEEPER_ANCHOR_FILE"] = sealed()[1]
    assert gk("ledger", "verify", "--quick").code == 0


def test_what_is_wrong_is_named_and_ends_in_1(gk, sealed, database_url):
    known = sealed()
    with opened(database_url[0]) as raw:
        [victim] = raw.rows("SELECT id, code FROM ledger_entry WHERE kind = 'policy.installed'")
        tamper(raw, "ledger_entry", "UPDATE ledger_entry SET kind = 'policy.viewed' WHERE id = ?", victim["id"])

    bad = gk("ledger", "verify", *known)

    assert bad.code == 1
    assert f"Entry {victim['code']} is shown with another kind than its leaf has." in bad.out
    assert f"names entry {victim['code']}, which tells of something else." in bad.out
    assert "Faults: 2" in bad.out
    with opened(database_url[0]) as raw:
        [row] = raw.rows("SELECT leaf FROM ledger_entry WHERE kind = 'ledger.verified'")
    data = json.loads(bytes(row["leaf"]))["data"]
    assert (data["findings"], data["first"], data["checks"]) == (
        2,
        [victim["code"]] * 2,
        {"act_of_other_kind": 1, "columns_differ": 1},
    )


@ON_SQLITE
def test_the_keys_to_trust_can_be_given(gk, sealed, tmp_path):
    known = sealed()
    mine = (tmp_path / "ledger.pem.vkeys").read_text().strip()
    gk("ledger", "keygen", "--key", tmp_path / "other.pem")
    other = (tmp_path / "other.pem.vkeys").read_text().strip()

    assert gk("ledger", "verify", "--quick", *known, "--vkey", mine).code == 0
    foreign = gk("ledger", "verify", "--quick", *known, "--vkey", other)
    assert foreign.code == 1
    assert "bears no good signature of a known key" in foreign.out
    del gk.variables["GATEKEEPER_LEDGER_KEY"]
    assert "No public key was given" in gk("ledger", "verify", "--quick", *known).out


@ON_SQLITE
def test_what_cannot_be_checked_is_neither_a_pass_nor_a_finding(gk, sealed, tmp_path):
    known = sealed()
    for wrong in (
        ["--quick", "--full"],
        ["--since", "5", "--sample", "2"],
        ["--vkey", "nonsense"],
        ["--known", tmp_path / "none"],
    ):
        refused = gk("ledger", "verify", *known, *wrong)
        assert (refused.code, refused.out) == (2, "")
        assert refused.err
    gk.variables |= variables(f"sqlite:///{tmp_path}/none.db", tmp_path)
    assert gk("ledger", "verify").code == 2
