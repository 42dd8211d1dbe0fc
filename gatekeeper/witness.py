"""``gkwitness``: a C2SP witness (tlog-witness), to be run on somebody else's machine.

It signs a log's checkpoint only if the log has kept everything that the witness saw of it before. So a log that was rolled back,
or that shows different people different histories, finds nobody to sign for it.

1. What was seen last is kept in one SQLite file, and it is durable before the signature is given out. The file is never put back
   to an older state: a witness that forgets signs what it should refuse.
2. The comparison with what was seen last and the writing of the new are one transaction.
3. A witness needs no secret of the log's, and sees of it nothing but name, size and root.
"""

import sqlite3
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time

from werkzeug.wrappers import Request, Response

from gatekeeper.rules import merkle, note
from gatekeeper.rules.note import BadNote, Checkpoint, Signer, Verifier

MAX_BODY = 64 * 1024
MAX_PROOF = 63
SIZE_TYPE = "text/x.tlog.size"

_TABLE = """
    CREATE TABLE IF NOT EXISTS seen (origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note TEXT NOT NULL)
"""
_LAST = "SELECT size, root FROM seen WHERE origin = ?"
_NEXT = (
    "INSERT INTO seen (origin, size, root, note) VALUES (?, ?, ?, ?) "
    "ON CONFLICT (origin) DO UPDATE SET size = excluded.size, root = excluded.root, note = excluded.note"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a witness says to ``add-checkpoint``: a status of HTTP and a text."""

    status: int
    text: str
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Asked:
    """What was sent: the size that the log believes was seen last, the proof from there, and the checkpoint."""

    old: int
    proof: list[bytes]
    signed: str

    @classmethod
    def parse(cls, body: bytes) -> "Asked":
        """Read it; ``BadNote`` if it is not well formed."""
        head, separator, signed = _text(body).partition("\n\n")
        first, *lines = head.split("\n")
        word, _, size = first.partition(" ")
        if not separator or word != "old" or not (size.isascii() and size.isdigit()) or str(int(size)) != size:
            raise BadNote("this does not begin with the size that was seen last, a proof and an empty line")
        if len(lines) > MAX_PROOF:
            raise BadNote("this proof is longer than any tree is high")
        return cls(int(size), [_hash(line) for line in lines], signed)


@dataclass(frozen=True, slots=True)
class Witness:
    """One witness: where it remembers, how it signs, and the logs that it watches with their keys."""

    path: Path
    sign: Callable[[str, int], str]
    logs: Mapping[str, Sequence[Verifier]]

    def add(self, body: bytes, now: int) -> Answer:
        """Compare a checkpoint with the last one of its log, remember it, and only then sign it."""
        try:
            asked = Asked.parse(body)
            checkpoint = Checkpoint.parse(asked.signed.rpartition("\n\n")[0] + "\n")
        except BadNote as error:
            return Answer(400, f"{error}\n")
        if checkpoint.origin not in self.logs:
            return Answer(404, "this witness does not watch this log\n")
        try:
            text, _names = note.open_note(asked.signed, self.logs[checkpoint.origin])
        except BadNote as error:
            return Answer(403, f"{error}\n")
        if asked.old > checkpoint.size:
            return Answer(400, "this checkpoint is smaller than the size it is said to follow\n")
        with self._seen() as connection:
            refusal = _refusal(connection, asked, checkpoint)
            if refusal is None:
                connection.execute(_NEXT, (checkpoint.origin, checkpoint.size, checkpoint.root, asked.signed))
        return refusal or Answer(200, self.sign(text, now))

    @contextmanager
    def _seen(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self.path, isolation_level=None, timeout=20)) as connection:
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("BEGIN IMMEDIATE")
            try:
                connection.execute(_TABLE)
                yield connection
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")


def _refusal(connection: sqlite3.Connection, asked: Asked, checkpoint: Checkpoint) -> Answer | None:
    size, root = connection.execute(_LAST, (checkpoint.origin,)).fetchone() or (0, merkle.EMPTY_ROOT)
    if asked.old != size:
        return Answer(409, f"{size}\n", SIZE_TYPE)
    if size == checkpoint.size and root != checkpoint.root:
        return Answer(409, "another root was seen at this size\n")
    if not merkle.verify_consistency(size, root, checkpoint.size, checkpoint.root, asked.proof):
        return Answer(422, "the proof does not lead from what was seen last to this checkpoint\n")
    return None


def cosigner(signer: Signer) -> Callable[[str, int], str]:
    """How a witness signs: a line with the time in it."""

    def sign(text: str, now: int) -> str:
        signature = now.to_bytes(8) + signer.sign(note.cosigned(text.encode(), now))
        return f"\N{EM DASH} {signer.name} {b64encode(signer.key_id + signature).decode()}\n"

    return sign


def application(witness: Witness, clock: Callable[[], float] = time) -> Callable[..., object]:
    """The witness as a WSGI application with one address: ``POST /add-checkpoint``."""

    @Request.application
    def answer(request: Request) -> Response:
        if request.path != "/add-checkpoint":
            return Response("there is nothing here but /add-checkpoint\n", 404, content_type="text/plain; charset=utf-8")
        if request.method != "POST":
            return Response("send it by POST\n", 405, {"Allow": "POST"}, content_type="text/plain; charset=utf-8")
        request.max_content_length = MAX_BODY
        found = witness.add(request.get_data(), int(clock()))
        return Response(found.text, found.status, content_type=found.content_type)

    return answer


def _text(body: bytes) -> str:
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise BadNote("this is not text in UTF-8") from error


def _hash(line: str) -> bytes:
    try:
        found = b64decode(line, validate=True)
    except (NotBase64, ValueError):
        found = b""
    if len(found) != merkle.HASH_SIZE:
        raise BadNote("a line of the proof is not a hash in base64")
    return found
