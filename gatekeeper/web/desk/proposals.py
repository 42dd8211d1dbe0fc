"""What waits for a second person: the queue, one proposal, and what is done with it."""

from collections.abc import Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from gatekeeper.actions import proposals
from gatekeeper.actions.proposals import Ended
from gatekeeper.actions.suitability import application_desk, assessment_files
from gatekeeper.actions.suitability.assessment_files import Beside
from gatekeeper.files.made.square_code import draw
from gatekeeper.ledger.acts.links import Issued
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid, NotFound, NotPermitted
from gatekeeper.rules.messages.links import APART_FOR, LIFE
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.links import new_token
from gatekeeper.store.suitability import applications
from gatekeeper.web import context, guards
from gatekeeper.web.desk import proposal_page
from gatekeeper.web.paging import key, position, token
from gatekeeper.web.suitability import application_told

bp = Blueprint("proposals", __name__)


@bp.get("/proposals")
@guards.requires(Permission.SEE_PROPOSALS)
def index() -> ResponseReturnValue:
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
        may_select=any(each.is_plain for each in page.lines),
        count=page.waiting,
        newer=following if waiting else preceding,
        older=preceding if waiting else following,
    )


def _assessments(ids: Sequence[str]) -> dict[str, Beside]:
    """The assessments whose results wait under these proposals, for those who may see investors' files."""
    if Permission.SEE_INVESTORS not in context.signed_in().permissions:
        return {}
    with context.database().reading() as connection:
        assessed = assessment_files.assessed(connection, ids)
    if not assessed:
        return {}
    return context.database().record(assessment_files.of_proposals, context.caller(), assessed, context.now())


def _turn(state: str | None, way: str, line: proposals.Line) -> str:
    there: dict[str, Any] = {"state": state, way: token(line.proposal.proposed_at, line.proposal.id)}
    return url_for("proposals.index", **there)


@bp.get("/proposals/approval")
@guards.requires(Permission.SEE_PROPOSALS)
def check() -> ResponseReturnValue:
    """What was selected, each in a sentence, before it is approved; and afterwards, what became of it."""
    with context.database().reading() as connection:
        page = proposals.selected(connection, context.caller(), _selected(request.args), context.now())
    if not page.lines:
        flash(context.translated(N_("Nothing is selected.")), "warning")
        return redirect(url_for("proposals.index"), 303)
    lines = [proposal_page.line(each, page.names) for each in page.lines]
    return render_template(
        "compliance/proposals_approval.html",
        assessments=_assessments([each["id"] for each in lines if each["is_waiting"]]),
        plain=[each for each in lines if each["is_plain"]],
        open=[each for each in lines if each["is_waiting"] and not each["is_plain"]],
        ended=[each for each in lines if not each["is_waiting"]],
    )


@bp.post("/proposals/approval")
@guards.requires(Permission.SEE_PROPOSALS)
def approve_selected() -> ResponseReturnValue:
    """Approve what was selected, one after the other and each by itself: what keeps one from it keeps no other."""
    ids, kept, done = _selected(request.form), [], 0
    for each in ids:
        try:
            context.database().transact(proposals.approve_plain, context.caller(), each, context.now())
            done += 1
        except (Conflict, NotFound, NotPermitted) as error:
            kept.append(context.told(error.fault))
    if done:
        flash(context.translated(N_("Approved: %(count)s."), count=done), "success")
    if kept:
        flash(
            context.translated(N_("Not approved: %(count)s."), count=len(kept)) + " " + " ".join(dict.fromkeys(kept)), "warning"
        )
    return redirect(url_for("proposals.check", proposal=ids), 303)


def _selected(sent: MultiDict[str, str]) -> list[str]:
    """The ids that were sent: at most as many as a page of the queue has."""
    return list(dict.fromkeys(map(key, sent.getlist("proposal"))))[: proposals.PAGE]


@bp.get("/proposals/<proposal>")
@guards.requires(Permission.SEE_PROPOSALS)
def show(proposal: str) -> ResponseReturnValue:
    """One proposal beside what is on file."""
    return _show(proposal)


def _show(proposal: str, reason: str = "", faults: tuple[Any, ...] = ()) -> str:
    with context.database().reading() as connection:
        found = proposals.view(connection, context.caller(), proposal, context.now())
        applied = found.proposal.kind == "classification" and applications.of_proposal(connection, found.proposal.id)
    return render_template(
        "compliance/proposal.html",
        page=proposal_page.page(found),
        application=_application(found.proposal.id) if applied else None,
        assessment=_assessments([proposal]).get(proposal),
        reason=reason,
        errors=[(fault.field, context.told(fault)) for fault in faults],
    )


def _application(proposal: str) -> dict[str, Any]:
    """The application behind a proposal, in words; that it was looked at is recorded."""
    return application_told.told(context.database().record(application_desk.behind, context.caller(), proposal, context.now()))


@bp.post("/proposals/<proposal>/approval")
@guards.requires(Permission.SEE_PROPOSALS)
def approve(proposal: str) -> ResponseReturnValue:
    """Let a proposal take effect. A staff member's one-time link is shown on this one answer and nowhere else."""
    token = new_token()
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
    if ended.link:
        return _link(proposal, ended.link, link)
    flash(context.translated(done), "success")
    return redirect(url_for("proposals.show", proposal=proposal), 303)


def _link(proposal: str, issued: Issued, token: str) -> str:
    """The one-time link, shown once: not through a redirect, whose message would lie in a cookie."""
    with context.database().reading() as connection:
        found = proposals.view(connection, context.caller(), proposal, context.now())
    link = context.outside("sign_in.activation", token=token)
    page, hours, days = proposal_page.page(found), int(LIFE.total_seconds() // 3600), APART_FOR.days
    return render_template("compliance/link.html", page=page, issued=issued, link=link, square=draw(link), hours=hours, days=days)
