"""A morning in front of a browser: files dropped, proposed for one time, approved in one act, out at that time, one stopped."""

import re
from datetime import timedelta

from playwright.sync_api import expect

from gatekeeper.rules.risk import RiskCategory
from tests.mornings import text
from tests.plugins.live import demo_report
from tests.world import ZONE

METALS = ("铜", "铝", "锌", "镍")


def test_six_files_go_out_at_one_time(live, way, walk):
    titles = [f"{metal}价回落{way.short}" for metal in METALS]
    mark = f"（{way.short}）".encode()
    files = [(f"{number}.txt", text(title)) for number, title in enumerate(titles)]
    files += [("5.txt", demo_report("r2-high-grade-credit", 信用债月报="信用周报") + mark), ("6.txt", text(titles[0]) + b"\n \n")]
    admin, officer, reader = walk(), walk(), walk()
    clicks = 0

    admin.enter("reports")
    admin.open("/admin/reports", "reports.index")
    admin.press("reports.mornings.show", "Morning table", role="link")
    admin.page.locator("[name=files]").set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": content} for name, content in files]
    )
    said = admin.press("morning-dropped", "Import")
    clicks += 2
    assert all(title in said for title in titles)
    mine = admin.page.locator("tbody tr").filter(has_text=f"回落{way.short}")
    plain = mine.filter(has_not_text=admin.said("Duplicate"))
    expect(mine).to_have_count(5)
    assert [box.is_checked() for box in plain.locator("[name=report]").all()] == [True] * 4
    assert not mine.filter(has_text=admin.said("Duplicate")).locator("[name=report]").is_checked()
    for box in admin.page.locator("tbody tr").filter(has_not_text=f"回落{way.short}").locator("[name=report]").all():
        box.uncheck()  # what other journeys brought in stays as it is
    details = admin.page.locator("tbody details").first
    details.locator("summary").click()
    expect(details).to_contain_text(admin.said("The report does not state when it was published."))
    admin.look("morning-finding")

    opening = (live.world.clock.moment + timedelta(minutes=5)).astimezone(ZONE).replace(second=0, microsecond=0)
    admin.fill(release_at=f"{opening:%Y-%m-%dT%H:%M}", reason="与印刷一致")
    said = admin.press("morning-proposed", "Propose what is ticked")
    clicks += 2
    assert admin.said("Proposed: %(count)s. They wait for compliance.", count=4) in said

    officer.enter("compliance")
    officer.open("/admin/reports/morning", "morning-compliance")
    # What other journeys proposed waits too.
    waiting = int(re.search(r"\d+", officer.page.locator("#out form[method=get] button").inner_text())[0])
    officer.press("morning-check", officer.said("Check the %(count)s that wait", count=waiting))
    said = officer.press("morning-approved", officer.said("Approve all %(count)s", count=waiting))
    clicks += 3
    assert officer.said("Approved: %(count)s.", count=waiting) in said
    assert clicks <= 7, "a morning is a handful of clicks, however many reports it has"

    reader.enter(live.client(f"early-{way.short}", RiskCategory.C3))
    assert titles[0] not in reader.open("/reports", "")
    live.world.clock.moment = opening
    said = reader.open("/reports", "client.reports")
    assert all(title in said for title in titles)

    officer.enter("compliance-2")
    officer.open("/admin/reports/morning", "")
    row = officer.page.locator("#out tbody tr").filter(has_text=titles[3])
    row.locator("[name=out]").check()
    officer.page.locator("#out form > details > summary").click()
    officer.fill(stop_reason="数据有误")
    officer.press("morning-stopped", "Stop the reports")
    officer.follow(row.get_by_role("link", name=officer.said("Who was given it")), "reports.readers.show")
    assert titles[3] not in reader.open("/reports", "")
