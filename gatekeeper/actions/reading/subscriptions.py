"""What a client asks for in advance. Asking and no longer asking act at once; neither lets anybody have anything."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.acts import acting
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.distribution import Interest
from gatekeeper.store.reading import access, subjects, subscriptions

MOST = 100
_TOO_MANY = N_("You subscribe to %(most)s things already. Please end a subscription first.")
_NOT_OFFERED = N_("Please choose one of the list.")


@dataclass(frozen=True, slots=True)
class Subscriptions:
    """What the caller asks for now, and what else may be asked for: by topic, values with what people read."""

    mine: list[Any]
    offered: Mapping[Interest, Mapping[str, str]]


def overview(connection: Connection, caller: Caller, now: datetime, zone: ZoneInfo) -> Subscriptions:
    """The caller's subscriptions. Offered is what reports are about that the caller may read now, and nothing beyond."""
    person, investor = caller.person or "", caller.investor or ""
    mine = subscriptions.of(connection, person, investor, now)
    known = {(row.topic, row.value) for row in mine}
    offered = _offered(connection, caller, now, zone)
    left = {
        topic: {value: label for value, label in found.items() if (topic.value, value) not in known}
        for topic, found in offered.items()
    }
    return Subscriptions(mine, {topic: found for topic, found in left.items() if found})


def _offered(connection: Connection, caller: Caller, now: datetime, zone: ZoneInfo) -> dict[Interest, dict[str, str]]:
    case = access.load(connection, person=caller.person or "", investor=caller.investor, report=None, zone=zone, now=now)
    admitted = subjects.admitted_now(case.facts, now)
    offered: dict[Interest, dict[str, str]] = {topic: {} for topic in Interest}
    for row in subjects.subjects(connection, admitted, now):
        offered[Interest.INDUSTRY] |= {row.industry: row.industry} if row.industry else {}
        offered[Interest.ISSUER] |= {row.issuer: row.issuer} if row.issuer else {}
        offered[Interest.KIND] |= {row.kind: row.kind} if row.kind else {}
        offered[Interest.ANALYST] |= dict(subscriptions.analysts_of(row.analysts))
    return {topic: dict(sorted(values.items(), key=lambda each: each[1])) for topic, values in offered.items()}


def add(connection: Connection, caller: Caller, topic: Interest, value: str, now: datetime, zone: ZoneInfo) -> bool:
    """Ask for what is about this, for the investor for whom the caller acts; say whether that is new."""
    investor = acting.investor_of(connection, caller, now)
    person = caller.person or ""
    subscriptions.hold(connection, person)
    if subscriptions.live(connection, person, investor.id, topic, value, now) is not None:
        return False
    label = _offered(connection, caller, now, zone)[topic].get(value)
    if label is None:
        raise Invalid(Fault(_NOT_OFFERED, field=topic.value.lower()))
    if len(subscriptions.of(connection, person, investor.id, now)) >= MOST:
        raise Conflict(_TOO_MANY, most=MOST)
    _put(connection, caller, Kind.SUBSCRIPTION_ADDED, (topic.value, value, label), now, live=True)
    return True


def remove(connection: Connection, caller: Caller, topic: Interest, value: str, now: datetime) -> None:
    """No longer ask for this, at once. Ended twice it is ended."""
    investor = acting.investor_of(connection, caller, now)
    subscriptions.hold(connection, caller.person or "")
    row = subscriptions.live(connection, caller.person or "", investor.id, topic, value, now)
    if row is not None:
        _put(connection, caller, Kind.SUBSCRIPTION_REMOVED, (row.topic, row.value, row.label), now, live=False)


def _put(connection: Connection, caller: Caller, kind: Kind, what: tuple[str, str, str], now: datetime, *, live: bool) -> None:
    topic, value, label = what
    entry_id = append(connection, caller.event(kind, now, data={"topic": topic, "value": value}))
    whose = {"person_id": caller.person, "investor_id": caller.investor}
    about = {"topic": topic, "value": value, "label": label}
    subscriptions.put(connection, **whose, **about, live=live, valid_from=now, entry_id=entry_id)
