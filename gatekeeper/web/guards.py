"""Who may come in. Every view declares what it asks for; a view that declares nothing is closed to everybody.

1. The cookie holds a random token; the database holds its hash and decides on every request whether the session, the role and the
   person are still live.
2. A state is changed only by a form of ours: the browser's own word on where it comes from, and a token.
3. Every answer but a static file is ``no-store``, and every answer bears the same strict headers.
"""

from collections.abc import Callable, Collection
from datetime import timedelta
from typing import Any, TypeVar

from flask import Flask, Response, abort, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, login_user, logout_user
from flask_wtf.csrf import CSRFProtect

from gatekeeper import services
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.sessions import Visitor
from gatekeeper.web import context, cookies

View = TypeVar("View", bound=Callable[..., Any])

_PUBLIC = "public"
_DECLARED = "gatekeeper_permission"
_MOST = "gatekeeper_most_bytes"
_TOUCH_AFTER = timedelta(minutes=1)
_CHOOSING = frozenset({"sign_in.investors", "sign_in.choose"})
_ANSWERING = frozenset({"privacy.show", "privacy.accept", "privacy.decline"})
_NEXT = "next"
_LONGEST_PATH = 500
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
_OF_PAGES = {**_HEADERS, "Cache-Control": "no-store", "Vary": "Cookie, Accept-Language"}
_OF_FILES = {**_HEADERS, "Cache-Control": "public, max-age=3600"}


def requires(permission: Permission) -> Callable[[View], View]:
    """Declare what a view asks for. The decorator only marks: the guard reads the mark before any view runs."""

    def mark(view: View) -> View:
        setattr(view, _DECLARED, permission)
        return view

    return mark


def public(view: View) -> View:
    """Declare that strangers may come to this view."""
    setattr(view, _DECLARED, _PUBLIC)
    return view


def takes_files(most: int) -> Callable[[View], View]:
    """Declare that the form of a view carries files, and how many bytes the whole of it may have."""

    def mark(view: View) -> View:
        setattr(view, _MOST, most)
        return view

    return mark


def declared(view: Callable[..., Any]) -> Permission | str | None:
    """What a view asks for: a permission, ``public``, or None for a view that forgot to say."""
    return getattr(view, _DECLARED, None)


class SignedIn:
    """A visitor in the form that Flask-Login wants: four members around a frozen value."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def __init__(self, visitor: Visitor, token: str) -> None:
        self.visitor = visitor
        self._token = token

    def get_id(self) -> str:
        """The token that the cookie carries."""
        return self._token


class _Logins(LoginManager):  # type: ignore[misc]  # it has no types
    """Our session table decides; address and browser of a phone change, and are not even looked at."""

    def _session_protection_failed(self) -> bool:
        return False

    def _update_remember_cookie(self, response: Response) -> Response:
        """Nobody is remembered beyond a session."""
        return response


class _Forms(CSRFProtect):  # type: ignore[misc]  # it has no types
    """The check of forms, which has nothing to look at where nothing is sent."""

    def protect(self, apply_exemptions: bool = False) -> None:  # noqa: FBT001, FBT002  (as it is called)
        """Check what may change something."""
        if context.call().method not in _SAFE:
            super().protect(apply_exemptions)


def init_app(app: Flask) -> None:
    """Guard an application."""
    manager = _Logins()
    manager.user_loader(_load)
    manager.init_app(app, add_context_processor=False)  # templates get the visitor, and never a second look-up
    app.before_request(_limit)
    app.before_request(_admit)
    _Forms(app)
    app.jinja_env.globals["csrf_token"] = cookies.token
    app.session_interface = cookies.Sessions()
    services.seal(app, _headers)
    setattr(app.view_functions["static"], _DECLARED, _PUBLIC)


def enter(visitor: Visitor, token: str) -> None:
    """Begin a new browser session for someone who has just signed in."""
    session.clear()
    login_user(SignedIn(visitor, token))


def leave() -> None:
    """Forget the browser session."""
    logout_user()
    session.clear()


def local_path(target: str) -> str:
    """A path of this site to go on to, or the start page: never another site."""
    safe = target.startswith("/") and not target.startswith(("//", "/\\")) and target.isprintable()
    return target if safe else "/"


def keep_path(target: str) -> None:
    """Keep the page that a stranger asked for in this browser, while a one-time link sets the first password."""
    path = local_path(target)
    if path != "/" and len(path) <= _LONGEST_PATH:
        session[_NEXT] = path


def kept_path() -> str:
    """The page that was first asked for in this browser, or the start page."""
    return local_path(str(session.get(_NEXT, "/")))


def _load(token: str) -> SignedIn | None:
    """For Flask-Login, which asks when somebody leaves."""
    visitor = context.visitor()
    return SignedIn(visitor, token) if visitor else None


def _limit() -> None:
    """Only files may be large. The parts of a form with files are counted; any other form is read at one go."""
    call = context.call()
    if call.method in _SAFE:
        return
    if call.mimetype != "multipart/form-data":
        call.max_content_length = call.max_form_memory_size
    elif most := getattr(current_app.view_functions.get(call.endpoint or ""), _MOST, None):
        call.max_content_length = most


def _admit() -> ResponseReturnValue | None:
    call = context.call()
    if call.endpoint is None:  # no such address, or not this method: Flask says so
        return None
    if call.method not in _SAFE and not _is_ours():
        abort(403)
    wanted = declared(current_app.view_functions[call.endpoint])
    if wanted == _PUBLIC:
        return None
    visitor = call.visitor
    if visitor is None and wanted is not None:
        return _to_sign_in()
    if visitor is None or wanted not in visitor.permissions:
        abort(403)
    if call.now - visitor.last_seen > _TOUCH_AFTER:
        context.database().note(sessions.touch, visitor.session, call.now)
    return _first(visitor, wanted, call.endpoint)


def _first(visitor: Visitor, wanted: Permission | str | None, endpoint: str) -> ResponseReturnValue | None:
    """What a client must do before this page: answer the privacy notice, then choose for whom to act."""
    if endpoint in _ANSWERING or endpoint == "sign_in.sign_out":
        return None
    if visitor.privacy_due and Permission.READ_AS_CLIENT in visitor.permissions:
        return redirect(url_for("privacy.show", next=_asked_for()), 303)
    acts_for_nobody = wanted is Permission.READ_AS_CLIENT and visitor.investor is None
    if acts_for_nobody and endpoint not in _CHOOSING:
        following = _asked_for()
        return redirect(url_for("sign_in.investors", next=following if following != url_for("client.reports") else None), 303)
    return None


def _to_sign_in() -> ResponseReturnValue:
    return redirect(url_for("sign_in.form", next=_asked_for()), 303)


def _asked_for() -> str | None:
    """The page that was asked for, to come back to; None for the start page and for forms."""
    target = request.full_path if request.query_string else request.path
    return target if request.method in _SAFE and target != "/" else None


def _is_ours() -> bool:
    """Whether the browser says that this comes from our own page. Browsers that say nothing are left to the form's token."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("Origin")
    return origin in (None, "null") or origin.partition("://")[2] == request.host


def _headers(call: context.Call, _: Collection[str]) -> dict[str, str]:
    own = _OF_FILES if call.endpoint == "static" else _OF_PAGES
    return {**own, "X-Request-ID": call.id}
