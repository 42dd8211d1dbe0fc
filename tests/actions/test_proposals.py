"""The second person: who may decide, what can still be approved, and that two at once are one act."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from gatekeeper.actions import proposals
from gatekeeper.actions.accounts import people
from gatekeeper.actions.clients import investors
from gatekeeper.actions.proposals import Bar
from gatekeeper.actions.publishing import reports
from gatekeeper.files.prepare import prepare, printed_audience, printed_grade, read_objectives
from gatekeeper.rules.changes import CategoryChange, InvestorChange, StandingChange, name_of
from gatekeeper.rules.errors import Conflict, GatekeeperError, Invalid, NotFound, NotPermitted
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.people import Classification, OneTimeLink, RoleGrant
from gatekeeper.store.clients import investors as store
from gatekeeper.store.proof.ledger import LedgerEntry
from tests.world import NOW, ZONE, World

DEMO = Path(__file__).parents[2] / "gatekeeper" / "demo" / "reports"
LATER = valid_before((NOW + timedelta(days=700)).date(), ZONE)


def category(world: World, name: str, to: RiskCategory, before: datetime = LATER) -> InvestorChange:
    return CategoryChange(investor=world.investors[name], category=to, before=before)


def propose(world: World, name: str, *wanted: InvestorChange, by: str = "clients") -> str:
    changed = world.database.transact(
        investors.change, world.caller(by), world.investors[name], wanted, "测评结果", "档案 1", world.now
    )
    assert changed.proposal
    return changed.proposal


def propose_staff(world: World, login: str, role: Role = Role.COMPLIANCE, *grants: Grant) -> str:
    found = world.database.transact(
        people.propose_staff, world.caller("staff-admin"), login, login, role, grants, "新同事", world.now
    )
    assert found.id
    return str(found.id)


def propose_publication(world: World, file: str = "r3-convertible-bonds.txt") -> str:
    admin = world.caller("reports")
    imported = world.database.transact(reports.import_report, admin, prepare((DEMO / file).read_bytes(), file), world.now)
    with world.database.reading() as connection:
        found = reports.view(connection, imported.report, world.now)
    grade = printed_grade(found.reading)
    assert grade
    wish = reports.Wish(
        grade=grade,
        audience=printed_audience(found.reading),
        about=read_objectives(found.reading),
        settled_before={each.id: LATER for each in found.open},
        reason="已核对",
    )
    return world.database.transact(reports.propose_publication, admin, imported.report, wish, world.now).id


def approve(world: World, name: str, id_: str, **more: Any) -> proposals.Ended:
    return world.database.transact(proposals.approve, world.caller(name), id_, "", world.now, **more)


def seen(world: World, name: str, id_: str) -> proposals.View:
    with world.database.reading() as connection:
        return proposals.view(connection, world.caller(name), id_, world.now)


def listed(world: World, name: str, **more: Any) -> proposals.Listing:
    with world.database.reading() as connection:
        return proposals.listing(connection, world.caller(name), world.now, **{"waiting": True, **more})


def entries(world: World) -> int:
    with world.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(LedgerEntry)).scalar_one())


def rows(world: World, table: Any) -> int:
    with world.database.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What each of several threads got that began at one moment."""
    barrier, got = threading.Barrier(len(acts)), [None] * len(acts)

    def run(number: int, act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            got[number] = act()
        except GatekeeperError as error:
            got[number] = error

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return got


def test_an_approved_change_is_on_file_and_its_entry_names_both_people(world):
    world.client("c2", RiskCategory.C2)
    id_ = propose(world, "c2", category(world, "c2", RiskCategory.C4))

    ended = approve(world, "compliance", id_)

    with world.database.reading() as connection:
        assert store.overview(connection, world.investors["c2"], world.now).category is RiskCategory.C4
    assert (ended.state, ended.link_issued) == ("APPROVED", False)
    view = seen(world, "clients", id_)
    assert view.proposal.decided_by == world.people["compliance"]
    assert view.codes[view.proposal.decided_entry_id] == ended.code


@pytest.mark.parametrize("act", [proposals.approve, proposals.reject])
def test_nobody_decides_what_he_proposed(world, act):
    world.client("c2", RiskCategory.C2)
    id_ = propose(world, "c2", category(world, "c2", RiskCategory.C4))
    before = entries(world)

    with pytest.raises(NotPermitted, match="You made this proposal yourself"):
        world.database.transact(act, world.caller("clients"), id_, "weil", world.now)

    assert entries(world) == before
    assert seen(world, "clients", id_).bar is Bar.OWN


@pytest.mark.parametrize("act", [proposals.approve, proposals.reject])
def test_nobody_decides_what_concerns_himself(world, act):
    id_ = propose_staff(world, "compliance-2", Role.ADMIN, Grant.CLIENTS)

    with pytest.raises(NotPermitted, match="concerns yourself"):
        world.database.transact(act, world.caller("compliance-2"), id_, "ja", world.now)

    assert seen(world, "compliance-2", id_).bar is Bar.CONCERNED
    assert approve(world, "compliance", id_).state == "APPROVED"


@pytest.mark.parametrize("name", ["reports", "staff-admin", "c2", "inspector"])
def test_nobody_decides_what_his_role_does_not_cover(world, name):
    world.client("c2", RiskCategory.C2)
    inspector(world)
    id_ = propose(world, "c2", category(world, "c2", RiskCategory.C4))
    before = entries(world)

    for act in (proposals.approve, proposals.reject):
        with pytest.raises(NotPermitted):
            world.database.transact(act, world.caller(name), id_, "nein", world.now)
    with pytest.raises(NotPermitted, match="Only the person who made"):
        world.database.transact(proposals.withdraw, world.caller(name), id_, "", world.now)

    assert entries(world) == before


def inspector(world: World) -> None:
    found = world.database.transact(
        people.propose_staff,
        world.caller("staff-admin"),
        "inspector",
        "inspector",
        Role.INSPECTOR,
        (),
        "检查",
        world.now,
        before=world.now + timedelta(days=30),
    )
    approve(world, "compliance", found.id)
    with world.database.reading() as connection:
        world.people["inspector"] = store.person_by_login(connection, "inspector").id


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("compliance", {"classification", "publication", "staff"}),
        ("inspector", {"classification", "publication", "staff"}),
        ("clients", {"classification"}),
        ("reports", {"publication"}),
        ("staff-admin", {"staff"}),
        ("c2", set()),
    ],
)
def test_each_sees_the_proposals_of_his_own_field(world, name, kinds):
    world.client("c2", RiskCategory.C2)
    inspector(world)
    made = {
        "classification": propose(world, "c2", category(world, "c2", RiskCategory.C4)),
        "publication": propose_publication(world),
        "staff": propose_staff(world, "new"),
    }

    page = listed(world, name)

    assert {line.proposal.kind for line in page.lines} == kinds
    assert page.waiting == len(kinds)
    for kind, id_ in made.items():
        if kind in kinds:
            assert seen(world, name, id_).proposal.id == id_
        else:
            with pytest.raises(NotFound):
                seen(world, name, id_)


