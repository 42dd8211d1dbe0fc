"""Staff in front of a browser: compliance reads the log and decides, admins keep investors' files and bring reports out."""

from playwright.sync_api import expect

from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.rules.roles import Role
from gatekeeper.rules.suitability import Outcome, Reason
from tests.browser.away import has_read
from tests.browser.walk import Walk
from tests.plugins.live import demo_report
from tests.web.browser import visit
from tests.world import PASSWORD

LONG_NAME = "上海浦东明远长期价值私募证券投资基金管理合伙企业（有限合伙）"


def filter_log(officer: Walk, name: str, **wanted: str) -> str:
    officer.turn_to("compliance.log", "Access log")
    summary = officer.page.locator("details.filters > summary")
    if summary.is_visible():
        summary.click()
    officer.fill(**wanted)
    return officer.press(name, "Show")


def test_compliance_finds_the_refusal_and_the_acceptance(live, way, walk):
    low, high = (
        live.client(f"{name}-{way.short}", category) for name, category in (("low", RiskCategory.C2), ("high", RiskCategory.C3))
    )
    storage = live.reports["storage"]
    assert visit(live.app, low).get(f"/reports/{storage}").status_code == 403
    has_read(live, high, storage)
    officer = walk()
    officer.sign_in("compliance", name="compliance.log")

    said = filter_log(officer, "log-filtered", person=low, outcome=Outcome.DENY.value)
    assert officer.named(Reason.CATEGORY_BELOW_GRADE) in said
    assert officer.page.locator("tbody tr").count() == 1
    said = officer.follow(officer.page.locator("tbody td.code a"), "compliance.entry")
    assert officer.named(Kind.REPORT_REFUSED) in said
    assert officer.named(RiskCategory.C2) in said
    assert live.titles["storage"] in said

    filter_log(officer, "log-filtered", person=high, kind=Kind.STATEMENT_ACCEPTED.value)
    said = officer.follow(officer.page.locator("tbody td.code a").first, "entry-accepted")
    assert officer.named(Kind.STATEMENT_ACCEPTED) in said
    summary = officer.page.get_by_text(officer.said("The words of the statement"), exact=True)
    summary.click()
    expect(officer.page.locator("details[open] .words")).to_be_visible()


def test_a_filter_that_is_none_is_told_at_its_field(live, way, walk):
    officer = walk()
    officer.enter("compliance")
    said = officer.open("/log?from=yesterday&address=here", "log-wrong", status=400)
    assert officer.said("Please give a date as year, month and day.") in said


def test_a_raise_waits_for_a_second_person_and_a_fall_shuts_the_open_report_at_the_next_click(live, way, walk):
    login = live.client(f"moved-{way.short}", RiskCategory.C3)
    has_read(live, login, live.reports["storage"])
    reader, admin, officer = walk(), walk(), walk()
    reader.enter(login)
    reader.open(f"/reports/{live.reports['storage']}", "client.read")

    admin.enter("clients")
    admin.open("/admin/investors", "investors.index")
    admin.fill(q=login)
    admin.press("investors-found", "Search")
    admin.press("investors.show", login, role="link")
    classify(admin, login, "C4", "复评结果", "测评 2026-11")
    assert admin.said("Waiting for a second person") in admin.page.inner_text("main")

    officer.enter("compliance")
    officer.open("/proposals", "proposals.index")
    officer.follow(officer.page.get_by_role("link", name=login), "proposals.show")
    said = officer.press("proposal-approved", "Approve")
    assert officer.said("Approved. It applies from now on.") in said

    said = classify(admin, login, "C2", "客户来电更正", "录音 17")
    assert admin.said("In force at once: %(what)s.").split("%")[0] in said
    refused = reader.arrive(reader.page.reload(), "refused", 403)
    assert "C2" in refused


def classify(admin: Walk, client_number: str, category: str, reason: str, evidence: str) -> str:
    admin.press("investors.changes.classification", "Change class or category", role="link")
    admin.fill(category=category, reason=reason, evidence=evidence, last_four=client_number[-4:])
    return admin.press("investor-changed", "Save and propose")


