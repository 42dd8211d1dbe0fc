"""Signing in and out, setting a password by a one-time link, choosing the investor and the language."""

import secrets
import threading
import time
from datetime import datetime, timedelta
from http import HTTPStatus
from ipaddress import IPv6Address, ip_address, ip_network

from flask import Blueprint, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper import language
from gatekeeper.actions.accounts import sign_in
from gatekeeper.actions.messages import notices
from gatekeeper.rules.errors import N_, Conflict, GatekeeperError, Invalid, NotFound, Unavailable
from gatekeeper.rules.roles import Permission, Role
from gatekeeper.settings import SESSION_LIVES
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.attempts import Attempt, attempt_of
from gatekeeper.store.clients import investors as store
from gatekeeper.web import context, guards, pages

bp = Blueprint("sign_in", __name__)

_MAX_LOGIN = 80
_SLOWED = threading.BoundedSemaphore(3)
_WRONG = N_("This login name and password do not belong together. Please check both and try again.")
_NOTICES = N_("Your file has changed. Please read the notices under My record: %(number)s.")
_LOCKED = N_("Too many wrong tries from here. You can try again after %(time)s.")


@bp.get("/")
@guards.public
def start() -> ResponseReturnValue:
    """Lead a visitor to where the day begins, a stranger to signing in."""
    return redirect(url_for(pages.home() if context.visitor() else "sign_in.form"), 303)


@bp.get("/sign-in")
@guards.public
def form() -> ResponseReturnValue:
    """The form."""
    if context.visitor():
        return redirect(url_for(pages.home()), 303)
    following = guards.local_path(request.args.get("next", "/"))
    guards.keep_path(following)
    return render_template("sign_in/form.html", next=following, login="", error=None)


@bp.post("/sign-in")
@guards.public
def submit() -> ResponseReturnValue:
    """Try a login name and a password; the answer to a wrong one never says which was wrong."""
    login, password = request.form.get("login", "").strip()[:_MAX_LOGIN], request.form.get("password", "")
    following = guards.local_path(request.form.get("next", "/"))
    attempt = attempt_at(login)
    database, now = context.database(), context.now()
    with database.reading() as connection:
        found = sign_in.look_up(connection, login, attempt, now)
    if found.locked_until:
        return _again(login, following, locked(found.locked_until), 429)
    _slow_down(found.delay)
    passwords = context.services().passwords
    account = found.account
    right = passwords.verify(account.password_hash if account else None, password)
    if not right or account is None:
        person = account.person if account else None
        finished = database.transact(sign_in.fail, context.caller(), person, attempt, now)
    else:
        token, opened = _new_session(account.role)
        finished = database.transact(sign_in.succeed, context.caller(), account.person, attempt, opened, now)
    if finished.person is None:
        message = locked(finished.locked_until) if finished.locked_until else context.translated(_WRONG)
        return _again(login, following, message, 429 if finished.locked_until else 401)
    if not _enter(token):
        return _again(login, following, context.translated(_WRONG), 401)
    return redirect(following, 303)


def _new_session(role: Role) -> tuple[str, sign_in.NewSession]:
    token, life = secrets.token_urlsafe(32), SESSION_LIVES[role]
    return token, sign_in.NewSession(sessions.token_hash(token), life.idle, life.longest)


def _enter(token: str) -> bool:
    """Begin the browser's session; false if it was ended in the same instant."""
    with context.database().reading() as connection:
        visitor = sessions.visitor(connection, token, context.now())
        waiting = notices.waiting(connection, visitor.investor) if visitor is not None else 0
    if visitor is not None:
        guards.enter(visitor, token)
    _tell_of(waiting)
    return visitor is not None


def _tell_of(waiting: int) -> None:
    """Say once, on the way in, that the firm has told the investor something."""
    if waiting:
        flash(context.translated(_NOTICES, number=waiting))


def _slow_down(delay: timedelta) -> None:
    """Let a try at an account under attack wait, but never so many at once that others find no thread free."""
    if not delay:
        return
    if not _SLOWED.acquire(blocking=False):
        raise Unavailable(N_("Too many people are signing in at the moment. Please try again in a minute."))
    try:
        time.sleep(delay.total_seconds())
    finally:
        _SLOWED.release()


def locked(until: datetime) -> str:
    """Until when no more tries are taken, in words."""
    zone = context.services().settings.time_zone
    return context.translated(_LOCKED, time=language.format_time(context.tag(), until, zone, seconds=False))


