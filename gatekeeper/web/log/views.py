"""Saved views of the access log: the list of one's own, a new one, and away with one."""

from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from gatekeeper.actions.proof import views
from gatekeeper.rules.errors import N_, GatekeeperError, Invalid, NotFound
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, form_reader, guards
from gatekeeper.web.log import log_filter, log_page

bp = Blueprint("views", __name__, url_prefix="/log/views")

_MOST_DIGITS = 18
_MOST_PARTS = 40


@bp.get("")
@guards.requires(Permission.SEARCH_LEDGER)
def index() -> ResponseReturnValue:
    """One's own views, each with what it asks for."""
    return _index(), HTTPStatus.OK


@bp.post("")
@guards.requires(Permission.SEARCH_LEDGER)
def save() -> ResponseReturnValue:
    """Keep the filter of the page before under a name."""
    asked = _asked(request.form.get("query", ""))
    if asked.faults:
        return _index(Invalid(*asked.faults), asked.query), HTTPStatus.BAD_REQUEST
    name = request.form.get("name", "")
    try:
        context.database().transact(views.save, context.caller(), name, asked.query, context.now())
    except Invalid as error:
        return _index(error, asked.query), HTTPStatus.BAD_REQUEST
    flash(context.translated(N_("Saved. You find it above the filter.")), "success")
    return redirect(log_page.address(asked), HTTPStatus.SEE_OTHER)


@bp.post("/<view>/removal")
@guards.requires(Permission.SEARCH_LEDGER)
def remove(view: str) -> ResponseReturnValue:
    """Remove one's own view."""
    if not view.isdecimal() or len(view) > _MOST_DIGITS:
        raise NotFound(N_("There is no such view. It may have been removed already."))
    context.database().transact(views.remove, context.caller(), int(view), context.now())
    flash(context.translated(N_("The view is removed.")), "success")
    return redirect(url_for("views.index"), HTTPStatus.SEE_OTHER)


def _asked(query: str) -> log_filter.Asked:
    """A filter from the words of an address; the page it stood on does not belong to it."""
    try:
        parts = parse_qsl(query, max_num_fields=_MOST_PARTS)
    except ValueError:
        parts = []
    return log_filter.read(MultiDict(parts), context.services().settings.time_zone)


def _index(error: GatekeeperError | None = None, query: str = "") -> str:
    with context.database().reading() as connection:
        mine = views.mine(connection, context.caller())
    return render_template(
        "compliance/views.html",
        views=[_told(each) for each in mine],
        typed=request.form,
        query=query,
        **form_reader.told(error),
    )


def _told(view: Any) -> dict[str, Any]:
    asked = _asked(view.query)
    return {"view": view, "chips": log_page.chips(asked, {}, {}), "address": log_page.address(asked)}
