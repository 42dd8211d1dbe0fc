"""The access log and its entries."""

from http import HTTPStatus

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from gatekeeper.actions.proof import audit
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, guards
from gatekeeper.web.log import log_entry, log_filter, log_page

bp = Blueprint("compliance", __name__)


@bp.get("/log")
@guards.requires(Permission.SEARCH_LEDGER)
def log() -> ResponseReturnValue:
    """The access log, newest first. What is asked of it stands in the address; that it was asked stands in the log."""
    asked = log_filter.read(request.args, context.services().settings.time_zone)
    page = None
    if not asked.faults:
        page = context.database().record(
            audit.search, context.caller(), asked.wanted, asked.position, context.now(), newer=asked.newer, named=asked.named
        )
    shown = render_template("compliance/log.html", **log_page.values(asked, page))
    return shown, HTTPStatus.BAD_REQUEST if page is None or page.faults else HTTPStatus.OK


@bp.get("/log/<code>")
@guards.requires(Permission.SEARCH_LEDGER)
def entry(code: str) -> ResponseReturnValue:
    """The entries that bear a code, with every fact that was used."""
    found = context.database().record(audit.read_entry, context.caller(), code, context.now())
    return render_template(
        "compliance/entry.html",
        entries=[log_entry.told(each) for each in found],
        zone=context.services().settings.time_zone.key,
    )
