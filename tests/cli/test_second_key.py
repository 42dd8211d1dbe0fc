"""A second key (ML-DSA-44) beside the log's first: it signs what the first signs, and where it cannot be used all goes on."""

import json
import subprocess
import sys
from base64 import b64decode, b64encode
from datetime import timedelta
from logging import WARNING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gatekeeper import gkverify
from gatekeeper.ledger import keys, ml_dsa
from gatekeeper.rules.errors import Invalid, Unavailable
from gatekeeper.rules.note import COSIGNATURE, ED25519, ML_DSA_44, BadNote, Checkpoint, cosigned_at, open_note, sign
from gatekeeper.settings import Settings
from gatekeeper.witness import Witness, cosigner
from gatekeeper.work.sealer import seal_waiting
from gatekeeper.work.sending.office import Office
from tests.ledger.raw import ON_SQLITE, opened
from tests.ledger.test_seal import fill, tamper
from tests.world import NOW

pytestmark = pytest.mark.skipif(not ml_dsa.available(), reason="this machine's cryptography has no ML-DSA-44")


@pytest.fixture
def path(gk, tmp_path):
    """Where the key will be; the setting says so."""
    gk.variables["GATEKEEPER_LEDGER_KEY"] = str(tmp_path / "ledger.pem")
    return tmp_path / "ledger.pem"


@pytest.fixture
def absent(monkeypatch):
    """Turns this machine into one whose library has no ML-DSA-44."""
    return lambda: monkeypatch.setattr(ml_dsa, "available", lambda: False)


def algorithms(path):
    return [each.algorithm for each in keys.verifiers(path)]


def newest(gk):
    return gk("ledger", "checkpoint", "show").out


def lines(note):
    return note.count("\n\N{EM DASH} ")


def bent(note):
    """The note with one bit of the second key's signature changed."""
    head, dash, line = note.rpartition("\N{EM DASH} ")
    name, _, encoded = line.strip().partition(" ")
    content = bytearray(b64decode(encoded))
    assert len(content) == 4 + 8 + 2420
    content[-1] ^= 1
    return f"{head}{dash}{name} {b64encode(content).decode()}\n"


def check(evidence, vkey):
    command = [sys.executable, "-I", gkverify.__file__, str(evidence), "--vkey", vkey]
    ran = subprocess.run(command, capture_output=True, check=False)
    assert ran.stderr == b""
    return ran.returncode, ran.stdout.decode()


@ON_SQLITE
def test_the_whole_way_from_the_second_key_to_an_auditor_and_a_witness(gk, path, world, tmp_path):
    made = gk("ledger", "keygen", "--post-quantum")
    first, second = keys.verifiers(path)
    assert (first.algorithm, second.algorithm, made.code) == (ED25519, ML_DSA_44, 0)
    assert first.vkey() in made.out
    assert second.vkey() in made.out
    assert [each.stat().st_mode & 0o777 for each in (path, keys.second_path(path))] == [0o600, 0o600]

    gk("ledger", "seal")
    note = newest(gk)
    assert open_note(note, [first, second])[1] == [first.name]
    for each in (first, second):
        assert open_note(note, [each])[1] == [first.name], "each holds alone"
    status = gk("ledger", "status", "--json").json
    assert (status["key"], status["second_key"]) == (keys.fingerprint(first), keys.fingerprint(second))
    (tmp_path / "known").write_text(note)
    verified = gk("ledger", "verify", "--known", tmp_path / "known", "--json")
    assert (verified.code, verified.json["findings"], verified.json["unchecked_keys"]) == (0, [], [])
    trusted = gk("ledger", "verify", "--known", tmp_path / "known", "--vkey", second.vkey(), "--json")
    assert (trusted.code, trusted.json["findings"]) == (0, []), "with the second key alone, as whoever trusts no Ed25519 would"

    evidence = tmp_path / "all.zip"
    assert gk("ledger", "export", "--whole", "0:1", "-o", evidence).code == 0
    status, said = check(evidence, first.vkey())
    assert (status, f"left aside: {first.name}" in said) == (0, True)
    status, said = check(evidence, second.vkey())
    assert (status, "This program checks Ed25519 only" in said) == (2, True)

    signer = keys.Ed25519Signer("witness.example", Ed25519PrivateKey.generate(), COSIGNATURE)
    for known in ([first], [first, second], [second]):
        witness = Witness(tmp_path / f"seen{len(known)}{known[0].algorithm}", cosigner(signer), {first.name: known})
        answer = witness.add(f"old 0\n\n{note}".encode(), 1_795_000_000)
        assert answer.status == 200
        assert cosigned_at(note + answer.text, signer.verifier()) == 1_795_000_000
    assert witness.add(f"old 0\n\n{bent(note)}".encode(), 1_795_000_000).status == 403


@ON_SQLITE
def test_a_false_second_line_spoils_the_checkpoint(gk, path, database_url):
    gk("ledger", "keygen", "--post-quantum")
    gk("ledger", "seal")
    note = bent(newest(gk))
    with pytest.raises(BadNote, match="not over this text"):
        open_note(note, keys.verifiers(path))

    with opened(database_url[0]) as raw:
        tamper(raw, "ledger_checkpoint", "UPDATE ledger_checkpoint SET note = ?", note)

    found = gk("ledger", "verify", "--json")
    assert (found.code, "checkpoint_unsigned" in found.out) == (1, True)


