"""A report sent to many in a browser: a client subscribes, an admin looks and sends, compliance sees who, the client reads."""

from gatekeeper.rules.risk import RiskCategory
from gatekeeper.work.sending import distributing
from gatekeeper.work.sending.office import Office
from tests.work.test_delivering import configured


def test_a_report_goes_to_whom_it_is_meant_for(live, way, walk):
    reader, low = live.client(f"subscriber-{way.short}", RiskCategory.C4), live.client(f"unsent-{way.short}", RiskCategory.C1)
    client, admin, officer, other = walk(), walk(), walk(), walk()
    office = Office(configured(0, 0, DISTRIBUTE_ON_RELEASE="no"), live.world.database, lambda: live.world.now)

    client.enter(reader)
    client.open("/inbox", "inbox-empty")
    client.press("subscriptions-offered", "Subscribe to reports", role="link")
    client.page.locator("#analyst").select_option(index=0)
    client.follow(client.page.locator("form", has=client.page.locator("#analyst")).get_by_role("button"), "subscriptions-one")

    admin.enter("reports")
    admin.open(f"/admin/reports/{live.reports['storage']}", "")
    admin.press("distributions.new", "Send to clients", role="link")
    admin.page.get_by_role("radio", name=admin.said("A list of client numbers")).check()
    admin.fill(numbers=f"N-{reader}\nN-{low}\nN-nobody-{way.short}")
    said = admin.press("distribution-preview", "Show who would get it")
    assert f"N-nobody-{way.short}" in said
    admin.press("distribution-begun", "Send")
    address = admin.page.url.removeprefix(live.address)
    admin.press("distribution-halted", "Halt at once")
    admin.press("", "Let it go on")
    distributing.decide(office)
    assert admin.said("Done") in admin.open(address, "distribution-done")

    officer.enter("compliance")
    said = officer.open(address, "distribution-names")
    assert reader in said
    assert low in said

    other.enter(low)
    assert live.titles["storage"] not in other.open("/inbox", "")
    client.open("/inbox", "inbox.index")
    client.page.get_by_role("link", name=live.titles["storage"]).first.click()
    client.page.wait_for_url("**/statement")
    client.open("/subscriptions", "")
    client.follow(client.page.get_by_role("button", name=client.said("Unsubscribe")).first, "subscriptions-none")
