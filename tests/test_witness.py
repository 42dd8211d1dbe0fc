"""A witness signs what goes on from where it last looked, and nothing else."""

from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from werkzeug.test import Client

from gatekeeper.ledger.keys import Ed25519Signer
from gatekeeper.rules import merkle, note
from gatekeeper.rules.note import Checkpoint
from gatekeeper.witness import MAX_BODY, SIZE_TYPE, Witness, application, cosigner

NOW = 1_795_000_000
ORIGIN = "firm.example/gatekeeper/test"


def key(name: str, algorithm: int = note.ED25519) -> Ed25519Signer:
    return Ed25519Signer(name, Ed25519PrivateKey.generate(), algorithm)


@dataclass
class Log:
    """A log of made-up leaves, told from others by its salt."""

    key: Ed25519Signer
    salt: bytes = b""

    def node(self, level: int, index: int) -> bytes:
        if level == 0:
            return merkle.leaf_hash(self.salt + index.to_bytes(4))
        return merkle.node_hash(self.node(level - 1, 2 * index), self.node(level - 1, 2 * index + 1))

    def checkpoint(self, size: int, *, origin: str = ORIGIN) -> str:
        body = Checkpoint(origin, size, merkle.root_of(size, self.node)).body()
        return note.sign(body, [self.key])

    def body(self, old: int, size: int) -> bytes:
        proof = merkle.consistency(old, size, self.node) if old <= size else []
        lines = [f"old {old}", *(b64encode(each).decode() for each in proof)]
        return ("\n".join(lines) + "\n\n" + self.checkpoint(size)).encode()


@dataclass
class Desk:
    log: Log
    witness_key: Ed25519Signer
    client: Client

    def send(self, body: bytes) -> Any:
        return self.client.post("/add-checkpoint", data=body)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    log_key, witness_key = key(ORIGIN), key("witness.example", note.COSIGNATURE)
    witness = Witness(tmp_path / "seen.db", cosigner(witness_key), {ORIGIN: [log_key.verifier()]})
    return Desk(Log(log_key), witness_key, Client(application(witness, lambda: NOW)))


def test_what_goes_on_is_signed_with_the_time(desk: Desk) -> None:
    for old, size in ((0, 5), (5, 5), (5, 6), (6, 300)):
        answer = desk.send(desk.log.body(old, size))
        assert answer.status_code == 200, answer.text
        signed = desk.log.checkpoint(size) + answer.text
        assert note.cosigned_at(signed, desk.witness_key.verifier()) == NOW
        assert note.open_note(signed, [desk.log.key.verifier(), desk.witness_key.verifier()])[1] == [ORIGIN, "witness.example"]


def fork(desk: Desk) -> Log:
    return Log(desk.log.key, b"other")


def stranger(desk: Desk) -> Log:
    return Log(key(ORIGIN))


def mended(body: bytes, old: bytes, new: bytes) -> bytes:
    assert old in body
    return body.replace(old, new, 1)


REFUSED: dict[str, tuple[Callable[[Desk], bytes], int]] = {
    "rolled back, telling the truth about what was seen": (lambda desk: desk.log.body(5, 3), 400),
    "rolled back, lying about what was seen": (lambda desk: desk.log.body(0, 3), 409),
    "an older size than was seen": (lambda desk: desk.log.body(4, 6), 409),
    "a later size than was seen": (lambda desk: desk.log.body(6, 7), 409),
    "another history of the same size": (lambda desk: fork(desk).body(5, 5), 409),
    "another history that goes on": (lambda desk: fork(desk).body(5, 9), 422),
    "no proof": (lambda desk: b"old 5\n\n" + desk.log.checkpoint(9).encode(), 422),
    "a hash too many": (lambda desk: mended(desk.log.body(5, 9), b"old 5\n", b"old 5\n" + b64encode(bytes(32)) + b"\n"), 422),
    "another key": (lambda desk: stranger(desk).body(5, 9), 403),
    "another log": (lambda desk: b"old 0\n\n" + desk.log.checkpoint(9, origin="other.example/log").encode(), 404),
    "a size changed after signing": (lambda desk: mended(desk.log.body(5, 9), b"\n9\n", b"\n8\n"), 403),
    "no size seen": (lambda desk: mended(desk.log.body(5, 9), b"old 5", b"old five"), 400),
    "a size with a zero before it": (lambda desk: mended(desk.log.body(5, 9), b"old 5", b"old 05"), 400),
    "no hash": (lambda desk: mended(desk.log.body(5, 9), b"old 5\n", b"old 5\nnothing\n"), 400),
    "a proof without end": (
        lambda desk: mended(desk.log.body(5, 9), b"old 5\n", b"old 5\n" + (b64encode(bytes(32)) + b"\n") * 64),
        400,
    ),
    "nothing": (lambda _: b"", 400),
    "no text": (lambda _: b"\xff\xfe\n\n", 400),
    "too much": (lambda _: b"x" * (MAX_BODY + 1), 413),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_go_on_is_refused_and_changes_nothing(desk: Desk, name: str) -> None:
    assert desk.send(desk.log.body(0, 5)).status_code == 200
    make, status = REFUSED[name]

    answer = desk.send(make(desk))

    assert answer.status_code == status
    assert "\N{EM DASH}" not in answer.text
    if status == 409 and answer.content_type == SIZE_TYPE:
        assert answer.text == "5\n"
    assert desk.send(desk.log.body(5, 9)).status_code == 200


def test_of_two_histories_at_once_one_is_signed(desk: Desk) -> None:
    bodies = [log.body(0, 7) for log in (desk.log, fork(desk)) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(desk.send, bodies))
    assert len({body.split(b"\n")[4] for body, answer in zip(bodies, answers, strict=True) if answer.status_code == 200}) == 1


def test_a_witness_has_one_address_and_one_method(desk: Desk) -> None:
    assert desk.client.get("/add-checkpoint").status_code == 405
    assert desk.client.post("/").status_code == 404
