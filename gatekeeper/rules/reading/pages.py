"""The lines of printed pages put together again: one text as its author wrote it, and where on which page each part of it stands.

1. What repeats at the head or foot of most pages runs along beside the text and breaks sentences that go on overleaf. It is read
   once, after everything else, under a heading of its own; mere page numbers are left out.
2. A line goes on in the next where it was full and ended no sentence, and the next is as large, close below, and begins nothing
   of its own. A sentence may go on overleaf. Where it is not clear the lines stay apart, which breaks no sentence.
3. Lines keep the order in which the file has them: columns stand one after the other there.
4. Nothing fails, and everything is linear in the number of lines.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import median_low

from gatekeeper.rules.wording.printed import fold

RUNNING = "页眉页脚说明"
"""The heading under which stands what runs along."""
SCALE = 10_000
"""Places are ten-thousandths of a page's width and height, counted from its upper left corner."""

_EDGE = SCALE // 8
"""How far from the upper or lower edge of a page its running lines are."""
_MOST_RUNNING = 6
_MOSTLY = 0.5
_NUMBER = re.compile(r"第?#(?:页|/共?#页?|页?[,/、]?共#页|of#)?|[-\[(]#[-\])]|page#(?:(?:of|/)#)?|p\.?#", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
_CAPTION = re.compile(r"(?:图表?|表|Figure|Chart|Table)[^\S\n]*\d{1,3}")
_BEGINS = re.compile(
    _CAPTION.pattern + r"|[●•■◆▶▪◼▌○□※▲△★☆➢✓|｜#]|[-–—]{2}|[一二三四五六七八九十]{1,3}、"
    r"|[(（](?:[一二三四五六七八九十]{1,3}|\d{1,3})[)）]"
)
_ENDED = tuple("。｡！？!?：:;；.")
_QUOTES = "”’》」』）)\"'"
_CJK = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f“”‘’…—]")
_WORD = re.compile(r"\S+")
_BARS = ("|", "｜")
_HYPHEN = "\u00ad"
_ALIKE = 1.35
"""By how much the heights of two lines of the same paragraph differ at most: they are measured at a few characters."""
_CLOSE = 0.35
"""By which part of its height a line may be farther below the one before than lines usually are."""
_INDENT = 1.2


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line: its words, and its box in ``SCALE`` of its page as it is shown."""

    text: str
    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Page:
    """A page: how wide and high it is in points, and its lines in the order of the file."""

    width: float
    height: float
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Place:
    """Where words stand: the page, from one on, and the box around them there: left, top, right, bottom."""

    page: int
    box: tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Printed:
    """A text with its places. ``starts[i]`` is where in ``text`` the line begins that stands at ``places[i]``.

    ``page_starts`` are where the pages begin, and after the last of them where what runs along does.
    """

    text: str
    starts: tuple[int, ...]
    places: tuple[Place, ...]
    page_starts: tuple[int, ...]

    def place(self, start: int, end: int) -> Place | None:
        """Where the words from ``start`` to ``end`` stand; of what goes on overleaf only what is on the first page."""
        first = bisect_right(self.starts, start) - 1
        if first < 0 or end <= start:
            return None
        last = bisect_right(self.starts, end - 1)
        page = self.places[first].page
        boxes = [each.box for each in self.places[first:last] if each.page == page]
        return Place(
            page, (min(b[0] for b in boxes), min(b[1] for b in boxes), max(b[2] for b in boxes), max(b[3] for b in boxes))
        )

    def pages(self) -> list[str]:
        """The text page by page, without what runs along."""
        return [self.text[start:end].strip() for start, end in pairwise(self.page_starts)]


def put_together(pages: Sequence[Page]) -> Printed:
    """One text from the lines of pages."""
    made = _Made()
    running = _running(pages)
    bodies = [
        [line for place, line in enumerate(page.lines) if (number, place) not in running and not _is_number(line)]
        for number, page in enumerate(pages, start=1)
    ]
    right = median_low([max((line.right for line in body), default=0) for body in bodies] or [0])
    for number, (page, body) in enumerate(zip(pages, bodies, strict=True), start=1):
        made.page(number, _Column(page, body, right))
    made.end(running, pages)
    return made.printed()


# ---------------------------------------------------------------------------------------------------------------- what runs along


def _is_edge(line: Line) -> bool:
    return line.bottom <= _EDGE or line.top >= SCALE - _EDGE


def _key(line: Line) -> str:
    """A line without its numbers, by which it is known again."""
    return _DIGITS.sub("#", fold(line.text))


def _is_number(line: Line) -> bool:
    return _is_edge(line) and bool(_NUMBER.fullmatch(_key(line)))


def _running(pages: Sequence[Page]) -> set[tuple[int, int]]:
    """Page and place of the lines that stand at the edge of most pages, as large each time: a title may run along in small."""
    edges = defaultdict(list)
    for number, page in enumerate(pages, start=1):
        for place, line in enumerate(page.lines):
            if _is_edge(line) and (key := _key(line)) and not _NUMBER.fullmatch(key):
                edges[key, line.top < SCALE // 2].append((number, place, line))
    least = max(2, len(pages) * _MOSTLY)
    found: set[tuple[int, int]] = set()
    for lines in edges.values():
        usual = median_low(line.bottom - line.top for _, _, line in lines)
        same = [(number, place) for number, place, line in lines if line.bottom - line.top <= usual * _ALIKE]
        if len({number for number, _ in same}) >= least:
            found.update(same)
    return found


# ------------------------------------------------------------------------------------------------------------ lines that go on


class _Column:
    """The body of a page, how close its lines stand, and how far to the right they go."""

    def __init__(self, page: Page, lines: Sequence[Line], right: int) -> None:
        self.lines = lines
        self._aspect = page.width / page.height if page.width > 0 and page.height > 0 else 1.0
        self._right = max(right, *(line.right for line in lines), 0)
        pairs = [(a, b) for a, b in pairwise(lines) if _alike(a, b) and b.top >= a.top]
        gaps = sorted(b.top - a.bottom for a, b in pairs if self._is_full(a, b) and not _has_ended(a))
        gaps = gaps[: len(gaps) // 2 + 1] or sorted(b.top - a.bottom for a, b in pairs)[:1]
        self._usual = median_low(gaps) if gaps else 0

    def goes_on(self, a: Line, b: Line, *, overleaf: bool = False) -> bool:
        """Whether a line is the rest of the paragraph of the one before."""
        if _BEGINS.match(b.text) or a.text.startswith(_BARS) or _has_ended(a) or not _alike(a, b):
            return False
        is_below = overleaf or (a.top < b.top and not self.is_far(a, b) and b.left <= a.left + self._em(a) * _INDENT)
        return is_below and self._is_full(a, b)

    def is_far(self, a: Line, b: Line) -> bool:
        """Whether there is more room between two lines than between those of a paragraph, or another size begins."""
        return not _alike(a, b) or b.top < a.top or b.top - a.bottom > self._usual + _CLOSE * (a.bottom - a.top)

    def _is_full(self, a: Line, b: Line) -> bool:
        """Whether the next line's first word would not have fitted on this one."""
        word = _WORD.match(b.text)
        first = word[0] if word else ""
        length = 2 if _CJK.match(first) else len(first) + 1
        wide = (b.right - b.left) / max(len(b.text), 1)
        return a.right + min(length * max(wide, self._em(b) / 2), SCALE / 3) > self._right

    def _em(self, line: Line) -> float:
        """The height of a line in the unit of widths."""
        return (line.bottom - line.top) / self._aspect


