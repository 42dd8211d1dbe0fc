"""A report's pages: pictures of them, all their words, that the end was reached, and a copy to take away.

Each is decided afresh, on the opening that the address names. That a part is given is noted before its first byte leaves; the
notes of one reading become one entry. A refusal is an entry and an answer like that of the report's own page.
"""

import json
import unicodedata
from http import HTTPStatus
from urllib.parse import quote

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.reading import access
from gatekeeper.actions.reading.access import Answer
from gatekeeper.files import typesetting
from gatekeeper.files.typesetting import Manuscript
from gatekeeper.files.viewing import copies, images, marks
from gatekeeper.ledger.decisions import Turned
from gatekeeper.rules.errors import N_, Conflict, NotFound
from gatekeeper.rules.risk import Action
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store.publishing import library
from gatekeeper.store.reading import readings
from gatekeeper.store.reading.readings import Part
from gatekeeper.web import context, guards, paging
from gatekeeper.web.reading import contents, originals, refusals, watermark

bp = Blueprint("viewing", __name__, url_prefix="/reports/<report>")

_OVER = N_("This reading is over. Please open the report again.")
_NO_PAGE = N_("The report has no such page.")
_LONGEST_NAME = 80


@bp.get("/pages/<number>")
@guards.requires(Permission.READ_AS_CLIENT)
def picture(report: str, number: str) -> ResponseReturnValue:
    """One page with its reader's mark in it."""
    turned = _turned(report)
    if turned.permit is None:
        return _refused(report, turned)
    original = originals.pdf(turned.permit)
    width = request.args.get("width", default=images.WIDTHS[0], type=int)
    if original is None or width not in images.WIDTHS:
        raise NotFound(_NO_PAGE)
    sizes = images.sizes(original.digest, original.data)
    page = next((each for each in range(1, len(sizes) + 1) if str(each) == number), None)
    if page is None:
        raise NotFound(_NO_PAGE)
    _keep(turned, Part.PAGE, page)
    mark = watermark.mark(turned.permit, turned.client_number)
    return Response(images.page(original.data, page, width, mark), mimetype="image/jpeg")


@bp.get("/text")
@guards.requires(Permission.READ_AS_CLIENT)
def text(report: str) -> ResponseReturnValue:
    """All the words of a report whose pages are shown as pictures, for whoever has them read aloud."""
    turned = _turned(report)
    if turned.permit is None:
        return _refused(report, turned)
    _keep(turned, Part.TEXT, 0)
    return render_template(
        "client/text.html",
        dots=marks.path(turned.permit.code),
        report=contents.rendered(turned.permit),
        mark=watermark.mark(turned.permit, turned.client_number),
        permit=turned.permit,
    )


@bp.post("/end")
@guards.requires(Permission.READ_AS_CLIENT)
def end(report: str) -> ResponseReturnValue:
    """The end of the words has been on the screen."""
    turned = _turned(report)
    if turned.permit is None:
        return _refused(report, turned)
    _keep(turned, Part.END, 0)
    return "", HTTPStatus.NO_CONTENT


@bp.post("/copy")
@guards.requires(Permission.READ_AS_CLIENT)
def copy(report: str) -> ResponseReturnValue:
    """A copy with the reader's mark, made for this request and not kept.

    It bears the code of an entry that is durable before the copy is made; so no digest of it can stand in that entry. What came
    from here is known by the code on every page and in the file.
    """
    report = paging.key(report)
    zone, now = context.services().settings.time_zone, context.now()
    answer = context.database().record(access.open_report, context.caller(), report, now, zone, action=Action.USE)
    if answer.permit is None:
        return _unopened(report, answer)
    permit, mark = answer.permit, watermark.mark(answer.permit, answer.case.client_number)
    with context.database().reading() as connection:
        content = library.content(connection, permit)
    original = originals.pdf(permit)
    data = original.data if original else typesetting.pdf(_manuscript(content))
    made = copies.make(data, mark, copies.About(content.title, content.issuer, permit.at))
    return Response(made, mimetype="application/pdf", headers={"Content-Disposition": _named(content.title, permit.code)})


def _manuscript(content: library.Content) -> Manuscript:
    return Manuscript(
        title=content.title,
        subtitle=content.subtitle,
        issuer=content.issuer,
        kind=content.kind,
        rating=content.rating,
        analysts="、".join(each["name"] for each in json.loads(content.analysts)),
        published_on=content.published_on.isoformat() if content.published_on else "",
        language=content.language,
        body=json.loads(content.body),
    )


def _turned(report: str) -> Turned:
    """The decision on a part of a report, on the opening that the address or the form names."""
    opening = paging.key(request.values.get("opening", ""))
    zone = context.services().settings.time_zone
    with context.database().reading() as connection:
        return access.turn(connection, context.caller(), paging.key(report), opening, context.now(), zone)


def _keep(turned: Turned, part: Part, page: int) -> None:
    context.database().note(readings.keep, turned.entry, context.caller().session, part, page, context.now())


def _refused(report: str, turned: Turned) -> ResponseReturnValue:
    """Why a part is not given, recorded like a refusal of the whole; where only the opening is old, that it must be renewed."""
    if turned.decision.outcome is Outcome.PERMIT:
        raise Conflict(_OVER)
    report, zone = paging.key(report), context.services().settings.time_zone
    return _unopened(report, context.database().record(access.open_report, context.caller(), report, context.now(), zone))


def _unopened(report: str, answer: Answer) -> ResponseReturnValue:
    if answer.decision.outcome is Outcome.ACKNOWLEDGE:
        return redirect(url_for("client.statement", report=report), 303)
    return refusals.answer(answer.decision, answer.case, answer.code, answer.instead)


def _named(title: str, code: str) -> str:
    """The header that names a copy: the title as far as a file's name may hold it, and for old browsers the code alone."""
    plain = "".join(each if unicodedata.category(each)[0] in "LNM" else " " for each in title)
    name = "_".join(plain.split())[:_LONGEST_NAME]
    return f"attachment; filename=\"report-{code}.pdf\"; filename*=UTF-8''{quote(f'{name}-{code}.pdf')}"
