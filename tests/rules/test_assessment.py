"""Questionnaires and what answers come to: the shipped sets, what is refused, bands, the lowest category, holds, limits."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import gatekeeper
from gatekeeper.rules.assessing.questionnaire import Choice, Limits, LowestGround, Questionnaire, Topic
from gatekeeper.rules.assessing.questionnaire_text import Difference, compare, parse
from gatekeeper.rules.assessment import Before, Hold, faults_of, held, retake, score
from gatekeeper.rules.changes import CategoryChange, LowestChange
from gatekeeper.rules.changing.raising import split
from gatekeeper.rules.errors import Invalid
from gatekeeper.rules.policy import last_day_after, valid_before
from gatekeeper.rules.risk import InvestorKind, RiskCategory, Term, Variety
from gatekeeper.rules.suitability import Reason, eligibility
from tests.rules.facts import NOW, POLICY, SHANGHAI, ordinary

FOLDER = Path(gatekeeper.__file__).parent / "questionnaires"
TEXTS = {name: (FOLDER / f"{name}.toml").read_text(encoding="utf-8") for name in ("individual-1", "institution-1")}
SETS = {name: parse(text) for name, text in TEXTS.items()}
TEXT, SET = TEXTS["individual-1"], SETS["individual-1"]
C1, C2, C3, C4, C5 = RiskCategory

BEST = {
    "age": ["to_50"],
    "education": ["master"],
    "dependants": ["none"],
    "income_source": ["salary"],
    "income": ["over_1m"],
    "assets": ["over_5m"],
    "share": ["over_50"],
    "debts": ["none"],
    "knowledge": ["full"],
    "leverage": ["forty"],
    "years": ["over_10"],
    "products": ["shares", "derivatives"],
    "term": ["long"],
    "varieties": ["equity", "derivative"],
    "goal": ["high"],
    "reaction": ["add"],
    "max_loss": ["over_50"],
    "portfolio": ["bold"],
    "capacity": ["full"],
    "any_loss": ["some"],
}
"""Complete answers that score 100."""


def changed(old: str, new: str) -> str:
    assert TEXT.count(old) == 1, old
    return TEXT.replace(old, new)


def refused(text: str) -> list[str]:
    with pytest.raises(Invalid) as error:
        parse(text)
    return [str(fault) for fault in error.value.faults]


# ---------------------------------------------------------------------------------------------------------- the shipped sets


@pytest.mark.parametrize(("name", "kinds", "count"), [("individual-1", "INDIVIDUAL", 20), ("institution-1", "INSTITUTION", 10)])
def test_a_shipped_set_is_whole_in_both_languages(name: str, kinds: str, count: int) -> None:
    questionnaire = SETS[name]

    assert questionnaire.kinds == {InvestorKind[kinds]}
    assert questionnaire.digest == sha256(TEXTS[name].encode()).hexdigest()
    assert (questionnaire.version, questionnaire.jump, questionnaire.limits) == (1, 2, Limits(2, 6))
    assert len(questionnaire.questions) == count == sum(len(asked) for _, asked in questionnaire.pages)
    assert max(questionnaire.reachable) == 100
    words = [each.words for question in questionnaire.questions for each in (question, *question.options)]
    assert all(any("一" <= char <= "鿿" or char == "%" for char in each.of("zh_CN")) for each in words)
    assert not any("一" <= char <= "鿿" for each in words for char in each.of("en"))


def test_the_set_for_individuals_asks_every_topic_and_both_grounds_of_the_lowest_category() -> None:
    assert [topic for topic, _ in SET.pages] == list(Topic)
    assert {each.id: each.lowest for each in SET.questions if each.lowest} == {
        "capacity": LowestGround.NO_CAPACITY,
        "any_loss": LowestGround.NO_LOSS,
    }


@pytest.mark.parametrize("name", SETS)
def test_every_integer_within_the_bands_lands_once_and_no_other_lands(name: str) -> None:
    bands = SETS[name].bands

    for number in range(bands[0].first - 10, bands[-1].last + 11):
        inside = [band.category for band in bands if band.first <= number <= band.last]
        assert len(inside) == (bands[0].first <= number <= bands[-1].last)
        if inside:
            assert SETS[name].category_of(number) is inside[0]
        else:
            with pytest.raises(ValueError, match="unpack"):
                SETS[name].category_of(number)


@pytest.mark.parametrize(
    ("number", "category"),
    [(1, C1), (19, C1), (20, C2), (36, C2), (37, C3), (53, C3), (54, C4), (82, C4), (83, C5), (100, C5)],
)
def test_the_shipped_bands_at_their_ends(number: int, category: RiskCategory) -> None:
    assert SET.category_of(number) is category


def test_what_answers_can_reach_is_what_they_reach() -> None:
    tiny = replace(SET, questions=(SET.by_id["products"], SET.by_id["dependants"]))
    summed = replace(SET.by_id["products"], scoring=type(SET.by_id["products"].scoring).SUM)

    assert tiny.reachable == {own + more for own in (0, 1, 2, 4, 5, 6) for more in (0, 2, 3, 5)}
    assert summed.reachable == set(range(19)) == {0} | set(range(1, 19))


# ---------------------------------------------------------------------------------------------------- what a text must not say

AGE = 'id = "under_18", text = { zh = "未满18周岁", en = "Under 18" }, score = 0'
FAULTS = [
    ("gap", "from = 37, to = 53", "from = 38, to = 53", "bands.C3 leaves a gap: no band has 37."),
    ("overlap", "from = 37, to = 53", "from = 36, to = 53", "bands.C3 overlaps: two bands have 36."),
    ("backwards", "from = 37, to = 53", "from = 37, to = 36", "bands.C3 ends before it begins."),
    ("ends below what can be reached", "to = 100", "to = 99", "bands: answers can score 100, which no band has."),
    ("begins above what can be reached", '"C1", from = 0', '"C1", from = 10', "bands: answers can score 9, which no band has."),
    (
        "band missing",
        '  { category = "C1", from = 0, to = 19 },\n',
        "",
        "bands must be those of C1, C2, C3, C4 and C5, in this order.",
    ),
    ("category twice", 'category = "C2"', 'category = "C1"', "bands must be those of C1, C2, C3, C4 and C5, in this order."),
    ("unknown category", 'category = "C2"', 'category = "C6"', "bands.2.category must be one of C1, C2, C3, C4, C5."),
    ("limit none", "per_day = 2", "per_day = 0", "limits.per_day must be a whole number from 1 to 100."),
    ("limit as yes", "per_year = 6", "per_year = true", "limits.per_year must be a whole number from 1 to 1000."),
    ("jump missing", "jump = 2", "", "review.jump is missing."),
    ("unknown member", "jump = 2", "jump = 2\nskip = true", "review.skip is not known here."),
    ("no day", "effective = 2026-01-01", "effective = 2026-01-01T00:00:00", "effective must be a day such as 2026-01-31."),
    ("unknown kind", '["INDIVIDUAL"]', '["INDIVIDUAL", "DOG"]', "kinds.1 must be one of " + ", ".join(InvestorKind) + "."),
    ("no score", AGE, AGE.removesuffix(", score = 0"), "questions.age.options.1.score is missing."),
    ("score in part", AGE, AGE.replace("= 0", "= 0.5"), "questions.age.options.1.score must be a whole number from 0 to 100."),
    ("no English", AGE, AGE.replace(', en = "Under 18"', ""), "questions.age.options.1.text.en is missing."),
    (
        "nothing said",
        AGE,
        AGE.replace("未满18周岁", " "),
        "questions.age.options.1.text.zh must be a text of 1 to 2000 characters.",
    ),
    ("lowest where it is not asked", AGE, f"{AGE}, lowest = true", "questions.age.options.1.lowest is not known here."),
    (
        "scoring missing",
        'choice = "MULTIPLE"\nscoring = "HIGHEST"\ntext',
        'choice = "MULTIPLE"\ntext',
        "questions.products.scoring: a question with several answers must say how it is scored.",
    ),
    (
        "a score for the lowest",
        'lowest = "NO_LOSS"',
        'lowest = "NO_LOSS"\nscoring = "SUM"',
        "questions.any_loss.scoring: a question for the lowest category is never scored.",
    ),
    (
        "nobody is lowest",
        'any loss" }, lowest = true',
        'any loss" }',
        "questions.any_loss.options: some answers must mean the lowest category, and some must not.",
    ),
    ("a ground is not asked", 'lowest = "NO_LOSS"', 'lowest = "LAW"', "questions: individuals must be asked for NO_LOSS."),
    (
        "unknown term",
        'objective = "LONG"',
        'objective = "EVER"',
        "questions.term.options.3.objective must be one of SHORT, MEDIUM, LONG.",
    ),
    (
        "several terms",
        'keeps = "TERM"',
        'keeps = "TERM"\nchoice = "MULTIPLE"\nscoring = "SUM"',
        "questions.term.choice: only one term can be meant.",
    ),
    (
        "an answer that is not there",
        '["goal/preserve"]',
        '["goal/keep"]',
        "contradictions.7.one names an answer that is not there: goal/keep",
    ),
    (
        "one question against itself",
        'one = ["goal/preserve"]',
        'one = ["portfolio/calm"]',
        "contradictions.7: both sides name the same question.",
    ),
    (
        "a name with spaces",
        'id = "education"',
        'id = "Edu cation"',
        "questions.2.id must be a name of small letters, digits and underscores.",
    ),
    ("not yes or no", "alone = true", "alone = 1", "questions.products.options.1.alone must be true or false."),
    (
        "one answer only",
        '  { id = "some", text = { zh = "能够承受一定的损失", en = "Yes, I can bear some loss" } },\n',
        "",
        "questions.any_loss.options: a question needs at least two answers.",
    ),
    ("a question twice", 'id = "education"', 'id = "age"', "questions.age is there twice."),
]


@pytest.mark.parametrize(("old", "new", "message"), [pytest.param(*row, id=name.replace(" ", "_")) for name, *row in FAULTS])
def test_a_fault_is_refused_in_its_own_words_with_its_place(old: str, new: str, message: str) -> None:
    assert message in refused(changed(old, new) if "MULTIPLE" not in old else TEXT.replace(old, new, 1))


def test_every_fault_is_told_at_once() -> None:
    told = refused('id = "A b"\nodd = 1\nbands = []\nquestions = 3\nname = "x"')

    assert told[:8] == [
        "odd is not known here.",
        *(f"{name} is missing." for name in ("version", "effective", "introduction", "declaration", "kinds", "limits", "review")),
    ]
    assert {
        "id must be a name of small letters, digits and underscores.",
        "name must be a table.",
        "bands must be a list with something in it.",
        "questions must be a list with something in it.",
        "questions: no question is about FINANCES.",
        "questions: exactly one question must keep VARIETY.",
    } <= set(told)


def test_a_category_that_no_answers_reach_is_refused() -> None:
    unreachable = TEXT.replace("from = 54, to = 82", "from = 54, to = 100").replace("from = 83, to = 100", "from = 101, to = 120")

    assert refused(unreachable) == ["bands.C5: no answers reach this category."]


@pytest.mark.parametrize("text", ["[bands", TEXT + TEXT, f"version = {'1' * 5_000}", f"name = {'[' * 3_000}{']' * 3_000}"])
def test_what_is_not_toml_is_refused_with_one_fault(text: str) -> None:
    [told] = refused(text)

    assert told.startswith("The questionnaire is not valid TOML: ")


def test_two_versions_are_compared_place_by_place() -> None:
    other = parse(
        changed("version = 1", "version = 2").replace(AGE, AGE.replace("= 0", "= 1")).replace("per_day = 2", "per_day = 1")
    )

    assert compare(SET, SET) == ()
    assert compare(SET, other) == (
        Difference("version", "1", "2"),
        Difference("limits.per_day", "2", "1"),
        Difference("questions.age.options.under_18.score", "0", "1"),
    )


# --------------------------------------------------------------------------------------------------------------------- scoring


def test_complete_answers_give_score_category_and_objectives() -> None:
    result = score(SET, BEST)

    assert (result.score, result.category, result.lowest, result.contradictions) == (100, C5, False, ())
    assert (result.term, result.varieties) == (Term.LONG, {Variety.EQUITY, Variety.DERIVATIVE})
    assert (result.questionnaire, dict(result.answers)["products"]) == (SET.digest, ("shares", "derivatives"))


@pytest.mark.parametrize(
    ("question", "option", "ground"),
    [("any_loss", "none", LowestGround.NO_LOSS), ("capacity", "limited", LowestGround.NO_CAPACITY)],
)
def test_a_score_of_100_with_a_lowest_answer_is_the_lowest_category(question: str, option: str, ground: LowestGround) -> None:
    result = score(SET, BEST | {question: [option]})

    assert (result.score, result.category, result.lowest, result.lowest_by) == (100, C1, True, ((question, ground),))


def test_replay_is_the_same_in_whatever_order_answers_come() -> None:
    turned = {question: list(reversed(options)) for question, options in reversed(BEST.items())}

    assert score(parse(TEXT), turned) == score(SET, BEST)


@st.composite
def answers_to(draw, questionnaire: Questionnaire):
    answers = {}
    for question in questionnaire.questions:
        every = [option.id for option in question.options]
        together = [option.id for option in question.options if not option.alone]
        single = st.sampled_from(every).map(lambda one: [one])
        several = st.lists(st.sampled_from(together), min_size=1, unique=True)
        answers[question.id] = draw(single if question.choice is Choice.SINGLE else single | several)
    return answers


@pytest.mark.parametrize("name", SETS)
def test_any_complete_answers_give_exactly_one_category(name: str) -> None:
    @settings(max_examples=40)
    @given(answers_to(SETS[name]))
    def holds(answers) -> None:
        result = score(SETS[name], answers)
        assert result.score in SETS[name].reachable
        assert result.lowest == (answers.get("capacity") == ["limited"] or answers.get("any_loss") == ["none"])
        assert result.category is (C1 if result.lowest else SETS[name].category_of(result.score))
        assert result.varieties

    holds()


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"age": []}, "age", "Please answer this question."),
        ({"age": ["to_99"]}, "age", "Please choose from the answers given."),
        ({"age": ["to_30", "to_50"]}, "age", "Please choose one answer only."),
        ({"products": ["shares", "shares"]}, "products", "Please choose from the answers given."),
        ({"products": ["none", "shares"]}, "products", "One of the answers chosen can only stand alone."),
        ({"shoe_size": ["a"]}, "shoe_size", "There is no such question: shoe_size"),
    ],
)
def test_an_answer_that_can_not_be_used_is_told_with_its_question(given, field: str, message: str) -> None:
    with pytest.raises(Invalid) as error:
        score(SET, BEST | given)

    assert [(fault.field, str(fault)) for fault in error.value.faults] == [(field, message)]


def test_incomplete_answers_name_every_question_that_is_open() -> None:
    with pytest.raises(Invalid) as error:
        score(SET, {})

    assert [fault.field for fault in error.value.faults] == list(SET.by_id)
    assert faults_of(SET.pages[0][1], {"age": ["to_30"], "education": ["school"], "dependants": ["two"]}) == []


# ---------------------------------------------------------------------------------------------------------- what holds a result


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ({}, []),
        ({"age": ["under_18"]}, ["minor_with_capacity", "minor_with_experience"]),
        ({"income": ["to_100k"]}, ["income_against_assets"]),
        ({"income_source": ["none"]}, ["no_income_against_income"]),
        ({"years": ["none"]}, ["no_years_with_products"]),
        ({"knowledge": ["none"]}, ["no_knowledge_with_derivatives"]),
        ({"goal": ["preserve"]}, ["preserve_with_bold"]),
        ({"any_loss": ["none"]}, ["no_loss_with_loss"]),
    ],
)
def test_each_contradiction_is_found_and_holds_the_result(given, found: list[str]) -> None:
    result = score(SET, BEST | given)

    assert [each.id for each in result.contradictions] == found
    assert held(SET, result, Before(C5)) == ((Hold.CONTRADICTION,) if found else ())


RISES = [
    # before, lowest before, reached (None is the lowest category), what holds
    (None, False, C5, []),  # a first assessment is no rise
    (C1, False, C2, []),
    (C1, False, C3, [Hold.JUMP]),
    (C1, False, C4, [Hold.JUMP]),
    (C3, False, C5, [Hold.JUMP]),
    (C4, False, C5, []),
    (C5, False, C1, []),  # a fall is never held
    (C5, False, None, []),
    (C1, True, None, []),
    (C1, True, C1, [Hold.LOWEST_LIFTED]),
    (C1, True, C2, [Hold.JUMP, Hold.LOWEST_LIFTED]),
    (None, True, C1, [Hold.LOWEST_LIFTED]),
]


@pytest.mark.parametrize(("category", "lowest", "reached", "reasons"), RISES)
def test_a_rise_of_two_and_a_lifted_floor_wait_for_a_second_person(category, lowest: bool, reached, reasons) -> None:  # noqa: FBT001
    by = (("any_loss", LowestGround.NO_LOSS),)
    result = replace(score(SET, BEST), category=reached or C1, lowest_by=() if reached else by)

    assert list(held(SET, result, Before(category, lowest))) == reasons


@pytest.mark.parametrize("old", RiskCategory)
@pytest.mark.parametrize("new", RiskCategory)
def test_while_a_result_is_held_the_lower_of_old_and_new_applies(old: RiskCategory, new: RiskCategory) -> None:
    later = NOW + timedelta(days=700)
    before, after = CategoryChange(investor="i", category=old, before=NOW + timedelta(days=9)), CategoryChange(
        investor="i", category=new, before=later
    )  # fmt: skip

    lowered, raised = split(before, after, NOW)

    assert (lowered or before).category is min(old, new)
    assert raised == after
    assert split(LowestChange(investor="i", lowest=True), LowestChange(investor="i", lowest=False), NOW)[0] is None


# --------------------------------------------------------------------------------------------------------- limits and validity


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI).astimezone(UTC)


RETAKES = [
    # taken at, now, limit, when again: all in Shanghai
    ([], "2026-07-13T10:00", None, None),
    (["2026-07-13T09:00"], "2026-07-13T10:00", None, None),
    (["2026-07-13T00:00", "2026-07-13T09:00"], "2026-07-13T10:00", "day", "2026-07-14T00:00"),
    (["2026-07-13T00:00", "2026-07-13T09:00"], "2026-07-13T23:59:59.999999", "day", "2026-07-14T00:00"),
    (["2026-07-13T00:00", "2026-07-13T09:00"], "2026-07-14T00:00", None, None),
    (["2026-07-12T23:59:59", "2026-07-13T00:00"], "2026-07-13T10:00", None, None),  # the UTC day is the same, the day is not
    (["2024-02-28T10:00"] * 2, "2024-02-29T00:00", None, None),
    (["2024-02-29T10:00"] * 2, "2024-02-29T12:00", "day", "2024-03-01T00:00"),
    ([f"2026-0{month}-01T10:00" for month in range(1, 7)], "2026-07-13T10:00", "year", "2027-01-01T00:00"),
    ([f"2026-0{month}-01T10:00" for month in range(1, 6)], "2026-07-13T10:00", None, None),
    ([f"2026-0{month}-01T10:00" for month in range(1, 7)], "2027-01-01T00:00", None, None),
    (["2026-12-31T10:00"] * 2, "2026-12-31T23:00", "day", "2027-01-01T00:00"),
    (["2026-12-31T10:00"] * 6, "2026-12-31T23:00", "year", "2027-01-01T00:00"),
    (["2026-07-14T10:00"] * 2, "2026-07-13T10:00", "day", "2026-07-14T00:00"),  # the clock was set back
    (["2027-01-01T10:00"] * 6, "2026-12-31T10:00", "year", "2027-01-01T00:00"),
]


@pytest.mark.parametrize(("taken", "now", "limit", "again"), RETAKES)
def test_two_a_day_and_six_a_year_in_the_firms_zone(taken: list[str], now: str, limit: str | None, again: str | None) -> None:
    answer = retake(map(shanghai, taken), shanghai(now), SET.limits, SHANGHAI)

    assert (answer.allowed, answer.limit, answer.again) == (limit is None, limit, shanghai(again) if again else None)


@pytest.mark.parametrize(
    ("signed", "last_day"),
    [("2026-07-13", "2028-07-13"), ("2024-02-29", "2026-02-28"), ("2022-02-28", "2024-02-28"), ("2025-12-31", "2027-12-31")],
)
def test_an_assessment_is_valid_through_the_last_second_of_its_last_day(signed: str, last_day: str) -> None:
    before = valid_before(last_day_after(date.fromisoformat(signed), POLICY.assessment_months), SHANGHAI)
    last_second = shanghai(f"{last_day}T23:59:59")

    assert eligibility(ordinary(before=before), POLICY, last_second).reasons == ()
    assert eligibility(ordinary(before=before), POLICY, last_second + timedelta(seconds=1)).reasons == (
        Reason.ASSESSMENT_EXPIRED,
    )
