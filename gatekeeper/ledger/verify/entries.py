"""Entries, one after the other: the columns say what the leaf says, writers' chains have no gap, clocks only go on."""

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import zip_longest
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    LargeBinary,
    Row,
    Select,
    String,
    Text,
    bindparam,
    cast,
    func,
    select,
    text,
    type_coerce,
)

from gatekeeper.ledger import leaf
from gatekeeper.ledger.verify.findings import Check, Findings
from gatekeeper.rules.events import Kind
from gatekeeper.rules.merkle import TILE_WIDTH
from gatekeeper.store.proof import answers, several
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerPrivate
from gatekeeper.store.proof.retention import LedgerErasure

APART = timedelta(minutes=5)
"""An act and its record are this near to each other, or it is a finding."""

_COLUMNS = tuple(name for name in leaf.MEMBERS if name not in {"data", "private"})
_TIMES = ("at", "recorded_at")
_LEAVES_ROW = itemgetter(*_COLUMNS)
_MEMBERS = itemgetter(*leaf.MEMBERS)
_TYPES = tuple(leaf.MEMBERS.values())
_STAMP = re.compile(r"\d{4}-\d\d-\d\dT(?:[01]\d|2[0-3]):\d\d:\d\d\.\d{6}Z", re.ASCII)
"""A time in the one spelling that a leaf has for it; whether there is such a day is another matter."""

_ERASED = (
    select(LedgerErasure.erased_id)
    .join(LedgerEntry, LedgerEntry.id == LedgerErasure.entry_id)
    .where(LedgerEntry.kind == Kind.PRIVACY_ERASED.value)
)
"""What was erased by an act that has its entry; whatever else is gone was taken away."""

BATCH = 20 * TILE_WIDTH
"""So many entries are fetched at once, at most."""

# One value for a whole batch, where it can be had: the readers of SQLite may not call json_each. There it is one statement with
# a slot for each, prepared once; with numbers in its text each batch would be another one, and kept.
_SLOTS: list[BindParameter[Any]] = [bindparam(f"id{place}", type_=BigInteger) for place in range(BATCH)]
_ARRAY = " = ANY(CAST(:ids AS bigint[]))"
# Times are compared as they are spelled, and bytes asked for as such: whoever owns a file of SQLite can put anything anywhere.
_SPELLED = "YYYY-MM-DD HH24:MI:SS.US"


def _entries(*, on_sqlite: bool) -> Select[Any]:
    def column(name: str) -> ColumnElement[Any]:
        kept = LedgerEntry.__table__.c[name]
        if name not in _TIMES:
            return kept
        return (type_coerce(kept, String) if on_sqlite else func.to_char(func.timezone("UTC", kept), _SPELLED)).label(name)

    content = cast(LedgerEntry.leaf, LargeBinary).label("leaf") if on_sqlite else LedgerEntry.leaf
    return select(LedgerEntry.id, content, *map(column, _COLUMNS))


def _private(*, on_sqlite: bool) -> Select[Any]:
    salt: Any = cast(LedgerPrivate.salt, LargeBinary).label("salt") if on_sqlite else LedgerPrivate.salt
    value: Any = cast(LedgerPrivate.value, Text).label("value") if on_sqlite else LedgerPrivate.value
    return select(LedgerPrivate.entry_id, LedgerPrivate.field, salt, value)


_FETCH = {
    "sqlite": (
        _entries(on_sqlite=True).where(LedgerEntry.id.in_(_SLOTS)),
        _private(on_sqlite=True).where(LedgerPrivate.entry_id.in_(_SLOTS)),
    ),
    "postgresql": (
        _entries(on_sqlite=False).where(text("ledger_entry.id" + _ARRAY)),
        _private(on_sqlite=False).where(text("ledger_private.entry_id" + _ARRAY)),
    ),
}


