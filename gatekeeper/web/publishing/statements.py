"""The statement's versions side by side, and proposing a new one."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.publishing import statements
from gatekeeper.rules.changing import differences
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, form_reader, guards
from gatekeeper.web.clients.investor_told import status
from gatekeeper.web.paging import key

bp = Blueprint("statements", __name__)

_LANGUAGES = {"zh": "text_zh", "en": "text_en"}


@bp.get("/statements")
@guards.requires(Permission.SEE_STATEMENTS)
def index() -> ResponseReturnValue:
    """Every version, and what waits."""
    found = context.database().record(statements.versions, context.caller(), context.now())
    return render_template("statements/index.html", found=found)


@bp.get("/statements/comparison")
@guards.requires(Permission.SEE_STATEMENTS)
def compare() -> ResponseReturnValue:
    """Two versions side by side."""
    old, new = key(request.args.get("old", "")), key(request.args.get("new", ""))
    pair = context.database().record(statements.compare, context.caller(), old, new, context.now())
    language = request.args.get("language", "")
    language = language if language in _LANGUAGES else "zh"
    texts = (getattr(pair.old.row, _LANGUAGES[language]), getattr(pair.new.row, _LANGUAGES[language]))
    paragraphs = differences.compare(*texts)
    return render_template("statements/comparison.html", pair=pair, shown_in=language, paragraphs=paragraphs)


@bp.get("/statements/new")
@guards.requires(Permission.CHANGE_STATEMENTS)
def new() -> ResponseReturnValue:
    """The form for a new version, which begins with the one in force."""
    return _form()


@bp.post("/statements/new")
@guards.requires(Permission.CHANGE_STATEMENTS)
def propose() -> ResponseReturnValue:
    """Propose a new version."""
    text_zh, text_en, reason = (request.form.get(name, "") for name in ("text_zh", "text_en", "reason"))
    arguments = (context.caller(), text_zh, text_en, reason, context.now())
    try:
        proposed = context.database().transact(statements.propose_statement, *arguments)
    except (Invalid, Conflict) as error:
        return _form(error)
    flash(context.translated(N_("Proposed. Another compliance officer must approve it.")), "success")
    return redirect(url_for("proposals.show", proposal=proposed.id), 303)


def _form(error: GatekeeperError | None = None) -> ResponseReturnValue:
    row = context.database().record(statements.draft, context.caller(), context.now())
    typed = request.form if error else {"text_zh": row.text_zh if row else "", "text_en": row.text_en if row else ""}
    page = render_template("statements/new.html", typed=typed, most=statements.LONGEST, **form_reader.told(error))
    return page, status(error)
