"""Importing people and classifications: handing a file in, how far it is, its rows, and the result as a file."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import IO, Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.clients import imports
from gatekeeper.files import originals
from gatekeeper.files.importing import table
from gatekeeper.files.made import sheets
from gatekeeper.files.made.sheets import Column
from gatekeeper.ledger.acts.importing import RUNS, Progress, State
from gatekeeper.rules.errors import N_, Conflict, Fault, GatekeeperError, Invalid, NotFound, NotPermitted
from gatekeeper.rules.importing.columns import COLUMNS
from gatekeeper.rules.importing.judging import Verdict
from gatekeeper.rules.roles import Permission
from gatekeeper.store.clients.imports import FILTERS, Step
from gatekeeper.web import context, form_reader, guards
from gatekeeper.web.clients import import_told
from gatekeeper.web.clients.investor_told import proposal_address, status
from gatekeeper.web.paging import key, position, token
from gatekeeper.web.proof import made

bp = Blueprint("imports", __name__, url_prefix="/imports")

_FORM = 100_000
"""What the rest of the form may have beside the file."""
_PIECE = 1000
_LAST_NUMBER = 10**9


@bp.get("")
@guards.requires(Permission.SEE_INVESTORS)
def index() -> ResponseReturnValue:
    """The imports, the newest first."""
    where = position(request.args.get("after"))
    with context.database().reading() as connection:
        found, more = imports.listing(connection, context.caller(), context.now(), where)
    older = url_for(".index", after=token(found[-1].row.asked_at, found[-1].row.id)) if more else None
    newest = url_for(".index") if where else None
    return render_template("imports/index.html", lines=[import_told.line(each) for each in found], older=older, newest=newest)


@bp.get("/new")
@guards.requires(Permission.CHANGE_INVESTORS)
def new() -> ResponseReturnValue:
    """The form for a file."""
    return _new()


@bp.post("/new")
@guards.requires(Permission.CHANGE_INVESTORS)
@guards.takes_files(table.MOST_BYTES + _FORM)
def start() -> ResponseReturnValue:
    """Look at the file's form and headings, keep it, and let the work process read it."""
    try:
        name, content = _sent()
        path = originals.keep(context.services().settings.data_dir, content)
        file = {"name": name, "sha256": path.name, "size": len(content)}
        reason = request.form.get("reason", "")
        id_ = context.database().transact(imports.start, context.caller(), file, reason, context.now())
    except (Invalid, Conflict) as error:
        return _new(error)
    return redirect(url_for(".show", import_=id_), 303)


def _sent() -> tuple[str, bytes]:
    file = request.files.get("file")
    if file is None or not file.filename:
        raise Invalid(Fault(N_("Please choose a file."), field="file"))
    content = file.stream.read(table.MOST_BYTES + 1)
    table.refuse_large(len(content))
    with NamedTemporaryFile() as aside:
        aside.write(content)
        aside.flush()
        table.check(Path(aside.name))
    return file.filename, content


