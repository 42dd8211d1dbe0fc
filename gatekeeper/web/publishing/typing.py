"""The form on which staff type what the pages of a scan say, beside the pages."""

import json
from datetime import date
from http import HTTPStatus

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.publishing import reports, typing
from gatekeeper.actions.publishing.typing import Typed
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid
from gatekeeper.rules.roles import Permission
from gatekeeper.store.publishing import report_files
from gatekeeper.web import context, guards
from gatekeeper.web.paging import key

bp = Blueprint("typing", __name__, url_prefix="/admin/reports/<report>/typing")

_NO_DATE = N_("Please give a date as year, month and day.")
_NOT_OPEN = N_("What this report says of itself is not typed, or not any more.")
Problems = list[tuple[str | None, str]]


@bp.get("")
@guards.requires(Permission.CHANGE_REPORTS)
def form(report: str) -> ResponseReturnValue:
    """The form beside the pages, filled with what stands there."""
    return _form(key(report), {}, [])


@bp.post("")
@guards.requires(Permission.CHANGE_REPORTS)
def save(report: str) -> ResponseReturnValue:
    """Write what was typed as the next version."""
    report = key(report)
    try:
        context.database().transact(typing.type_report, context.caller(), report, _typed(), context.now())
    except Invalid as error:
        return _form(report, request.form.to_dict(), [(fault.field, context.told(fault)) for fault in error.faults])
    flash(context.translated(N_("What you typed is kept. Grade and audience are proposed below.")), "success")
    return redirect(url_for("reports.show", report=report), 303)


def _form(report: str, typed: dict[str, str], errors: Problems) -> ResponseReturnValue:
    with context.database().reading() as connection:
        file = reports.view(connection, report, context.now())
        came_as = report_files.of_version(connection, file.version.version)
    if not typing.may_type(file):
        raise Conflict(_NOT_OPEN)
    pages = range(1, (came_as.pages or 0) + 1) if came_as is not None else ()
    page = render_template(
        "reports/typing.html", version=file.version, form=typed or _kept(file.version), errors=errors, pages=pages
    )
    return page, HTTPStatus.BAD_REQUEST if errors else HTTPStatus.OK


def _kept(version: object) -> dict[str, str]:
    """What was typed before, or read; the name of the file is nobody's title."""
    names = ("title", "issuer", "kind", "industry")
    kept = {name: str(getattr(version, name)) for name in names}
    if not kept["issuer"]:
        kept["title"] = ""
    day = getattr(version, "published_on", None)
    people = json.loads(getattr(version, "analysts", "[]"))
    lines = (" ".join(filter(None, (each["name"], each["certificate"]))) for each in people)
    return {**kept, "published_on": day.isoformat() if day else "", "analysts": "\n".join(lines)}


def _typed() -> Typed:
    form, day = request.form, request.form.get("published_on", "").strip()
    try:
        published_on = date.fromisoformat(day) if day else None
    except ValueError:
        raise Invalid(Fault(_NO_DATE, field="published_on")) from None
    words = {name: form.get(name, "") for name in ("title", "issuer", "kind", "industry", "analysts")}
    return Typed(published_on=published_on, **words)
