"""Signing in and out as people do it, and as an attacker would try it."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, func, select
from werkzeug.test import TestResponse

from gatekeeper.actions.accounts import people
from gatekeeper.actions.accounts import sign_in as actions
from gatekeeper.actions.clients import investors
from gatekeeper.rules.changes import MandateChange
from gatekeeper.rules.roles import Role
from gatekeeper.services import EXTENSION
from gatekeeper.settings import SESSION_LIVES
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.people import LoginSession, SignInAttempt
from gatekeeper.store.proof.ledger import LedgerEntry
from tests.web.browser import hidden, post, sign_in
from tests.world import PASSWORD, World

WRONG = "do not belong together"
ENGLISH = {"Accept-Language": "en"}


def attempt(client: FlaskClient, login: str, password: str, address: str = "192.0.2.7", following: str = "/") -> TestResponse:
    """One try in a new browser."""
    browser = client.application.test_client()
    token = hidden(browser.get("/sign-in").text)
    form = {"csrf_token": token, "login": login, "password": password, "next": following}
    return browser.post("/sign-in", data=form, headers=ENGLISH, environ_overrides={"REMOTE_ADDR": address})


def kinds(world: World) -> list[str]:
    with world.database.reading() as connection:
        return list(connection.execute(select(LedgerEntry.kind).order_by(LedgerEntry.id)).scalars())


def test_a_client_signs_in_and_out_and_both_are_recorded(client: FlaskClient, world: World) -> None:
    world.client("c3")

    assert sign_in(client, "C3").location == "/"
    assert client.get("/").location == "/reports"
    page = client.get("/reports").text
    cookie = client.get_cookie("gatekeeper")
    post(client, "/sign-out", {}, page=page)

    assert kinds(world)[-3:] == ["person.signed_in", "reports.listed", "person.signed_out"]
    assert cookie is not None
    client.set_cookie("gatekeeper", cookie.value)
    assert client.get("/reports").location == "/sign-in?next=/reports", "a stolen cookie dies with the session"


def test_a_wrong_name_and_a_wrong_password_cannot_be_told_apart(
    app: Flask, client: FlaskClient, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.client("c3")
    database, passwords = app.extensions[EXTENSION].database, app.extensions[EXTENSION].passwords
    statements: list[str] = []
    hashed: list[Any] = []
    engines = {database._reader, database._writer}

    def note(*args: Any) -> None:
        statements.append(args[2])

    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    monkeypatch.setattr(passwords, "_hasher", _Counting(passwords._hasher, hashed))
    attempt(client, "c3", "wrong, to open every connection once", "198.51.100.1")
    seen = []
    for login in ("c3", "nobody-of-that-name"):
        statements.clear()
        hashed.clear()
        answer = attempt(client, login, "wrong password, long enough")
        seen.append((answer.status_code, re.sub(r'value="[^"]*"', "", answer.text), list(statements), len(hashed)))

    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)
    assert seen[0][0] == 401
    assert WRONG in seen[0][1]
    assert seen[0] == seen[1]
    with world.database.reading() as connection:
        stored = connection.execute(select(LedgerEntry.leaf)).scalars().all()
    assert not any(b"nobody-of-that-name" in leaf for leaf in stored)


class _Counting:
    def __init__(self, hasher: Any, calls: list[Any]) -> None:
        self._hasher, self._calls = hasher, calls

    def verify(self, *args: Any) -> bool:
        self._calls.append(args)
        return bool(self._hasher.verify(*args))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._hasher, name)


def test_account_and_address_lock_for_a_time_that_is_told_and_nobody_else_is_shut_out(client: FlaskClient, world: World) -> None:
    world.client("c3")
    for _ in range(4):
        assert attempt(client, "c3", "wrong").status_code == 401
    answer = attempt(client, "c3", "wrong")
    assert answer.status_code == 429
    assert "You can try again after 2026-11-23 10:15" in answer.text

    assert attempt(client, "c3", PASSWORD).status_code == 429, "even the right password waits"
    assert attempt(client, "c3", PASSWORD, "198.51.100.9").status_code == 303, "from elsewhere the client comes in"

    world.clock.forward(timedelta(minutes=15, seconds=1))
    assert attempt(client, "c3", PASSWORD).status_code in {302, 303}


def test_a_flood_is_counted_and_not_written_line_by_line(world: World) -> None:
    person = world.client("c3")
    before = len(kinds(world))
    tried = actions.Attempt("a" * 64, "b" * 64)
    for _ in range(200):
        world.database.transact(actions.fail, world.caller("c3"), person, tried, world.now)

    with world.database.reading() as connection:
        leaves = connection.execute(select(LedgerEntry.leaf).order_by(LedgerEntry.id).offset(before)).scalars().all()
    written = [json.loads(leaf)["data"]["failures"] for leaf in leaves]
    assert written == [1, 2, 3, 4, 5, 10, 20, 40, 80, 160]


def test_many_wrong_tries_from_many_places_only_slow_the_account_down(client: FlaskClient, world: World) -> None:
    world.client("c3")
    for number in range(12):
        assert attempt(client, "c3", "wrong", f"198.51.100.{number}").status_code == 401

    assert attempt(client, "c3", PASSWORD, "203.0.113.1").status_code == 303


def test_neither_name_nor_address_of_a_failed_try_is_kept_in_the_clear(client: FlaskClient, world: World) -> None:
    attempt(client, "somebody", "wrong")

    with world.database.reading() as connection:
        row = connection.execute(select(SignInAttempt.account, SignInAttempt.source)).one()
    assert len(row.account) == len(row.source) == 64


@pytest.mark.parametrize("role", [Role.CLIENT, Role.COMPLIANCE, Role.ADMIN])
def test_a_session_ends_when_idle_and_at_its_longest(client: FlaskClient, world: World, role: Role) -> None:
    world.client("c3")
    who, page = {Role.CLIENT: ("c3", "/record"), Role.COMPLIANCE: ("compliance", "/log")}.get(
        role, ("clients", "/admin/investors")
    )
    life = SESSION_LIVES[role]

    sign_in(client, who)
    world.clock.forward(life.idle + timedelta(seconds=1))
    assert client.get(page).status_code == 303, "idle"

    sign_in(client, who)
    step = life.idle / 2
    for _ in range(int(life.longest / step) - 1):
        world.clock.forward(step)
        assert client.get(page).status_code == 200
    world.clock.forward(step + timedelta(seconds=1))
    assert client.get(page).status_code == 303, "at its longest"


def test_a_session_survives_another_network_and_browser_string(client: FlaskClient, world: World) -> None:
    world.client("c3")
    sign_in(client, "c3")

    answer = client.get("/reports", environ_overrides={"REMOTE_ADDR": "203.0.113.77"}, headers={"User-Agent": "Other"})

    assert answer.status_code == 200


def test_suspending_ends_every_session(client: FlaskClient, world: World) -> None:
    person = world.client("c3")
    sign_in(client, "c3")

    world.database.transact(people.suspend, world.caller("clients"), person, "风险", world.now)

    assert client.get("/reports").status_code == 303
    assert attempt(client, "c3", PASSWORD).status_code == 401


def test_one_link_sets_one_password(client: FlaskClient, world: World) -> None:
    person = world.client("c3")
    world.database.transact(investors.issue_link, world.caller("clients"), person, sessions.token_hash("t" * 43), world.now)
    path = "/activate/" + "t" * 43

    assert client.get(path).status_code == client.get(path).status_code == 200, "looking does not use it up"
    page = client.get(path).text
    assert post(client, path, {"password": "short"}, page=page).status_code == 400
    assert post(client, path, {"password": "c3c3c3c3c3c3c3"}, page=page).status_code == 400
    assert post(client, path, {"password": "a new and long password"}, page=page).status_code == 303
    assert client.get(path).status_code == 409
    assert attempt(client, "c3", PASSWORD).status_code == 401
    assert attempt(client, "c3", "a new and long password").status_code == 303


def test_a_link_dies_after_three_days(client: FlaskClient, world: World) -> None:
    person = world.client("c3")
    world.database.transact(investors.issue_link, world.caller("clients"), person, sessions.token_hash("t" * 43), world.now)
    world.clock.forward(timedelta(hours=72, seconds=1))

    assert client.get("/activate/" + "t" * 43).status_code == 409
    assert client.get("/activate/nothing").status_code == 404


def test_whoever_acts_for_several_investors_chooses_one_first(client: FlaskClient, world: World) -> None:
    person = world.client("fund-manager")
    world.client("fund")
    world.change("fund", MandateChange(investor=world.investors["fund"], person=person, capacity="经办人"))

    sign_in(client, "fund-manager")

    assert client.get("/reports").location == "/investor"
    assert post(client, "/investor", {"investor": "0" * 26}).status_code == 404
    assert post(client, "/investor", {"investor": world.investors["fund"]}).status_code == 303
    assert "fund" in client.get("/reports").text


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", ""])
def test_signing_in_never_leads_to_another_site(client: FlaskClient, world: World, target: str) -> None:
    world.client("c3")

    assert attempt(client, "c3", PASSWORD, following=target).location == "/"
    assert f'value="{target}"' not in client.get("/sign-in", query_string={"next": target}).text or not target


def test_a_stranger_learns_the_firm_s_name_only(client: FlaskClient) -> None:
    page = client.get("/sign-in", headers=ENGLISH)

    assert "明澈证券" in page.text
    for word in ("Gatekeeper", "suitability", "og:", "twitter:", "description"):
        assert word not in page.text
    assert page.headers["X-Robots-Tag"].startswith("noindex")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 400),
        ({}, 400),
    ],
)
def test_a_form_from_elsewhere_or_without_its_token_is_refused(client: FlaskClient, headers: dict[str, str], status: int) -> None:
    answer = client.post("/sign-in", data={"login": "c3", "password": PASSWORD}, headers=headers)

    assert answer.status_code == status
    assert "Traceback" not in answer.text


def test_every_answer_bears_the_strict_headers(client: FlaskClient) -> None:
    for path in ("/sign-in", "/nothing-here", "/reports"):
        headers = client.get(path).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert headers["Cache-Control"] == "no-store"
        assert headers["X-Content-Type-Options"] == "nosniff"


def test_cookies_are_closed_to_scripts_and_other_sites(client: FlaskClient, world: World) -> None:
    world.client("c3")
    answer = attempt(client, "c3", PASSWORD)
    cookie = answer.headers["Set-Cookie"]

    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_a_token_in_the_database_opens_nothing(client: FlaskClient, world: World) -> None:
    world.client("c3")
    sign_in(client, "c3")
    with world.database.reading() as connection:
        stored = connection.execute(select(LoginSession.token_hash)).scalar_one()
        assert connection.execute(select(func.count()).select_from(LoginSession)).scalar_one() == 1
        assert sessions.visitor(connection, stored.hex(), world.now) is None
