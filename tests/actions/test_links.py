"""One-time links and the second person: reissue, reset, and whom a link keeps from deciding what."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from gatekeeper.actions import proposals
from gatekeeper.actions.accounts import account, people, sign_in
from gatekeeper.actions.clients import investors
from gatekeeper.ledger.acts.links import Issued
from gatekeeper.ledger.acts.second_person import Bar
from gatekeeper.rules.changes import CategoryChange, ResetChange
from gatekeeper.rules.errors import Conflict, Invalid, NotFound, NotPermitted
from gatekeeper.rules.messages.links import APART_FOR, LIFE, Purpose
from gatekeeper.rules.risk import RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.people import LoginSession, OneTimeLink
from gatekeeper.store.proof.ledger import LedgerEntry
from tests.world import CHEAP, PASSWORD, World

NEW_HASH = CHEAP.hash("another good password")


def issue(world: World, name: str, token: str, by: str = "clients") -> Issued:
    link = sessions.token_hash(token)
    return world.database.transact(investors.issue_link, world.caller(by), world.people[name], link, world.now)


def use(world: World, token: str):
    return world.database.transact(sign_in.use_link, world.caller("staff-admin"), token, NEW_HASH, world.now)


def propose_reset(world: World, name: str, by: str = "staff-admin", reason: str = "忘记密码"):
    return world.database.transact(people.propose_reset, world.caller(by), world.people[name], reason, world.now)


def approve(world: World, proposal: str, by: str, token: str | None = "t"):  # noqa: S107  (a link of this test)
    link = sessions.token_hash(token) if token else None
    return world.database.transact(proposals.approve, world.caller(by), proposal, "同意", world.now, link_hash=link)


def raise_c2(world: World, by: str = "clients") -> str:
    """A rise of a category, proposed by one; the proposal's id."""
    name = f"c2-{world.now.timestamp()}"
    world.client(name, RiskCategory.C2)
    before = world.clock.moment + timedelta(days=300)
    wanted = CategoryChange(investor=world.investors[name], category=RiskCategory.C4, before=before)
    arguments = (world.caller(by), world.investors[name], [wanted], "复评", "档案 2", world.now)
    changed = world.database.transact(investors.change, *arguments)
    assert changed.proposal
    return changed.proposal


def bar(world: World, proposal: str, who: str) -> Bar | None:
    with world.database.reading() as connection:
        seen = proposals.view(connection, world.caller(who), proposal, world.now).bar
        [line] = [
            each
            for each in proposals.listing(connection, world.caller(who), world.now, waiting=True).lines
            if each.proposal.id == proposal
        ]
    assert line.bar == seen, "the list says what the page says"
    return seen


def last(world: World, kind: str):
    with world.database.reading() as connection:
        query = select(LedgerEntry.__table__).where(LedgerEntry.kind == kind).order_by(LedgerEntry.id.desc())
        return connection.execute(query).first()


def count(world: World, table) -> int:
    with world.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


# Clients


def test_the_first_link_activates_and_every_later_one_resets(world):
    person = world.client("zhang")
    world.database.note(lambda connection: sessions.set_password(connection, person, None))  # type: ignore[arg-type]

    first = issue(world, "zhang", "a")
    use(world, "a")
    second = issue(world, "zhang", "b")

    assert (first.purpose, second.purpose) == (Purpose.ACTIVATION, Purpose.RESET)
    assert (second.name, second.login, second.ends_at) == ("zhang", "zhang", world.clock.moment + LIFE)
    entry = last(world, "activation_link.issued")
    assert (entry.actor, entry.person) == (f"person:{world.people['clients']}", person)
    assert json.loads(entry.leaf)["data"] == {"channel": "test", "purpose": "reset"}


def test_a_reset_leaves_the_old_password_until_it_is_used(world):
    world.client("zhang")
    issue(world, "zhang", "a")
    with world.database.reading() as connection:
        assert CHEAP.verify(sessions.account(connection, "zhang", world.now).password_hash, PASSWORD)

    use(world, "a")

    with world.database.reading() as connection:
        assert sessions.account(connection, "zhang", world.now).password_hash == NEW_HASH


def test_a_link_of_somebody_who_was_suspended_meanwhile_is_dead(world):
    world.client("zhang")
    issue(world, "zhang", "a")
    world.database.transact(people.suspend, world.caller("clients"), world.people["zhang"], "风险", world.now)

    with pytest.raises(Conflict, match="has expired"):
        use(world, "a")
    with pytest.raises(NotFound):
        issue(world, "zhang", "b")


# Staff


