"""The privacy notice: read once before anything else opens, and at any time after."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.accounts import privacy
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, form_reader, guards
from gatekeeper.web.clients import investor_told

bp = Blueprint("privacy", __name__, url_prefix="/privacy")


@bp.get("")
@guards.requires(Permission.READ_AS_CLIENT)
def show() -> ResponseReturnValue:
    """The notice in force, and while it waits for an answer the two ways on."""
    return _page(guards.local_path(request.args.get("next", "/")))


@bp.post("")
@guards.requires(Permission.READ_AS_CLIENT)
def accept() -> ResponseReturnValue:
    """Accept the words that were shown, and go on to what was asked for."""
    following = guards.local_path(request.form.get("next", "/"))
    try:
        context.database().transact(privacy.accept, context.caller(), request.form.get("words", ""), context.now())
    except Conflict as error:
        return _page(following, error)
    return redirect(following, 303)


@bp.post("/refusal")
@guards.requires(Permission.READ_AS_CLIENT)
def decline() -> ResponseReturnValue:
    """Do not accept: the session ends, and nothing has opened."""
    try:
        context.database().transact(privacy.decline, context.caller(), request.form.get("words", ""), context.now())
    except Conflict as error:
        return _page("/", error)
    guards.leave()
    flash(context.translated(N_("You are signed out. Nothing was opened. If you have questions, ask your contact at the firm.")))
    return redirect(url_for("sign_in.form"), 303)


def _page(following: str, error: GatekeeperError | None = None) -> ResponseReturnValue:
    shown = context.database().record(privacy.serve, context.caller(), context.tag(), context.now())
    page = render_template("sign_in/privacy.html", shown=shown, next=following, **form_reader.told(error))
    return page, investor_told.status(error)
