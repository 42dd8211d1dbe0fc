"""Assessments on paper: scans handed in at once, whose each is, and the answers typed beside it, one client after the other."""

from collections.abc import Mapping, Sequence
from datetime import date
from http import HTTPStatus
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.suitability import paper_scans, papers
from gatekeeper.actions.suitability.papers import Entered, Typed
from gatekeeper.files import originals, uploads
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid, NotPermitted
from gatekeeper.rules.roles import Permission
from gatekeeper.store.suitability.assessments import State
from gatekeeper.web import context, form_reader, guards, telling
from gatekeeper.web.clients import evidence_files
from gatekeeper.web.paging import key

bp = Blueprint("papers", __name__, url_prefix="/admin/papers")

_MOST_DIGITS = 3
_PREFIX = "q-"
"""Before the names of questions, which are the questionnaire's own."""
_RECEIVED = N_("%(count)s scans wait to be typed.")
_ASIDE = N_("The scan was set aside. It stays on file.")
_DONE = {
    State.DONE: N_("%(name)s: %(category)s. It applies."),
    State.WAITING: N_("%(name)s: %(category)s. Another person must approve it."),
    State.KEPT: N_("%(name)s: %(category)s. Kept on file, but a newer assessment applies: nothing has changed."),
}
_STATUS: dict[type[GatekeeperError], HTTPStatus] = {
    Conflict: HTTPStatus.CONFLICT,
    Invalid: HTTPStatus.BAD_REQUEST,
    NotPermitted: HTTPStatus.FORBIDDEN,
}


@bp.get("")
@guards.requires(Permission.ENTER_ASSESSMENTS)
def index() -> ResponseReturnValue:
    """What waits to be typed, and where scans are handed in."""
    return _index()


@bp.post("")
@guards.requires(Permission.ENTER_ASSESSMENTS)
@guards.takes_files(evidence_files.MOST_BYTES)
def receive() -> ResponseReturnValue:
    """Take scans: they become a queue, and the first is opened at once."""
    try:
        taken = evidence_files.taken(request.files.getlist(uploads.FIELD))
        described = [each.described for each in taken]
        count = context.database().transact(paper_scans.receive, context.caller(), described, context.now())
    except Invalid as error:
        return _index(error)
    flash(context.translated(_RECEIVED, count=count), "success")
    return redirect(_next(None), HTTPStatus.SEE_OTHER)


@bp.get("/scans/<scan>/pages/<number>")
@guards.requires(Permission.ENTER_ASSESSMENTS)
def page(scan: str, number: str) -> ResponseReturnValue:
    """One page of a scan as a picture."""
    wanted = int(number) if number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS else 0
    row = context.database().record(paper_scans.look, context.caller(), key(scan), wanted, context.now())
    data = originals.read(context.services().settings.data_dir, row.sha256)
    return Response(uploads.page_image(data, wanted, row.pages), content_type="image/jpeg")


@bp.post("/scans/<scan>/aside")
@guards.requires(Permission.ENTER_ASSESSMENTS)
def set_aside(scan: str) -> ResponseReturnValue:
    """Let a scan wait no more that is none."""
    try:
        context.database().transact(paper_scans.set_aside, context.caller(), key(scan), context.now())
        flash(context.translated(_ASIDE), "success")
    except Conflict as error:
        flash(context.told(error.fault), "warning")
    return redirect(_next(None), HTTPStatus.SEE_OTHER)


@bp.get("/new")
@guards.requires(Permission.ENTER_ASSESSMENTS)
def choose() -> ResponseReturnValue:
    """Whose paper it is: the client number and the signing date, beside the scan."""
    return _choose(request.args, key(request.args.get("scan", "")))


@bp.post("/new")
@guards.requires(Permission.ENTER_ASSESSMENTS)
def chosen() -> ResponseReturnValue:
    """On to the questions, under an address that names nobody."""
    typed, scan = request.form, key(request.form.get("scan", ""))
    try:
        signed_on = _signed_on(typed)
        with context.database().reading() as connection:
            arguments = (context.caller(), typed.get("number", ""), signed_on, context.now(), _zone())
            investor = papers.choose(connection, *arguments)
    except (Conflict, Invalid, NotPermitted) as error:
        return _choose(typed, scan, error)
    address = url_for(".questions", investor=investor, signed_on=signed_on, scan=scan or None)
    return redirect(address, HTTPStatus.SEE_OTHER)