def _has_ended(line: Line) -> bool:
    return line.text.rstrip(_QUOTES).endswith(_ENDED)


def _alike(a: Line, b: Line) -> bool:
    one, other = a.bottom - a.top, b.bottom - b.top
    return max(one, other) <= min(one, other) * _ALIKE


class _Made:
    """The text as it grows."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self._starts: list[int] = []
        self._places: list[Place] = []
        self._page_starts: list[int] = []
        self._last: tuple[_Column, Line] | None = None

    def page(self, number: int, column: _Column) -> None:
        is_first = True
        for line in column.lines:
            if self._last is None:
                between = ""
            elif is_first:
                between = self._overleaf(line)
            else:
                between = _between(column, self._last[1], line)
            self._add(between)
            if is_first:
                self._page_starts.append(self._length)
            self._write(number, line)
            self._last, is_first = (column, line), False
        if is_first:
            self._page_starts.append(self._length)

    def end(self, running: set[tuple[int, int]], pages: Sequence[Page]) -> None:
        """What runs along, each line once."""
        once: dict[str, tuple[int, Line]] = {}
        for number, place in sorted(running):
            line = pages[number - 1].lines[place]
            once.setdefault(_key(line), (number, line))
        told = list(once.values())[:_MOST_RUNNING]
        self._page_starts.append(self._length)
        if told:
            self._add(("\n\n" if self._length else "") + RUNNING)
        for number, line in told:
            self._add("\n")
            self._write(number, line)

    def printed(self) -> Printed:
        return Printed("".join(self._parts), tuple(self._starts), tuple(self._places), tuple(self._page_starts))

    def _overleaf(self, line: Line) -> str:
        column, last = self._last  # type: ignore[misc]  # there is a line before
        if column.goes_on(last, line, overleaf=True):
            return _joint(last.text, line.text)
        return "\n\n" if _has_ended(last) or not _alike(last, line) or _BEGINS.match(line.text) else "\n"

    def _write(self, number: int, line: Line) -> None:
        self._starts.append(self._length)
        self._places.append(Place(number, (line.left, line.top, line.right, line.bottom)))
        self._add(line.text.removesuffix(_HYPHEN))

    def _add(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)


def _between(column: _Column, a: Line, b: Line) -> str:
    if b.text.startswith(_BARS) and (a.text.startswith(_BARS) or _CAPTION.match(a.text)):
        return "\n"
    if column.goes_on(a, b):
        return _joint(a.text, b.text)
    return (
        "\n\n" if column.is_far(a, b) or _BEGINS.match(b.text) or b.text.startswith(_BARS) != a.text.startswith(_BARS) else "\n"
    )


def _joint(a: str, b: str) -> str:
    """What stands between two lines of one paragraph: nothing among Chinese characters and after a hyphen, else a space."""
    return "" if a.endswith(_HYPHEN) or _CJK.match(a[-1:]) or _CJK.match(b[:1]) else " "
