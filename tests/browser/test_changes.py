"""A client in front of a browser declares changed circumstances; the firm looks, makes a dispute pack, and looks back."""

import zipfile

from gatekeeper.rules.risk import RiskCategory
from tests.browser.walk import Walk


def test_a_client_declares_a_change_and_the_firm_looks_at_it(live, way, walk):
    login = live.client(f"changed-{way.short}", RiskCategory.C3)
    client, officer = walk(), walk()
    client.enter(login)

    client.open("/record", "")
    client.press("declarations.show", "Tell us that circumstances have changed", role="link")
    said = client.press("changes-wrong", "Go on", status=400)
    assert client.said("Please choose what has changed.") in said
    client.page.get_by_label(client.said("Income, assets or debts"), exact=True).check()
    client.fill(note="收入减少")
    said = client.press("changes-outlook", "Go on")
    assert client.said("Until you have been assessed again, no report is open to you.") in said
    said = client.press("changes-done", "I confirm: this has changed")
    assert client.said("Thank you. Your assessment no longer counts from now on; you can be assessed again here.") in said

    officer.enter("compliance")
    investor = live.world.investors[login]
    said = officer.open(f"/admin/investors/{investor}", "investor-declared")
    assert "收入减少" in said
    said = officer.press("investor-checked", "Mark as looked at")
    assert officer.said("Marked as looked at.") in said
    officer.open(f"/admin/investors/{investor}/as-of", "investors.past.show")
    officer.open(f"/admin/investors/{investor}/dispute-pack", "investors.dispute.show")
    assert parts_of(officer) == 9


def parts_of(officer: Walk) -> int:
    """Download the pack, and count the parts that its contents name."""
    with officer.page.expect_download() as download:
        officer.page.get_by_role("button", name=officer.said("Download the dispute pack"), exact=True).click()
    with zipfile.ZipFile(download.value.path()) as pack:
        return pack.read("manifest.json").count(b'"number":')