def _new(error: GatekeeperError | None = None) -> ResponseReturnValue:
    columns = [(import_told.title_of(each.key), context.translated(each.meaning)) for each in COLUMNS]
    limits = {"size": table.MOST_BYTES // 1_000_000, "rows": table.MOST_ROWS}
    page = render_template(
        "imports/new.html", columns=columns, limits=limits, reason=request.form.get("reason", ""), **form_reader.told(error)
    )
    return page, status(error)


@bp.get("/template.<form>")
@guards.requires(Permission.CHANGE_INVESTORS)
def template(form: str) -> ResponseReturnValue:
    """An empty file with every heading; the workbook explains them on a second sheet."""
    if form not in ("csv", "xlsx"):
        raise NotFound(N_("There is no such file."))
    columns = [Column(each.key, import_told.title_of(each.key), context.translated(each.meaning), each.width) for each in COLUMNS]
    file = made.make(lambda out: _write(form, out, columns, iter(())))
    return made.sending(file, f"import-template.{form}", sheets.FORMATS[form][1])


@bp.get("/<import_>")
@guards.requires(Permission.SEE_INVESTORS)
def show(import_: str) -> ResponseReturnValue:
    """How far an import is, what it comes to, and its rows."""
    return _show(key(import_))


def _show(id_: str, error: GatekeeperError | None = None) -> ResponseReturnValue:
    only = request.args.get("rows")
    after = request.args.get("after", "")
    call = (
        id_,
        only if only in FILTERS else None,
        int(after) if after.isdecimal() and len(after) < len(str(_LAST_NUMBER)) else 0,
    )
    found = context.database().record(imports.view, context.caller(), *call, context.now())
    page = render_template("imports/show.html", **_told(found), **form_reader.told(error))
    return page, status(error)


def _told(found: imports.View) -> dict[str, Any]:
    progress, state = found.progress, found.progress.state
    numbers = _numbers(found)
    address = partial(url_for, ".show", import_=progress.row.id)
    return {
        "row": progress.row,
        "state": import_told.tag(import_told.STATES[state]),
        "runs": state in RUNS,
        "job": progress.job,
        "faults": _faults(progress),
        "rows": numbers[None],
        "tabs": [
            (context.translated(label), numbers.get(name), address(rows=name), name == found.only)
            for name, label in import_told.FILTERS.items()
            if name is None or numbers.get(name)
        ],
        "moves": import_told.moves(progress.told(Step.CHECKED)) if Step.CHECKED in progress.steps else [],
        "lines": [import_told.row(each, found.done, progress) for each in found.rows],
        "following": address(rows=found.only, after=found.following) if found.following else None,
        "beginning": address(rows=found.only) if request.args.get("after") else None,
        "may_decide": state is State.CHECKED and progress.row.asked_by == context.signed_in().person,
        "changes": bool(numbers["lowers"] or numbers["raises"]),
        "proposal": proposal_address(progress.proposal) if progress.proposal else None,
        "has_result": state not in (State.CHECKING, State.FAILED),
    }


def _numbers(found: imports.View) -> dict[str | None, int]:
    counts = found.counts
    left_out = sum(number for (_, outcome), number in found.results.items() if outcome == "LEFT_OUT")
    return {
        None: counts.rows,
        "new": counts.by_verdict[Verdict.NEW],
        "lowers": counts.lowers,
        "raises": counts.raises,
        "apart": counts.apart,
        "unchanged": counts.by_verdict[Verdict.UNCHANGED],
        "refused": counts.by_verdict[Verdict.REFUSED],
        "left-out": left_out,
    }


def _faults(progress: Progress) -> list[str]:
    """Why a file could not be used."""
    if progress.state is not State.FAILED:
        return []
    return [context.told(Fault(message, **values)) for message, values in progress.told(Step.FAILED)["faults"]]


@bp.post("/<import_>/confirmation")
@guards.requires(Permission.CHANGE_INVESTORS)
def confirm(import_: str) -> ResponseReturnValue:
    """Let what lowers act, and propose what raises."""
    try:
        confirmed = context.database().transact(imports.confirm, context.caller(), key(import_), context.now())
    except (Conflict, NotPermitted) as error:
        return _show(key(import_), error)
    said = N_("Confirmed. What raises waits for a second person.") if confirmed.proposal else N_("Confirmed.")
    flash(context.translated(said), "success")
    return redirect(url_for(".show", import_=key(import_)), 303)


@bp.post("/<import_>/discarding")
@guards.requires(Permission.CHANGE_INVESTORS)
def discard(import_: str) -> ResponseReturnValue:
    """Leave everything as it is."""
    try:
        context.database().transact(imports.discard, context.caller(), key(import_), context.now())
    except (Conflict, NotPermitted) as error:
        return _show(key(import_), error)
    flash(context.translated(N_("Discarded. Nothing on file has changed.")), "success")
    return redirect(url_for(".show", import_=key(import_)), 303)


@bp.post("/<import_>/result")
@guards.requires(Permission.SEE_INVESTORS)
def result(import_: str) -> ResponseReturnValue:
    """Every row of the file with what came of it. The file is finished and recorded before it is sent."""
    id_, form = key(import_), request.form.get("format", "")
    if form not in ("csv", "xlsx"):
        return _show(id_, Invalid(Fault(N_("Please choose a format."), field="format")))
    with context.database().reading() as connection:
        progress = imports.to_download(connection, context.caller(), id_, context.now())
    count = [0]
    file = made.make(lambda out: _write(form, out, _columns(), _rows(progress, count)))
    told = {"format": form, "rows": count[0], "sha256": file.sha256}
    code = made.recorded(file, lambda: context.database().record(imports.downloaded, context.caller(), id_, told, context.now()))
    return made.sending(file, f"import-{context.now():%Y%m%d}-{count[0]}-rows-{code}.{form}", sheets.FORMATS[form][1])


def _write(form: str, out: IO[bytes], columns: list[Column], rows: Iterator[dict[str, Any]]) -> None:
    write = sheets.write_xlsx if form == "xlsx" else sheets.write_csv
    write(out, columns, rows, lambda: [(context.translated(N_("Firm")), context.services().settings.firm)])


def _columns() -> list[Column]:
    say = context.translated
    return [
        Column("number", say(N_("Row")), say(N_("The row's number in the file that was handed in.")), 8, is_plain=True),
        *(Column(name, import_told.title_of(name), "", 20) for name in ("client_number", "name", "login")),
        Column("verdict", say(N_("Verdict")), say(N_("What the check found: new, changed, unchanged or refused.")), 14),
        Column("reasons", say(N_("Reasons")), say(N_("Why a row was refused: the column, and what to do.")), 60),
        Column("changes", say(N_("Changes")), say(N_("What the row changes: before → after.")), 60),
        Column("outcome", say(N_("Result")), say(N_("What came of each part of the row.")), 30),
        Column("codes", say(N_("Entries")), say(N_("The codes of the entries in the log.")), 30),
    ]


def _rows(progress: Progress, count: list[int]) -> Iterator[dict[str, Any]]:
    after = 0
    while True:
        with context.database().reading() as connection:
            rows, done = imports.piece(connection, progress.row.id, after, _PIECE)
        if not rows:
            return
        for each in rows:
            count[0] += 1
            yield _cells(import_told.row(each, done, progress))
        after = rows[-1].number


def _cells(told: dict[str, Any]) -> dict[str, Any]:
    between = context.translated(N_("; "))
    changes = [
        f"{each['title']}: {each['before']} → {each['after']}" if each["before"] else f"{each['title']}: {each['after']}"
        for each in told["changes"]
    ]
    outcomes = [" ".join(filter(None, (each["part"], each["outcome"][0], each["why"]))) for each in told["results"]]
    return {
        **{name: told[name] for name in ("number", "name", "login")},
        "client_number": told["client"],
        "verdict": told["verdict"][0],
        "reasons": between.join(f"{column}: {sentence}" if column else sentence for column, sentence in told["faults"]),
        "changes": between.join(changes),
        "outcome": between.join(outcomes),
        "codes": " ".join(dict.fromkeys(each["code"] for each in told["results"])),
    }
