"""Approving many at once: only where nothing is open, each by itself, and never what one could not approve alone."""

import re
from datetime import timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from gatekeeper.actions.clients import investors
from gatekeeper.rules.changes import CategoryChange, StandingChange
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.proposals import Proposal
from tests.actions.test_proposals import propose, propose_publication, propose_staff
from tests.web.browser import hidden, post, visit
from tests.world import NOW, ZONE, World

LATER = valid_before((NOW + timedelta(days=1000)).date(), ZONE)
FINDINGS = "r2-high-grade-credit.txt"
SOONER = valid_before((NOW + timedelta(days=100)).date(), ZONE)


@pytest.fixture
def officer(app: Flask, world: World) -> FlaskClient:
    return visit(app, "compliance")


def raised(world: World, name: str, before=LATER) -> str:
    """A client whose category somebody proposes to raise; return the proposal."""
    world.client(name, RiskCategory.C2)
    return propose(world, name, CategoryChange(investor=world.investors[name], category=RiskCategory.C4, before=before))


def send(client: FlaskClient, *ids: str):
    return client.post("/proposals/approval", data={"csrf_token": hidden(client.get("/account").text), "proposal": list(ids)})


def states(world: World) -> dict[str, str]:
    with world.database.reading() as connection:
        return {row.id: row.state for row in connection.execute(select(Proposal.id, Proposal.state))}


def approvals(world: World) -> list[str]:
    query = select(LedgerEntry.leaf).where(LedgerEntry.kind.endswith(".approved")).order_by(LedgerEntry.id)
    with world.database.reading() as connection:
        return [row.leaf.decode() for row in connection.execute(query)]


def check_of(*ids: str) -> str:
    return "/proposals/approval?" + "&".join(f"proposal={each}" for each in ids)


def boxes(page: str) -> list[str]:
    return re.findall(r'type="checkbox" name="proposal" value="(\w+)"', page)


def test_many_are_named_and_then_approved_in_one_press_with_an_entry_each(world, officer):
    ids = [raised(world, name) for name in ("甲", "乙", "丙")]
    assert boxes(officer.get("/proposals").text) == ids
    before = len(approvals(world))

    page = officer.get(check_of(*ids[:2])).text
    assert re.findall(r'type="hidden" name="proposal" value="(\w+)"', page) == ids[:2]
    for name in ("甲", "乙"):
        assert name in page
    assert page.count("C4 ") == page.count("C2 ") == 2, "what would be, beside what is on file now"
    answer = send(officer, *ids[:2])

    assert answer.status_code == 303
    assert [states(world)[each] for each in ids] == ["APPROVED", "APPROVED", "PENDING"]
    new = approvals(world)[before:]
    assert [each in entry for each, entry in zip(ids, new, strict=False)] == [True, True]
    assert len(new) == 2
    after = unescape(officer.get(answer.location).text)
    assert "Approved: 2." in after
    assert "Ended (2)" in after
    assert 'method="post" action="/proposals/approval"' not in after


def test_a_press_twice_approves_once(world, officer):
    ids = [raised(world, name) for name in ("a", "b")]
    send(officer, *ids, *ids)
    count = len(approvals(world))

    again = send(officer, *ids)

    assert len(approvals(world)) == count
    assert "This proposal was approved already." in officer.get(again.location).text


def test_what_keeps_one_from_being_approved_keeps_no_other(world, officer):
    ids = [raised(world, name) for name in ("a", "b", "c")]
    lower = StandingChange(investor=world.investors["b"], client=True, profile_complete=True, suspended=True)
    category = CategoryChange(investor=world.investors["b"], category=RiskCategory.C1, before=SOONER)
    for each in (lower, category):  # while the page was open, the file changed
        world.database.transact(
            investors.change, world.caller("clients"), world.investors["b"], [each], "降级", "档案 2", world.now
        )

    answer = send(officer, *ids)

    assert [states(world)[each] for each in ids] == ["APPROVED", "PENDING", "APPROVED"]
    page = officer.get(answer.location).text
    assert "Approved: 2." in page
    assert "Not approved: 1. The file has changed since this was proposed." in page


def test_what_is_open_cannot_be_selected_and_says_why(world, officer):
    plain = raised(world, "plain")
    mixed = raised(world, "mixed", SOONER)
    staff = propose_staff(world, "newcomer")
    publication, printed = propose_publication(world, FINDINGS), propose_publication(world)
    world.client("bare", RiskCategory.C2)
    wish = [CategoryChange(investor=world.investors["bare"], category=RiskCategory.C4, before=LATER)]
    bare = propose(world, "bare", *wish)
    world.database.transact(
        lambda connection: connection.execute(Proposal.__table__.update().where(Proposal.id == bare).values(evidence=" "))
    )

    queue = unescape(officer.get("/proposals").text)
    checked = unescape(officer.get(check_of(plain, mixed, staff, publication, bare)).text)
    send(officer, mixed, staff, publication, bare)

    assert boxes(queue) == [plain, printed]
    for page in (queue, checked):
        assert "Part of this change lowered and applies already." in page
        assert "Staff accounts, links, statements, questionnaires and policies are decided one by one." in page
        assert "With this proposal findings would be accepted." in page
        assert "No evidence is named for the class or category." in page
    assert {states(world)[each] for each in (plain, mixed, staff, publication, bare)} == {"PENDING"}


def test_nobody_approves_among_many_what_he_could_not_approve_alone(app, world):
    own = raised(world, "own")
    world.staff("inspector", Role.INSPECTOR)
    world.staff("newcomer", Role.COMPLIANCE)
    concerned = propose_staff(world, "newcomer", Role.ADMIN, Grant.CLIENTS)

    for who, ids in (("clients", [own]), ("inspector", [own, concerned]), ("newcomer", [concerned]), ("reports", [own])):
        browser = visit(app, who)
        assert [each for each in boxes(browser.get("/proposals").text) if each in ids] == []
        assert send(browser, *ids).status_code == 303

    assert {states(world)[each] for each in (own, concerned)} == {"PENDING"}


def test_whoever_may_not_see_a_proposal_learns_nothing_of_it(app, world):
    id_ = raised(world, "hidden-name")

    answer = visit(app, "reports").get(check_of(id_))

    assert (answer.status_code, answer.location) == (303, "/proposals")


@pytest.mark.parametrize("ids", [[], ["0" * 26], ["\x00"], ["'; --"], ["x" * 5000] * 40])
def test_what_is_no_proposal_approves_nothing(world, officer, ids):
    count = len(approvals(world))

    answer = send(officer, *ids)

    assert answer.status_code == 303
    assert officer.get(answer.location).status_code == 303
    assert len(approvals(world)) == count


def test_an_old_form_approves_nothing(world, officer):
    id_ = raised(world, "a")

    assert officer.post("/proposals/approval", data={"proposal": [id_]}).status_code == 400
    assert post(officer, "/proposals/approval", {"proposal": id_, "csrf_token": "x"}).status_code == 400
    assert states(world)[id_] == "PENDING"
