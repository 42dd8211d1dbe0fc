"""The pages on service accounts: proposing one, its token shown once, changing, revoking and suspending; through the forms."""

import re
from dataclasses import replace

import pytest

from gatekeeper.actions import proposals
from gatekeeper.actions.accounts import services
from gatekeeper.rules.accounts.scopes import Register
from gatekeeper.rules.errors import NotPermitted
from gatekeeper.rules.risk import Action
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store import proposals as waiting
from tests.ledger.raw import ON_SQLITE
from tests.service_accounts import ADMIN, a_token, an_account, an_admin, end_token, scope, tokens
from tests.web.browser import hidden, post, visit
from tests.web.test_staff import summary, words
from tests.world import World

NEW = {
    "name": "邮件网关",
    "purpose": "投递前询问收件人能否接收",
    "actions": ["RECEIVE", "READ"],
    "register": "NONE",
    "branches": "",
    "networks": "10.1.2.0/24\n\n2001:db8::/32\n10.1.2.0/24",
    "per_minute": "１,２00",
    "token_days": "90",
    "contact": "运维部 021-5550 0101",
    "reason": "上线",
}
TOKEN = re.compile(r"gk_[A-Za-z0-9_-]{43}")


@pytest.fixture
def admin(app, world):
    an_admin(world)
    return visit(app, ADMIN)


def only_account(world: World) -> str:
    with world.database.reading() as connection:
        return connection.exec_driver_sql("SELECT id FROM api_client").scalar_one()


def pending(world: World):
    with world.database.reading() as connection:
        return waiting.listed(connection, ["service"], waiting=True, after=None, limit=10)


def test_an_account_is_proposed_approved_and_given_a_token_that_is_shown_once(world, app, admin):
    assert "No other system asks here yet." in words(admin.get("/admin/services"))
    sent = post(admin, "/admin/services/new", NEW)
    assert sent.status_code == 303
    page = admin.get(sent.location)
    assert "Not approved yet" in words(page)
    assert "Make a token" not in words(page)
    assert post(admin, f"{sent.location}/tokens", {"after": "0"}).status_code == 409

    # the proposer cannot approve it, compliance can, on its page and not among many
    [proposal] = pending(world)
    assert "another person must decide it" in words(admin.get(f"/proposals/{proposal.id}"))
    assert post(admin, f"/proposals/{proposal.id}/approval", {"reason": "x"}).status_code == 403
    officer = visit(app, "compliance")
    seen = words(officer.get(f"/proposals/{proposal.id}"))
    for told in ("邮件网关", "Whether it may, and nothing else", "10.1.2.0/24", "2001:db8::/32", "1,200", "Of all branches"):
        assert told in seen
    post(officer, "/proposals/approval", {"proposal": proposal.id})
    assert pending(world)
    assert post(officer, f"/proposals/{proposal.id}/approval", {"reason": "同意"}).status_code == 303

    shown = post(admin, f"{sent.location}/tokens", {"after": "0"})
    [token] = set(TOKEN.findall(shown.text))
    assert (shown.status_code, shown.headers["Cache-Control"]) == (200, "no-store")
    assert token not in str(shown.headers)
    # sent again, as a reload does, it makes no other one and shows nothing
    again = post(admin, f"{sent.location}/tokens", {"after": "0"})
    assert (again.status_code, TOKEN.findall(again.text)) == (409, [])
    assert "It is shown once only" in words(again)
    for path in (sent.location, "/admin/services", f"/proposals/{proposal.id}"):
        assert token[8:] not in admin.get(path).text
    assert f"{token[:8]}…" in words(admin.get(sent.location))


@ON_SQLITE
def test_every_fault_of_a_scope_is_told_at_its_field_and_nothing_typed_is_lost(world, admin):
    bad = {**NEW, "actions": [], "networks": "intranet", "per_minute": "many", "token_days": "", "contact": "", "register": "ALL"}

    answer = post(admin, "/admin/services/new", bad)
    assert answer.status_code == 400
    assert {field for field, _ in summary(answer)} == {"per_minute", "token_days", "register"}
    bad |= {"per_minute": "99999", "token_days": "400", "register": "STAFF"}
    answer = post(admin, "/admin/services/new", bad)
    assert {field for field, _ in summary(answer)} == {"actions", "networks", "per_minute", "token_days", "contact"}
    for kept in ("intranet", "99999", "投递前询问收件人能否接收"):
        assert kept in answer.text
    post(admin, "/admin/services/new", NEW)
    twice = post(admin, "/admin/services/new", {**NEW, "name": "邮件网关 "})
    assert (twice.status_code, "already" in words(twice)) == (409, True)