@ON_SQLITE
def test_a_signature_of_one_tree_is_none_of_another_nor_of_another_name(path):
    first, second = keys.generate(path, "log.example/a"), keys.generate_second(path, "log.example/a")
    signers = keys.signers(path, "log.example/a", lambda: NOW)
    tree = Checkpoint("log.example/a", 7, bytes(32))
    note = sign(tree.body(), signers)
    assert open_note(note, [second])[0] == tree.body()
    for other in (Checkpoint("log.example/a", 8, bytes(32)), Checkpoint("log.example/a", 7, bytes(31) + b"1")):
        with pytest.raises(BadNote, match="not over this text"):
            open_note(note.replace(tree.body(), other.body()), [second])
    with pytest.raises(BadNote, match="not over this text"):
        open_note(note.replace(f"{tree.origin}\n", "log.example/b\n", 1), [second])
    line = note.splitlines()[-1]
    at = b64decode(line.rpartition(" ")[2])[4:12]
    assert int.from_bytes(at) == int(NOW.timestamp())
    assert b64decode(note.splitlines()[-2].rpartition(" ")[2])[:4] == first.key_id


@ON_SQLITE
def test_a_log_gets_its_second_key_later_and_both_are_changed_together(gk, path, database_url):
    gk("ledger", "keygen")
    gk("ledger", "seal")
    assert (lines(newest(gk)), algorithms(path)) == (1, [ED25519])

    assert gk("ledger", "keygen", "--post-quantum").code == 0
    assert "never overwritten" in gk("ledger", "keygen", "--post-quantum").err
    assert algorithms(path) == [ED25519, ML_DSA_44]
    changed = gk("ledger", "key", "rotate")
    assert (changed.code, algorithms(path)) == (0, [ED25519, ML_DSA_44] * 2)
    old, old_second, new, new_second = keys.verifiers(path)
    with opened(database_url[0]) as raw:
        data = json.loads(bytes(raw.one("SELECT leaf FROM ledger_entry WHERE kind = 'key.rotated'")))["data"]
    assert (data["before"], data["after"], data["vkey"]) == (keys.fingerprint(old), keys.fingerprint(new), new.vkey())
    assert data["second"]["before"] == keys.fingerprint(old_second)
    assert (data["second"]["after"], data["second"]["vkey"]) == (keys.fingerprint(new_second), new_second.vkey())
    gk("ledger", "seal")
    note = newest(gk)
    assert lines(note) == 4
    for each in (old, old_second, new, new_second):
        open_note(note, [each])
    assert gk("ledger", "status", "--json").json["second_key"] == keys.fingerprint(new_second)

    path.with_name("ledger.pem.before").unlink()
    assert "ledger.pem.before.mldsa first" in gk("ledger", "key", "rotate").err
    assert [each.algorithm for each in open_with(path)] == [ED25519, ML_DSA_44]


def open_with(path):
    """The public keys of those who sign now."""
    signing = {each.key_id for each in keys.signers(path, keys.verifiers(path)[0].name, lambda: NOW)}
    return [each for each in keys.verifiers(path) if each.key_id in signing]


@ON_SQLITE
def test_where_the_library_knows_no_such_key_the_first_signs_alone_and_that_is_said(gk, path, world, absent, caplog, tmp_path):
    gk("ledger", "keygen", "--post-quantum")
    gk("ledger", "seal")
    both = newest(gk)
    second = keys.verifiers(path)[1]
    office = Office(Settings.from_env(gk.variables), world.database, lambda: NOW)
    absent()

    with caplog.at_level(WARNING):
        for _ in range(3):
            fill(world, 1)
            assert seal_waiting(office, publish_every=timedelta(0))[0].checkpoint is not None

    assert [each.message for each in caplog.records if "ml_dsa" in each.message] == ["signing.ml_dsa_left_out"]
    assert lines(newest(gk)) == 1
    status = gk("ledger", "status")
    assert (status.code, "knows no ML-DSA-44" in status.err) == (0, True)
    (tmp_path / "known").write_text(both)
    verified = gk("ledger", "verify", "--known", tmp_path / "known")
    assert (verified.code, f"{keys.fingerprint(second)} (ML-DSA-44) were left aside" in verified.err) == (0, True)
    assert gk("ledger", "verify", "--vkey", second.vkey()).code == 2
    assert gk("ledger", "keygen", "--post-quantum", "--key", tmp_path / "other.pem").code == 1
    assert not (tmp_path / "other.pem").exists(), "nothing half made"
    changed = gk("ledger", "key", "rotate")
    assert (changed.code, "The second key was not changed." in changed.err) == (0, True)
    assert algorithms(path) == [ED25519, ML_DSA_44, ED25519]


@ON_SQLITE
def test_a_second_key_that_others_can_read_or_that_is_none_signs_nothing(path):
    keys.generate(path, "log.example/a")
    keys.generate_second(path, "log.example/a")
    keys.second_path(path).chmod(0o640)
    with pytest.raises(Unavailable, match="can be read by others"):
        keys.signers(path, "log.example/a", lambda: NOW)
    keys.second_path(path).chmod(0o600)
    with pytest.raises(Unavailable, match="does not stand in"):
        keys.second(path, "log.example/b")
    keys.second_path(path).write_bytes(path.read_bytes())
    with pytest.raises(Unavailable, match="not an ML-DSA-44 key"):
        keys.signers(path, "log.example/a", lambda: NOW)
    with pytest.raises(Invalid, match="cannot be called"):
        keys.generate_second(path, "two words")
