"""The access log as a file: exactly what a filter shows, made first, then recorded with its digest, and only then sent.

The file is made in pieces, each read by itself, so nothing waits for it; it lies in a temporary file without a name until it is
sent. The entry is durable before a byte leaves, and therefore it can say what the file holds: how many rows, from where to where,
and its SHA-256.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from gatekeeper import language
from gatekeeper.actions.proof import audit
from gatekeeper.actions.proof.audit import Chunk, Plan, Sent
from gatekeeper.files.made.sheets import FORMATS, Column
from gatekeeper.rules.errors import N_, Conflict, Fault
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.web import context, guards, telling
from gatekeeper.web.log import log_filter, log_page
from gatekeeper.web.log.log_filter import Asked
from gatekeeper.web.proof import made
from gatekeeper.web.proof.made import Made

bp = Blueprint("exports", __name__, url_prefix="/log/export")

_ONE = threading.Lock()
"""One file at a time is made by a process: a second one would only make both slow, and every page with them."""
_TOO_MUCH = N_("More than %(most)s entries match. Please narrow the filter, for example to some days.")
_FORMATS = {
    "xlsx": (N_("Excel workbook (XLSX)"), N_("For people. Every cell is text; a second sheet explains the columns.")),
    "csv": (N_("CSV"), N_("For other programs and spreadsheets. What a spreadsheet would misread has an apostrophe in front.")),
    "jsonl": (N_("JSON lines"), N_("For programs. One entry a line, every value exactly as it is kept, times in UTC.")),
}


def columns() -> list[Column]:
    """The columns of an export, with their titles and meanings in the reader's language."""
    say, zone = context.translated, context.services().settings.time_zone.key
    return [
        Column("number", say(N_("Entry number")), say(N_("Counts on with each entry of this log.")), 10, is_plain=True),
        Column("code", say(N_("Code")), say(N_("The entry's name outside; look it up in the access log.")), 16),
        Column("at", say(N_("Time")), say(N_("When it happened, in %(zone)s."), zone=zone), 34, is_plain=True),
        Column("recorded_at", say(N_("Recorded at")), say(N_("When the database wrote it.")), 34, is_plain=True),
        Column("kind", say(N_("Kind")), say(N_("What happened, by its fixed name in the log.")), 26),
        Column("what", say(N_("What happened")), say(N_("The same in words.")), 30),
        Column("actor", say(N_("Actor")), say(N_("Who did it: person, service with id; operator or system.")), 36),
        Column("actor_name", say(N_("Done by")), say(N_("Who did it, by name today.")), 20),
        Column("person", say(N_("Person's id")), say(N_("The person whom it concerns.")), 30),
        Column("person_name", say(N_("Person concerned")), say(N_("The same by name today.")), 20),
        Column("investor", say(N_("Investor's id")), say(N_("The investor whom it concerns.")), 30),
        Column("client_number", say(N_("Client number")), say(N_("The investor's number at the firm.")), 24),
        Column("investor_name", say(N_("Investor")), say(N_("The investor by name today.")), 24),
        Column("report", say(N_("Report's id")), say(N_("The report that it is about.")), 30),
        Column("report_title", say(N_("Report")), say(N_("The title of the report's newest version.")), 44),
        Column("action", say(N_("Action")), say(N_("What was asked for: READ, BOOKMARK, RECEIVE or USE.")), 12),
        Column("outcome", say(N_("Outcome")), say(N_("The answer: PERMIT, ACKNOWLEDGE (statement first) or DENY.")), 14),
        Column("outcome_name", say(N_("Outcome in words")), say(N_("The same in words.")), 16),
        Column("reason", say(N_("Reason")), say(N_("The first reason that applied, by its fixed name.")), 28),
        Column("reason_name", say(N_("Reason in words")), say(N_("The same in words.")), 34),
        Column("policy", say(N_("Policy (SHA-256)")), say(N_("The policy under which it was decided.")), 66),
        Column("request_id", say(N_("Request")), say(N_("What one request did bears the same name.")), 24),
    ]


@bp.get("")
@guards.requires(Permission.SEARCH_LEDGER)
def form() -> ResponseReturnValue:
    """What an export of this filter would hold, and in which form to have it."""
    asked = _asked()
    plan = None
    if not asked.faults:
        call = (context.caller(), asked.wanted, asked.named, context.now())
        plan = context.database().record(audit.measure, *call)
    faults = _faults(asked, plan)
    return _form(asked, plan, faults), HTTPStatus.BAD_REQUEST if faults else HTTPStatus.OK


