"""The client's inbox: what changed in the file, before and after, and one button to take note."""

from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions import notices
from gatekeeper.actions.notices import Told
from gatekeeper.rules.changes import Change
from gatekeeper.rules.errors import N_
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, guards, telling
from gatekeeper.web.paging import key

bp = Blueprint("notices", __name__, url_prefix="/notices")


@bp.get("")
@guards.requires(Permission.READ_AS_CLIENT)
def index() -> ResponseReturnValue:
    """What the firm told, what was not acknowledged first."""
    found = context.database().record(notices.inbox, context.caller(), context.now())
    return render_template("client/notices.html", found=[shown(each) for each in found])


@bp.post("/<notice>/acknowledgement")
@guards.requires(Permission.READ_AS_CLIENT)
def acknowledge(notice: str) -> ResponseReturnValue:
    """Take note of one."""
    context.database().transact(notices.acknowledge, context.caller(), key(notice), context.now())
    return redirect(url_for(".index"), 303)


def shown(each: Told) -> dict[str, Any]:
    """One notice in words."""
    return {"row": each.row, "changes": [(_said(before), _said(after)) for before, after in each.changes]}


def _said(change: Change | None) -> str:
    return telling.summary(change, {}) if change else context.translated(N_("Nothing on file"))
