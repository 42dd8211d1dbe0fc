"""Reports for those who bring them out: import, look, propose, publish, stop. Content is shown through ``review`` alone."""

import json
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from gatekeeper.actions.publishing import reports, typing
from gatekeeper.actions.reading import access
from gatekeeper.files.prepare import printed_audience, printed_grade, read_covers, read_objectives
from gatekeeper.rules.changes import PublicationChange
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.grading.instruments import Instrument
from gatekeeper.rules.grading.regrading import Stated
from gatekeeper.rules.reading.file_findings import ONCE
from gatekeeper.rules.risk import Audience, Objectives, ProfessionalClause, RiskCategory, RiskGrade, Term, Variety
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.wording import searching
from gatekeeper.store import proposals
from gatekeeper.store.publishing import library, report_files, search
from gatekeeper.store.reading import access as facts
from gatekeeper.web import context, guards, telling
from gatekeeper.web.paging import position, token
from gatekeeper.web.publishing import (
    checklist_told,
    files_told,
    morning_told,
    mornings,
    read,
    readers,
    settlements,
    versions_told,
)
from gatekeeper.web.publishing.incoming import MOST_SENT, all_brought_in, instant, settled_days
from gatekeeper.web.reading import contents, refusals

bp = Blueprint("reports", __name__, url_prefix="/admin/reports")
bp.register_blueprint(mornings.bp)
bp.register_blueprint(readers.bp)
bp.register_blueprint(settlements.bp)

PAGE = 30
Problems = list[tuple[str | None, str]]
CHOICES: dict[str, Any] = {
    "grades": list(RiskGrade),
    "categories": list(RiskCategory),
    "clauses": list(ProfessionalClause),
    "terms": list(Term),
    "varieties": list(Variety),
    "instruments": list(Instrument),
}
"""What a form about grade and audience offers."""


@bp.get("")
@guards.requires(Permission.SEE_REPORTS)
def index() -> ResponseReturnValue:
    """Every report with its state, newest import first; or those that wait to be published, or are found by their metadata."""
    after, now = position(request.args.get("after")), context.now()
    state = "approved" if request.args.get("state") == "approved" else None
    words = " ".join(request.args.get("q", "")[: searching.LONGEST].split())
    with context.database().reading() as connection:
        found = search.named(connection, words) if words else None
        rows = library.for_staff(connection, after, PAGE + 1, now, to_publish=state is not None, found=found)
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    asked = words or None
    older = url_for("reports.index", state=state, q=asked, after=token(last.created_at, last.version)) if last else None
    newest = url_for("reports.index", state=state, q=asked) if after else None
    return render_template("reports/index.html", rows=rows[:PAGE], state=state, words=words, older=older, newest=newest, now=now)


@bp.get("/import")
@guards.requires(Permission.CHANGE_REPORTS)
def import_form() -> ResponseReturnValue:
    """The form for one or more files."""
    return render_template("reports/import.html", results=[])


@bp.post("/import")
@guards.requires(Permission.CHANGE_REPORTS)
@guards.takes_files(MOST_SENT)
def import_files() -> ResponseReturnValue:
    """Bring in files; one bad file does not stop the others, and each is told apart."""
    results = all_brought_in()
    if len(results) == 1 and results[0]["report"]:
        return redirect(url_for("reports.show", report=results[0]["report"]), 303)
    failed = any(result["problem"] for result in results)
    return render_template("reports/import.html", results=results), HTTPStatus.BAD_REQUEST if failed else HTTPStatus.OK


@bp.get("/<report>")
@guards.requires(Permission.SEE_REPORTS)
def show(report: str) -> ResponseReturnValue:
    """One report's file: what it says of itself, what its notice was read as, findings, and what is to be done next."""
    return page(report, None, [])


def page(report: str, typed: MultiDict[str, str] | None, errors: Problems, *, number: int | None = None) -> str:
    """A report's file: of the version at work, or of the one with this number."""
    with context.database().reading() as connection:
        file = reports.view(connection, report, context.now(), number)
        came_as = report_files.of_version(connection, file.version.version)
    findings = [(each, context.told(Fault(each.message, **json.loads(each.details)))) for each in file.findings]
    return render_template(
        "reports/show.html",
        file=file,
        came_as=files_told.came_as(came_as),
        fields=files_told.fields(file.reading),
        typed=files_told.typed(file.reading),
        may_type=typing.may_type(file),
        version=file.version,
        reading=file.reading,
        analysts=json.loads(file.version.analysts),
        findings=findings,
        checklist=checklist_told.items(file.reading, findings),
        duplicates=morning_told.repeated(file.duplicates),
        confirmed=_confirmed(file.version),
        form=form_of(typed, file, context.now()),
        errors=errors,
        now=context.now(),
        last_day=refusals.last_day,
        told=read.read(file.reading, file.version.notice, _proposed(file)),
        read=telling.objectives(read_objectives(file.reading)),
        about=telling.objectives(facts.objectives(file.version.term, file.version.varieties)),
        once=ONCE,
        versions=versions_told.lines(file),
        floor=versions_told.floor(file),
        **CHOICES,
    )


def _proposed(file: reports.File) -> PublicationChange | None:
    """What waits for compliance about a report."""
    waiting = [each for row in file.waiting for each in proposals.changes_of(row)]
    return next((each for each in waiting if isinstance(each, PublicationChange)), None)


