"""Whose copy a page is: the reader's mark as a PDF that is laid over a page, for people to read and for machines.

1. People read the lines, tiled over the whole page, pale enough that what lies under them stays black on white.
2. Machines read a square of dots (DataMatrix) that holds the entry's code: small and black at the edges, where a page has its
   margins, and large and pale among the lines, for a piece that was cut out of the middle.

The squares at the edges stand on white, so that a picture that runs to the edge does not swallow them.
"""

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from io import BytesIO
from typing import Any

import zxingcpp
from reportlab.pdfgen.canvas import Canvas

from gatekeeper.files import lettering
from gatekeeper.files.viewing import signs

_SIZE, _LEADING, _ANGLE = 11, 15.4, 30
_GREY, _ALPHA = 0.2, 0.17
_DOT, _PALE_DOT, _PALE = 1.5, 4.0, 0.09
"""Points that one dot of a square is wide, at the edges and among the lines, and how dark it is there."""
_EDGE, _GAP, _ROWS = 8.0, 60.0, 100.0
_APART = (170.0, 110.0)
"""Points from one pale square to the next: a third of a page in each direction holds a whole one."""
_SMALLEST = 150.0
"""A page that is narrower or lower has squares in its corners alone."""
_DARK = re.compile(rb"\0+")
_PIECE = 8
"""Neighbouring dots that are drawn as one piece: few enough that all 256 are kept."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The lines that name the reader to the firm, and the code of the entry under which the page was given."""

    lines: tuple[str, ...]
    code: str


@dataclass(frozen=True, slots=True)
class Square:
    """A square of so many dots each way. ``runs`` are the dark ones: column and row of the first, from the top left; how many."""

    size: int
    runs: tuple[tuple[int, int, int], ...]


@lru_cache(maxsize=256)
def square(code: str) -> Square:
    """The square that holds a code. Half of its words may be wrong, and it is still read."""
    width, rows = _rows(code)
    runs = [(found.start(), y, found.end() - found.start()) for y, row in enumerate(rows) for found in _DARK.finditer(row)]
    return Square(width, tuple(runs))


def path(code: str) -> str:
    """The same square as the path of a drawing on a page. Each opening has its own, so that it is put together of pieces."""
    width, rows = _rows(code)
    lines = zip(rows, _corners(width, len(rows)), strict=True)
    return "".join([corner + _piece(row[x : x + _PIECE]) for row, corners in lines for x, corner in corners])


def _rows(code: str) -> tuple[int, list[bytes]]:
    """How many dots a square is wide, and its rows: a byte for each dot, 0 where it is dark."""
    drawn = zxingcpp.create_barcode(signs.PREFIX + code.upper(), zxingcpp.BarcodeFormat.DataMatrix)
    view: Any = memoryview(drawn.to_image(scale=1, add_quiet_zones=False))  # type: ignore[arg-type]  # it is one, and says not
    width, dots = view.shape[1], view.tobytes()
    return width, [dots[begun : begun + width] for begun in range(0, len(dots), width)]


@cache
def _corners(width: int, height: int) -> tuple[tuple[tuple[int, str], ...], ...]:
    """Of each row of a square, where its pieces begin, and how the pen gets there."""
    return tuple(tuple((x, f"M{x} {y}") for x in range(0, width, _PIECE)) for y in range(height))


@lru_cache(maxsize=256)
def _piece(dots: bytes) -> str:
    """The dark ones of neighbouring dots, from where the pen stands."""
    begun, parts = 0, []
    for found in _DARK.finditer(dots):
        length = found.end() - found.start()
        parts.append(f"m{found.start() - begun} 0h{length}v1h-{length}z")
        begun = found.start()
    return "".join(parts)


@lru_cache(maxsize=64)
def overlay(width: float, height: float, mark: Mark) -> bytes:
    """The mark as a PDF of one page of this size, in points."""
    out = BytesIO()
    canvas = Canvas(out, pagesize=(width, height), invariant=1)
    found = square(mark.code)
    _lines(canvas, width, height, mark.lines)
    _squares(canvas, width, height, found)
    side = found.size * _DOT
    right, top = width - _EDGE - side, height - _EDGE - side
    places = [(_EDGE, _EDGE), (right, _EDGE), (_EDGE, top), (right, top)]
    if min(width, height) > _SMALLEST:
        places += [
            (_EDGE, (height - side) / 2),
            (right, (height - side) / 2),
            ((width - side) / 2, _EDGE),
            ((width - side) / 2, top),
        ]
    for x, y in places:
        canvas.setFillGray(1, 1)
        canvas.rect(x - 2 * _DOT, y - 2 * _DOT, side + 4 * _DOT, side + 4 * _DOT, stroke=0, fill=1)
        canvas.setFillGray(0, 1)
        _draw(canvas, found, x, y, _DOT)
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _lines(canvas: Any, width: float, height: float, lines: tuple[str, ...]) -> None:
    """The lines, over the whole page and askew; each second row is shifted by half."""
    step = max(lettering.width(line, _SIZE) for line in lines) + _GAP
    canvas.beginForm("lines", 0, -len(lines) * _LEADING, step, _SIZE)
    canvas.setFont(lettering.font(), _SIZE)
    for number, line in enumerate(lines):
        canvas.drawString(0, -number * _LEADING, lettering.printable(line))
    canvas.endForm()
    canvas.saveState()
    canvas.setFillGray(_GREY, _ALPHA)
    canvas.translate(width / 2, height / 2)
    canvas.rotate(_ANGLE)
    radius = math.hypot(width, height) / 2
    for x, y in _grid(-radius, -radius, 2 * radius, 2 * radius, step, _ROWS):
        canvas.saveState()
        canvas.translate(x, y)
        canvas.doForm("lines")
        canvas.restoreState()
    canvas.restoreState()


def _squares(canvas: Any, width: float, height: float, found: Square) -> None:
    """The pale squares, upright, for strokes of letters are taken away along lines and columns when they are read."""
    side = found.size * _PALE_DOT
    canvas.beginForm("square", 0, 0, side, side)
    _draw(canvas, found, 0, 0, _PALE_DOT)
    canvas.endForm()
    canvas.saveState()
    canvas.setFillGray(0, _PALE)
    for x, y in _grid(_EDGE, _EDGE, width, height, *_APART):
        canvas.saveState()
        canvas.translate(x, y)
        canvas.doForm("square")
        canvas.restoreState()
    canvas.restoreState()


def _grid(left: float, bottom: float, width: float, height: float, step: float, row: float) -> Iterator[tuple[float, float]]:
    for number in range(math.ceil(height / row)):
        for column in range(math.ceil(width / step) + 1):
            yield left + (column - (number % 2) / 2) * step, bottom + number * row


def _draw(canvas: Any, found: Square, left: float, bottom: float, dot: float) -> None:
    path = canvas.beginPath()
    for x, y, length in found.runs:
        path.rect(left + x * dot, bottom + (found.size - 1 - y) * dot, length * dot, dot)
    canvas.drawPath(path, stroke=0, fill=1)