def test_narrowing_acts_at_once_and_widening_waits(world, admin):
    account = an_account(world, "手机应用", register=Register.CLIENT, per_minute=600)
    path = f"/admin/services/{account}"
    form = {
        "actions": [action.value for action in Action],
        "register": "STAFF",
        "per_minute": "60",
        "token_days": "90",
        "contact": "x",
        "reason": "调整",
    }

    answer = post(admin, f"{path}/scope", form)

    page = words(admin.get(answer.location))
    assert "What narrows the account applies already." in page
    assert "Decisions a minute 60" in page
    assert "Is told What the client would read" in page
    assert "Waiting for compliance" in page
    [proposal] = pending(world)
    world.database.transact(proposals.approve, world.caller("compliance"), proposal.id, "同意", world.now)
    assert "Is told What staff read, the category included" in words(admin.get(path))
    same = post(admin, f"{path}/scope", form)
    assert (same.status_code, "on file already" in words(same)) == (409, True)


def test_a_token_is_replaced_with_an_overlap_and_revoked_at_once(world, admin):
    account = an_account(world)
    path = f"/admin/services/{account}"
    a_token(world, account)
    first = tokens(world, account)[0]

    made = post(admin, f"{path}/tokens", {"after": str(first.id), "older": "day", "old_ends": "2026-11-30"})
    assert TOKEN.search(made.text)
    second, old = tokens(world, account)
    assert old.id == first.id
    assert old.ends_at < first.ends_at
    assert "The account has two tokens already." in words(admin.get(path))
    third = post(admin, f"{path}/tokens", {"after": str(second.id), "older": "keep"})
    assert third.status_code == 409

    refused = post(admin, f"{path}/revocation", {"token": str(old.id), "reason": ""})
    assert summary(refused) == [("revoke-reason", "Please fill in this field.")]
    assert post(admin, f"{path}/revocation", {"token": str(old.id), "reason": "已换用新令牌"}).status_code == 303
    assert [each.is_live(world.clock.moment) for each in tokens(world, account)] == [True, False]
    assert post(admin, f"{path}/revocation", {"token": str(old.id), "reason": "再来"}).status_code == 409

    now = post(admin, f"{path}/tokens", {"after": str(second.id), "older": "now"})
    assert TOKEN.search(now.text)
    assert [each.is_live(world.clock.moment) for each in tokens(world, account)] == [True, False, False]
    newest = tokens(world, account)[0].id
    for wrong in ({"older": "day", "old_ends": ""}, {"older": "day", "old_ends": "2026-11-01"}, {"older": "perhaps"}):
        assert post(admin, f"{path}/tokens", {"after": str(newest), **wrong}).status_code == 400
    assert post(admin, f"{path}/tokens", {"after": "x"}).status_code == 409


def test_a_suspended_account_stops_and_two_people_let_it_go_on(world, app, admin):
    account = an_account(world, "客户关系系统")
    a_token(world, account)
    path = f"/admin/services/{account}"
    assert post(admin, f"{path}/suspension", {"reason": ""}).status_code == 400

    assert post(admin, f"{path}/suspension", {"reason": "查问"}).status_code == 303
    page = words(admin.get(path))
    assert "Suspended" in page
    assert "Make a new token" not in page
    assert post(admin, f"{path}/suspension", {"reason": "查问"}).status_code == 409
    newest = tokens(world, account)[0].id
    assert post(admin, f"{path}/tokens", {"after": str(newest), "older": "keep"}).status_code == 409

    form = {"actions": ["READ"], "register": "NONE", "per_minute": "60", "token_days": "9", "contact": "x", "reason": "恢复"}
    post(admin, f"{path}/scope", form)
    [proposal] = pending(world)
    world.database.transact(proposals.approve, world.caller("compliance"), proposal.id, "同意", world.now)
    assert "In use" in words(admin.get(path))


# ---------------------------------------------------------------------------------------------------------------- attackers


