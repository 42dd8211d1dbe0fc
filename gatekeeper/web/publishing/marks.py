"""Printed words marked with what they gave: a text cut where marks begin and end, each mark with the part it belongs to."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

_PARTS = {"audience": "professional", "denied_categories": "categories"}
"""Evidence that stands with another part on the page."""
_WHOLE = frozenset({"related", "risk_notice", "special_statement", "disclaimer", "term", "varieties"})
"""Evidence that is a whole section, or of which the place is not known: nothing to mark."""
_MOST = 300
"""The most marks of a page. A notice has a dozen; a text that is all marks would mark nothing."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Words from ``start`` to ``end`` of the text that was read, and on which page and where there a file with pages has them."""

    number: int
    part: str
    start: int
    end: int
    quote: str
    is_doubt: bool = False
    page: int | None = None
    box: tuple[int, int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text under the same marks: the narrowest of them, those that begin with it, and those that end with it."""

    text: str
    mark: Mark | None = None
    begins: tuple[Mark, ...] = ()
    ends: tuple[Mark, ...] = ()


def marks_of(reading: Mapping[str, Any]) -> list[Mark]:
    """Every mark that a stored reading knows the place of, in the order of the text; older readings know none."""
    found: dict[tuple[int, int, str], tuple[Mapping[str, Any], bool]] = {}
    for each in (*reading.get("fields", ()), *reading.get("evidence", ())):
        if "start" in each and each["what"] not in _WHOLE:
            found.setdefault(_key(each), (each, False))
    for conflict in reading.get("conflicts", ()):
        for each in conflict["evidence"]:
            found[_key(each)] = each, True
    placed = sorted(found.items(), key=lambda item: item[0])[:_MOST]
    return [_mark(number, key, *each) for number, (key, each) in enumerate(placed, start=1)]


def _key(each: Mapping[str, Any]) -> tuple[int, int, str]:
    return each["start"], each["end"], _PARTS.get(each["what"], each["what"])


def _mark(number: int, key: tuple[int, int, str], each: Mapping[str, Any], is_doubt: bool) -> Mark:  # noqa: FBT001
    start, end, part = key
    box = tuple(each["box"]) if each.get("box") else None
    return Mark(number, part, start, end, each["quote"], is_doubt, each.get("page"), box)


def moved(marks: Iterable[Mark], notice: str, ranges: Sequence[Sequence[int]]) -> list[Mark]:
    """The marks within a notice, counted from its own beginning. ``ranges`` are where its blocks stand in the text."""
    offset = 0
    found: list[Mark] = []
    for start, end in ranges:
        found += [_at(each, offset + each.start - start) for each in marks if start <= each.start and each.end <= end]
        offset += end - start + len("\n\n")
    if ranges:
        return found
    place = 0
    for each in marks:  # a notice of single sentences: they stand in it in the order of the text
        at = notice.find(each.quote, place)
        if at >= 0:
            found.append(_at(each, at))
            place = at
    return found


def _at(mark: Mark, start: int) -> Mark:
    end = start + mark.end - mark.start
    return Mark(mark.number, mark.part, start, end, mark.quote, mark.is_doubt, mark.page, mark.box)


def cut(text: str, marks: Iterable[Mark], start: int = 0) -> list[Piece]:
    """A text that begins at ``start``, cut into pieces."""
    within = [each for each in marks if each.start < start + len(text) and each.end > start]
    places = {0, len(text)}
    for each in within:
        places |= {max(each.start - start, 0), min(each.end - start, len(text))}
    return [_piece(text, first + start, last + start, within, start) for first, last in pairwise(sorted(places))]


def _piece(text: str, first: int, last: int, marks: list[Mark], start: int) -> Piece:
    over = [each for each in marks if each.start <= first and last <= each.end]
    return Piece(
        text=text[first - start : last - start],
        mark=min(over, key=lambda each: each.end - each.start, default=None),
        begins=tuple(each for each in over if max(each.start, start) == first),
        ends=tuple(each for each in over if min(each.end, start + len(text)) == last),
    )
