"""Term, variety and the waiting time: the tables a compliance officer reads, and walks over every wish, subject and rise."""

from dataclasses import replace
from datetime import timedelta
from itertools import combinations, product

import pytest

from gatekeeper.rules.assessing.cool_off import LONGEST, CoolOff, Rise, risen
from gatekeeper.rules.assessing.matching import OFF, Matching, Strictness
from gatekeeper.rules.errors import Invalid
from gatekeeper.rules.policy import parse
from gatekeeper.rules.risk import Action, Initiative, Objectives, RiskCategory, RiskGrade, Term, Variety
from gatekeeper.rules.suitability import Outcome, Reason, decide
from gatekeeper.rules.wording.subject import read_subject
from tests.rules.facts import LAPSED, NOW, POLICY, POLICY_TEXT, asked, ordinary, professional, report

C1, C2, C3, C4, C5 = RiskCategory
PULL, PUSH = Initiative
EQUITY, BONDS = frozenset({Variety.EQUITY}), frozenset({Variety.FIXED_INCOME})
HOUR = timedelta(hours=1)
BARE = "\n".join(line for line in POLICY_TEXT.splitlines() if not line.startswith(("[matching", "term =", "variety =")))
"""The policy as it was before there was such a table."""

TERMS = """
    investor   report   fits
    SHORT      SHORT    yes
    SHORT      MEDIUM   no
    SHORT      LONG     no
    MEDIUM     SHORT    yes
    MEDIUM     MEDIUM   yes
    MEDIUM     LONG     no
    LONG       SHORT    yes
    LONG       MEDIUM   yes
    LONG       LONG     yes
    -          SHORT    no
    SHORT      -        yes
    -          -        yes
"""


@pytest.mark.parametrize("line", TERMS.strip().splitlines()[1:])
def test_an_investors_term_covers_every_shorter_one(line):
    own, theirs, fits = line.split()
    investor = ordinary(objectives=Objectives(Term(own) if own != "-" else None, EQUITY))
    subject = report(about=Objectives(Term(theirs) if theirs != "-" else None))

    pulled, pushed = (decide(asked(investor, subject, initiative=each), NOW) for each in (PULL, PUSH))

    assert (pulled.outcome, pulled.warnings) == (Outcome.PERMIT, () if fits == "yes" else (Reason.TERM_MISMATCH,))
    assert pushed.reasons == (() if fits == "yes" else (Reason.TERM_MISMATCH, Reason.PUSH_MISMATCH))


MASKS = [None, *(frozenset(each) for size in range(6) for each in combinations(Variety, size))]


@pytest.mark.parametrize("initiative", Initiative)
@pytest.mark.parametrize("strictness", Strictness)
def test_every_wish_against_every_subject(strictness, initiative):
    """Terms and varieties of both sides, all of them: what fits is permitted in silence, what does not is told or refused."""
    matching = Matching(*({PULL: strictness, PUSH: strictness} for _ in range(2)))
    policy = replace(POLICY, matching=matching)
    terms = [None, *Term]
    pairs = [(Objectives(own, EQUITY), Objectives(theirs, EQUITY)) for own, theirs in product(terms, terms)]
    pairs += [(Objectives(Term.LONG, own), Objectives(Term.SHORT, theirs)) for own, theirs in product(MASKS, MASKS)]
    for own, theirs in pairs:
        wrong = []
        if theirs.term and (own.term is None or terms.index(theirs.term) > terms.index(own.term)):
            wrong.append(Reason.TERM_MISMATCH)
        if set(theirs.varieties or ()) - set(own.varieties or ()):
            wrong.append(Reason.VARIETY_MISMATCH)
        facts = asked(ordinary(objectives=own), report(about=theirs), policy=policy, initiative=initiative)

        decision = decide(facts, NOW)

        told = {"off": ([], []), "warn": ([], wrong), "deny": (wrong, [])}[strictness.value]
        pushed = [Reason.PUSH_MISMATCH] if told[0] and initiative is PUSH else []
        assert (list(decision.reasons), list(decision.warnings)) == (told[0] + pushed, told[1]), facts


