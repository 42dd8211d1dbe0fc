"""The parts of a dispute that the log tells: decisions with their facts, acceptances with their words, the timeline."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select

from gatekeeper.rules.errors import N_
from gatekeeper.store.clients import facts_of, investors
from gatekeeper.store.clients.corrections import READINGS
from gatekeeper.store.clients.dispute import Dispute, Part, entry_of, plain
from gatekeeper.store.proof import entries, several
from gatekeeper.store.proof.answers import KINDS, MEMBERS
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.publishing import library
from gatekeeper.store.publishing.reports import ReportVersion
from gatekeeper.store.reading.consent import Acknowledgement, ServedStatement, WordsRow

PIECE = 500
Position = tuple[datetime, int]
NO_DECISION = N_("Nothing was decided for the investor in these days.")
NO_ENTRY = N_("The log holds no entry about the investor in these days.")
_NO_ACCEPTANCE = N_("No statement was accepted for the investor in these days.")


def decisions(connection: Connection, dispute: Dispute, position: Position | None) -> tuple[list[Any], Position | None]:
    """The next decisions about the investor, the oldest first, with the names of the rows that each used."""
    rows = _next(connection, dispute.filter(READINGS, with_report=True), position)
    answers = _answers(rows, dispute)
    told = _Told(connection, rows, answers)
    found = []
    for row in rows:
        said = {} if row.id in answers else _said(json.loads(row.leaf)["data"])
        found += told.entries(row, said)
    return found, _last(rows)


def _said(data: Mapping[str, Any]) -> dict[str, Any]:
    """What an entry adds to a decision."""
    return {name: data[name] for name in ("reasons", "warnings", "facts", "initiative", "channel", "as_of") if name in data}


def _answers(rows: Sequence[Any], dispute: Dispute) -> dict[int, list[dict[str, Any]]]:
    """Of entries that hold several answers those about the investor, by entry; the others are nobody's business here."""
    about = {"investor": dispute.investor.id, "report": dispute.report.id if dispute.report else None}
    return {
        row.id: [{name: getattr(each, name) for name in MEMBERS} | _said(data) for each, data in several.told(row, **about)]
        for row in rows
        if row.kind in KINDS
    }


def facts_used(decision: Mapping[str, Any]) -> Mapping[str, Any]:
    """The ids of the rows that a decision used, by their names."""
    found: Mapping[str, Any] = decision.get("answer", decision).get("facts", {})
    return found


def facts(connection: Connection, found: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows that decisions used, each once, with what their columns say; a row that is no longer kept has none."""
    rows = facts_of.several(connection, [facts_used(each) for each in found])
    return [
        {"fact": row.name, "id": row.id, "values": {name: plain(value) for name, value in row.values.items()}} for row in rows
    ]


def acceptances(connection: Connection, dispute: Dispute) -> Part:
    """The acceptances of these days, and the accepted words in full, once each under their SHA-256."""
    query = (
        select(Acknowledgement.__table__, ServedStatement.served_at, ServedStatement.asking, ReportVersion.title)
        .join(ServedStatement, ServedStatement.id == Acknowledgement.serving_id)
        .join(ReportVersion, ReportVersion.id == Acknowledgement.version_id)
        .where(Acknowledgement.investor_id == dispute.investor.id, Acknowledgement.accepted_at < dispute.before)
        .order_by(Acknowledgement.id)
    )
    if dispute.since is not None:
        query = query.where(Acknowledgement.accepted_at >= dispute.since)
    if dispute.report is not None:
        query = query.where(ReportVersion.report_id == dispute.report.id)
    rows = list(connection.execute(query))
    if not rows:
        return _NO_ACCEPTANCE
    kept = {row.id: row for row in _by_ids(connection, LedgerEntry, [row.entry_id for row in rows])}
    told = _Told(connection, list(kept.values()))
    words = _by_ids(connection, WordsRow, [row.words_sha256 for row in rows], WordsRow.sha256)
    return {
        "acceptances": [
            {
                **told.entry(kept[row.entry_id]),
                "version": row.version_id,
                "title": row.title,
                "words_sha256": row.words_sha256,
                "served_at": plain(row.served_at),
                "accepted_at": plain(row.accepted_at),
                "asked": row.asking,
                "end_reached": row.end_reached,
            }
            for row in rows
        ],
        "words": {row.sha256: {"language": row.language, "text": row.text} for row in words},
    }


def timeline(connection: Connection, dispute: Dispute, position: Position | None) -> tuple[list[Any], Position | None]:
    """The next entries about the investor, the oldest first; private values that were erased are named as such."""
    rows = _next(connection, dispute.filter(), position)
    told = _Told(connection, rows, _answers(rows, dispute))
    return [each for row in rows for each in told.entries(row, _changes(row))], _last(rows)


def _changes(row: Any) -> dict[str, Any]:
    data = json.loads(row.leaf)["data"]
    return {"changes": data["changes"]} if data.get("changes") else {}


def _next(connection: Connection, wanted: Filter, position: Position | None) -> list[Any]:
    start = position or (wanted.since or datetime(1, 1, 2, tzinfo=UTC), 0)
    return entries.search_leaves(connection, wanted, start, PIECE, newer=True)[::-1]


def _last(rows: Sequence[Any]) -> Position | None:
    return (rows[-1].at, rows[-1].id) if rows else None


def _by_ids(connection: Connection, table: Any, ids: Iterable[Any], key: Any = None) -> list[Any]:
    wanted, column = sorted(set(ids)), table.id if key is None else key
    found: list[Any] = []
    for first in range(0, len(wanted), PIECE):
        found += connection.execute(select(table.__table__).where(column.in_(wanted[first : first + PIECE])).order_by(column))
    return found


class _Told:
    """What belongs to the entries of a piece: names, titles, and private values that are still kept."""

    def __init__(
        self, connection: Connection, rows: Sequence[Any], answers: Mapping[int, list[dict[str, Any]]] | None = None
    ) -> None:
        self._answers = answers or {}
        persons = {row.person for row in rows} | {row.actor.removeprefix("person:") for row in rows}
        persons |= {each["person"] for some in self._answers.values() for each in some}
        self._names = investors.names(connection, sorted(filter(None, persons)))
        self._titles = library.titles(connection, sorted({row.report for row in rows if row.report}))
        self._private = entries.private_of_several(connection, [row.id for row in rows]) if rows else {}

    def entries(self, row: Any, said: Mapping[str, Any]) -> list[dict[str, Any]]:
        """One entry with what it adds; one that holds several answers once for each of them that belongs here."""
        if row.id not in self._answers:
            return [{**self.entry(row), **said}]
        some = self._answers[row.id]
        return [{**self.entry(row), "answer": each, "person_name": self._names.get(each["person"])} for each in some]

    def entry(self, row: Any) -> dict[str, Any]:
        """One entry under its own names, with who and what they name."""
        return {
            **entry_of(row, self._private.get(row.id, {})),
            "actor_name": self._names.get(row.actor.removeprefix("person:")),
            "person_name": self._names.get(row.person),
            "report_title": self._titles.get(row.report),
        }
