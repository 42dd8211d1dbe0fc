"""Entries, one after the other: the columns say what the leaf says, writers' chains have no gap, clocks only go on."""

import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, bindparam, select, text

from gatekeeper.ledger import leaf
from gatekeeper.ledger.verify.findings import Check, Findings
from gatekeeper.rules.events import Kind
from gatekeeper.store.ledger import LedgerEntry, LedgerPrivate
from gatekeeper.store.retention import LedgerErasure

APART = timedelta(minutes=5)
"""An act and its record are this near to each other, or it is a finding."""

_COLUMNS = tuple(name for name in leaf.MEMBERS if name not in {"data", "private"})
_TIMES = ("at", "recorded_at")

_ENTRIES = select(LedgerEntry.id, LedgerEntry.leaf, *(getattr(LedgerEntry, name) for name in _COLUMNS))
_PRIVATE = select(LedgerPrivate.entry_id, LedgerPrivate.field, LedgerPrivate.salt, LedgerPrivate.value)


_ERASED = (
    select(LedgerErasure.erased_id)
    .join(LedgerEntry, LedgerEntry.id == LedgerErasure.entry_id)
    .where(LedgerEntry.kind == Kind.PRIVACY_ERASED.value)
)
"""What was erased by an act that has its entry; whatever else is gone was taken away."""

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
# One value for a whole batch, where it can be had: the readers of SQLite may not call json_each.
_ARRAY = " = ANY(CAST(:ids AS bigint[]))"
_FETCH: dict[str, tuple[Any, Any]] = {
    "sqlite": (_ENTRIES.where(LedgerEntry.id.in_(_IDS)), _PRIVATE.where(LedgerPrivate.entry_id.in_(_IDS))),
    "postgresql": (_ENTRIES.where(text("ledger_entry.id" + _ARRAY)), _PRIVATE.where(text("ledger_private.entry_id" + _ARRAY))),
}


@dataclass(slots=True)
class _Last:
    """What a writer wrote last: its number, its hash in base64, when it was recorded, and how the leaf spells that."""

    number: int
    hashed: str
    recorded_at: str


class Entries:
    """The entries seen so far, as far as they bear on the next: of each writer the last one.

    Batches come in the order of leaves, and then in that of ids; in both each writer's entries stand as it wrote them.
    """

    def __init__(self, connection: Connection, findings: Findings, origins: set[str], *, is_whole: bool) -> None:
        self.findings = findings
        self.is_trial = False
        self._connection = connection
        self._origins = origins
        self._is_whole = is_whole
        self._writers: dict[str, _Last] = {}
        self._private: dict[int, list[Row[Any]]] = {}
        self._erased: set[int] = set()

    def fetch(self, ids: Sequence[int]) -> dict[int, Row[Any]]:
        """These entries by their ids, as far as they are there."""
        entries, private = _FETCH[self._connection.dialect.name]
        values = {"ids": list(ids)}
        self._private = {}
        for row in self._connection.execute(private, values):
            self._private.setdefault(row.entry_id, []).append(row)
        between = LedgerErasure.erased_id.between(min(ids, default=0), max(ids, default=0))
        self._erased = set(self._connection.scalars(_ERASED.where(between)))
        return {row.id: row for row in self._connection.execute(entries, values)}

    def forget(self) -> None:
        """What comes next does not follow what came before."""
        self._writers.clear()

    def check(self, row: Row[Any], hashed: bytes) -> None:
        """Check one entry of the batch that was fetched last, given its leaf's hash."""
        members = _read(row.leaf)
        if members is None:
            self.findings.add(Check.UNREADABLE, code=row.code)
            return
        self._columns(row, members)
        self._commitments(row, members["private"])
        self._chain(row, members, b64encode(hashed).decode())
        if not self.is_trial and abs(row.at - row.recorded_at) > APART:
            self.findings.add(Check.CLOCK_APART, code=row.code, apart=int(abs(row.at - row.recorded_at).total_seconds()))

    def _columns(self, row: Row[Any], members: dict[str, Any]) -> None:
        shown = {**row._mapping, **{name: leaf.timestamp(getattr(row, name)) for name in _TIMES}}
        different = [name for name in _COLUMNS if shown[name] != members[name]]
        if members["log"] not in self._origins and "log" not in different:
            different.append("log")
        if different:
            self.findings.add(Check.COLUMNS_DIFFER, code=row.code, columns=", ".join(different))

    def _commitments(self, row: Row[Any], private: dict[str, Any]) -> None:
        """What stands must be what was committed to, and all of that, unless it was erased: it is kept apart so that it can be."""
        stands = self._private.get(row.id, ())
        for kept in stands:
            if private.get(kept.field) != leaf.commitment(kept.field, kept.salt, kept.value):
                self.findings.add(Check.PRIVATE_DIFFERS, code=row.code, field=kept.field)
        if len(stands) < len(private) and row.id not in self._erased:
            gone = sorted(private.keys() - {kept.field for kept in stands})
            self.findings.add(Check.PRIVATE_MISSING, code=row.code, field=", ".join(gone))

    def _chain(self, row: Row[Any], members: dict[str, Any], hashed: str) -> None:
        """By the leaf, not by the columns: those were compared with it."""
        writer, number, named = members["w"], members["ws"], members["wp"]
        last = self._writers.get(writer)
        self._writers[writer] = _Last(number, hashed, members["recorded_at"])
        if last is None:
            if self._is_whole and number != 0:
                self.findings.add(Check.CHAIN_GAP, code=row.code, expected=number)
            return
        if number != last.number + 1:
            self.findings.add(Check.CHAIN_GAP, code=row.code, expected=number)
        elif named != last.hashed:
            self.findings.add(Check.CHAIN_DIFFERS, code=row.code)
        if members["recorded_at"] < last.recorded_at:
            self.findings.add(Check.CLOCK_SET_BACK, code=row.code)


def _read(content: bytes) -> dict[str, Any] | None:
    """The members of a leaf; None if they are not those of a leaf."""
    try:
        members = json.loads(content)
    except (ValueError, RecursionError):
        return None
    if not isinstance(members, dict) or members.keys() != leaf.MEMBERS.keys():
        return None
    return members if all(isinstance(members[name], types) for name, types in leaf.MEMBERS.items()) else None
