"""Whom to call back: clients whom a notice did not reach, or of whom nobody knows whether it did."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.messages import call_backs
from gatekeeper.rules.errors import N_, Conflict, Fault, GatekeeperError, Invalid
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, form_reader, guards
from gatekeeper.web.messages import deliveries_told
from gatekeeper.web.paging import key, position, token

bp = Blueprint("call_backs", __name__, url_prefix="/call-backs")

_ANSWERS = {"arrived": True, "again": False}
_CHOOSE = N_("Please say whether it arrived or is to be sent again.")


@bp.get("")
@guards.requires(Permission.SEE_INVESTORS)
def index() -> ResponseReturnValue:
    """The call-backs that are open, the longest waiting first."""
    return _page()


def _page(opened: str = "", error: GatekeeperError | None = None) -> ResponseReturnValue:
    after = position(request.args.get("after"))
    found = context.database().record(call_backs.listing, context.caller(), after, context.now())
    last = found.tasks[-1].row if found.has_more else None
    tasks = [{"row": each.row, "why": deliveries_told.trouble(each.row.why), "deliveries": _lines(each)} for each in found.tasks]
    page = render_template(
        "home/call_backs.html",
        tasks=tasks,
        opened=opened,
        note=request.form.get("note", "") if opened else "",
        beginning=url_for(".index") if after else None,
        following=url_for(".index", after=token(last.opened_at, last.id)) if last else None,
        **form_reader.told(error, f"{opened}-"),
    )
    return page, HTTPStatus.BAD_REQUEST if error else HTTPStatus.OK


def _lines(task: call_backs.Task) -> list[dict[str, object]]:
    return [{**deliveries_told.line(row), "kind": deliveries_told.kind(row.kind)} for row in task.deliveries]


@bp.post("/<call_back>/done")
@guards.requires(Permission.CHANGE_INVESTORS)
def done(call_back: str) -> ResponseReturnValue:
    """Say that the client was told."""
    note = request.form.get("note", "").strip()
    try:
        context.database().transact(call_backs.done, context.caller(), key(call_back), note, context.now())
    except Invalid as error:
        return _page(key(call_back), error)
    except Conflict as error:
        return _back(error)
    flash(context.translated(N_("Done. The note is kept with the entry.")), "success")
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


@bp.post("/deliveries/<delivery>")
@guards.requires(Permission.CHANGE_INVESTORS)
def resolve(delivery: str) -> ResponseReturnValue:
    """Say of a notice in doubt that it arrived, or let it be sent once more."""
    answer = _ANSWERS.get(request.form.get("answer", ""))
    if answer is None:
        return _back(Invalid(Fault(_CHOOSE)))
    try:
        context.database().transact(call_backs.resolve, context.caller(), key(delivery), context.now(), arrived=answer)
    except Conflict as error:
        return _back(error)
    done_ = N_("It is known now that the notice arrived.") if answer else N_("The notice is sent once more.")
    flash(context.translated(done_), "success")
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


def _back(error: GatekeeperError) -> ResponseReturnValue:
    flash(context.told(error.fault), "error")
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)
