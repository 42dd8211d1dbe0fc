"""Declaring changed circumstances: what has changed, what it will come to, asked once more; and the firm's look at it."""

from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.clients import declarations as action
from gatekeeper.actions.clients.declarations import Outlook
from gatekeeper.rules.assessing.declaration import ChangedTopic
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, form_reader, guards, telling
from gatekeeper.web.clients import investor_told
from gatekeeper.web.paging import key, position, token

bp = Blueprint("declarations", __name__)

_THANKS = N_("Thank you. Your assessment no longer counts from now on; you can be assessed again here.")
_THANKS_ALSO = N_("Thank you. We have noted it, and somebody at the firm will look at it.")
_CHECKED = N_("Marked as looked at.")


@bp.get("/record/changes")
@guards.requires(Permission.READ_AS_CLIENT)
def show() -> ResponseReturnValue:
    """The form, and what was declared before."""
    return _form()


@bp.post("/record/changes/outlook")
@guards.requires(Permission.READ_AS_CLIENT)
def preview() -> ResponseReturnValue:
    """What it will come to, before anything is done."""
    try:
        return _outlook()
    except Invalid as error:
        return _form(error)


@bp.post("/record/changes")
@guards.requires(Permission.READ_AS_CLIENT)
def declare() -> ResponseReturnValue:
    """Take the declaration; where something moved meanwhile, say anew what it comes to."""
    call = (context.caller(), _topics(), _details(), request.form.get("seen", ""), context.now(), _zone())
    try:
        done = context.database().transact(action.declare, *call, tag=context.tag())
    except Invalid as error:
        return _form(error)
    except Conflict as error:
        return _outlook(error)
    if not done.important:
        flash(context.translated(_THANKS_ALSO), "success")
        return redirect(url_for("client.record"), HTTPStatus.SEE_OTHER)
    flash(context.translated(_THANKS), "success")
    return redirect(url_for("assessments.show"), HTTPStatus.SEE_OTHER)


@bp.get("/declared")
@guards.requires(Permission.SEE_INVESTORS)
def index() -> ResponseReturnValue:
    """Declarations that nobody at the firm has looked at."""
    after = position(request.args.get("after"))
    page = context.database().record(action.waiting, context.caller(), after, context.now())
    last = page.found[-1].row if page.has_more else None
    return render_template(
        "home/declared.html",
        found=page.found,
        beginning=url_for(".index") if after else None,
        following=url_for(".index", after=token(last.declared_at, last.id)) if last else None,
    )


@bp.post("/investors/<investor>/declarations/<declaration>/check")
@guards.requires(Permission.APPROVE_CLASSIFICATIONS)
def check(investor: str, declaration: str) -> ResponseReturnValue:
    """Mark one as looked at, with what was done about it."""
    call = (context.caller(), key(investor), key(declaration), request.form.get("note", ""), context.now())
    try:
        context.database().transact(action.check, *call)
        flash(context.translated(_CHECKED), "success")
    except Invalid as error:
        flash(context.told(error.fault), "error")
    return redirect(url_for("investors.show", investor=key(investor)), HTTPStatus.SEE_OTHER)


def _zone() -> Any:
    return context.services().settings.time_zone


def _topics() -> tuple[ChangedTopic, ...]:
    return tuple(each for each in ChangedTopic if each.value in request.form.getlist("topics"))


def _details() -> str:
    return request.form.get("note", "")


def _form(error: GatekeeperError | None = None) -> ResponseReturnValue:
    earlier = context.database().record(action.overview, context.caller(), context.now())
    page = render_template(
        "client/changes.html",
        topics=[(each.value, telling.named(each)) for each in ChangedTopic],
        chosen=request.form.getlist("topics"),
        details=_details(),
        earlier=earlier,
        **form_reader.told(error),
    )
    return page, investor_told.status(error)


def _outlook(error: Conflict | None = None) -> ResponseReturnValue:
    topics = _topics()
    found: Outlook = context.database().record(action.preview, context.caller(), topics, _details(), context.now(), _zone())
    page = render_template(
        "client/changes_outlook.html",
        found=found,
        topics=[(each.value, telling.named(each)) for each in topics],
        details=_details(),
        category=telling.named(found.category.category) if found.category else None,
        category_day=telling.last_day(found.category.before) if found.category else None,
        class_day=telling.last_day(found.class_before),
        moved=context.told(error.fault) if error else None,
    )
    return page, investor_told.status(error)
