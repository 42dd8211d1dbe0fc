"""The browser's session cookie and the token of its forms: as Flask and Flask-WTF check and sign them, but not anew each time.

What was found good in a cookie is kept under that whole cookie, and its age is looked at each time. A token signed within this
minute is as good as a new one.
"""

import time
from typing import Any

from flask import Flask, Request, Response, g, session
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from flask_wtf.csrf import generate_csrf
from itsdangerous import BadSignature, URLSafeTimedSerializer

from gatekeeper.web.room import Room

_MOST = 2000
_MINUTE = 60
_CSRF = "csrf_token"
_PLAIN = (str, bool)
_TOKENS: Room[str] = Room(_MOST)


class Sessions(SecureCookieSessionInterface):
    """Flask's own sessions, which remember what they have read in a cookie."""

    def __init__(self) -> None:
        self._read: Room[tuple[dict[str, Any], float]] = Room(_MOST)
        self._serializer: URLSafeTimedSerializer | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The serializer of this application, made once: its keys never change while it runs."""
        if self._serializer is None:
            self._serializer = super().get_signing_serializer(app)
        return self._serializer

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session that a cookie holds; an empty one where there is none, or none of ours."""
        cookie = request.cookies.get(self.get_cookie_name(app))
        if cookie is None:
            return self.session_class()
        found = self._read.get(cookie) or self._loaded(app, cookie)
        if found is None or time.time() - found[1] > app.permanent_session_lifetime.total_seconds():
            return self.session_class()
        return self.session_class(found[0])

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        """Send a cookie where something changed. That an answer depends on the cookie is said of each by the guard."""
        if session.modified or session.permanent:
            super().save_session(app, session, response)

    def _loaded(self, app: Flask, cookie: str) -> tuple[dict[str, Any], float] | None:
        """What a cookie holds and when it was signed. Only what nobody can change in place is kept."""
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        try:
            values, signed_at = serializer.loads(cookie, return_timestamp=True)
        except BadSignature:
            return None
        found = values, signed_at.timestamp()
        if all(isinstance(each, _PLAIN) for each in values.values()):
            self._read.put(cookie, found, 1)
        return found


def token() -> str:
    """The token of this browser's forms. Flask-WTF gives out what stands in ``g``, so there is one in each answer."""
    kept = g.get(_CSRF)
    if kept is None:
        key = session.get(_CSRF), int(time.time()) // _MINUTE
        kept = _TOKENS.get(key) or generate_csrf()
        g.csrf_token = kept
        if key[0] is not None:
            _TOKENS.put(key, kept, 1)
    return str(kept)
