"""What other systems ask people to look at: refusals whose ground somebody can put right, each with a day to answer by."""

from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.accounts import access_requests
from gatekeeper.rules.accounts.access_requests import State
from gatekeeper.rules.errors import N_, Conflict, Fault, GatekeeperError, Invalid
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Reason
from gatekeeper.web import context, form_reader, guards, telling
from gatekeeper.web.paging import key, position, token

bp = Blueprint("access_requests", __name__, url_prefix="/access-requests")

_ANSWERS = {"approved": State.APPROVED, "declined": State.DECLINED}
_CHOOSE = N_("Please say whether the ground is gone or the request is declined.")
_DONE = {
    State.APPROVED: N_("Answered: the ground is gone. Whether the report may be read is decided when the system asks again."),
    State.DECLINED: N_("Answered: declined. Nothing has changed."),
}


@bp.get("")
@guards.requires(Permission.SEE_INVESTORS)
def index() -> ResponseReturnValue:
    """The requests that wait, the longest waiting first."""
    return _page()


@bp.post("/<access_request>")
@guards.requires(Permission.CHANGE_INVESTORS)
def answer(access_request: str) -> ResponseReturnValue:
    """Answer a request."""
    id_, state = key(access_request), _ANSWERS.get(request.form.get("answer", ""))
    reason, zone = request.form.get("reason", "").strip(), context.services().settings.time_zone
    try:
        if state is None:
            return _page(id_, Invalid(Fault(_CHOOSE, field="answer")))
        context.database().transact(access_requests.answer, context.caller(), id_, state, reason, context.now(), zone)
    except Invalid as error:
        return _page(id_, error)
    except Conflict as error:
        return _page(id_, error, HTTPStatus.CONFLICT)
    flash(context.translated(_DONE[state]), "success")
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


def _page(
    opened: str = "", error: GatekeeperError | None = None, status: HTTPStatus = HTTPStatus.BAD_REQUEST
) -> ResponseReturnValue:
    after, overdue, now = position(request.args.get("after")), request.args.get("only") == "overdue", context.now()
    found = context.database().record(access_requests.listing, context.caller(), after, now, overdue=overdue)
    last = found.rows[-1] if found.has_more else None
    only = "overdue" if overdue else None
    page = render_template(
        "home/access_requests.html",
        requests=[
            {"row": row, "grounds": [telling.titled(Reason, each) for each in row.grounds.split()], "late": row.due_at <= now}
            for row in found.rows
        ],
        overdue=overdue,
        opened=opened,
        chosen=request.form.get("answer", "") if opened else "",
        reason=request.form.get("reason", "") if opened else "",
        beginning=url_for(".index", only=only) if after else None,
        following=url_for(".index", only=only, after=token(last.asked_at, last.id)) if last else None,
        **form_reader.told(error, f"{opened}-"),
    )
    return page, status if error else HTTPStatus.OK
