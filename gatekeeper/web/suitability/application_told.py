"""An application for professional status in words: its ground, what the rules find of each need, its evidence."""

from typing import Any

from gatekeeper.ledger.acts.applying import Examined
from gatekeeper.rules.professional import GROUNDS, Evidence, Verdict
from gatekeeper.web import context, telling


def ground_named(ground: str) -> str:
    """A ground with what it says."""
    titles = {name: title for grounds in GROUNDS.values() for name, title in grounds.items()}
    return context.translated(titles[ground]) if ground in titles else ground


def needs(verdict: Verdict | None) -> list[dict[str, Any]]:
    """Each need with what is found of its alternatives: a line each, the first of a need with the word on the whole of it."""
    lines = []
    for alternatives in verdict.needs if verdict else ():
        met = any(each.met for each in alternatives)
        for number, each in enumerate(alternatives):
            needed = context.told(each.needed) if each.needed else "—"
            words = {"need": telling.named(each.need), "needed": needed, "why": context.told(each.why)}
            lines.append({**words, "met": each.met, "is_other": number > 0, "suffices": met and not each.met})
    return lines


def by_kind(found: Examined) -> list[tuple[Evidence, Any]]:
    """The evidence, each file with what it is, in the order of the kinds."""
    files = [(Evidence(each.kind), each) for each in found.files]
    return sorted(files, key=lambda pair: list(Evidence).index(pair[0]))


def told(found: Examined) -> dict[str, Any]:
    """An application in words for whoever judges it: what the rules find by both policies, and its evidence by kind."""
    return {
        "found": found,
        "ground": ground_named(found.row.ground),
        "needs_now": needs(found.now),
        "needs_then": needs(found.then),
        "files": [(telling.named(kind), each) for kind, each in by_kind(found)],
        "lacking": [[telling.named(each) for each in alternatives] for alternatives in found.lacking],
        "problem": context.told(found.problem.fault) if found.problem else "",
    }
