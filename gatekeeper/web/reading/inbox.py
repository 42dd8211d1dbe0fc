"""Reports that were sent to the visitor."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from gatekeeper.actions.reading import inbox
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, guards

bp = Blueprint("inbox", __name__, url_prefix="/inbox")


@bp.get("")
@guards.requires(Permission.READ_AS_CLIENT)
def index() -> ResponseReturnValue:
    """What came, what was not opened first; each decided again."""
    zone = context.services().settings.time_zone
    found = context.database().record(inbox.show, context.caller(), context.now(), zone)
    return render_template("client/inbox.html", found=found)
