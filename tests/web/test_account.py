"""One's own account: the password, the sessions, and what ends them."""

import json
import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from gatekeeper.rules.changes import MandateChange
from gatekeeper.store.accounts.people import LoginSession
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.web.accounts import devices
from tests.web.browser import hidden, post, sign_in, visit
from tests.world import PASSWORD, World

NEW = "three unrelated words here"
_KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
AGENTS = {
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_KIT} Chrome/131.0 Safari/537.36": "Chrome on Windows",
    f"Mozilla/5.0 (Windows NT 10.0) {_KIT} Chrome/131.0 Safari/537.36 Edg/131.0": "Edge on Windows",
    "Mozilla/5.0 (iPhone; CPU OS 18_1 like Mac OS X) AppleWebKit/605 Version/18.1 Mobile/15E Safari/604.1": "Safari on iPhone",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) Mobile/15E148 MicroMessenger/8.0.54": "WeChat on iPhone",
    "Mozilla/5.0 (Linux; Android 14; HUAWEI) Chrome/114 Mobile Safari/537.36 HuaweiBrowser/15.0": "Huawei Browser on Android",
    "Mozilla/5.0 (Phone; OpenHarmony 5.0) AppleWebKit/537.36 Chrome/114 Safari/537.36": "Chrome on HarmonyOS",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:132.0) Gecko/20100101 Firefox/132.0": "Firefox on Mac",
    "curl/8.5.0": "curl/8.5.0",
    "": "Unknown device",
}


@pytest.fixture
def zhang(world: World) -> World:
    world.client("zhang")
    return world


def browse(app: Flask, login: str, agent: str, address: str) -> FlaskClient:
    client = app.test_client()
    client.environ_base |= {"HTTP_USER_AGENT": agent, "REMOTE_ADDR": address}
    sign_in(client, login)
    return client


def names(page: str) -> list[str]:
    """What the page calls the sessions, in its order."""
    return [name for name in re.findall(r'name="session" value="([^"]*)"', page) if name != "others"]


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page.split("<main", 1)[1].split("</main>", 1)[0])).split())


def last(world: World, kind: str) -> dict:
    with world.database.reading() as connection:
        query = select(LedgerEntry.leaf).where(LedgerEntry.kind == kind).order_by(LedgerEntry.id.desc())
        return json.loads(connection.execute(query).scalars().first() or "null")


def live(world: World, name: str) -> int:
    with world.database.reading() as connection:
        query = select(LoginSession.id).where(LoginSession.person_id == world.people[name], LoginSession.ended_at.is_(None))
        return len(connection.execute(query).all())


def change(client: FlaskClient, old: str, new: str):
    return post(client, "/account/password", {"old": old, "password": new})


# Sessions


def test_every_session_is_shown_with_when_where_and_on_what(app: Flask, zhang: World) -> None:
    agents = list(AGENTS)
    browse(app, "zhang", agents[3], "203.0.113.9")
    zhang.clock.forward(timedelta(hours=1))
    here = browse(app, "zhang", agents[0], "192.0.2.7")
    visit(app, "compliance")

    said = words(here.get("/account").text)

    assert "Chrome on Windows This one Signed in 2026-11-23 11:00 from 192.0.2.7 Last used 2026-11-23 11:00 Sign out" in said
    assert "WeChat on iPhone Signed in 2026-11-23 10:00 from 203.0.113.9 Last used 2026-11-23 10:00" in said
    assert said.index("This one") < said.index("WeChat")
    assert said.count("Signed in 2026") == 2, "nobody sees another person's"


def test_one_session_is_ended_and_dies_in_the_database(app: Flask, zhang: World) -> None:
    there, here = visit(app, "zhang"), visit(app, "zhang")
    _, other = names(here.get("/account").text)

    assert post(here, "/account/sessions/end", {"session": other}).location == "/account"

    assert there.get("/reports").location.startswith("/sign-in")
    assert here.get("/reports").status_code == 200
    ended = last(zhang, "session.ended")
    assert (ended["actor"], len(ended["data"]["sessions"])) == (f"person:{zhang.people['zhang']}", 1)
    again = post(here, "/account/sessions/end", {"session": other})
    assert again.status_code == 404
    assert "This session has ended already." in again.text


def test_ending_this_one_is_signing_out(app: Flask, zhang: World) -> None:
    here = visit(app, "zhang")
    [mine] = names(here.get("/account").text)

    assert post(here, "/account/sessions/end", {"session": mine}).location == "/sign-in"
    assert here.get("/account").location == "/sign-in?next=/account"


def test_all_others_are_ended_at_once(app: Flask, zhang: World) -> None:
    others, here = [visit(app, "zhang") for _ in range(3)], visit(app, "zhang")

    assert post(here, "/account/sessions/end", {"session": "others"}).status_code == 303

    assert [each.get("/reports").status_code for each in others] == [303] * 3
    assert here.get("/reports").status_code == 200
    assert len(last(zhang, "session.ended")["data"]["sessions"]) == 3
    before = live(zhang, "zhang")
    assert post(here, "/account/sessions/end", {"session": "others"}).status_code == 303
    assert live(zhang, "zhang") == before == 1


