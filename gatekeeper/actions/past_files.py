"""An investor's file as it stood on an earlier day: only looked at, nothing is decided or changed by it; the look is an entry.

Told is the file of then as corrected since, and beside it, where that was something else, what was known at the time.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.changes import Change, MandateChange, from_data
from gatekeeper.rules.errors import N_, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Eligibility, eligibility
from gatekeeper.store import access, as_of, investor_file, investors, past_file, sessions
from gatekeeper.store.as_of import View

SHOWN = 10
"""How many assessments and notices are shown, the newest of that time first."""


@dataclass(frozen=True, slots=True)
class Then:
    """One view of the file: what applied, who acted, and what could be read by it; no eligibility without a policy."""

    overview: Any
    mandates: list[Any]
    eligibility: Eligibility


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFile:
    """The file at an instant. ``corrected`` is None where it was not opened yet; ``known`` is the other view, if it differs.

    ``waiting`` are changes that were proposed and not decided by then, with who had proposed each.
    """

    investor: Any
    moment: datetime
    policy: Policy | None
    corrected: Then | None
    known: Then | None
    assessments: list[Any]
    notices: list[Any]
    waiting: list[tuple[Any, Change]]
    names: dict[str, str]


def view(connection: Connection, caller: Caller, investor: str, moment: datetime, now: datetime) -> Asked[PastFile]:
    """Look at a file as it stood at an instant that has come already."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    if moment > now:
        raise Invalid(Fault(N_("Please choose a day that has come already."), field="on"))
    found = read(connection, investor, moment)
    data = {"as_of": moment.isoformat()}
    return Asked(found, (caller.event(Kind.INVESTOR_VIEWED, now, person=None, investor=investor, data=data),))


def read(connection: Connection, investor: str, moment: datetime) -> PastFile:
    """Put it together. Nothing of it may be shown without an entry of whoever asks."""
    row = investors.investor(connection, investor)
    if row is None:
        raise NotFound(N_("There is no such investor."))
    policy = access.current_policy(connection, moment)
    in_force = policy[1] if policy else None
    both = [_then(connection, View(moment=moment, known_then=known), investor, in_force) for known in (False, True)]
    pending = [(each, from_data(one)) for each in past_file.waiting(connection, investor, moment) for one in _changes(each)]
    persons = {each.proposed_by for each, _ in pending}
    persons |= {change.person for _, change in pending if isinstance(change, MandateChange)}
    was_open = row.created_at <= moment
    return PastFile(
        investor=row,
        moment=moment,
        policy=in_force,
        corrected=both[0] if was_open else None,
        known=both[1] if was_open and _ids(both[0]) != _ids(both[1]) else None,
        assessments=past_file.assessments(connection, investor, moment, SHOWN),
        notices=past_file.notices(connection, investor, moment, SHOWN),
        waiting=pending,
        names=investors.names(connection, sorted(persons)),
    )


def _then(connection: Connection, view: View, investor: str, policy: Policy | None) -> Then:
    overview = past_file.overview(connection, view, investor)
    can = eligibility(investor_file.facts(overview), policy, view.moment)
    return Then(overview, as_of.of_investor(connection, view, investor), can)


def _ids(then: Then) -> tuple[Any, ...]:
    return past_file.ids(then.overview), tuple(sorted(row.mandate for row in then.mandates))


def _changes(proposal: Any) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = json.loads(proposal.payload)
    return changes