@pytest.mark.parametrize(
    "investor", [professional(), professional(objectives=Objectives(Term.SHORT, BONDS))], ids=["none", "some"]
)
def test_professional_investors_state_no_objectives(investor):
    about = Objectives(Term.LONG, frozenset({Variety.DERIVATIVE}))
    for initiative in Initiative:
        decision = decide(asked(investor, report(about=about), initiative=initiative), NOW)
        assert (decision.outcome, decision.warnings) == (Outcome.PERMIT, ())


def test_a_lapsed_professional_is_matched_as_the_ordinary_investor_it_is_now():
    investor = professional(before=LAPSED, category=C3, category_before=None, objectives=Objectives(Term.SHORT, BONDS))

    decision = decide(asked(investor, report(about=Objectives(Term.LONG, EQUITY))), NOW)

    assert decision.warnings == (Reason.PROFESSIONAL_EXPIRED, Reason.TERM_MISMATCH, Reason.VARIETY_MISMATCH)


def test_under_a_policy_without_the_table_term_and_variety_mean_nothing():
    older = parse(BARE)

    for initiative in Initiative:
        facts = asked(ordinary(), report(about=Objectives(Term.LONG, EQUITY)), policy=older, initiative=initiative)
        assert decide(facts, NOW).outcome is Outcome.PERMIT
    assert older.matching is OFF
    assert (older.cool_off, older.open_days) == (None, 30)


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ('[matching]\nterm = "deny"\nvariety = { pull = "off", push = "off" }', "matching.term must be a table"),
        ('[matching]\nterm = { pull = "off", push = "off" }', "matching.variety is missing"),
        ('[matching]\nterm = { pull = "no", push = "off" }\nvariety = { pull = "off", push = "off" }', "off, warn, deny"),
        ('[matching]\nterm = { pull = ["off"], push = "off" }\nvariety = { pull = "off", push = "off" }', "off, warn, deny"),
        ("[cool_off]\nhours = 24", "cool_off.categories is missing"),
        ("[cool_off]\nhours = 0\ncategories = 2", "cool_off.hours must be a whole number from 1 to 744"),
        ("[cool_off]\nhours = 24\ncategories = 6", "cool_off.categories must be a whole number from 1 to 5"),
        ("[cool_off]\nhours = 24\ncategories = 2\ndays = 1", "cool_off.days is not known here"),
        ("[proposals]\nopen_days = true", "proposals.open_days must be a whole number from 1 to 366"),
        ("[proposals]\nopen_days = 0", "proposals.open_days must be a whole number from 1 to 366"),
    ],
)
def test_a_table_that_is_not_understood_is_no_policy(table, told):
    with pytest.raises(Invalid) as caught:
        parse(f"{BARE}\n{table}\n")

    assert told in str(caught.value)


# ----------------------------------------------------------------------------------------------------------- the waiting time

WAIT = replace(POLICY, cool_off=CoolOff(hours=24, categories=2))
ROSE = """
    from     to   hours ago   R1    R2    R3    R4    R5
    C1       C4   0           yes   wait  wait  wait  no
    C1       C4   23          yes   wait  wait  wait  no
    C1       C4   24          yes   yes   yes   yes   no
    C2       C4   1           yes   yes   wait  wait  no
    C3       C4   1           yes   yes   yes   yes   no
    C3       C5   1           yes   yes   yes   wait  wait
    lowest   C1   1           yes   no    no    no    no
    lowest   C2   1           yes   wait  no    no    no
    lowest   C4   1           yes   wait  wait  wait  no
    C5       C3   1           yes   yes   yes   no    no
"""


@pytest.mark.parametrize("line", ROSE.strip().splitlines()[1:])
def test_after_a_rise_of_two_the_newly_reached_grades_wait(line):
    was, now, ago, *answers = line.split()
    rise = Rise(None if was == "lowest" else RiskCategory[was], NOW - int(ago) * HOUR)

    for grade, answer in zip(RiskGrade, answers, strict=True):
        decision = decide(asked(ordinary(RiskCategory[now], rise=rise), report(grade), policy=WAIT), NOW)
        expected = {"yes": (), "no": (Reason.CATEGORY_BELOW_GRADE,), "wait": (Reason.COOLING_OFF,)}[answer]
        assert decision.reasons == expected, grade


