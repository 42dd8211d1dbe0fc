"""The investor's inbox: what the firm told about changes of the file, and taking note of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.acts import acting
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.changes import Change, from_data
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.deliveries import NoticeKind, State
from gatekeeper.store.messages import deliveries
from gatekeeper.store.messages import notices as store

MOST = 100
"""How many notices the inbox shows; older ones stay in the record."""


@dataclass(frozen=True, slots=True)
class Told:
    """One notice and what it is about.

    Of a change of the file: each fact as it was before (None where nothing was on file) and as it is. Of what expires soon: each
    fact, with the days that are left when it is told. Else ``words``: before, after, and what else is told.
    """

    row: Any
    kind: NoticeKind
    changes: tuple[tuple[Change | None, Change | None], ...] = ()
    expiring: tuple[tuple[Change, int], ...] = ()
    words: Mapping[str, Any] = field(default_factory=dict)


def inbox(connection: Connection, caller: Caller, now: datetime) -> Asked[list[Told]]:
    """The notices to the investor for whom the caller acts; that they were shown is recorded."""
    investor = acting.investor_of(connection, caller, now)
    found = [told(row) for row in store.of_investor(connection, investor.id, MOST)]
    waiting = [each.row.id for each in found if each.row.acknowledged_at is None]
    return Asked(found, (caller.event(Kind.NOTICE_VIEWED, now, data={"waiting": waiting}),))


def told(row: Any) -> Told:
    """A notice as it is read from its row."""
    kind, kept = NoticeKind(row.kind), json.loads(row.changes)
    match kind:
        case NoticeKind.CHANGE:
            return Told(row, kind, changes=tuple((_read(pair["before"]), _read(pair["after"])) for pair in kept))
        case NoticeKind.EXPIRING:
            return Told(row, kind, expiring=tuple((from_data(each["fact"]), each["left"]) for each in kept))
        case NoticeKind.APPLICATION | NoticeKind.POLICY | NoticeKind.REPORT | NoticeKind.VERSION:
            return Told(row, kind, words=kept)


def waiting(connection: Connection, investor: str | None) -> int:
    """How many notices to an investor nobody has acknowledged; none while no investor is chosen."""
    return store.waiting(connection, investor) if investor else 0


def acknowledge(connection: Connection, caller: Caller, id_: str, now: datetime) -> None:
    """Take note of one notice; a second time it changes nothing. Whoever takes note need not be called back about it."""
    investor = acting.investor_of(connection, caller, now)
    row = store.get(connection, investor.id, id_)
    if row is None:
        raise NotFound(N_("There is no such notice."))
    if store.is_acknowledged(connection, id_):
        return
    event = caller.event(Kind.NOTICE_ACKNOWLEDGED, now, data={"notice": id_, "told_entry": row.entry_id})
    entry_id = append(connection, event)
    columns = {"notice_id": id_, "person_id": caller.person, "acknowledged_at": now, "entry_id": entry_id}
    store.put_acknowledgement(connection, **columns)
    for each in deliveries.troubled(connection, id_, caller.person or ""):
        deliveries.change(connection, each.id, entry_id, now, state=State.ARRIVED.value)
        deliveries.settle(connection, each.call_back_id, caller.person, entry_id, now)


def _read(data: Mapping[str, Any] | None) -> Change | None:
    return from_data(data) if data else None
