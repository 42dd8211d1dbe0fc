"""``gkwitness`` as its own process: it signs, is killed, remembers, refuses, and its signature convinces an auditor."""

import os
import signal
import subprocess
import sys
from base64 import b64encode
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from time import monotonic, sleep
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gatekeeper import gkverify
from gatekeeper.ledger import anchors, evidence, keys, record, tree
from gatekeeper.rules import note
from gatekeeper.rules.note import Checkpoint
from gatekeeper.settings import Settings
from gatekeeper.work import anchoring
from gatekeeper.work.sealer import seal_waiting
from gatekeeper.work.sending.office import Office
from tests.ledger.raw import event
from tests.work.test_mail import free_port
from tests.world import SECRET, World

ORIGIN = "gatekeeper.example/test"
NAME = "witness.example"


class Running:
    """The command in a process group of its own, which is killed as a whole."""

    def __init__(self, folder: Path, vkey: str, port: int) -> None:
        self.address = f"http://127.0.0.1:{port}"
        command = [sys.executable, "-c", "from gatekeeper.cli.proof.witness import main; main()", "--name", NAME, "--log", vkey]
        command += ["--key", str(folder / "witness.pem"), "--seen", str(folder / "seen.db"), "--port", str(port)]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        until = monotonic() + 20
        while self.status("/") != HTTPStatus.NOT_FOUND:
            assert self.process.poll() is None
            assert monotonic() < until
            sleep(0.05)

    def status(self, path: str, body: bytes | None = None) -> int:
        """What the witness answers; 0 while nothing listens."""
        try:
            request = Request(self.address + path, data=body)  # noqa: S310  (the address is made here)
            with urlopen(request, timeout=10) as answer:  # noqa: S310  (the same)
                return answer.status
        except HTTPError as error:
            with error:
                return error.code
        except (URLError, OSError):
            return 0

    def kill(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def bundle(world: World, path: Path) -> None:
    with world.database.reading() as connection, path.open("w+b") as file:
        head = evidence.head(connection, witnessed=True)
        evidence.write(connection, evidence.whole(head, 0, head.size - 1), file, world.now)


def verdict(path: Path, *arguments: str) -> int:
    ran = subprocess.run([sys.executable, "-I", gkverify.__file__, path, *arguments], capture_output=True, check=False)
    assert ran.stderr == b""
    return ran.returncode


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_witness_in_its_own_process_is_killed_and_still_remembers(world: World, tmp_path: Path) -> None:
    log_key = keys.generate(tmp_path / "ledger.pem", ORIGIN)
    witness_key = keys.generate(tmp_path / "witness.pem", NAME, note.COSIGNATURE).verifier().vkey()
    port, vkey = free_port(), log_key.verifier().vkey()
    running = Running(tmp_path, vkey, port)
    try:
        given = {"DATABASE_URL": "sqlite:///unused", "SECRET_KEY": SECRET, "LOG_ORIGIN": ORIGIN}
        given |= {"LEDGER_KEY": str(tmp_path / "ledger.pem"), "ANCHOR_WITNESSES": f"{witness_key} {running.address}"}
        office = Office(Settings.from_env({f"GATEKEEPER_{n}": v for n, v in given.items()}), world.database, lambda: world.now)

        def sealed() -> int:
            world.database.transact(record.append, event())
            seal_waiting(office, publish_every=timedelta(0))
            with world.database.reading() as connection:
                return tree.latest_checkpoint(connection, tree.log_of(connection).id).size

        def asked(size: int, old: int, root: bytes | None = None, proof: tuple[bytes, ...] = ()) -> int:
            with world.database.reading() as connection:
                found = root or tree.root_at(connection, tree.log_of(connection).id, size)
            lines = [f"old {old}", *(b64encode(each).decode() for each in proof)]
            signed = note.sign(Checkpoint(ORIGIN, size, found).body(), [log_key])
            return running.status("/add-checkpoint", ("\n".join(lines) + "\n\n" + signed).encode())

        first = sealed()
        anchoring.anchor(office, at_once=True)
        size = sealed()
        with world.database.reading() as connection:
            way = tree.consistency_proof(connection, tree.log_of(connection).id, first, size)
        assert asked(size, first, proof=tuple(way)) == HTTPStatus.OK  # it is durable; that the log hears of it is prevented
        running.kill()
        running = Running(tmp_path, vkey, port)

        assert asked(first, size) == HTTPStatus.BAD_REQUEST
        assert asked(first, first) == HTTPStatus.CONFLICT, "smaller than what it saw before it was killed"
        assert asked(size, size, bytes(32)) == HTTPStatus.CONFLICT, "another history of the same size"
        assert asked(size + 5, size, bytes(32)) == HTTPStatus.UNPROCESSABLE_ENTITY, "another history that goes on"
        anchoring.anchor(office, at_once=True)  # the log asks from an older size, is told the newer, and goes on from there
    finally:
        running.kill()

    with world.database.reading() as connection:
        kept = anchors.newest(connection, tree.log_of(connection).id, anchors.AnchorKind.WITNESS, running.address)
    assert (kept.size, kept.size > first) == (size, True)
    bundle(world, path := tmp_path / "whole.zip")
    stranger = keys.Ed25519Signer(NAME, Ed25519PrivateKey.generate(), note.COSIGNATURE).verifier().vkey()
    known = ("--vkey", vkey, "--witness", witness_key)
    assert verdict(path, *known, "--quorum", "1") == 0
    assert verdict(path, *known, "--witness", stranger, "--quorum", "2") == 1
    assert verdict(path, "--vkey", vkey, "--witness", stranger, "--quorum", "1") == 1
