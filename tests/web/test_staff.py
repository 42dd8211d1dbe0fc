"""The staff pages: who may do what, proposing, taking away, suspending; through the forms."""

import re
from html import unescape

import pytest

from gatekeeper.actions import proposals
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store import proposals as waiting
from tests.web.browser import post, visit


@pytest.fixture
def admin(app, world):
    return visit(app, "staff-admin")


def words(answer) -> str:
    body = answer.text.split("<main", 1)[1].split("</main>", 1)[0]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def summary(answer) -> list[tuple[str, str]]:
    box = answer.text.split('class="error-summary"', 1)[1].split("</ul>", 1)[0]
    found = [(unescape(field), unescape(text)) for field, text in re.findall(r'<a href="#([^"]*)">(.*?)</a>', box)]
    assert all(f'id="{field}"' in answer.text for field, _ in found), found
    return found


def follow(client, answer):
    assert answer.status_code == 303, words(answer)
    return client.get(answer.location)


def approve(world):
    with world.database.reading() as connection:
        rows = waiting.listed(connection, ["staff"], waiting=True, after=None, limit=10)
    for row in rows:
        world.database.transact(proposals.approve, world.caller("compliance"), row.id, "同意", world.now)


NEW = {"name": "钱监管", "login": "qian", "role": "INSPECTOR", "last_day": "2026-12-31", "reason": "现场检查"}


def test_a_staff_member_is_proposed_waits_and_comes(world, admin):
    done = words(follow(admin, post(admin, "/admin/staff/new", NEW)))
    assert "Proposed, not in force yet: a compliance officer must approve it." in done
    assert "钱监管 Inspector, until 2026-12-31 staff-admin" in done
    again = post(admin, "/admin/staff/new", NEW)
    assert (again.status_code, "proposed already" in words(again)) == (409, True)

    approve(world)

    page = words(admin.get("/admin/staff"))
    assert "Waiting for compliance" not in page
    assert "钱监管 qian Inspector — 2026-12-31 No password yet" in page


def test_every_fault_of_a_proposal_is_told_at_its_field(world, admin):
    cases = [
        ({"name": " "}, ("name", "Please fill in this field.")),
        ({"login": ""}, ("login", "Please fill in this field.")),
        ({"login": "qian li"}, ("login", "A login name has no spaces.")),
        ({"role": ""}, ("role", "Please fill in this field.")),
        ({"role": "CLIENT"}, ("role", "Please choose one of the list.")),
        ({"role": "ADMIN"}, ("grants", "An admin needs at least one grant.")),
        ({"role": "ADMIN", "grants": "EVERYTHING"}, ("grants", "Please choose from the list.")),
        ({"last_day": ""}, ("last_day", "An inspector's access needs a last day.")),
        ({"last_day": "soon"}, ("last_day", "Please give a date as year, month and day.")),
        ({"last_day": "2026-11-22"}, ("last_day", "The last day must not lie in the past.")),
        ({"reason": ""}, ("reason", "Please fill in this field.")),
    ]

    for form, wrong in cases:
        answer = post(admin, "/admin/staff/new", {**NEW, **form})
        assert (answer.status_code, summary(answer)) == (400, [wrong]), form
    taken = post(admin, "/admin/staff/new", {**NEW, "login": "reports"})
    assert (taken.status_code, summary(taken)) == (409, [("login", "The login name reports belongs to reports.")])


def test_what_was_typed_is_kept(world, admin):
    page = post(admin, "/admin/staff/new", {**NEW, "role": "ADMIN", "reason": "", "grants": "REPORTS"}).text

    assert re.search(r'value="钱监管" name="name"', page)
    assert re.search(r'value="ADMIN" checked', page)
    assert re.search(r'value="REPORTS" checked', page)


def test_a_grant_is_taken_away_at_once_and_another_waits(app, world, admin):
    world.staff("clients-2", Role.ADMIN, Grant.CLIENTS, Grant.REPORTS)
    theirs = visit(app, "clients-2")
    path = f"/admin/staff/{world.people['clients-2']}"
    assert re.search(r'value="CLIENTS" checked.*value="REPORTS" checked', admin.get(path).text, re.DOTALL)

    done = words(follow(admin, post(admin, path, {"role": "ADMIN", "grants": "REPORTS", "reason": "换岗"})))

    assert "What was taken away is gone at once, and this person must sign in again." in done
    assert theirs.get("/admin/investors").location.startswith("/sign-in")
    done = words(follow(admin, post(admin, path, {"role": "ADMIN", "grants": "STAFF", "reason": "换岗"})))
    assert "gone at once" in done
    assert "Proposed, not in force yet" in done
    same = post(admin, f"/admin/staff/{world.people['reports']}", {"role": "ADMIN", "grants": "REPORTS", "reason": "换岗"})
    assert (same.status_code, "on file already" in words(same)) == (409, True)