def test_forms_need_their_token_and_their_grant(world, app, admin):
    account = an_account(world)
    a_token(world, account)
    path = f"/admin/services/{account}"
    forms = {
        "/admin/services/new": NEW,
        f"{path}/scope": NEW,
        f"{path}/tokens": {"after": "0"},
        f"{path}/revocation": {"token": "1", "reason": "x"},
        f"{path}/suspension": {"reason": "x"},
    }
    before = len(tokens(world, account))
    for where, form in forms.items():
        assert admin.post(where, data=form).status_code == 400, where
        for other in ("compliance", "staff-admin", "clients", "reports"):
            them = visit(app, other)
            assert them.post(where, data={**form, "csrf_token": "x"}).status_code in (400, 403), (where, other)
            assert post(them, where, form).status_code == 403, (where, other)
    assert len(tokens(world, account)) == before
    assert admin.get("/admin/services/0123456789abcdefghjkmnpqrs").status_code == 404


def test_a_scope_widened_between_proposal_and_approval_is_not_approved_unseen(world):
    account = an_account(world, per_minute=100)
    admin, officer = world.caller(ADMIN), world.caller("compliance")
    wide = scope(service=account, per_minute=5000, contact="it@securities.example")
    first = world.database.transact(services.change, admin, wide, "促销", world.now)
    # meanwhile the account is suspended: whoever approves now would let it go on without knowing
    world.database.transact(services.suspend, admin, account, "查问", world.now)

    with pytest.raises(Exception, match="The file has changed since this was proposed"):
        world.database.transact(proposals.approve, officer, first.proposal, "同意", world.now)
    # and what was recorded is what is approved: a row that was written over is found out
    again = world.database.transact(services.change, admin, replace(wide, per_minute=4000), "恢复", world.now)

    def widen(connection):
        connection.exec_driver_sql("UPDATE proposal SET payload = replace(payload, '4000', '60000')")

    world.database.transact(widen)
    with pytest.raises(Exception, match="not the one that was recorded"):
        world.database.transact(proposals.approve, officer, again.proposal, "同意", world.now)


@ON_SQLITE
def test_nobody_approves_an_account_that_he_proposed_in_whatever_role(world):
    an_admin(world)
    created = world.database.transact(services.create, world.caller(ADMIN), "应用", "询问", scope(), "上线", world.now)
    for name in (ADMIN, "staff-admin", "clients", "reports"):
        with pytest.raises(NotPermitted):
            world.database.transact(proposals.approve, world.caller(name), created.proposal, "同意", world.now)
    world.staff("inspector", Role.INSPECTOR)
    with pytest.raises(NotPermitted):
        world.database.transact(proposals.approve, world.caller("inspector"), created.proposal, "同意", world.now)


@ON_SQLITE
def test_a_service_account_never_signs_in_and_no_person_gets_its_role(world, app):
    account = an_account(world, "mail-gateway")
    token = a_token(world, account)
    client = app.test_client()
    for login in ("mail-gateway", account, f"service:{account}"):
        form = {"login": login, "password": token, "csrf_token": hidden(client.get("/sign-in").text, "csrf_token")}
        assert client.post("/sign-in", data=form).status_code in (401, 400, 403)
    client.set_cookie("gatekeeper", token)
    for path in ("/", "/admin/services", "/account"):
        answer = client.get(path, headers={"Authorization": f"Bearer {token}"})
        assert (answer.status_code, "/sign-in" in answer.location) == (303, True)
    staff = visit(app, "staff-admin")
    sent = post(
        staff, "/admin/staff/new", {"name": "x", "login": "x", "role": "SERVICE", "grants": Grant.SERVICES, "reason": "x"}
    )
    assert sent.status_code == 400


@ON_SQLITE
def test_the_log_tells_accounts_by_name_and_never_a_token(world, app, admin):
    account = an_account(world, "手机应用<b>")
    token = a_token(world, account)
    end_token(world, account)
    officer = visit(app, "compliance")

    log = officer.get("/log")
    assert token[:8] not in log.text
    with world.database.reading() as connection:
        codes = connection.exec_driver_sql("SELECT code FROM ledger_entry WHERE kind LIKE 'service%' ORDER BY id").scalars().all()
    for code in codes:
        entry = officer.get(f"/log/{code}")
        assert entry.status_code == 200
        assert token[8:] not in entry.text
        assert "手机应用<b>" not in entry.text
