"""What handing in an assessment and acknowledging its letter have in common."""

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Event
from gatekeeper.rules.assessment import Result, score
from gatekeeper.rules.changes import CategoryChange, Change, LowestChange, ObjectivesChange
from gatekeeper.rules.events import Kind
from gatekeeper.rules.raising import split
from gatekeeper.store import investors, questionnaires


def wanted(investor: str, found: Any, before: datetime, stated: Result | None = None) -> list[Change]:
    """What a result, or the row that keeps it, puts on file; a row keeps no objectives, so they come from ``scored_again``."""
    objectives: Result = stated or found
    return [
        CategoryChange(investor=investor, category=found.category, before=before),
        LowestChange(investor=investor, lowest=found.lowest),
        ObjectivesChange(investor=investor, term=objectives.term, varieties=tuple(sorted(objectives.varieties))),
    ]


def parts(connection: Connection, wanted: Sequence[Change], now: datetime) -> list[tuple[Change | None, Change | None]]:
    """Of each change the part that lowers and the part that raises."""
    return [split(investors.current(connection, each, now)[1], each, now) for each in wanted]


def scored_again(connection: Connection, row: Any) -> Result:
    """What the answers that a row keeps come to, by the version of the questionnaire under which they were given."""
    return score(questionnaires.questionnaire(connection, row.questionnaire_id), json.loads(row.answers))


def base(connection: Connection, wanted: Sequence[Change], now: datetime) -> str:
    """The rows that a letter leans on: category, lowest flag and objectives as they are on file."""
    return json.dumps([investors.current(connection, each, now)[0] for each in wanted])


def has_moved(connection: Connection, wanted: Sequence[Change], kept: str, now: datetime) -> bool:
    """Whether the file is no longer as it was when a letter was written. Older letters did not lean on the objectives."""
    was: list[int | None] = json.loads(kept)
    found: list[int | None] = json.loads(base(connection, wanted[: len(was)], now))
    return was != found


def viewed(caller: Caller, what: str, now: datetime) -> Event:
    """That the caller looked at a part of their own assessment."""
    return caller.event(Kind.ASSESSMENT_VIEWED, now, data={"page": what})