def test_a_staff_reset_takes_two_and_the_approver_gets_the_link(world):
    proposed = propose_reset(world, "reports")
    assert count(world, OneTimeLink) == 0

    ended = approve(world, proposed.id, "compliance")

    assert ended.link == Issued(
        person=world.people["reports"],
        name="reports",
        login="reports",
        purpose=Purpose.RESET,
        ends_at=world.clock.moment + LIFE,
    )
    use(world, "t")
    with world.database.reading() as connection:
        assert sessions.account(connection, "reports", world.now).password_hash == NEW_HASH
    data = json.loads(last(world, "staff.approved").leaf)["data"]
    assert data["changes"] == [{"fact": "reset", "person": world.people["reports"]}]


def test_a_lapsed_first_link_of_a_colleague_is_made_anew_in_the_same_way(world):
    person = world.staff("new", Role.ADMIN, Grant.REPORTS)
    world.database.note(lambda connection: sessions.set_password(connection, person, None))  # type: ignore[arg-type]

    ended = approve(world, propose_reset(world, "new").id, "compliance")

    assert ended.link.purpose is Purpose.ACTIVATION


def test_who_proposes_a_staff_link_and_for_whom(world):
    world.client("zhang")
    before = count(world, LedgerEntry)

    for who in ("compliance", "clients", "reports", "zhang"):
        with pytest.raises(NotPermitted):
            propose_reset(world, "compliance-2", by=who)
    with pytest.raises(NotPermitted, match="for himself"):
        propose_reset(world, "staff-admin")
    with pytest.raises(NotFound):
        propose_reset(world, "zhang")
    for reason in ("", " ", "\x00"):
        with pytest.raises(Invalid):
            propose_reset(world, "reports", reason=reason)
    assert count(world, LedgerEntry) == before
    propose_reset(world, "reports")
    with pytest.raises(Conflict, match="proposed already"):
        propose_reset(world, "reports", reason="再来")


def test_a_reset_is_approved_by_neither_the_proposer_nor_the_person_concerned(world):
    proposed = propose_reset(world, "compliance-2")

    assert bar(world, proposed.id, "compliance-2") is Bar.CONCERNED
    for who in ("staff-admin", "compliance-2", "clients"):
        with pytest.raises(NotPermitted):
            approve(world, proposed.id, who)


def test_a_reset_is_not_approved_without_somebody_to_take_the_link(world):
    with pytest.raises(Conflict, match="on its own page"):
        approve(world, propose_reset(world, "reports").id, "compliance", token=None)


def test_a_reset_of_an_account_that_has_changed_since_is_not_approved(world):
    world.staff("reports-2", Role.ADMIN, Grant.REPORTS)
    proposed = propose_reset(world, "reports-2")
    world.database.transact(people.suspend, world.caller("staff-admin"), world.people["reports-2"], "离职", world.now)

    with pytest.raises(Conflict, match="file has changed"):
        approve(world, proposed.id, "compliance")
    assert count(world, OneTimeLink) == 0


def test_a_proposal_to_reset_names_its_change_in_both_states(world):
    proposed = propose_reset(world, "reports")
    for state in ("waiting", "approved"):
        with world.database.reading() as connection:
            [compared] = proposals.view(connection, world.caller("compliance"), proposed.id, world.now).comparisons
        assert (compared.before, compared.after) == (None, ResetChange(person=world.people["reports"]))
        if state == "waiting":
            approve(world, proposed.id, "compliance")


# For thirty days


@pytest.fixture
def linked(world: World) -> World:
    """A world in which compliance has just been handed the link of the client admin."""
    world.staff("clients-2", Role.ADMIN, Grant.CLIENTS)
    approve(world, propose_reset(world, "clients").id, "compliance")
    return world


def test_whoever_held_the_link_does_not_approve_what_that_account_proposes(linked):
    proposal = raise_c2_of(linked)

    assert bar(linked, proposal, "compliance") is Bar.LINKED
    for act in (proposals.approve, proposals.reject):
        with pytest.raises(NotPermitted, match="one-time link"):
            linked.database.transact(act, linked.caller("compliance"), proposal, "同意", linked.now)
    assert bar(linked, proposal, "compliance-2") is None
    approve(linked, proposal, "compliance-2")


def raise_c2_of(world: World) -> str:
    """As ``raise_c2`` for a client whose file is complete already: made by others, so that the bar does not stand in its way."""
    if "c2" not in world.investors:
        linked_out = World(world.database, world.clock, {**world.people, "compliance": world.people["compliance-2"]})
        linked_out.client("c2", RiskCategory.C2)
        world.people["c2"], world.investors["c2"] = linked_out.people["c2"], linked_out.investors["c2"]
    before = world.clock.moment + timedelta(days=300)
    wanted = CategoryChange(investor=world.investors["c2"], category=RiskCategory.C4, before=before)
    arguments = (world.caller("clients"), world.investors["c2"], [wanted], "复评", "档案 2", world.now)
    proposal = world.database.transact(investors.change, *arguments).proposal
    assert proposal
    return proposal


