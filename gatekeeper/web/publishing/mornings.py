"""The morning table: many reports brought in at once, proposed for one time with one press, and stopped at once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from gatekeeper.actions.publishing import mornings, reports
from gatekeeper.actions.publishing.mornings import Morning, Row
from gatekeeper.actions.publishing.reports import Wish
from gatekeeper.files.prepare import printed_audience, read_objectives
from gatekeeper.rules.errors import N_, Conflict, Fault, GatekeeperError, Invalid, NotFound
from gatekeeper.rules.parsing.texts import faults_of
from gatekeeper.rules.publishing.audiences import usual
from gatekeeper.rules.risk import RiskGrade
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, guards
from gatekeeper.web.paging import key
from gatekeeper.web.publishing import morning_told
from gatekeeper.web.publishing.incoming import MOST_FILES, MOST_SENT, all_brought_in, instant, settled_days

bp = Blueprint("mornings", __name__, url_prefix="/morning")

_DAYS = 3
"""How far back the table goes: what came in on Friday evening is there on Monday."""
_GONE = N_("This report is not in the table any more. Somebody may have proposed it meanwhile.")
_NOTHING = N_("Nothing is selected.")
Problems = dict[str, list[str]]


@bp.get("")
@guards.requires(Permission.SEE_REPORTS)
def show() -> ResponseReturnValue:
    """What came in and is to be proposed, and what is on its way out."""
    return _show()


@bp.post("/files")
@guards.requires(Permission.CHANGE_REPORTS)
@guards.takes_files(MOST_SENT)
def bring() -> ResponseReturnValue:
    """Bring in files; each has a result of its own, and none keeps another from coming in."""
    results = all_brought_in()
    if any(each["problem"] for each in results):
        return _show(results=results), HTTPStatus.BAD_REQUEST
    flash(context.translated(N_("Imported: %(count)s."), count=len(results)), "success")
    return redirect(url_for(".show"), 303)


@bp.post("/proposals")
@guards.requires(Permission.CHANGE_REPORTS)
def propose() -> ResponseReturnValue:
    """Propose the ticked rows for one time; each by itself, and what keeps one from it keeps no other."""
    ticked, whole = _ticked("report"), _faults_of_all()
    release_at = None
    try:
        release_at = instant("release_at")
    except Invalid as error:
        whole += error.faults
    if whole or not ticked:
        faults = whole or [Fault(_NOTHING, field="files")]
        return _show(faults=faults, typed=request.form), HTTPStatus.BAD_REQUEST
    morning = _morning()
    rows = {row.version.report_id: row for row in morning.to_propose}
    problems: Problems = {}
    for report in ticked:
        try:
            wish = _wish(rows.get(report), release_at)
            context.database().transact(reports.propose_publication, context.caller(), report, wish, context.now())
        except (Conflict, Invalid, NotFound) as error:
            problems[report] = [context.told(each) for each in _faults(error)]
    if done := len(ticked) - len(problems):
        flash(context.translated(N_("Proposed: %(count)s. They wait for compliance."), count=done), "success")
    if problems:
        return _show(problems=problems, typed=request.form), HTTPStatus.BAD_REQUEST
    return redirect(url_for(".show"), 303)


@bp.post("/stops")
@guards.requires(Permission.STOP_REPORTS)
def stop() -> ResponseReturnValue:
    """Stop the ticked reports at once, each with an entry of its own."""
    ticked, reason = _ticked("out"), request.form.get("stop_reason", "")
    if not ticked or (faults := faults_of(reason=reason)):
        told = (
            [Fault(_NOTHING, field="stop_reason")]
            if not ticked
            else [Fault(each.message, field="stop_reason") for each in faults]
        )
        return _show(faults=told, typed=request.form), HTTPStatus.BAD_REQUEST
    problems: Problems = {}
    for report in ticked:
        try:
            context.database().transact(reports.stop, context.caller(), report, reason, context.now())
        except (Conflict, NotFound) as error:
            problems[report] = [context.told(each) for each in _faults(error)]
    if done := len(ticked) - len(problems):
        said = N_("Stopped: %(count)s. Nobody can open them any more. The table leads to who was given each.")
        flash(context.translated(said, count=done), "success")
    if problems:
        return _show(problems=problems, typed=request.form), HTTPStatus.BAD_REQUEST
    return redirect(url_for(".show") + "#out", 303)


def _ticked(name: str) -> list[str]:
    """The reports whose rows were ticked: at most as many as the table holds."""
    return list(dict.fromkeys(map(key, request.form.getlist(name))))[: mornings.MOST]


def _faults_of_all() -> list[Fault]:
    """What is wrong with what counts for every row."""
    return faults_of(reason=request.form.get("reason", ""))


def _faults(error: GatekeeperError) -> tuple[Fault, ...]:
    return error.faults if isinstance(error, Invalid) else (error.fault,)


def _wish(row: Row | None, release_at: datetime | None) -> Wish:
    """What the form proposes for one row: grade and audience as chosen in it, and everything else as it was read."""
    if row is None:
        raise Conflict(_GONE)
    form, report, faults = request.form, row.version.report_id, list[Fault]()
    grade = RiskGrade.__members__.get(form.get(f"grade-{report}", ""))
    audience = usual(printed_audience(row.reading)).get(form.get(f"audience-{report}", ""))
    if grade is None:
        faults.append(Fault(N_("Please choose the grade.")))
    if audience is None:
        faults.append(Fault(N_("Please choose the audience from the list.")))
    settled = settled_days(faults)
    if faults or grade is None or audience is None:
        raise Invalid(*faults)
    mine = {each.id: settled[each.id] for each in row.open if each.id in settled}
    return Wish(
        grade=grade,
        audience=audience,
        settled_before=mine,
        reason=form.get("reason", ""),
        about=read_objectives(row.reading),
        release_at=release_at,
    )


def _morning() -> Morning:
    now, zone = context.now(), context.services().settings.time_zone
    today = now.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    with context.database().reading() as connection:
        return mornings.view(connection, today - timedelta(days=_DAYS), now)


def _show(
    *,
    results: list[dict[str, Any]] | None = None,
    problems: Problems | None = None,
    faults: list[Fault] | None = None,
    typed: MultiDict[str, str] | None = None,
) -> str:
    morning, permissions = _morning(), context.signed_in().permissions
    coming = [morning_told.coming(row, typed, (problems or {}).get(row.version.report_id, [])) for row in morning.to_propose]
    going = [morning_told.going(row, typed, (problems or {}).get(row.version.report_id, [])) for row in morning.on_their_way]
    waiting = [each["proposal"] for each in going if each["proposal"]]
    return render_template(
        "reports/morning.html",
        coming=coming,
        going=going,
        waiting=waiting if Permission.APPROVE_REPORTS in permissions else [],
        may_stop=Permission.STOP_REPORTS in permissions and any(each["is_out"] for each in going),
        has_more=morning.has_more,
        ending=morning.ending,
        results=results or [],
        errors=_errors(faults or [], problems or {}, {each["report"]: each["title"] for each in (*coming, *going)}),
        most=MOST_FILES,
        now=context.now(),
        form=_form(typed),
    )


def _errors(faults: list[Fault], problems: Problems, titles: Mapping[str, str]) -> list[tuple[str | None, str]]:
    """Everything that is wrong, each leading to its place."""
    told: list[tuple[str | None, str]] = [(fault.field, context.told(fault)) for fault in faults]
    for report, sentences in problems.items():
        at = f"row-{report}" if report in titles else None
        told += [(at, f"{titles[report]}: {sentence}" if at else sentence) for sentence in sentences]
    return told


def _form(typed: MultiDict[str, str] | None) -> dict[str, str]:
    """What counts for every row: as it was typed, or the next time at which reports usually go out."""
    if typed is not None:
        return {name: typed.get(name, "") for name in ("release_at", "reason", "stop_reason")}
    settings, now = context.services().settings, context.now()
    local = now.astimezone(settings.time_zone)
    usual_time = datetime.combine(local.date(), settings.release_time, settings.time_zone)
    following = usual_time if usual_time > now else usual_time + timedelta(days=1)
    return {"release_at": f"{following:%Y-%m-%dT%H:%M}", "reason": "", "stop_reason": ""}
