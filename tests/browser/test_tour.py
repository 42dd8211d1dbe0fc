"""Every page there is, looked at in each language, here or on a journey before: a page that is in no list fails the suite."""

import re
from datetime import timedelta
from pathlib import Path

import pytest

from gatekeeper.actions.accounts import people, services
from gatekeeper.actions.clients import investors
from gatekeeper.actions.publishing import distributing, reports
from gatekeeper.actions.suitability import applications, policies
from gatekeeper.files import originals
from gatekeeper.files.prepare import prepare
from gatekeeper.rules.changes import CategoryChange, MandateChange
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.distribution import Choice, To
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, InvestorKind, RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.services import EXTENSION
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import investor_file
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.suitability import assessments
from tests import applied, assessed, audience, pdfs
from tests import corrected as versions
from tests.browser.away import has_read
from tests.imported import Importer, row
from tests.papers import TYPIST
from tests.plugins.live import Live, demo_report
from tests.scans import picture
from tests.service_accounts import a_token, an_account, an_admin, scope
from tests.viewed import opening
from tests.world import POLICIES, ZONE

# Who looks at which page. A name is that of an account; no name is a stranger.
PAGES = {
    "": ["sign_in.form", "sign_in.activation", "verify.form", "interface.show"],
    "tourist": [
        "client.reports",
        "client.statement",
        "client.read",
        "client.record",
        "bookmarks.index",
        "inbox.index",
        "subscriptions.index",
        "client.accepted_words",
        "receipts.show",
        "sign_in.investors",
        "privacy.show",
        "professional.show",
        "professional.figures",
        "professional.evidence",
        "professional.review",
        "assessments.show",
        "assessments.questions",
        "assessments.review",
        "notices.index",
        "declarations.show",
        "account.confirmation",
        "viewing.text",
    ],
    "tourist-assessed": ["assessments.letter"],
    "tourist-checked": ["professional.test"],
    "tourist-tested": ["professional.warning"],
    "tourist-pro": ["professional.ordinary"],
    "compliance": [
        "home.index",
        "home.lapsing",
        "home.never_activated",
        "home.refused",
        "access_requests.index",
        "call_backs.index",
        "assessments.look",
        "statements.index",
        "statements.compare",
        "statements.new",
        "policies.show",
        "policies.new",
        "policies.rehearse",
        "rehearsals.page",
        "questionnaires.index",
        "questionnaires.new",
        "questionnaires.proposed",
        "questionnaires.show",
        "compliance.log",
        "compliance.entry",
        "leaks.form",
        "distributions.show",
        "as_of.readers",
        "as_of.readings",
        "court.accesses",
        "exports.form",
        "figures.entries",
        "figures.index",
        "integrity.index",
        "timelines.investor",
        "timelines.person",
        "timelines.report",
        "views.index",
        "proposals.check",
        "proposals.index",
        "proposals.show",
        "marked.show",
        "reports.review",
        "fair_release.show",
        "versions.compare",
        "versions.review",
        "investors.dispute.show",
        "declarations.index",
    ],
    "clients": [
        "investors.imports.index",
        "investors.imports.new",
        "investors.imports.show",
        "investors.index",
        "investors.new",
        "investors.show",
        "investors.changes.classification",
        "investors.corrections.show",
        "investors.changes.set_up",
        "investors.changes.standing",
        "investors.past.show",
        "investors.persons.new",
        "investors.persons.show",
        "applications.index",
        "applications.show",
        "applications.new",
        "applications.figures",
        "applications.evidence",
        "applications.review",
        "applications.ordinary",
    ],
    "reports": [
        "reports.mornings.show",
        "reports.readers.show",
        "reports.index",
        "reports.import_form",
        "reports.show",
        "reports.settlements.index",
        "distributions.index",
        "distributions.new",
        "versions.show",
        "versions.grade",
        "typing.form",
    ],
    "staff-admin": ["staff.index", "staff.new", "staff.edit"],
    "services": ["account.show", "services.index", "services.new", "services.scope", "services.show"],
    "typist": ["papers.index", "papers.choose", "papers.questions"],
}
WITHOUT_PAGE = {
    *("court.acceptance", "receipts.machine", "receipts.pdf", "sign_in.start", "static", "style.page"),
    *("verify.program", "evidence_files.original", "evidence_files.page", "investors.imports.template", "papers.page"),
    *("rehearsals.file", "marked.draw", "viewing.picture", "fair_release.file"),
}
TOKEN = "a-token-that-nobody-can-guess"


