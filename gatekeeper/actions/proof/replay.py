"""Deciding the logged decisions again, a batch at a time; who asked for it, and what came of it, is an entry."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger import replay
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.ledger.replay import Difference, Replayed
from gatekeeper.rules.errors import N_, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import facts_by_id
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter

BATCH = 1000
KEPT = 200
"""The most differences that the entry of a replay names; it always keeps their number."""
_LEAST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will be decided again: the entries between two instants that stand by now, and another policy if one is meant."""

    since: datetime | None
    before: datetime | None
    last_id: int
    policy: Policy | None = None
    policy_id: int | None = None

    @property
    def wanted(self) -> Filter:
        """The entries as a filter."""
        kinds = tuple(kind.value for kind in replay.KINDS)
        return Filter(since=self.since, before=self.before, kind=kinds, last_id=self.last_id)


@dataclass(slots=True)
class Tally:
    """What has come of it so far; of the differences themselves only the first codes are kept."""

    decisions: int = 0
    lists: int = 0
    differences: int = 0
    changes: Counter[tuple[str, str]] = field(default_factory=Counter)
    codes: list[str] = field(default_factory=list)

    def add(self, found: Replayed) -> None:
        """Count one batch."""
        self.decisions += found.decisions
        self.lists += found.lists
        self.differences += len(found.differences)
        self.changes.update(change(each) for each in found.differences)
        self.codes += [each.code for each in found.differences[: KEPT - len(self.codes)]]


@dataclass(frozen=True, slots=True)
class Step:
    """One batch, and where the next one begins; None when there is no more."""

    found: Replayed
    position: tuple[datetime, int] | None


def change(difference: Difference) -> tuple[str, str]:
    """From which answer to which; an answer that could not be read or found has no name."""
    return (
        difference.logged.outcome if difference.logged else "",
        difference.found.outcome if difference.found else "",
    )


def plan(
    connection: Connection, caller: Caller, since: datetime | None, before: datetime | None, policy: str | None, now: datetime
) -> Plan:
    """Settle what is decided again. ``policy`` is a policy's number, its SHA-256 or the beginning of that."""
    _admit(connection, caller, now)
    row = _policy(connection, policy) if policy else None
    return Plan(
        since=since,
        before=before,
        last_id=entries.newest_id(connection),
        policy=facts_by_id.parsed(row) if row is not None else None,
        policy_id=row.id if row is not None else None,
    )


def step(connection: Connection, planned: Plan, position: tuple[datetime, int] | None, zone: ZoneInfo) -> Step:
    """Decide the next entries again, oldest first. Nothing of it may be shown before ``finished`` is recorded."""
    rows = entries.search_leaves(connection, planned.wanted, position, BATCH, newer=True)[::-1]
    found = replay.replay(connection, rows, zone, planned.policy)
    return Step(found, (rows[-1].at, rows[-1].id) if len(rows) == BATCH else None)


def finished(connection: Connection, caller: Caller, planned: Plan, tally: Tally, now: datetime) -> Asked[str]:
    """Record a replay that is through; return the entry's code."""
    _admit(connection, caller, now)
    data: dict[str, Any] = {
        "since": planned.since.isoformat() if planned.since else None,
        "before": planned.before.isoformat() if planned.before else None,
        "last": planned.last_id,
        "decisions": tally.decisions,
        "lists": tally.lists,
        "differences": tally.differences,
        "changes": _changes(tally.changes),
        "entries": tally.codes,
    }
    if planned.policy:
        data["instead"] = planned.policy.digest
    event = caller.event(Kind.DECISIONS_REPLAYED, now, person=None, data=data)
    return Asked(event.code, (event,))


def _changes(counted: Mapping[tuple[str, str], int]) -> list[dict[str, Any]]:
    return [{"from": was, "to": would_be, "count": count} for (was, would_be), count in sorted(counted.items())]


def _admit(connection: Connection, caller: Caller, now: datetime) -> None:
    """Check the reader again. An operator reads without a person of ours."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)


def _policy(connection: Connection, word: str) -> Any:
    """A policy's row by what an operator types."""
    if word.isdecimal() and len(word) < _LEAST:
        found = facts_by_id.policies_of(connection, number=int(word))
    elif len(word) >= _LEAST:
        found = facts_by_id.policies_of(connection, digest=word.lower())
    else:
        found = []
    if not found:
        raise NotFound(N_("No policy has the number or SHA-256 %(word)s."), word=word[:64])
    if len({row.sha256 for row in found}) > 1:
        raise Invalid(Fault(N_("%(word)s is the beginning of several policies. Give more of it."), field="policy", word=word))
    return found[0]
