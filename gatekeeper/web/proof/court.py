"""Sheets for a court as downloads: made first, then recorded with their digest, and only then sent."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from http import HTTPStatus
from typing import IO, Any, TypeVar

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from gatekeeper import language
from gatekeeper.actions.proof import accesses as action
from gatekeeper.actions.proof import sheets
from gatekeeper.actions.proof.accesses import Question
from gatekeeper.files.made import access_list, court
from gatekeeper.files.made.access_list import MOST_PRINTED, Totals
from gatekeeper.files.made.court import TAG, Acceptance, say
from gatekeeper.files.made.sheets import FORMATS, Column
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, guards
from gatekeeper.web.paging import key
from gatekeeper.web.proof import made

T = TypeVar("T")
bp = Blueprint("court", __name__, url_prefix="/log")

MADE = N_("Made for %(name)s at %(time)s.")
_A_YEAR = timedelta(days=365)
_LONGEST = 20
_PERIOD = N_("Please give the first and the last day, each as year, month and day.")
_FORMS = {"pdf": "application/pdf", "xlsx": FORMATS["xlsx"][1]}


@bp.get("/<code>/acceptance")
@guards.requires(Permission.SEARCH_LEDGER)
def acceptance(code: str) -> ResponseReturnValue:
    """The sheet of one acceptance, as PDF or, with ``format=xlsx``, as a workbook; in Chinese whoever asks."""
    now, form = context.now(), "xlsx" if request.args.get("format") == "xlsx" else "pdf"
    with context.database().reading() as connection:
        found = sheets.acceptance(connection, context.caller(), key(code), now)
    file = made.make(lambda out: _write(out, found, form))
    call = (context.caller(), found, form, file.sha256, now)
    made.recorded(file, lambda: context.database().record(sheets.sent, *call))
    content_type = FORMATS["xlsx"][1] if form == "xlsx" else "application/pdf"
    return made.sending(file, f"acceptance-{found.code}.{form}", content_type)


def _write(out: IO[bytes], found: Acceptance, form: str) -> None:
    zone, firm = context.services().settings.time_zone, context.services().settings.firm
    by = say(MADE, name=context.signed_in().name, time=language.format_time(TAG, context.now(), zone))
    if form == "pdf":
        out.write(court.pdf(found, firm, zone, by))
        return
    label = Column("label", say(N_("What")), say(N_("What is told.")), 30, is_plain=True)
    value = Column("value", say(court.TITLE), say(N_("What the log holds of it.")), 110, is_plain=True)
    told = [*court.rows(found, zone), *((say(court.WORDS), line) for line in found.words.splitlines() if line.strip())]
    about = [(firm, by), *(("", line) for note in court.notes(found) for line in note.splitlines() if line.strip())]
    FORMATS["xlsx"][0](out, [label, value], [{"label": name, "value": text} for name, text in told], lambda: about)


@bp.get("/persons/<id_>/accesses", defaults={"about": "person"})
@bp.get("/reports/<id_>/accesses", defaults={"about": "report"})
@guards.requires(Permission.SEARCH_LEDGER)
def accesses(about: str, id_: str) -> ResponseReturnValue:
    """Ask for the access list of a person or a report: for which days, and how many entries that would be."""
    try:
        call = (context.caller(), about, key(id_), _period(), context.now())
        return _form(about, id_, context.database().record(action.asked, *call))
    except Invalid as error:
        return _form(about, id_, None, error.faults), HTTPStatus.BAD_REQUEST


@bp.post("/persons/<id_>/accesses", defaults={"about": "person"})
@bp.post("/reports/<id_>/accesses", defaults={"about": "report"})
@guards.requires(Permission.SEARCH_LEDGER)
def accesses_file(about: str, id_: str) -> ResponseReturnValue:
    """The access list, finished and recorded before it is sent; in Chinese whoever asks."""
    now, form = context.now(), "xlsx" if request.form.get("format") == "xlsx" else "pdf"
    try:
        with context.database().reading() as connection:
            found = action.question(connection, context.caller(), about, key(id_), _period(), now)
        file, totals = _listed(found, form)
    except Invalid as error:
        return _form(about, id_, None, error.faults), HTTPStatus.BAD_REQUEST
    what = action.Made(form, totals, file.sha256)
    code = made.recorded(file, lambda: context.database().record(action.sent, context.caller(), found, what, now))
    return made.sending(file, f"accesses-{found.about}-{totals.rows}-{code}.{form}", _FORMS[form])


def _period() -> tuple[datetime, datetime]:
    """From the first instant of one day to the end of another, in the firm's zone; the last year unless days were given."""
    zone = context.services().settings.time_zone
    try:
        first, last = (date.fromisoformat(text) for text in _days())
        return datetime.combine(first, time(), zone).astimezone(UTC), valid_before(last, zone)
    except (ValueError, OverflowError) as error:
        raise Invalid(Fault(_PERIOD, field="from")) from error


def _days() -> tuple[str, str]:
    """The two days as they were typed, or those of the last year."""
    today = context.now().astimezone(context.services().settings.time_zone).date()
    first, last = (request.values.get(name, "").strip()[:_LONGEST] for name in ("from", "to"))
    return first or (today - _A_YEAR).isoformat(), last or today.isoformat()


def _form(about: str, id_: str, found: Question | None, faults: tuple[Fault, ...] = ()) -> str:
    first, last = _days()
    whole: dict[str, Any] = {"about": about, "id_": key(id_)}
    return render_template(
        "compliance/accesses.html",
        title=context.translated(access_list.TITLES[about]),
        found=found,
        most=MOST_PRINTED,
        days={"from": first, "to": last},
        ask_url=url_for("court.accesses", **whole),
        file_url=url_for("court.accesses_file", **whole),
        back=url_for(f"timelines.{about}", id_=key(id_)),
        zone=context.services().settings.time_zone.key,
        errors=[(fault.field, context.told(fault)) for fault in faults],
    )


def _listed(found: Question, form: str) -> tuple[made.Made, Totals]:
    """Write the list, read a piece at a time."""
    settings, totals = context.services().settings, Totals()
    by = say(MADE, name=context.signed_in().name, time=language.format_time(TAG, context.now(), settings.time_zone))
    head = _read(partial(action.head, found=found, firm=settings.firm, made=by, zone=settings.time_zone))
    rows = action.each(_read, found)
    return made.make(lambda out: access_list.write(out, form, head, rows, totals)), totals


def _read(piece: Callable[[Connection], T]) -> T:
    with context.database().reading() as connection:
        return piece(connection)