def test_that_account_does_not_approve_what_the_holder_proposes(world):
    """The other way round: a client admin who held a link of another one, and then proposes himself."""
    world.staff("clients-2", Role.ADMIN, Grant.CLIENTS)
    proposal = raise_c2(world, by="clients")
    approve_link_between(world, "clients", "clients-2")

    assert bar(world, proposal, "clients-2") is Bar.LINKED
    with pytest.raises(NotPermitted, match="one-time link"):
        approve(world, proposal, "clients-2")


def approve_link_between(world: World, issuer: str, holder: str) -> None:
    """A link to one staff account in another one's hands, as an earlier role of the issuer would have left it."""
    from_whom, to_whom = world.people[issuer], world.people[holder]
    columns = {"token_hash": b"x" * 32, "person_id": to_whom, "issued_by": from_whom, "issued_at": world.now}
    with world.database.reading() as connection:
        entry_id = connection.execute(select(func.max(LedgerEntry.id))).scalar_one()
    table = OneTimeLink.__table__
    world.database.note(
        lambda connection: connection.execute(
            table.insert().values(**columns, ends_at=world.clock.moment + LIFE, entry_id=entry_id)  # type: ignore[attr-defined]
        )
    )


def test_after_thirty_days_they_may_again(linked):
    proposal = raise_c2_of(linked)
    linked.clock.forward(APART_FOR - timedelta(hours=1))
    assert bar(linked, proposal, "compliance") is Bar.LINKED

    linked.clock.forward(timedelta(hours=1, minutes=1))
    with linked.database.reading() as connection:
        view = proposals.view(connection, linked.caller("compliance"), proposal, linked.now)

    assert view.bar is None


def test_using_the_link_or_issuing_a_newer_one_shortens_nothing(linked):
    use(linked, "t")
    approve(linked, propose_reset(linked, "clients").id, "compliance-2", token="u")
    proposal = raise_c2_of_without_officers(linked)

    assert [bar(linked, proposal, who) for who in ("compliance", "compliance-2", "clients-2")] == [Bar.LINKED, Bar.LINKED, None]


def raise_c2_of_without_officers(world: World) -> str:
    """A client whose file a second client admin has approved, and a rise that waits."""
    out = World(world.database, world.clock, {**world.people, "compliance": world.people["clients-2"]})
    out.client("c2", RiskCategory.C2)
    world.people["c2"], world.investors["c2"] = out.people["c2"], out.investors["c2"]
    return raise_c2_of(world)


def test_a_colleague_made_for_the_purpose_helps_nobody(world):
    """Compliance approves a new admin, keeps the link, proposes as him and would approve as itself."""
    wanted = ("分身", "puppet", Role.ADMIN, (Grant.CLIENTS,), "人手不足", world.now)
    made = world.database.transact(people.propose_staff, world.caller("staff-admin"), *wanted)
    assert approve(world, made.id, "compliance", token="p").link.purpose is Purpose.ACTIVATION
    use(world, "p")
    with world.database.reading() as connection:
        world.people["puppet"] = sessions.account(connection, "puppet", world.now).person

    proposal = raise_c2(world, by="puppet")

    with pytest.raises(NotPermitted, match="one-time link"):
        approve(world, proposal, "compliance")
    assert bar(world, proposal, "compliance-2") is None


# What a link and a password do to sessions


def test_changing_the_password_kills_a_link_that_waits(world):
    world.client("zhang")
    issue(world, "zhang", "a")
    with world.database.reading() as connection:
        old = sessions.account(connection, "zhang", world.now).password_hash

    world.database.transact(account.change_password, world.caller("zhang"), old, NEW_HASH, world.now)

    with pytest.raises(Conflict):
        use(world, "a")


def test_a_link_used_meanwhile_wins_over_a_password_form_left_open(world):
    world.client("zhang")
    issue(world, "zhang", "a")
    with world.database.reading() as connection:
        old = sessions.account(connection, "zhang", world.now).password_hash
    use(world, "a")

    with pytest.raises(Conflict, match="another window"):
        world.database.transact(account.change_password, world.caller("zhang"), old, CHEAP.hash("x" * 12), world.now)


def test_using_a_link_can_open_a_session_and_ends_all_others(world):
    person = world.client("zhang")
    issue(world, "zhang", "a")
    opened = sign_in.NewSession(b"n" * 32, timedelta(hours=1), timedelta(days=1))
    world.database.transact(sign_in.use_link, world.caller("staff-admin"), "a", NEW_HASH, world.now, opened=opened)

    with world.database.reading() as connection:
        [row] = connection.execute(select(LoginSession.__table__)).all()
    assert (row.person_id, row.investor_id, row.ended_at) == (person, world.investors["zhang"], None)
    entry = last(world, "activation_link.used")
    assert (entry.actor, entry.person) == (f"person:{person}", person)
    assert last(world, "person.signed_in").actor == f"person:{person}"
