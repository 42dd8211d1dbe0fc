"""Accepted findings of templates: which are in force and until when, ending one at once, proposing that one goes on."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.publishing import settlements as action
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid, NotFound
from gatekeeper.rules.roles import Permission
from gatekeeper.store.publishing import settlement_lists
from gatekeeper.web import context, form_reader, guards, telling
from gatekeeper.web.paging import numbered, token

bp = Blueprint("settlements", __name__, url_prefix="/settlements")

PAGE = 30
_MOST_DIGITS = 18
_LONGER = timedelta(days=365)
_ENDED = N_("Ended. From now on the finding is open again in every report.")
_RENEWED = N_("The proposal waits for compliance.")


@bp.get("")
@guards.requires(Permission.SEE_REPORTS)
def index() -> ResponseReturnValue:
    """What is accepted, the next to end first; or what is over."""
    return _index()


@bp.post("/ends")
@guards.requires(Permission.STOP_REPORTS)
def end() -> ResponseReturnValue:
    """Let a finding be open again at once."""
    try:
        call = (context.caller(), _chosen(), request.form.get("reason", ""), context.now())
        context.database().transact(action.end, *call)
    except (Conflict, Invalid) as error:
        return _index(error), _status(error)
    flash(context.translated(_ENDED), "success")
    return redirect(url_for(".index"), 303)


@bp.post("/renewals")
@guards.requires(Permission.CHANGE_REPORTS)
def renew() -> ResponseReturnValue:
    """Propose that a finding stays accepted for longer."""
    reader = form_reader.Reader(request.form, context.services().settings.time_zone)
    before = reader.needed("until", reader.last_day("until"))
    try:
        reader.check()
        call = (context.caller(), _chosen(), before or context.now(), request.form.get("reason", ""), context.now())
        context.database().transact(action.renew, *call)
    except (Conflict, Invalid) as error:
        return _index(error), _status(error)
    flash(context.translated(_RENEWED), "success")
    return redirect(url_for(".index"), 303)


def _chosen() -> int:
    """The acceptance that the form is about. It stands in the form, not in the address, where numbers could be counted along."""
    text = request.form.get("settlement", "")
    if not text.isascii() or not text.isdecimal() or len(text) > _MOST_DIGITS:
        raise NotFound(N_("There is no such acceptance."))
    return int(text)


def _status(error: GatekeeperError) -> HTTPStatus:
    return HTTPStatus.BAD_REQUEST if isinstance(error, Invalid) else HTTPStatus.CONFLICT


def _index(error: GatekeeperError | None = None) -> str:
    over, after, now = request.args.get("state") == "over", numbered(request.args.get("after")), context.now()
    with context.database().reading() as connection:
        rows = settlement_lists.listed(connection, now, after, PAGE + 1, over=over)
        soon = settlement_lists.soon(connection, now)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    state = "over" if over else None
    return render_template(
        "reports/settlements.html",
        rows=[_told(row, row.valid_before < soon) for row in rows[:PAGE]],
        over=over,
        following=url_for(".index", state=state, after=token(last.valid_before, last.id)) if last else None,
        beginning=url_for(".index", state=state) if after else None,
        typed=request.form,
        **form_reader.told(error),
    )


def _told(row: Any, is_soon: bool) -> dict[str, Any]:  # noqa: FBT001  (a row and whether it ends soon)
    zone = context.services().settings.time_zone
    longer = max(row.valid_before, context.now()).astimezone(zone).date() + _LONGER
    return {
        "id": row.id,
        "finding": telling.finding(row.code),
        "cited": row.cited,
        "issuer": row.issuer,
        "kind": row.report_kind,
        "until": telling.last_day(row.valid_before),
        "is_soon": is_soon,
        "ended": telling.seconds(row.ended_at),
        "ended_by": row.ended_by,
        "covered": row.covered,
        "proposal": row.proposal,
        "proposed_by": row.proposed_by,
        "approved_by": row.approved_by,
        "longer": longer.isoformat(),
    }
