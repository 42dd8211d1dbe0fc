"""What was signed: the log's own checkpoints, those that others kept, and where checkpoints are said to be."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, exists, select

from gatekeeper.ledger import tree
from gatekeeper.ledger.verify.findings import Check, Findings
from gatekeeper.ledger.verify.tiles import root_at
from gatekeeper.rules.merkle import Frontier
from gatekeeper.rules.note import BadNote, Checkpoint, Verifier, open_note
from gatekeeper.store.proof.ledger import LedgerAnchor, LedgerCheckpoint

BATCH = 500

_CHECKPOINTS = select(LedgerCheckpoint.size, LedgerCheckpoint.root, LedgerCheckpoint.note).order_by(LedgerCheckpoint.size)


class Keys:
    """The keys that are known. Without any, what a note says is still compared; that nobody vouches for it is a finding.

    One good signature of the log is enough, of whichever kind; a false one beside it spoils the note. That the second line is not
    there is no finding: nobody knows from here when there was a second key, and a machine that could use it.
    """

    def __init__(self, verifiers: Sequence[Verifier], findings: Findings) -> None:
        self._verifiers = [each for each in verifiers if each.check is not None]
        if not self._verifiers:
            findings.add(Check.NO_KEY)

    def opened(self, note: str) -> Checkpoint:
        """The checkpoint in a note that its log itself has signed; ``BadNote`` otherwise."""
        if not self._verifiers:
            return Checkpoint.parse(note.partition("\n\n")[0] + "\n")
        text, signed = open_note(note, self._verifiers)
        checkpoint = Checkpoint.parse(text)
        if checkpoint.origin not in signed:
            raise BadNote("no known key of the log itself has signed this note")
        return checkpoint


class Checkpoints:
    """The checkpoints of one log from a size on, compared with the tree while it grows past them."""

    def __init__(self, connection: Connection, log: tree.Log, begin: int, keys: Keys, findings: Findings) -> None:
        self._connection, self._log, self._keys, self._findings = connection, log, keys, findings
        self._rows = self._stored(begin)
        self._next = next(self._rows, None)
        self._is_told = False

    def __call__(self, growing: Frontier) -> None:
        """Compare the checkpoint of this size, if there is one. That the roots part is told once, where it begins."""
        row = self._next
        if row is None or row.size != growing.size:
            return
        self._next = next(self._rows, None)
        signed = opened(self._log, row, self._keys, self._findings)
        if not self._is_told and growing.root() != signed:
            self._findings.add(Check.CHECKPOINT_DIFFERS, origin=self._log.origin, size=row.size)
            self._is_told = True

    def _stored(self, begin: int) -> Iterator[Any]:
        of_log = _CHECKPOINTS.where(LedgerCheckpoint.log_id == self._log.id, LedgerCheckpoint.size <= self._log.size)
        while rows := list(self._connection.execute(of_log.where(LedgerCheckpoint.size > begin).limit(BATCH))):
            yield from rows
            begin = rows[-1].size


def opened(log: tree.Log, row: Row[Any], keys: Keys, findings: Findings) -> bytes:
    """The root in a stored checkpoint, which must be signed, and must say what the row says of it."""
    try:
        checkpoint = keys.opened(row.note)
    except BadNote:
        findings.add(Check.CHECKPOINT_UNSIGNED, origin=log.origin, size=row.size)
    else:
        if checkpoint != Checkpoint(log.origin, row.size, row.root):
            findings.add(Check.CHECKPOINT_MISPLACED, origin=log.origin, size=row.size)
    return bytes(row.root)


def check_latest(connection: Connection, log: tree.Log, keys: Keys, findings: Findings) -> None:
    """The newest checkpoint alone, by the tiles."""
    row = tree.latest_checkpoint(connection, log.id)
    if row is not None and row.size <= log.size:
        signed = Checkpoint(log.origin, row.size, opened(log, row, keys, findings))
        _compare(connection, log, signed, findings, Check.CHECKPOINT_DIFFERS)


def check_places(connection: Connection, log: tree.Log, findings: Findings) -> None:
    """No checkpoint over more than the log has, none missing that was put outside, and at least one."""
    row = tree.latest_checkpoint(connection, log.id)
    if row is None and log.size:
        findings.add(Check.NO_CHECKPOINT, origin=log.origin, size=log.size)
    elif row is not None and row.size > log.size:
        findings.add(Check.CHECKPOINT_AHEAD, origin=log.origin, size=log.size, signed=row.size)
    anchors = select(LedgerAnchor.size, LedgerAnchor.target).where(LedgerAnchor.log_id == log.id).order_by(LedgerAnchor.size)
    for anchor in connection.execute(anchors.where(LedgerAnchor.size > log.size).limit(BATCH)):
        findings.add(Check.ANCHOR_AHEAD, origin=log.origin, target=anchor.target, signed=anchor.size, size=log.size)
    same = exists().where(LedgerCheckpoint.log_id == LedgerAnchor.log_id, LedgerCheckpoint.size == LedgerAnchor.size)
    for anchor in connection.execute(anchors.where(~same).limit(BATCH)):
        findings.add(Check.ANCHOR_WITHOUT_CHECKPOINT, origin=log.origin, target=anchor.target, size=anchor.size)


def check_known(
    connection: Connection, logs: Sequence[tree.Log], known: Sequence[tuple[str, str]], keys: Keys, findings: Findings
) -> dict[str, int]:
    """Checkpoints that others kept; return for each log's origin the largest size that one bears out."""
    covered: dict[str, int] = {}
    for name, note in known:
        try:
            checkpoint = keys.opened(note)
        except BadNote:
            findings.add(Check.KNOWN_UNSIGNED, known=name)
            continue
        log = next((each for each in logs if each.origin == checkpoint.origin), None)
        if log is None:
            findings.add(Check.KNOWN_FOREIGN, known=name, origin=checkpoint.origin)
        elif checkpoint.size > log.size:
            findings.add(Check.KNOWN_AHEAD, known=name, origin=log.origin, signed=checkpoint.size, size=log.size)
        elif _compare(connection, log, checkpoint, findings, Check.KNOWN_DIFFERS, known=name):
            covered[log.origin] = max(covered.get(log.origin, 0), checkpoint.size)
    return covered


def _compare(connection: Connection, log: tree.Log, signed: Checkpoint, findings: Findings, check: Check, **told: Any) -> bool:
    """Whether the tiles give the root that was signed."""
    found = root_at(connection, log, signed.size, findings)
    if found not in {signed.root, None}:
        findings.add(check, origin=log.origin, size=signed.size, **told)
    return found == signed.root
