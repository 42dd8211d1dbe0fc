"""Trying a policy out: what its text says, and what would change by it, before anybody proposes it.

1. A rehearsal reads and changes nothing. It is made on one read snapshot, never inside a transaction that writes.
2. It reads investors' files and the log, so it is an entry, durable before anybody sees what was found.
3. Past readings are judged by the files of today: of which of them the policy in force would let through again, and this one not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules import policy
from gatekeeper.rules.changing.rehearsal import Rehearsal, lens, rehearse
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.events import Kind
from gatekeeper.rules.facts import Facts
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.reading import access, lost_readings, words
from gatekeeper.store.suitability import rehearsal
from gatekeeper.store.suitability.rehearsal import Page

MOST_DAYS = 3660
"""As far back as readings are looked at: ten years."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A policy text, the instant at which it is tried out (now, or when it would begin), and for how many days readings count."""

    text: str
    moment: datetime
    days: int = 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a rehearsal comes to, with the candidate as it was read, and the readings it would have refused."""

    candidate: Policy
    rehearsal: Rehearsal
    since: datetime
    days: int
    readings: int
    readers: int

    @property
    def counts(self) -> dict[str, int]:
        """Every number of it, by name, as the entry keeps it."""
        both = {
            f"{name}_{way}": count(gained=gained)
            for name, count in (
                ("pairs", self.rehearsal.count),
                ("investors", self.rehearsal.investors_touched),
                ("reports", self.rehearsal.reports_touched),
            )
            for way, gained in (("gained", True), ("lost", False))
        }
        return {
            "investors": self.rehearsal.investors,
            "reports": self.rehearsal.reports,
            **both,
            "readings_lost": self.readings,
            "readers_lost": self.readers,
        }


def admit(connection: Connection, caller: Caller, now: datetime) -> None:
    """Check the reader again; an operator reads without a person of ours."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.CHANGE_STATEMENTS, now)


def try_out(connection: Connection, caller: Caller, question: Question, now: datetime, zone: ZoneInfo) -> Found:
    """Compare a policy text with the policy in force. Nothing of it may be shown without an entry: ``rehearsed``."""
    admit(connection, caller, now)
    candidate = policy.parse(question.text)
    if question.moment < now:
        raise Invalid(Fault(N_("A policy cannot begin in the past."), field="at"))
    if not 1 <= question.days <= MOST_DAYS:
        raise Invalid(Fault(N_("Please give a number of days from 1 to %(most)s."), field="days", most=MOST_DAYS))
    common = _common(connection, question.moment, zone)
    seen = lens((common.policy, candidate), question.moment)
    groups = rehearsal.investor_groups(connection, seen), rehearsal.report_groups(connection, seen)
    found = rehearse(common, candidate, *groups, seen)
    since = now - timedelta(days=question.days)
    readings, readers = lost_readings.count(connection, found, since)
    return Found(candidate=candidate, rehearsal=found, since=since, days=question.days, readings=readings, readers=readers)


@dataclass(frozen=True, slots=True)
class Lists:
    """By name: who gains, who loses, and the readings that would be refused, the newest first; each no longer than asked for."""

    gain: list[Any]
    lose: list[Any]
    readings: list[Any]

    def __len__(self) -> int:
        return len(self.gain) + len(self.lose) + len(self.readings)


def lists(connection: Connection, found: Found, shown: int) -> Lists:
    """The beginnings of a rehearsal's lists, on the snapshot it was made on."""
    gain, lose = (rehearsal.investors(connection, found.rehearsal, Page(gained=way, limit=shown)) for way in (True, False))
    return Lists(gain, lose, lost_readings.listed(connection, found.rehearsal, found.since, before=None, limit=shown))


LISTS = ("gain", "lose", "readings")
"""The lists of a rehearsal: who gains, who loses, and the readings that would be refused."""


def listed(connection: Connection, found: Found, what: str, after: str, limit: int) -> list[Any]:
    """One page of one list, on the snapshot on which the rehearsal was made: investors by number, readings newest first."""
    if what == "readings":
        before = int(after) if after.isdecimal() else None
        return lost_readings.listed(connection, found.rehearsal, found.since, before=before, limit=limit)
    return rehearsal.investors(connection, found.rehearsal, Page(gained=what == "gain", after=after, limit=limit))


def _common(connection: Connection, moment: datetime, zone: ZoneInfo) -> Facts:
    """What every decision at this instant shares: the policy and the statement in force."""
    in_force, statement = access.current_policy(connection, moment), words.statement(connection, moment)
    return Facts(
        investor=None,
        report=None,
        policy=in_force[1] if in_force else None,
        zone=zone,
        statement_id=statement.id if statement is not None else None,
    )


def rehearsed(
    connection: Connection, caller: Caller, found: Found, rows: int, now: datetime, more: Mapping[str, Any] | None = None
) -> Asked[str]:
    """Record a rehearsal that is made and waits, and how many rows of its lists are shown; return the entry's code.

    ``more`` says of a list which one it is, and of a file its form and digest.
    """
    admit(connection, caller, now)
    data = {
        "candidate": found.candidate.digest,
        "as_of": found.rehearsal.moment.isoformat(),
        "days": found.days,
        "rows": rows,
        "counts": found.counts,
        **(more or {}),
    }
    event = caller.event(Kind.POLICY_REHEARSED, now, person=None, investor=None, policy=found.rehearsal.old, data=data)
    return Asked(event.code, (event,))
