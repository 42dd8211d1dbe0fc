"""What raises takes two people, what lowers takes one: each fact by itself, the others at their best."""

from dataclasses import replace
from datetime import timedelta
from itertools import chain, combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatekeeper.rules.changes import (
    CategoryChange,
    Change,
    ClassChange,
    LowestChange,
    MandateChange,
    PublicationChange,
    RoleChange,
    Settlement,
    StandingChange,
    from_data,
    to_data,
)
from gatekeeper.rules.changing.raising import split
from gatekeeper.rules.facts import InvestorFacts, Standing
from gatekeeper.rules.professional import GROUNDS
from gatekeeper.rules.risk import Action, Audience, InvestorClass, InvestorKind, ProfessionalClause, RiskCategory, RiskGrade
from gatekeeper.rules.roles import Grant, Permission, Role, permissions
from gatekeeper.rules.suitability import Outcome, decide
from tests.rules.facts import NOW, asked, report

YESTERDAY, SOON, LATER = NOW - timedelta(days=1), NOW + timedelta(days=100), NOW + timedelta(days=400)
C1, C2, C3, C4, C5 = RiskCategory
ORDINARY, A, B, C = InvestorClass


def category(of=C3, before=LATER):
    return CategoryChange(investor="i", category=of, before=before)


def class_(of=ORDINARY, before=None, ground=""):
    return ClassChange(investor="i", investor_class=of, ground=ground, before=before)


def lowest(*, of=True):
    return LowestChange(investor="i", lowest=of)


def standing(**facts):
    return StandingChange(investor="i", **{"client": True, "profile_complete": True, **facts})


def mandate(*, live=True, before=None, capacity="经办人"):
    return MandateChange(investor="i", person="p", capacity=capacity, live=live, before=before)


def role(of=Role.ADMIN, *grants, live=True, before=None):
    return RoleChange(person="p", role=of, grants=tuple(sorted(grants)), live=live, before=before)


CONTRACT = {"contract_from": YESTERDAY, "contract_before": SOON}
CLIENTS, REPORTS, STAFF = Grant.CLIENTS, Grant.REPORTS, Grant.STAFF

