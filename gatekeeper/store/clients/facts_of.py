"""The rows an entry or a proposal names, looked up again by their ids: what was decided on, years later."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from gatekeeper.rules.changes import (
    Change,
    Correction,
    PolicyChange,
    PublicationChange,
    ResetChange,
    SettlementChange,
    StatementChange,
    name_of,
)
from gatekeeper.store.accounts.people import Classification, Mandate, ObjectivesRow, StandingRow
from gatekeeper.store.clients.stated import by_row
from gatekeeper.store.publishing import settlements
from gatekeeper.store.publishing.reports import Grading, Release, ReportVersion
from gatekeeper.store.reading.consent import Acknowledgement, PolicyRow, StatementRow

_TABLES: dict[str, Any] = {
    "mandate": Mandate,
    "standing": StandingRow,
    "class": Classification,
    "category": Classification,
    "lowest": Classification,
    "objectives": ObjectivesRow,
    "release": Release,
    "version": ReportVersion,
    "grading": Grading,
    "acceptance": Acknowledgement,
    "policy": PolicyRow,
    "statement": StatementRow,
}
_PIECE = 500
_LONG = {"text", "text_zh", "text_en", "reading", "search_words", "analysts", "notice"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One row: what it is, its id, and its columns that say something, long texts left out. A row no longer kept has none."""

    name: str
    id: int | str
    values: dict[str, Any]


def rows(connection: Connection, used: Mapping[str, int | str]) -> list[Fact]:
    """The rows by their names and ids, in the order in which decisions use them."""
    found = []
    for name, table in _TABLES.items():
        if name not in used:
            continue
        row = connection.execute(select(table.__table__).where(table.id == used[name])).first()
        kept = row._mapping.items() if row is not None else ()
        values = {key: value for key, value in kept if key not in _LONG and value is not None}
        found.append(Fact(name, used[name], values))
    return found


def several(connection: Connection, named: Iterable[Mapping[str, int | str]]) -> list[Fact]:
    """The rows that several decisions name, each once: a statement for each name and every five hundred rows."""
    wanted: dict[str, set[int | str]] = {}
    for used in named:
        for name in used.keys() & _TABLES.keys():
            wanted.setdefault(name, set()).add(used[name])
    found: dict[tuple[str, int | str], dict[str, Any]] = {}
    for name, some in wanted.items():
        ids, table = sorted(some), _TABLES[name]
        for first in range(0, len(ids), _PIECE):
            for row in connection.execute(select(table.__table__).where(table.id.in_(ids[first : first + _PIECE]))):
                found[name, row.id] = {
                    key: value for key, value in row._mapping.items() if key not in _LONG and value is not None
                }
    return [Fact(name, id_, found.get((name, id_), {})) for name in _TABLES for id_ in sorted(wanted.get(name, ()))]


def replaced(connection: Connection, wanted: Change, row_id: int | None) -> Change | None:
    """What the row said that a proposal was made against; None where nothing was on file."""
    match wanted:
        case PublicationChange() | ResetChange():
            return None
        case SettlementChange():
            return settlements.by_id(connection, row_id)
        case StatementChange():
            row = connection.execute(select(StatementRow.__table__).where(StatementRow.id == row_id)).first()
            return StatementChange(text_zh=row.text_zh, text_en=row.text_en) if row is not None else None
        case PolicyChange():
            row = connection.execute(select(PolicyRow.__table__).where(PolicyRow.id == row_id)).first()
            return PolicyChange(text=row.text, effective=row.valid_from) if row is not None else None
        case Correction():
            return by_row(connection, wanted.of, row_id)
        case _:
            return by_row(connection, name_of(wanted), row_id)


def policy_text(connection: Connection, sha256: str) -> str | None:
    """A policy's text by its digest. The same text may have been installed more than once."""
    return connection.execute(select(PolicyRow.text).where(PolicyRow.sha256 == sha256).limit(1)).scalar_one_or_none()