def form_of(
    typed: MultiDict[str, str] | None, file: reports.File, now: datetime, confirmed: Stated | None = None
) -> dict[str, Any]:
    """What a form is filled with: what was typed, or what is confirmed where that is given, or what is printed."""
    zone = context.services().settings.time_zone
    next_year = (now.astimezone(zone).date() + timedelta(days=365)).isoformat()
    if typed is not None:
        until = {each.id: typed.get(f"settled-{each.id}", next_year) for each in file.open}
        accepted = {each.id for each in file.open if typed.get(f"accept-{each.id}")}
        return {
            **typed.to_dict(),
            "categories": typed.getlist("categories"),
            "varieties": typed.getlist("varieties"),
            "covers": typed.getlist("covers"),
            "until": until,
            "accepted": accepted,
        }
    printed, grade, about = printed_audience(file.reading), printed_grade(file.reading), read_objectives(file.reading)
    if confirmed is not None:
        printed, grade, about = confirmed.audience, confirmed.grade, confirmed.about
    return {
        "term": about.term or "",
        "varieties": sorted(about.varieties or ()),
        "covers": sorted(read_covers(file.reading) or ()),
        "grade": grade.name if grade else "",
        "professional": printed.professional or "",
        "restricted": "yes" if printed.categories is not None else "",
        "categories": [each.name for each in printed.categories or ()],
        "clients_only": "yes" if printed.clients_only else "",
        "contract_clients_only": "yes" if printed.contract_clients_only else "",
        "until": {each.id: next_year for each in file.open},
        "accepted": set(),
    }


def _confirmed(version: Any) -> Audience | None:
    return facts.audience(version) if version.grade is not None else None


@bp.get("/<report>/content")
@guards.requires(Permission.REVIEW_REPORTS)
def review(report: str) -> ResponseReturnValue:
    """The content, for those who must read it to grade or approve it; the reading is recorded."""
    reviewed = context.database().record(access.review_report, context.caller(), report, context.now())
    return render_template("reports/review.html", review=reviewed, report=contents.rendered(reviewed.permit))


@bp.post("/<report>/proposal")
@guards.requires(Permission.CHANGE_REPORTS)
def propose(report: str) -> ResponseReturnValue:
    """Propose grade, audience and settled findings to compliance."""
    number = request.form.get("number", type=int)
    try:
        act = reports.propose_publication
        context.database().transact(act, context.caller(), report, wish(), context.now(), number=number)
    except Invalid as error:
        problems: Problems = [(fault.field, context.told(fault)) for fault in error.faults]
        return page(report, request.form, problems, number=number), HTTPStatus.BAD_REQUEST
    flash(context.translated(N_("The proposal waits for compliance.")), "success")
    return redirect(url_for("reports.show", report=report), 303)


@bp.post("/<report>/publication")
@guards.requires(Permission.CHANGE_REPORTS)
def publish(report: str) -> ResponseReturnValue:
    """Set the instant from which an approved report is out."""
    try:
        context.database().transact(reports.publish, context.caller(), report, instant("at"), context.now())
    except Invalid as error:
        problems: Problems = [(fault.field, context.told(fault)) for fault in error.faults]
        return page(report, request.form, problems), HTTPStatus.BAD_REQUEST
    flash(context.translated(N_("The time of publication is set.")), "success")
    return redirect(url_for("reports.show", report=report), 303)


@bp.post("/<report>/stop")
@guards.requires(Permission.STOP_REPORTS)
def stop(report: str) -> ResponseReturnValue:
    """Withdraw a report at once."""
    try:
        context.database().transact(reports.stop, context.caller(), report, request.form.get("reason", ""), context.now())
    except Invalid as error:
        problems: Problems = [("stop-reason", context.told(fault)) for fault in error.faults]
        return page(report, request.form, problems), HTTPStatus.BAD_REQUEST
    flash(context.translated(N_("The report is stopped. Nobody can open it any more.")), "success")
    return redirect(url_for("reports.readers.show", report=report), 303)


def wish() -> reports.Wish:
    """What the form proposes; raise ``Invalid`` for what cannot be read."""
    form = request.form
    faults: list[Fault] = []
    grade = RiskGrade.__members__.get(form.get("grade", ""))
    if grade is None:
        faults.append(Fault(N_("Please choose the grade."), field="grade"))
    clause = form.get("professional", "")
    names = form.getlist("categories")
    if clause not in {"", *ProfessionalClause} or not set(names) <= RiskCategory.__members__.keys():
        faults.append(Fault(N_("Please choose the audience from the list."), field="categories"))
    term, varieties = form.get("term", ""), form.getlist("varieties")
    if term not in {"", *Term} or not set(varieties) <= set(Variety):
        faults.append(Fault(N_("Please choose term and kinds of investment from the lists."), field="term"))
    covers = _covers(faults)
    settled = settled_days(faults)
    if faults or grade is None:
        raise Invalid(*faults)
    restricted = form.get("restricted") == "yes"
    audience = Audience(
        professional=ProfessionalClause(clause) if clause else None,
        categories=frozenset(RiskCategory[name] for name in names) if restricted else None,
        clients_only=form.get("clients_only") == "yes",
        contract_clients_only=form.get("contract_clients_only") == "yes",
    )
    about = Objectives(Term(term) if term else None, frozenset(map(Variety, varieties)) or None)
    return reports.Wish(
        grade=grade,
        audience=audience,
        settled_before=settled,
        reason=form.get("reason", ""),
        about=about,
        covers=covers,
        release_at=instant("release_at"),
    )


def _covers(faults: list[Fault]) -> frozenset[Instrument] | None:
    """What the form says that the report covers; None where it does not ask."""
    if "asks_covers" not in request.form:
        return None
    names = request.form.getlist("covers")
    if not set(names) <= set(Instrument):
        faults.append(Fault(N_("Please choose what the report covers from the list."), field="covers"))
        return None
    return frozenset(map(Instrument, names))