@bp.post("")
@guards.requires(Permission.SEARCH_LEDGER)
def download() -> ResponseReturnValue:
    """The file. It is finished and recorded before it is sent."""
    asked, now = _asked(), context.now()
    with context.database().reading() as connection:
        plan = audit.plan(connection, context.caller(), asked.wanted, asked.named, now)
    faults = _faults(asked, plan, request.form.get("format", ""))
    if faults:
        return _form(asked, plan, faults), HTTPStatus.BAD_REQUEST
    with _one_at_a_time():
        file, sent = _make(asked, plan, request.form["format"])
    code = made.recorded(
        file, lambda: context.database().record(audit.exported, context.caller(), asked.wanted, asked.named, sent, now)
    )
    name = f"access-log-{context.now():%Y%m%d}-{sent.rows}-entries-{code}.{sent.form}"
    return made.sending(file, name, FORMATS[sent.form][1])


def _asked() -> Asked:
    return log_filter.read(request.args, context.services().settings.time_zone)


def _faults(asked: Asked, plan: Plan | None, form: str = "csv") -> tuple[Fault, ...]:
    faults = asked.faults + (plan.faults if plan else ())
    if plan is not None and plan.is_too_much:
        faults += (Fault(_TOO_MUCH, most=language.format_number(context.tag(), audit.MOST_EXPORTED)),)
    return faults if form in FORMATS else (*faults, Fault(N_("Please choose a format."), field="format"))


def _form(asked: Asked, plan: Plan | None, faults: tuple[Fault, ...]) -> str:
    return render_template(
        "compliance/export.html",
        chips=log_page.chips(asked, plan.matches if plan else {}, plan.left_out if plan else {}),
        count=plan.count if plan and not plan.faults and not plan.is_too_much else None,
        query=asked.query,
        back=log_page.address(asked),
        columns=columns(),
        formats=[(name, context.translated(title), context.translated(hint)) for name, (title, hint) in _FORMATS.items()],
        chosen=request.form.get("format", "xlsx"),
        errors=[(fault.field, context.told(fault)) for fault in faults],
    )


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    if not _ONE.acquire(blocking=False):
        raise Conflict(N_("Another export is being made at this moment. Please try again in a minute."))
    try:
        yield
    finally:
        _ONE.release()


def _make(asked: Asked, plan: Plan, form: str) -> tuple[Made, Sent]:
    """Write the file, a piece at a time; return it and what it holds."""
    codes: list[str | None] = [None, None]
    count = [0]

    def rows() -> Iterator[dict[str, Any]]:
        for chunk in _chunks(plan):
            codes[:] = [codes[0] or chunk.rows[0].code, chunk.rows[-1].code]
            count[0] += len(chunk.rows)
            yield from _rows(chunk, exact=form == "jsonl")

    file = made.make(lambda out: FORMATS[form][0](out, columns(), rows(), lambda: _about(asked, plan, count[0])))
    return file, Sent(form=form, rows=count[0], first=codes[0], last=codes[1], sha256=file.sha256)


def _chunks(plan: Plan) -> Iterator[Chunk]:
    position: tuple[datetime, int] | None = None
    while True:
        with context.database().reading() as connection:
            found = audit.chunk(connection, plan.wanted, position)
        if not found.rows:
            return
        yield found
        position = found.rows[-1].at, found.rows[-1].id


def _rows(chunk: Chunk, *, exact: bool) -> Iterator[dict[str, Any]]:
    zone = context.services().settings.time_zone
    for row in chunk.rows:
        at, recorded_at = (each if exact else each.astimezone(zone) for each in (row.at, row.recorded_at))
        kept = ("code", "kind", "actor", "person", "investor", "report", "action", "outcome", "reason", "policy", "request_id")
        yield {name: getattr(row, name) for name in kept} | {
            "number": row.id if exact else str(row.id),
            "at": at.isoformat("T" if exact else " ", "microseconds"),
            "recorded_at": recorded_at.isoformat("T" if exact else " ", "microseconds"),
            "what": telling.titled(Kind, row.kind),
            "actor_name": telling.actor(row.actor, chunk.names),
            "person_name": chunk.names.get(row.person),
            "client_number": chunk.numbers.get(row.investor),
            "investor_name": chunk.names.get(row.investor),
            "report_title": chunk.titles.get(row.report),
            "outcome_name": telling.titled(Outcome, row.outcome),
            "reason_name": telling.titled(Reason, row.reason),
        }


def _about(asked: Asked, plan: Plan, count: int) -> list[tuple[str, str]]:
    """What a workbook says of itself, on a sheet of its own."""
    say = context.translated
    parts = log_page.chips(asked, plan.matches, plan.left_out)
    said = [say(N_("%(what)s is not %(value)s") if each.is_out else N_("%(what)s: %(value)s"), what=each.label, value=each.text)
            for each in parts]  # fmt: skip
    return [
        (say(N_("Access log of")), context.services().settings.firm),
        (say(N_("Filter")), say(N_("; ")).join(said) or say(N_("None: every entry"))),
        (say(N_("Exported by")), context.signed_in().name),
        (say(N_("Exported at")), telling.seconds(context.now()) or ""),
        (say(N_("Entries")), str(count)),
    ]
