"""The first sign-in: the link, the password, the privacy notice, and the report that was first asked for."""

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from gatekeeper.actions.accounts import privacy
from gatekeeper.actions.clients import investors
from gatekeeper.rules.changes import MandateChange
from gatekeeper.rules.errors import Conflict, Invalid, NotPermitted
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.people import LoginSession
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.web import guards
from tests import privacy as notices
from tests.library import release
from tests.web.browser import hidden, post, visit
from tests.world import World

TOKEN = "t" * 43
PATH = f"/activate/{TOKEN}"
NEW = {"password": "a new and long password"}


@pytest.fixture
def zhang(world: World) -> World:
    """A world with a privacy notice in force and a client who has just been given a link."""
    notices.install(world)
    person = world.client("zhang")
    world.database.note(sessions.set_password, person, "")
    world.database.transact(investors.issue_link, world.caller("clients"), person, sessions.token_hash(TOKEN), world.now)
    return world


def entries(world: World) -> list[tuple[str, dict]]:
    with world.database.reading() as connection:
        rows = connection.execute(select(LedgerEntry.kind, LedgerEntry.leaf).order_by(LedgerEntry.id)).all()
    return [(row.kind, json.loads(row.leaf)) for row in rows]


def kinds(world: World) -> list[str]:
    return [kind for kind, _ in entries(world)]


def answer(client: FlaskClient, how: str = "", following: str = "/", language: str = "en"):
    page = client.get("/privacy", query_string={"next": following}, headers={"Accept-Language": language}).text
    form = {"words": hidden(page, "words"), "next": going_to(page)}
    return post(client, f"/privacy{how}", form, page=page)


def going_to(page: str) -> str:
    """Where the form of a page leads: the one in its main part, for the header has one of its own."""
    return hidden(page.split("<main", 1)[1], "next")


# Links


def test_the_whole_way_leads_to_the_report_that_was_first_asked_for(app: Flask, zhang: World) -> None:
    report = f"/reports/{release(zhang)}?from=mail"
    client = app.test_client()
    asked = client.get(report)
    assert asked.location.startswith("/sign-in?next=")
    client.get(asked.location)

    page = client.get(PATH).text
    done = post(client, PATH, {**NEW, "next": going_to(page)}, page=page)
    assert (done.status_code, done.location) == (303, report)
    stopped = client.get(done.location)
    assert stopped.location.startswith("/privacy?next=")
    page = client.get(stopped.location).text
    form = {"words": hidden(page, "words"), "next": going_to(page)}
    accepted = post(client, "/privacy", form, page=page)

    assert accepted.location == report
    assert client.get(report).status_code in (200, 303)
    assert client.get("/reports").status_code == 200
    expected = ["activation_link.used", "person.signed_in", "privacy_notice.served", "privacy_notice.accepted"]
    assert [kind for kind in kinds(zhang) if kind in expected] == expected


def test_looking_changes_nothing_however_often_and_by_whom(app: Flask, zhang: World) -> None:
    before = kinds(zhang)
    for agent in ("MicroMessenger/8.0", "Mozilla/5.0 Safe Links", "WhatsApp/2.0"):
        scanner = app.test_client()
        assert scanner.get(PATH, headers={"User-Agent": agent}).status_code == 200
        assert scanner.head(PATH).status_code == 200
        assert scanner.options(PATH).status_code == 200

    assert kinds(zhang) == before
    client = app.test_client()
    assert post(client, PATH, NEW, page=client.get(PATH).text).status_code == 303


def test_a_dead_link_says_whom_to_ask_and_never_whose_it_was(app: Flask, zhang: World) -> None:
    client = app.test_client()
    post(client, PATH, NEW, page=client.get(PATH).text)
    person = zhang.people["zhang"]
    for letter in "ab":
        link = sessions.token_hash(letter * 43)
        zhang.database.transact(investors.issue_link, zhang.caller("clients"), person, link, zhang.now)
    said = {}

    for name, token in {"used": TOKEN, "replaced": "a" * 43, "made up": "c" * 43, "half": "b" * 20}.items():
        stranger = app.test_client()
        token_page = stranger.get("/sign-in").text
        for dead in (
            stranger.get(f"/activate/{token}", headers={"Accept-Language": "en"}),
            stranger.post(
                f"/activate/{token}", data={"csrf_token": hidden(token_page), **NEW}, headers={"Accept-Language": "en"}
            ),
        ):
            said[name] = dead.status_code
            assert "This link does not work" in dead.text
            assert "ask your contact or your branch for a new link" in dead.text
            assert "zhang" not in dead.text

    assert said == {"used": 409, "replaced": 409, "made up": 404, "half": 404}


