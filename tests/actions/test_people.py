"""Staff: proposing, taking away, suspending; the last holder of a grant; and clients who come back."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from gatekeeper.actions import proposals
from gatekeeper.actions.accounts import people
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.changes import RoleChange
from gatekeeper.rules.errors import Conflict, GatekeeperError, Invalid, NotFound, NotPermitted
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.roles import Grant, Permission, Role
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.people import LoginSession
from gatekeeper.store.clients import investors as store
from gatekeeper.store.proof.ledger import LedgerEntry
from tests.world import PASSWORD_HASH, ZONE, World

UNTIL_NEW_YEAR = valid_before(date(2026, 12, 31), ZONE)


def propose(world: World, login, role, *grants, by="staff-admin", name=None, reason="需要", before=None):
    arguments = (world.caller(by), name or login, login, role, grants, reason, world.now)
    return world.database.transact(people.propose_staff, *arguments, before=before)


def approve(world: World, proposal, by="compliance"):
    return world.database.transact(proposals.approve, world.caller(by), proposal, "同意", world.now)


def suspend(world: World, name, by="staff-admin", reason="离职"):
    return world.database.transact(people.suspend, world.caller(by), world.people[name], reason, world.now)


def account(world: World, login):
    with world.database.reading() as connection:
        return sessions.account(connection, login, world.now)


def role_of(world: World, name):
    with world.database.reading() as connection:
        return store.current(connection, RoleChange(person=world.people[name], role=Role.ADMIN), world.now)[1]


def entries(world: World) -> int:
    with world.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(LedgerEntry)).scalar_one()


def open_session(world: World, name: str) -> int:
    def begin(connection):
        return sessions.begin(
            connection,
            token_hash=name.encode().ljust(32, b"0")[:32],
            person_id=world.people[name],
            investor_id=None,
            created_at=world.now,
            last_seen=world.now,
            idle_seconds=3600,
            ends_at=world.now + timedelta(days=1),
            address="",
            device="",
            entry_id=connection.execute(select(func.max(LedgerEntry.id))).scalar_one(),
        )

    return world.database.note(begin)


def has_ended(world: World, session: int) -> bool:
    with world.database.reading() as connection:
        return connection.execute(select(LoginSession.ended_at).where(LoginSession.id == session)).scalar_one() is not None


# Proposing


def test_a_new_staff_member_waits_for_compliance(world):
    proposed = propose(world, "qian", Role.ADMIN, Grant.CLIENTS, Grant.REPORTS)

    assert account(world, "qian") is None
    assert proposed.lowered is None
    approve(world, proposed.id)
    assert account(world, "qian").grants == (Grant.CLIENTS, Grant.REPORTS)


def test_a_staff_admin_does_not_approve_what_another_one_proposes(world):
    world.staff("staff-2", Role.ADMIN, Grant.STAFF)
    proposed = propose(world, "qian", Role.COMPLIANCE)

    for who in ("staff-admin", "staff-2", "clients"):
        with pytest.raises(NotPermitted):
            approve(world, proposed.id, by=who)


def test_a_compliance_officer_does_not_approve_what_concerns_himself(world):
    proposed = propose(world, "compliance-2", Role.ADMIN, Grant.CLIENTS)

    with pytest.raises(NotPermitted, match="yourself"):
        approve(world, proposed.id, by="compliance-2")


def test_only_a_staff_admin_proposes_and_not_for_himself(world):
    for who in ("compliance", "clients", "reports"):
        with pytest.raises(NotPermitted):
            propose(world, "qian", Role.COMPLIANCE, by=who)
    with pytest.raises(NotPermitted, match="himself"):
        propose(world, "staff-admin", Role.ADMIN, Grant.STAFF, Grant.CLIENTS)


def test_the_same_proposal_twice_is_one(world):
    propose(world, "qian", Role.COMPLIANCE)

    with pytest.raises(Conflict, match="proposed already"):
        propose(world, "qian", Role.COMPLIANCE, reason="另一个理由")


def test_what_a_person_has_already_is_refused(world):
    with pytest.raises(Conflict, match="on file already"):
        propose(world, "clients", Role.ADMIN, Grant.CLIENTS)


def test_a_client_does_not_become_staff(world):
    world.client("zhang")
    suspend(world, "zhang", by="clients")

    with pytest.raises(Conflict, match="one role"):
        propose(world, "zhang", Role.COMPLIANCE)


def test_a_login_name_is_not_given_to_another_name(world):
    with pytest.raises(Conflict, match="belongs to clients"):
        propose(world, "clients", Role.COMPLIANCE, name="别人")


def test_an_inspector_comes_for_a_time(world):
    proposed = propose(world, "juyuan", Role.INSPECTOR, before=UNTIL_NEW_YEAR)
    approve(world, proposed.id)

    assert Permission.SEARCH_LEDGER in account(world, "juyuan").permissions
    world.clock.moment = UNTIL_NEW_YEAR
    assert account(world, "juyuan") is None


def test_an_inspectors_proposal_whose_last_day_has_passed_is_not_approved(world):
    proposed = propose(world, "juyuan", Role.INSPECTOR, before=valid_before(date(2026, 11, 24), ZONE))
    world.clock.forward(timedelta(days=3))

    with pytest.raises(Conflict):
        approve(world, proposed.id)


EMPTY = "Please fill in this field."
WRONG = {
    "nothing filled in": ({"name": " ", "login": "", "reason": ""}, [("name", EMPTY), ("reason", EMPTY), ("login", EMPTY)]),
    "a login name with a space": ({"login": "qian li"}, [("login", "A login name has no spaces.")]),
    "a name that cannot be printed": (
        {"name": "钱\x00", "login": "qian"},
        [("name", "This text has characters that cannot be printed.")],
    ),
    "a name that does not fit": ({"name": "钱" * 101, "login": "qian"}, [("name", "At most 100 characters fit here.")]),
    "a client": ({"role": Role.CLIENT}, [("role", "This is not a staff role.")]),
    "a system": ({"role": Role.SERVICE}, [("role", "This is not a staff role.")]),
    "an admin of nothing": ({"role": Role.ADMIN}, [("grants", "An admin needs at least one grant.")]),
    "an inspector for ever": ({"role": Role.INSPECTOR}, [("last_day", "An inspector's access needs a last day.")]),
    "a last day in the past": (
        {"before": valid_before(date(2026, 11, 22), ZONE)},
        [("last_day", "The last day must not lie in the past.")],
    ),
    "a last day in another age": (
        {"before": valid_before(date(2126, 1, 1), ZONE)},
        [("last_day", "This day lies more than ten years ahead.")],
    ),
}


def test_each_fault_has_its_own_sentence(world):
    before = entries(world)
    found = {}

    for case, (changed, _) in WRONG.items():
        wanted = {"name": "钱", "login": "qian", "role": Role.COMPLIANCE, "reason": "需要", "before": None, **changed}
        arguments = (wanted["name"], wanted["login"], wanted["role"], (), wanted["reason"], world.now)
        with pytest.raises(Invalid) as problem:
            world.database.transact(people.propose_staff, world.caller("staff-admin"), *arguments, before=wanted["before"])
        found[case] = [(fault.field, str(fault)) for fault in problem.value.faults]

    assert found == {case: wrong for case, (_, wrong) in WRONG.items()}
    assert entries(world) == before


# Taking away


def test_a_grant_is_taken_away_at_once_and_the_sessions_end(world):
    world.staff("clients-2", Role.ADMIN, Grant.CLIENTS, Grant.REPORTS)
    session = open_session(world, "clients-2")

    changed = propose(world, "clients-2", Role.ADMIN, Grant.REPORTS)

    assert (changed.id, changed.raised) == (None, None)
    assert account(world, "clients-2").grants == (Grant.REPORTS,)
    assert has_ended(world, session)
    with world.database.reading() as connection:
        entry = connection.execute(select(LedgerEntry).where(LedgerEntry.code == changed.code)).one()
    assert (entry.kind, entry.person) == ("staff.lowered", world.people["clients-2"])


def test_one_grant_for_another_loses_the_one_and_waits_for_the_other(world):
    world.staff("clients-2", Role.ADMIN, Grant.CLIENTS)
    world.staff("reports-2", Role.ADMIN, Grant.REPORTS, Grant.CLIENTS)

    changed = propose(world, "reports-2", Role.ADMIN, Grant.CLIENTS, Grant.STAFF)

    assert account(world, "reports-2").grants == (Grant.CLIENTS,)
    approve(world, changed.id)
    assert account(world, "reports-2").grants == (Grant.CLIENTS, Grant.STAFF)


def test_another_role_waits_as_a_whole(world):
    world.staff("clients-2", Role.ADMIN, Grant.CLIENTS)

    changed = propose(world, "clients-2", Role.COMPLIANCE)

    assert account(world, "clients-2").role is Role.ADMIN
    approve(world, changed.id)
    assert account(world, "clients-2").role is Role.COMPLIANCE


# Suspending


def test_suspending_acts_at_once_and_ends_the_sessions(world):
    session = open_session(world, "compliance-2")

    suspend(world, "compliance-2")

    assert account(world, "compliance-2") is None
    assert has_ended(world, session)
    with pytest.raises(NotFound, match="suspended already"):
        suspend(world, "compliance-2")


def test_who_was_suspended_comes_back_by_a_proposal_alone(world):
    suspend(world, "compliance-2")

    changed = propose(world, "compliance-2", Role.COMPLIANCE)

    assert account(world, "compliance-2") is None
    approve(world, changed.id)
    assert account(world, "compliance-2").role is Role.COMPLIANCE


def test_who_suspends_whom(world):
    world.client("zhang")
    before = entries(world)

    for who, whom in [("clients", "reports"), ("staff-admin", "zhang"), ("compliance", "zhang"), ("zhang", "reports")]:
        with pytest.raises(NotPermitted):
            suspend(world, whom, by=who)
    with pytest.raises(NotPermitted, match="himself"):
        suspend(world, "staff-admin")
    for reason in ("", " ", "因" * 2001, "\x00"):
        with pytest.raises(Invalid):
            suspend(world, "reports", reason=reason)
    assert entries(world) == before


def test_a_client_admin_suspends_a_client_and_proposes_the_return(world):
    world.client("zhang")
    session = open_session(world, "zhang")

    suspend(world, "zhang", by="clients")
    assert account(world, "zhang") is None
    assert has_ended(world, session)

    back = (world.investors["zhang"], world.people["zhang"], "核实完毕")
    proposed = world.database.transact(people.reactivate, world.caller("clients"), *back, world.now)
    assert account(world, "zhang") is None
    with pytest.raises(NotPermitted):
        approve(world, proposed.id, by="clients")
    approve(world, proposed.id)
    assert account(world, "zhang").role is Role.CLIENT
    with pytest.raises(Conflict, match="on file already"):
        world.database.transact(people.reactivate, world.caller("clients"), *back, world.now)


def test_the_return_of_a_client_is_proposed_by_a_client_admin_for_a_person_of_the_file(world):
    world.client("zhang")
    world.client("li")
    suspend(world, "zhang", by="clients")

    for who in ("compliance", "staff-admin", "reports"):
        with pytest.raises(NotPermitted):
            world.database.transact(
                people.reactivate, world.caller(who), world.investors["zhang"], world.people["zhang"], "理由", world.now
            )
    for investor, person in [("li", "zhang"), ("zhang", "reports")]:
        with pytest.raises(NotFound):
            world.database.transact(
                people.reactivate, world.caller("clients"), world.investors[investor], world.people[person], "理由", world.now
            )


# The last holder


def test_the_last_holder_of_a_grant_cannot_be_suspended_nor_lose_it(world):
    with pytest.raises(Conflict, match="last person with “CLIENTS”"):
        suspend(world, "clients")
    with pytest.raises(Conflict, match="last person with “CLIENTS”"):
        propose(world, "clients", Role.ADMIN, Grant.SERVICES)
    assert account(world, "clients").grants == (Grant.CLIENTS,)


def test_the_last_holder_does_not_move_to_another_role(world):
    changed = propose(world, "reports", Role.COMPLIANCE)

    with pytest.raises(Conflict, match="last person with “REPORTS”"):
        approve(world, changed.id)


def test_the_last_compliance_officer_stays(world):
    suspend(world, "compliance-2")

    with pytest.raises(Conflict, match="last person with “COMPLIANCE”"):
        suspend(world, "compliance")


def test_a_holder_for_a_time_does_not_count(world):
    changed = propose(world, "clients-2", Role.ADMIN, Grant.CLIENTS, before=UNTIL_NEW_YEAR)
    approve(world, changed.id)

    with pytest.raises(Conflict, match="last person"):
        suspend(world, "clients")
    with pytest.raises(Conflict, match="last person"):
        propose(world, "clients", Role.ADMIN, Grant.CLIENTS, before=UNTIL_NEW_YEAR)


def test_the_last_two_holders_do_not_suspend_each_other_at_once(world):
    world.staff("staff-2", Role.ADMIN, Grant.STAFF)
    moment = world.now

    def act(by, whom):
        try:
            return world.database.transact(people.suspend, world.caller(by), world.people[whom], "互相", moment)
        except GatekeeperError as error:
            return error

    with ThreadPoolExecutor(2) as pool:
        outcomes = list(pool.map(act, ("staff-admin", "staff-2"), ("staff-2", "staff-admin")))

    assert sorted(isinstance(each, str) for each in outcomes) == [False, True]
    assert sum(account(world, login) is not None for login in ("staff-admin", "staff-2")) == 1


# The first two


def test_the_first_two_are_made_once(world):
    first = people.NewStaff("首位管理员", "first", PASSWORD_HASH)
    second = people.NewStaff("首位合规", "second", PASSWORD_HASH)

    with pytest.raises(Conflict, match="staff already"):
        world.database.transact(people.bootstrap, Caller(actor="operator"), first, second, world.now)


def test_the_staff_page_knows_everybody_and_what_waits(world):
    propose(world, "qian", Role.INSPECTOR, before=UNTIL_NEW_YEAR, name="钱监管")
    suspend(world, "compliance-2")

    with world.database.reading() as connection:
        staff = people.staff(connection, world.now)

    assert {row.login: row.live for row in staff.members} == {
        "staff-admin": True,
        "clients": True,
        "reports": True,
        "compliance": True,
        "compliance-2": False,
    }
    assert [(staff.names[change.person], change.role, change.before) for _, change in staff.waiting] == [
        ("钱监管", Role.INSPECTOR, UNTIL_NEW_YEAR)
    ]
    assert role_of(world, "compliance-2").live is False