def test_the_list_says_what_is_for_me_to_decide(world):
    world.client("c2", RiskCategory.C2)
    world.staff("clients-2", Role.ADMIN, Grant.CLIENTS)
    inspector(world)
    propose(world, "c2", category(world, "c2", RiskCategory.C4))
    propose_staff(world, "compliance-2", Role.ADMIN, Grant.CLIENTS)

    bars = {
        name: [line.bar for line in listed(world, name).lines] for name in ("clients", "clients-2", "compliance-2", "inspector")
    }

    assert bars == {
        "clients": [Bar.OWN],
        "clients-2": [None],
        "compliance-2": [None, Bar.CONCERNED],
        "inspector": [Bar.NOT_APPROVER, Bar.NOT_APPROVER],
    }


def test_the_queue_is_paged_both_ways_with_every_proposal_once(world, monkeypatch):
    monkeypatch.setattr(proposals, "PAGE", 3)
    made = [propose_staff(world, f"new-{number}") for number in range(8)]

    def ids(page: proposals.Listing) -> list[str]:
        return [line.proposal.id for line in page.lines]

    pages = [listed(world, "compliance")]
    while pages[-1].has_next:
        last = pages[-1].lines[-1].proposal
        pages.append(listed(world, "compliance", position=(last.proposed_at, last.id)))
    back = [pages[-1]]
    while back[0].has_previous and len(back) < 5:
        first = back[0].lines[0].proposal
        back.insert(0, listed(world, "compliance", position=(first.proposed_at, first.id), back=True))

    assert [id_ for page in pages for id_ in ids(page)] == made, "oldest first"
    assert [id_ for page in back for id_ in ids(page)] == made
    for id_ in made[:2]:
        world.database.transact(proposals.reject, world.caller("compliance"), id_, "nein", world.now)
    assert ids(listed(world, "compliance", waiting=False))[:2] == made[1::-1], "the last one first"