def test_a_bad_password_leaves_the_link_alive_and_the_way_open(app: Flask, zhang: World) -> None:
    client = app.test_client()
    client.get("/sign-in?next=/record")
    page = client.get(PATH).text

    for password in ("", "short", "zhang zhang zhang", "aaaaaaaaaaaaaaaa", "x" * 129):
        again = post(client, PATH, {"password": password, "next": going_to(page)}, page=page)
        assert again.status_code == 400
        assert going_to(again.text) == "/record"
        assert not password or password not in again.text
    assert client.get(PATH).status_code == 200


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_no_step_of_the_way_leads_to_another_site(app: Flask, zhang: World, target: str) -> None:
    client = app.test_client()
    client.get("/sign-in", query_string={"next": target})
    page = client.get(PATH).text
    assert going_to(page) == "/"
    assert post(client, PATH, {**NEW, "next": target}, page=page).location == "/"

    page = client.get("/privacy", query_string={"next": target}).text
    assert going_to(page) == "/"
    assert post(client, "/privacy", {"words": hidden(page, "words"), "next": target}, page=page).location == "/"


def test_a_link_takes_the_place_of_whoever_was_signed_in_here(app: Flask, zhang: World) -> None:
    client = visit(app, "compliance")
    page = client.get(PATH).text

    assert post(client, PATH, NEW, page=page).status_code == 303

    assert client.get("/log").status_code in (303, 403)
    with zhang.database.reading() as connection:
        live = connection.execute(select(LoginSession.person_id).where(LoginSession.ended_at.is_(None))).scalars().all()
    assert live == [zhang.people["zhang"]]
    assert kinds(zhang)[-3:] == ["person.signed_out", "activation_link.used", "person.signed_in"]


# The privacy notice


def reader(app: Flask, zhang: World) -> FlaskClient:
    zhang.give_password("zhang")
    return visit(app, "zhang")


def test_nothing_else_opens_until_the_notice_is_answered(app: Flask, zhang: World) -> None:
    client, report = reader(app, zhang), release(zhang)
    before = kinds(zhang)
    public = {name for name, view in app.view_functions.items() if guards.declared(view) == "public"}

    for rule in app.url_map.iter_rules():
        if rule.endpoint in public or rule.endpoint.startswith("privacy.") or "GET" not in (rule.methods or set()):
            continue
        found = client.get(re.sub(r"<(?:path:)?\w+>", report, rule.rule))
        assert found.status_code == 403 or (found.location or "").startswith("/privacy"), rule.rule
    token = hidden(client.get("/privacy").text)
    served = [*before, "privacy_notice.served"]
    for path in (f"/reports/{report}/acknowledgement", "/investor", "/account/password", "/account/sessions/end"):
        answered = client.post(path, data={"csrf_token": token, "investor": zhang.investors["zhang"]})
        assert answered.location == "/privacy", path
    assert kinds(zhang) == served, "a request that was stopped did nothing"
    assert client.post("/sign-out", data={"csrf_token": token}).location == "/sign-in"


def test_what_was_accepted_is_recorded_as_it_was_read_and_not_asked_again(app: Flask, zhang: World) -> None:
    client = reader(app, zhang)
    page = client.get("/privacy", headers={"Accept-Language": "zh-CN"}).text
    assert "个人信息处理告知书" in page
    words = hidden(page, "words")

    assert post(client, "/privacy", {"words": words}, page=page).status_code == 303
    assert post(client, "/privacy", {"words": words}, page=page).status_code == 303, "pressed twice"

    found = [leaf for kind, leaf in entries(zhang) if kind == "privacy_notice.accepted"]
    assert [(leaf["actor"], leaf["person"], leaf["data"]["words"]) for leaf in found] == [
        (f"person:{zhang.people['zhang']}", zhang.people["zhang"], words)
    ]
    logged = visit(app, "compliance").get(f"/log/{found[0]['code']}").text
    assert "我们只为向您提供研究报告" in logged, "the entry shows the very words"
    shown = client.get("/privacy", headers={"Accept-Language": "en"}).text
    assert "You confirmed on " in shown
    assert "I have read it, continue" not in shown
    assert visit(app, "zhang").get("/reports").status_code == 200


