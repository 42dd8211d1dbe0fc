"""The lines of a PDF's pages with their places, as PDFium tells them. Runs in the child process of ``files.rendering``."""

from collections.abc import Iterator
from ctypes import byref, c_double, c_int
from typing import Any

import pypdfium2
from pypdfium2 import raw

from gatekeeper.rules.reading.pages import SCALE

MOST_PAGES = 500
"""The most pages of a report: the longest that are published have some 200."""
MOST_CHARACTERS = 2_000_000
"""The most characters that are read. 500 full pages have a million and a half."""
_BREAKS = frozenset("\r\n")
_UNKNOWN = "\ufffd"
_NOT_A_CHARACTER = frozenset({0, 0xFFFE, 0xFFFF})
_HYPHEN = 2
"""What PDFium gives for a hyphen at which a line was broken."""


class TooMuchError(Exception):
    """More text than is read."""


def read(document: pypdfium2.PdfDocument) -> list[dict[str, Any]]:
    """Each page's size in points and its lines: text, left, top, right, bottom."""
    pages, room = [], MOST_CHARACTERS
    for number in range(len(document)):
        page = document[number]
        text = page.get_textpage()
        count = raw.FPDFText_CountChars(text)
        room -= max(count, 0)
        if room < 0:
            raise TooMuchError
        width, height = page.get_size()
        pages.append({"width": width, "height": height, "lines": list(_lines(page, text, count))})
        text.close()
        page.close()
    return pages


def _lines(page: Any, text: Any, count: int) -> Iterator[list[Any]]:
    """PDFium ends a line with a line break of its own making."""
    line: list[tuple[int, str]] = []
    for index in range(count):
        character = _character(raw.FPDFText_GetUnicode(text, index))
        if character in _BREAKS:
            yield from _told(page, text, line)
            line = []
        elif character:
            line.append((index, character))
    yield from _told(page, text, line)


def _character(code: int) -> str:
    if code == _HYPHEN:
        return "\u00ad"
    if code in _NOT_A_CHARACTER or 0xD800 <= code <= 0xDFFF or code > 0x10FFFF:  # noqa: PLR2004  (surrogates, and beyond Unicode)
        return _UNKNOWN
    return chr(code)


def _told(page: Any, text: Any, line: list[tuple[int, str]]) -> Iterator[list[Any]]:
    seen = [index for index, character in line if not character.isspace()]
    if not seen:
        return
    boxes = [_box(page, text, index) for index in dict.fromkeys((seen[0], seen[len(seen) // 2], seen[-1]))]
    left, top = min(box[0] for box in boxes), min(box[1] for box in boxes)
    right, bottom = max(box[2] for box in boxes), max(box[3] for box in boxes)
    yield ["".join(character for _, character in line).strip(), left, top, right, bottom]


def _box(page: Any, text: Any, index: int) -> tuple[int, int, int, int]:
    """Where a character stands on the page as it is shown, however the page is turned and cut."""
    box = raw.FS_RECTF()
    if not raw.FPDFText_GetLooseCharBox(text, index, byref(box)):
        return 0, 0, 0, 0
    corners = [_shown(page, x, y) for x, y in ((box.left, box.top), (box.right, box.bottom))]
    (x0, x1), (y0, y1) = (sorted(pair) for pair in zip(*corners, strict=True))
    return x0, y0, x1, y1


def _shown(page: Any, x: float, y: float) -> tuple[int, int]:
    across, down = c_int(), c_int()
    raw.FPDF_PageToDevice(page, 0, 0, SCALE, SCALE, 0, c_double(x), c_double(y), byref(across), byref(down))
    return min(max(across.value, 0), SCALE), min(max(down.value, 0), SCALE)
