"""The questionnaires: their versions, the editor with its checks, trying a text out, and proposing it."""

from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.suitability import questionnaires
from gatekeeper.actions.suitability.questionnaires import Tried
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, form_reader, guards
from gatekeeper.web.clients.investor_told import status
from gatekeeper.web.paging import key

bp = Blueprint("questionnaires", __name__, url_prefix="/questionnaires")


@bp.get("")
@guards.requires(Permission.SEE_STATEMENTS)
def index() -> ResponseReturnValue:
    """Each questionnaire with its versions, and what waits."""
    found = context.database().record(questionnaires.shelf, context.caller(), context.now())
    return render_template("questionnaires/index.html", found=found, now=context.now())


@bp.get("/<code>")
@guards.requires(Permission.SEE_STATEMENTS)
def show(code: str) -> ResponseReturnValue:
    """One version: the form as investors see it, the bands, and the text."""
    kept = context.database().record(questionnaires.view, context.caller(), key(code), context.now())
    return render_template("questionnaires/show.html", kept=kept, now=context.now())


@bp.get("/<code>/new")
@guards.requires(Permission.CHANGE_STATEMENTS)
def new(code: str) -> ResponseReturnValue:
    """The editor, which begins with the text of this version."""
    text = context.database().record(questionnaires.draft, context.caller(), key(code), context.now(), _zone())
    return _form(code, {"text": text})


@bp.post("/<code>/new")
@guards.requires(Permission.CHANGE_STATEMENTS)
def propose(code: str) -> ResponseReturnValue:
    """Try the text out, or propose it."""
    typed, now = request.form, context.now()
    text = typed.get("text", "")
    try:
        if typed.get("then") == "try":
            tried = context.database().record(questionnaires.try_out, context.caller(), text, now, _zone())
            return _form(code, typed, tried=tried)
        arguments = (context.caller(), text, typed.get("reason", ""), now, _zone())
        proposed = context.database().transact(questionnaires.propose_questionnaire, *arguments)
    except (Invalid, Conflict) as error:
        return _form(code, typed, error)
    flash(context.translated(N_("Proposed. Another compliance officer must approve it.")), "success")
    return redirect(url_for("proposals.show", proposal=proposed.id), 303)


@bp.get("/proposed/<proposal>")
@guards.requires(Permission.SEE_STATEMENTS)
def proposed(proposal: str) -> ResponseReturnValue:
    """The form as a proposal would have it."""
    tried = context.database().record(questionnaires.proposed, context.caller(), key(proposal), context.now())
    return render_template("questionnaires/proposed.html", tried=tried, proposal=key(proposal))


def _zone() -> ZoneInfo:
    return context.services().settings.time_zone


def _form(code: str, typed: Any, error: GatekeeperError | None = None, *, tried: Tried | None = None) -> ResponseReturnValue:
    told = form_reader.told(error)
    values = {"code": key(code), "typed": typed, "most": questionnaires.LONGEST, "tried": tried}
    return render_template("questionnaires/new.html", **values, **told), status(error)