# What is on file | what is wanted | what acts at once | what waits for a second person
TABLE = {
    # A category
    "a first category": (None, category(C1), None, category(C1)),
    "a rise": (category(C3), category(C4), None, category(C4)),
    "a fall": (category(C3), category(C2), category(C2), None),
    "a longer validity": (category(C3, SOON), category(C3, LATER), None, category(C3, LATER)),
    "a shorter validity": (category(C3, LATER), category(C3, SOON), category(C3, SOON), None),
    "a rise for a shorter time": (category(C3, LATER), category(C4, SOON), category(C3, SOON), category(C4, SOON)),
    "a fall for a longer time": (category(C3, SOON), category(C2, LATER), category(C2, SOON), category(C2, LATER)),
    "the category on file": (category(), category(), None, None),
    "renewing a lapsed category": (category(C3, NOW), category(C3, LATER), None, category(C3, LATER)),
    "a lapsed category replaced by a lower one": (category(C5, YESTERDAY), category(C1), None, category(C1)),
    "a category that has lapsed already": (category(C3), category(C5, NOW), category(C5, NOW), None),
    # A class
    "a first class": (None, class_(ORDINARY), None, class_(ORDINARY)),
    "becoming professional": (class_(ORDINARY), class_(A, LATER), None, class_(A, LATER)),
    "becoming ordinary": (class_(A, LATER), class_(ORDINARY), class_(ORDINARY), None),
    "another professional class": (class_(A, SOON), class_(C, SOON), class_(C, SOON), None),
    "a professional for longer": (class_(A, SOON), class_(A, LATER), None, class_(A, LATER)),
    "a professional for less long": (class_(A, LATER), class_(A, SOON), class_(A, SOON), None),
    "another class for longer": (class_(A, SOON), class_(B, LATER), class_(B, SOON), class_(B, LATER)),
    "renewing a lapsed professional": (class_(A, NOW), class_(A, LATER), None, class_(A, LATER)),
    "a lapsed professional set to ordinary": (class_(A, NOW), class_(ORDINARY), class_(ORDINARY), None),
    "a professional whose time is over already": (class_(ORDINARY), class_(A, NOW), class_(A, NOW), None),
    # The lowest category
    "the flag set": (None, lowest(), lowest(), None),
    "the flag set where it was taken off": (lowest(of=False), lowest(), lowest(), None),
    "the flag taken off": (lowest(), lowest(of=False), None, lowest(of=False)),
    "the flag not set where it never was": (None, lowest(of=False), None, None),
    # Standing
    "a first standing": (None, standing(branch="上海"), None, standing(branch="上海")),
    "a first standing that only denies": (
        None,
        standing(client=False, profile_complete=False, closed=True),
        standing(client=False, profile_complete=False, closed=True),
        None,
    ),
    "a first standing, suspended": (
        None,
        standing(suspended=True),
        standing(client=False, profile_complete=False, suspended=True),
        standing(suspended=True),
    ),
    "a first branch": (
        None,
        standing(client=False, profile_complete=False, branch="上海"),
        standing(client=False, profile_complete=False, branch="上海"),
        None,
    ),
    "a suspension": (standing(), standing(suspended=True), standing(suspended=True), None),
    "a reactivation": (standing(suspended=True), standing(), None, standing()),
    "a closing": (standing(), standing(closed=True), standing(closed=True), None),
    "a re-opening": (standing(closed=True), standing(), None, standing()),
    "a completed profile": (standing(profile_complete=False), standing(), None, standing()),
    "another branch": (standing(branch="上海"), standing(branch="北京"), standing(branch="北京"), None),
    "another branch and a re-opening": (
        standing(closed=True, branch="上海"),
        standing(branch="北京"),
        standing(closed=True, branch="北京"),
        standing(branch="北京"),
    ),
    "suspended, but complete": (
        standing(profile_complete=False),
        standing(suspended=True),
        standing(profile_complete=False, suspended=True),
        standing(suspended=True),
    ),
    "a first contract": (standing(), standing(**CONTRACT), None, standing(**CONTRACT)),
    "a contract ended": (standing(**CONTRACT), standing(), standing(), None),
    "a contract without an end": (
        standing(**CONTRACT),
        standing(contract_from=YESTERDAY),
        None,
        standing(contract_from=YESTERDAY),
    ),
    "a contract that moves on": (
        standing(contract_from=YESTERDAY, contract_before=SOON),
        standing(contract_from=NOW, contract_before=LATER),
        standing(contract_from=NOW, contract_before=SOON),
        standing(contract_from=NOW, contract_before=LATER),
    ),
    "a contract that begins after the old one's end": (
        standing(**CONTRACT),
        standing(contract_from=SOON, contract_before=LATER),
        standing(),
        standing(contract_from=SOON, contract_before=LATER),
    ),
    "a contract renewed after its end": (
        standing(contract_from=YESTERDAY, contract_before=NOW),
        standing(contract_from=YESTERDAY, contract_before=LATER),
        None,
        standing(contract_from=YESTERDAY, contract_before=LATER),
    ),
    "a contract that is over, cleared away": (
        standing(contract_from=YESTERDAY, contract_before=NOW),
        standing(),
        standing(),
        None,
    ),
    # A mandate
    "a first mandate": (None, mandate(), None, mandate()),
    "a mandate ended": (mandate(), mandate(live=False), mandate(live=False), None),
    "a mandate that never was, ended": (None, mandate(live=False), None, None),
    "a mandate given again": (mandate(live=False), mandate(), None, mandate()),
    "a mandate given again after its end": (mandate(before=NOW), mandate(before=LATER), None, mandate(before=LATER)),
    "a mandate for longer": (mandate(before=SOON), mandate(), None, mandate()),
    "a mandate for less long": (mandate(), mandate(before=SOON), mandate(before=SOON), None),
    "another capacity": (mandate(), mandate(capacity="法定代表人"), mandate(capacity="法定代表人"), None),
    "another capacity for longer": (
        mandate(before=SOON),
        mandate(before=LATER, capacity="法定代表人"),
        mandate(before=SOON, capacity="法定代表人"),
        mandate(before=LATER, capacity="法定代表人"),
    ),
    # A role
    "a first role": (None, role(Role.COMPLIANCE), None, role(Role.COMPLIANCE)),
    "one more grant": (role(Role.ADMIN, CLIENTS), role(Role.ADMIN, CLIENTS, STAFF), None, role(Role.ADMIN, CLIENTS, STAFF)),
    "one grant less": (role(Role.ADMIN, CLIENTS, STAFF), role(Role.ADMIN, CLIENTS), role(Role.ADMIN, CLIENTS), None),
    "one grant for another": (
        role(Role.ADMIN, CLIENTS, STAFF),
        role(Role.ADMIN, CLIENTS, REPORTS),
        role(Role.ADMIN, CLIENTS),
        role(Role.ADMIN, CLIENTS, REPORTS),
    ),
    "a suspended person": (role(Role.COMPLIANCE), role(Role.COMPLIANCE, live=False), role(Role.COMPLIANCE, live=False), None),
    "a person suspended under another role": (role(Role.ADMIN, STAFF), role(live=False), role(live=False), None),
    "a person who comes back": (role(Role.COMPLIANCE, live=False), role(Role.COMPLIANCE), None, role(Role.COMPLIANCE)),
    "another role": (role(Role.ADMIN, CLIENTS), role(Role.COMPLIANCE), None, role(Role.COMPLIANCE)),
    "a role that permits less": (
        role(Role.COMPLIANCE),
        role(Role.INSPECTOR, before=SOON),
        role(Role.INSPECTOR, before=SOON),
        None,
    ),
    "a role that permits less, with a grant": (
        role(Role.COMPLIANCE),
        role(Role.ADMIN, Grant.SERVICES),
        None,
        role(Role.ADMIN, Grant.SERVICES),
    ),
    "an inspector for longer": (
        role(Role.INSPECTOR, before=SOON),
        role(Role.INSPECTOR, before=LATER),
        None,
        role(Role.INSPECTOR, before=LATER),
    ),
    "an inspector for less long": (
        role(Role.INSPECTOR, before=LATER),
        role(Role.INSPECTOR, before=SOON),
        role(Role.INSPECTOR, before=SOON),
        None,
    ),
    "an inspector who comes again": (
        role(Role.INSPECTOR, before=NOW),
        role(Role.INSPECTOR, before=LATER),
        None,
        role(Role.INSPECTOR, before=LATER),
    ),
}


