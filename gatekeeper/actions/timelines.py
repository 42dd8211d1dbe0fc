"""The history of one person, investor or report, as the ledger has it. Whoever reads it is in the ledger."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.kind_groups import GROUPS, KindGroup
from gatekeeper.rules.roles import Permission
from gatekeeper.store import entries, investors, library, sessions
from gatekeeper.store.entries import Filter, Match

PAGE = 50

_Find = Callable[[Connection, str], Match | None]
_SUBJECTS: dict[str, tuple[_Find, str]] = {
    "investor": (entries.investor_of, N_("There is no such investor.")),
    "person": (entries.person_of, N_("There is no such person.")),
    "report": (entries.report_of, N_("There is no such report.")),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One entry: its columns, and what its leaf adds."""

    row: Any
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page of a history, newest first, with names for its ids and whether there is more on either side."""

    subject: Match
    events: list[Event]
    names: dict[str, str]
    titles: dict[str, str]
    has_older: bool
    has_newer: bool


def view(
    connection: Connection,
    caller: Caller,
    about: str,
    id_: str,
    now: datetime,
    *,
    group: KindGroup | None = None,
    position: tuple[datetime, int] | None = None,
    newer: bool = False,
) -> Asked[Timeline]:
    """Read a history. ``about`` is ``investor``, ``person`` or ``report``: for a person also what they did for others."""
    sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
    find, unknown = _SUBJECTS[about]
    subject = find(connection, id_)
    if subject is None:
        raise NotFound(unknown)
    kinds = tuple(sorted(GROUPS[group])) if group else None
    meant: dict[str, Any] = {about: id_}
    rows = entries.search_leaves(connection, Filter(kind=kinds, **meant), position, PAGE + 1, newer=newer)
    more = len(rows) > PAGE
    if more:
        rows = rows[1:] if newer else rows[:PAGE]
    events = [Event(row, json.loads(row.leaf)["data"]) for row in rows]
    shown = {"rows": len(rows), "first": rows[0].code if rows else None, "last": rows[-1].code if rows else None}
    said = json.dumps({about: id_, **({"group": group.value} if group else {})}, sort_keys=True)
    event = caller.event(Kind.LEDGER_SEARCHED, now, person=None, data=shown, private={"filter": said})
    found = Timeline(
        subject=subject,
        events=events,
        names=_names(connection, events),
        titles=library.titles(connection, sorted({row.report for row in rows if row.report})),
        has_older=more if not newer else position is not None,
        has_newer=more if newer else position is not None,
    )
    return Asked(found, (event,))


def _names(connection: Connection, events: list[Event]) -> dict[str, str]:
    """Names of everybody in the entries and in the changes they tell of."""
    changes = [change for event in events for change in event.data.get("changes", [])]
    actors = {event.row.actor.removeprefix("person:") for event in events if event.row.actor.startswith("person:")}
    persons = {event.row.person for event in events} | {each.get("person") for each in changes} | actors
    held = {event.row.investor for event in events} | {each.get("investor") for each in changes}
    return investors.names(connection, sorted(filter(None, persons)), sorted(filter(None, held)))
