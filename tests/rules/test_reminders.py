"""When it is time to tell that something expires: days counted in the firm's zone, each once, the nearest of several."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gatekeeper.rules.errors import Invalid
from gatekeeper.rules.messages.reminders import DAYS, due, last_day
from gatekeeper.rules.policy import parse, valid_before
from tests.rules.facts import POLICY, POLICY_TEXT, SHANGHAI

LONG_AGO = datetime(2025, 1, 1, tzinfo=UTC)


def at(day: date, hour: int = 9) -> datetime:
    return datetime(day.year, day.month, day.day, hour, tzinfo=SHANGHAI)


@pytest.mark.parametrize(
    ("last", "days", "told_on"),
    [
        (date(2027, 3, 1), 1, date(2027, 2, 28)),
        (date(2028, 3, 1), 1, date(2028, 2, 29)),  # a leap year
        (date(2028, 2, 29), 60, date(2027, 12, 31)),
        (date(2028, 2, 29), 7, date(2028, 2, 22)),
        (date(2027, 1, 31), 30, date(2027, 1, 1)),
        (date(2027, 12, 31), 60, date(2027, 11, 1)),
    ],
)
def test_it_is_told_on_the_day_that_lies_so_many_days_before_the_last(last, days, told_on):
    before = valid_before(last, SHANGHAI)

    assert due(before, LONG_AGO, at(told_on, 0), SHANGHAI, [days]) == days
    assert due(before, LONG_AGO, at(told_on) - timedelta(days=1), SHANGHAI, [days]) is None
    assert due(before, LONG_AGO, at(told_on, 0) - timedelta(microseconds=1), SHANGHAI, [days]) is None


def test_days_begin_in_the_firms_zone():
    before = valid_before(date(2027, 3, 1), SHANGHAI)

    assert last_day(before, SHANGHAI) == date(2027, 3, 1)
    assert due(before, LONG_AGO, datetime(2027, 2, 27, 15, 59, tzinfo=UTC), SHANGHAI, [1]) is None
    assert due(before, LONG_AGO, datetime(2027, 2, 27, 16, 0, tzinfo=UTC), SHANGHAI, [1]) == 1


@pytest.mark.parametrize(
    ("left", "number"),
    [(61, None), (60, 60), (59, 60), (31, 60), (30, 30), (8, 30), (7, 7), (2, 7), (1, 1), (0, 1), (-1, None)],
)
def test_of_several_days_that_have_come_the_nearest_counts_and_after_the_last_day_none(left, number):
    before = valid_before(date(2027, 3, 1), SHANGHAI)

    assert due(before, LONG_AGO, at(date(2027, 3, 1) - timedelta(days=left)), SHANGHAI, DAYS) == number


def test_what_was_short_from_the_beginning_was_told_with_it():
    before = valid_before(date(2027, 3, 1), SHANGHAI)
    for since, number in ((60, None), (45, None), (61, 60)):
        written = at(date(2027, 3, 1) - timedelta(days=since))
        assert due(before, written, at(date(2027, 3, 1) - timedelta(days=min(since, 60))), SHANGHAI, DAYS) == number


def test_the_days_are_the_policys_own_and_older_texts_have_the_usual_ones():
    older = POLICY_TEXT[: POLICY_TEXT.index("[notices]")]

    assert POLICY.expiring_days == parse(older).expiring_days == (60, 30, 7, 1)
    assert parse(f"{older}[notices]\nexpiring_days = [5, 90, 5]\n").expiring_days == (90, 5)


@pytest.mark.parametrize("days", ["[]", "[0]", "[366]", '["7"]', "[1.5]", "[true]", "7", "{}"])
def test_days_that_are_none_are_refused_with_their_place(days):
    older = POLICY_TEXT[: POLICY_TEXT.index("[notices]")]
    with pytest.raises(Invalid, match=r"notices\.expiring_days"):
        parse(f"{older}[notices]\nexpiring_days = {days}\n")


def test_an_unknown_member_of_the_table_is_refused():
    with pytest.raises(Invalid, match=r"notices\.weekly"):
        parse(POLICY_TEXT.replace("[notices]\n", "[notices]\nweekly = true\n"))
