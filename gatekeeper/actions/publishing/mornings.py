"""The morning table: every report that came in with what was read and found, and how far the others are on their way out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.files.prepare import printed_grade
from gatekeeper.rules.changes import PublicationChange, from_data
from gatekeeper.store.publishing import duplicates, findings, mornings, settlement_lists
from gatekeeper.store.publishing.duplicates import Duplicate

MOST = 60
"""The most reports of either kind that the table holds: four times the busiest morning."""


@dataclass(frozen=True, slots=True)
class Row:
    """One report of the morning: its newest version, what its notice was read as, findings, what it repeats, who sent it.

    ``change`` is what waits for compliance.
    """

    version: Any
    reading: dict[str, Any]
    findings: Sequence[Any]
    duplicates: Sequence[Duplicate]
    importer: str | None
    change: PublicationChange | None = None

    @property
    def open(self) -> list[Any]:
        """Findings that nobody has settled."""
        return [finding for finding in self.findings if finding.settled is None]

    @property
    def is_plain(self) -> bool:
        """Whether nothing about it needs a look of its own before it is proposed as it is printed."""
        has_grade = printed_grade(self.reading) is not None
        return has_grade and not (self.version.conflict or self.open or self.duplicates)


@dataclass(frozen=True, slots=True)
class Morning:
    """What is to be proposed, what is on its way, whether more came in, and how many accepted findings end soon."""

    to_propose: list[Row]
    on_their_way: list[Row]
    has_more: bool
    ending: int


def view(connection: Connection, since: datetime, now: datetime) -> Morning:
    """The reports of a morning: as many statements for fifty as for five."""
    coming = mornings.to_propose(connection, since, MOST + 1, now)
    going = [row for row in mornings.on_their_way(connection, since, MOST, now) if not _is_superseded(row, now)]
    going.sort(key=lambda row: row.proposal is None)  # what waits for somebody stands first
    has_more, coming = len(coming) > MOST, coming[:MOST]
    versions = [row.version for row in (*coming, *going)]
    found: dict[str, list[Any]] = {}
    for each in findings.open_in(connection, versions, now):
        found.setdefault(each.version_id, []).append(each)
    alike = duplicates.of(connection, versions)
    importers = mornings.importers(connection, {row.entry_id for row in (*coming, *going)})

    def told(row: Any) -> Row:
        whose = found.get(row.version, ()), alike.get(row.version, ()), importers.get(row.entry_id)
        return Row(row, json.loads(row.reading), *whose, _change(row))

    ending = settlement_lists.count_ending(connection, now, settlement_lists.soon(connection, now))
    return Morning([told(row) for row in coming], [told(row) for row in going], has_more, ending)


def _is_superseded(row: Any, now: datetime) -> bool:
    """Whether another version took the place of this one."""
    return row.release is not None and row.last_release != row.release and row.last_from <= now


def _change(row: Any) -> PublicationChange | None:
    wanted = map(from_data, json.loads(row.payload)) if row.payload else ()
    return next((each for each in wanted if isinstance(each, PublicationChange)), None)
