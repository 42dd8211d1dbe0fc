"""The policy text: what the shipped one says, what is refused with which words, what names it, how its months are counted."""

from dataclasses import replace
from datetime import UTC, date, datetime
from hashlib import sha256
from zoneinfo import ZoneInfo

import pytest

from gatekeeper.rules.errors import Invalid
from gatekeeper.rules.policy import LOWEST_FLOOR, last_day_after, parse, valid_before
from gatekeeper.rules.risk import Action, RiskCategory, RiskGrade
from tests.rules.facts import POLICY, POLICY_TEXT, SHANGHAI


def changed(old: str, new: str) -> str:
    """The shipped text with one place changed."""
    assert POLICY_TEXT.count(old) == 1, old
    return POLICY_TEXT.replace(old, new)


# ------------------------------------------------------------------------------------------------------------ the shipped policy


@pytest.mark.parametrize(
    ("row", "grades"),
    [
        ("LOWEST", "R1"),
        ("C1", "R1"),
        ("C2", "R1 R2"),
        ("C3", "R1 R2 R3"),
        ("C4", "R1 R2 R3 R4"),
        ("C5", "R1 R2 R3 R4 R5"),
        ("PROFESSIONAL", "R1 R2 R3 R4 R5"),
    ],
)
def test_the_shipped_match_table_is_the_one_of_the_association(row: str, grades: str) -> None:
    expected = {RiskGrade[name] for name in grades.split()}

    assert POLICY.match[row] == expected
    match row:
        case "LOWEST":
            assert POLICY.lowest_grades == expected == LOWEST_FLOOR
        case "PROFESSIONAL":
            assert POLICY.professional_grades == expected
        case _:
            assert POLICY.grades_of(RiskCategory[row]) == expected


def test_the_shipped_table_has_no_other_row() -> None:
    assert list(POLICY.match) == ["LOWEST", "C1", "C2", "C3", "C4", "C5", "PROFESSIONAL"]


def test_the_shipped_periods_and_acknowledgement() -> None:
    assert POLICY.name == "default"
    assert (POLICY.assessment_months, POLICY.professional_months, POLICY.acknowledgement_months) == (24, 12, 12)
    assert POLICY.acknowledged_actions == {Action.READ, Action.USE}
    assert POLICY.in_full_from is RiskGrade.R4


def test_the_digest_is_the_hash_of_the_very_text() -> None:
    assert POLICY.digest == sha256(POLICY_TEXT.encode()).hexdigest()
    assert parse(POLICY_TEXT + "\n").digest == sha256(POLICY_TEXT.encode() + b"\n").hexdigest() != POLICY.digest


def test_another_comment_is_another_policy_with_the_same_rules() -> None:
    other = parse("# 注释\n" + POLICY_TEXT)

    assert other.digest != POLICY.digest
    assert other.match == POLICY.match


# ---------------------------------------------------------------------------------------------------------- what is still valid

STRICTER = [
    pytest.param('LOWEST = ["R1"]', "LOWEST = []", id="nothing_for_the_lowest"),
    pytest.param('C2 = ["R1", "R2"]', 'C2 = ["R1"]', id="less_for_C2"),
    pytest.param('C2 = ["R1", "R2"]', 'C2 = ["R2", "R1", "R1"]', id="any_order_and_twice"),
    pytest.param("assessment_months = 24", "assessment_months = 1", id="one_month"),
    pytest.param("assessment_months = 24", "assessment_months = 36", id="thirty_six_months"),
    pytest.param('["READ", "USE"]', '["READ", "BOOKMARK", "RECEIVE", "USE"]', id="words_before_everything"),
    pytest.param('in_full_from = "R4"', 'in_full_from = "R1"', id="always_in_full"),
]


@pytest.mark.parametrize(("old", "new"), STRICTER)
def test_a_firm_may_be_stricter(old: str, new: str) -> None:
    assert parse(changed(old, new)).digest != POLICY.digest


# --------------------------------------------------------------------------------------------------------- every fault, its words

UNKNOWN = "The policy has an unknown member: %s"
ROW = "The match table needs a list of grades R1 to R5 for %s."
LESS = "%s is given less than %s in the match table."
MONTHS = "%s must be a whole number of months from 1 to 36."
FLOOR = "The lowest category can never be given more than R1."
ACTIONS = "acknowledgement.actions must name READ and USE, and only known actions."
IN_FULL = "acknowledgement.in_full_from must be a grade from R1 to R5."