def test_the_wait_ends_to_the_microsecond_and_is_no_mismatch_for_what_is_sent():
    ends = NOW - 24 * HOUR
    for at, reasons in ((ends, ()), (ends + timedelta(microseconds=1), (Reason.COOLING_OFF,))):
        facts = asked(ordinary(C4, rise=Rise(C1, at)), report(), policy=WAIT, initiative=PUSH, action=Action.RECEIVE)
        assert decide(facts, NOW).reasons == reasons


def test_every_rise_against_every_grade_gives_no_more_than_before_it_and_never_more_than_without_a_wait():
    """Every category risen from and to, every hour around the end of every wait, the lowest flag, and professional status."""
    moments = [NOW, NOW - 24 * HOUR, NOW - 24 * HOUR + timedelta(microseconds=1), NOW - LONGEST]
    people = [(category, lowest) for category in RiskCategory for lowest in (False, True)]
    for hours, categories, was, at in product((1, 24, 744), range(1, 6), [None, *RiskCategory], moments):
        policy = replace(POLICY, cool_off=CoolOff(hours, categories))
        waits = at > NOW - hours * HOUR
        for (category, lowest), grade in product(people, RiskGrade):
            investor = ordinary(category, lowest=lowest, rise=Rise(was, at))
            given = decide(asked(investor, report(grade), policy=policy), NOW).outcome is Outcome.PERMIT
            without = decide(asked(replace(investor, rise=None), report(grade)), NOW).outcome is Outcome.PERMIT
            before = ordinary(was or C1, lowest=was is None)
            had = decide(asked(before, report(grade)), NOW).outcome is Outcome.PERMIT
            is_big = category - (was or 0) >= categories and not lowest
            assert given == (without and (had or not (waits and is_big))), (investor, grade, policy.cool_off)
            assert not (lowest and given and grade > RiskGrade.R1)
    assert decide(asked(professional(rise=Rise(None, NOW)), report(RiskGrade.R5), policy=WAIT), NOW).outcome is Outcome.PERMIT


EARLIER = Rise(C2, NOW - 20 * HOUR)
KEPT = [
    # old, new, earlier, what the new row keeps
    (None, 4, None, None),
    (2, 4, None, Rise(C2, NOW)),
    (0, 2, None, Rise(None, NOW)),
    (4, 4, EARLIER, EARLIER),
    (4, 3, EARLIER, EARLIER),
    (4, 5, EARLIER, Rise(C2, NOW)),
    (1, 3, EARLIER, Rise(C1, NOW)),
    (4, 5, Rise(C2, NOW - LONGEST - HOUR), Rise(C4, NOW)),
    (4, 4, Rise(C2, NOW - LONGEST - HOUR), None),
]


@pytest.mark.parametrize(("old", "new", "earlier", "kept"), KEPT)
def test_rises_by_steps_count_together_and_a_renewal_ends_no_wait(old, new, earlier, kept):
    assert risen(old, new, earlier, NOW) == kept


# ---------------------------------------------------------------------------------------------------------- read from the text

SUBJECTS = [
    ("行业点评", "储能系统价格企稳，A股相关个股与股票受益。", "推荐：未来 6—12 个月，行业指数强于基准。", Term.SHORT, {"EQUITY"}),
    ("深度报告", "可转债与转债个券。转债供给。转债需求。", "未来三年", None, {"FIXED_INCOME"}),
    ("固定收益周报", "", "未来36个月", Term.MEDIUM, {"FIXED_INCOME"}),
    ("Sector note", "", "over the next 12 months against the sector index", Term.SHORT, {"EQUITY"}),
    ("港股策略", "恒生指数", "未来10年", Term.LONG, {"CROSS_BORDER"}),
    ("雪球结构化产品", "", None, None, {"DERIVATIVE", "OTHER"}),
    ("宏观简评", "一次提到股票。", "推荐：优于大市", None, None),
    ("公司深度", "", "未来6个月内股价强于基准指数", Term.SHORT, {"EQUITY"}),
    ("", "", None, None, None),
]


@pytest.mark.parametrize(("title", "body", "ratings", "term", "varieties"), SUBJECTS)
def test_what_a_report_is_about_is_read_from_its_words(title, body, ratings, term, varieties):
    found = read_subject((title, None, None), body, ratings)

    assert found.about == Objectives(term, frozenset(map(Variety, varieties)) if varieties else None)
    assert [what for what, _ in found.evidence] == ["term"] * (term is not None) + ["varieties"] * len(varieties or ())
