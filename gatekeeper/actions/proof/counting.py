"""The sums behind the figures, worked out again from the entries: what differs is put right, and the search is an entry."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.events import Kind
from gatekeeper.store.proof import daily
from gatekeeper.store.proof.daily import Key, Piece


@dataclass(slots=True)
class Tally:
    """Sums made anew, and how many leaves of each log are in them."""

    zone: tzinfo
    sums: Counter[Key] = field(default_factory=Counter)
    reached: dict[int, int] = field(default_factory=dict)

    def take(self, piece: Piece) -> None:
        """Add a piece that begins where this ends."""
        self.sums.update(piece.sums)
        self.reached[piece.log] = piece.end


@dataclass(frozen=True, slots=True)
class Recounted:
    """How many leaves were counted, how many sums that made, how many of them differed, and the entry that says so."""

    leaves: int
    sums: int
    differing: int
    code: str


def recounted(connection: Connection, caller: Caller, tally: Tally, now: datetime) -> Recounted | None:
    """Hold the sums that stand against those made anew, and put right what differs; None if sums were thrown away meanwhile."""
    standing = daily.held(connection, str(tally.zone))
    if any(standing.get(log, 0) < end for log, end in tally.reached.items()):
        return None
    for log, end in standing.items():
        if (begin := tally.reached.get(log, 0)) < end:  # what was added since is little
            tally.take(daily.piece(connection, log, begin, end, tally.zone))
    leaves, sums = sum(tally.reached.values()), len(tally.sums)
    differing = daily.replace(connection, tally.sums)
    event = caller.event(Kind.FIGURES_RECOUNTED, now, data={"leaves": leaves, "sums": sums, "differing": differing})
    append(connection, event)
    return Recounted(leaves, sums, differing, event.code)
