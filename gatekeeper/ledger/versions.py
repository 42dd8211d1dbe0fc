"""Versions of texts that the firm puts in force: from when, until the next one, and the code of the entry that installed each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.rules.errors import N_
from gatekeeper.store import entries

NO_VERSION = N_("There is no such version.")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the statement or the policy; ``until`` is None for the newest."""

    row: Any
    code: str
    until: datetime | None

    def decides(self, now: datetime) -> bool:
        """Whether this is the version in force."""
        return self.row.valid_from <= now and (self.until is None or now < self.until)


def versions_of(connection: Connection, rows: Sequence[Any]) -> list[Version]:
    """The versions of these rows, newest first.

    A newer one ends every older one, also one that has not begun: what is decided last counts.
    """
    codes = entries.codes(connection, [row.entry_id for row in rows])
    found: list[Version] = []
    until: datetime | None = None
    for row in rows:
        found.append(Version(row, codes[row.entry_id], until))
        until = row.valid_from if until is None else min(until, row.valid_from)
    return found
