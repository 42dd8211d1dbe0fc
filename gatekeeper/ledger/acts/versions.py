"""Versions of texts that the firm puts in force: from when, until the next one, and the code of the entry that installed each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy import Connection

from gatekeeper.rules.changes import PolicyChange, QuestionnaireChange
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.store import proposals
from gatekeeper.store.proof import entries

Text = TypeVar("Text", PolicyChange, QuestionnaireChange)

NO_VERSION = N_("There is no such version.")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the statement, the policy or a questionnaire; ``until`` is None for the newest."""

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


def text_proposed(connection: Connection, id_: str, kind: type[Text]) -> Text:
    """The text of this kind that a proposal holds, to look at what it does before deciding."""
    row = proposals.get(connection, id_)
    changes = proposals.changes_of(row) if row is not None else []
    for each in changes:
        if isinstance(each, kind):
            return each
    raise NotFound(N_("There is no such proposal."))
