"""Notices that did not arrive, on the pages: the client's own address, whom to call, and what became of each notice."""

import dataclasses

import pytest

from gatekeeper.actions.messages import addresses, deliveries
from gatekeeper.rules.messages.deliveries import Channel
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.services import EXTENSION
from tests.web.browser import post, visit
from tests.work.test_mail import settings
from tests.world import SECRET

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def unreached(world):
    """A client of whom nobody knows whether a short message arrived."""
    world.client("c3", RiskCategory.C3)
    act = world.database.transact
    act(deliveries.give_out, [Channel.WEBHOOK], world.now)
    act(deliveries.doubted, act(deliveries.take, Channel.WEBHOOK, world.now), "TimeoutError", world.now)
    return world


def test_whom_to_call_stands_at_home_and_is_done_with_a_note(unreached, app):
    admin = visit(app, "clients")
    assert "1 client to be called back" in admin.get("/home").text
    page = admin.get("/call-backs").text
    assert "Nobody knows whether a notice arrived" in page
    assert "N-c3" in page
    [path] = {part.split('"')[0] for part in page.split('action="') if part.startswith("/call-backs/") and "/done" in part[:60]}

    empty = post(admin, path, {"note": " "}, page=page)
    assert empty.status_code == 400
    assert "Please fill in this field." in empty.text
    done = post(admin, path, {"note": "已电话告知"}, page=page)
    assert done.status_code == 303
    assert "Nobody has to be called back." in admin.get("/call-backs").text
    again = post(admin, path, {"note": "又一次"}, page=page)
    assert "Somebody has done this call-back meanwhile." in admin.get(again.location).text


def test_doubt_is_settled_by_a_button_and_the_file_shows_what_became_of_the_notice(unreached, app):
    admin, officer = visit(app, "clients"), visit(app, "compliance")
    file = f"/admin/investors/{unreached.investors['c3']}"
    assert "Uncertain" in admin.get(file).text
    page = admin.get("/call-backs").text
    path = next(part.split('"')[0] for part in page.split('action="') if part.startswith("/call-backs/deliveries/"))

    assert "It arrived" not in officer.get("/call-backs").text, "compliance looks on"
    assert post(admin, path, {"answer": "maybe"}, page=page).status_code == 303
    assert post(admin, path, {"answer": "arrived"}, page=page).status_code == 303
    assert "Arrived" in admin.get(file).text
    assert "Uncertain" not in admin.get(file).text


def test_a_client_gives_an_address_opens_the_link_and_takes_it_away_again(world, app):
    world.client("c3", RiskCategory.C3)
    services = app.extensions[EXTENSION]
    client = visit(app, "c3")
    assert "its operator has set no mail server" in client.get("/account").text
    app.extensions[EXTENSION] = dataclasses.replace(services, settings=settings(25))

    bad = post(client, "/account/notices-mail", {"mail": "zhang@"})
    assert bad.status_code == 400
    assert 'value="zhang@"' in bad.text
    assert post(client, "/account/notices-mail", {"mail": "zhang@example.com"}).status_code == 303
    assert "A link was sent to zhang@example.com" in client.get("/account").text
    with world.database.reading() as connection:
        [row] = addresses.to_mail(connection, world.now)
    link = f"/account/mail/{addresses.token_of(SECRET, row.id)}"
    assert client.get(link).status_code == 200
    assert client.get(link).status_code == 200, "looking uses nothing up"
    assert post(client, link, {}).status_code == 303
    assert 'value="zhang@example.com"' in client.get("/account").text
    assert post(client, link, {}).status_code == 404
    assert post(client, "/account/notices-mail", {"mail": ""}).status_code == 303
    assert "zhang@example.com" not in client.get("/account").text


def test_staff_enter_an_address_from_the_papers_and_what_is_none_is_told(world, app):
    world.client("c3", RiskCategory.C3)
    admin = visit(app, "clients")
    path = f"/admin/investors/{world.investors['c3']}/persons/{world.people['c3']}"

    bad = post(admin, f"{path}/mail", {"mail": "c3 at example"})
    assert bad.status_code == 400
    assert "c3 at example" in bad.text
    assert post(admin, f"{path}/mail", {"mail": "c3@example.com"}).status_code == 303
    assert 'value="c3@example.com"' in admin.get(path).text


def test_the_numbers_for_monitoring_count_what_waits(unreached, app):
    services = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = dataclasses.replace(services, settings=settings(25, METRICS_TOKEN=SECRET))
    text = app.test_client().get("/metrics", headers={"Authorization": f"Bearer {SECRET}"}).text

    assert "gatekeeper_notices_call_backs 1.0" in text
    assert "gatekeeper_notices_waiting 0.0" in text