def test_a_new_investor_is_taken_on_by_two_people_and_reads(live, way, walk):
    login, name = f"agent-{way.short}", f"{LONG_NAME}{way.short.upper()}"
    admin, officer, reader = walk(), walk(), walk()

    admin.enter("clients")
    admin.open("/admin/investors/new", "investors.new")
    admin.page.get_by_role("radio").nth(1).check()
    admin.fill(name=name, client_number=f"N-8801{way.short}")
    admin.press("investors.changes.set_up", "Open the file")
    for box in ("client", "profile_complete"):
        admin.page.locator(f"[name={box}]").check()
    admin.fill(branch="上海世纪大道营业部", contact="021-5550 0100", category="C3", login=login, capacity="授权经办人")
    admin.page.locator("[name=class]").select_option("ORDINARY")
    admin.page.locator("[name=name]").fill("欧阳靖远")
    admin.fill(reason="新开户", evidence="开户申请 88", last_four=f"01{way.short}")
    admin.press("investor-waiting", "Save and propose")

    officer.enter("compliance-2")
    officer.open("/proposals", "proposals.index")
    officer.follow(officer.page.get_by_role("link", name=name), "proposal-new-investor")
    officer.fill(reason="资料齐全")
    officer.press("proposal-approved", "Approve")

    admin.page.reload()
    admin.press("investors.persons.show", "欧阳靖远", role="link")
    admin.press("link", "Issue a link")
    address = admin.page.locator("main .code").inner_text().strip()
    reader.open(address.removeprefix(live.address), "sign_in.activation")
    reader.fill(password="too short 1")
    reader.page.locator("main form").evaluate("form => form.noValidate = true")
    reader.press("activation-wrong", "Set the password", status=400)
    reader.fill(password=PASSWORD)
    said = reader.press("client.reports", "Set the password")
    assert live.titles["storage"] in said
    assert name in said


# The second removes more words, so that it has a finding of its own to settle.
IMPORTS = {
    "zh": ({}, "The report does not state when it was published."),
    "en": (
        {"证券研究报告": "研究"},
        "The words 证券研究报告 (securities research report), which every report must bear, are missing.",
    ),
}


def test_a_report_goes_from_the_file_to_the_reader(live, way, walk):
    changed, finding = IMPORTS[way.short]
    reader, admin, officer = walk(), walk(), walk()

    admin.enter("reports")
    admin.open("/admin/reports", "reports.index")
    admin.press("reports.import_form", "Import reports", role="link")
    admin.page.locator("[name=files]").set_input_files(
        {"name": "r2.txt", "mimeType": "text/plain", "buffer": demo_report("r2-high-grade-credit", **changed)}
    )
    said = admin.press("reports.show", "Import")
    title = admin.page.locator("h1").inner_text()
    assert admin.said(finding) in said
    address = admin.page.url
    for box in admin.page.locator("[name^=accept-]").all():
        box.check()
    admin.fill(reason="与印刷一致")
    admin.press("report-proposed", "Propose")

    officer.enter("compliance")
    officer.open("/proposals", "proposals.index")
    officer.press("proposal-report", title, role="link")
    officer.press("reports.review", "Read the report", role="link")
    officer.page.go_back()
    officer.press("proposal-approved", "Approve")

    admin.open(address.removeprefix(live.address), "report-approved")
    said = admin.press("report-published", "Publish")
    assert admin.said("The time of publication is set.") in said
    settled = admin.page.get_by_text(admin.said("Settled for this issuer and kind of report until:")).first
    expect(settled).to_contain_text("2027-11-23")  # the last day itself, as it was typed

    reader.enter(live.client(f"c5-{way.short}", RiskCategory.C5))
    assert title in reader.open("/reports", "client.reports")


def test_files_that_are_no_reports_are_told_one_by_one(live, way, walk):
    admin = walk()
    admin.enter("reports")
    admin.open("/admin/reports/import", "reports.import_form")
    files = [("empty.txt", b""), ("picture.txt", b"\x89PNG\r\n\x1a\n\0\0\0"), ("again.txt", demo_report("r1-treasury-market"))]
    admin.page.locator("[name=files]").set_input_files(
        [{"name": name, "mimeType": "text/plain", "buffer": content} for name, content in files]
    )

    said = admin.press("import-wrong", "Import", status=400)

    assert all(name in said for name, _ in files)


def test_a_new_colleague_is_proposed_and_approved(live, way, walk):
    login = f"inspector-{way.short}"
    admin, officer = walk(), walk()

    admin.enter("staff-admin")
    admin.open("/admin/staff", "staff.index")
    admin.press("staff.new", "Propose a staff member", role="link")
    admin.fill(name="诸葛明慧", login=login, reason="监管现场检查", last_day="2026-12-31")
    admin.page.locator(f"[name=role][value={Role.INSPECTOR}]").check()
    admin.press("staff-proposed", "Propose")

    officer.enter("compliance")
    officer.open("/proposals", "proposals.index")
    officer.follow(officer.page.get_by_role("link", name="诸葛明慧").first, "proposal-staff")
    officer.press("link-staff", "Approve")
    assert "/activate/" in officer.page.inner_text("main")
