"""A visitor without a screen: signs in, follows forms, and sends what a browser would send."""

import re
from html import unescape

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.world import PASSWORD


def visit(app: Flask, login: str, language: str = "en") -> FlaskClient:
    """A browser of its own in which somebody is signed in."""
    client = app.test_client()
    sign_in(client, login, language)
    return client


def sign_in(client: FlaskClient, login: str, language: str = "en") -> TestResponse:
    """Sign in, in a browser that prefers this language."""
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    page = client.get("/sign-in").text
    answer = client.post("/sign-in", data={"csrf_token": hidden(page), "login": login, "password": PASSWORD})
    assert answer.status_code == 303, answer.text
    return answer


def post(client: FlaskClient, path: str, form: dict[str, str], *, page: str | None = None) -> TestResponse:
    """Send a form with the token of the page it stands on, or of any page of this session."""
    return client.post(path, data={"csrf_token": hidden(page or client.get("/account").text), **form})


def hidden(page: str, name: str = "csrf_token") -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return unescape(found[1])