@pytest.fixture(scope="session")
def addresses(live: Live, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The address of something worth seeing on each page."""
    world, fund = live.world, "tourist-fund"
    world.client("tourist", RiskCategory.C3)
    reader = has_read(live, "tourist", live.reports["storage"])
    paged = live.paged()
    opened_at = opening(has_read(live, "tourist", paged).get(f"/reports/{paged}").text)
    serving = re.findall(r"/record/words/(\w+)", reader.get("/record").text)[0]
    world.client(fund, None, investor_class=InvestorClass.PROFESSIONAL_B, kind=InvestorKind.INSTITUTION)
    mandate = MandateChange(investor=world.investors[fund], person=world.people["tourist"], capacity="授权经办人")
    world.change(fund, mandate)
    world.client("tourist-lowest", RiskCategory.C1, lowest=True, suspended=True)
    an_admin(world)
    link = sessions.token_hash(TOKEN)
    world.database.transact(investors.issue_link, world.caller("clients"), world.people["tourist-lowest"], link, world.now)
    with world.database.reading() as connection:
        opened = Filter(person=world.people["tourist"], kind=Kind.REPORT_OPENED)
        entry = entries.search(connection, opened, None, 1)[0]
    common = {
        "investor": world.investors["tourist-lowest"],
        "person": world.people["tourist-lowest"],
        "report": _imported(live),
        "proposal": _proposed(live),
        "serving": serving,
        "code": entry.code,
        "token": TOKEN,
        "what": "category",
        "days": "30",
        "number": "3",
        "assessment": _assessed(live),
        "application": _applied(live),
        "distribution": _sent(live),
        "service": _asks(live),
    }
    policy = _policy(live)
    corrected = _corrected(live)
    special = {
        "fair_release.show": {"report": corrected},
        "versions.compare": {"report": corrected, "number": "2"},
        "versions.grade": {"report": corrected, "number": "1"},
        "versions.review": {"report": corrected, "number": "1"},
        "versions.show": {"report": corrected, "number": "1"},
        "typing.form": {"report": _scanned(live)},
        "applications.show": {"application": _judged(live)},
        "applications.ordinary": {"investor": world.investors["tourist-pro"]},
        "assessments.look": {"investor": world.investors["tourist-assessed"]},
        "investors.imports.show": {"import_": _file(live, tmp_path_factory.mktemp("files"))},
        "home.refused": {"reason": "category_below_grade"},
        "investors.corrections.show": {"code": _wrong(live), "fact": "category"},
        "distributions.new": {"report": live.reports["storage"]},
        "client.read": {"report": live.reports["storage"]},
        "viewing.text": {"report": paged},
        "client.statement": {"report": live.reports["treasury"]},
        "figures.entries": {"category": "C3", "grade": "R3"},
        "as_of.readers": {"report": live.reports["storage"]},
        "as_of.readings": {"person": world.people["tourist-lowest"]},
        "court.accesses": {"about": "report", "id_": live.reports["storage"]},
        "timelines.investor": {"id_": world.investors["tourist"]},
        "timelines.person": {"id_": world.people["tourist"]},
        "timelines.report": {"id_": live.reports["storage"]},
        "reports.readers.show": {"report": live.reports["storage"]},
        "staff.edit": {"person": world.people["services"]},
        "policies.rehearse": {"proposal": policy},
        "rehearsals.page": {"proposal": policy, "what": "lose"},
        **_questionnaire(live),
    }
    build = live.app.url_map.bind("").build
    found = {
        name: build(name, {**common, **special.get(name, {})}, append_unknown=False) for names in PAGES.values() for name in names
    }
    if TYPIST not in world.people:
        world.staff(TYPIST, Role.ADMIN, Grant.ASSESSMENTS)
    found["viewing.text"] += f"?opening={opened_at}"
    found["papers.questions"] += f"?signed_on={world.now.astimezone(ZONE).date()}"
    return found | {"proposals.check": f"{found['proposals.check']}?proposal={common['proposal']}"}


def _sent(live: Live) -> str:
    """A report sent to everybody, decided; the tourist subscribes."""
    audience.subscribe(live.world, "tourist")
    sent = audience.start(live.world, live.reports["storage"], Choice(To.CLIENTS))
    live.world.database.transact(distributing.go_on, sent, live.world.now, ZONE, has_mail=False)
    return sent


def _assessed(live: Live) -> str:
    """An assessment that waits for its letter to be acknowledged; the tourist has begun one too."""
    world = live.world
    assessed.install(world)
    assessed.fill(world, "tourist", assessed.answers(RiskCategory.C3))
    world.client("tourist-assessed", RiskCategory.C3)
    assessed.hand_in(world, "tourist-assessed", assessed.answers(RiskCategory.C5))
    with world.database.reading() as connection:
        return assessments.latest(connection, world.investors["tourist-assessed"]).id


def _applied(live: Live) -> str:
    """Applications at each of their pages: drafts of the tourist and of a colleague, one to be tested, one to be warned."""
    world = live.world
    originals.keep(live.app.extensions[EXTENSION].settings.data_dir, picture())
    world.database.transact(applications.begin, world.caller("tourist"), None, applied.ART_11, world.now)
    for name in ("tourist-checked", "tourist-tested", "tourist-drafted"):
        world.client(name, RiskCategory.C2)
    world.client("tourist-pro", RiskCategory.C2, investor_class=InvestorClass.PROFESSIONAL_C)
    for name in ("tourist-checked", "tourist-tested"):
        stated = applied.individual(world, applied.ART_11, 300 * applied.WAN)
        applied.check(world, applied.hand_in(world, name, stated))
    applied.sit(world, "tourist-tested")
    whose = world.investors["tourist-drafted"]
    return world.database.transact(applications.begin, world.caller("clients"), whose, applied.ART_8_5, world.now)


def _judged(live: Live) -> str:
    """An application that was handed in, one fen below what is needed by assets and enough by income."""
    world = live.world
    world.client("tourist-applicant", RiskCategory.C2)
    incomes = tuple((year, 60 * applied.WAN) for year in (2023, 2024, 2025))
    stated = applied.individual(world, applied.ART_8_5, 500 * applied.WAN - 1, incomes=incomes)
    return applied.hand_in(world, "tourist-applicant", stated)


def _questionnaire(live: Live) -> dict[str, dict[str, str]]:
    """A version in force, and one that waits."""
    version = {"code": assessed.first_version(live.world)}
    proposed = {"proposal": assessed.propose_second(live.world)}
    return {"questionnaires.new": version, "questionnaires.show": version, "questionnaires.proposed": proposed}


def _policy(live: Live) -> str:
    """A policy by which C3 loses R3, not approved."""
    world, text = live.world, (POLICIES / "suitability.toml").read_text("utf-8")
    text = text.replace('C3 = ["R1", "R2", "R3"]', 'C3 = ["R1", "R2"]')
    return world.database.transact(policies.propose_policy, world.caller("compliance-2"), text, None, "试算", world.now).id


def _file(live: Live, folder: Path) -> str:
    """An imported file that waits to be confirmed, with a row of every kind."""
    importer, until = Importer(live.world, folder), {"category_until": "2028-11-23", "evidence": "档案 2"}
    lower, refused = {"client_number": "N-tourist", "category": "C2", **until}, {"client_number": "77", "category": "C9"}
    return importer.check([row(login="tourist-new", client_number="tour-1"), lower, refused])


def _wrong(live: Live) -> str:
    """The entry that wrote a category which may have been an error."""
    with live.world.database.reading() as connection:
        steps = investor_file.history(connection, live.world.investors["tourist-lowest"])
    return next(each.written.code for each in steps if any(isinstance(one, CategoryChange) for one in each.changes))


def _imported(live: Live) -> str:
    """A report with something to settle."""
    world, prepared = live.world, prepare(demo_report("r4-star-market-metrology", 证券研究报告="研究"), "r4.txt")
    return world.database.transact(reports.import_report, world.caller("reports"), prepared, world.now).report


def _corrected(live: Live) -> str:
    """A report that is out, with a corrected file that waits."""
    report = versions.published(live.world, versions.file("77%", "巡看用的报告"))
    return versions.bring_in(live.world, versions.file("76%", "巡看用的报告（更正）"), corrects=report)


def _scanned(live: Live) -> str:
    """A scan of which nobody has typed what it says."""
    data = pdfs.lines("1")
    originals.keep(live.app.extensions[EXTENSION].settings.data_dir, data)
    world, prepared = live.world, prepare(data, "scan.pdf")
    return world.database.transact(reports.import_report, world.caller("reports"), prepared, world.now).report


def _asks(live: Live) -> str:
    """A service account with a long name, two tokens, and a change that waits."""
    world = live.world
    account = an_account(world, "客户关系管理系统与移动展业平台统一接入网关（上海数据中心）", networks=("10.1.2.0/24",))
    a_token(world, account)
    a_token(world, account)
    wider = scope(service=account, networks=("10.1.2.0/24", "2001:db8:25::/64"))
    world.database.transact(services.change, world.caller("services"), wider, "迁移", world.now)
    return account


def _proposed(live: Live) -> str:
    """A change of a file and a new colleague, neither approved yet."""
    world, admin = live.world, live.world.caller("clients")
    investor, day = world.investors["tourist-lowest"], world.now.date() + timedelta(days=300)
    wanted = CategoryChange(investor=investor, category=RiskCategory.C2, before=valid_before(day, ZONE))
    changed = world.database.transact(investors.change, admin, investor, [wanted], "复评", "测评 9", world.now)
    colleague = ("colleague", "colleague", Role.ADMIN, (Grant.REPORTS, Grant.CLIENTS), "接替")
    world.database.transact(people.propose_staff, world.caller("staff-admin"), *colleague, world.now)
    return changed.proposal


def test_every_page_is_in_the_tour(live):
    pages = {rule.endpoint for rule in live.app.url_map.iter_rules() if "GET" in rule.methods}

    assert sorted(pages - WITHOUT_PAGE) == sorted(name for names in PAGES.values() for name in names)


@pytest.mark.parametrize("who", PAGES)
def test_every_page_is_fit_to_be_seen(addresses, way, walk, who):
    visitor = walk()
    if who:
        visitor.enter(who)
    if who == "tourist":
        visitor.open("/reports", "sign_in.investors")
        visitor.page.get_by_role("radio", name=re.compile(r"^tourist\b(?!-)")).check()
        visitor.press("client.reports", "Continue")

    for name in PAGES[who]:
        if not visitor.has_seen(name):
            visitor.open(addresses[name], name)


def test_every_error_is_a_page_of_ours(live, way, walk):
    stranger, client = walk(), walk()
    client.enter(live.client(f"c3-{way.short}", RiskCategory.C3))

    stranger.open("/no-such-page", "error-unknown", status=404)
    client.open(f"/reports/{'0' * 26}", "error-no-report", status=404)
    client.open("/log", "error-forbidden", status=403)
    client.open("/reports", "client.reports")
    client.page.evaluate("() => document.querySelector('form[action$=sign-out] [name=csrf_token]').value = 'x'")
    client.press("error-expired", "Sign out", status=400)


def test_the_language_is_changed_on_any_page_and_kept(live, way, walk):
    reader = walk()
    reader.enter(live.client(f"c3-{way.short}", RiskCategory.C3))
    reader.open("/record", "client.record")

    reader.page.get_by_role("button", name="English" if way.tag == "zh_CN" else "中文", exact=True).click()

    reader.page.wait_for_url("**/record")
    assert reader.page.get_attribute("html", "lang") == ("en" if way.tag == "zh_CN" else "zh-CN")
