"""The test of knowledge as data, its marking and its limits; what an application states as plain JSON; who is a contact."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.files.made import conversion
from gatekeeper.rules.assessing.knowledge import mark, parse, retake
from gatekeeper.rules.changing.stating import from_data, parts_of, to_data
from gatekeeper.rules.errors import Invalid
from gatekeeper.rules.professional import GROUNDS, Amount, Application, Registration, grounds_for
from gatekeeper.rules.risk import InvestorClass, InvestorKind

ZONE = ZoneInfo("Asia/Shanghai")
TEXT = conversion.test_text()
TEST = parse(TEXT)


def answers(wrong: int) -> dict[str, str]:
    """So many wrong answers, the others right."""
    return {
        question.id: next(option.id for option in question.options if option.right is (number >= wrong))
        for number, question in enumerate(TEST.questions)
    }


@pytest.mark.parametrize("wrong", range(len(TEST.questions) + 1))
def test_each_right_answer_counts_one_and_the_pass_mark_itself_is_enough(wrong: int) -> None:
    marked = mark(TEST, answers(wrong))

    assert marked.score == len(TEST.questions) - wrong
    assert marked.passed is (marked.score >= TEST.pass_mark)


@pytest.mark.parametrize("given_", ["", "nothing", "same\0"])
def test_what_is_not_offered_is_not_marked(given_: str) -> None:
    with pytest.raises(Invalid) as refused:
        mark(TEST, {**answers(0), TEST.questions[0].id: given_})

    assert [fault.field for fault in refused.value.faults] == [TEST.questions[0].id]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("pass_mark = 8", "pass_mark = 11", "pass_mark must be a whole number from 1 to 10."),
        ("pass_mark = 8", "pass_mark = 0", "pass_mark must be a whole number from 1 to 10."),
        ("per_day = 2", "", "per_day is missing."),
        ("per_day = 2", "per_day = 2\nextra = 1", "extra is not known here."),
        ('id = "back"', 'id = "protection"', "questions.protection is there twice."),
        ('special protection of ordinary investors ends" }, right = true', 'ends" }', "questions.0.options must be several"),
        ("version = 1", "version = ", "The test is not valid TOML"),
    ],
)
def test_a_test_that_is_not_understood_is_refused_as_a_whole(old: str, new: str, message: str) -> None:
    assert old in TEXT

    with pytest.raises(Invalid, match=message.replace(".", r"\.")):
        parse(TEXT.replace(old, new, 1))


@pytest.mark.parametrize(
    ("times", "limit", "again"),
    [
        ([], None, None),
        (["2026-07-13T01:00"], None, None),
        (["2026-07-13T01:00", "2026-07-13T02:00"], "day", "2026-07-13T16:00"),
        (["2026-07-12T15:59", "2026-07-13T02:00"], None, None),  # yesterday in the firm's zone, at its last minute
        (["2026-07-12T16:00", "2026-07-13T02:00"], "day", "2026-07-13T16:00"),
        (["2026-07-14T01:00", "2026-07-14T02:00"], "day", "2026-07-13T16:00"),  # ahead of a clock set back
        (["2026-07-01T01:00", "2026-07-02T01:00", "2026-07-03T01:00", "2026-07-04T01:00"], "application", None),
    ],
)
def test_the_limits_count_natural_days_of_the_firms_zone_and_the_whole_application(times, limit, again) -> None:
    moments = [datetime.fromisoformat(each).replace(tzinfo=UTC) for each in times]

    found = retake(moments, datetime(2026, 7, 13, 3, tzinfo=UTC), TEST, ZONE)

    assert (found.limit, found.again) == (limit, datetime.fromisoformat(again).replace(tzinfo=UTC) if again else None)


DAYS = st.dates(date(1900, 1, 1), date(2099, 12, 31))
WORDS = st.text(max_size=20)
REGISTRATIONS = st.none() | st.builds(Registration, WORDS, WORDS, st.none() | DAYS)
AMOUNTS = st.none() | st.builds(Amount, st.integers(-(10**17), 10**17), DAYS)
STATED = st.builds(
    Application,
    kind=st.sampled_from(InvestorKind),
    ground=st.sampled_from([ground for grounds in GROUNDS.values() for ground in grounds]),
    applied=DAYS,
    registration=REGISTRATIONS,
    issuer=REGISTRATIONS,
    net_assets=AMOUNTS,
    financial_assets=AMOUNTS,
    incomes=st.dictionaries(st.integers(1900, 2099), st.integers(-(10**17), 10**17), max_size=4).map(
        lambda each: tuple(sorted(each.items()))
    ),
    experience_since=st.none() | DAYS,
    work_since=st.none() | DAYS,
    senior_manager_of=WORDS,
    qualification=WORDS,
)


@given(STATED)
def test_what_is_stated_comes_back_from_its_json_to_the_fen(stated: Application) -> None:
    kept = json.loads(json.dumps(to_data(stated)))

    assert from_data(kept, stated.kind, stated.ground, stated.applied) == stated


def test_each_ground_asks_for_what_its_needs_go_by() -> None:
    asked = {(ground, kind): set(parts_of(ground, kind)) for kind in InvestorKind for ground in grounds_for(kind)}

    for (ground, kind), parts in asked.items():
        by_registration = ground in GROUNDS[InvestorClass.PROFESSIONAL_A]
        assert ("registration" in parts) is by_registration
        assert ("net_assets" in parts) is (not by_registration and kind is not InvestorKind.INDIVIDUAL)
        assert ("incomes" in parts) is (kind is InvestorKind.INDIVIDUAL)
    assert asked["第八条（二）", InvestorKind.PRODUCT] == {"registration", "issuer"}
    whole = Application(kind=InvestorKind.INDIVIDUAL, ground="第十一条", applied=date(2026, 1, 1))
    assert to_data(replace(whole, qualification="")) == {}