def test_what_changed_since_cannot_be_approved(world):
    world.client("c2", RiskCategory.C2)
    id_ = propose(world, "c2", category(world, "c2", RiskCategory.C4))
    assert seen(world, "compliance", id_).unfit is None
    world.change("c2", category(world, "c2", RiskCategory.C1))

    with pytest.raises(Conflict, match="The file has changed since"):
        approve(world, "compliance", id_)

    view = seen(world, "compliance", id_)
    assert "The file has changed" in str(view.unfit)
    assert world.database.transact(proposals.reject, world.caller("compliance"), id_, "veraltet", world.now).state == "REJECTED"


def test_what_is_too_old_cannot_be_approved(world):
    world.client("c2", RiskCategory.C2)
    id_ = propose(world, "c2", category(world, "c2", RiskCategory.C4))
    world.clock.forward(timedelta(days=30))

    with pytest.raises(Conflict, match="older than 30 days"):
        approve(world, "compliance", id_)

    assert "older than 30 days" in str(seen(world, "compliance", id_).unfit)


def test_what_has_lapsed_meanwhile_cannot_be_approved(world):
    world.client("c2", RiskCategory.C2)
    tomorrow = valid_before((NOW + timedelta(days=1)).date(), ZONE)
    id_ = propose(world, "c2", category(world, "c2", RiskCategory.C4, tomorrow))
    world.clock.forward(timedelta(days=3))

    with pytest.raises(Conflict):
        approve(world, "compliance", id_)

    assert seen(world, "compliance", id_).unfit is not None


@pytest.mark.parametrize("reason", ["", "   ", "\n"])
def test_a_rejection_needs_its_reason(world, reason):
    id_ = propose_staff(world, "new")

    with pytest.raises(Invalid, match="A rejection needs its reason") as caught:
        world.database.transact(proposals.reject, world.caller("compliance"), id_, reason, world.now)

    assert caught.value.faults[0].field == "reason"
    assert seen(world, "compliance", id_).proposal.state == "PENDING"


@pytest.mark.parametrize("reason", ["x" * 2001, "a\0b", "a\x1bb"])
def test_a_reason_is_not_endless_and_can_be_printed(world, reason):
    id_ = propose_staff(world, "new")

    for act in (proposals.approve, proposals.reject):
        with pytest.raises(Invalid):
            world.database.transact(act, world.caller("compliance"), id_, reason, world.now)


def test_an_ended_proposal_stays_ended(world):
    world.client("c2", RiskCategory.C2)
    id_ = propose(world, "c2", category(world, "c2", RiskCategory.C4))
    world.database.transact(proposals.withdraw, world.caller("clients"), id_, "", world.now)

    for act, name in ((proposals.approve, "compliance"), (proposals.reject, "compliance"), (proposals.withdraw, "clients")):
        with pytest.raises(Conflict, match="withdrawn already"):
            world.database.transact(act, world.caller(name), id_, "noch einmal", world.now)


@pytest.mark.parametrize("id_", ["", "x", "0" * 26, "a\0b", "'; --"])
def test_there_is_no_such_proposal(world, id_):
    with pytest.raises(NotFound):
        approve(world, "compliance", id_)
    with pytest.raises(NotFound):
        seen(world, "compliance", id_)


def test_an_ended_proposal_is_shown_beside_what_was_on_file_then(world):
    world.client("c2", RiskCategory.C2)
    standing = StandingChange(investor=world.investors["c2"], client=True, profile_complete=True, contract_from=NOW)
    id_ = propose(world, "c2", category(world, "c2", RiskCategory.C4), standing)
    waiting = seen(world, "compliance", id_).comparisons
    approve(world, "compliance", id_)
    world.change("c2", category(world, "c2", RiskCategory.C1))

    ended = seen(world, "compliance", id_).comparisons

    assert [name_of(each.after) for each in ended] == ["category", "standing"]
    assert ended == waiting
    [before, _] = [each.before for each in ended]
    assert isinstance(before, CategoryChange)
    assert before.category is RiskCategory.C2


