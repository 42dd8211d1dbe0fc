"""The words: which text, under which name, how they are asked, and how long an acceptance of them is good."""

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gatekeeper.rules.consent import Acceptance, Asking, Words, asking, is_good
from gatekeeper.rules.risk import RiskGrade
from tests.rules.facts import NOW, POLICY, SHANGHAI, STATEMENT, acceptance

R1, R2, R3, R4, R5 = RiskGrade

# ------------------------------------------------------------------------------------------------------ the words and their name

KNOWN = [
    (
        "en",
        "I accept.",
        "R3: for C3, C4 and C5.",
        "I accept.\n\nR3: for C3, C4 and C5.\n",
        "3d80ebc11388531206116fbcaca32483781a3377eeaae3629c5375c3feea2055",
    ),
    (
        "zh_CN",
        "本人已阅读并接受。",
        "本报告风险等级为R3，适合C3、C4、C5。",
        "本人已阅读并接受。\n\n本报告风险等级为R3，适合C3、C4、C5。\n",
        "528111d1fbb67c17229b933f16d91442a27f90a6e9cad973a36ee31929fbe976",
    ),
    ("en", "I accept.", "", "I accept.\n", "5be6168fd96f5022635717618d125870a48377a79587717fe44c0dfac4cbf43e"),
]


@pytest.mark.parametrize(
    ("language", "statement", "notice", "text", "name"), KNOWN, ids=["english", "chinese", "nothing_printed"]
)
def test_the_words_are_one_text_and_its_hash_names_them(language: str, statement: str, notice: str, text: str, name: str) -> None:
    words = Words(language, statement, notice)

    assert words.text == text
    assert words.sha256 == name


def test_blank_space_around_statement_and_notice_makes_no_other_words() -> None:
    assert Words("en", "\n I accept. \n", "\tR3.\n\n").sha256 == Words("en", "I accept.", "R3.").sha256
    assert Words("en", "I accept.", " \n").text == Words("en", "I accept.", "").text


@pytest.mark.parametrize(
    ("statement", "notice"),
    [
        ("I accept!", "R3."),
        ("I accept.", "R4."),
        ("I accept.", "R3"),
        ("I accept.", ""),
        ("I  accept.", "R3."),
        ("R3.", "I accept."),
    ],
)
def test_any_other_text_has_another_name(statement: str, notice: str) -> None:
    assert Words("en", statement, notice).sha256 != Words("en", "I accept.", "R3.").sha256


# ---------------------------------------------------------------------------------------------------- is an acceptance still good


def good(
    given: Acceptance, now: datetime = NOW, zone: ZoneInfo = SHANGHAI, profile: str = "ORDINARY:C3", months: int = 12
) -> bool:
    policy = replace(POLICY, acknowledgement_months=months)
    return is_good(given, statement_id=STATEMENT, profile=profile, policy=policy, now=now, zone=zone)


@pytest.mark.parametrize(
    ("accepted", "now", "answer"),
    [
        pytest.param("2025-07-13T08:30:00+08:00", "2025-07-13T08:29:59.999999+08:00", "no", id="before_it_was_given"),
        pytest.param("2025-07-13T08:30:00+08:00", "2025-07-13T08:30:00+08:00", "good", id="at_the_instant_it_was_given"),
        pytest.param("2025-07-13T08:30:00+08:00", "2026-07-13T23:59:59+08:00", "good", id="last_second"),
        pytest.param("2025-07-13T08:30:00+08:00", "2026-07-13T23:59:59.999999+08:00", "good", id="last_microsecond"),
        pytest.param("2025-07-13T08:30:00+08:00", "2026-07-14T00:00:00+08:00", "no", id="the_next_day"),
        pytest.param("2024-02-29T23:59:00+08:00", "2025-02-28T23:59:59+08:00", "good", id="leap_day"),
        pytest.param("2024-02-29T23:59:00+08:00", "2025-03-01T00:00:00+08:00", "no", id="leap_day_over"),
        # Half past four in the afternoon in UTC is the next day in Shanghai, and the firm's day is the one that counts.
        pytest.param("2025-07-12T16:30:00+00:00", "2026-07-13T15:59:59+00:00", "good", id="told_in_utc"),
        pytest.param("2025-07-12T16:30:00+00:00", "2026-07-13T16:00:00+00:00", "no", id="told_in_utc_over"),
    ],
)
def test_an_acceptance_is_good_from_its_instant_to_the_end_of_its_last_day(accepted: str, now: str, answer: str) -> None:
    given = acceptance(accepted_at=datetime.fromisoformat(accepted))

    assert good(given, datetime.fromisoformat(now)) is (answer == "good")


def test_the_day_is_counted_in_the_firms_zone() -> None:
    given = acceptance(accepted_at=datetime(2025, 7, 13, 2, tzinfo=UTC))  # still the 12th in New York
    new_york = ZoneInfo("America/New_York")

    assert good(given, datetime(2026, 7, 13, 3, 59, 59, tzinfo=UTC), new_york)
    assert not good(given, datetime(2026, 7, 13, 4, tzinfo=UTC), new_york)
    assert good(given, datetime(2026, 7, 13, 15, 59, 59, tzinfo=UTC), SHANGHAI)


def test_the_months_are_the_policys() -> None:
    given = acceptance(accepted_at=datetime(2025, 1, 31, 12, tzinfo=SHANGHAI))

    assert good(given, datetime(2025, 2, 28, 23, 59, 59, tzinfo=SHANGHAI), months=1)
    assert not good(given, datetime(2025, 3, 1, tzinfo=SHANGHAI), months=1)
    assert good(given, datetime(2028, 1, 31, 23, 59, 59, tzinfo=SHANGHAI), months=36)


def test_another_statement_ends_an_acceptance() -> None:
    assert good(acceptance())
    assert not good(acceptance(statement_id=STATEMENT + 1))
    assert not good(acceptance(statement_id=STATEMENT - 1))


@pytest.mark.parametrize(
    "profile", ["ORDINARY:C4", "ORDINARY:C2", "ORDINARY:C3:LOWEST", "PROFESSIONAL_A", "PROFESSIONAL_B:LOWEST", ""]
)
def test_another_class_or_category_ends_an_acceptance(profile: str) -> None:
    assert not good(acceptance("ORDINARY:C3"), profile=profile)
    assert good(acceptance(profile), profile=profile)


# -------------------------------------------------------------------------------------------------------- how the words are asked

ASKING = """
            first time   accepted before
    R1      FULL         LIGHT
    R2      FULL         LIGHT
    R3      FULL         LIGHT
    R4      FULL         FULL
    R5      FULL         FULL
"""


@pytest.mark.parametrize(("grade", "first", "again"), [line.split() for line in ASKING.strip().splitlines()[1:]])
def test_the_words_are_asked_in_full_at_first_and_always_from_r4(grade: str, first: str, again: str) -> None:
    assert asking(RiskGrade[grade], POLICY, words_accepted_before=False) is Asking[first]
    assert asking(RiskGrade[grade], POLICY, words_accepted_before=True) is Asking[again]


@pytest.mark.parametrize(("start", "light"), [(R1, set()), (R2, {R1}), (R5, {R1, R2, R3, R4})])
def test_the_grade_from_which_everything_is_asked_in_full_is_the_policys(start: RiskGrade, light: set[RiskGrade]) -> None:
    policy = replace(POLICY, in_full_from=start)

    assert {grade for grade in RiskGrade if asking(grade, policy, words_accepted_before=True) is Asking.LIGHT} == light
