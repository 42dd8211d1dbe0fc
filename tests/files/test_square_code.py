"""The link as a square that a phone reads."""

import re

from gatekeeper.files.made.square_code import QUIET, draw

LINK = "https://research.example/activate/8x3kq0v7m2n5w9z4r1t6y8p0h3"


def test_the_three_corners_by_which_a_reader_finds_it_are_there_and_the_margin_is_white():
    code = draw(LINK)
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", code.path)}
    ring = {(x, y) for x in range(7) for y in range(7) if x in (0, 6) or y in (0, 6) or (2 <= x <= 4 and 2 <= y <= 4)}
    last = code.size - QUIET - 7

    for left, top in ((QUIET, QUIET), (last, QUIET), (QUIET, last)):
        corner = {(x - left, y - top) for x, y in dark if left <= x < left + 7 and top <= y < top + 7}
        assert corner == ring
    assert {min(x for x, _ in dark), min(y for _, y in dark)} == {QUIET}
    assert max(max(x, y) for x, y in dark) == code.size - QUIET - 1


def test_another_link_is_another_drawing_and_the_same_one_the_same():
    assert draw(LINK) == draw(LINK)
    assert draw(LINK).path != draw(LINK + "0").path
