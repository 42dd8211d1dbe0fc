from gatekeeper.actions import access
from tests.world import *


def test_it(world):
    world.client("c2", RiskCategory.C2)
    a = world.database.record(access.open_report, world.caller("c2"), "nothing", world.now, ZONE)
    assert a.decision.reason == "report_unknown", a
    l = world.database.record(access.list_reports, world.caller("c2"), world.now, ZONE)
    assert l.hidden == 0 and not l.reasons


def test_app(client, world):
    r = client.get("/")
    assert r.status_code == 303
    r = client.get("/sign-in")
    assert r.status_code == 200, r.text
    print(r.text)
