"""The history of one person, investor or report, as the ledger has it. Whoever reads it is in the ledger.

Compliance and the inspector read everything. Whoever keeps clients' files reads what was put on them and what was told about it:
no readings, nothing of a colleague, and not who looked.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.changes import Change, MandateChange
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission, Role
from gatekeeper.rules.titles.kind_groups import FILE_GROUPS, GROUPS, LOOKS, KindGroup
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import corrections, investor_file, investors, stated
from gatekeeper.store.clients.corrections import Marked
from gatekeeper.store.proof import entries, several
from gatekeeper.store.proof.entries import Match
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.publishing import library

PAGE = 50
_TOLD = 5
"""Of an entry that holds more answers about one subject the history says only that; the entry itself has them all."""

_Find = Callable[[Connection, str], Match | None]
_SUBJECTS: dict[str, tuple[_Find, str]] = {
    "investor": (entries.investor_of, N_("There is no such investor.")),
    "person": (entries.person_of, N_("There is no such person.")),
    "report": (entries.report_of, N_("There is no such report.")),
}


@dataclass(frozen=True, slots=True)
class Event:
    """One entry: its columns, and what its leaf adds; of one that holds several answers, one that is about the subject."""

    row: Any
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Timeline:
    """One page of a history, newest first, with names for its ids and whether there is more on either side.

    ``groups`` are the parts that the reader may see. ``wrong`` holds what of an entry's changes was entered in error, by its id;
    ``corrected`` what the rows say that corrections on this page name.
    """

    subject: Match
    groups: tuple[KindGroup, ...]
    events: list[Event]
    names: dict[str, str]
    titles: dict[str, str]
    wrong: Mapping[int, list[Marked]]
    corrected: Mapping[tuple[str, int], Change]
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
    groups = _groups(connection, caller, about, now)
    find, unknown = _SUBJECTS[about]
    subject = find(connection, id_)
    if subject is None or (groups is FILE_GROUPS and about == "person" and not _is_client(connection, id_, now)):
        raise NotFound(unknown)
    group = group if group in groups else None
    kinds = _kinds(groups, group)
    meant: dict[str, Any] = {about: id_}
    rows = entries.search_leaves(connection, Filter(kind=kinds, **meant), position, PAGE + 1, newer=newer)
    more = len(rows) > PAGE
    if more:
        rows = rows[1:] if newer else rows[:PAGE]
    events = [Event(*each) for row in rows for each in _told(row, about, id_)]
    shown = {"rows": len(rows), "first": rows[0].code if rows else None, "last": rows[-1].code if rows else None}
    said = json.dumps({about: id_, **({"group": group.value} if group else {})}, sort_keys=True)
    event = caller.event(Kind.LEDGER_SEARCHED, now, person=None, data=shown, private={"filter": said})
    held = {event.row.investor for event in events if event.row.investor}
    wrong = corrections.marked(connection, held, {row.id for row in rows})
    corrected = stated.by_rows(connection, {(each["of"], each["row"]) for each in _corrections(events)})
    found = Timeline(
        subject=subject,
        groups=groups,
        events=events,
        names=_names(connection, events, [*corrected.values(), *(each.says for some in wrong.values() for each in some)]),
        titles=library.titles(connection, sorted({event.row.report for event in events if event.row.report})),
        wrong=wrong,
        corrected=corrected,
        has_older=more if not newer else position is not None,
        has_newer=more if newer else position is not None,
    )
    return Asked(found, (event,))


def _told(row: Any, about: str, id_: str) -> list[tuple[Any, dict[str, Any]]]:
    """An entry as the history of a subject tells it. A report's tells how often each answer was given, and names nobody."""
    if about == "report" and row.report == id_:
        return [(row, json.loads(row.leaf)["data"])]
    told = several.told(row, **{about: id_})
    return told if len(told) <= _TOLD else [(row, json.loads(row.leaf)["data"])]


def _groups(connection: Connection, caller: Caller, about: str, now: datetime) -> tuple[KindGroup, ...]:
    """The parts of a history that the caller may read; of a report's, whoever keeps files reads none."""
    account = sessions.account_of(connection, caller.person, now) if caller.person else None
    if about != "report" and account is not None and Permission.SEARCH_LEDGER not in account.permissions:
        sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
        return FILE_GROUPS
    sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
    return tuple(KindGroup)


def _is_client(connection: Connection, person: str, now: datetime) -> bool:
    account = investor_file.accounts(connection, [person], now).get(person)
    return account is not None and account.role is Role.CLIENT


def _kinds(groups: tuple[KindGroup, ...], group: KindGroup | None) -> tuple[Kind, ...] | None:
    """The kinds to look for; None for every kind."""
    if groups is not FILE_GROUPS:
        return tuple(sorted(GROUPS[group])) if group else None
    shown = frozenset[Kind]().union(*(GROUPS[each] for each in ((group,) if group else groups))) - LOOKS
    return tuple(sorted(shown))


def _corrections(events: list[Event]) -> list[dict[str, Any]]:
    changes = [change for event in events for change in event.data.get("changes", [])]
    return [each for each in changes if each["fact"] == "correction"]


def _names(connection: Connection, events: list[Event], said: list[Change]) -> dict[str, str]:
    """Names of everybody in the entries and in the changes they tell of."""
    changes = [change for event in events for change in event.data.get("changes", [])]
    actors = {event.row.actor.removeprefix("person:") for event in events if event.row.actor.startswith("person:")}
    persons = {event.row.person for event in events} | {each.get("person") for each in changes} | actors
    persons |= {each.person for each in said if isinstance(each, MandateChange)}
    held = {event.row.investor for event in events} | {each.get("investor") for each in changes}
    return investors.names(connection, sorted(filter(None, persons)), sorted(filter(None, held)))
