"""Distributions in words: to whom, how far, what became of each, and the sum."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.actions.publishing.distributions import Part, Preview, View
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.messages.distribution import ARRIVED, SKIPPED, UNDER_WAY, Numbers, Progress, Result, To, Totals
from gatekeeper.rules.risk import Initiative, InvestorClass, RiskCategory
from gatekeeper.rules.suitability import Reason
from gatekeeper.store.publishing import library
from gatekeeper.web import context, telling

_COLOURS = {Progress.RUNNING: "info", Progress.HALTED: "warn", Progress.DONE: "good"}
_NUMBERS = N_("%(what)s (%(number)s)")
_VALUE = N_("%(what)s: %(value)s")
_MOST_SHOWN = 20


def out(connection: Connection, report: str, now: datetime) -> Any:
    """The report of a form: its newest version."""
    version = library.one_for_staff(connection, report, now)
    if version is None:
        raise NotFound(N_("There is no such report."))
    return version


def chosen(choice: Mapping[str, Any]) -> str:
    """To whom, in words."""
    to, value = To(choice["to"]), choice["value"]
    name = telling.named(to)
    match to:
        case To.NUMBERS:
            return context.translated(_NUMBERS, what=name, number=telling.number(choice["numbers"]))
        case To.CLASS:
            return context.translated(_VALUE, what=name, value=telling.titled(InvestorClass, value))
        case To.CATEGORY:
            return context.translated(_VALUE, what=name, value=telling.named(RiskCategory[value]))
        case To.BRANCH:
            return context.translated(_VALUE, what=name, value=value)
        case _:
            return name


def progress(row: Any) -> tuple[str, str]:
    """How far it is, with its colour."""
    found = Progress(row.state)
    return telling.named(found), _COLOURS[found]


def line(row: Any, choice: Mapping[str, Any], totals: Totals) -> dict[str, Any]:
    """One distribution of the list."""
    return {
        "id": row.id,
        "title": row.title,
        "to": chosen(choice),
        "at": row.asked_at,
        "by": row.asked_by_name or context.translated(N_("By its release")),
        "state": progress(row),
        "sent": telling.number(totals.sent),
        "all": telling.number(totals.all),
    }


def preview(found: Preview, numbers: Numbers | None, part: Part | None) -> dict[str, Any]:
    """What sending would come to."""
    lines = [
        {
            "what": telling.named(each.state),
            "reason": _reason(each.reason) if found.may_tell_reasons else "",
            "number": telling.number(each.number),
            "pull": telling.number(each.pull),
            "part": f"{each.state.value}/{each.reason}",
        }
        for each in found.lines
    ]
    shown = None
    if part is not None and found.may_name:
        name = f"{part.state.value}/{part.reason}"
        following = "/".join((name, *found.following)) if found.following else None
        of = " · ".join(filter(None, (telling.named(part.state), _reason(part.reason))))
        shown = {"title": of, "people": found.people, "following": following, "beginning": name if part.after else None}
    return {
        "total": found.total,
        "lines": lines if found.may_tell_reasons else _without_reasons(found),
        "tells_reasons": found.may_tell_reasons,
        "may_name": found.may_name,
        "shown": shown,
        "unknown": found.unknown[:_MOST_SHOWN],
        "unknown_number": len(found.unknown),
        "repeated": numbers.repeated if numbers is not None else 0,
    }


def _without_reasons(found: Preview) -> list[dict[str, Any]]:
    """The same for somebody who may not see files and has typed the numbers: who gets it and who does not, and no more."""
    gets = {Result.WAITING, Result.INBOX, Result.NO_ADDRESS}
    numbers = [sum(each.number for each in found.lines if (each.state in gets) is wanted) for wanted in (True, False)]
    words = (N_("Would get it"), N_("Would not get it"))
    return [
        {"what": context.translated(word), "reason": "", "number": telling.number(number), "pull": "—", "part": ""}
        for word, number in zip(words, numbers, strict=True)
    ]


def _reason(reason: str) -> str:
    return (telling.titled(Reason, reason) or "") if reason else ""


def whole(found: View, only: str) -> dict[str, Any]:
    """One distribution: facts, the sum, and a page of its recipients."""
    row, totals = found.row, found.totals
    return {
        "row": row,
        "to": chosen(found.choice),
        "by": row.asked_by_name or context.translated(N_("By its release")),
        "state": progress(row),
        "runs": row.state == Progress.RUNNING.value,
        "is_halted": row.state == Progress.HALTED.value,
        "totals": totals,
        "decided": totals.all - totals.of(Result.PLANNED),
        "is_decided": not totals.of(Result.PLANNED),
        "sums": _sums(totals, tells_reasons=found.may_tell_reasons),
        "may_name": found.may_name,
        "only": only,
        "rows": [cells(each) for each in found.rows],
    }


def _sums(totals: Totals, *, tells_reasons: bool) -> list[dict[str, Any]]:
    """Each part of the sum: what it is, how many, and what it is made of."""
    parts = (
        (N_("Sent"), totals.sent, ARRIVED),
        (N_("Refused"), totals.refused, frozenset({Result.REFUSED})),
        (N_("Skipped"), totals.skipped, SKIPPED),
        (N_("Uncertain"), totals.of(Result.UNCERTAIN), frozenset({Result.UNCERTAIN})),
        (N_("Not delivered"), totals.of(Result.FAILED), frozenset({Result.FAILED})),
        (N_("Still under way"), totals.under_way, UNDER_WAY),
    )
    found = []
    for word, number, states in parts:
        if states == {Result.REFUSED}:
            some = totals.reasons if tells_reasons else {}
            made_of = [(_reason(reason), n, f"{Result.REFUSED.value}/{reason}") for reason, n in some.items()]
        else:
            counted = [(each, totals.of(each)) for each in Result if each in states]
            made_of = [(telling.named(each), n, each.value) for each, n in counted if n]
        of = [{"what": what, "number": telling.number(n), "only": name} for what, n, name in made_of]
        found.append({"what": context.translated(word), "number": telling.number(number), "of": of})
    return found


def cells(row: Any) -> dict[str, Any]:
    """One recipient."""
    return {
        "number": row.number,
        "client_number": row.client_number,
        "investor": row.investor_name,
        "investor_id": row.investor_id,
        "person": row.person_name,
        "initiative": telling.titled(Initiative, row.initiative) or "—",
        "state": telling.named(Result(row.state)),
        "reason": _reason(row.reason),
        "changed_at": telling.seconds(row.changed_at),
        "code": row.code or "—",
    }
