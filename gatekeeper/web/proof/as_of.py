"""Who could have read a report on an earlier day, and what somebody could read then: pages for compliance and the inspector."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from gatekeeper.actions.proof import as_of as action
from gatekeeper.actions.proof.as_of import Looked, Question, Reader, Readers, Readings
from gatekeeper.files.made.sheets import FORMATS
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, guards, moments
from gatekeeper.web.moments import When
from gatekeeper.web.paging import key, position, token
from gatekeeper.web.proof import as_of_told as told
from gatekeeper.web.proof import made

bp = Blueprint("as_of", __name__, url_prefix="/log")

_LONGEST = 60
_MOST = 50_000
_FORMS = ("xlsx", "csv")


@bp.get("/reports/<report>/readers")
@guards.requires(Permission.SEARCH_LEDGER)
def readers(report: str) -> ResponseReturnValue:
    """Everybody who acted for an investor then, with the answer on this report and why."""
    when, kept = moments.asked(), key(report)
    if when.faults:
        return _unclear(when, url_for("as_of.readers", report=kept))
    counts = _counted(kept, when) if "count" in request.args else None
    call = (context.caller(), kept, when.moment, context.now(), context.services().settings.time_zone)
    found = context.database().record(action.who_could, *call, after=_after(), counts=counts)
    return _readers_page(found, when)


@bp.post("/reports/<report>/readers")
@guards.requires(Permission.SEARCH_LEDGER)
def readers_file(report: str) -> ResponseReturnValue:
    """All of them as a file, finished and recorded before it is sent."""
    when, form = moments.asked(), _form()
    if when.faults:
        return _unclear(when, url_for("as_of.readers", report=key(report)))
    with context.database().reading() as connection:
        action.admit(connection, context.caller(), when.moment, context.now())
        asked = action.subject(connection, key(report), when.moment, context.services().settings.time_zone)
    counts: Counter[str] = Counter()
    rows = (told.reader_values(each) for piece in action.each_reader(_piece, asked) for each in _adding(counts, piece))
    file = made.make(
        lambda out: FORMATS[form][0](out, told.reader_columns(), rows, lambda: told.about_report(asked, when, counts))
    )
    looked = Looked(moment=when.moment, rows=counts.total(), report=asked.report.id, counts=counts, form=form, sha256=file.sha256)
    return _sending(file, looked, "readers")


@bp.get("/persons/<person>/readings")
@guards.requires(Permission.SEARCH_LEDGER)
def readings(person: str) -> ResponseReturnValue:
    """The reports that were out then, with the answer to this person and why."""
    when, kept = moments.asked(), key(person)
    if when.faults:
        return _unclear(when, url_for("as_of.readings", person=kept))
    question = _question(kept, position(request.args.get("after", "")[:_LONGEST]))
    call = (context.caller(), question, when.moment, context.now(), context.services().settings.time_zone)
    return _readings_page(context.database().record(action.what_could, *call), when)


@bp.post("/persons/<person>/readings")
@guards.requires(Permission.SEARCH_LEDGER)
def readings_file(person: str) -> ResponseReturnValue:
    """The same as a file, finished and recorded before it is sent."""
    when, form = moments.asked(), _form()
    if when.faults:
        return _unclear(when, url_for("as_of.readings", person=key(person)))
    with context.database().reading() as connection:
        action.admit(connection, context.caller(), when.moment, context.now())
        question = _question(key(person), None, limit=_MOST)
        found = action.readings(connection, question, when.moment, context.services().settings.time_zone)
    rows = [told.reading_values(each) for each in found.readings]
    file = made.make(lambda out: FORMATS[form][0](out, told.reading_columns(), rows, lambda: told.about_person(found, when)))
    counts = Counter(each.decision.outcome.value for each in found.readings)
    whose = found.file.investor if found.file is not None else question.investor
    held: dict[str, Any] = {"rows": len(rows), "form": form, "sha256": file.sha256, "counts": counts}
    looked = Looked(moment=when.moment, person=found.person.id, investor=whose, **held)
    return _sending(file, looked, "readings")


def _question(person: str, after: tuple[datetime, str] | None, limit: int = action.PAGE) -> Question:
    investor = key(request.args.get("investor", "")) or None
    return Question(person=person, investor=investor, everything="all" in request.args, after=after, limit=limit)


def _after() -> tuple[str, str] | None:
    investor, _, person = request.args.get("after", "")[:_LONGEST].partition("-")
    return (key(investor), key(person)) if investor and person else None


def _form() -> str:
    form = request.form.get("format", "")
    return form if form in _FORMS else _FORMS[0]


def _piece(read: Callable[[Connection], list[Reader]]) -> list[Reader]:
    with context.database().reading() as connection:
        return read(connection)


def _adding(counts: Counter[str], piece: list[Reader]) -> Iterable[Reader]:
    action.counted(counts, piece)
    return piece


def _counted(report: str, when: When) -> Counter[str]:
    """How many got which answer. Shown only with the page's own entry."""
    with context.database().reading() as connection:
        action.admit(connection, context.caller(), when.moment, context.now())
        asked = action.subject(connection, report, when.moment, context.services().settings.time_zone)
        return action.counts(connection, asked)