def test_it_is_asked_again_only_when_the_words_change_that_were_read(app: Flask, zhang: World) -> None:
    client = reader(app, zhang)
    answer(client, language="zh-CN")

    notices.replace(zhang, en="Privacy notice\nA better translation.")
    assert client.get("/reports").status_code == 200
    assert visit(app, "zhang").get("/reports").status_code == 200

    notices.replace(zhang, zh_CN="告知书\n新的目的。", en="Privacy notice\nA new purpose.")
    assert client.get("/reports").location.startswith("/privacy"), "in a session that is open already, too"
    assert "新的目的。" in client.get("/privacy", headers={"Accept-Language": "zh-CN"}).text
    answer(client)
    assert client.get("/reports").status_code == 200


def test_words_that_changed_while_they_were_read_are_shown_anew(app: Flask, zhang: World) -> None:
    client = reader(app, zhang)
    page = client.get("/privacy").text
    notices.replace(zhang, zh_CN="告知书\n新的目的。", en="Privacy notice\nA new purpose.")

    for how in ("", "/refusal"):
        for words in (hidden(page, "words"), "", "0" * 64):
            again = post(client, f"/privacy{how}", {"words": words, "next": "/record"}, page=page)
            assert again.status_code == 409
            assert "changed meanwhile" in again.text
            assert "A new purpose." in again.text
    assert client.get("/reports").location.startswith("/privacy")


def test_who_does_not_accept_is_signed_out_and_nothing_has_opened(app: Flask, zhang: World) -> None:
    client = reader(app, zhang)
    cookie = client.get_cookie("gatekeeper")

    answered = answer(client, "/refusal")

    assert answered.location == "/sign-in"
    assert cookie is not None
    client.set_cookie("gatekeeper", cookie.value)
    assert client.get("/reports").location == "/sign-in?next=/reports"
    assert kinds(zhang)[-1] == "privacy_notice.declined"
    assert visit(app, "zhang").get("/reports").location.startswith("/privacy")


def test_staff_are_not_asked(app: Flask, zhang: World) -> None:
    officer = visit(app, "compliance")

    assert officer.get("/account").status_code == 200
    assert officer.get("/privacy").status_code == 403


def test_where_the_firm_has_none_nothing_is_asked(app: Flask, world: World) -> None:
    world.client("li")
    client = visit(app, "li")

    assert client.get("/reports").status_code == 200
    assert "no privacy notice in force" in client.get("/privacy").text


def test_whoever_acts_for_several_answers_first_then_chooses_then_is_where_they_wanted(app: Flask, zhang: World) -> None:
    zhang.client("fund")
    mandate = MandateChange(investor=zhang.investors["fund"], person=zhang.people["zhang"], capacity="经办人")
    zhang.change("fund", mandate)
    client = reader(app, zhang)

    answered = answer(client, following="/record?before=x")
    choosing = client.get(answered.location)

    assert choosing.location.startswith("/investor?next=")
    page = client.get(choosing.location).text
    form = {"investor": zhang.investors["fund"], "next": going_to(page)}
    assert post(client, "/investor", form, page=page).location == "/record?before=x"


def test_the_privacy_notice_costs_a_request_no_statement(app: Flask, world: World) -> None:
    """What waits is read with the session."""
    world.client("li")
    statements: list[str] = []
    database = world.database

    def note(*args: Any) -> None:
        statements.append(args[2])

    def statements_of(client: FlaskClient) -> list[str]:
        client.get("/reports")
        statements.clear()
        assert client.get("/reports").status_code == 200
        return list(statements)

    engines = {database._reader, database._recorder, database._writer}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    without = statements_of(visit(app, "li"))
    notices.install(world)
    client = visit(app, "li")
    answer(client)
    after = statements_of(client)
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)

    assert len(after) == len(without)
    assert not any("privacy_notice" in each or "privacy_acceptance" in each for each in after)


def test_only_compliance_puts_new_words_in_force(zhang: World) -> None:
    for who in ("clients", "staff-admin", "reports", "zhang"):
        with pytest.raises(NotPermitted):
            zhang.database.transact(privacy.replace, zhang.caller(who), notices.texts(), "x", zhang.now)
    with pytest.raises(Conflict, match="on file already"):
        notices.replace(zhang)
    for texts in ({"en": " "}, {"zh_CN": "字" * 20_001}):
        with pytest.raises(Invalid):
            notices.replace(zhang, **texts)
    assert zhang.database.transact(privacy.install, notices.texts(), zhang.now) == []
