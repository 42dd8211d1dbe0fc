"""From ordinary to professional and back, in front of a browser: the client, the desk that checks, the person who decides."""

import re

from playwright.sync_api import expect

from gatekeeper.files.made import conversion
from gatekeeper.rules.professional import Evidence
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from gatekeeper.store.clients import investors
from gatekeeper.store.suitability import applications
from tests.scans import picture

PAPERS = (Evidence.WRITTEN_APPLICATION, Evidence.IDENTITY, Evidence.ASSET_STATEMENT, Evidence.TRADING_RECORD)


def test_an_investor_is_converted_step_by_step_and_goes_back_by_itself(live, way, walk):
    name = live.client(f"convert-{way.short}", RiskCategory.C2)
    client, desk, officer = walk(), walk(), walk()
    client.enter(name)
    desk.enter("clients")
    officer.enter("compliance")

    client.open("/record", "client.record")
    client.press("professional.show", "Professional investor", role="link")
    client.page.get_by_role("radio", name=re.compile("11|十一")).check()
    client.press("professional.figures", "Begin")
    client.fill(financial_assets="300万", experience_since="2020-01-01")
    client.press("figures-fault", "Save and continue", status=400)
    expect(client.page.locator("#financial_assets")).to_have_value("300万")
    client.fill(financial_assets="3,000,000")
    client.press("professional.evidence", "Save and continue")
    for paper in PAPERS:
        client.fill(kind=paper.value)
        client.page.locator("[name=files]").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": picture()})
        client.press("evidence-added", "Add")
    said = client.press("professional.review", "Continue", role="link")
    assert client.said("Not met") not in said
    client.page.get_by_role("checkbox").check()
    client.press("application-handed-in", "Hand in")

    desk.open("/admin/applications", "applications.index")
    desk.press("application-to-check", name, role="link")
    expect(desk.page.locator(".scan img").first).to_be_visible()
    desk.fill(reason="原件已核对")
    desk.press("application-checked", "The proofs are in order")

    assert "原件已核对" in client.open("/professional", "application-to-be-tested")
    client.press("professional.test", "Take the test", role="link")
    for question in conversion.knowledge_test().questions:
        right = next(each.id for each in question.options if each.right)
        client.page.locator(f"[name={question.id}][value={right}]").check()
    client.press("professional.warning", "Hand the answers in")
    client.page.get_by_role("checkbox").check()
    client.press("application-warned", "Acknowledge")

    desk.page.reload()
    desk.fill(reason="资料齐全")
    desk.press("application-proposed", "Propose to a second person")
    proposal = _latest(live, name).proposal_id
    officer.open(f"/proposals/{proposal}", "proposal-of-an-application")
    expect(officer.page.locator(".scan img").first).to_be_visible()
    officer.press("", "Approve")
    assert _class(live, name) is InvestorClass.PROFESSIONAL_C

    assert client.said("Your application was approved.") in client.open("/professional", "application-approved")
    client.press("professional.ordinary", "Be treated as an ordinary investor", role="link")
    client.press("client.record", "Be ordinary from now on")
    assert _class(live, name) is InvestorClass.ORDINARY


def _latest(live, name):
    with live.world.database.reading() as connection:
        return applications.of_investor(connection, live.world.investors[name], 1)[0]


def _class(live, name):
    with live.world.database.reading() as connection:
        return investors.overview(connection, live.world.investors[name], live.world.now).investor_class