def _unclear(when: When, address: str) -> ResponseReturnValue:
    shown = render_template(
        "compliance/as_of_unclear.html",
        address=address,
        when=when,
        errors=[(fault.field, context.told(fault)) for fault in when.faults],
    )
    return shown, HTTPStatus.BAD_REQUEST


def _sending(file: made.Made, looked: Looked, what: str) -> ResponseReturnValue:
    code = made.recorded(file, lambda: context.database().record(action.looked_back, context.caller(), looked, context.now()))
    name = f"{what}-{looked.moment:%Y%m%d}-{looked.rows}-{code}.{looked.form}"
    return made.sending(file, name, FORMATS[looked.form or ""][1])


# ------------------------------------------------------------------------------------------------------------- what is shown


def _readers_page(found: Readers, when: When) -> str:
    asked = found.subject
    here = {"report": asked.report.id, **when.state}
    following = found.following and "-".join(found.following)
    return render_template(
        "compliance/readers.html",
        found=found,
        when=when,
        zone=context.services().settings.time_zone.key,
        report_rows=told.report_rows(asked),
        lines=[
            {"reader": each, "file": told.file_line(each.row), "then_file": told.file_line(each.then_row)}
            for each in found.readers
        ],
        is_corrected=any(each.was_corrected for each in found.readers),
        counts=[(told.count_name(name), number) for name, number in sorted((found.counts or {}).items())],
        following=url_for("as_of.readers", **here, after=following) if following else None,
        beginning=url_for("as_of.readers", **here) if _after() else None,
        count_url=url_for("as_of.readers", **here, count="yes"),
        file_url=url_for("as_of.readers_file", **here),
    )


def _line(reader: Reader) -> dict[str, Any]:
    return {"reader": reader, "file": told.file_line(reader.row), "then_file": told.file_line(reader.then_row)}


def _readings_page(found: Readings, when: When) -> str:
    whose = found.file if found.file is not None else found.then_file
    here = {"person": found.person.id, "investor": whose.investor if whose is not None else None, **when.state}
    everything: dict[str, Any] = {"all": "yes"} if found.everything else {}
    following = found.following and token(*found.following)
    return render_template(
        "compliance/readings.html",
        found=found,
        when=when,
        whose=whose,
        zone=context.services().settings.time_zone.key,
        file=told.file_line(found.file),
        then_file=told.file_line(found.then_file),
        policy=told.policy_name(found.facts.policy),
        choices=[(url_for("as_of.readings", **(here | {"investor": each.investor})), each) for each in found.choices],
        following=url_for("as_of.readings", **here, **everything, after=following) if following else None,
        beginning=url_for("as_of.readings", **here, **everything) if "after" in request.args else None,
        other_url=url_for("as_of.readings", **here, all=None if found.everything else "yes"),
        file_url=url_for("as_of.readings_file", **here, **everything),
    )
