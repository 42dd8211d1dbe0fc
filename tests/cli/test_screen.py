"""Tables that line up, terminals that are not steered, log lines that tell no names."""

import json
import logging
import sys
from datetime import UTC, datetime

import pytest

from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Day, When
from gatekeeper.rules.errors import Conflict, Fault, Invalid
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.watching.logs import JsonLines
from tests.world import ZONE


def test_a_chinese_character_takes_two_places(capsys):
    screen.put_table(["Name", "Number"], [["衡川资产", "1"], ["Ada", "22"], ["é" + "e\u0301", "3"]])

    lines = capsys.readouterr().out.splitlines()
    assert [screen.width(line[: line.rindex(" ") + 1]) for line in lines] == [10, 10, 10, 10]
    assert not any(line.endswith(" ") for line in lines)


def test_what_would_steer_a_terminal_is_left_out():
    assert screen.clean("a\x1b[31mb\u202ec\nd\x07") == "a[31mbc d"


def test_values_have_one_form_in_json():
    value = {
        "grade": RiskGrade.R3,
        "at": datetime(2026, 11, 23, 10, tzinfo=ZONE),
        "of": frozenset({RiskCategory.C4, RiskCategory.C3}),
    }

    assert screen.plain(value) == {"grade": "R3", "at": "2026-11-23T02:00:00Z", "of": ["C3", "C4"]}


def test_each_fault_is_a_sentence_with_its_option():
    faults = Invalid(
        Fault("Too late.", field="last_day"), Fault("Empty.", field="investor_name"), Fault("Just %(what)s.", what="so")
    )

    assert screen.told(faults) == ["--valid-through: Too late.", "--investor-name: Empty.", "Just so."]
    assert screen.told(Conflict("Done already.")) == ["Done already."]


@pytest.mark.parametrize(
    ("typed", "start", "end"),
    [
        ("2026-11-23", "2026-11-22T16:00:00", "2026-11-23T16:00:00"),
        ("2026-11-23T14:30", "2026-11-23T06:30:00", "2026-11-23T06:31:00"),
        ("2026-11-23 14:30:05", "2026-11-23T06:30:05", "2026-11-23T06:30:06"),
        ("2026-11-23T14:30Z", "2026-11-23T14:30:00", "2026-11-23T14:31:00"),
        ("2026-11-23T14:30-05:00", "2026-11-23T19:30:00", "2026-11-23T19:31:00"),
    ],
)
def test_a_moment_begins_and_is_over_in_the_firms_zone(typed, start, end):
    moment = When().convert(typed, None, None)

    assert moment.start(ZONE) == datetime.fromisoformat(start).replace(tzinfo=UTC)
    assert moment.end(ZONE) == datetime.fromisoformat(end).replace(tzinfo=UTC)


@pytest.mark.parametrize("typed", ["", "23.11.2026", "2026-02-30", "1899-12-31", "9999-12-31"])
def test_a_day_that_is_none_is_refused(typed):
    with pytest.raises(Exception, match="is not a day"):
        Day().convert(typed, None, None)


def test_a_log_line_tells_where_and_which_kind_but_not_the_words_of_an_exception():
    try:
        {}["王小满"]
    except KeyError:
        record = logging.LogRecord("gatekeeper.x", logging.ERROR, __file__, 1, "request.failed", None, sys.exc_info())
    record.request_id = "abc"

    text = JsonLines().format(record)
    line = json.loads(text)
    assert "王小满" not in text
    assert (line["event"], line["level"], line["exception"], line["request_id"]) == (
        "request.failed",
        "error",
        "KeyError",
        "abc",
    )
    assert line["trace"][0].endswith("test_a_log_line_tells_where_and_which_kind_but_not_the_words_of_an_exception")