@bp.get("/new/<investor>")
@guards.requires(Permission.ENTER_ASSESSMENTS)
def questions(investor: str) -> ResponseReturnValue:
    """The questions of the paper's day, to be typed beside the scan."""
    scan = key(request.args.get("scan", ""))
    try:
        return _questions(key(investor), request.args, scan, {})
    except (Conflict, Invalid, NotPermitted) as error:
        return _choose(request.args, scan, error)


@bp.post("/new/<investor>")
@guards.requires(Permission.ENTER_ASSESSMENTS)
def enter(investor: str) -> ResponseReturnValue:
    """Take the answers; then the next client."""
    sent, scan = request.form, key(request.form.get("scan", ""))
    given = {name.removeprefix(_PREFIX): sent.getlist(name) for name in sent if name.startswith(_PREFIX)}
    try:
        day = _signed_on(sent)
        if day is None:
            return _choose(sent, scan)
        typed = Typed(investor=key(investor), signed_on=day, answers=given, scan=scan)
        arguments = (context.caller(), typed, context.now(), _zone(), context.tag())
        entered = context.database().transact(papers.enter, *arguments)
    except (Conflict, Invalid, NotPermitted) as error:
        return _again(key(investor), scan, given, error)
    flash(_told(entered), "warning" if entered.state is State.KEPT else "success")
    return redirect(_next(day, is_queue=bool(scan)), HTTPStatus.SEE_OTHER)


def _again(investor: str, scan: str, given: Mapping[str, Sequence[str]], error: GatekeeperError) -> ResponseReturnValue:
    """What cannot be taken is told where it can be mended, with what was typed."""
    faults = error.faults if isinstance(error, Invalid) else ()
    if isinstance(error, NotPermitted) or any(fault.field == "signed_on" for fault in faults):
        return _choose(request.form, scan, error)
    try:
        return _questions(investor, request.form, scan, given, error)
    except Conflict as gone:
        return _away(gone)


def _zone() -> ZoneInfo:
    return context.services().settings.time_zone


def _signed_on(sent: Any) -> date | None:
    reader = form_reader.Reader(sent, _zone())
    day = reader.day("signed_on")
    reader.check()
    return day


def _next(signed_on: date | None, *, is_queue: bool = True) -> str:
    """The next client at once: the next scan of the queue, or another paper without one."""
    with context.database().reading() as connection:
        following = paper_scans.following(connection, context.caller()) if is_queue else None
    if is_queue and following is None:
        return url_for(".index")
    return url_for(".choose", scan=following, signed_on=signed_on)


def _away(error: GatekeeperError) -> ResponseReturnValue:
    flash(context.told(error.fault), "warning")
    return redirect(url_for(".index"), HTTPStatus.SEE_OTHER)


def _told(entered: Entered) -> str:
    result = entered.outcome.result
    category = context.translated(N_("Lowest category")) if result.lowest else telling.named(result.category)
    return context.translated(_DONE[entered.state], name=entered.investor.name, category=category)


def _index(error: GatekeeperError | None = None) -> ResponseReturnValue:
    queue = context.database().record(paper_scans.queue, context.caller(), context.now())
    page = render_template("papers/index.html", queue=queue, accept=uploads.ACCEPT, **form_reader.told(error))
    return page, _status(error)


def _choose(typed: Any, scan: str, error: GatekeeperError | None = None) -> ResponseReturnValue:
    try:
        row = context.database().record(paper_scans.beside, context.caller(), scan, context.now())
    except Conflict as gone:
        return _away(gone)
    today = context.now().astimezone(_zone()).date().isoformat()
    told = form_reader.told(error)
    return render_template("papers/choose.html", typed=typed, scan=row, today=today, **told), _status(error)


def _questions(
    investor: str, sent: Any, scan: str, given: Mapping[str, Sequence[str]], error: GatekeeperError | None = None
) -> ResponseReturnValue:
    arguments = (context.caller(), investor, _signed_on(sent), scan, context.now(), _zone())
    sheet = context.database().record(papers.sheet, *arguments)
    told = form_reader.told(error, _PREFIX)
    return render_template("papers/questions.html", sheet=sheet, given=given, prefix=_PREFIX, **told), _status(error)


def _status(error: GatekeeperError | None) -> HTTPStatus:
    return HTTPStatus.OK if error is None else _STATUS[type(error)]