FAULTS = [
    # What is not understood
    ("unknown member", 'name = "default"', 'name = "default"\nnote = "x"', UNKNOWN % "note"),
    ("unknown table", "[validity]", "[override]\n[validity]", UNKNOWN % "override"),
    ("unknown row", "[match]", '[match]\nC6 = ["R1"]', UNKNOWN % "match.C6"),
    ("unknown period", "[validity]", "[validity]\ncontract_months = 3", UNKNOWN % "validity.contract_months"),
    ("unknown rule", "[acknowledgement]", "[acknowledgement]\nskip = true", UNKNOWN % "acknowledgement.skip"),
    # The match table
    ("row missing", 'C1 = ["R1"]\n', "", ROW % "C1"),
    ("row not a list", 'C1 = ["R1"]\n', 'C1 = "R1"\n', ROW % "C1"),
    ("unknown grade", 'C1 = ["R1"]\n', 'C1 = ["R1", "R6"]\n', ROW % "C1"),
    ("grade in small letters", 'C1 = ["R1"]\n', 'C1 = ["r1"]\n', ROW % "C1"),
    ("grade as a number", 'C1 = ["R1"]\n', "C1 = [1]\n", ROW % "C1"),
    ("list in a list", 'C1 = ["R1"]\n', 'C1 = [["R1"]]\n', ROW % "C1"),
    # The floor, and the order of the rows
    ("lowest above R1", 'LOWEST = ["R1"]', 'LOWEST = ["R1", "R2"]', FLOOR),
    ("lowest given R2 instead", 'LOWEST = ["R1"]', 'LOWEST = ["R2"]', FLOOR),
    ("C1 less than the lowest", '\nC1 = ["R1"]', "\nC1 = []", LESS % ("C1", "LOWEST")),
    ("C3 less than C2", '["R1", "R2", "R3"]\n', '["R1", "R3"]\n', LESS % ("C3", "C2")),
    ("C5 less than C4", 'C5 = ["R1", "R2", "R3", "R4", "R5"]', 'C5 = ["R1", "R2", "R3", "R5"]', LESS % ("C5", "C4")),
    (
        "professional less than C5",
        'PROFESSIONAL = ["R1", "R2", "R3", "R4", "R5"]',
        'PROFESSIONAL = ["R1", "R2", "R3", "R4"]',
        LESS % ("PROFESSIONAL", "C5"),
    ),
    # Periods
    ("no months", "assessment_months = 24", "assessment_months = 0", MONTHS % "validity.assessment_months"),
    ("too many months", "assessment_months = 24", "assessment_months = 37", MONTHS % "validity.assessment_months"),
    ("months less than none", "professional_months = 12", "professional_months = -1", MONTHS % "validity.professional_months"),
    ("months as yes", "professional_months = 12", "professional_months = true", MONTHS % "validity.professional_months"),
    ("months as text", "\nmonths = 12", '\nmonths = "12"', MONTHS % "acknowledgement.months"),
    ("months in part", "\nmonths = 12", "\nmonths = 12.0", MONTHS % "acknowledgement.months"),
    ("months missing", "\nmonths = 12", "", MONTHS % "acknowledgement.months"),
    # The words
    ("reading without the words", '["READ", "USE"]', '["USE"]', ACTIONS),
    ("using without the words", '["READ", "USE"]', '["READ", "BOOKMARK"]', ACTIONS),
    ("unknown action", '["READ", "USE"]', '["READ", "USE", "PRINT"]', ACTIONS),
    ("no actions", '["READ", "USE"]', "[]", ACTIONS),
    ("actions not a list", '["READ", "USE"]', '"READ USE"', ACTIONS),
    ("actions in a list", '["READ", "USE"]', '["READ", "USE", ["USE"]]', ACTIONS),
    ("actions missing", 'actions = ["READ", "USE"]\n', "", ACTIONS),
    ("in full from nowhere", 'in_full_from = "R4"', "", IN_FULL),
    ("in full from R6", 'in_full_from = "R4"', 'in_full_from = "R6"', IN_FULL),
    ("in full from a number", 'in_full_from = "R4"', "in_full_from = 4", IN_FULL),
    ("in full from a list", 'in_full_from = "R4"', 'in_full_from = ["R4"]', IN_FULL),
    # Papers
    ("paper too old", "signed_days = 30", "signed_days = 367", "paper.signed_days must be a whole number from 0 to 366."),
    ("paper of any age", "signed_days = 30\n", "", "paper.signed_days is missing."),
    ("paper and more", "[paper]", "[paper]\nscans = 1", "paper.scans is not known here."),
]


