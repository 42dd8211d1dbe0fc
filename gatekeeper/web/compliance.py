"""The access log, its entries, and what waits for a second person."""

import secrets
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions import audit, proposals
from gatekeeper.actions.proposals import Ended
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid, NotPermitted
from gatekeeper.rules.roles import Permission
from gatekeeper.store import sessions
from gatekeeper.web import context, guards, log_entry, log_filter, proposal_page, telling
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


@bp.get("/proposals", endpoint="proposals")
@guards.requires(Permission.SEE_PROPOSALS)
def queue() -> ResponseReturnValue:
    """What waits for a second person, oldest first, or what has ended, newest first."""
    waiting, back = request.args.get("state") != "ended", "before" in request.args
    where = position(request.args.get("before" if back else "after"))
    with context.database().reading() as connection:
        page = proposals.listing(connection, context.caller(), context.now(), waiting=waiting, position=where, back=back)
    state = None if waiting else "ended"
    following = _turn(state, "after", page.lines[-1]) if page.lines and page.has_next else None
    preceding = _turn(state, "before", page.lines[0]) if page.lines and page.has_previous else None
    return render_template(
        "compliance/proposals.html",
        lines=[proposal_page.line(each, page.names) for each in page.lines],
        waiting=waiting,
        count=page.waiting,
        newer=following if waiting else preceding,
        older=preceding if waiting else following,
    )


def _turn(state: str | None, way: str, line: proposals.Line) -> str:
    there: dict[str, Any] = {"state": state, way: token(line.proposal.proposed_at, line.proposal.id)}
    return url_for("compliance.proposals", **there)


@bp.get("/proposals/<proposal>")
@guards.requires(Permission.SEE_PROPOSALS)
def proposal(proposal: str) -> ResponseReturnValue:
    """One proposal beside what is on file."""
    return _show(proposal)


def _show(proposal: str, reason: str = "", faults: tuple[Any, ...] = ()) -> str:
    with context.database().reading() as connection:
        found = proposals.view(connection, context.caller(), proposal, context.now())
    return render_template(
        "compliance/proposal.html",
        page=proposal_page.page(found),
        reason=reason,
        errors=[(fault.field, context.told(fault)) for fault in faults],
    )


@bp.post("/proposals/<proposal>/approval")
@guards.requires(Permission.SEE_PROPOSALS)
def approve(proposal: str) -> ResponseReturnValue:
    """Let a proposal take effect. A new staff member's activation link is shown on this one answer and nowhere else."""
    token = secrets.token_urlsafe(32)
    act = partial(proposals.approve, link_hash=sessions.token_hash(token))
    return _decide(proposal, act, N_("Approved. It applies from now on."), token)


@bp.post("/proposals/<proposal>/rejection")
@guards.requires(Permission.SEE_PROPOSALS)
def reject(proposal: str) -> ResponseReturnValue:
    """Refuse a proposal, with the reason."""
    return _decide(proposal, proposals.reject, N_("Rejected. Nothing on file has changed."))


@bp.post("/proposals/<proposal>/withdrawal")
@guards.requires(Permission.SEE_PROPOSALS)
def withdraw(proposal: str) -> ResponseReturnValue:
    """Take one's own proposal back."""
    return _decide(proposal, proposals.withdraw, N_("Withdrawn. Nothing on file has changed."))


_STATUS: dict[type[GatekeeperError], HTTPStatus] = {
    Conflict: HTTPStatus.CONFLICT,
    Invalid: HTTPStatus.BAD_REQUEST,
    NotPermitted: HTTPStatus.FORBIDDEN,
}


def _decide(proposal: str, act: Callable[..., Ended], done: str, link: str = "") -> ResponseReturnValue:
    """Do one act on a proposal. What keeps it from being done is told on the proposal's own page, with what was typed."""
    reason = request.form.get("reason", "").strip()
    try:
        ended = context.database().transact(act, context.caller(), proposal, reason, context.now())
    except (Conflict, Invalid, NotPermitted) as error:
        faults = error.faults if isinstance(error, Invalid) else (error.fault,)
        return _show(proposal, reason, faults), _STATUS[type(error)]
    if ended.link_issued:
        return _link(proposal, link)
    flash(context.translated(done), "success")
    return redirect(url_for("compliance.proposal", proposal=proposal), 303)


def _link(proposal: str, token: str) -> str:
    """The activation link, shown once: not through a redirect, whose message would lie in a cookie."""
    with context.database().reading() as connection:
        found = proposals.view(connection, context.caller(), proposal, context.now())
    link = context.outside("sign_in.activation", token=token)
    hours = int(sessions.LINK_LIFE.total_seconds() // 3600)
    return render_template("compliance/link.html", page=proposal_page.page(found), link=link, hours=hours)
