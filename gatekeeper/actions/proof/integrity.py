"""How the ledger stands: size, root, what was signed, what lies outside, what was checked and with what result."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger import anchors, scrubbed, tree
from gatekeeper.ledger.acts import told
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.events import Kind
from gatekeeper.rules.integrity import Concern, Standing, concerns
from gatekeeper.rules.roles import Permission
from gatekeeper.store import jobs
from gatekeeper.store.accounts import sessions


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrity:
    """All that the integrity page shows."""

    log: tree.Log
    waiting: int
    oldest_unsealed: datetime | None
    checkpoint: Any
    outside: list[Any]
    alarm: told.Told | None
    verified: told.Told | None
    scrubbed: told.Told | None
    job: Any
    concerns: list[Concern]


def view(connection: Connection, caller: Caller, now: datetime, *, has_key: bool) -> Asked[Integrity]:
    """How the ledger stands, for whoever may search it. That somebody looked is an entry."""
    sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
    found = standing(connection, now, has_key=has_key)
    data = {"size": found.log.size, "concerns": [each.value for each in found.concerns]}
    return Asked(found, (caller.event(Kind.INTEGRITY_VIEWED, now, person=None, investor=None, data=data),))


def standing(connection: Connection, now: datetime, *, has_key: bool) -> Integrity:
    """How the ledger stands. ``has_key``: whether this installation can sign, or knows the key that does."""
    log = tree.log_of(connection)
    waiting, oldest = tree.waiting(connection)
    checkpoint = tree.latest_checkpoint(connection, log.id)
    outside = anchors.outside(connection, log.id)
    alarm = told.alarm(connection)
    verified = told.newest(connection, Kind.LEDGER_VERIFIED)
    last = told.newest(connection, Kind.LEDGER_SCRUBBED)
    said = Standing(
        is_halted=alarm is not None,
        has_key=has_key,
        signed_at=checkpoint.signed_at if checkpoint else None,
        anchored_at=max((each.at for each in outside), default=None),
        oldest_unsealed=oldest,
        verified_at=verified.at if verified else None,
        findings=verified.data["findings"] if verified else None,
        scrubbed_findings=scrubbed.standing(connection, last),
    )
    return Integrity(
        log=log,
        waiting=waiting,
        oldest_unsealed=oldest,
        checkpoint=checkpoint,
        outside=outside,
        alarm=alarm,
        verified=verified,
        scrubbed=last,
        job=jobs.newest(connection, jobs.VERIFICATION),
        concerns=concerns(said, now),
    )
