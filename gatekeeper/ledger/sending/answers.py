"""Many answers about one report in one entry: each recipient with the rows that decided, and the verdicts that they share.

A leaf holds 65,535 bytes. A hundred recipients take a third of it: what is the same for all stands once, as each verdict does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Event
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.rules.suitability import Decision
from gatekeeper.store.proof.answers import Part
from gatekeeper.store.proof.several import OF_EACH, of_recipients
from gatekeeper.store.reading.access import Case

MOST = 100
"""So many answers stand in one entry."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One recipient by number, who that is, who moved first, the rows used, and the decision."""

    number: int
    person: str
    investor: str
    initiative: Initiative
    used: Mapping[str, int]
    decision: Decision


def answered(
    caller: Caller,
    kind: Kind,
    common: Case,
    answers: Sequence[Answer],
    now: datetime,
    *,
    more: Mapping[str, Any],
    private: dict[str, str] | None = None,
) -> Event:
    """Build the entry of at most ``MOST`` answers about the report of ``common``."""
    verdicts: list[list[Any]] = []
    rows = []
    for each in answers:
        verdict = _verdict(each)
        if verdict not in verdicts:
            verdicts.append(verdict)
        ids = [each.used.get(name) for name in OF_EACH]
        rows.append([each.number, each.person, each.investor, verdicts.index(verdict), ids])
    data = {"facts": common.used, "zone": str(common.facts.zone), "verdicts": verdicts, "answers": rows, **more}
    policy = common.facts.policy
    digest = policy.digest if policy else None
    about = {"person": None, "investor": None, "report": common.report, "action": Action.RECEIVE, "policy": digest}
    said = {"report": common.report, "action": Action.RECEIVE.value, "data": data}
    parts = tuple(Part.of(each) for each in of_recipients(said))
    return caller.event(kind, now, **about, data=data, private=private, parts=parts)


def _verdict(each: Answer) -> list[Any]:
    decision = each.decision
    reasons, warnings = ([reason.value for reason in some] for some in (decision.reasons, decision.warnings))
    return [each.initiative.value, decision.outcome.value, reasons, warnings, list(decision.obligations)]
