"""Somebody who may propose tries to raise alone: by the page, by a request of their own making, and on the command line."""

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from gatekeeper.rules.risk import RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store import proposals
from gatekeeper.store.accounts.people import Classification, OneTimeLink, RoleGrant
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.proposals import Proposal
from tests.attacks.conftest import Siege
from tests.web.browser import hidden, post, visit
from tests.world import World

WHY = {"reason": "测评", "evidence": "档案 7"}
UP = {**WHY, "category": "C5", "category_last_day": "2028-11-23"}


def waiting(world: World, kind: str = "classification") -> list[Any]:
    with world.database.reading() as connection:
        return proposals.listed(connection, [kind], waiting=True, after=None, limit=100)


def count(world: World, table: Any) -> int:
    with world.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def confirmed(browser: FlaskClient, path: str, name: str) -> dict[str, str]:
    return {"seen": hidden(browser.get(path).text, "seen"), "last_four": f"N-{name}"[-4:]}


def proposed(siege: Siege, name: str, **form: str) -> str:
    """A fresh C2 client whose rise to C5 the client admin has proposed; the proposal's id."""
    siege.world.client(name, RiskCategory.C2)
    path = f"/admin/investors/{siege.world.investors[name]}/classification"
    clients = siege.browser("clients")
    assert post(clients, path, {**confirmed(clients, path, name), **UP, **form}).status_code == 303
    return str(next(row.id for row in waiting(siege.world) if row.investor_id == siege.world.investors[name]))


def decide(browser: FlaskClient, proposal: str, how: str = "approval", **form: str) -> TestResponse:
    return post(browser, f"/proposals/{proposal}/{how}", {"reason": "同意", **form})


def test_no_proposer_approves_or_rejects_whatever_the_request_says(siege: Siege) -> None:
    proposal, clients = proposed(siege, "own"), siege.browser("clients")
    before = count(siege.world, Classification)
    forged = [
        {},
        {"proposed_by": siege.world.people["compliance"]},
        {"caller": siege.world.people["compliance"], "person": siege.world.people["compliance"]},
        {"decided_by": siege.world.people["compliance"], "state": "APPROVED"},
    ]

    for how in ("approval", "rejection"):
        for form in forged:
            answer = decide(clients, proposal, how, **form)
            assert answer.status_code == 403
            assert "You made this proposal yourself" in answer.text
        token = hidden(clients.get("/account").text)
        answer = clients.post(
            f"/proposals/{proposal}/{how}?person={siege.world.people['compliance']}",
            data={"csrf_token": token, "reason": "x"},
            headers={"X-User": "compliance", "X-HTTP-Method-Override": "PUT", "X-Forwarded-User": "compliance"},
        )
        assert answer.status_code == 403
    assert "Approve" not in clients.get(f"/proposals/{proposal}").text
    assert count(siege.world, Classification) == before
    assert decide(siege.browser("compliance"), proposal).status_code == 303


@pytest.mark.parametrize("who", ["c2", "inspector", "reports", "staff-admin", "services", "-"])
def test_whoever_is_no_approver_approves_nothing(siege: Siege, who: str) -> None:
    proposal = proposed(siege, f"for-{who}")
    browser = siege.browser(who)
    page = browser.get("/sign-in").text if who == "-" else None

    for how in ("approval", "rejection", "withdrawal"):
        answer = post(browser, f"/proposals/{proposal}/{how}", {"reason": "x"}, page=page)
        assert answer.status_code in (303, 403, 404)
        assert answer.status_code != 303 or answer.location.startswith("/sign-in")
    assert proposal in {row.id for row in waiting(siege.world)}


def test_compliance_cannot_make_the_change_that_it_then_approves(siege: Siege) -> None:
    path = f"/admin/investors/{siege.world.investors['c2']}"

    for rest in ("/classification", "/standing", "/set-up", "/persons/new"):
        assert post(siege.browser("compliance"), path + rest, UP).status_code == 403
    assert post(siege.browser("compliance"), "/admin/staff/new", {"name": "x", "login": "x", "role": "ADMIN"}).status_code == 403
    assert post(siege.browser("compliance"), "/admin/reports/import", {}).status_code == 403


def test_forged_ids_in_a_form_change_no_other_file(siege: Siege) -> None:
    """Ids in the body, or of a person of another file, are not listened to: the address alone says whose file it is."""
    world, clients = siege.world, siege.browser("clients")
    mine, theirs = world.investors["c2"], world.investors["c5"]
    person = world.people["c5"]
    before = count(world, Classification)
    form = {**WHY, "category": "C1", "category_last_day": "2028-11-23", "investor": theirs, "person": person}

    assert post(clients, f"/admin/investors/{'0' * 26}/classification", form).status_code == 404
    for rest in ("link", "reactivation"):
        assert post(clients, f"/admin/investors/{mine}/persons/{person}/{rest}", form).status_code == 404
    for staff in ("clients", "compliance", "staff-admin"):
        address = f"/admin/investors/{mine}/persons/{world.people[staff]}"
        assert post(clients, f"{address}/link", form).status_code == 404
        assert post(clients, f"{address}/suspension", form).status_code in (403, 404)
    assert count(world, Classification) == before


def test_no_link_is_made_for_a_client_of_another_file_or_for_staff(siege: Siege) -> None:
    before, world = count(siege.world, OneTimeLink), siege.world
    for person in (world.people["compliance"], world.people["staff-admin"], world.people["clients"], "0" * 26):
        post(siege.browser("clients"), f"/admin/investors/{world.investors['c2']}/persons/{person}/link", {})

    assert count(world, OneTimeLink) == before


