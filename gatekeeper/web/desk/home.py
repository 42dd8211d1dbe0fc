"""Where a day at the desk begins: numbers, each of which leads to the list that it counts."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions import home
from gatekeeper.rules.errors import N_
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Reason
from gatekeeper.store.home import COUNTED, DAYS, LAPSES, LOOKED_THROUGH
from gatekeeper.web import context, guards, telling
from gatekeeper.web.paging import key, position, token

bp = Blueprint("home", __name__)

_WHAT = {
    "category": N_("Category"),
    "class": N_("Professional status"),
    "contract": N_("Service contract"),
}


@bp.get("/home")
@guards.requires(Permission.SEE_PROPOSALS)
def index() -> ResponseReturnValue:
    """What waits for the visitor, what lapses soon, who never came, what was refused most."""
    found = context.database().record(home.view, context.caller(), context.now())
    return render_template(
        "home/index.html",
        found=found,
        days=DAYS,
        lapsing=_lapsing(found) if found.lapsing else [],
        declared=_number(found.declared)[1],
        asked=tuple(_number(each) for each in found.asked or (0, 0)),
        never_activated=_number(found.never_activated),
        to_publish=_number(found.to_publish),
        applications=_number(found.applications),
        reasons=[(reason, telling.titled(Reason, reason), number) for reason, number in found.reasons or []],
        looked_through=LOOKED_THROUGH,
    )


def _lapsing(found: home.Home) -> list[dict[Any, Any]]:
    numbers = found.lapsing or {}
    lines: list[dict[Any, Any]] = []
    for what in LAPSES:
        counted = dict(zip(DAYS, map(_number, numbers[what]), strict=True))
        lines.append({"what": context.translated(_WHAT[what]), "key": what, **counted})
    return lines


def _number(counted: int | None) -> tuple[int, str]:
    """A number, and how it is written: what goes beyond the limit says so."""
    number = counted or 0
    if number > COUNTED:
        return number, context.translated(N_("more than %(number)s"), number=COUNTED)
    return number, str(number)


@bp.get("/lapsing/<what>/<days>")
@guards.requires(Permission.SEE_INVESTORS)
def lapsing(what: str, days: str) -> ResponseReturnValue:
    """Whose category, status or contract lapses soon."""
    after = position(request.args.get("after"))
    within = int(days) if days.isdecimal() and len(days) <= len(str(max(DAYS))) else 0
    found = context.database().record(home.lapsing, context.caller(), what, within, after, context.now())
    last = found.rows[-1] if found.has_more else None
    return render_template(
        "home/lapsing.html",
        what=context.translated(_WHAT[what]),
        days=days,
        rows=[{"row": row, "day": telling.last_day(row.ends)} for row in found.rows],
        beginning=url_for(".lapsing", what=what, days=days) if after else None,
        following=url_for(".lapsing", what=what, days=days, after=token(last.ends, last.id)) if last else None,
    )


@bp.get("/never-activated")
@guards.requires(Permission.SEE_INVESTORS)
def never_activated() -> ResponseReturnValue:
    """Which clients never set a password."""
    after = position(request.args.get("after"))
    found = context.database().record(home.never_activated, context.caller(), after, context.now())
    last = found.rows[-1] if found.has_more else None
    return render_template(
        "home/never_activated.html",
        rows=found.rows,
        beginning=url_for(".never_activated") if after else None,
        following=url_for(".never_activated", after=token(last.created_at, last.id)) if last else None,
    )


@bp.get("/refused/<reason>")
@guards.requires(Permission.SEE_INVESTORS)
def refused(reason: str) -> ResponseReturnValue:
    """Which investors were refused for a reason."""
    rows = context.database().record(home.refused, context.caller(), key(reason), context.now())
    return render_template("home/refused.html", reason=telling.titled(Reason, reason), rows=rows, most=home.PAGE)