def test_an_ended_staff_proposal_is_shown_beside_the_role_then(world):
    id_ = propose_staff(world, "reports", Role.ADMIN, Grant.REPORTS, Grant.CLIENTS)
    new = propose_staff(world, "new")
    approve(world, "compliance", id_)
    approve(world, "compliance", new)

    [changed], [added] = (seen(world, "compliance", each).comparisons for each in (id_, new))

    assert getattr(changed.before, "grants", None) == (Grant.REPORTS,)
    assert added.before is None


def test_a_new_staff_member_gets_a_link_and_another_change_none(world):
    new = approve(world, "compliance", propose_staff(world, "new"), link_hash=sessions.token_hash("a"))
    other = propose_staff(world, "reports", Role.ADMIN, Grant.REPORTS, Grant.CLIENTS)

    changed = approve(world, "compliance", other, link_hash=sessions.token_hash("b"))

    assert (new.link_issued, changed.link_issued) == (True, False)
    assert rows(world, OneTimeLink) == 1


def test_two_approvers_at_once_are_one_act_and_a_clear_answer(world):
    world.client("c2", RiskCategory.C2)
    id_ = propose(world, "c2", category(world, "c2", RiskCategory.C4))
    before = entries(world), rows(world, Classification)

    got = at_once(*(lambda name=name: approve(world, name, id_) for name in ("compliance", "compliance-2", "compliance")))

    assert sorted(type(each).__name__ for each in got) == ["Conflict", "Conflict", "Ended"]
    assert {str(each) for each in got if isinstance(each, Conflict)} == {"This proposal was approved already."}
    assert (entries(world), rows(world, Classification)) == (before[0] + 1, before[1] + 1)


def test_approving_and_rejecting_at_once_is_one_of_both(world):
    id_ = propose_staff(world, "new")
    before = entries(world)

    got = at_once(
        lambda: approve(world, "compliance", id_),
        lambda: world.database.transact(proposals.reject, world.caller("compliance-2"), id_, "nein", world.now),
    )

    assert sorted(type(each).__name__ for each in got) == ["Conflict", "Ended"]
    assert entries(world) == before + 1


def test_two_proposals_about_the_same_fact_do_not_both_take_effect(world):
    first = propose_staff(world, "reports", Role.ADMIN, Grant.REPORTS, Grant.CLIENTS)
    second = propose_staff(world, "reports", Role.ADMIN, Grant.REPORTS, Grant.STAFF)
    before = rows(world, RoleGrant)

    got = at_once(lambda: approve(world, "compliance", first), lambda: approve(world, "compliance-2", second))

    assert sorted(type(each).__name__ for each in got) == ["Conflict", "Ended"]
    assert "The file has changed" in next(str(each) for each in got if isinstance(each, Conflict))
    assert rows(world, RoleGrant) == before + 1


def test_a_publication_is_approved_once_and_shows_its_findings(world):
    id_ = propose_publication(world)
    view = seen(world, "compliance", id_)
    assert view.version.title
    assert {finding.version_id for finding in view.findings} <= {view.version.id}

    approve(world, "compliance", id_)

    with pytest.raises(Conflict, match="approved already"):
        approve(world, "compliance-2", id_)


def test_a_settlement_that_ends_before_the_approval_leaves_the_finding_open(world):
    sample = "r3-convertible-bonds.txt"
    text = (DEMO / sample).read_text("utf-8").replace("证券研究报告", "研究简报")
    admin = world.caller("reports")
    imported = world.database.transact(reports.import_report, admin, prepare(text.encode(), sample), world.now)
    with world.database.reading() as connection:
        found = reports.view(connection, imported.report, world.now)
    assert found.open, "without these words a finding is raised"
    grade = printed_grade(found.reading)
    assert grade
    soon = datetime(2026, 11, 25, tzinfo=UTC)
    wish = reports.Wish(
        grade=grade, audience=printed_audience(found.reading), settled_before={each.id: soon for each in found.open}, reason="ja"
    )
    id_ = world.database.transact(reports.propose_publication, admin, imported.report, wish, world.now).id
    world.clock.forward(timedelta(days=3))

    with pytest.raises(Conflict):
        approve(world, "compliance", id_)
