"""Saying that a row of an investor's file was entered in error: what would apply then, what was decided on it, and why."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.clients import corrections
from gatekeeper.actions.clients.corrections import Corrected, Mistake, Outlook
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.web import context, form_reader, guards, telling
from gatekeeper.web.clients import investor_told

bp = Blueprint("corrections", __name__)

_SHOWN = 50
_LONGEST = 40


@bp.get("/<investor>/corrections/<code>/<fact>")
@guards.requires(Permission.CHANGE_INVESTORS)
def show(investor: str, code: str, fact: str) -> ResponseReturnValue:
    """What it would come to if this were an error."""
    return _page(investor, code, fact)


@bp.post("/<investor>/corrections/<code>/<fact>")
@guards.requires(Permission.CHANGE_INVESTORS)
def correct(investor: str, code: str, fact: str) -> ResponseReturnValue:
    """Mark it as an error, or propose that."""
    try:
        mistake = Mistake(
            code=code,
            fact=fact,
            person=_person(),
            seen=_typed("seen"),
            reason=_typed("reason"),
            evidence=_typed("evidence"),
        )
        corrected = context.database().transact(corrections.correct, context.caller(), investor, mistake, context.now())
    except (Invalid, Conflict) as error:
        return _page(investor, code, fact, error)
    return _back(investor, corrected)


def _typed(name: str) -> str:
    return request.form.get(name, "").strip()


def _person() -> str | None:
    return request.args.get("person", "")[:_LONGEST] or None


def _page(investor: str, code: str, fact: str, error: GatekeeperError | None = None) -> ResponseReturnValue:
    who, now = context.caller(), context.now()
    outlook = context.database().record(corrections.view, who, investor, code, fact, now, person=_person())
    page = render_template(
        "investors/correction.html",
        row=outlook.overview,
        outlook=outlook,
        told=_told(outlook),
        readings=[_reading(each) for each in outlook.readings.rows[:_SHOWN]],
        count=len(outlook.readings.rows),
        address=url_for("investors.corrections.correct", investor=investor, code=code, fact=fact, person=_person()),
        typed=request.form,
        **form_reader.told(error),
    )
    return page, investor_told.status(error)


def _told(outlook: Outlook) -> dict[str, Any]:
    """The row, what applies now and what would, in words."""
    names, written = outlook.names, outlook.written
    return {
        "title": telling.title(outlook.wrong.says),
        "says": investor_told.in_words(outlook.wrong.says, names),
        "now": investor_told.in_words(outlook.before, names),
        "then": investor_told.in_words(outlook.after, names),
        "floor": investor_told.in_words(outlook.floor, names) if outlook.floor else None,
        "since": written.at,
        "by": telling.actor(written.actor, names),
        "code": written.code,
    }


def _reading(found: Any) -> dict[str, Any]:
    outcome = Outcome(found.outcome) if found.outcome else None
    return {
        "at": found.at,
        "what": telling.named(found.kind) if isinstance(found.kind, Kind) else found.kind,
        "outcome": outcome,
        "reason": telling.titled(Reason, found.reason),
        "report": (found.grade, found.published_on),
        "code": found.code,
    }


def _back(investor: str, corrected: Corrected) -> ResponseReturnValue:
    if corrected.is_marked:
        flash(context.translated(N_("Marked as entered in error. What it had displaced applies again.")), "success")
    if corrected.waits is not None:
        waits = N_("The correction makes something more favourable, so compliance or another client admin must approve it.")
        flash(context.translated(waits), "info")
    return redirect(url_for("investors.show", investor=investor), 303)
