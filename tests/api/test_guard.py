"""Who may ask: tokens, networks and limits, tried at a door with one view behind it."""

import json
import logging
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask, jsonify, request
from sqlalchemy import event

from gatekeeper.actions.accounts import services
from gatekeeper.api import guard
from gatekeeper.api.application import create_api
from gatekeeper.services import EXTENSION
from gatekeeper.store.accounts.budgets import Budgets
from gatekeeper.store.schema import metadata
from tests.api.conftest import Api
from tests.ledger.raw import ON_SQLITE
from tests.service_accounts import ADMIN, a_service, a_token, an_account, end_token, tokens
from tests.world import World

ASK = "/access/v1/probe"
PUBLIC = "/access/v1/public"


@pytest.fixture
def door(app: Flask) -> Flask:
    """The door for systems with a view that says who is asking, and one that anybody may see."""
    made = create_api(app)

    @made.post(ASK)
    def ask():
        guard.spend(len(request.get_json()))
        return jsonify(guard.caller().actor)

    @made.get(PUBLIC)
    @guard.public
    def anybody():
        return jsonify("anybody")

    return made


@pytest.fixture
def api(door: Flask) -> Api:
    return Api(door.test_client())


def entries(world: World) -> list[dict]:
    with world.database.reading() as connection:
        found = connection.exec_driver_sql("SELECT leaf FROM ledger_entry WHERE kind = 'service.refused' ORDER BY id")
        return [json.loads(bytes(row.leaf)) for row in found]


def reasons(world: World) -> list[str]:
    return [each["data"]["why"] for each in entries(world)]


def test_a_good_token_names_the_account_and_nothing_else_does(world: World, api: Api):
    account = an_account(world)
    token = a_token(world, account)

    assert api.post(ASK, [1], token=token).json == f"service:{account}"
    assert api.get(PUBLIC).json == "anybody"
    refused = api.post(ASK, [1])
    assert (refused.status_code, refused.mimetype) == (401, "application/problem+json")
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="gatekeeper"'
    # in a query, a body, a cookie or a form it is none
    assert api.client.post(f"{ASK}?access_token={token}", json=[1]).status_code == 401
    assert api.client.post(ASK, json={"token": token, "access_token": token}).status_code == 401
    assert api.client.post(ASK, data={"access_token": token}).status_code == 401
    api.client.set_cookie("gatekeeper", token)
    assert api.client.post(ASK, json=[1]).status_code == 401


BAD = [
    "",
    "Bearer",
    "Bearer ",
    "Bearer x",
    "Basic {token}",
    "{token}",
    "Bearer {token}x",
    "Bearer {token} x",
    "Bearer {token}, Bearer {token}",
    "Bearer {token},{token}",
    "Bearer " + "x" * 10_000,
    "Bearer gk_" + "y" * 43,
    "Bearer \u00a0{token}",
    "Bearer {upper}",
]


@ON_SQLITE
def test_a_header_that_is_not_one_good_token_is_none(world: World, api: Api):
    token = a_service(world)

    for each in BAD:
        header = each.format(token=token, upper=token.upper())
        refused = api.client.post(ASK, json=[1], headers={"Authorization": header})
        assert refused.status_code == 401, each
        assert token not in refused.text
        assert refused.headers["WWW-Authenticate"].startswith("Bearer ")


def test_what_ends_a_token_ends_it_on_the_next_call(world: World, api: Api):
    account, other = an_account(world), an_account(world)
    first, second, theirs = a_token(world, account), a_token(world, account), a_token(world, other)
    assert api.post(ASK, [1], token=first).status_code == api.post(ASK, [1], token=second).status_code == 200

    end_token(world, account)
    assert api.post(ASK, [1], token=second).status_code == 401
    assert api.post(ASK, [1], token=first).status_code == 200

    world.database.transact(services.suspend, world.caller(ADMIN), account, "查问", world.now)
    assert api.post(ASK, [1], token=first).status_code == 401
    assert api.post(ASK, [1], token=theirs).status_code == 200

    world.clock.forward(timedelta(days=90))
    assert api.post(ASK, [1], token=theirs).status_code == 401
    assert reasons(world) == ["ended", "suspended", "ended"]
    assert [each["data"]["service"] for each in entries(world)] == [account, account, other]
    assert {each["actor"] for each in entries(world)} == {"system"}


@ON_SQLITE
def test_what_is_suspended_while_a_call_is_answered_ends_with_that_call(world: World, door: Flask, api: Api):
    account = an_account(world)
    token = a_token(world, account)

    @door.post("/access/v1/slow")
    def slow():
        world.database.transact(services.suspend, world.caller(ADMIN), account, "查问", world.now)
        return "answered"

    assert api.post("/access/v1/slow", [], token=token).text == "answered"
    assert api.post("/access/v1/slow", [], token=token).status_code == 401


