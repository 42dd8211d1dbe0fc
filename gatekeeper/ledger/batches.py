"""Many answers to one caller in one entry: whom, what and each verdict once, and a short row for every answer.

A leaf holds 65,535 bytes. A hundred answers about as many people and reports take two thirds of it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Event
from gatekeeper.rules.events import Kind
from gatekeeper.rules.facts import ReleaseState
from gatekeeper.rules.suitability import Decision
from gatekeeper.store.proof import several
from gatekeeper.store.proof.several import OF_INVESTOR, OF_REPORT
from gatekeeper.store.reading.access import Case

KINDS = frozenset({Kind.DECISIONS_ASKED, Kind.ENTITLED_SEARCHED})
"""The kinds of entry that are made here: what was asked about, and what was searched for and may be had."""
MOST = 100
"""So many answers stand in one entry."""


@dataclass(frozen=True, slots=True)
class Given:
    """One answer by its place in the batch, about whom, and what it was decided on. ``outside`` is who may not be told of."""

    place: int
    person: str | None
    case: Case
    decision: Decision
    asked_for: str
    outside: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What all entries of a batch say beside their answers.

    ``about`` is whom and what it was about as a whole, where the answers alone would not tell; ``private`` is what must be
    erasable of the question.
    """

    kind: Kind = Kind.DECISIONS_ASKED
    more: Mapping[str, Any]
    about: Mapping[str, Any] = field(default_factory=dict)
    private: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class _Once:
    """What an entry says once however often it is meant, by its place."""

    said: list[Any] = field(default_factory=list)
    places: dict[Any, int] = field(default_factory=dict)

    def place(self, key: Any, said: Callable[[], list[Any]]) -> int:
        place = self.places.get(key)
        if place is None:
            place = self.places[key] = len(self.said)
            self.said.append(said())
        return place


def asked(caller: Caller, given: Sequence[Given], common: Case, now: datetime, head: Head) -> tuple[Event, ...]:
    """The entries of a batch, at least one. ``common`` has the policy, the statement and the zone, the same for all answers."""
    pieces = [given[first : first + MOST] for first in range(0, len(given), MOST)] or [given]
    return tuple(_entry(caller, piece, common, now, head) for piece in pieces)


def _entry(caller: Caller, given: Sequence[Given], common: Case, now: datetime, head: Head) -> Event:
    whom, reports, verdicts, answers = _Once(), _Once(), _Once(), []
    for each in given:
        case, facts = each.case, each.case.facts
        person = whom.place((each.person, case.investor), partial(_whom, each))
        report = reports.place(case.report, partial(_report, case))
        verdict = verdicts.place((facts.initiative, facts.action, each.decision), partial(_verdict, each))
        answers.append([each.place, person, report, verdict, case.used.get("acceptance")])
    policy = common.facts.policy
    data: dict[str, Any] = {
        "facts": {name: id_ for name, id_ in common.used.items() if name in ("policy", "statement")},
        "zone": str(common.facts.zone),
        "people": whom.said,
        "reports": reports.said,
        "verdicts": verdicts.said,
        "answers": answers,
        **head.more,
    }
    members = {
        "person": _only(person for person, _, _ in whom.said),
        "investor": _only(investor for _, investor, _ in whom.said),
        "report": _only(report for report, *_ in reports.said),
        "action": _only(each.case.facts.action for each in given),
        **head.about,
    }
    return caller.event(
        head.kind,
        now,
        **members,
        policy=policy.digest if policy else None,
        data=data,
        private={**_apart(given), **head.private},
        parts=tuple(several.parts({"kind": head.kind, "data": data})),
    )


def _apart(given: Sequence[Given]) -> dict[str, str]:
    """What the caller named that is not there, or not for this caller, by its place, counted from one."""
    reports = [f"{each.place + 1}: {each.asked_for}" for each in given if each.asked_for]
    outside = [f"{each.place + 1}: {each.outside}" for each in given if each.outside]
    return {"report_asked_for": "\n".join(reports), "subject_outside": "\n".join(outside)}


def _only(values: Iterator[Any]) -> Any:
    """The one value that all have, or None."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def _whom(each: Given) -> list[Any]:
    return [each.person, each.case.investor, _ids(each.case, OF_INVESTOR)]


def _report(case: Case) -> list[Any]:
    return [case.report, *_state(case), _ids(case, OF_REPORT)]


def _ids(case: Case, names: Sequence[str]) -> list[Any]:
    return [case.used.get(name) for name in names]


def _state(case: Case) -> list[str | None]:
    """That a report is approved and dated, which no current row states."""
    report = case.facts.report
    return [ReleaseState.SCHEDULED.value if report is not None and report.state is ReleaseState.SCHEDULED else None]


def _verdict(each: Given) -> list[Any]:
    facts, decision = each.case.facts, each.decision
    reasons, warnings = ([reason.value for reason in some] for some in (decision.reasons, decision.warnings))
    action = facts.action.value if facts.action else None
    return [facts.initiative.value, decision.outcome.value, reasons, warnings, list(decision.obligations), action]


def about(data: Mapping[str, Any]) -> tuple[list[str], list[str], list[str]]:
    """The persons, the investors and the reports of such an entry."""
    persons, investors = ({each[place] for each in data["people"] if each[place]} for place in range(2))
    return sorted(persons), sorted(investors), sorted({each[0] for each in data["reports"] if each[0]})
