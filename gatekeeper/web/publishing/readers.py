"""Who was given a report: a page for whoever may stop it, and the same as a file."""

from collections.abc import Callable, Iterator
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Connection

from gatekeeper.actions.publishing import readers as action
from gatekeeper.actions.publishing.readers import Piece
from gatekeeper.files.made.sheets import FORMATS, Column
from gatekeeper.rules.errors import N_
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store.reading import access as facts
from gatekeeper.web import context, guards, telling
from gatekeeper.web.paging import key, numbered, token
from gatekeeper.web.proof import made

bp = Blueprint("readers", __name__, url_prefix="/<report>/given")


@bp.get("")
@guards.requires(Permission.STOP_REPORTS)
def show(report: str) -> ResponseReturnValue:
    """How often it was given to how many, and who they are, the newest first."""
    id_, position = key(report), numbered(request.args.get("after"))
    found = context.database().record(action.view, context.caller(), id_, position, context.now())
    last = found.piece.last if found.has_older else None
    return render_template(
        "reports/readers.html",
        version=found.version,
        counts=[(telling.named(each.kind), each.entries, each.people) for each in found.counts],
        lines=[_line(row, found.piece) for row in found.piece.rows],
        confirmed=facts.audience(found.version) if found.version.grade is not None else None,
        older=url_for(".show", report=id_, after=token(*last)) if last else None,
        newest=url_for(".show", report=id_) if position else None,
        now=context.now(),
    )


def _line(row: Any, piece: Piece) -> dict[str, Any]:
    return {
        "at": row.at,
        "what": telling.named(Kind(row.kind)),
        "person": _people(row, piece),
        "investor": piece.names.get(row.investor, row.investor or "—"),
        "number": piece.numbers.get(row.investor, ""),
        "code": row.code,
    }


def _people(row: Any, piece: Piece) -> str:
    """Whom an entry is about; of one that tells of many how many these are."""
    if row.id in piece.people:
        return context.translated(N_("People: %(number)s"), number=piece.people[row.id])
    return piece.names.get(row.person, row.person or "—")


@bp.post("")
@guards.requires(Permission.STOP_REPORTS)
def download(report: str) -> ResponseReturnValue:
    """All of them as a file, finished and recorded before it is sent."""
    id_, now = key(report), context.now()
    form = "csv" if request.form.get("format") == "csv" else "xlsx"
    with context.database().reading() as connection:
        version = action.to_list(connection, context.caller(), id_, now)
    codes: list[str] = []
    file = made.make(lambda out: FORMATS[form][0](out, _columns(), _rows(id_, codes), lambda: _about(version, len(codes))))
    ends = {"first": codes[0], "last": codes[-1]} if codes else {"first": None, "last": None}
    what = action.Made(form=form, rows=len(codes), sha256=file.sha256, **ends)
    code = made.recorded(file, lambda: context.database().record(action.sent, context.caller(), id_, what, now))
    return made.sending(file, f"readers-{len(codes)}-{code}.{form}", FORMATS[form][1])


def _rows(report: str, codes: list[str]) -> Iterator[dict[str, Any]]:
    for piece in action.each(_read, report):
        for row in piece.rows:
            codes.append(row.code)
            yield {**_line(row, piece), "at": telling.seconds(row.at)}


def _read(piece: Callable[[Connection], Piece]) -> Piece:
    with context.database().reading() as connection:
        return piece(connection)


def _columns() -> list[Column]:
    say = context.translated
    return [
        Column("at", say(N_("Time")), say(N_("When it happened, in the firm's time zone.")), 22, is_plain=True),
        Column("what", say(N_("What happened")), say(N_("Opened, copied, received, sent or bookmarked.")), 20, is_plain=True),
        Column("person", say(N_("Person")), say(N_("The same by name today.")), 18),
        Column("investor", say(N_("Investor")), say(N_("The investor by name today.")), 24),
        Column("number", say(N_("Client number")), say(N_("The investor's number at the firm.")), 20),
        Column("code", say(N_("Code")), say(N_("The entry's name outside; look it up in the access log.")), 16),
    ]


def _about(version: Any, count: int) -> list[tuple[str, str]]:
    """What a workbook says of itself, on a sheet of its own."""
    say = context.translated
    return [
        (say(N_("Who was given")), version.title),
        (say(N_("Firm")), context.services().settings.firm),
        (say(N_("Exported by")), context.signed_in().name),
        (say(N_("Exported at")), telling.seconds(context.now()) or ""),
        (say(N_("Entries")), str(count)),
    ]