@pytest.mark.parametrize(("old", "new", "message"), [pytest.param(*row, id=name.replace(" ", "_")) for name, *row in FAULTS])
def test_a_fault_is_refused_in_its_own_words(old: str, new: str, message: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(changed(old, new))

    told, *following = map(str, refused.value.faults)
    assert told == message
    assert [other for other in following if " is given less than " not in other] == []  # as a row that is missing is less


def test_the_lowest_category_is_not_given_more_together_with_c1_either() -> None:
    with pytest.raises(Invalid) as refused:
        parse(changed('LOWEST = ["R1"]\nC1 = ["R1"]\n', 'LOWEST = ["R1", "R2"]\nC1 = ["R1", "R2"]\n'))

    assert str(refused.value) == FLOOR


def test_every_fault_is_listed_at_once_and_nothing_but_the_name_may_be_missing() -> None:
    with pytest.raises(Invalid) as refused:
        parse("match = 1\nvalidity = []\nodd = 1")

    assert [str(fault) for fault in refused.value.faults] == [
        UNKNOWN % "odd",
        *(ROW % row for row in ["LOWEST", "C1", "C2", "C3", "C4", "C5", "PROFESSIONAL"]),
        MONTHS % "validity.assessment_months",
        MONTHS % "validity.professional_months",
        ACTIONS,
        MONTHS % "acknowledgement.months",
        IN_FULL,
    ]


@pytest.mark.parametrize(
    "text",
    [
        "[match",
        'name = "a"\nname = "b"',
        POLICY_TEXT + "\n[match]\n",
        f"months = {'1' * 5_000}",
        f"name = {'[' * 3_000}{']' * 3_000}",
    ],
    ids=["cut_off", "said_twice", "table_said_twice", "a_number_without_end", "lists_without_end"],
)
def test_what_is_not_toml_is_refused_with_the_place(text: str) -> None:
    with pytest.raises(Invalid, match=r"^The policy is not valid TOML: .+") as refused:
        parse(text)

    assert len(refused.value.faults) == 1


def test_the_floor_holds_in_a_policy_that_was_never_parsed() -> None:
    lifted = replace(POLICY, match=dict.fromkeys(POLICY.match, frozenset(RiskGrade)))

    assert lifted.lowest_grades == {RiskGrade.R1}


# ---------------------------------------------------------------------------------------------------------------- whole months


@pytest.mark.parametrize(
    ("start", "months", "last_day"),
    [
        ("2026-07-13", 24, "2028-07-13"),  # the same day number, inclusive
        ("2024-02-29", 24, "2026-02-28"),  # clamped
        ("2024-02-29", 12, "2025-02-28"),
        ("2022-02-28", 24, "2024-02-28"),  # never stretched
        ("2023-02-28", 12, "2024-02-28"),
        ("2024-01-31", 1, "2024-02-29"),
        ("2025-01-31", 1, "2025-02-28"),
        ("2025-01-30", 1, "2025-02-28"),
        ("2025-03-31", 1, "2025-04-30"),
        ("2025-08-31", 6, "2026-02-28"),
        ("2025-12-01", 1, "2026-01-01"),
        ("2025-12-31", 12, "2026-12-31"),
        ("2025-01-15", 11, "2025-12-15"),
        ("2025-01-15", 36, "2028-01-15"),
        ("2099-12-31", 2, "2100-02-28"),  # 2100 is no leap year
    ],
)
def test_months_end_on_the_same_day_number_clamped_to_the_month(start: str, months: int, last_day: str) -> None:
    assert last_day_after(date.fromisoformat(start), months) == date.fromisoformat(last_day)


@pytest.mark.parametrize(
    ("last_day", "zone", "instant"),
    [
        ("2026-07-13", SHANGHAI, "2026-07-13T16:00:00+00:00"),
        ("2026-12-31", SHANGHAI, "2026-12-31T16:00:00+00:00"),
        ("2024-02-28", SHANGHAI, "2024-02-28T16:00:00+00:00"),  # the 29th begins
        ("2024-02-29", SHANGHAI, "2024-02-29T16:00:00+00:00"),
        ("2026-07-13", UTC, "2026-07-14T00:00:00+00:00"),
        ("2026-03-07", ZoneInfo("America/New_York"), "2026-03-08T05:00:00+00:00"),
        ("2026-03-08", ZoneInfo("America/New_York"), "2026-03-09T04:00:00+00:00"),  # a day of 23 hours
    ],
)
def test_a_last_day_ends_at_midnight_in_the_firms_zone(last_day: str, zone: ZoneInfo, instant: str) -> None:
    end = valid_before(date.fromisoformat(last_day), zone)

    assert end == datetime.fromisoformat(instant)
    assert end.tzinfo is UTC
