"""A distribution begins: who is on its list is written down at once, each with nothing decided yet."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.distribution import Choice, Progress
from gatekeeper.rules.risk import Action
from gatekeeper.store.base import new_id
from gatekeeper.store.sending import distributions, recipients


@dataclass(frozen=True, slots=True)
class Begun:
    """A distribution, how many are on its list, and its entry's code."""

    id: str
    total: int
    code: str


def begin(
    connection: Connection,
    caller: Caller,
    version: Any,
    choice: Choice,
    now: datetime,
    *,
    again: bool = False,
    release: int | None = None,
) -> Begun:
    """Begin to send a version to those who are chosen. Client numbers are not kept: the list is."""
    id_ = new_id()
    told = {"to": choice.to.value, "value": choice.value, "numbers": len(choice.numbers)}
    data = {"distribution": id_, "version": version.id, "choice": told, "again": again, "release": release}
    event = caller.event(
        Kind.DISTRIBUTION_STARTED, now, person=None, investor=None, report=version.report_id, action=Action.RECEIVE, data=data
    )
    entry_id = append(connection, event)
    columns = {"report_id": version.report_id, "version_id": version.id, "release_id": release, "again": again}
    begun = {"asked_by": caller.person, "asked_at": now, "mail_due_at": now, "entry_id": entry_id}
    running = {"state": Progress.RUNNING.value, "total": 0, "choice": json.dumps(told, ensure_ascii=False)}
    distributions.put(connection, id=id_, **columns, **begun, **running)
    total = recipients.freeze(connection, recipients.scene(connection, version, choice, now), id_, entry_id)
    distributions.change(connection, id_, total=total)
    return Begun(id_, total, event.code)