def _again(login: str, following: str, error: str, status: int) -> ResponseReturnValue:
    return render_template("sign_in/form.html", next=following, login=login, error=error), status


def attempt_at(login: str) -> Attempt:
    """This try, from this network."""
    return attempt_of(context.services().settings.secret_key, login, _network(context.address()))


def _network(address: str) -> str:
    """The address, or the /64 network of an IPv6 address: one subscriber has them all."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return str(ip_network((found, 64), strict=False)) if isinstance(found, IPv6Address) else str(found)


@bp.post("/sign-out")
@guards.requires(Permission.SEE_OWN_ACCOUNT)
def sign_out() -> ResponseReturnValue:
    """End the session, in the database too."""
    context.database().transact(sign_in.sign_out, context.caller(), context.now())
    guards.leave()
    flash(context.translated(N_("You are signed out.")), "success")
    return redirect(url_for("sign_in.form"), 303)


@bp.get("/activate/<token>")
@guards.public
def activation(token: str) -> ResponseReturnValue:
    """The form that sets a password. Looking does not use the link up: scanners of mail and chat look too."""
    try:
        with context.database().reading() as connection:
            link = sign_in.open_link(connection, token.lower(), context.now())
    except (NotFound, Conflict) as error:
        return _dead_link(error)
    return render_template("sign_in/activate.html", link=link, next=guards.kept_path(), errors=[])


@bp.post("/activate/<token>")
@guards.public
def activate(token: str) -> ResponseReturnValue:
    """Set the password, use the link up, and go on as the person whose link it was."""
    database, now = context.database(), context.now()
    following = guards.local_path(request.form.get("next", "/"))
    try:
        with database.reading() as connection:
            link = sign_in.open_link(connection, token.lower(), now)
        password = request.form.get("password", "")
        sign_in.check_password(password, link.login)
        session_token, opened = _new_session(link.role)
        password_hash = context.services().passwords.hash(password)
        database.transact(sign_in.use_link, context.caller(), token.lower(), password_hash, now, opened=opened)
    except Invalid as error:
        problems = [(fault.field, context.told(fault)) for fault in error.faults]
        return render_template("sign_in/activate.html", link=link, next=following, errors=problems), 400
    except (NotFound, Conflict) as error:
        return _dead_link(error)
    if _enter(session_token):
        flash(context.translated(N_("Your password is set, and you are signed in.")), "success")
    return redirect(following, 303)


def _dead_link(error: GatekeeperError) -> ResponseReturnValue:
    """Why the link does not work and whom to ask; never whose it was."""
    status = HTTPStatus.NOT_FOUND if isinstance(error, NotFound) else HTTPStatus.CONFLICT
    return render_template("sign_in/dead_link.html", sentence=context.told(error.fault)), status


@bp.get("/investor")
@guards.requires(Permission.READ_AS_CLIENT)
def investors() -> ResponseReturnValue:
    """The investors for whom this person may act."""
    with context.database().reading() as connection:
        mandates = store.mandates_of(connection, context.now(), person=context.signed_in().person)
    following = guards.local_path(request.args.get("next", "/"))
    return render_template("sign_in/investor.html", mandates=mandates, next=following)


@bp.post("/investor")
@guards.requires(Permission.READ_AS_CLIENT)
def choose() -> ResponseReturnValue:
    """Choose for whom to act from now on."""
    investor = request.form.get("investor", "")
    if not investor:
        raise NotFound(N_("There is no such investor."))
    context.database().transact(sign_in.choose_investor, context.caller(), investor, context.now())
    with context.database().reading() as connection:
        _tell_of(notices.waiting(connection, investor))
    following = guards.local_path(request.form.get("next", "/"))
    return redirect(url_for("client.reports") if following == "/" else following, 303)


@bp.post("/language")
@guards.public
def choose_language() -> ResponseReturnValue:
    """Keep the language in this browser."""
    chosen = request.form.get("language", "")
    response = make_response(redirect(guards.local_path(request.form.get("next", "/")), 303))
    if chosen in language.SUPPORTED:
        secure = context.services().settings.secure_cookies
        response.set_cookie(context.LANGUAGE_COOKIE, chosen, max_age=365 * 86400, secure=secure, httponly=True, samesite="Lax")
    return response
