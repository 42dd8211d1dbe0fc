"""A service account in front of a browser: proposed by one, approved by another, its token seen once, revoked."""

import re

from tests.service_accounts import an_admin

TOKEN = re.compile(r"gk_[A-Za-z0-9_-]{43}")


def test_another_system_is_let_in_by_two_people_and_its_token_is_seen_once(live, way, walk):
    an_admin(live.world)
    name = f"邮件网关与即时通讯统一接入平台 {way.short}"
    admin, officer = walk(), walk()
    admin.enter("services")
    admin.open("/account", "")
    admin.turn_to("services.index", "Systems")
    admin.press("services.new", "Propose a service account", role="link")
    admin.fill(name=name, purpose="投递前询问", networks="intranet", contact="运维", reason="上线")
    admin.page.locator("[name=actions][value=RECEIVE]").check()
    admin.page.locator("[name=register][value=NONE]").check()
    said = admin.press("services-wrong", "Propose", status=400)
    assert "intranet" in said
    assert admin.page.locator("[name=purpose]").input_value() == "投递前询问"
    admin.fill(networks="127.0.0.0/8")
    said = admin.press("services-proposed", "Propose")
    assert admin.said("Not approved yet") in said
    address = admin.page.url.removeprefix(live.address)

    officer.enter("compliance")
    officer.open("/proposals", "")
    officer.follow(officer.page.get_by_role("link", name=name, exact=True).first, "proposal-of-service")
    assert "投递前询问" in officer.page.inner_text("main")
    officer.press("", "Approve")

    admin.open(address, "services-approved")
    said = admin.press("services-token", "Make a token")
    [token] = TOKEN.findall(said)
    admin.page.go_back()
    assert token not in admin.page.content()
    said = admin.open(address, "services.show")
    assert f"{token[:8]}…" in said
    assert token not in admin.page.content()
    panel = admin.page.locator("section").filter(has=admin.page.get_by_role("heading", name=admin.said("Revoke a token")))
    panel.locator("textarea").fill("试用结束")
    said = admin.press("services-revoked", "Revoke the token", within=panel)
    assert admin.said("Ended") in said
