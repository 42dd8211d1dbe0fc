"""The answers of a batch, as the page of its entry shows them: one row for each, in the order in which they were asked."""

from dataclasses import dataclass

from gatekeeper.actions.proof.audit import Entry
from gatekeeper.ledger import batches
from gatekeeper.rules.errors import N_
from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.store.proof import several
from gatekeeper.web import context, telling

MEMBERS = frozenset({"people", "reports", "verdicts", "answers"})
"""The members of an entry that are told here."""
LABELS = {
    "found": N_("Found on this page"),
    "goes_on": N_("There may be more"),
    "items": N_("Questions asked"),
    "sought": N_("Searched for"),
}
"""What the other members of such an entry are called."""
SOUGHT = {
    "actions": N_("What somebody may do with a report"),
    "persons": N_("Who may have a report"),
    "reports": N_("Which reports somebody may have"),
}
"""What a search can be for."""
_NOBODY = N_("Nobody whom the caller may ask about")
_NO_REPORT = N_("No such report")


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: about whom and what, and what was decided."""

    place: int
    who: str
    report: str
    action: str
    outcome: Outcome | None
    reasons: str


def told(entry: Entry) -> list[Answer]:
    """Every answer of a batch; none where an entry is no batch."""
    if entry.row.kind not in batches.KINDS:
        return []
    places = sorted(each[0] for each in entry.leaf["data"]["answers"])
    return [
        Answer(
            place + 1,
            _who(entry, leaf["person"], leaf["investor"]),
            entry.titles.get(leaf["report"], leaf["report"] or context.translated(_NO_REPORT)),
            _joined(telling.titled(Action, leaf["action"]) or "—", telling.titled(Initiative, leaf["data"]["initiative"])),
            Outcome(leaf["outcome"]) if leaf["outcome"] in list(Outcome) else None,
            context.translated(N_("; ")).join(str(telling.titled(Reason, each)) for each in leaf["data"]["reasons"]) or "—",
        )
        for place, leaf in zip(places, several.of_questions(entry.leaf), strict=True)
    ]


def _who(entry: Entry, person: str | None, investor: str | None) -> str:
    names = list(dict.fromkeys(entry.names.get(each, each) for each in (person, investor) if each))
    return _joined(*names) if names else context.translated(_NOBODY)


def _joined(*parts: str | None) -> str:
    return " · ".join(part for part in parts if part)