def test_a_staff_admin_gives_nothing_to_himself_by_a_second_login(siege: Siege) -> None:
    """A new account that he proposes waits for compliance; the account itself can do nothing until then."""
    world, admin = siege.world, siege.browser("staff-admin")
    form = {"name": "分身", "login": "second-self", "role": "COMPLIANCE", "reason": "x"}
    before = count(world, RoleGrant)

    assert post(admin, "/admin/staff/new", form).status_code == 303
    [row] = [each for each in waiting(world, "staff") if "COMPLIANCE" in each.payload]
    assert decide(admin, row.id).status_code == 403
    assert post(admin, f"/admin/staff/{world.people['staff-admin']}", {**form, "role": "COMPLIANCE"}).status_code in (403, 409)
    assert count(world, RoleGrant) == before
    assert decide(siege.browser("compliance"), row.id, "rejection").status_code == 303


def test_an_admin_of_two_grants_does_not_approve_what_he_proposed_under_the_other(siege: Siege) -> None:
    world = siege.world
    world.staff("both", Role.ADMIN, Grant.CLIENTS, Grant.STAFF, Grant.REPORTS)
    both = visit(siege.app, "both")
    world.client("of-both", RiskCategory.C2)
    path = f"/admin/investors/{world.investors['of-both']}/classification"
    assert post(both, path, {**confirmed(both, path, "of-both"), **UP}).status_code == 303
    [row] = [each for each in waiting(world) if each.investor_id == world.investors["of-both"]]

    assert decide(both, row.id).status_code == 403
    assert decide(siege.browser("clients"), row.id).status_code == 303, "another client admin is a second person"


def test_the_same_approval_pressed_twice_or_after_another_has_decided_is_told_and_does_nothing(siege: Siege) -> None:
    proposal = proposed(siege, "pressed")
    officer = siege.browser("compliance")
    assert decide(officer, proposal).status_code == 303
    before = count(siege.world, Classification)

    for how in ("approval", "rejection"):
        again = decide(officer, proposal, how)
        assert again.status_code == 409
        assert "approved already" in again.text
    assert decide(siege.browser("clients"), proposal, "withdrawal").status_code == 409
    assert count(siege.world, Classification) == before


def test_two_officers_in_two_browsers_at_the_same_instant_leave_one_act(siege: Siege) -> None:
    proposal = proposed(siege, "raced")
    officers = [siege.browser("compliance"), visit(siege.app, "compliance-2")]
    tokens = [hidden(each.get("/account").text) for each in officers]
    before = count(siege.world, Classification)
    start, answers = threading.Barrier(2), []

    def press(browser: FlaskClient, token: str) -> None:
        start.wait()
        answer = browser.post(f"/proposals/{proposal}/approval", data={"csrf_token": token, "reason": "同意"})
        answers.append(answer.status_code)

    threads = [threading.Thread(target=press, args=each) for each in zip(officers, tokens, strict=True)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert sorted(answers) == [303, 409]
    assert count(siege.world, Classification) == before + 1


def test_a_session_that_ended_while_the_form_was_open_approves_nothing(siege: Siege) -> None:
    proposal, world = proposed(siege, "left-open"), siege.world
    officer = visit(siege.app, "compliance-2")
    token = hidden(officer.get("/account").text)
    world.clock.forward(timedelta(minutes=61))

    answer = officer.post(f"/proposals/{proposal}/approval", data={"csrf_token": token, "reason": "同意"})

    assert answer.location.startswith("/sign-in")
    assert proposal in {row.id for row in waiting(world)}
    siege.browsers.clear()


def test_a_proposal_altered_in_the_database_is_not_approved(siege: Siege) -> None:
    """Who can write the table but not the ledger makes a small rise a great one, or a stranger its proposer."""
    world = siege.world
    for number, altered in enumerate(({"payload": ("C3", "C5")}, {"proposed_by": world.people["staff-admin"]})):
        proposal = proposed(siege, f"altered-{number}", category="C3")
        world.database.transact(_alter, proposal, altered)
        before = count(world, Classification)

        for browser in (siege.browser("compliance"), siege.browser("clients")):
            assert decide(browser, proposal).status_code in (403, 409)
        assert count(world, Classification) == before


def _alter(connection: Any, proposal: str, altered: dict[str, Any]) -> None:
    values = dict(altered)
    if "payload" in values:
        row = proposals.get(connection, proposal)
        values["payload"] = row.payload.replace(*values["payload"])
    table = Proposal.__table__
    connection.execute(table.update().where(table.c.id == proposal).values(**values))  # type: ignore[attr-defined]


def test_every_rise_in_the_log_names_two_people(siege: Siege) -> None:
    """The officer's own question at the end of the day, over everything that this module has done."""
    with siege.world.database.reading() as connection:
        kinds = ["classification.approved", "staff.approved"]
        approved = connection.execute(select(LedgerEntry.__table__).where(LedgerEntry.kind.in_(kinds))).all()
        made = connection.execute(select(Proposal.__table__).where(Proposal.state == "APPROVED")).all()
    proposers = {each.decided_entry_id: each.proposed_by for each in made}

    assert len(approved) > 5
    for each in approved:
        assert each.actor not in (f"person:{proposers[each.id]}", f"person:{each.person}")
        assert json.loads(each.leaf)["data"]["proposed_by"] == proposers[each.id]
