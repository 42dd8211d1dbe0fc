"""What another system asks an admin to look at, in front of a browser: put right, answered, and gone from the queue."""

from gatekeeper.rules.changes import StandingChange
from gatekeeper.rules.risk import RiskCategory
from tests.service_accounts import a_request, an_account


def test_an_admin_puts_the_file_right_and_then_answers(live, way, walk):
    world, name = live.world, f"stopped-{way.short}"
    world.client(name, RiskCategory.C3, suspended=True)
    a_request(world, an_account(world, f"客户应用 {way.short}"), name, live.reports["storage"])
    admin = walk()
    admin.enter("clients")
    admin.open("/home", "")
    admin.follow(admin.page.locator("main a[href='/access-requests']"), "access-requests")
    asked = admin.page.locator("li").filter(has_text=f"N-{name}")
    asked.locator("summary").click()
    asked.locator("textarea").fill("已与客户核对")
    asked.locator("[value=approved]").check()
    said = admin.press("access-requests-early", "Give this answer", within=asked, status=409)
    assert admin.said("The ground still stands. Put the file right first; until then this request can only be declined.") in said
    assert asked.locator("textarea").input_value() == "已与客户核对"

    admin.follow(asked.locator("h2 a"), "")
    assert f"N-{name}" in admin.page.inner_text("main")
    world.change(name, StandingChange(investor=world.investors[name], client=True, profile_complete=True, suspended=False))
    admin.open("/access-requests", "")
    asked.locator("summary").click()
    asked.locator("[value=approved]").check()
    asked.locator("textarea").fill("已与客户核对")
    said = admin.press("access-requests-answered", "Give this answer", within=asked)
    assert f"N-{name}" not in said
    assert (
        admin.said("Answered: the ground is gone. Whether the report may be read is decided when the system asks again.") in said
    )
