"""Codes as people copy them, and pages as an entry names them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatekeeper.rules.reading import codes, seen

CODE = "k7m29xqd4t1c"
CODES = st.text(codes.CROCKFORD, min_size=codes.LENGTH, max_size=codes.LENGTH)


@pytest.mark.parametrize(
    "typed",
    [CODE, "K7M29XQD4T1C", " k7m2-9xqd-4t1c ", "k7m2 9xqd 4t1c", "K7M29XQD4TLC", "k7m29xqd4tic", "k7m2\u30009xqd4t1c"],
)
def test_a_code_is_read_however_it_is_typed(typed):
    assert codes.code_of(typed) == CODE


@pytest.mark.parametrize("typed", ["", CODE[:-1], CODE + "0", "k7m29xqd4t1u", "k7m29xqd4t1！", "储能", "=" * 12])
def test_what_is_no_code_is_none(typed):
    assert codes.code_of(typed) is None


@pytest.mark.parametrize(("typed", "foreign"), [("k7u29xqd4t1u", "u"), ("k7m2！9", "！"), ("OIL", ""), (CODE, "")])
def test_characters_that_no_code_holds_are_named(typed, foreign):
    assert codes.foreign(typed) == foreign


@given(CODES, st.integers(0, codes.LENGTH - 1), st.sampled_from(["wrong", "missing", "double", "swapped", "unreadable"]))
def test_one_mistake_is_found_out(code, place, mistake):
    before, after = code[:place], code[place + 1 :]
    typed = {
        "wrong": before + ("0" if code[place] != "0" else "1") + after,
        "missing": before + after,
        "double": before + code[place] * 2 + after,
        "swapped": before + code[place + 1 : place + 2] + code[place] + code[place + 2 :],
        "unreadable": before + "?" + after,
    }[mistake]

    assert typed == code or code in set(codes.near(typed))


@pytest.mark.parametrize("typed", ["", "k7m2", CODE * 3, "储能" * 6])
def test_nothing_is_near_to_what_is_no_code_at_all(typed):
    assert list(codes.near(typed)) == []


@pytest.mark.parametrize(
    ("pages", "said"), [([], ""), ([1], "1"), ([3, 1, 2, 2], "1-3"), ([1, 2, 4, 7, 8], "1-2, 4, 7-8"), (range(1, 501), "1-500")]
)
def test_pages_are_said_as_people_write_them(pages, said):
    assert seen.ranges(pages) == said


@pytest.mark.parametrize(
    ("pages", "total", "whole"),
    [([1, 2, 3], 3, True), ([1, 3], 3, False), ([], 1, False), ([1], None, False), ([2, 1, 2], 2, True)],
)
def test_a_report_is_whole_when_every_page_was_among_them(pages, total, whole):
    assert seen.is_whole(pages, total) is whole
