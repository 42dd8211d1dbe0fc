"""The policy: its versions, the editor with its checks, trying a text out, and proposing it."""

from datetime import datetime
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.suitability import policies, rehearsal
from gatekeeper.actions.suitability.rehearsal import Found, Lists, Question
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid
from gatekeeper.rules.parsing.texts import tidy
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, form_reader, guards, telling
from gatekeeper.web.clients.investor_told import status
from gatekeeper.web.form_reader import Reader
from gatekeeper.web.paging import key

bp = Blueprint("policies", __name__, url_prefix="/policy")

SHOWN = 20
_MATCH = {"LOWEST": N_("Lowest category"), "PROFESSIONAL": N_("Professional investor")}


@bp.get("")
@guards.requires(Permission.SEE_STATEMENTS)
def show() -> ResponseReturnValue:
    """The policy in force, or another version of it: the match table, what is valid how long, and the digest."""
    code, against = key(request.args.get("version", "")), key(request.args.get("against", ""))
    shown = context.database().record(policies.view, context.caller(), code, context.now(), against)
    rows = [(match_name(name), shown.policy.match[name]) for name in ("LOWEST", *RiskCategory.__members__, "PROFESSIONAL")]
    return render_template("policies/show.html", shown=shown, match=rows, grades=list(RiskGrade), now=context.now())


@bp.get("/new")
@guards.requires(Permission.CHANGE_STATEMENTS)
def new() -> ResponseReturnValue:
    """The editor, which begins with the policy in force, or with an older version to go back to."""
    code = key(request.args.get("version", ""))
    text = context.database().record(policies.draft, context.caller(), code, context.now())
    return _form({"text": text})


@bp.post("/new")
@guards.requires(Permission.CHANGE_STATEMENTS)
def propose() -> ResponseReturnValue:
    """Try the text out, or propose it."""
    typed = request.form
    try:
        effective = _effective()
        if typed.get("then") == "try":
            return _form(typed, tried=_try(tidy(typed.get("text", "")), effective))
        arguments = (context.caller(), typed.get("text", ""), effective, typed.get("reason", ""), context.now())
        proposed = context.database().transact(policies.propose_policy, *arguments)
    except (Invalid, Conflict) as error:
        return _form(typed, error)
    flash(context.translated(N_("Proposed. Another compliance officer must approve it.")), "success")
    return redirect(url_for("proposals.show", proposal=proposed.id), 303)


@bp.get("/rehearsal/<proposal>")
@guards.requires(Permission.CHANGE_STATEMENTS)
def rehearse(proposal: str) -> ResponseReturnValue:
    """What a proposed policy would change as things stand now."""
    proposal = key(proposal)
    with context.database().reading() as connection:
        wanted = policies.proposed(connection, context.caller(), proposal, context.now())
    whole = {what: url_for("rehearsals.page", proposal=proposal, what=what) for what in rehearsal.LISTS}
    return render_template("policies/rehearsal.html", tried=_try(wanted.text, wanted.effective), proposal=proposal, whole=whole)


def match_name(name: str) -> str:
    """What a row of the match table is about."""
    return context.translated(_MATCH[name]) if name in _MATCH else telling.named(RiskCategory[name])


def _effective() -> datetime | None:
    """From when on; today is from its approval."""
    zone = context.services().settings.time_zone
    reader = Reader(request.form, zone)
    effective = reader.first_day("effective")
    reader.check()
    today = context.now().astimezone(zone).date()
    return None if effective is not None and effective.astimezone(zone).date() == today else effective


def _try(text: str, effective: datetime | None) -> dict[str, Any]:
    """Try a text out on one snapshot, and record that before anything of it is shown."""
    now, caller, database = context.now(), context.caller(), context.database()
    if faults := policies.faults_of_text(text):
        raise Invalid(*faults)
    question = Question(text=text, moment=max(now, effective or now))
    with database.snapshot() as connection:
        found = rehearsal.try_out(connection, caller, question, now, context.services().settings.time_zone)
        lists = rehearsal.lists(connection, found, SHOWN)
    code = database.record(rehearsal.rehearsed, caller, found, len(lists), now)
    return _told(found, lists, code)


def _told(found: Found, lists: Lists, code: str) -> dict[str, Any]:
    cells = [(match_name(each.row), each.grade, each.gained, each.lost) for each in found.rehearsal.table()]
    return {"found": found, "counts": found.counts, "cells": cells, "lists": lists, "code": code}


def _form(typed: Any, error: GatekeeperError | None = None, *, tried: dict[str, Any] | None = None) -> ResponseReturnValue:
    page = render_template("policies/new.html", typed=typed, most=policies.LONGEST, tried=tried, **form_reader.told(error))
    return page, status(error)
