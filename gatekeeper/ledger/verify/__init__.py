"""Verifying the ledger: everything that it says of itself is worked out again from the bytes that are stored.

1. One read snapshot, in batches: memory grows with the number of writers, never with the number of entries.
2. What is missing is a finding: a seal, a key, a checkpoint outside. Nothing passes for want of something to hold against it.
3. Nobody inside can tell a log that was cut off, or made anew, from one that was always so. Only a checkpoint that somebody else
   kept can, and only for what it covers; ``covered`` says how far that goes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from random import SystemRandom

from sqlalchemy import Connection, select

from gatekeeper.ledger import tree
from gatekeeper.ledger.verify import queue
from gatekeeper.ledger.verify.acts import check_acts
from gatekeeper.ledger.verify.entries import Entries
from gatekeeper.ledger.verify.findings import Check, Finding, Findings
from gatekeeper.ledger.verify.leaves import Progress, check_extra, check_leaves, check_nowhere
from gatekeeper.ledger.verify.notes import Checkpoints, Keys, check_known, check_latest, check_places
from gatekeeper.ledger.verify.tiles import check_edge, check_tiles, check_way_up
from gatekeeper.rules.errors import N_, Unavailable
from gatekeeper.rules.merkle import TILE_WIDTH, Frontier
from gatekeeper.rules.note import Verifier
from gatekeeper.store.proof.ledger import LedgerLog

_NOT_IN_FORM = N_("The ledger could not be verified, for something in it has not the form that it must have: %(detail)s")
_NO_LOG = N_("No ledger is open in this database. Run: gatekeeper db upgrade")
_TRIAL = re.compile(r"/(demo|test)(/\d+)?$")
"""How the origin of a log ends, also once it was opened anew, whose `now` may be moved: an act's time says little there."""


class Mode(StrEnum):
    """How much is verified: signatures and edge; every leaf; those from a size on; tiles picked at random; a slice of leaves."""

    QUICK = "quick"
    FULL = "full"
    SINCE = "since"
    SAMPLE = "sample"
    SLICE = "slice"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What to verify, and with what. ``number`` is where to begin, or how many tiles to pick; ``leaves`` how long a slice is."""

    mode: Mode = Mode.FULL
    number: int = 0
    leaves: int = 0
    keys: Sequence[Verifier] = ()
    known: Sequence[tuple[str, str]] = ()
    """Where each checkpoint from outside came from, and its note."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was verified of one log, and the largest size that a checkpoint from outside bears out."""

    origin: str
    size: int
    root: bytes
    leaves: int
    covered: int | None
    closed: bool


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it."""

    mode: Mode
    number: int
    logs: tuple[Verified, ...]
    unsealed: int
    findings: Findings


def verify(connection: Connection, wanted: Wanted, now: datetime, progress: Progress = lambda _done, _of: None) -> Report:
    """Verify every log of the database. ``connection`` must see one snapshot, or what is written meanwhile looks like a flaw.

    ``Unavailable`` where something is not even of the kind that belongs there: neither a pass nor a finding.
    """
    try:
        return _verify(connection, wanted, now, progress)
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise Unavailable(_NOT_IN_FORM, detail=f"{type(error).__name__}: {error}") from error


def _verify(connection: Connection, wanted: Wanted, now: datetime, progress: Progress) -> Report:
    logs = [tree.log_of(connection, origin) for origin in connection.scalars(select(LedgerLog.origin).order_by(LedgerLog.id))]
    if not logs:
        raise Unavailable(_NO_LOG)
    findings = Findings()
    keys = Keys(wanted.keys, findings)
    covered = check_known(connection, logs, wanted.known, keys, findings)
    if not wanted.known:
        findings.add(Check.NO_ANCHOR)
    entries = Entries(connection, findings, {log.origin for log in logs}, is_whole=wanted.mode is Mode.FULL)
    verified = []
    for log in logs:
        entries.is_trial = _TRIAL.search(log.origin) is not None
        leaves = _Of(connection, log, _Tools(keys, entries, findings, progress)).verify(wanted)
        verified.append(Verified(log.origin, log.size, log.root, leaves, covered.get(log.origin), log.closed_at is not None))
    queue.check(connection, findings, now)
    queue.check_opened(connection, [log.origin for log in logs], findings)
    unsealed = 0
    if wanted.mode in {Mode.FULL, Mode.SINCE}:
        unsealed = queue.check_unsealed(connection, entries, findings)
        check_nowhere(connection, logs, findings)
        check_acts(connection, findings)
    return Report(wanted.mode, wanted.number, tuple(verified), unsealed, findings)


@dataclass(frozen=True, slots=True)
class _Tools:
    keys: Keys
    entries: Entries
    findings: Findings
    progress: Progress


@dataclass(frozen=True, slots=True)
class _Of:
    """One log, and what it is verified with."""

    connection: Connection
    log: tree.Log
    tools: _Tools

    def verify(self, wanted: Wanted) -> int:
        """Verify the log; return how many leaves were worked out again."""
        mode, number = wanted.mode, wanted.number
        connection, log, findings = self.connection, self.log, self.tools.findings
        if log.size == 0 and log.closed_at is None:
            findings.add(Check.NOTHING_SEALED, origin=log.origin)
        check_edge(connection, log, findings)
        check_extra(connection, log, findings)
        check_places(connection, log, findings)
        if mode is Mode.FULL:
            return self._from(0)
        if mode is Mode.SINCE:
            return self._from(min(number, log.size) // TILE_WIDTH * TILE_WIDTH)
        check_latest(connection, log, self.tools.keys, findings)
        if mode is Mode.SLICE:
            return self._under(range(number // TILE_WIDTH, -(-min(log.size, number + wanted.leaves) // TILE_WIDTH)))
        return self._sample(number) if mode is Mode.SAMPLE else 0

    def _from(self, begin: int) -> int:
        """Every leaf from a size on, every tile that is over one, and every checkpoint over more."""
        connection, log, tools = self.connection, self.log, self.tools
        try:
            growing = Frontier.of(begin, tree.node(connection, log.id))
        except ValueError:
            growing = None  # there is no knowing what the tree grew from; which tile is missing is told below
        compare = Checkpoints(connection, log, begin, tools.keys, tools.findings)
        check_leaves(connection, log, range(begin, log.size), tools.entries, tools.progress, growing, compare)
        if growing is not None and growing.root() != log.root:
            tools.findings.add(Check.ENTRIES_DIFFER, origin=log.origin, size=log.size)
        check_tiles(connection, log, begin, tools.findings)
        return log.size - begin

    def _sample(self, number: int) -> int:
        """The leaves under some tiles, picked so that nobody can tell which, and from each the way up to the root."""
        count = -(-self.log.size // TILE_WIDTH)
        picked = sorted(SystemRandom().sample(range(count), min(number, count)))
        return sum(self._under(range(n, n + 1)) for n in picked)

    def _under(self, tiles: range) -> int:
        """The leaves under neighbouring tiles, and from each tile the way up to the root."""
        log, tools = self.log, self.tools
        span = range(tiles.start * TILE_WIDTH, min(log.size, tiles.stop * TILE_WIDTH))
        tools.entries.forget()
        check_leaves(self.connection, log, span, tools.entries, tools.progress)
        for n in tiles:
            check_way_up(self.connection, log, n, tools.findings)
        return len(span)


__all__ = ["Check", "Finding", "Findings", "Mode", "Report", "Verified", "Wanted", "verify"]
