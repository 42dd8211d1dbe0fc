"""What a person may see of their own record: the investor's file, what they read, were refused and accepted, and the words.

Looking at it is recorded as any search of the ledger is.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.suitability import UNDISCLOSED, Eligibility, Reason, eligibility
from gatekeeper.store import access as facts
from gatekeeper.store import entries, history, library, words
from gatekeeper.store.access import Case
from gatekeeper.store.investors import mandates_of

PAGE = 20
_NAMED = frozenset({Kind.REPORT_OPENED, Kind.REPORT_WITHHELD, Kind.STATEMENT_ACCEPTED})
_KINDS = (
    Kind.REPORT_OPENED,
    Kind.REPORT_REFUSED,
    Kind.REPORT_WITHHELD,
    Kind.STATEMENT_ACCEPTED,
    Kind.STATEMENT_DECLINED,
)


@dataclass(frozen=True, slots=True)
class Past:
    """One thing that the person did or was refused. Report and title stand only where the person lawfully opened it."""

    at: datetime
    kind: Kind
    code: str
    reason: Reason | None
    report: str | None
    title: str | None
    serving: str | None


@dataclass(frozen=True, slots=True)
class Record:
    """The investor's file as it stands, and a page of the person's own history."""

    case: Case
    eligible: Eligibility | None
    past: tuple[Past, ...]
    following: str | None
    may_choose: bool


def view(connection: Connection, caller: Caller, now: datetime, zone: ZoneInfo, *, after: str = "") -> Asked[Record]:
    """The caller's own record; ``after`` is the code of the last entry of the page before."""
    person = caller.person or ""
    case = facts.load(connection, person=person, investor=caller.investor, report=None, zone=zone, now=now)
    found = case.facts
    rows = history.of_person(
        connection,
        person,
        [kind.value for kind in _KINDS],
        PAGE + 1,
        investor=caller.investor,
        position=_position(connection, person, after),
    )
    more, rows = len(rows) > PAGE, rows[:PAGE]
    event = caller.event(
        Kind.LEDGER_SEARCHED,
        now,
        data={
            "own": True,
            "facts": case.used,
            "rows": len(rows),
            "first": rows[0].code if rows else None,
            "last": rows[-1].code if rows else None,
        },
    )
    record = Record(
        case=case,
        eligible=eligibility(found.investor, found.policy, now) if found.investor else None,
        past=tuple(_past(connection, caller, rows)),
        following=rows[-1].code if more else None,
        may_choose=len(mandates_of(connection, now, person=person)) > 1,
    )
    return Asked(record, (event,))


def accepted_words(connection: Connection, caller: Caller, serving: str, now: datetime) -> Asked[Any]:
    """One of the caller's own acceptances, with the words as they were accepted."""
    row = words.accepted(connection, serving)
    if row is None or (row.person_id, row.investor_id) != (caller.person, caller.investor):
        raise NotFound(N_("There is no such page. It may have moved, or the address is incomplete."))
    code = entries.by_id(connection, row.entry_id).code
    event = caller.event(Kind.ENTRY_READ, now, data={"own": True, "entries": [code], "words": row.words_sha256})
    return Asked((row, code), (event,))


def _position(connection: Connection, person: str, code: str) -> tuple[datetime, int] | None:
    """Where the page before ended. A code that is not one of the person's own begins at the newest."""
    found = [row for row in entries.by_code(connection, code) if row.person == person] if code else []
    return (found[-1].at, found[-1].id) if found else None


def _past(connection: Connection, caller: Caller, rows: Sequence[Any]) -> list[Past]:
    said = {row.id: json.loads(row.leaf)["data"] for row in rows}
    versions = {id_: data.get("facts", {}).get("version") for id_, data in said.items()}
    named = {row.report for row in rows if row.kind in _NAMED}
    opened = history.reports_opened(connection, caller.person or "", caller.investor, named)
    titles = library.version_titles(connection, [versions[row.id] for row in rows if row.report in opened and versions[row.id]])
    past = []
    for row in rows:
        shown = row.report in opened and row.kind in _NAMED
        past.append(
            Past(
                at=row.at,
                kind=Kind(row.kind),
                code=row.code,
                reason=_reason(row),
                report=row.report if shown else None,
                title=titles.get(versions[row.id] or "") if shown else None,
                serving=said[row.id].get("serving") if row.kind == Kind.STATEMENT_ACCEPTED else None,
            )
        )
    return past


def _reason(row: Any) -> Reason | None:
    """Why it was refused. What a client must not tell apart is one and the same here too."""
    if row.kind != Kind.REPORT_REFUSED or row.reason is None:
        return None
    reason = Reason(row.reason)
    return Reason.REPORT_UNKNOWN if reason in UNDISCLOSED else reason
