"""One's own account: password, open sessions, language."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.accounts import account, sign_in
from gatekeeper.actions.accounts.account import Own
from gatekeeper.actions.messages import addresses, mail
from gatekeeper.ledger.acts.second_person import APPROVERS
from gatekeeper.rules.errors import N_, Conflict, Fault, GatekeeperError, Invalid
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.base import new_id
from gatekeeper.web import context, form_reader, guards
from gatekeeper.web.accounts import devices
from gatekeeper.web.accounts.sign_in import attempt_at, locked

bp = Blueprint("account", __name__, url_prefix="/account")

_LANGUAGES = (("zh_CN", "中文"), ("en", "English"))
_LONGEST = 300
_WRONG = Fault(N_("This is not your present password."), field="old")
_SAME = Fault(N_("This is your present password. Please choose another one."), field="password")


@bp.get("")
@guards.requires(Permission.SEE_OWN_ACCOUNT)
def show() -> ResponseReturnValue:
    """Who is signed in, where, and the form that changes the password."""
    return _page()


def _page(error: GatekeeperError | None = None, status: HTTPStatus = HTTPStatus.OK) -> ResponseReturnValue:
    with context.database().reading() as connection:
        own = account.own(connection, context.caller(), context.now())
        address = mail.own(connection, context.caller())
        is_client = Permission.READ_AS_CLIENT in context.signed_in().permissions
        waiting = addresses.own(connection, context.caller(), context.now()) if is_client else None
    here = context.signed_in().session
    page = render_template(
        "sign_in/account.html",
        own=own,
        sessions=sorted((_told(row, here) for row in own.sessions), key=lambda each: not each["is_here"]),
        languages=_LANGUAGES,
        mail=request.form.get("mail", address)[:_LONGEST],
        approves=bool(context.signed_in().permissions & set(APPROVERS.values())),
        notice_mail={"waiting": waiting} if is_client else None,
        mail_goes_out=context.services().settings.smtp_url is not None,
        **form_reader.told(error),
    )
    return page, status


def _told(row: Any, here: int) -> dict[str, Any]:
    return {
        "name": sessions.name_of(row.token_hash),
        "device": devices.in_words(row.device),
        "address": row.address or None,
        "begun": row.created_at,
        "seen": row.last_seen,
        "is_here": row.id == here,
    }


@bp.post("/password")
@guards.requires(Permission.SEE_OWN_ACCOUNT)
def change_password() -> ResponseReturnValue:
    """Change the password: the old one is asked for, and every other session ends."""
    old, new = request.form.get("old", ""), request.form.get("password", "")
    try:
        own = _verified(old, new, context.now())
        new_hash = context.services().passwords.hash(new)
        arguments = (context.caller(), own.password_hash, new_hash, context.now())
        ended = context.database().transact(account.change_password, *arguments)
    except (Invalid, Conflict) as error:
        return _page(error, HTTPStatus.CONFLICT if isinstance(error, Conflict) else HTTPStatus.BAD_REQUEST)
    done = N_("Your password is changed, and your other sessions have ended.") if ended else N_("Your password is changed.")
    flash(context.translated(done), "success")
    return _back()


def _verified(old: str, new: str, now: datetime) -> Own:
    """The account whose present password was given. Wrong tries count and lock as they do on the sign-in page."""
    with context.database().reading() as connection:
        own = account.own(connection, context.caller(), now)
        attempt = attempt_at(own.login)
        found = sign_in.look_up(connection, own.login, attempt, now)
    if found.locked_until:
        raise Invalid(Fault(locked(found.locked_until), field="old"))
    sign_in.check_password(new, own.login)
    if not context.services().passwords.verify(own.password_hash, old):
        finished = context.database().transact(sign_in.fail, context.caller(), context.signed_in().person, attempt, now)
        raise Invalid(Fault(locked(finished.locked_until), field="old") if finished.locked_until else _WRONG)
    if new == old:
        raise Invalid(_SAME)
    return own


@bp.post("/sessions/end")
@guards.requires(Permission.SEE_OWN_ACCOUNT)
def end_session() -> ResponseReturnValue:
    """End one session, or every other one."""
    name, database, caller = request.form.get("session", ""), context.database(), context.caller()
    try:
        if name == "others":
            database.transact(account.end_others, caller, context.now())
            flash(context.translated(N_("You are signed in here alone; every other session has ended.")), "success")
            return _back()
        was_here = database.transact(account.end_session, caller, name, context.now())
    except Conflict as error:
        return _page(error, HTTPStatus.CONFLICT)
    if was_here:
        guards.leave()
        flash(context.translated(N_("You are signed out.")), "success")
        return redirect(url_for("sign_in.form"), HTTPStatus.SEE_OTHER)
    flash(context.translated(N_("This session has ended.")), "success")
    return _back()


@bp.post("/mail")
@guards.requires(Permission.SEE_PROPOSALS)
def set_mail_address() -> ResponseReturnValue:
    """Let mail about waiting proposals go to an address, or nowhere."""
    address = request.form.get("mail", "").strip()
    try:
        changed = context.database().transact(mail.set_address, context.caller(), address, context.now())
    except Invalid as error:
        return _page(error, HTTPStatus.BAD_REQUEST)
    if changed:
        done = N_("Mail about waiting proposals goes to %(address)s.") if address else N_("You get no mail any more.")
        flash(context.translated(done, address=address), "success")
    return _back()


@bp.post("/notices-mail")
@guards.requires(Permission.READ_AS_CLIENT)
def ask_mail() -> ResponseReturnValue:
    """Let a link be mailed that confirms where mail about notices goes; or let it go nowhere."""
    address, name, services = request.form.get("mail", "").strip(), new_id(), context.services()
    try:
        if address:
            token_hash = sessions.token_hash(addresses.token_of(services.settings.secret_key, name))
            context.database().transact(addresses.ask, context.caller(), name, token_hash, address, context.now())
        else:
            context.database().transact(addresses.take_away, context.caller(), context.now())
    except (Invalid, Conflict) as error:
        return _page(error, HTTPStatus.BAD_REQUEST)
    done = N_("A link goes to %(address)s. Open it there to confirm the address.") if address else N_("You get no mail any more.")
    flash(context.translated(done, address=address), "success")
    return _back()


@bp.get("/mail/<token>")
@guards.requires(Permission.READ_AS_CLIENT)
def confirmation(token: str) -> ResponseReturnValue:
    """The button that confirms an address. Looking does not use the link up: scanners of mail look too."""
    return render_template("sign_in/confirm_mail.html", token=token)


@bp.post("/mail/<token>")
@guards.requires(Permission.READ_AS_CLIENT)
def confirm(token: str) -> ResponseReturnValue:
    """Let mail about notices go to the address to which this link was mailed."""
    address = context.database().transact(addresses.confirm, context.caller(), token, context.now())
    flash(context.translated(N_("Mail about notices goes to %(address)s."), address=address), "success")
    return _back()


def _back() -> ResponseReturnValue:
    return redirect(url_for("account.show"), HTTPStatus.SEE_OTHER)