@pytest.mark.parametrize(("old", "new", "lowered", "raised"), TABLE.values(), ids=TABLE)
def test_a_change_is_split_into_what_lowers_and_what_raises(old, new, lowered, raised):
    assert split(old, new, NOW) == (lowered, raised)


PUBLICATION = PublicationChange(
    version="v",
    issuer="某某证券",
    report_kind="公司点评",
    grade=RiskGrade.R3,
    professional=ProfessionalClause.ANY,
    categories=(C3, C4, C5),
    clients_only=True,
    contract_clients_only=False,
    settlements=(Settlement(code="no_issuer", cited="原文", key="yuanwen", before=LATER),),
)


def test_a_publication_always_waits():
    assert split(None, PUBLICATION, NOW) == (None, PUBLICATION)


@pytest.mark.parametrize("change", [*(row[1] for row in TABLE.values()), PUBLICATION])
def test_a_change_is_read_back_as_it_was_written(change):
    assert from_data(to_data(change)) == change


def test_a_role_written_before_roles_had_an_end_is_read():
    data = {name: value for name, value in to_data(role(Role.ADMIN, CLIENTS)).items() if name != "before"}

    assert from_data(data) == role(Role.ADMIN, CLIENTS)


def test_every_professional_class_has_its_articles():
    assert set(GROUNDS) == {each for each in InvestorClass if each.is_professional}
    assert len({article for articles in GROUNDS.values() for article in articles}) == 6


# The decision itself. The lists are those that reach up to C5: by a list with a gap C3 is admitted where C4 is refused, and no
# order of categories is one of favour. The investor's kind meets every professional clause: what is not being changed is taken at
# its best.

AUDIENCES = [
    Audience(professional, categories, clients_only, contract)
    for professional in (None, *ProfessionalClause)
    for categories in (None, *(frozenset(list(RiskCategory)[at:]) for at in range(6)))
    for clients_only in (False, True)
    for contract in (False, True)
]
MOMENTS = [NOW, *(moment + timedelta(microseconds=by) for moment in (SOON, LATER) for by in (-1, 0))]
ends = st.sampled_from([YESTERDAY, NOW, SOON, LATER])
ends_or_none = st.one_of(st.none(), ends)
BEST = InvestorFacts(
    kind=InvestorKind.FINANCIAL_INSTITUTION,
    standing=Standing(client=True, profile_complete=True, contract_from=YESTERDAY),
    investor_class=InvestorClass.ORDINARY,
    class_before=None,
    category=C5,
    category_before=None,
    lowest=False,
)


def with_fact(fact: Change | None, missing: str) -> InvestorFacts:
    """The best of investors, but for one fact."""
    match fact:
        case ClassChange():
            return replace(BEST, investor_class=fact.investor_class, class_before=fact.before)
        case CategoryChange():
            return replace(BEST, category=fact.category, category_before=fact.before)
        case LowestChange():
            return replace(BEST, lowest=fact.lowest)
        case StandingChange():
            own = Standing(
                fact.client, fact.profile_complete, fact.suspended, fact.closed, fact.contract_from, fact.contract_before
            )
            return replace(BEST, standing=own)
        case _:
            return replace(BEST, **{missing: False if missing == "lowest" else None})


