"""What was proven before an erasure stays proven after it, and can be proven anew."""

import subprocess
import sys

from sqlalchemy import delete, func, select

from gatekeeper import gkverify
from gatekeeper.ledger import evidence, keys
from gatekeeper.ledger.seal import seal
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerPrivate
from tests.world import World


def accepted(path, vkey, *more):
    command = [sys.executable, "-I", gkverify.__file__, path, "--vkey", vkey, *more]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_proof_holds_before_and_after_its_private_values_are_gone(world: World, tmp_path):
    signer = keys.generate(tmp_path / "ledger.pem", "gatekeeper.example/test")
    vkey = signer.verifier().vkey()
    world.database.transact(seal, [signer], world.now)
    with world.database.reading() as connection:
        last = connection.scalar(select(func.max(LedgerPrivate.entry_id)))
        code = connection.scalar(select(LedgerEntry.code).where(LedgerEntry.id == last))
        before = evidence.proof_of_code(connection, code)[0]
    (kept := tmp_path / "before.tlog-proof").write_text(before)

    world.database.note(lambda one: one.execute(delete(LedgerPrivate).where(LedgerPrivate.entry_id == last)))

    with world.database.reading() as connection:
        after = evidence.proof_of_code(connection, code)[0]
        assert connection.scalar(select(func.count()).where(LedgerPrivate.entry_id == last)) == 0
    (anew := tmp_path / "after.tlog-proof").write_text(after)
    assert after == before
    assert accepted(kept, vkey)
    assert accepted(anew, vkey)
