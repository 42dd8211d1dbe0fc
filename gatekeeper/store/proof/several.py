"""Entries that hold several answers, read one answer at a time: each as if it had an entry of its own.

Who keeps such entries apart by person, investor or report (``store.proof.answers``) and who tells of one person alone read the
leaf in this way, so nobody is told an answer that was given to somebody else.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from gatekeeper.rules.events import Kind
from gatekeeper.store.proof.answers import KINDS, MEMBERS, Part
from gatekeeper.store.proof.ledger import LedgerEntry

OF_EACH = ("mandate", "standing", "class", "category", "lowest", "objectives", "acceptance")
"""The names of the rows that decide for one recipient, in the order in which an entry lists their ids."""
OF_INVESTOR = ("mandate", "standing", "class", "category", "lowest", "objectives")
OF_REPORT = ("release", "version", "grading")
"""The same of an investor and of a report, about which another system asks."""

Leaf = Mapping[str, Any]


def of_recipients(leaf: Leaf) -> Iterator[dict[str, Any]]:
    """Each recipient of a report in such an entry, as the leaf of an entry of its own would have it."""
    data = leaf["data"]
    common = _common(data)
    for _number, person, investor, place, ids in data["answers"]:
        initiative, outcome, reasons, warnings, obligations = data["verdicts"][place]
        used = {name: id_ for name, id_ in zip(OF_EACH, ids, strict=True) if id_ is not None}
        told = {"initiative": initiative, "reasons": reasons, "warnings": warnings, "obligations": obligations}
        own = {**common, "facts": {**data["facts"], **used}, "zone": data["zone"], **told}
        reason = reasons[0] if reasons else None
        yield {**leaf, "person": person, "investor": investor, "outcome": outcome, "reason": reason, "data": own}


def of_questions(leaf: Leaf) -> Iterator[dict[str, Any]]:
    """Each answer to another system in such an entry, in the order of the questions."""
    data = leaf["data"]
    common = _common(data)
    for _place, whom, about, which, acceptance in sorted(data["answers"]):
        person, investor, of_investor = data["people"][whom]
        report, state, of_report = data["reports"][about]
        initiative, outcome, reasons, warnings, obligations, action = data["verdicts"][which]
        used = dict(zip((*OF_INVESTOR, *OF_REPORT, "acceptance"), (*of_investor, *of_report, acceptance), strict=True))
        own = {
            **common,
            "facts": {**data["facts"], **{name: id_ for name, id_ in used.items() if id_ is not None}},
            "zone": data["zone"],
            "initiative": initiative,
            "reasons": reasons,
            "warnings": warnings,
            "obligations": obligations,
            **({"state": state} if state else {}),
        }
        reason = reasons[0] if reasons else None
        whose = {"person": person, "investor": investor, "report": report, "action": action}
        yield {**leaf, **whose, "outcome": outcome, "reason": reason, "data": own}


def _common(data: Mapping[str, Any]) -> dict[str, Any]:
    """What is the same for all answers of an entry, and told with each."""
    return {name: data[name] for name in ("channel", "distribution") if name in data}


READ: Mapping[Kind, Callable[[Leaf], Iterator[dict[str, Any]]]] = {
    Kind.DECISIONS_ASKED: of_questions,
    Kind.ENTITLED_SEARCHED: of_questions,
    Kind.LETTERS_ATTEMPTED: of_recipients,
    Kind.REPORT_DISTRIBUTED: of_recipients,
}
"""How the leaf of each kind that holds several answers is read.

What a search found is read in the same way, and decided again. It is nobody's answer: no rows are kept of it, and whoever tells
entries tells a search as one, with whom or what it was about.
"""
_COLUMNS = tuple(column.key for column in LedgerEntry.__table__.columns)


def leaves(leaf: Leaf) -> list[dict[str, Any]]:
    """Each answer of a leaf as a leaf of its own; of a leaf that holds one or none, the leaf itself.

    So is one without answers whose kind has them: whatever wrote it, a page that lists it must stand.
    """
    read = READ.get(leaf["kind"]) if "answers" in leaf["data"] else None
    return list(read(leaf)) if read else [dict(leaf)]


def parts(leaf: Leaf) -> list[Part]:
    """What must be kept of the answers of a leaf, in their order; nothing of a leaf that holds one or none."""
    if leaf["kind"] not in KINDS or "answers" not in leaf["data"]:
        return []
    if leaf["kind"] == Kind.DECISIONS_ASKED:
        return _parts_of_questions(leaf["data"])
    return [Part.of(each) for each in leaves(leaf)]


def _parts_of_questions(data: Mapping[str, Any]) -> list[Part]:
    """The same as of ``of_questions``, without making a leaf of each: they come in thousands, and their caller waits."""
    whose = [(person, investor) for person, investor, _ids in data["people"]]
    about = [report for report, *_ in data["reports"]]
    came_out = [(action, outcome, reasons[0] if reasons else None) for _, outcome, reasons, _, _, action in data["verdicts"]]
    parts = []
    for _place, whom, which, verdict, _acceptance in sorted(data["answers"]):
        (person, investor), (action, outcome, reason) = whose[whom], came_out[verdict]
        part = Part(person=person, investor=investor, report=about[which], action=action, outcome=outcome, reason=reason)
        parts.append(part)
    return parts


def told(row: Any, **about: str | None) -> list[tuple[Any, dict[str, Any]]]:
    """An entry with its data; of one that holds several answers, each that is about this, with that answer's own data.

    ``about`` names person, investor or report; what is None is left open.
    """
    leaf = json.loads(row.leaf)
    if row.kind not in KINDS:
        return [(row, leaf["data"])]
    wanted = {name: id_ for name, id_ in about.items() if id_ is not None}
    common = {name: getattr(row, name) for name in _COLUMNS}
    return [
        (SimpleNamespace(**common | {name: each[name] for name in MEMBERS}), each["data"])
        for each in leaves(leaf)
        if all(each[name] == id_ for name, id_ in wanted.items())
    ]