def allowed(fact: Change | None, missing: str) -> set[tuple[RiskGrade, Audience, Action, int]]:
    """Every report, act and moment from now on that an investor with this fact is not refused."""
    facts = with_fact(fact, missing)
    return {
        (grade, audience, action, number)
        for number, moment in enumerate(MOMENTS)
        for grade in RiskGrade
        for audience in AUDIENCES
        for action in (Action.READ, Action.BOOKMARK)
        if decide(asked(facts, report(grade, audience=audience), action=action), moment).outcome is not Outcome.DENY
    }


_ALLOWED: dict[tuple[Change | None, str], set] = {}


def known(fact, missing):
    key = (fact, missing)
    if key not in _ALLOWED:
        _ALLOWED[key] = allowed(fact, missing)
    return _ALLOWED[key]


classes = st.one_of(
    st.just(class_()),
    st.builds(class_, st.sampled_from([A, B, C]), ends),
)
standings = st.builds(
    StandingChange,
    investor=st.just("i"),
    client=st.booleans(),
    profile_complete=st.booleans(),
    suspended=st.booleans(),
    closed=st.booleans(),
    contract_from=ends_or_none,
    contract_before=ends_or_none,
)
FACTS = {
    "investor_class": classes,
    "category": st.builds(category, st.sampled_from(RiskCategory), ends),
    "lowest": st.builds(lowest, of=st.booleans()),
    "standing": standings,
}
pairs = st.one_of([st.tuples(st.just(name), st.one_of(st.none(), values), values) for name, values in FACTS.items()])


@settings(deadline=None)  # the first look at a fact walks every report
@given(pairs)
def test_what_one_person_changes_is_never_more_favourable_than_before_nor_than_what_is_wanted(pair):
    missing, old, new = pair

    lowered, raised = split(old, new, NOW)

    floor = lowered if lowered is not None else old
    assert known(floor, missing) <= known(old, missing)
    assert known(floor, missing) <= known(new, missing)
    if raised is None:
        assert known(new, missing) <= known(old, missing)
    else:
        assert raised == new


@settings(deadline=None)  # the first look at a fact walks every report
@given(pairs)
def test_approving_what_waits_lowers_nothing_more(pair):
    _, old, new = pair

    lowered, raised = split(old, new, NOW)

    if raised is not None:
        assert split(lowered if lowered is not None else old, raised, NOW) == (None, raised)


@settings(deadline=None)  # the first look at a fact walks every report
@given(pairs)
def test_the_same_change_twice_is_nothing_the_second_time(pair):
    _, old, new = pair

    lowered, raised = split(old, new, NOW)

    if raised is None and lowered is not None:
        assert split(lowered, new, NOW) == (None, None)


mandates = st.builds(mandate, live=st.booleans(), before=ends_or_none, capacity=st.sampled_from(["本人", "经办人"]))


def acts(fact, moment):
    return fact is not None and fact.live and (fact.before is None or moment < fact.before)


@given(st.one_of(st.none(), mandates), mandates, st.sampled_from(MOMENTS))
def test_nobody_acts_for_an_investor_by_one_persons_word(old, new, moment):
    lowered, raised = split(old, new, NOW)

    floor = lowered if lowered is not None else old
    assert acts(floor, moment) <= (acts(old, moment) and acts(new, moment))
    assert raised is not None or acts(new, moment) <= acts(old, moment)


GRANTS = [tuple(sorted(each)) for each in chain.from_iterable(combinations(Grant, size) for size in range(5))]
roles = st.one_of(
    st.builds(
        lambda grants, live, before: role(Role.ADMIN, *grants, live=live, before=before),
        st.sampled_from(GRANTS),
        st.booleans(),
        ends_or_none,
    ),
    st.builds(role, st.sampled_from([each for each in Role if each is not Role.ADMIN]), live=st.booleans(), before=ends_or_none),
)


def powers(fact, moment) -> frozenset[Permission | Grant]:
    return permissions(fact.role, fact.grants) | set(fact.grants) if acts(fact, moment) else frozenset()


@given(st.one_of(st.none(), roles), roles, st.sampled_from(MOMENTS))
def test_nobody_gains_a_permission_by_one_persons_word(old, new, moment):
    lowered, raised = split(old, new, NOW)

    floor = lowered if lowered is not None else old
    assert powers(floor, moment) <= powers(old, moment)
    assert raised is not None or powers(new, moment) <= powers(old, moment)
