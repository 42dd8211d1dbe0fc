"""The persons who act for an investor: giving and ending mandates, activation links, suspending."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.accounts import people
from gatekeeper.actions.clients import investors
from gatekeeper.actions.messages import addresses
from gatekeeper.files.made.square_code import draw
from gatekeeper.rules.changes import MandateChange
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid, NotFound
from gatekeeper.rules.messages.links import LIFE
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.links import new_token
from gatekeeper.web import context, form_reader, guards
from gatekeeper.web.clients import investor_changes, investor_told

bp = Blueprint("persons", __name__)


@bp.get("/<investor>/persons/new")
@guards.requires(Permission.CHANGE_INVESTORS)
def new(investor: str) -> ResponseReturnValue:
    """The form that gives a mandate to a new person or to one on file."""
    return _new(investor)


@bp.post("/<investor>/persons/new")
@guards.requires(Permission.CHANGE_INVESTORS)
def add(investor: str) -> ResponseReturnValue:
    """Propose that somebody acts for an investor."""
    reader = investor_changes.read_form()
    try:
        changed = investor_changes.change(investor, [], reader, delegate=investor_changes.read_delegate(reader))
    except (Invalid, Conflict) as error:
        return _new(investor, error)
    return investor_changes.back(investor, changed)


def _new(investor: str, error: GatekeeperError | None = None) -> ResponseReturnValue:
    file = context.database().record(investors.view, context.caller(), investor, context.now())
    page = render_template("investors/person_new.html", row=file.overview, typed=request.form, **form_reader.told(error))
    return page, investor_told.status(error)


@bp.get("/<investor>/persons/<person>")
@guards.requires(Permission.CHANGE_INVESTORS)
def show(investor: str, person: str) -> ResponseReturnValue:
    """What can be done about one person who acts for an investor."""
    return _person(investor, person)


def _person(investor: str, person: str, form: str = "", error: GatekeeperError | None = None) -> ResponseReturnValue:
    file = context.database().record(investors.view, context.caller(), investor, context.now())
    with context.database().reading() as connection:
        address = addresses.of_client(connection, context.caller(), person, context.now())
    page = render_template(
        "investors/person.html",
        mail=request.form.get("mail", "") if form == "mail" else address,
        row=file.overview,
        person=investor_told.person(_mandate(file, person), file.accounts, context.now()),
        account=file.accounts.get(person),
        others=[each.person_name for each in file.mandates if each.person_id != person],
        form=form,
        typed=request.form,
        **form_reader.told(error, f"{form}-"),
    )
    return page, investor_told.status(error)


def _mandate(file: investors.File, person: str) -> Any:
    found = next((each for each in file.mandates if each.person_id == person), None)
    if found is None:
        raise NotFound(N_("This person does not act for the investor."))
    return found


@bp.post("/<investor>/persons/<person>/end")
@guards.requires(Permission.CHANGE_INVESTORS)
def end(investor: str, person: str) -> ResponseReturnValue:
    """End a mandate at once, and with it the person's sessions."""
    reader = investor_changes.read_form()
    wanted = MandateChange(investor=investor, person=person, capacity="", live=False)
    try:
        changed = investor_changes.change(investor, [wanted], reader)
    except (Invalid, Conflict) as error:
        return _person(investor, person, "end", error)
    return investor_changes.back(investor, changed)


@bp.post("/<investor>/persons/<person>/suspension")
@guards.requires(Permission.CHANGE_INVESTORS)
def suspend(investor: str, person: str) -> ResponseReturnValue:
    """Suspend a client's account at once."""
    return _act(investor, person, "suspend", people.suspend, (person,), N_("Suspended. All sessions of this person have ended."))


@bp.post("/<investor>/persons/<person>/reactivation")
@guards.requires(Permission.CHANGE_INVESTORS)
def reactivate(investor: str, person: str) -> ResponseReturnValue:
    """Propose that a suspended client may sign in again."""
    done = N_("Proposed. Compliance or another client admin must approve it.")
    return _act(investor, person, "reactivate", people.reactivate, (investor, person), done)


def _act(
    investor: str, person: str, form: str, act: Callable[..., Any], about: tuple[str, ...], done: str
) -> ResponseReturnValue:
    reason = request.form.get("reason", "").strip()
    try:
        context.database().transact(act, context.caller(), *about, reason, context.now())
    except (Invalid, Conflict) as error:
        return _person(investor, person, form, error)
    flash(context.translated(done), "success")
    return redirect(url_for("investors.persons.show", investor=investor, person=person), HTTPStatus.SEE_OTHER)


@bp.post("/<investor>/persons/<person>/mail")
@guards.requires(Permission.CHANGE_INVESTORS)
def set_mail(investor: str, person: str) -> ResponseReturnValue:
    """Enter where this person gets mail about notices, as the firm's papers say."""
    address = request.form.get("mail", "").strip()
    try:
        context.database().transact(addresses.enter, context.caller(), person, address, context.now())
    except Invalid as error:
        return _person(investor, person, "mail", error)
    done = N_("Mail about notices goes to %(address)s.") if address else N_("This person gets no mail any more.")
    flash(context.translated(done, address=address), "success")
    return redirect(url_for("investors.persons.show", investor=investor, person=person), HTTPStatus.SEE_OTHER)


@bp.post("/<investor>/persons/<person>/link")
@guards.requires(Permission.CHANGE_INVESTORS)
def link(investor: str, person: str) -> ResponseReturnValue:
    """Issue a one-time link, the first or a new one. It is shown on this one answer and nowhere else, so there is no redirect."""
    file = context.database().record(investors.view, context.caller(), investor, context.now())
    _mandate(file, person)
    token = new_token()
    arguments = (context.caller(), person, sessions.token_hash(token), context.now())
    issued = context.database().transact(investors.issue_link, *arguments)
    link = context.outside("sign_in.activation", token=token)
    return render_template(
        "investors/link.html",
        row=file.overview,
        issued=issued,
        link=link,
        square=draw(link),
        hours=int(LIFE.total_seconds() // 3600),
    )
