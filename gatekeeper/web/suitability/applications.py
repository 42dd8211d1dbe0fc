"""Applications for professional status at the firm's desk: what waits, one of them, judging it; entering one for an investor."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.suitability import application_desk, applications, opting_down
from gatekeeper.rules.assessing.conversion import Step
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid
from gatekeeper.rules.professional import class_of
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, form_reader, guards, telling
from gatekeeper.web.clients import evidence_files, investor_told
from gatekeeper.web.form_reader import Reader
from gatekeeper.web.paging import key, position, token
from gatekeeper.web.suitability.application_drafts import Addresses, Draft
from gatekeeper.web.suitability.application_told import ground_named, told

bp = Blueprint("applications", __name__, url_prefix="/admin/applications")

_UNDER_WAY = (Step.APPLIED, Step.PROOFS_CHECKED, Step.KNOWLEDGE_TESTED, Step.WARNED)
_HANDED_IN = N_("The application is handed in. Its proofs are checked next.")
_CHECKED = N_("The proofs are checked. The investor takes the test of knowledge next.")
_PROPOSED = N_("Proposed. Compliance or another client admin must approve it.")
_REJECTED = N_("Rejected. The investor is told the reasons.")
_RECORDED = N_("Recorded. The investor is ordinary from now on.")


@bp.get("")
@guards.requires(Permission.SEE_INVESTORS)
def index() -> ResponseReturnValue:
    """The applications under way, the oldest first, or those at one step."""
    step = next((each for each in _UNDER_WAY if each.value == request.args.get("step")), None)
    after = position(request.args.get("after"))
    found = context.database().record(application_desk.listing, context.caller(), step, after, context.now())
    last = found.rows[-1] if found.has_more else None
    return render_template(
        "applications/index.html",
        rows=[_line(each) for each in found.rows],
        step=step,
        choices=[(each.value, telling.named(each)) for each in _UNDER_WAY],
        beginning=url_for(".index", step=step) if after else None,
        following=url_for(".index", step=step, after=token(last.applied_at, last.id)) if last else None,
    )


def _line(row: Any) -> dict[str, Any]:
    """One application at a glance: how long it has waited, and for whom."""
    zone = context.services().settings.time_zone
    waits = N_("Decision of the proposal") if row.proposal_id else _WAITS[Step(row.step), class_of(row.ground).name[-1:] == "C"]
    return {
        "row": row,
        "ground": ground_named(row.ground),
        "step": telling.named(Step(row.step)),
        "waits": context.translated(waits),
        "days": (context.now().astimezone(zone).date() - row.applied_on).days,
    }


_WAITS = {
    (Step.APPLIED, True): N_("Check of the proofs"),
    (Step.APPLIED, False): N_("Check of the proofs"),
    (Step.PROOFS_CHECKED, True): N_("Test of knowledge by the investor"),
    (Step.PROOFS_CHECKED, False): N_("Proposal to a second person"),
    (Step.KNOWLEDGE_TESTED, True): N_("Acknowledgement of the warning by the investor"),
    (Step.WARNED, True): N_("Proposal to a second person"),
}


@bp.get("/<application>")
@guards.requires(Permission.SEE_INVESTORS)
def show(application: str) -> ResponseReturnValue:
    """One application: what is stated beside its evidence, what the rules find, and what may be done."""
    return _show(key(application))


@bp.post("/<application>/check")
@guards.requires(Permission.CHANGE_INVESTORS)
def check(application: str) -> ResponseReturnValue:
    """Say that the proofs bear out what is stated."""
    return _judge(key(application), application_desk.check, _CHECKED)


@bp.post("/<application>/proposal")
@guards.requires(Permission.CHANGE_INVESTORS)
def propose(application: str) -> ResponseReturnValue:
    """Propose the application to a second person."""
    return _judge(key(application), application_desk.propose, _PROPOSED)


@bp.post("/<application>/rejection")
@guards.requires(Permission.CHANGE_INVESTORS)
def reject(application: str) -> ResponseReturnValue:
    """Reject the application with reasons."""
    application, reason = key(application), request.form.get("reason", "")
    try:
        context.database().transact(application_desk.reject, context.caller(), application, reason, context.now())
    except (Conflict, Invalid) as error:
        return _show(application, error)
    flash(context.translated(_REJECTED), "success")
    return redirect(url_for(".show", application=application), 303)


def _judge(application: str, act: Any, done: str) -> ResponseReturnValue:
    reason, zone = request.form.get("reason", ""), context.services().settings.time_zone
    try:
        proposal = context.database().transact(act, context.caller(), application, reason, context.now(), zone)
    except (Conflict, Invalid) as error:
        return _show(application, error)
    flash(context.translated(_PROPOSED if proposal else done), "success")
    return redirect(url_for(".show", application=application), 303)


def _show(application: str, error: GatekeeperError | None = None) -> ResponseReturnValue:
    view = context.database().record(application_desk.view, context.caller(), application, context.now())
    may = Permission.CHANGE_INVESTORS in context.signed_in().permissions
    page = render_template(
        "applications/show.html",
        view=view,
        row=view.found.row,
        **told(view.found),
        steps=[(telling.named(Step(each.step)), each) for each in view.steps],
        can={each.value for each in view.can} if may else set(),
        typed=request.form.get("reason", ""),
        **form_reader.told(error),
    )
    return page, investor_told.status(error)


# ------------------------------------------------------------------------------------------------ entering one for an investor


@bp.get("/new/<investor>")
@guards.requires(Permission.CHANGE_INVESTORS)
def new(investor: str) -> ResponseReturnValue:
    """On which ground one applies for an investor."""
    return _new(key(investor))


@bp.post("/new/<investor>")
@guards.requires(Permission.CHANGE_INVESTORS)
def begin(investor: str) -> ResponseReturnValue:
    """Begin an application for an investor."""
    investor, ground = key(investor), request.form.get("ground", "")
    try:
        application = context.database().transact(applications.begin, context.caller(), investor, ground, context.now())
    except (Conflict, Invalid) as error:
        return _new(investor, error)
    return redirect(url_for(".figures", application=application), 303)


def _new(investor: str, error: GatekeeperError | None = None) -> ResponseReturnValue:
    found = context.database().record(applications.choice, context.caller(), investor, context.now())
    grounds = [(each, ground_named(each), telling.named(class_of(each))) for each in found.grounds]
    typed = request.form.get("ground", "")
    page = render_template("applications/new.html", found=found, grounds=grounds, typed=typed, **form_reader.told(error))
    return page, investor_told.status(error)


@bp.get("/<application>/figures")
@guards.requires(Permission.CHANGE_INVESTORS)
def figures(application: str) -> ResponseReturnValue:
    """The form for what is stated."""
    return _draft(application).figures()


@bp.post("/<application>/figures")
@guards.requires(Permission.CHANGE_INVESTORS)
def save(application: str) -> ResponseReturnValue:
    """Save what was typed."""
    return _draft(application).save()


@bp.get("/<application>/evidence")
@guards.requires(Permission.CHANGE_INVESTORS)
def evidence(application: str) -> ResponseReturnValue:
    """The evidence so far, and what is lacking."""
    return _draft(application).evidence()


@bp.post("/<application>/evidence")
@guards.requires(Permission.CHANGE_INVESTORS)
@guards.takes_files(evidence_files.MOST_BYTES)
def attach(application: str) -> ResponseReturnValue:
    """Add evidence."""
    return _draft(application).attach()


@bp.post("/<application>/evidence/removal")
@guards.requires(Permission.CHANGE_INVESTORS)
def detach(application: str) -> ResponseReturnValue:
    """Take a file out again."""
    return _draft(application).detach()


@bp.get("/<application>/review")
@guards.requires(Permission.CHANGE_INVESTORS)
def review(application: str) -> ResponseReturnValue:
    """What the rules find, before it is handed in."""
    return _draft(application).review()


@bp.post("/<application>/review")
@guards.requires(Permission.CHANGE_INVESTORS)
def hand_in(application: str) -> ResponseReturnValue:
    """Hand the application in."""
    done = _draft(application).hand_in()
    if not isinstance(done, str):
        return done
    flash(context.translated(_HANDED_IN), "success")
    return redirect(url_for(".show", application=done), 303)


def _draft(application: str) -> Draft:
    application = key(application)
    names = ("figures", "evidence", "detach", "review")
    return Draft(application, Addresses(url_for(".index"), *(url_for(f".{name}", application=application) for name in names)))


# ----------------------------------------------------------------------------------------------------------- the way back


@bp.get("/ordinary/<investor>")
@guards.requires(Permission.CHANGE_INVESTORS)
def ordinary(investor: str) -> ResponseReturnValue:
    """The form in which a written notice to be ordinary is recorded."""
    return _ordinary(key(investor))


@bp.post("/ordinary/<investor>")
@guards.requires(Permission.CHANGE_INVESTORS)
def record_notice(investor: str) -> ResponseReturnValue:
    """Record a written notice: the investor is ordinary at once."""
    investor = key(investor)
    reader = Reader(request.form, context.services().settings.time_zone)
    why = (reader.text("reason"), reader.text("evidence"))
    try:
        context.database().transact(opting_down.record_notice, context.caller(), investor, *why, context.now())
    except (Conflict, Invalid) as error:
        return _ordinary(investor, error)
    flash(context.translated(_RECORDED), "success")
    return redirect(url_for("investors.show", investor=investor), 303)


def _ordinary(investor: str, error: GatekeeperError | None = None) -> ResponseReturnValue:
    found = context.database().record(opting_down.look, context.caller(), investor, context.now())
    barred = found.barred
    page = render_template(
        "applications/ordinary.html",
        found=found,
        barred=context.told(barred.fault) if barred else "",
        typed=request.form,
        **form_reader.told(error if isinstance(error, Invalid) else None),
    )
    return page, investor_told.status(error)