def test_an_account_is_used_from_its_networks_alone(world: World, api: Api):
    token = a_service(world, networks=("198.51.100.0/24", "2001:db8::/32"))

    def status(address: str, **headers: str) -> int:
        return api.post(ASK, [1], token=token, environ_base={"REMOTE_ADDR": address}, headers=headers).status_code

    assert [status("198.51.100.7"), status("2001:db8::1"), status("::ffff:198.51.100.9")] == [200, 200, 200]
    assert [status("203.0.113.5"), status("2001:db9::1"), status("")] == [403, 403, 403]
    # nobody but a trusted proxy says where a call comes from
    assert status("203.0.113.5", **{"X-Forwarded-For": "198.51.100.7"}) == 403
    refused = api.post(ASK, [1], token=token, environ_base={"REMOTE_ADDR": "203.0.113.5"})
    assert "198.51" not in refused.text
    assert set(reasons(world)) == {"network"}


def limits(answer) -> tuple[int, ...]:
    return tuple(int(answer.headers[f"RateLimit-{name}"]) for name in ("Limit", "Remaining", "Reset"))


def test_a_minute_holds_so_many_decisions_and_a_batch_spends_each_of_its_own(world: World, api: Api):
    token = a_service(world, per_minute=20)
    world.clock.forward(timedelta(seconds=60 - world.clock.moment.timestamp() % 60))

    assert limits(api.post(ASK, [1], token=token)) == (20, 19, 60)
    assert limits(api.post(ASK, [1] * 15, token=token))[1] == 4
    late = api.post(ASK, [1] * 6, token=token)
    assert (late.status_code, late.headers["Retry-After"], limits(late)) == (429, "60", (20, 3, 60))
    assert [api.post(ASK, [1], token=token).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert api.post(ASK, [1] * 21, token=token).status_code == 429
    world.clock.forward(timedelta(seconds=60))
    assert api.post(ASK, [1] * 21, token=token).status_code == 413
    assert limits(api.post(ASK, [1], token=token))[:2] == (20, 18)


def test_workers_share_a_minute_and_take_little_from_each_other(world: World, app: Flask, api: Api):
    """Two applications over one database are two workers: together they never answer more than the limit."""
    token = a_service(world, per_minute=200)

    mine = app.extensions[EXTENSION]
    statuses: list[int] = []
    workers = [mine, replace(mine, budgets=Budgets())]
    for number in range(240):
        app.extensions[EXTENSION] = workers[number % 2]
        statuses.append(api.post(ASK, [1], token=token).status_code)

    assert 180 <= statuses.count(200) <= 200
    assert set(statuses) == {200, 429}


def test_asking_costs_few_writes(world: World, api: Api):
    token = a_service(world, per_minute=1000)
    written: list[str] = []

    def heard(_connection, _cursor, statement, *_):
        written.append(statement)

    event.listen(world.database._writer, "before_cursor_execute", heard)
    try:
        for _ in range(100):
            assert api.post(ASK, [1], token=token).status_code == 200
    finally:
        event.remove(world.database._writer, "before_cursor_execute", heard)

    assert sum("UPDATE api_budget" in each for each in written) == 1


def test_a_flood_without_tokens_is_bounded_and_hardly_written(world: World, api: Api):
    good = a_service(world)
    assert api.post(ASK, [1], token=good).status_code == 200

    statuses = [api.post(ASK, [1], token=f"gk_{number:043}").status_code for number in range(60)]

    assert statuses == [401] * 30 + [429] * 30
    assert [each["data"]["refusals"] for each in entries(world)] == [1, 2, 3, 4, 5, 10, 20]
    # whoever is known here is let through, other addresses are not concerned, and it ends with the minute
    assert api.post(ASK, [1], token=good).status_code == 200
    assert api.post(ASK, [1], token="", environ_base={"REMOTE_ADDR": "203.0.113.9"}).status_code == 401
    world.clock.forward(timedelta(minutes=1))
    assert api.post(ASK, [1], token="").status_code == 401


def test_last_use_is_noted_to_the_minute(world: World, api: Api):
    account = an_account(world)
    token = a_token(world, account)
    assert tokens(world, account)[0].used_at is None

    api.post(ASK, [1], token=token)
    first = tokens(world, account)[0].used_at
    world.clock.forward(timedelta(minutes=3))
    api.post(ASK, [1], token=token)

    assert first is not None
    assert tokens(world, account)[0].used_at == first + timedelta(minutes=3)


def test_no_token_is_kept_or_told_anywhere(world: World, api: Api, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    account = an_account(world)
    token = a_token(world, account)
    api.post(ASK, [1], token=token)
    api.post(ASK, {"broken": 1}, token=token)
    end_token(world, account)
    api.post(ASK, [1], token=token)

    with world.database.reading() as connection:
        for table in metadata.sorted_tables:
            for row in connection.execute(table.select()):
                assert token[8:] not in repr(tuple(bytes(each) if isinstance(each, memoryview) else each for each in row)), (
                    table.name
                )
    assert token[8:] not in caplog.text