def test_nobody_ends_the_session_of_another_person(app: Flask, zhang: World) -> None:
    officer, here = visit(app, "compliance"), visit(app, "zhang")
    [theirs] = names(officer.get("/account").text)

    for name in (theirs, "", "1", "0" * 26):
        assert post(here, "/account/sessions/end", {"session": name}).status_code == 404
    assert officer.get("/log").status_code != 303


def test_a_session_that_lapsed_by_itself_is_not_shown(app: Flask, zhang: World) -> None:
    visit(app, "zhang")
    zhang.clock.forward(timedelta(hours=13))
    here = visit(app, "zhang")

    assert len(names(here.get("/account").text)) == 1


def test_no_number_and_no_token_stands_in_the_page(app: Flask, zhang: World) -> None:
    here = visit(app, "zhang")
    page = here.get("/account").text
    with zhang.database.reading() as connection:
        stored = connection.execute(select(LoginSession.token_hash)).scalars().all()

    assert [len(name) for name in names(page)] == [26]
    assert not any(each.hex() in page for each in stored)


@pytest.mark.parametrize(("line", "said"), AGENTS.items(), ids=[said or "nothing" for said in AGENTS.values()])
def test_a_device_is_told_in_plain_words(app: Flask, line: str, said: str) -> None:
    with app.test_request_context(headers={"Accept-Language": "en"}):
        assert devices.in_words(line) == said


# The password


def test_the_password_is_changed_and_the_other_sessions_end(app: Flask, zhang: World) -> None:
    there, here = visit(app, "zhang"), visit(app, "zhang")

    assert change(here, PASSWORD, NEW).location == "/account"

    assert "your other sessions have ended" in here.get("/account").text
    assert there.get("/reports").location.startswith("/sign-in")
    assert last(zhang, "password.changed")["person"] == zhang.people["zhang"]
    fresh = app.test_client()
    token = hidden(fresh.get("/sign-in").text)
    for password, status in ((PASSWORD, 401), (NEW, 303)):
        answer = fresh.post("/sign-in", data={"csrf_token": token, "login": "zhang", "password": password})
        assert answer.status_code == status


WRONG = {
    "the old one is wrong": ("not this one at all", NEW, "old", "This is not your present password."),
    "the old one is missing": ("", NEW, "old", "This is not your present password."),
    "the new one is too short": (PASSWORD, "short", "password", "A password has 12 to 128 characters."),
    "the new one is too long": (PASSWORD, "x" * 129, "password", "A password has 12 to 128 characters."),
    "the new one is the name": (PASSWORD, "zhang zhang zhang", "password", "This password is too easy to guess."),
    "the new one is the old one": (PASSWORD, PASSWORD, "password", "This is your present password."),
}


@pytest.mark.parametrize(("old", "new", "field", "sentence"), WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_said_at_its_field_and_nothing_changes(
    app: Flask, zhang: World, old: str, new: str, field: str, sentence: str
) -> None:
    there, here = visit(app, "zhang"), visit(app, "zhang")

    answer = change(here, old, new)

    assert answer.status_code == 400
    assert f'<a href="#{field}">{sentence}' in answer.text
    assert there.get("/reports").status_code == 200
    assert last(zhang, "password.changed") is None


def test_guessing_the_old_password_locks_as_signing_in_does(app: Flask, zhang: World) -> None:
    here = visit(app, "zhang")
    for _ in range(4):
        assert "not your present password" in change(here, "wrong, and long enough", NEW).text
    assert "You can try again after 2026-11-23 10:15" in change(here, "wrong, and long enough", NEW).text

    assert "You can try again after" in change(here, PASSWORD, NEW).text, "even the right one waits"
    assert last(zhang, "sign_in.locked")["person"] == zhang.people["zhang"]
    zhang.clock.forward(timedelta(minutes=15, seconds=1))
    assert change(here, PASSWORD, NEW).status_code == 303


# What else ends sessions


def test_ending_a_mandate_ends_the_sessions_in_which_it_was_used(app: Flask, zhang: World) -> None:
    phone, desk = visit(app, "zhang"), visit(app, "zhang")
    investor = zhang.investors["zhang"]

    zhang.change("zhang", MandateChange(investor=investor, person=zhang.people["zhang"], capacity="", live=False))

    assert live(zhang, "zhang") == 0
    assert [each.get("/reports").location for each in (phone, desk)] == ["/sign-in?next=/reports"] * 2
    again = visit(app, "zhang")
    assert again.get("/reports").location == "/investor"
    assert "You act for no investor at present." in again.get("/investor").text


def test_the_language_is_chosen_on_the_page(app: Flask, zhang: World) -> None:
    here = visit(app, "zhang")

    assert post(here, "/language", {"language": "zh_CN", "next": "/account"}).location == "/account"
    assert 'lang="zh-CN"' in here.get("/account").text