@dataclass(slots=True)
class _Last:
    """What a writer wrote last: its number, its hash in base64, and when it was recorded, as the leaf spells it."""

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
        self._answers: dict[int, list[tuple[datetime, answers.Part]]] = {}

    def fetch(self, ids: Sequence[int]) -> dict[int, Row[Any]]:
        """These entries by their ids, as far as they are there; not more than ``BATCH``."""
        dialect = self._connection.dialect.name
        entries, private = _FETCH[dialect]
        values: dict[str, Any] = {"ids": list(ids)}
        if dialect == "sqlite":
            values = {slot.key: entry_id for slot, entry_id in zip_longest(_SLOTS, ids)}
        self._private = {}
        for row in self._connection.execute(private, values):
            self._private.setdefault(row.entry_id, []).append(row)
        between = LedgerErasure.erased_id.between(min(ids, default=0), max(ids, default=0))
        self._erased = set(self._connection.scalars(_ERASED.where(between)))
        found = {row.id: row for row in self._connection.execute(entries, values)}
        self._answers = answers.kept(self._connection, [row.id for row in found.values() if row.kind in answers.KINDS])
        return found

    def forget(self) -> None:
        """What comes next does not follow what came before."""
        self._writers.clear()

    def check(self, row: Row[Any], hashed: bytes) -> None:
        """Check one entry of the batch that was fetched last, given its leaf's hash."""
        try:
            members = _read(row.leaf)
            apart = abs(_moment(members["at"]) - _moment(members["recorded_at"]))
        except (ValueError, RecursionError):
            self.findings.add(Check.UNREADABLE, code=row.code)
            return
        self._columns(row, members)
        self._commitments(row, members["private"])
        if members["kind"] in answers.KINDS:
            self._several(row, members)
        self._chain(row, members, b64encode(hashed).decode())
        if apart > APART and not self.is_trial:
            self.findings.add(Check.CLOCK_APART, code=row.code, apart=int(apart.total_seconds()))

    def _columns(self, row: Row[Any], members: dict[str, Any]) -> None:
        said = members | {name: f"{members[name][:10]} {members[name][11:-1]}" for name in _TIMES}
        different: list[str] = []
        if row[-len(_COLUMNS) :] != _LEAVES_ROW(said):  # all at once: they hardly ever differ
            different = [name for name in _COLUMNS if getattr(row, name) != said[name]]
        if members["log"] not in self._origins and "log" not in different:
            different.append("log")
        if different:
            self.findings.add(Check.COLUMNS_DIFFER, code=row.code, columns=", ".join(different))

    def _commitments(self, row: Row[Any], private: dict[str, Any]) -> None:
        """What stands must be what was committed to, and all of that, unless it was erased; it is kept apart to be erasable."""
        stands = self._private.get(row.id, ())
        for kept in stands:
            if private.get(kept.field) != leaf.commitment(kept.field, kept.salt, kept.value):
                self.findings.add(Check.PRIVATE_DIFFERS, code=row.code, field=kept.field)
        if len(stands) < len(private) and row.id not in self._erased:
            gone = sorted(private.keys() - {kept.field for kept in stands})
            self.findings.add(Check.PRIVATE_MISSING, code=row.code, field=", ".join(gone))

    def _several(self, row: Row[Any], members: dict[str, Any]) -> None:
        """An entry that holds several answers is found by each of them, and by no other."""
        at = _moment(members["at"])
        try:
            said = [(at, part) for part in several.parts(members)]
        except (LookupError, TypeError, ValueError):
            said = None
        if said is None or self._answers.get(row.id, []) != said:
            self.findings.add(Check.ANSWERS_DIFFER, code=row.code)

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


def _read(content: bytes) -> dict[str, Any]:
    """The members of a leaf; ``ValueError`` if they are not those of a leaf."""
    members = json.loads(content.decode())
    if not isinstance(members, dict) or members.keys() != leaf.MEMBERS.keys():
        message = "not the members of a leaf"
        raise ValueError(message)
    if not all(map(isinstance, _MEMBERS(members), _TYPES)):
        message = "a member of the wrong type"
        raise ValueError(message)
    return members


def _moment(stamp: str) -> datetime:
    """A time of a leaf; ``ValueError`` if it is not one, or not spelled as it must be."""
    if not _STAMP.fullmatch(stamp):
        message = "not spelled as a leaf spells a time"
        raise ValueError(message)
    return datetime.fromisoformat(stamp)