def test_suspending_acts_at_once(app, world, admin):
    theirs = visit(app, "compliance-2")
    path = f"/admin/staff/{world.people['compliance-2']}"
    refused = post(admin, f"{path}/suspension", {"reason": ""})
    assert (refused.status_code, summary(refused)) == (400, [("suspend-reason", "Please fill in this field.")])

    done = words(follow(admin, post(admin, f"{path}/suspension", {"reason": "离职"})))

    assert "compliance-2 is suspended, and all sessions have ended." in done
    assert "compliance-2 compliance-2 Compliance officer — Without end Suspended" in done
    assert theirs.get("/log").location.startswith("/sign-in")
    assert "Let this person come back" in words(admin.get(path))
    assert post(admin, f"{path}/suspension", {"reason": "离职"}).status_code == 404


def test_the_last_holder_stays_and_the_page_says_why(world, admin):
    path = f"/admin/staff/{world.people['clients']}"

    refused = post(admin, f"{path}/suspension", {"reason": "离职"})

    assert refused.status_code == 409
    assert "This is the last person with “Investors and their persons”. Give it to another person first." in words(refused)


def test_nobody_acts_on_himself(world, admin):
    path = f"/admin/staff/{world.people['staff-admin']}"

    assert path not in admin.get("/admin/staff").text
    assert post(admin, f"{path}/suspension", {"reason": "x"}).status_code == 403
    form = {"role": "ADMIN", "grants": "CLIENTS", "reason": "x"}
    assert post(admin, path, form).status_code == 403


def test_compliance_looks_and_changes_nothing(app, world):
    client = visit(app, "compliance")
    page = client.get("/admin/staff")
    path = f"/admin/staff/{world.people['reports']}"

    assert page.status_code == 200
    assert "/admin/staff/new" not in page.text
    assert path not in page.text
    for place in ("/admin/staff/new", path):
        assert client.get(place).status_code == 403
        assert post(client, place, NEW).status_code == 403
    assert post(client, f"{path}/suspension", {"reason": "x"}).status_code == 403


def test_others_do_not_see_staff(app, world):
    for who in ("clients", "reports"):
        assert visit(app, who).get("/admin/staff").status_code == 403


def test_a_client_is_no_staff_member(world, admin):
    world.client("zhang")

    assert "zhang" not in admin.get("/admin/staff").text
    assert admin.get(f"/admin/staff/{world.people['zhang']}").status_code == 404
    assert post(admin, f"/admin/staff/{world.people['zhang']}/suspension", {"reason": "x"}).status_code == 404


def test_a_new_link_for_a_colleague_is_proposed_and_handed_over_by_compliance(app, world, admin):
    path = f"/admin/staff/{world.people['reports']}"
    assert "New password by a one-time link" in words(admin.get(path))

    empty = post(admin, f"{path}/reset", {"reason": " "})
    assert (empty.status_code, summary(empty)) == (400, [("reset-reason", "Please fill in this field.")])
    done = words(follow(admin, post(admin, f"{path}/reset", {"reason": "忘记密码"})))
    assert "Proposed. A compliance officer must approve it, and then gets the link to hand over." in done
    assert "reports New password by a one-time link staff-admin" in done
    again = post(admin, f"{path}/reset", {"reason": "忘记密码"})
    assert again.status_code == 409
    assert "has been proposed already" in words(again)

    with world.database.reading() as connection:
        [row] = waiting.listed(connection, ["staff"], waiting=True, after=None, limit=10)
    officer = visit(app, "compliance")
    assert "New password by a one-time link" in words(officer.get(f"/proposals/{row.id}"))
    sheet = post(officer, f"/proposals/{row.id}/approval", {"reason": "核实身份"})
    said = words(sheet)
    assert re.search(r"Your link to set a new password Issued to reports Login name reports Works until 2026-11-26 10:00", said)
    assert "Issued by compliance" in said
    assert "you two cannot decide each other's proposals for 30 days" in said
    assert "style=" not in sheet.text


def test_nobody_proposes_a_link_for_himself_or_for_who_is_suspended(world, admin):
    assert post(admin, f"/admin/staff/{world.people['staff-admin']}/reset", {"reason": "x"}).status_code == 403
    post(admin, f"/admin/staff/{world.people['compliance-2']}/suspension", {"reason": "离职"})
    assert post(admin, f"/admin/staff/{world.people['compliance-2']}/reset", {"reason": "x"}).status_code == 404
