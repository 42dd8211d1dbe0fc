"""An import takes effect a piece at a time: what lowers after it was confirmed, what raises after a second person approved it.

Each row that acts has its own entry, so that each investor's history is whole; one more entry names the rows of the piece that
were left out. A row is left out, and no other with it, when what it was checked against has moved.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.acts import importing
from gatekeeper.ledger.acts.importing import progress
from gatekeeper.ledger.acts.notify import put_in_force
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Event, append_all, database_now
from gatekeeper.rules.changes import Change, to_data
from gatekeeper.rules.changing.raising import split
from gatekeeper.rules.errors import N_
from gatekeeper.rules.events import Kind
from gatekeeper.rules.importing.judging import Pair
from gatekeeper.rules.roles import Role
from gatekeeper.store import proposals
from gatekeeper.store.beside import BesideMany
from gatekeeper.store.clients import import_batch, imports, investors
from gatekeeper.store.clients.imports import Outcome, Part, Step

PIECE = 100
"""So many rows take effect in one transaction, and are named by one entry."""
_MOVED = N_("The file has changed since the import was checked.")
_TAKEN = N_("The client number or login name was given to somebody else meanwhile.")
_LAPSED = N_("The last valid day has passed meanwhile.")
_CONCERNED = N_("Whoever handed the file in acts for this investor now.")
_UNOPENED = N_("The row that opens this investor's file was left out.")
_NO_CLIENT = N_("The person with this login name cannot act for an investor now.")
_ALTERED = N_("The row is not the one that was recorded when the import was checked. Tell the operator of this system.")


@dataclass(frozen=True, slots=True)
class _Row:
    """One row of a piece: as it is kept, what is to be put in force of it, and why not."""

    row: Any
    content: dict[str, Any]
    pairs: tuple[Pair, ...]
    changes: tuple[Change, ...]
    why: str | None


def go_on(connection: Connection, id_: str, part: Part, now: datetime) -> int:
    """Do the next piece of one part; return how many rows it had, 0 when all are done."""
    found = imports.get(connection, id_, for_update=True)
    waiting = imports.to_do(connection, id_, part, PIECE)
    if not waiting:
        return 0
    piece = _Piece(connection, found, part, waiting, now)
    piece.do()
    return len(waiting)


class _Piece:
    """The rows of one transaction beside what is on file about them, read at once."""

    def __init__(self, connection: Connection, found: Any, part: Part, waiting: Sequence[Any], now: datetime) -> None:
        self._connection, self._import, self._part, self._now = connection, found, part, now
        self._proposal = _proposal(connection, found) if part is Part.RAISE else None
        self._contents = [json.loads(row.content) for row in waiting]
        self._pairs = [tuple(map(Pair.from_data, content["pairs"])) for content in self._contents]
        concerned = {row.about_investor for row in waiting}
        self._there = import_batch.lock_investors(connection, concerned)
        self._numbers = import_batch.investors_by_number(connection, {row.client_number for row in waiting})
        self._accounts = import_batch.accounts_by_login(connection, {row.login for row in waiting if row.login}, now)
        self._acting = investors.acting_for(connection, sorted(concerned), now)
        self._beside = BesideMany(connection, now, (), [pair.after for pairs in self._pairs for pair in pairs])
        self._lowered = imports.results_of(connection, found.id, [row.number for row in waiting])
        self._waiting = waiting

    def do(self) -> None:
        """Put in force what still fits, and write what came of each row."""
        rows = [self._row(*each) for each in zip(self._waiting, self._contents, self._pairs, strict=True)]
        applied = [each for each in rows if each.why is None]
        left_out = {str(each.row.number): each.why for each in rows if each.why is not None}
        data = {"import": self._import.id, "part": self._part.value, "applied": len(applied), "left_out": left_out}
        events = [self._caller().event(Kind.IMPORT_CONTINUED, self._now, person=None, investor=None, data=data)]
        events += [self._event(each) for each in applied]
        first, *ids = append_all(self._connection, events, database_now(self._connection))
        entries = dict(zip((each.row.number for each in applied), ids, strict=True))
        self._open(applied, entries)
        for each in applied:
            put_in_force(self._connection, each.changes, entries[each.row.number], self._now, beside=self._beside)
        mixed = [each for each in applied if self._part is Part.LOWER and each.row.raises]
        after = BesideMany(self._connection, self._now, (), [pair.after for each in mixed for pair in each.pairs])
        written = [self._result(each, entries.get(each.row.number, first), after if each in mixed else None) for each in rows]
        imports.put_results(self._connection, written)

    def _result(self, each: _Row, entry_id: int, after: BesideMany | None) -> dict[str, Any]:
        """What came of a row. Where a part of it still waits, the rows that it is held against later are those of now."""
        base = [after.current(pair.after)[0] for pair in each.pairs] if after is not None else []
        return {
            "import_id": self._import.id,
            "number": each.row.number,
            "part": self._part.value,
            "outcome": (Outcome.APPLIED if each.why is None else Outcome.LEFT_OUT).value,
            "why": each.why,
            "base": json.dumps(base),
            "entry_id": entry_id,
        }

    def _row(self, row: Any, content: dict[str, Any], pairs: tuple[Pair, ...]) -> _Row:
        """What is to be put in force of a row now: by the values that are on file, which are those it was checked against."""
        parts = [split(self._beside.current(pair.after)[1], pair.after, self._now) for pair in pairs]
        wanted = [lowered if self._part is Part.LOWER else raised for lowered, raised in parts]
        why = self._why(row, content, pairs)
        if why is None and content["opens"]:
            self._there.add(row.about_investor)
        return _Row(row, content, pairs, tuple(each for each in wanted if each is not None), why)

    def _why(self, row: Any, content: dict[str, Any], pairs: tuple[Pair, ...]) -> str | None:
        about = row.about_investor, row.about_person, row.client_number, row.login
        if importing.digest_of_row(row.number, row.verdict, row.content, *about) != row.digest:
            return _ALTERED
        if self._import.asked_by in self._acting.get(row.about_investor, ()):
            return _CONCERNED
        if not self._is_as_checked(row, pairs):
            return _MOVED
        ends = [getattr(pair.after, "before", None) for pair in pairs]
        if any(end is not None and end <= self._now for end in ends):
            return _LAPSED
        return self._why_not_who(row, content)

    def _is_as_checked(self, row: Any, pairs: tuple[Pair, ...]) -> bool:
        """Whether the rows on file are those it was checked against, or those that its own lowering wrote."""
        lowered = self._lowered.get((row.number, Part.LOWER.value)) if row.lowers and self._part is Part.RAISE else None
        if lowered is not None and lowered.outcome != Outcome.APPLIED.value:
            return False
        expected = json.loads(lowered.base) if lowered is not None else [pair.row for pair in pairs]
        found: list[int | None] = [self._beside.current(pair.after)[0] for pair in pairs]
        return expected == found

    def _why_not_who(self, row: Any, content: dict[str, Any]) -> str | None:
        """Whether investor and person are still who they were to be."""
        known, account = self._numbers.get(row.client_number), self._accounts.get(row.login)
        if content["opens"]:
            if known is not None:
                return _TAKEN
        elif row.about_investor not in self._there:
            return _UNOPENED
        if row.login is None or account is None:
            return None
        if account.id != row.about_person:
            return _TAKEN
        return None if account.role is Role.CLIENT else _NO_CLIENT

    def _caller(self) -> Caller:
        """On whose decision the piece rests: whoever confirmed, or whoever approved."""
        person = self._proposal.decided_by if self._proposal is not None else self._import.asked_by
        return Caller(actor=f"person:{person}", person=person, channel="work")

    def _event(self, each: _Row) -> Event:
        data: dict[str, Any] = {
            "import": self._import.id,
            "row": each.row.number,
            "changes": [to_data(one) for one in each.changes],
        }
        kind = Kind.CLASSIFICATION_LOWERED
        if self._proposal is not None:
            kind = Kind.INVESTOR_IMPORTED
            data |= {"proposal": self._proposal.id, "proposed_by": self._proposal.proposed_by}
            data |= {"approved_entry": self._proposal.decided_entry_id, "opens": bool(each.content["opens"])}
        person = each.row.about_person if self._proposal is not None else None
        private = {"reason": self._import.reason, "evidence": each.content["evidence"]}
        about = {"person": person, "investor": each.row.about_investor}
        return self._caller().event(kind, self._now, **about, data=data, private=private)

    def _open(self, applied: Sequence[_Row], entries: dict[int, int]) -> None:
        """The files and accounts that rows open: of several rows about one person, the first."""
        files: list[dict[str, Any]] = []
        persons: dict[str, dict[str, Any]] = {}
        for each in applied:
            row, dated = each.row, {"created_at": self._now, "entry_id": entries[each.row.number]}
            if each.content["opens"]:
                files.append({"id": row.about_investor, "client_number": row.client_number, **each.content["opens"], **dated})
            if row.login and row.login not in self._accounts:
                new = {"id": row.about_person, "login": row.login, "name": each.content["person"], "password_hash": None}
                persons.setdefault(row.login, {**new, **dated})
        import_batch.open_files(self._connection, files, list(persons.values()))


def _proposal(connection: Connection, found: Any) -> Any:
    [import_] = progress(connection, [found])
    return proposals.get(connection, import_.proposal or "")


def end(connection: Connection, id_: str, part: Part, now: datetime) -> None:
    """Record that a part is done; once nothing waits for anybody any more, that the import is."""
    row = imports.get(connection, id_, for_update=True)
    [found] = progress(connection, [row])
    is_last = part is Part.RAISE or found.proposal is None
    results = {f"{one} {outcome}": number for (one, outcome), number in sorted(imports.results(connection, id_).items())}
    caller = Caller(actor="system", channel="work")
    reached = ([Step.LOWERED] if part is Part.LOWER else []) + ([Step.FINISHED] if is_last else [])
    for step in reached:
        if step not in found.steps:
            data = {"import": id_, "sha256": row.sha256, "step": step.value, "results": results}
            importing.reach(connection, id_, step, caller.event(Kind.IMPORT_FINISHED, now, data=data), {"results": results})
