"""Deciding logged decisions again: with the rows that each entry names and the policy of its digest, or with another policy.

1. The leaf's own bytes say what was decided; the columns beside it are only its projection.
2. Rows are found by the ids in the entry, never by time, so that what was corrected, regraded or replaced since changes nothing.
3. A row that is gone, belongs to somebody else or was written only later is a difference even where the answer is the same.
4. Of a list the entry names the rows of the investor alone. Decided again is whether anything could be listed at all.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.rules.errors import GatekeeperError
from gatekeeper.rules.events import Kind
from gatekeeper.rules.facts import ReleaseState
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.rules.suitability import Decision, Outcome, decide, eligibility
from gatekeeper.store.clients import facts_by_id
from gatekeeper.store.clients.facts_by_id import Named, Rows
from gatekeeper.store.proof import several

ANSWERS: dict[Kind, Outcome | None] = {
    Kind.DECISION_ASKED: None,
    Kind.REPORT_BOOKMARKED: Outcome.PERMIT,
    Kind.REPORT_COPIED: Outcome.PERMIT,
    Kind.REPORT_OPENED: Outcome.PERMIT,
    Kind.REPORT_RECEIVED: Outcome.PERMIT,
    Kind.REPORT_REFUSED: Outcome.DENY,
    Kind.REPORT_WITHHELD: Outcome.ACKNOWLEDGE,
}
"""The kinds of entry that hold one decision, and the answer that each name stands for."""
_OF_NO_ACT = frozenset({Kind.DECISIONS_ASKED, Kind.DECISION_ASKED})
"""The kinds of entry that may be about an act that nobody knows: it was asked about, and refused."""
KINDS = (*ANSWERS, Kind.REPORTS_LISTED, *sorted(several.READ))
UNREADABLE = "leaf"
_NOTHING = "NOTHING"
_SOMETHING = "SOMETHING"


@dataclass(frozen=True, slots=True)
class Verdict:
    """An answer as two of them are compared: of a list, only whether anything could be on it."""

    outcome: str
    reasons: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    obligations: tuple[str, ...] = ()
    policy: str | None = None

    @property
    def reason(self) -> str | None:
        """The primary reason."""
        return self.reasons[0] if self.reasons else None


@dataclass(frozen=True, slots=True)
class Difference:
    """One entry that does not come out as it was logged. ``astray`` names what is wrong with what it was decided on."""

    code: str
    at: datetime
    kind: str
    logged: Verdict | None
    found: Verdict | None
    astray: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of some entries: how many decisions and lists were decided again, and which came out differently."""

    decisions: int
    lists: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class _Logged:
    """One entry, read from its leaf: what its decision used, and what it answered."""

    row: Any
    named: Named
    verdict: Verdict


def replay(connection: Connection, entries: Sequence[Any], zone: ZoneInfo, policy: Policy | None = None) -> Replayed:
    """Decide some entries again, each under its own policy unless another is given. ``zone`` is for entries that name none."""
    read, broken = [], []
    for row in entries:
        try:
            read += [_read(row, leaf, zone) for leaf in several.leaves(json.loads(row.leaf))]
        except (ValueError, KeyError, TypeError, AttributeError):
            broken.append(Difference(row.code, row.at, row.kind, None, None, (UNREADABLE,)))
    rows = facts_by_id.fetch(connection, [each.named for each in read])
    differences = [found for each in read if (found := _again(each, rows, policy)) is not None]
    lists = sum(each.row.kind == Kind.REPORTS_LISTED.value for each in read)
    ordered = sorted([*broken, *differences], key=lambda each: (each.at, each.code))
    return Replayed(len(read) + len(broken) - lists, lists, tuple(ordered))


def _read(row: Any, leaf: Mapping[str, Any], zone: ZoneInfo) -> _Logged:
    data: Mapping[str, Any] = leaf["data"]
    ids = [*data["facts"].values(), *(leaf[name] or "" for name in ("person", "investor", "report"))]
    if not all(type(id_) is int or (isinstance(id_, str) and id_.isprintable()) for id_ in ids):
        message = "an entry that names rows as no entry does"
        raise ValueError(message)
    moment = datetime.fromisoformat(data.get("as_of") or leaf["at"])
    named = Named(
        used=dict(data["facts"]),
        person=leaf["person"],
        investor=leaf["investor"],
        report=leaf["report"],
        policy=leaf["policy"],
        moment=moment,
        entry_id=row.id,
        zone=ZoneInfo(data["zone"]) if "zone" in data else zone,
        action=None if leaf["action"] is None and leaf["kind"] in _OF_NO_ACT else Action(leaf["action"]),
        initiative=Initiative(data.get("initiative", Initiative.PULL.value)),
        is_scheduled=data.get("state") == ReleaseState.SCHEDULED.value,
    )
    return _Logged(row, named, _logged(Kind(leaf["kind"]), leaf, data))


def _logged(kind: Kind, leaf: Mapping[str, Any], data: Mapping[str, Any]) -> Verdict:
    if kind is Kind.REPORTS_LISTED:
        return Verdict(_SOMETHING if data["shown"] else _NOTHING, policy=leaf["policy"])
    stands_for = ANSWERS.get(kind)
    if (stands_for is not None and leaf["outcome"] != stands_for.value) or leaf["reason"] != next(iter(data["reasons"]), None):
        message = "an entry whose members contradict each other"
        raise ValueError(message)
    reasons, warnings, obligations = (tuple(map(str, data[name])) for name in ("reasons", "warnings", "obligations"))
    return Verdict(str(leaf["outcome"]), reasons, warnings, obligations, leaf["policy"])


def _again(logged: _Logged, rows: Rows, policy: Policy | None) -> Difference | None:
    """What is different when an entry is decided again; None if nothing is."""
    try:
        found = _verdict(logged, rows, policy)
        astray = facts_by_id.astray(rows, logged.named) if policy is None else ()
    except GatekeeperError:  # the policy's text cannot be used any more
        found, astray = None, ("policy",)
    if not astray and found is not None and _is_same(logged, found, policy):
        return None
    row = logged.row
    return Difference(row.code, row.at, row.kind, logged.verdict, found, astray)


def _is_same(logged: _Logged, found: Verdict, policy: Policy | None) -> bool:
    if logged.row.kind == Kind.REPORTS_LISTED.value:  # an empty list says nothing: there may have been no report to show
        is_own = policy is not None or logged.verdict.policy == found.policy
        return is_own and (found.outcome == _SOMETHING or logged.verdict.outcome == _NOTHING)
    if policy is None:
        return logged.verdict == found
    # Another policy has another digest, and obligations follow the outcome: what counts is what the reader would have met.
    return (logged.verdict.outcome, logged.verdict.reasons) == (found.outcome, found.reasons)


def _verdict(logged: _Logged, rows: Rows, policy: Policy | None) -> Verdict:
    facts, moment = facts_by_id.facts(rows, logged.named, policy), logged.named.moment
    if logged.row.kind != Kind.REPORTS_LISTED.value:
        return _of(decide(facts, moment))
    is_open = facts.investor is not None and facts.policy is not None and facts.statement_id is not None
    eligible = eligibility(facts.investor, facts.policy, moment) if is_open and facts.investor else None
    digest = facts.policy.digest if facts.policy else None
    return Verdict(_SOMETHING if eligible and eligible.open_admission else _NOTHING, policy=digest)


def _of(decision: Decision) -> Verdict:
    return Verdict(
        decision.outcome.value,
        tuple(reason.value for reason in decision.reasons),
        tuple(reason.value for reason in decision.warnings),
        tuple(decision.obligations),
        decision.policy,
    )
