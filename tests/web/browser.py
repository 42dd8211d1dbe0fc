"""A visitor without a screen: signs in, follows forms, and sends what a browser would send."""

import re
from html import unescape
from weakref import WeakKeyDictionary

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.world import PASSWORD

_FORMS: WeakKeyDictionary[Flask, tuple[str, str]] = WeakKeyDictionary()
"""The cookie and the token with which an application's form for signing in came to the first who asked for it."""
_TOKENS: WeakKeyDictionary[FlaskClient, tuple[str, str]] = WeakKeyDictionary()
"""The token that a browser has from a page, and the cookie for which it is good."""


def visit(app: Flask, login: str, language: str = "en") -> FlaskClient:
    """A browser of its own in which somebody is signed in. The form is fetched once for all; what signing in does is done."""
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    if app in _FORMS:
        cookie, token = _FORMS[app]
        client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookie)
    else:
        token = hidden(client.get("/sign-in").text)
        _FORMS[app] = _cookie(client), token
    _send_form(client, login, token)
    return client


def sign_in(client: FlaskClient, login: str, language: str = "en") -> TestResponse:
    """Sign in, in a browser that prefers this language."""
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    return _send_form(client, login, hidden(client.get("/sign-in").text))


def _send_form(client: FlaskClient, login: str, token: str) -> TestResponse:
    answer = client.post("/sign-in", data={"csrf_token": token, "login": login, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return answer


def post(client: FlaskClient, path: str, form: dict[str, str], *, page: str | None = None) -> TestResponse:
    """Send a form with the token of the page it stands on, or of any page of this session."""
    return client.post(path, data={"csrf_token": hidden(page) if page else _token(client), **form})


def _token(client: FlaskClient) -> str:
    """The token of a page that was fetched for it, as long as the browser's cookie is the one of then."""
    cookie, token = _TOKENS.get(client, ("", ""))
    if not token or cookie != _cookie(client):
        token = hidden(client.get("/account").text)
        _TOKENS[client] = _cookie(client), token
    return token


def _cookie(client: FlaskClient) -> str:
    found = client.get_cookie(client.application.config["SESSION_COOKIE_NAME"])
    return found.value if found else ""


def hidden(page: str, name: str = "csrf_token") -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return unescape(found[1])
