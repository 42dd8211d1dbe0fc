"""An imported file in words: how far it is, what each row would change, and what came of it."""

import json
from collections.abc import Mapping
from typing import Any

from gatekeeper.ledger.acts.importing import Progress, State
from gatekeeper.rules.changing.raising import split
from gatekeeper.rules.errors import N_, Fault
from gatekeeper.rules.importing.columns import BY_KEY
from gatekeeper.rules.importing.judging import Pair, Verdict
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from gatekeeper.store.clients.imports import Outcome, Part, Step, faults_of
from gatekeeper.web import context, telling
from gatekeeper.web.clients.investor_told import in_words

Tag = tuple[str, str]
"""A word and its colour."""

STATES: dict[State, Tag] = {
    State.CHECKING: (N_("Being checked"), "info"),
    State.FAILED: (N_("Not usable"), "bad"),
    State.CHECKED: (N_("To be confirmed"), "warn"),
    State.DISCARDED: (N_("Discarded"), ""),
    State.LOWERING: (N_("Taking effect: what lowers"), "info"),
    State.WAITING: (N_("Waits for a second person"), "warn"),
    State.REJECTED: (N_("Rejected"), "bad"),
    State.WITHDRAWN: (N_("Withdrawn"), ""),
    State.RAISING: (N_("Taking effect: what raises"), "info"),
    State.FINISHED: (N_("Done"), "good"),
}
VERDICTS: dict[Verdict, Tag] = {
    Verdict.NEW: (N_("New"), "good"),
    Verdict.CHANGED: (N_("Changed"), "info"),
    Verdict.UNCHANGED: (N_("Unchanged"), ""),
    Verdict.REFUSED: (N_("Refused"), "bad"),
}
FILTERS = {
    None: N_("All rows"),
    "refused": N_("Refused"),
    "new": N_("New investors"),
    "lowers": N_("Lowers"),
    "raises": N_("Raises"),
    "apart": N_("To be looked at singly"),
    "unchanged": N_("Unchanged"),
    "left-out": N_("Left out"),
}
_PARTS = {Part.LOWER: N_("Lowers"), Part.RAISE: N_("Raises")}
_OUTCOMES: dict[Outcome, Tag] = {
    Outcome.APPLIED: (N_("In force"), "good"),
    Outcome.LEFT_OUT: (N_("Left out"), "bad"),
}
_WAITING: dict[State, str] = {
    State.CHECKED: N_("Not confirmed yet"),
    State.DISCARDED: N_("Discarded"),
    State.REJECTED: N_("Rejected by the second person"),
    State.WITHDRAWN: N_("Proposal withdrawn"),
}
_STILL = N_("Waits")
_NOWHERE = "-"
_PLACES = {
    "category": tuple(RiskCategory.__members__),
    "class": tuple(each.value for each in InvestorClass),
    "lowest": (str(False), str(True)),
}
"""Where an investor may stand, by fact, in the order of the summary."""


def tag(of: Tag) -> Tag:
    """A word in the reader's language, with its colour."""
    return context.translated(of[0]), of[1]


def title_of(key: str | None) -> str:
    """The heading of a column in the reader's language."""
    if key not in BY_KEY:
        return ""
    column = BY_KEY[key]
    return column.zh if context.tag() == "zh_CN" else column.en


def line(found: Progress) -> dict[str, Any]:
    """One import of the list."""
    checked = found.told(Step.CHECKED) if Step.CHECKED in found.steps else None
    return {
        "id": found.row.id,
        "name": found.row.file_name,
        "at": found.row.asked_at,
        "by": found.row.asked_by_name,
        "state": tag(STATES[found.state]),
        "rows": telling.number(checked["rows"]) if checked else "—",
        "refused": telling.number(checked["verdicts"][Verdict.REFUSED]) if checked else "—",
    }


def row(found: Any, done: Mapping[tuple[int, str], Any], progress: Progress) -> dict[str, Any]:
    """One row: whom it is about, its verdict with every reason, each change beside what is on file, and what came of it."""
    content = json.loads(found.content)
    names = {found.about_person: content["person"]} if content["person"] else {}
    pairs = [Pair.from_data(each) for each in content["pairs"]]
    return {
        "number": found.number,
        "client": found.client_number,
        "name": content["name"],
        "file": found.about_investor if content["on_file"] else None,
        "login": found.login,
        "verdict": tag(VERDICTS[Verdict(found.verdict)]),
        "apart": found.apart,
        "faults": [(title_of(field), context.told(Fault(message, **values))) for message, field, values in faults_of(found)],
        "changes": [_change(pair, names, found.verdict) for pair in pairs],
        "results": results(found, done, progress),
    }


def _change(pair: Pair, names: Mapping[str, str], verdict: str) -> dict[str, Any]:
    lowered, raised = split(pair.before, pair.after, context.now())
    says = [
        context.translated(_PARTS[part]) for part, change in ((Part.LOWER, lowered), (Part.RAISE, raised)) if change is not None
    ]
    return {
        "title": telling.title(pair.after),
        "before": in_words(pair.before, names) if pair.before is not None else None,
        "after": in_words(pair.after, names),
        "parts": [] if verdict == Verdict.NEW else says,
    }


def results(found: Any, done: Mapping[tuple[int, str], Any], progress: Progress) -> list[dict[str, Any]]:
    """What came of a row: of each part that it has, or that it had none; with the code of the entry that says so."""
    parts = [part for part, has in ((Part.LOWER, found.lowers), (Part.RAISE, found.raises)) if has]
    if not parts:
        verdict = VERDICTS[Verdict(found.verdict)]
        return [{"part": "", "outcome": tag(verdict), "why": "", "code": progress.steps[Step.CHECKED].code}]
    told = []
    for part in parts:
        result = done.get((found.number, part.value))
        if result is not None:
            outcome, why = tag(_OUTCOMES[Outcome(result.outcome)]), context.translated(result.why) if result.why else ""
            told.append({"part": context.translated(_PARTS[part]), "outcome": outcome, "why": why, "code": result.code})
        else:
            told.append({"part": context.translated(_PARTS[part]), "why": "", **_pending(progress)})
    return told


def _pending(progress: Progress) -> dict[str, Any]:
    """What is said of a part that nothing has come of: it waits, or it never will."""
    step = progress.steps.get(Step.CONFIRMED) or progress.steps.get(Step.DISCARDED) or progress.steps[Step.CHECKED]
    return {"outcome": (context.translated(_WAITING.get(progress.state, _STILL)), ""), "code": step.code}


def moves(told: Mapping[str, Any]) -> list[dict[str, Any]]:
    """How many investors go from where to where: for category, class and lowest flag a table, down what is on file."""
    found = []
    for fact, places in _PLACES.items():
        numbers = {tuple(move.split(">")): number for move, number in told["moves"][fact].items()}
        rows = [place for place in (_NOWHERE, *places) if any(old == place for old, _ in numbers)]
        columns = [place for place in places if any(new == place for _, new in numbers)]
        if numbers:
            found.append(
                {
                    "title": context.translated(telling.TITLES[fact]),
                    "columns": [(column, _place(column), "number") for column in columns],
                    "rows": [{"from": _place(old)} | {new: numbers.get((old, new)) for new in columns} for old in rows],
                }
            )
    return found


def _place(name: str) -> str:
    if name == _NOWHERE:
        return context.translated(N_("Nothing on file"))
    if name in RiskCategory.__members__:
        return telling.named(RiskCategory[name])
    return telling.named(InvestorClass(name)) if name in set(InvestorClass) else telling.yes_no(name == str(True))
