"""The client's way to professional status and back: where it stands, the application, the test, the warning, the way back."""

from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.suitability import application_steps, applications, opting_down
from gatekeeper.actions.suitability.application_steps import Attempted
from gatekeeper.rules.assessing.conversion import Step, next_steps
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, form_reader, guards, telling
from gatekeeper.web.clients import evidence_files, investor_told
from gatekeeper.web.reading import refusals
from gatekeeper.web.suitability.application_drafts import Addresses, Draft
from gatekeeper.web.suitability.application_told import ground_named

bp = Blueprint("professional", __name__, url_prefix="/professional")

_HANDED_IN = N_("Your application is handed in. You are told here and under Notices what becomes of it.")
_PASSED = N_("You have passed the test: %(score)s answers were right.")
_FAILED = N_("%(score)s answers were right; %(least)s are needed.")
_LIMITED = N_("You have taken the test as often as the firm allows for now. This is recorded under code %(code)s.")
_WARNED = N_("Thank you. A second person at the firm decides about your application.")
_ORDINARY = N_("You are an ordinary investor from now on. This is recorded under code %(code)s.")


@bp.get("")
@guards.requires(Permission.READ_AS_CLIENT)
def show() -> ResponseReturnValue:
    """Where the investor stands, what its application waits for, and the way on."""
    return _show()


@bp.post("")
@guards.requires(Permission.READ_AS_CLIENT)
def begin() -> ResponseReturnValue:
    """Begin an application on one ground."""
    try:
        context.database().transact(applications.begin, context.caller(), None, request.form.get("ground", ""), context.now())
    except Invalid as error:
        return _show(error)
    except Conflict as error:
        return _back(error)
    return redirect(url_for(".figures"), HTTPStatus.SEE_OTHER)


@bp.get("/figures")
@guards.requires(Permission.READ_AS_CLIENT)
def figures() -> ResponseReturnValue:
    """The form for what is stated."""
    try:
        return _draft().figures()
    except Conflict as error:
        return _back(error)


@bp.post("/figures")
@guards.requires(Permission.READ_AS_CLIENT)
def save() -> ResponseReturnValue:
    """Save what was typed."""
    try:
        return _draft().save()
    except Conflict as error:
        return _back(error)


@bp.get("/evidence")
@guards.requires(Permission.READ_AS_CLIENT)
def evidence() -> ResponseReturnValue:
    """The evidence so far, and what is lacking."""
    try:
        return _draft().evidence()
    except Conflict as error:
        return _back(error)


@bp.post("/evidence")
@guards.requires(Permission.READ_AS_CLIENT)
@guards.takes_files(evidence_files.MOST_BYTES)
def attach() -> ResponseReturnValue:
    """Add evidence."""
    try:
        return _draft().attach()
    except Conflict as error:
        return _back(error)


@bp.post("/evidence/removal")
@guards.requires(Permission.READ_AS_CLIENT)
def detach() -> ResponseReturnValue:
    """Take a file out again."""
    try:
        return _draft().detach()
    except Conflict as error:
        return _back(error)


@bp.get("/review")
@guards.requires(Permission.READ_AS_CLIENT)
def review() -> ResponseReturnValue:
    """What the rules find, before it is handed in."""
    try:
        return _draft().review()
    except Conflict as error:
        return _back(error)


@bp.post("/review")
@guards.requires(Permission.READ_AS_CLIENT)
def hand_in() -> ResponseReturnValue:
    """Hand the application in."""
    try:
        done = _draft().hand_in()
    except Conflict as error:
        return _back(error)
    if not isinstance(done, str):
        return done
    flash(context.translated(_HANDED_IN), "success")
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)


@bp.get("/test")
@guards.requires(Permission.READ_AS_CLIENT)
def test() -> ResponseReturnValue:
    """The test of knowledge."""
    try:
        return _test()
    except Conflict as error:
        return _back(error)


@bp.post("/test")
@guards.requires(Permission.READ_AS_CLIENT)
def answer() -> ResponseReturnValue:
    """Have the answers marked."""
    given, now = {name: request.form[name] for name in request.form}, context.now()
    try:
        done = context.database().transact(application_steps.answer, context.caller(), given, now, _zone())
    except Invalid as error:
        return _test(error)
    except Conflict as error:
        return _back(error)
    return _told(done)


