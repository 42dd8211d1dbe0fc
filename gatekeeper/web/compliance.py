"""The access log, its entries, and what waits for a second person."""

import json
import secrets
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions import audit, proposals
from gatekeeper.actions.proposals import Bar, Ended, View
from gatekeeper.files.prepare import printed_audience, printed_grade
from gatekeeper.rules.changes import PublicationChange
from gatekeeper.rules.errors import N_, Conflict, Fault, GatekeeperError, Invalid, NotPermitted
from gatekeeper.rules.roles import Permission
from gatekeeper.store import sessions
from gatekeeper.web import context, guards, log_entry, log_filter, telling
from gatekeeper.web.paging import position, token

bp = Blueprint("compliance", __name__)


@bp.get("/log")
@guards.requires(Permission.SEARCH_LEDGER)
def log() -> ResponseReturnValue:
    """The access log, newest first. What is asked of it stands in the address; that it was asked stands in the log."""
    asked = log_filter.read(request.args, context.services().settings.time_zone)
    if asked.faults:
        return _log(asked, None), HTTPStatus.BAD_REQUEST
    page = context.database().record(
        audit.search, context.caller(), asked.wanted, asked.position, context.now(), newer=asked.newer, named=asked.named
    )
    return _log(asked, page), HTTPStatus.BAD_REQUEST if page.faults else HTTPStatus.OK


def _log(asked: log_filter.Asked, page: audit.Page | None) -> str:
    faults = asked.faults + (page.faults if page else ())
    older = page is not None and page.has_older and page.rows
    newer = page is not None and page.has_newer and page.rows
    return render_template(
        "compliance/log.html",
        typed=asked.typed,
        is_filtered=bool(asked.filled),
        errors=[(fault.field, context.told(fault)) for fault in faults],
        lines=log_entry.lines(page) if page else [],
        choices=_choices(),
        ambiguous=_ambiguous(asked, page) if page else [],
        older=_log_address(asked, older=token(page.rows[-1].at, page.rows[-1].id)) if page and older else None,
        newer=_log_address(asked, newer=token(page.rows[0].at, page.rows[0].id)) if page and newer else None,
        newest=_log_address(asked) if asked.position else None,
        zone=context.services().settings.time_zone.key,
    )


def _log_address(asked: log_filter.Asked, **more: str) -> str:
    state: dict[str, Any] = {**asked.filled, **more}
    return url_for("compliance.log", **state)


def _choices() -> dict[str, list[tuple[str, str]]]:
    """The options of the filter's lists."""
    everything = ("", context.translated(N_("All")))
    return {
        name: [everything, *((each.value, telling.named(each)) for each in kind)] for name, kind in log_filter.CHOICES.items()
    }


def _ambiguous(asked: log_filter.Asked, page: audit.Page) -> list[dict[str, Any]]:
    """Words of the search that mean several people, investors or reports: each of them with the address that means it alone."""
    return [
        {
            "words": asked.typed[name],
            "matches": [(each, _log_address(asked, **{name: each.id})) for each in found],
        }
        for name, found in page.matches.items()
        if len(found) > 1
    ]


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


_BARS = {
    Bar.OWN: (N_("Your own"), ""),
    Bar.CONCERNED: (N_("Concerns you"), ""),
    Bar.NOT_APPROVER: (N_("To look at"), ""),
    None: (N_("For you to decide"), "warn"),
}
STATES = {
    "PENDING": (N_("Waiting"), "warn"),
    "APPROVED": (N_("Approved"), "good"),
    "REJECTED": (N_("Rejected"), "bad"),
    "WITHDRAWN": (N_("Withdrawn"), ""),
}
_KINDS = {
    "classification": N_("Investor's file"),
    "publication": N_("Publication"),
    "staff": N_("Staff"),
}


@bp.get("/proposals")
@guards.requires(Permission.SEE_PROPOSALS)
def index() -> ResponseReturnValue:
    """What waits for a second person, oldest first, or what has ended, newest first."""
    waiting = request.args.get("state") != "ended"
    back = "before" in request.args
    where = position(request.args.get("before" if back else "after"))
    with context.database().reading() as connection:
        page = proposals.listing(connection, context.caller(), context.now(), waiting=waiting, position=where, back=back)
    rows = page.lines
    state = None if waiting else "ended"
    following = _turn(state, "after", rows[-1]) if rows and page.has_next else None
    preceding = _turn(state, "before", rows[0]) if rows and page.has_previous else None
    return render_template(
        "compliance/proposals.html",
        lines=[_line(each, page.names) for each in rows],
        waiting=waiting,
        count=page.waiting,
        newer=following if waiting else preceding,
        older=preceding if waiting else following,
    )


def _turn(state: str | None, way: str, line: proposals.Line) -> str:
    there: dict[str, Any] = {"state": state, way: token(line.proposal.proposed_at, line.proposal.id)}
    return url_for("compliance.proposals", **there)


def _line(line: proposals.Line, names: dict[str, str]) -> dict[str, Any]:
    row = line.proposal
    bar, kind = _BARS[line.bar]
    return {
        "id": row.id,
        "at": row.proposed_at,
        "ended": row.decided_at,
        "kind": context.translated(_KINDS[row.kind]),
        "about": _about(row, names),
        "what": [telling.summary(each, names) for each in line.changes],
        "by": names.get(row.proposed_by, row.proposed_by),
        "state": (context.translated(STATES[row.state][0]), STATES[row.state][1]),
        "bar": (context.translated(bar), kind),
    }
