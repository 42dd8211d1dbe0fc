"""The risk assessment: clients answer page by page, hand in and acknowledge the letter; staff look at what was answered."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.suitability import assessment_files, assessment_letters, assessments
from gatekeeper.actions.suitability.assessments import Begun
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid
from gatekeeper.rules.roles import Permission
from gatekeeper.store.suitability.assessments import State
from gatekeeper.web import context, form_reader, guards, paging
from gatekeeper.web.clients import investor_told

bp = Blueprint("assessments", __name__)

_LIMITED = N_("You have been assessed as often as the firm allows for now. This is recorded under code %(code)s.")
_DONE = {
    State.DONE: N_("Thank you. The result applies from now on."),
    State.WAITING: N_("Thank you. A second person at the firm looks at the result before it applies."),
    State.REJECTED: N_("This result was not approved. What stands in your record applies."),
}
_SAVED = N_("Your answers are saved. You can go on whenever you like.")


@bp.get("/assessment")
@guards.requires(Permission.READ_AS_CLIENT)
def show() -> ResponseReturnValue:
    """Where the assessment stands, and the way on."""
    found = context.database().record(assessments.overview, context.caller(), context.now(), _zone())
    return render_template("assessments/show.html", found=found)


@bp.post("/assessment")
@guards.requires(Permission.READ_AS_CLIENT)
def begin() -> ResponseReturnValue:
    """Begin a new assessment, unless a limit is reached."""
    try:
        begun = context.database().transact(assessments.begin, context.caller(), context.now(), _zone())
    except Conflict as error:
        return _back(error)
    return _limited(begun) or redirect(url_for(".questions", number="1"), HTTPStatus.SEE_OTHER)


@bp.get("/assessment/questions/<number>")
@guards.requires(Permission.READ_AS_CLIENT)
def questions(number: str) -> ResponseReturnValue:
    """One page of questions, with the answers saved before."""
    try:
        return _questions(number)
    except Conflict as error:
        return _back(error)


@bp.post("/assessment/questions/<number>")
@guards.requires(Permission.READ_AS_CLIENT)
def answer(number: str) -> ResponseReturnValue:
    """Save one page, and go on or leave."""
    given, whole = _given(), request.form.get("then") != "leave"
    try:
        context.database().transact(assessments.answer, context.caller(), _number(number), given, context.now(), whole=whole)
    except Invalid as error:
        return _questions(number, given, error)
    except Conflict as error:
        return _back(error)
    if not whole:
        flash(context.translated(_SAVED), "success")
        return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)
    return redirect(_following(number), HTTPStatus.SEE_OTHER)


@bp.get("/assessment/review")
@guards.requires(Permission.READ_AS_CLIENT)
def review() -> ResponseReturnValue:
    """All the answers before they are handed in."""
    try:
        return _review()
    except Conflict as error:
        return _back(error)


@bp.post("/assessment/review")
@guards.requires(Permission.READ_AS_CLIENT)
def hand_in() -> ResponseReturnValue:
    """Hand the answers in: what they come to stands in the letter."""
    declared = request.form.get("declared") == "yes"
    try:
        done = context.database().transact(assessments.hand_in, context.caller(), context.now(), _zone(), declared=declared)
    except Invalid as error:
        return _review(error)
    except Conflict as error:
        return _back(error)
    return _limited(done) or redirect(url_for(".letter"), HTTPStatus.SEE_OTHER)


@bp.get("/assessment/letter")
@guards.requires(Permission.READ_AS_CLIENT)
def letter() -> ResponseReturnValue:
    """The letter with the result."""
    try:
        return _letter()
    except Conflict as error:
        return _back(error)


@bp.post("/assessment/letter")
@guards.requires(Permission.READ_AS_CLIENT)
def acknowledge() -> ResponseReturnValue:
    """Take the acknowledgement of the letter that was shown."""
    words, now = request.form.get("words", ""), context.now()
    try:
        state = context.database().transact(assessment_letters.acknowledge, context.caller(), words, now, context.tag())
    except Conflict as error:
        return _back(error)
    flash(context.translated(_DONE[state]), "success" if state is State.DONE else "info")
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)


@bp.get("/investors/<investor>/assessments/<assessment>")
@guards.requires(Permission.SEE_INVESTORS)
def look(investor: str, assessment: str) -> ResponseReturnValue:
    """One assessment for staff: the answers, what they score, and the letter."""
    investor, assessment = paging.key(investor), paging.key(assessment)
    arguments = (context.caller(), investor, assessment, context.tag(), context.now())
    return render_template("assessments/look.html", found=context.database().record(assessment_files.look, *arguments))


def _zone() -> ZoneInfo:
    return context.services().settings.time_zone


def _number(text: str) -> int:
    """The number of a page; what is none leads to a page that does not exist."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 3 else 0  # noqa: PLR2004  (two digits are plenty)


def _given() -> dict[str, list[str]]:
    return {name: request.form.getlist(name) for name in request.form}


def _following(number: str) -> str:
    """The next page of questions, or the review after the last one. Whoever came from the review goes back to it."""
    last = request.form.get("count", "") == number or request.form.get("then") == "review"
    return url_for(".review") if last else url_for(".questions", number=str(_number(number) + 1))


def _questions(
    number: str, given: Mapping[str, Sequence[str]] | None = None, error: GatekeeperError | None = None
) -> ResponseReturnValue:
    page = context.database().record(assessments.page, context.caller(), _number(number), context.now())
    told = form_reader.told(error)
    shown = render_template("assessments/questions.html", page=page, given=given or page.answers, **told)
    return shown, investor_told.status(error)


def _review(error: GatekeeperError | None = None) -> ResponseReturnValue:
    found = context.database().record(assessments.review, context.caller(), context.now())
    told = form_reader.told(error if not any(found.missing) else None)
    return render_template("assessments/review.html", found=found, **told), investor_told.status(error)


def _letter() -> ResponseReturnValue:
    found = context.database().record(assessment_letters.read, context.caller(), context.tag(), context.now())
    return render_template("assessments/letter.html", found=found)


def _limited(begun: Begun) -> ResponseReturnValue | None:
    """Back to the overview, which says from when on it is allowed again; None where no limit is reached."""
    if begun.retake.allowed:
        return None
    flash(context.translated(_LIMITED, code=begun.code), "warning")
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)


def _back(error: Conflict) -> ResponseReturnValue:
    """What can't be gone on with is told where a new assessment begins."""
    flash(context.told(error.fault), "warning")
    return redirect(url_for(".show"), HTTPStatus.SEE_OTHER)