@bp.get("/warning")
@guards.requires(Permission.READ_AS_CLIENT)
def warning() -> ResponseReturnValue:
    """The warning before conversion."""
    try:
        return _warning()
    except Conflict as error:
        return _back(error)


@bp.post("/warning")
@guards.requires(Permission.READ_AS_CLIENT)
def acknowledge() -> ResponseReturnValue:
    """Take the acknowledgement of the warning that was shown."""
    words, ticked = request.form.get("words", ""), request.form.get("ticked") == "yes"
    try:
        context.database().transact(application_steps.acknowledge, context.caller(), words, context.now(), ticked=ticked)
    except Invalid as error:
        return _warning(error)
    except Conflict as error:
        return _back(error)
    flash(context.translated(_WARNED), "success")
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)


@bp.get("/ordinary")
@guards.requires(Permission.READ_AS_CLIENT)
def ordinary() -> ResponseReturnValue:
    """What it means to be ordinary again, before it is done."""
    return _ordinary()


@bp.post("/ordinary")
@guards.requires(Permission.READ_AS_CLIENT)
def give_up() -> ResponseReturnValue:
    """Be ordinary again, at once."""
    try:
        code = context.database().transact(opting_down.give_up, context.caller(), context.now())
    except Conflict as error:
        return _ordinary(error)
    flash(context.translated(_ORDINARY, code=code), "success")
    return redirect(url_for("client.record"), HTTPStatus.SEE_OTHER)


def _zone() -> ZoneInfo:
    return context.services().settings.time_zone


def _draft() -> Draft:
    names = ("show", "figures", "evidence", "detach", "review")
    return Draft(None, Addresses(*(url_for(f".{name}") for name in names)))


def _show(error: GatekeeperError | None = None) -> ResponseReturnValue:
    found = context.database().record(application_steps.overview, context.caller(), context.now(), _zone())
    row = found.application.row if found.application else None
    follow: tuple[Step, ...] = ()
    if row is not None and row.step and not row.outcome:
        follow = next_steps(row.investor_class, Step(row.step))
    page = render_template(
        "professional/show.html",
        found=found,
        row=row,
        ground=ground_named(row.ground) if row is not None else "",
        grounds=[(each, ground_named(each)) for each in found.grounds],
        classification=investor_told.classification(found.investor, context.now()),
        following=follow[0].value if follow else "",
        steps=[(telling.named(Step(each.step)), each) for each in found.steps],
        typed=request.form.get("ground", ""),
        **form_reader.told(error),
    )
    return page, investor_told.status(error)


def _test(error: GatekeeperError | None = None) -> ResponseReturnValue:
    sitting = context.database().record(application_steps.test, context.caller(), context.now(), _zone())
    page = render_template("professional/test.html", sitting=sitting, typed=request.form, **form_reader.told(error))
    return page, investor_told.status(error)


def _told(done: Attempted) -> ResponseReturnValue:
    """What came of an attempt, and where it goes on."""
    if done.marked is None:
        flash(context.translated(_LIMITED, code=done.code), "warning")
    elif done.marked.passed:
        flash(context.translated(_PASSED, score=done.marked.score), "success")
        return redirect(url_for(".warning"), HTTPStatus.SEE_OTHER)
    else:
        flash(context.translated(_FAILED, score=done.marked.score, least=done.least), "warning")
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)


def _warning(error: GatekeeperError | None = None) -> ResponseReturnValue:
    shown = context.database().record(application_steps.warning, context.caller(), context.tag(), context.now())
    page = render_template("professional/warning.html", shown=shown, **form_reader.told(error))
    return page, investor_told.status(error)


def _ordinary(error: Conflict | None = None) -> ResponseReturnValue:
    found = context.database().record(opting_down.look, context.caller(), None, context.now())
    barred = error or found.barred
    page = render_template(
        "professional/ordinary.html",
        found=found,
        barred=context.told(barred.fault) if barred else "",
        last_day=refusals.last_day,
        live=bool(found.investor.category and context.now() < found.investor.category_before),
    )
    return page, HTTPStatus.CONFLICT if error else HTTPStatus.OK


def _back(error: Conflict) -> ResponseReturnValue:
    """What can't be gone on with is told where the way begins."""
    flash(context.told(error.fault), "warning")
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)
