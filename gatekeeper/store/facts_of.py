"""The rows an entry names, looked up again by their ids: what a decision was made on, years later."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from gatekeeper.store.consent import Acknowledgement, PolicyRow, StatementRow
from gatekeeper.store.people import Classification, Mandate, StandingRow
from gatekeeper.store.reports import Grading, Release, ReportVersion

_TABLES: dict[str, Any] = {
    "mandate": Mandate,
    "standing": StandingRow,
    "class": Classification,
    "category": Classification,
    "lowest": Classification,
    "release": Release,
    "version": ReportVersion,
    "grading": Grading,
    "acceptance": Acknowledgement,
    "policy": PolicyRow,
    "statement": StatementRow,
}
_LONG = {"text", "text_zh", "text_en", "reading", "search_words", "analysts", "notice"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One row: what it is, its id, and its columns that say something, long texts left out."""

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
        if row is not None:
            values = {key: value for key, value in row._mapping.items() if key not in _LONG and value is not None}
            found.append(Fact(name, used[name], values))
    return found
