"""Investors for those who keep their files: the list, a new one, and everything on file about one."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.clients import investors
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid
from gatekeeper.rules.risk import InvestorKind
from gatekeeper.rules.roles import Permission
from gatekeeper.store.clients import investor_file
from gatekeeper.store.clients import investors as store
from gatekeeper.web import context, form_reader, guards
from gatekeeper.web.clients import (
    imports,
    investor_changes,
    investor_corrections,
    investor_dispute,
    investor_past,
    investor_persons,
    investor_told,
)
from gatekeeper.web.form_reader import Reader
from gatekeeper.web.messages import deliveries_told

bp = Blueprint("investors", __name__, url_prefix="/admin/investors")
bp.register_blueprint(investor_changes.bp)
bp.register_blueprint(investor_persons.bp)
bp.register_blueprint(investor_corrections.bp)
bp.register_blueprint(investor_past.bp)
bp.register_blueprint(investor_dispute.bp)
bp.register_blueprint(imports.bp)

PAGE = 50
_LONGEST_SEARCH = 100


@bp.get("")
@guards.requires(Permission.SEE_INVESTORS)
def index() -> ResponseReturnValue:
    """Investors in order of name, or those that a search finds."""
    words = request.args.get("q", "").strip()[:_LONGEST_SEARCH]
    now = context.now()
    with context.database().reading() as connection:
        last = store.investor(connection, request.args.get("after", ""))
        rows = store.find(connection, words, (last.name, last.id) if last else None, PAGE + 1, now)
        waiting = investor_file.waiting_for(connection, [row.id for row in rows])
    following = url_for("investors.index", q=words or None, after=rows[PAGE - 1].id) if len(rows) > PAGE else None
    lines = [investor_told.line(row, waiting.get(row.id, 0), now) for row in rows[:PAGE]]
    beginning = url_for("investors.index", q=words or None) if last else None
    return render_template("investors/index.html", lines=lines, words=words, following=following, beginning=beginning)


@bp.get("/new")
@guards.requires(Permission.CHANGE_INVESTORS)
def new() -> ResponseReturnValue:
    """The form for a new investor."""
    return _new()


@bp.post("/new")
@guards.requires(Permission.CHANGE_INVESTORS)
def create() -> ResponseReturnValue:
    """Open the file of a new investor, which permits nothing yet."""
    reader = Reader(request.form, context.services().settings.time_zone)
    try:
        kind = reader.needed("kind", reader.choice("kind", InvestorKind.__members__))
        reader.check()
        identity = (kind or InvestorKind.INDIVIDUAL, reader.text("name"), reader.text("client_number"))
        investor = context.database().transact(investors.create_investor, context.caller(), *identity, context.now())
    except (Invalid, Conflict) as error:
        return _new(error)
    flash(context.translated(N_("The file is open. It permits nothing yet: fill in what applies.")), "success")
    return redirect(url_for("investors.changes.set_up", investor=investor), 303)


def _new(error: GatekeeperError | None = None) -> tuple[str, HTTPStatus]:
    kinds = [(kind.name, investor_told.named(kind)) for kind in InvestorKind]
    page = render_template("investors/new.html", typed=request.form, kinds=kinds, **form_reader.told(error))
    return page, investor_told.status(error)


@bp.get("/<investor>")
@guards.requires(Permission.SEE_INVESTORS)
def show(investor: str) -> ResponseReturnValue:
    """Everything on file about one investor; who looked is recorded."""
    file = context.database().record(investors.view, context.caller(), investor, context.now())
    return render_template("investors/show.html", **_shown(file))


def _shown(file: investors.File) -> dict[str, Any]:
    now = context.now()
    return {
        "file": file,
        "row": file.overview,
        "line": investor_told.line(file.overview, len(file.waiting), now),
        "at_present": investor_told.at_present(file),
        "standing": investor_told.standing(file.overview, now),
        "classification": investor_told.classification(file.overview, now),
        "persons": [investor_told.person(mandate, file.accounts, now) for mandate in file.mandates],
        "waiting": [investor_told.waiting(each, file.names) for each in file.waiting],
        "told": [
            {"row": row, "kind": deliveries_told.kind(row.kind), "deliveries": deliveries_told.lines(file.deliveries[row.id])}
            for row in file.notices
        ],
        "history": [investor_told.step(each, file.names) for each in file.history],
    }
