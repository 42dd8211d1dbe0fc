"""The access log as its page shows it: its lines, what is asked of it, and the way to every narrower and wider question."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from flask import url_for

from gatekeeper.actions.proof.audit import Page
from gatekeeper.rules.errors import N_
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.store.proof.entries import Match
from gatekeeper.web import context, telling
from gatekeeper.web.log import log_entry, log_filter
from gatekeeper.web.log.filter_words import LABELS
from gatekeeper.web.log.log_filter import Asked
from gatekeeper.web.paging import token


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a line, with the addresses of the search that shows only it and of the search that leaves it out."""

    text: str
    only: str | None = None
    out: str | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry in the list."""

    at: datetime
    kind: Value | None
    actor: Value | None
    person: Value | None
    investor: Value | None
    report: Value | None
    action: Value | None
    outcome: Value | None
    reason: Value | None
    code: str


Ways = Callable[[str, str | None, str | None], Value | None]


def lines(page: Page, asked: Asked) -> list[Line]:
    """The entries of a page. A person concerned who is also the one who acted is not named twice."""
    made: dict[tuple[str, str | None], Value | None] = {}

    def value(name: str, id_: str | None, text: str | None) -> Value | None:
        if (name, id_) not in made:
            made[name, id_] = _value(asked, name, id_, text)
        return made[name, id_]

    return [_line(row, page, value) for row in page.rows]


def _value(asked: Asked, name: str, id_: str | None, text: str | None) -> Value | None:
    if id_ is None:
        return None
    outcome = log_entry.outcome(id_) if name == "outcome" else None
    if asked.typed[name] == id_:  # nothing narrower to offer
        return Value(text or id_, outcome=outcome)
    return Value(text or id_, asked.only(name, id_), asked.leaving_out(name, id_), outcome)


def _line(row: Any, page: Page, value: Ways) -> Line:
    kind, _, actor = row.actor.partition(":")
    is_other = row.person is not None and row.actor != f"person:{row.person}"
    told = telling.actor(row.actor, page.names)
    return Line(
        at=row.at,
        kind=value("kind", row.kind, telling.titled(Kind, row.kind)),
        actor=value("person", actor, told) if kind == "person" else Value(told),
        person=value("person", row.person, page.names.get(row.person)) if is_other else None,
        investor=value("investor", row.investor, page.names.get(row.investor)),
        report=value("report", row.report, page.titles.get(row.report)),
        action=value("action", row.action, telling.titled(Action, row.action)),
        outcome=value("outcome", row.outcome, telling.titled(Outcome, row.outcome)),
        reason=value("reason", row.reason, telling.titled(Reason, row.reason)),
        code=row.code,
    )


@dataclass(frozen=True, slots=True)
class Chip:
    """One part of what is asked, in words, and the address of the search without it."""

    label: str
    text: str
    is_out: bool
    without: str


def chips(asked: Asked, matches: Mapping[str, list[Match]], left_out: Mapping[tuple[str, str], list[Match]]) -> list[Chip]:
    """What is asked, part by part, in the order of the form."""
    found = []
    for name, label in LABELS.items():
        if text := asked.typed[name]:
            found.append(Chip(context.translated(label), _said(name, text, matches.get(name, [])), False, asked.without(name)))
        for each, out in asked.left_out:
            if each == name:
                said = _said(name, out, left_out.get((name, out), []))
                found.append(Chip(context.translated(label), said, True, asked.taking_back(name, out)))
    return found


def _said(name: str, text: str, matches: list[Match]) -> str:
    if name in log_filter.CHOICES:
        return telling.titled(log_filter.CHOICES[name], text) or text
    return matches[0].name if len(matches) == 1 else text


def ambiguous(asked: Asked, page: Page) -> list[dict[str, Any]]:
    """Words of the search that mean several people, investors or reports: each of them with the address that means it alone."""
    return [
        {"words": asked.typed[name], "matches": [(each, address(asked, **{name: each.id})) for each in found]}
        for name, found in page.matches.items()
        if len(found) > 1
    ]


def choices() -> dict[str, list[tuple[str, str]]]:
    """The options of the filter's lists."""
    everything = ("", context.translated(N_("All")))
    return {
        name: [everything, *((each.value, telling.named(each)) for each in kind)] for name, kind in log_filter.CHOICES.items()
    }


def address(asked: Asked, **more: str) -> str:
    """The address of a search."""
    state: dict[str, Any] = {**asked.filled, **more}
    return url_for("compliance.log") + (f"?{urlencode(state, doseq=True)}" if state else "")


def values(asked: Asked, page: Page | None) -> dict[str, Any]:
    """Everything that the page shows."""
    rows = page.rows if page else []
    faults = asked.faults + (page.faults if page else ())
    return {
        "typed": asked.typed,
        "left_out": asked.left_out,
        "labels": LABELS,
        "chips": chips(asked, page.matches if page else {}, page.left_out if page else {}),
        "query": asked.query,
        "errors": [(fault.field, context.told(fault)) for fault in faults],
        "lines": lines(page, asked) if page else [],
        "choices": choices(),
        "ambiguous": ambiguous(asked, page) if page else [],
        "views": page.views if page else [],
        "older": address(asked, older=token(rows[-1].at, rows[-1].id)) if page and page.has_older and rows else None,
        "newer": address(asked, newer=token(rows[0].at, rows[0].id)) if page and page.has_newer and rows else None,
        "newest": address(asked) if asked.position else None,
        "zone": context.services().settings.time_zone.key,
    }
