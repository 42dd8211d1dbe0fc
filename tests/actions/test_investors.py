"""Changing an investor's file: who may, what acts at once, what waits, and what is refused."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from gatekeeper.actions import proposals
from gatekeeper.actions.clients import investors
from gatekeeper.actions.clients.investors import Delegate
from gatekeeper.actions.reading import access
from gatekeeper.rules.changes import (
    CategoryChange,
    ClassChange,
    LowestChange,
    MandateChange,
    StandingChange,
)
from gatekeeper.rules.errors import Conflict, GatekeeperError, Invalid, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, InvestorKind, RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.people import Classification, LoginSession
from gatekeeper.store.apply import apply
from gatekeeper.store.clients import investor_file
from gatekeeper.store.clients import investors as store
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.proposals import Proposal
from tests.world import NOW, ZONE, World

C1, C2, C3, C4, C5 = RiskCategory
LAST_DAY = valid_before(date(2028, 11, 23), ZONE)
SOONER = valid_before(date(2027, 6, 30), ZONE)


def category(world: World, of: RiskCategory, before=LAST_DAY, name="zhang"):
    return CategoryChange(investor=world.investors[name], category=of, before=before)


def lowest(world: World, *, of=True):
    return LowestChange(investor=world.investors["zhang"], lowest=of)


def ask(world: World, *wanted, by="clients", name="zhang", reason="重新测评", evidence="问卷 7", **more):
    arguments = (world.caller(by), world.investors[name], wanted, reason, evidence, world.now)
    return world.database.transact(investors.change, *arguments, **more)


def approve(world: World, proposal: str | None, by="compliance"):
    return world.database.transact(proposals.approve, world.caller(by), proposal, "同意", world.now)


def on_file(world: World, wanted):
    with world.database.reading() as connection:
        return store.current(connection, wanted, world.now)[1]


def entries(world: World) -> int:
    with world.database.reading() as connection:
        return connection.execute(select(func.count()).select_from(LedgerEntry)).scalar_one()


def refused(world: World, *act, **more) -> list[tuple[str | None, str]]:
    """What is wrong with what an act was given: field and sentence."""
    with pytest.raises(Invalid) as problem:
        world.database.transact(*act, **more)
    return [(fault.field, str(fault)) for fault in problem.value.faults]


def refused_change(world: World, *wanted, reason="重新测评", evidence="问卷 7", delegate=None) -> list[tuple[str | None, str]]:
    arguments = (world.caller("clients"), world.investors["zhang"], wanted, reason, evidence, world.now)
    return refused(world, investors.change, *arguments, delegate=delegate)


@pytest.fixture
def zhang(world: World) -> World:
    """A world with an ordinary C3 client."""
    world.client("zhang", C3)
    return world


# New investors and persons


def test_a_new_investor_is_an_identity_that_permits_nothing(world):
    investor = world.database.transact(
        investors.create_investor, world.caller("clients"), InvestorKind.INSTITUTION, " 大同实业 ", " 88001 ", world.now
    )

    file = world.database.record(investors.view, world.caller("clients"), investor, world.now)
    assert (file.overview.name, file.overview.client_number, file.overview.standing_id) == ("大同实业", "88001", None)
    assert [reason.value for reason in file.eligibility.reasons] == ["not_a_client", "profile_incomplete", "not_assessed"]
    assert [step.changes for step in file.history] == [()]


def test_a_client_number_is_given_once(world):
    make = (investors.create_investor, world.caller("clients"), InvestorKind.INDIVIDUAL)
    world.database.transact(*make, "张三", "88001", world.now)

    with pytest.raises(Conflict, match="88001"):
        world.database.transact(*make, "李四", " 88001 ", world.now)


def test_a_login_name_is_given_once_whatever_its_case(world):
    make = (investors.create_person, world.caller("clients"))
    world.database.transact(*make, "张三", "Zhang", world.now)

    with pytest.raises(Conflict, match="zhang"):
        world.database.transact(*make, "张三丰", "zhang", world.now)


UNPRINTABLE = "This text has characters that cannot be printed."
EMPTY = "Please fill in this field."
WRONG_INVESTORS = {
    ("", "1"): [("name", EMPTY)],
    ("   ", ""): [("name", EMPTY), ("client_number", EMPTY)],
    ("张" * 101, "1"): [("name", "At most 100 characters fit here.")],
    ("张三", "1" * 41): [("client_number", "At most 40 characters fit here.")],
    ("张\x00三", "1"): [("name", UNPRINTABLE)],
    ("张\n三", "1"): [("name", UNPRINTABLE)],
    ("张\u202e三", "1"): [("name", UNPRINTABLE)],
    ("张\ud800三", "1"): [("name", UNPRINTABLE)],
}
WRONG_LOGINS = {
    "": [("login", EMPTY)],
    "zhang san": [("login", "A login name has no spaces.")],
    "z" * 81: [("login", "At most 80 characters fit here.")],
    "zhang\x07": [("login", UNPRINTABLE)],
}


def test_what_is_wrong_with_a_new_investor_or_person_is_said_field_by_field(world):
    before = entries(world)

    new_investor = (investors.create_investor, world.caller("clients"), InvestorKind.INDIVIDUAL)
    found = {typed: refused(world, *new_investor, *typed, world.now) for typed in WRONG_INVESTORS}
    logins = {
        login: refused(world, investors.create_person, world.caller("clients"), "张三", login, world.now)
        for login in WRONG_LOGINS
    }

    assert found == WRONG_INVESTORS
    assert logins == WRONG_LOGINS
    assert entries(world) == before


# Who may


def test_only_a_client_admin_changes_a_file(zhang):
    before = entries(zhang)

    for who in ("compliance", "reports", "staff-admin", "zhang"):
        with pytest.raises(NotPermitted):
            ask(zhang, category(zhang, C1), by=who)
        with pytest.raises(NotPermitted):
            zhang.database.transact(investors.create_investor, zhang.caller(who), InvestorKind.INDIVIDUAL, "李四", "2", zhang.now)
        with pytest.raises(NotPermitted):
            zhang.database.transact(investors.create_person, zhang.caller(who), "李四", "lisi", zhang.now)
        with pytest.raises(NotPermitted):
            zhang.database.transact(investors.issue_link, zhang.caller(who), zhang.people["zhang"], b"0" * 32, zhang.now)
    assert entries(zhang) == before


def test_only_those_who_see_investors_look_at_a_file(zhang):
    def look(who):
        return zhang.database.record(investors.view, zhang.caller(who), zhang.investors["zhang"], zhang.now)

    assert [look(who).overview.name for who in ("clients", "compliance")] == ["zhang", "zhang"]
    for who in ("reports", "staff-admin", "zhang"):
        with pytest.raises(NotPermitted):
            look(who)


def test_whoever_looks_at_a_file_stands_in_the_ledger(zhang):
    zhang.database.record(investors.view, zhang.caller("compliance"), zhang.investors["zhang"], zhang.now)

    with zhang.database.reading() as connection:
        last = connection.execute(select(LedgerEntry).order_by(LedgerEntry.id.desc()).limit(1)).one()
    assert (last.kind, last.actor, last.investor) == (
        Kind.INVESTOR_VIEWED.value,
        f"person:{zhang.people['compliance']}",
        zhang.investors["zhang"],
    )


def test_the_person_concerned_changes_nothing(zhang):
    himself = MandateChange(investor=zhang.investors["zhang"], person=zhang.people["clients"], capacity="本人")
    with pytest.raises(NotPermitted, match="yourself"):
        ask(zhang, himself)

    def mandate(connection):  # no action gives a staff member a mandate, but a file of an older version may hold one
        entry = connection.execute(select(func.max(LedgerEntry.id))).scalar_one()
        apply(connection, himself, entry, zhang.now)

    zhang.database.note(mandate)
    with pytest.raises(NotPermitted, match="yourself"):
        ask(zhang, category(zhang, C1))


def test_a_staff_member_cannot_be_made_to_act_for_an_investor(zhang):
    with pytest.raises(Invalid, match="is staff here"):
        ask(zhang, MandateChange(investor=zhang.investors["zhang"], person=zhang.people["reports"], capacity="经办人"))
    with pytest.raises(Invalid, match="is staff here"):
        ask(zhang, delegate=Delegate("", "reports", "经办人"))


# What acts at once, and what waits


def test_a_fall_acts_at_once_and_by_one_person(zhang):
    changed = ask(zhang, category(zhang, C1))

    assert changed.lowered == (category(zhang, C1),)
    assert (changed.raised, changed.proposal) == ((), None)
    assert on_file(zhang, category(zhang, C1)) == category(zhang, C1)


def test_a_rise_waits_and_changes_nothing_until_another_person_approves(zhang):
    changed = ask(zhang, category(zhang, C5))

    assert (changed.lowered, changed.raised) == ((), (category(zhang, C5),))
    assert on_file(zhang, category(zhang, C5)) == category(zhang, C3)
    approve(zhang, changed.proposal)
    assert on_file(zhang, category(zhang, C5)) == category(zhang, C5)


def test_nobody_raises_alone(zhang):
    changed = ask(zhang, category(zhang, C5))

    with pytest.raises(NotPermitted, match="yourself"):
        approve(zhang, changed.proposal, by="clients")
    with pytest.raises(NotPermitted):
        approve(zhang, changed.proposal, by="reports")
    assert on_file(zhang, category(zhang, C5)) == category(zhang, C3)


def test_another_client_admin_may_approve(zhang):
    zhang.staff("clients-2", Role.ADMIN, Grant.CLIENTS)
    changed = ask(zhang, category(zhang, C5))

    approve(zhang, changed.proposal, by="clients-2")

    assert on_file(zhang, category(zhang, C5)) == category(zhang, C5)


def test_a_first_category_set_by_hand_waits(world):
    world.client("zhang", None, investor_class=None)

    changed = ask(world, category(world, C1))

    assert (changed.lowered, changed.raised) == ((), (category(world, C1),))
    assert on_file(world, category(world, C1)) is None


def test_a_mixed_change_lowers_at_once_and_proposes_the_rest(zhang):
    changed = ask(zhang, category(zhang, C4, SOONER), lowest(zhang))

    assert changed.lowered == (category(zhang, C3, SOONER), lowest(zhang))
    assert changed.raised == (category(zhang, C4, SOONER),)
    assert len(changed.codes) == 2
    assert on_file(zhang, category(zhang, C4)) == category(zhang, C3, SOONER)
    approve(zhang, changed.proposal)
    assert on_file(zhang, category(zhang, C4)) == category(zhang, C4, SOONER)


def test_renewing_a_lapsed_category_raises(world):
    world.client("zhang", C3, last_day=date(2026, 12, 1))
    world.clock.forward(timedelta(days=30))

    same_again = ask(world, category(world, C3))
    a_lower_one = ask(world, category(world, C1))

    assert (same_again.lowered, same_again.raised) == ((), (category(world, C3),))
    assert (a_lower_one.lowered, a_lower_one.raised) == ((), (category(world, C1),))


def test_taking_the_lowest_flag_off_waits(world):
    world.client("zhang", C1, lowest=True)

    changed = ask(world, lowest(world, of=False))

    assert (changed.lowered, changed.raised) == ((), (lowest(world, of=False),))


def test_a_fall_makes_a_waiting_rise_stale(zhang):
    rise = ask(zhang, category(zhang, C5))
    ask(zhang, category(zhang, C1))

    with pytest.raises(Conflict, match="changed since"):
        approve(zhang, rise.proposal)
    assert on_file(zhang, category(zhang, C1)) == category(zhang, C1)


def test_a_rise_whose_last_day_has_passed_is_not_approved(zhang):
    rise = ask(zhang, category(zhang, C4, valid_before(date(2026, 11, 24), ZONE)))
    zhang.clock.forward(timedelta(days=2))

    with pytest.raises(Conflict):
        approve(zhang, rise.proposal)


def test_one_proposal_holds_everything_for_a_new_investor(world):
    world.investors["zhang"] = investor = world.database.transact(
        investors.create_investor, world.caller("clients"), InvestorKind.INDIVIDUAL, "张三", "88001", world.now
    )
    wanted = [
        StandingChange(investor=investor, client=True, profile_complete=True, branch="上海"),
        ClassChange(investor=investor, investor_class=InvestorClass.ORDINARY),
        category(world, C1),
        lowest(world),
    ]

    changed = ask(world, *wanted, delegate=Delegate("张三", "zhang", "本人"))

    assert changed.lowered == (lowest(world),)
    assert [type(each).__name__ for each in changed.raised] == [
        "StandingChange",
        "ClassChange",
        "CategoryChange",
        "MandateChange",
    ]
    approve(world, changed.proposal)
    file = world.database.record(investors.view, world.caller("clients"), investor, world.now)
    assert [grade.name for grade in file.eligibility.open_admission.grades] == ["R1"]
    assert [(row.person_name, row.capacity) for row in file.mandates] == [("张三", "本人")]
    assert file.waiting == []


def test_the_history_says_who_when_what_and_why(zhang):
    rise = ask(zhang, category(zhang, C5), reason="得分 90", evidence="问卷 8")
    approve(zhang, rise.proposal, by="compliance-2")
    ask(zhang, category(zhang, C2), reason="客户自述风险偏好下降", evidence="录音 3")

    file = zhang.database.record(investors.view, zhang.caller("compliance"), zhang.investors["zhang"], zhang.now)

    lowered, raised, *_ = file.history
    assert (lowered.changes, lowered.written.reason, lowered.written.evidence) == (
        (category(zhang, C2),),
        "客户自述风险偏好下降",
        "录音 3",
    )
    assert (raised.changes, raised.written.reason, raised.written.evidence) == ((category(zhang, C5),), "得分 90", "问卷 8")
    assert file.names[raised.written.proposed_by] == "clients"
    assert file.names[raised.written.actor.removeprefix("person:")] == "compliance-2"
    assert len({step.written.code for step in file.history}) == 4


def test_what_waits_stands_beside_what_it_would_replace(zhang):
    rise = ask(zhang, category(zhang, C5))

    file = zhang.database.record(investors.view, zhang.caller("clients"), zhang.investors["zhang"], zhang.now)

    assert [(each.proposal.id, each.changes) for each in file.waiting] == [
        (rise.proposal, ((category(zhang, C3), category(zhang, C5)),))
    ]
    with zhang.database.reading() as connection:
        assert investor_file.waiting_for(connection, [zhang.investors["zhang"]]) == {zhang.investors["zhang"]: 1}


# Twice, and at the same time


def test_what_is_on_file_already_is_refused(zhang):
    before = entries(zhang)

    with pytest.raises(Conflict, match="on file already"):
        ask(zhang, category(zhang, C3))
    with pytest.raises(Conflict, match="on file already"):
        ask(zhang, lowest(zhang, of=False))
    assert entries(zhang) == before


def test_the_same_fall_twice_is_one_act(zhang):
    ask(zhang, category(zhang, C1))

    with pytest.raises(Conflict, match="on file already"):
        ask(zhang, category(zhang, C1))


def test_the_same_rise_twice_is_one_proposal(zhang):
    ask(zhang, category(zhang, C5))

    with pytest.raises(Conflict, match="proposed already"):
        ask(zhang, category(zhang, C5), reason="另一个理由")


def test_the_same_new_person_twice_is_one_person_and_one_proposal(zhang):
    ask(zhang, delegate=Delegate("李四", "lisi", "经办人"))

    with pytest.raises(Conflict, match="proposed already"):
        ask(zhang, delegate=Delegate("李四", "lisi", "经办人"))


def at_once(*acts: Callable[[], object]) -> list[object]:
    """What comes of acts that are started together: results or refusals."""

    def result(act):
        try:
            return act()
        except GatekeeperError as error:
            return error

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(result, acts))


def test_two_admins_who_change_one_file_at_once_follow_each_other(zhang):
    zhang.staff("clients-2", Role.ADMIN, Grant.CLIENTS)
    moment = zhang.now
    wanted = {"clients": C1, "clients-2": C2}

    def act(who):
        arguments = (zhang.caller(who), zhang.investors["zhang"], [category(zhang, wanted[who])], "降级", "档案 2", moment)
        return lambda: zhang.database.transact(investors.change, *arguments)

    first, second = at_once(act("clients"), act("clients-2"))

    final = on_file(zhang, category(zhang, C1))
    assert final == category(zhang, C1), "whoever came second could only lower further, or propose"
    assert first.lowered == (category(zhang, C1),)
    assert second.lowered in {(category(zhang, C2),), ()}
    assert bool(second.raised) == (second.lowered == ())


def test_the_same_change_by_two_admins_at_once_is_one_act(zhang):
    zhang.staff("clients-2", Role.ADMIN, Grant.CLIENTS)
    moment = zhang.now

    def act(who, of):
        arguments = (zhang.caller(who), zhang.investors["zhang"], [category(zhang, of)], "理由", "档案 2", moment)
        return lambda: zhang.database.transact(investors.change, *arguments)

    falls = at_once(act("clients", C2), act("clients-2", C2))
    rises = at_once(act("clients", C5), act("clients-2", C5))

    assert sorted(type(each).__name__ for each in falls) == ["Changed", "Conflict"]
    assert sorted(type(each).__name__ for each in rises) == ["Changed", "Conflict"]
    with zhang.database.reading() as connection:
        which = Classification.investor_id == zhang.investors["zhang"], Classification.aspect == "CATEGORY"
        assert connection.execute(select(func.count()).select_from(Classification).where(*which)).scalar_one() == 2
        pending = select(func.count()).select_from(Proposal).where(Proposal.state == "PENDING")
        assert connection.execute(pending).scalar_one() == 1


def test_a_slow_clock_does_not_lift_what_was_just_lowered(zhang):
    late = zhang.now
    arguments = (zhang.investors["zhang"],)
    zhang.database.transact(
        investors.change,
        zhang.caller("clients"),
        *arguments,
        [category(zhang, C1)],
        "降级",
        "档案 2",
        late + timedelta(seconds=2),
    )

    changed = zhang.database.transact(
        investors.change, zhang.caller("clients"), *arguments, [category(zhang, C2)], "降级", "档案 3", late
    )

    assert (changed.lowered, changed.raised) == ((), (category(zhang, C2),))


# What is wrong with a change


def professional(world: World, ground="第八条（五）", before=LAST_DAY, of=InvestorClass.PROFESSIONAL_B):
    return ClassChange(investor=world.investors["zhang"], investor_class=of, ground=ground, before=before)


def standing(world: World, **facts):
    return StandingChange(investor=world.investors["zhang"], client=True, profile_complete=True, **facts)


PAST = "The last valid day must not lie in the past."
FAR = "This day lies more than ten years ahead."
NEEDS = "A professional status needs its ground (article) and a last valid day."
WRONG = {
    "a category until yesterday": (lambda w: category(w, C2, NOW - timedelta(days=1)), ("category_last_day", PAST)),
    "a category until this instant": (lambda w: category(w, C2, w.clock.moment), ("category_last_day", PAST)),
    "a category for ever": (lambda w: category(w, C2, NOW + timedelta(days=4000)), ("category_last_day", FAR)),
    "a professional until yesterday": (lambda w: professional(w, before=NOW - timedelta(days=1)), ("class_last_day", PAST)),
    "a professional without a ground": (lambda w: professional(w, ground=" "), ("class_last_day", NEEDS)),
    "a professional without a last day": (lambda w: professional(w, before=None), ("class_last_day", NEEDS)),
    "a professional with half a page of ground": (
        lambda w: professional(w, ground="第" * 101),
        ("ground", "At most 100 characters fit here."),
    ),
    "an ordinary investor until a day": (
        lambda w: professional(w, of=InvestorClass.ORDINARY, ground=""),
        ("class_last_day", "An ordinary investor's class has no last valid day."),
    ),
    "a contract that ends before it begins": (
        lambda w: standing(w, contract_from=LAST_DAY, contract_before=SOONER),
        ("contract_to", "The contract's last day must not lie before its first."),
    ),
    "a contract that only ends": (
        lambda w: standing(w, contract_before=SOONER),
        ("contract_from", "A contract that ends also begins on a day."),
    ),
    "a contact that does not fit": (lambda w: standing(w, contact="9" * 101), ("contact", "At most 100 characters fit here.")),
    "a branch that cannot be printed": (
        lambda w: standing(w, branch="上海\x07"),
        ("branch", "This text has characters that cannot be printed."),
    ),
    "a person who is not there": (
        lambda w: MandateChange(investor=w.investors["zhang"], person="nobody", capacity="本人"),
        ("login", "There is no such person."),
    ),
    "a mandate without a capacity": (
        lambda w: MandateChange(investor=w.investors["zhang"], person=w.people["zhang"], capacity=" "),
        ("capacity", "Please fill in this field."),
    ),
    "a mandate until yesterday": (
        lambda w: MandateChange(
            investor=w.investors["zhang"], person=w.people["zhang"], capacity="本人", before=NOW - timedelta(days=1)
        ),
        ("mandate_last_day", PAST),
    ),
}


WHYS = {
    ("", "档案 1"): [("reason", EMPTY)],
    (" \n", ""): [("reason", EMPTY), ("evidence", EMPTY)],
    ("因" * 2001, "档案 1"): [("reason", "At most 2000 characters fit here.")],
    ("理由", "档" * 201): [("evidence", "At most 200 characters fit here.")],
    ("理\x1b由", "档案 1"): [("reason", UNPRINTABLE)],
    ("理由", "档案\n1"): [("evidence", UNPRINTABLE)],
}
DELEGATES = {
    Delegate("李四", "", "经办人"): [("login", EMPTY)],
    Delegate("李四", "li si", "经办人"): [("login", "A login name has no spaces.")],
    Delegate("李四", "lisi", ""): [("capacity", EMPTY)],
    Delegate("", "lisi", "经办人"): [("login", "No person has this login name. For a new person, give the name too.")],
    Delegate("李四", "zhang", "经办人"): [("login", "The login name zhang is taken.")],
    Delegate("李" * 101, "lisi", "经办人"): [("name", "At most 100 characters fit here.")],
}


def test_each_fault_of_a_change_has_its_own_sentence(zhang):
    before = entries(zhang)

    changes = {case: refused_change(zhang, wanted(zhang)) for case, (wanted, _) in WRONG.items()}
    whys = {
        (reason, evidence): refused_change(zhang, category(zhang, C1), reason=reason, evidence=evidence)
        for reason, evidence in WHYS
    }
    delegates = {each: refused_change(zhang, delegate=each) for each in DELEGATES}

    assert changes == {case: [wrong] for case, (_, wrong) in WRONG.items()}
    assert whys == WHYS
    assert delegates == DELEGATES
    assert entries(zhang) == before


def test_a_reason_may_have_several_lines(zhang):
    assert ask(zhang, category(zhang, C1), reason="第一行\r\n第二行").lowered


def test_all_faults_are_told_at_once(zhang):
    found = refused_change(zhang, category(zhang, C2, NOW), professional(zhang, ground=""), reason="", evidence="")

    assert [field for field, _ in found] == ["reason", "evidence", "category_last_day", "class_last_day"]


def test_one_fact_is_stated_once(zhang):
    with pytest.raises(Invalid, match="stated twice"):
        ask(zhang, category(zhang, C1), category(zhang, C5))


def test_another_investors_file_is_not_changed_under_this_ones_name(zhang):
    zhang.client("li", C3)

    with pytest.raises(NotFound):
        ask(zhang, category(zhang, C1, name="li"), name="zhang")
    with pytest.raises(NotFound):
        zhang.database.transact(investors.change, zhang.caller("clients"), "nothing", [], "理由", "档案", zhang.now)


# Mandates, sessions and links


def test_a_person_on_file_may_come_to_act_for_a_second_investor(zhang):
    zhang.client("gongsi", C4, kind=InvestorKind.INSTITUTION)

    changed = ask(zhang, name="gongsi", delegate=Delegate("", "zhang", "授权经办人"))

    assert changed.raised == (
        MandateChange(investor=zhang.investors["gongsi"], person=zhang.people["zhang"], capacity="授权经办人"),
    )
    approve(zhang, changed.proposal)
    with zhang.database.reading() as connection:
        assert len(store.mandates_of(connection, zhang.now, person=zhang.people["zhang"])) == 2


def open_session(world: World, person: str) -> int:
    def begin(connection):
        return sessions.begin(
            connection,
            token_hash=person.encode().ljust(32, b"0")[:32],
            person_id=person,
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


def test_ending_a_mandate_acts_at_once_and_ends_the_sessions(zhang):
    session = open_session(zhang, zhang.people["zhang"])

    ended = ask(zhang, MandateChange(investor=zhang.investors["zhang"], person=zhang.people["zhang"], capacity="", live=False))

    assert [(each.live, each.capacity) for each in ended.lowered] == [(False, "本人")]
    with zhang.database.reading() as connection:
        assert store.mandates_of(connection, zhang.now, investor=zhang.investors["zhang"]) == []
        assert connection.execute(select(LoginSession.ended_at).where(LoginSession.id == session)).scalar_one() is not None
    asked = zhang.database.record(access.list_reports, zhang.caller("zhang"), zhang.now, ZONE)
    assert [reason.value for reason in asked.reasons] == ["investor_unknown"]


def test_a_mandate_that_is_not_there_is_not_ended(zhang):
    zhang.client("li", C3)

    with pytest.raises(Conflict, match="on file already"):
        ask(zhang, MandateChange(investor=zhang.investors["zhang"], person=zhang.people["li"], capacity="", live=False))


def test_an_activation_link_is_for_clients(zhang):
    zhang.database.transact(investors.issue_link, zhang.caller("clients"), zhang.people["zhang"], b"1" * 32, zhang.now)

    for person in (zhang.people["reports"], "nobody"):
        with pytest.raises(NotFound):
            zhang.database.transact(investors.issue_link, zhang.caller("clients"), person, b"2" * 32, zhang.now)


# Finding


def test_investors_are_found_by_name_number_login_and_persons_name(zhang):
    zhang.client("li", C2)
    ask(zhang, delegate=Delegate("欧阳慕华", "ouyang", "经办人"))
    approve(zhang, ask(zhang, delegate=Delegate("", "li", "经办人")).proposal)

    def found(words, after=None, limit=10):
        with zhang.database.reading() as connection:
            return [row.name for row in store.find(connection, words, after, limit, zhang.now)]

    assert found("") == ["li", "zhang"]
    assert found("ZHA") == ["zhang"]
    assert found("n-li") == ["li"]
    assert found("LI") == ["li", "zhang"]
    assert found("欧阳") == [], "a mandate that only waits finds nothing"
    assert found("%") == []
    assert found("", ("li", zhang.investors["li"])) == ["zhang"]
