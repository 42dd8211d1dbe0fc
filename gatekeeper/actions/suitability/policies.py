"""The policy's own life: its versions, and proposing one, which another compliance officer approves.

1. A version is in force from its effective time, never before its approval. What is decided last counts: a version approved later
   ends one that has not begun.
2. Going back to an older version is proposing its text again; it becomes a new version.
3. No text lifts the floor of the lowest category: a policy that tried to is none (``rules.policy``).
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.acts.propose import Proposed, propose
from gatekeeper.ledger.acts.versions import NO_VERSION, Version, text_proposed, versions_of
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, Event
from gatekeeper.rules import policy
from gatekeeper.rules.changes import PolicyChange
from gatekeeper.rules.changing.policy_differences import Difference, compare
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.parsing.texts import faults_of, tidy
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.roles import Permission
from gatekeeper.store import proposals
from gatekeeper.store.accounts import sessions
from gatekeeper.store.reading import words

LONGEST = 12_000
"""The most characters of a policy: four times as long in UTF-8 it still fits a leaf."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One version of the policy, parsed, all that there are, and the proposals that wait.

    ``against`` is the version that it is compared with, the one before it unless another is asked for.
    """

    version: Version
    policy: Policy
    rows: list[Version]
    waiting: list[Any]
    against: Version | None = None
    differences: list[Difference] = field(default_factory=list)


def view(connection: Connection, caller: Caller, code: str, now: datetime, against: str = "") -> Asked[Shown]:
    """The policy in force, or the version that an entry installed, compared with another; who looked is recorded."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_STATEMENTS, now)
    rows = versions_of(connection, words.policies(connection))
    version = next((each for each in rows if (each.code == code if code else each.decides(now))), None)
    if version is None:
        raise NotFound(NO_VERSION)
    waiting = proposals.listed(connection, ["policy"], waiting=True, after=None, limit=20)
    other = next((each for each in rows if (each.code == against if against else each.row.id < version.row.id)), None)
    if against and other is None:
        raise NotFound(NO_VERSION)
    shown = policy.parse(version.row.text)
    differences = compare(policy.parse(other.row.text), shown) if other else []
    return Asked(Shown(version, shown, rows, waiting, other, differences), (_looked(caller, version, other, now),))


def draft(connection: Connection, caller: Caller, code: str, now: datetime) -> Asked[str]:
    """The text to begin a new version with: that of the policy in force, or of the version named, to go back to it."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_STATEMENTS, now)
    shown = view(connection, caller, code, now)
    return Asked(shown.answer.version.row.text, shown.events)


def proposed(connection: Connection, caller: Caller, id_: str, now: datetime) -> PolicyChange:
    """The policy that a proposal holds, to try it out before deciding."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_STATEMENTS, now)
    return text_proposed(connection, id_, PolicyChange)


def propose_policy(
    connection: Connection, caller: Caller, text: str, effective: datetime | None, reason: str, now: datetime
) -> Proposed:
    """Propose a new version of the policy; another compliance officer approves it."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_STATEMENTS, now)
    wanted = PolicyChange(text=tidy(text), effective=effective)
    faults = faults_of_text(wanted.text) + faults_of(reason=reason)
    if effective is not None and effective < now:
        faults.append(Fault(N_("A policy cannot begin in the past."), field="effective"))
    if faults:
        raise Invalid(*faults)
    newest = words.newest_policy(connection)
    if newest is not None and newest.text == wanted.text:
        raise Conflict(N_("This is the newest policy already; nothing was proposed."))
    return propose(connection, caller, "policy", [wanted], {}, reason, "", now)


def faults_of_text(text: str) -> list[Fault]:
    """Everything that keeps a text from being a policy."""
    if not text:
        return [Fault(N_("Please fill in this field."), field="text")]
    if len(text) > LONGEST:
        return [Fault(N_("At most %(most)s characters fit here."), field="text", most=LONGEST)]
    try:
        policy.parse(text)
    except Invalid as error:
        return [Fault(each.message, field="text", **each.values) for each in error.faults]
    return []


def _looked(caller: Caller, version: Version, other: Version | None, now: datetime) -> Event:
    data = {"versions": [version.row.id, *([other.row.id] if other else [])]}
    return caller.event(Kind.POLICY_VIEWED, now, person=None, investor=None, data=data)
