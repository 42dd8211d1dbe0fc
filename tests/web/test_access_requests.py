"""The queue of what other systems ask people to look at: who sees it, how it is answered, and that what was typed stays."""

import re
from dataclasses import dataclass

import pytest

from gatekeeper.actions.accounts import access_requests
from gatekeeper.rules.changes import StandingChange
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.store import waiting as queues
from tests.api.conftest import Api
from tests.api.test_access_requests import Asking
from tests.library import release
from tests.service_accounts import a_service
from tests.web.browser import post, visit
from tests.world import World

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@dataclass
class Queue:
    """Two requests that wait."""

    world: World
    tasks: list[str]


@pytest.fixture
def queue(world, app):
    for name in ("off", "off2"):
        world.client(name, RiskCategory.C3, suspended=True)
    asking = Asking(world, Api(app.test_client(), a_service(world, "邮件网关")), release(world, RiskGrade.R3))
    return Queue(world, [asking.ask(name=name)["id"] for name in ("off", "off2")])


def waiting(world):
    """What the firm's monitoring is told."""
    with world.database.reading() as connection:
        return queues.queues(connection)["access_requests"]


def test_a_request_is_answered_on_its_page_once_the_file_was_put_right(queue, app):
    world, admin, path = queue.world, visit(app, "clients"), f"/access-requests/{queue.tasks[0]}"
    assert "Access requests to answer: 2" in admin.get("/home").text
    page = admin.get("/access-requests").text
    for told in ("N-off", "邮件网关", "Answer by"):
        assert told in page, told
    address = f"/admin/investors/{world.investors['off']}"
    assert re.search(rf'<h2><a href="{address}">[^<]+</a></h2>\s*<p>N-off\b', page), "who asks for himself is named once"
    assert waiting(world) == 2
    assert "储能行业跟踪报告" not in page, "whoever keeps files sees no titles"

    nothing = post(admin, path, {"reason": "x"}, page=page)
    early = post(admin, path, {"answer": "approved", "reason": "已核对"}, page=page)
    assert (nothing.status_code, early.status_code) == (400, 409)
    assert "The ground still stands." in early.text
    assert "已核对" in early.text, "what was typed stays"
    investor = world.investors["off"]
    world.change("off", StandingChange(investor=investor, client=True, profile_complete=True, suspended=False))
    done = post(admin, path, {"answer": "approved", "reason": "已核对"}, page=page)
    assert done.status_code == 303
    assert "the ground is gone" in admin.get(done.location).text
    assert waiting(world) == 1
    again = post(admin, path, {"answer": "declined", "reason": "x"}, page=page)
    assert "Somebody has answered" in again.text
    assert post(admin, "/access-requests/unknown", {"answer": "declined", "reason": "x"}, page=page).status_code == 404


def test_what_waits_too_long_is_shown_as_overdue(queue, app):
    assert "No request waits for longer" in visit(app, "clients").get("/access-requests?only=overdue").text
    queue.world.clock.forward(access_requests.KEPT * 6)

    admin = visit(app, "clients")
    assert "overdue: 2" in admin.get("/home").text
    assert "N-off2" in admin.get("/access-requests?only=overdue").text


def test_compliance_looks_on_and_the_page_is_chinese_too(queue, app):
    page = visit(app, "compliance", "zh-CN").get("/access-requests").text

    assert "N-off" in page
    assert "访问申请" in page
    assert 'value="approved"' not in page
