"""A report's versions for staff: a corrected file, each version's own page and content, what changed, another grade."""

import json
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from gatekeeper.actions.publishing import regrading, reports
from gatekeeper.actions.publishing.regrading import Regraded, Regrading
from gatekeeper.actions.reading import access
from gatekeeper.files.reading.source import MOST_BYTES
from gatekeeper.rules.changing import differences
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid
from gatekeeper.rules.grading.regrading import Stated
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Permit
from gatekeeper.store.publishing import library
from gatekeeper.store.reading import access as facts
from gatekeeper.web import context, guards
from gatekeeper.web.paging import key
from gatekeeper.web.publishing import reports as pages
from gatekeeper.web.publishing.incoming import bring_in
from gatekeeper.web.reading import contents

bp = Blueprint("versions", __name__, url_prefix="/admin/reports/<report>/versions")

_MOST_DIGITS = 10
_MOST_SENT = MOST_BYTES + 1024 * 1024
"""One file, and what a form needs around it."""
_NO_FILE = N_("Please choose the corrected file.")
_CORRECTED = N_("The corrected file is version %(number)s. What is out stays out until it is approved and published.")
_LOWERED = N_("Version %(number)s acts from now on, or from the instant that was set.")
_PROPOSED = N_("What gives the report to more readers is version %(number)s; it waits for compliance.")
_TO_PROPOSE = N_("What gives the report to more readers is version %(number)s. Its findings must be settled: propose it below.")
_LEFT = N_("What gives the report to more readers was not proposed, because a proposal for this report waits already.")
_DROPPED = N_("Version %(number)s, which was set to come out later, does not come out: it was approved before this change.")


@bp.post("")
@guards.requires(Permission.CHANGE_REPORTS)
@guards.takes_files(_MOST_SENT)
def add(report: str) -> ResponseReturnValue:
    """Bring in the corrected file of a report as its next version."""
    report, file = key(report), request.files.get("file")
    try:
        problem: tuple[Fault, ...] = () if file and file.filename else (Fault(_NO_FILE),)
        if file and not problem:
            bring_in(file, corrects=report)
    except (Conflict, Invalid) as error:
        problem = error.faults if isinstance(error, Invalid) else (error.fault,)
    if problem:
        return pages.page(report, None, [("file", context.told(fault)) for fault in problem]), HTTPStatus.BAD_REQUEST
    with context.database().reading() as connection:
        number = reports.view(connection, report, context.now()).version.number
    flash(context.translated(_CORRECTED, number=number), "success")
    return redirect(url_for("reports.show", report=report), 303)


@bp.get("/<number>")
@guards.requires(Permission.SEE_REPORTS)
def show(report: str, number: str) -> ResponseReturnValue:
    """The file of one version."""
    return pages.page(key(report), None, [], number=_number(number))


@bp.get("/<number>/content")
@guards.requires(Permission.REVIEW_REPORTS)
def review(report: str, number: str) -> ResponseReturnValue:
    """The content of one version; the reading is recorded."""
    which = _number(number)
    reviewed = context.database().record(access.review_report, context.caller(), key(report), context.now(), number=which)
    return render_template("reports/review.html", review=reviewed, report=contents.rendered(reviewed.permit))


@bp.get("/<number>/differences")
@guards.requires(Permission.REVIEW_REPORTS)
def compare(report: str, number: str) -> ResponseReturnValue:
    """The text of one version beside that of an earlier one; the reading is recorded."""
    which = _number(number)
    against = request.args.get("against", max(which - 1, 1), type=int)
    act, caller = access.review_report, context.caller()
    found = context.database().record(act, caller, key(report), context.now(), number=which, against=against)
    old, new = _text(found.beside), _text(found.permit)
    tag = "en" if found.version.language == "en" else "zh-CN"
    return render_template("reports/differences.html", found=found, paragraphs=differences.compare(old, new), lang=tag)


def _number(text: str) -> int:
    """The number of a version in an address; one that no report has where it is none."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < _MOST_DIGITS else 0


def _text(permit: Permit | None) -> str:
    """A version's content as plain lines."""
    if permit is None:
        return ""
    with context.database().reading() as connection:
        content = library.content(connection, permit)
    body: dict[str, Any] = json.loads(content.body)
    lines = [content.title, content.subtitle]
    for section in body["sections"]:
        lines += [section["heading"] or "", *map(_line, section["paragraphs"])]
    names = ("risk_notice", "special_statement", "analyst_statement", "rating_definitions", "disclaimer", "contact")
    return "\n".join([*lines, *(body.get(name) or "" for name in names)])


def _line(paragraph: Any) -> str:
    """A paragraph, or a table row by row."""
    if isinstance(paragraph, str):
        return paragraph
    rows = [paragraph["columns"], *paragraph["rows"]]
    return "\n".join([paragraph["caption"], *(" | ".join(row) for row in rows)])


@bp.get("/<number>/grade")
@guards.requires(Permission.CHANGE_REPORTS)
def grade(report: str, number: str) -> ResponseReturnValue:
    """The form for another grade or audience, filled with what is confirmed."""
    return _form(key(report), _number(number), None, [])


@bp.post("/<number>/grade")
@guards.requires(Permission.CHANGE_REPORTS)
def regrade(report: str, number: str) -> ResponseReturnValue:
    """Give a report another grade or audience: at once as far as it lowers."""
    report, which = key(report), _number(number)
    try:
        wish = pages.wish()
        how = Regrading(number=which, wanted=Stated(wish.grade, wish.audience, wish.about), reason=wish.reason)
        done = context.database().transact(regrading.regrade, context.caller(), report, how, context.now())
    except Invalid as error:
        return _form(report, which, request.form, [(fault.field, context.told(fault)) for fault in error.faults])
    for message, made in _done(done):
        flash(context.translated(message, number=made), "success" if message != _DROPPED else "warning")
    made = done.raised if done.raised and not done.proposal else None
    address = url_for(".show", report=report, number=made) if made else url_for("reports.show", report=report)
    return redirect(address, 303)


def _done(done: Regraded) -> list[tuple[str, int | None]]:
    told = [
        (_LOWERED, done.lowered),
        (_PROPOSED if done.proposal else _TO_PROPOSE, done.raised),
        (_DROPPED, done.dropped),
    ]
    return [each for each in told if each[1] is not None] + ([(_LEFT, None)] if done.left else [])


def _form(report: str, number: int, typed: MultiDict[str, str] | None, errors: "pages.Problems") -> ResponseReturnValue:
    now = context.now()
    with context.database().reading() as connection:
        file = reports.view(connection, report, now, number)
    version = file.version
    page = render_template(
        "reports/regrade.html",
        version=version,
        form=pages.form_of(typed, file, now, _confirmed(version)),
        errors=errors,
        **pages.CHOICES,
    )
    return page, HTTPStatus.BAD_REQUEST if errors else HTTPStatus.OK


def _confirmed(version: Any) -> Stated | None:
    if version.grade is None:
        return None
    return Stated(version.grade, facts.audience(version), facts.objectives(version.term, version.varieties))
