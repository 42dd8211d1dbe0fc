"""A receipt as a PDF: data in, bytes out. The font travels with the product, so the paper is the same on every machine."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer, Table

_FONT = "GatekeeperSansSC"
_FILE = Path(__file__).parents[1] / "fonts" / "GatekeeperSansSC-Regular.ttf"
_MISSING = "〓"
_HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
_SOFT, _LINE = HexColor("#535f70"), HexColor("#d6dce4")
_MARGIN, _LABELS = 20 * mm, 45 * mm


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """A table of many rows under headings that stand on each page. Widths are in millimetres; a line break begins a new line."""

    headings: tuple[str, ...]
    widths: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """What a receipt says, in the reader's language: a heading, rows, remarks, and the words that were accepted.

    With a ``table`` the page is turned, and the remarks stand behind it.
    """

    firm: str
    title: str
    rows: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    words_title: str = ""
    words: str = ""
    foot: str = ""
    table: Rows | None = None

    @property
    def size(self) -> tuple[float, float]:
        """Width and height of a page, in points."""
        size: tuple[float, float] = landscape(A4) if self.table else A4
        return size


def pdf(paper: Paper) -> bytes:
    """Print a receipt. The same paper gives the same bytes."""
    out = BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=paper.size,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=paper.title,
        author=paper.firm,
        initialFontName=_font(),
        invariant=1,
    )

    def number(canvas: Any, page: Any) -> None:
        canvas.setFont(_font(), 8)
        canvas.setFillColor(_SOFT)
        canvas.drawString(_MARGIN, 11 * mm, _printable(paper.foot))
        canvas.drawRightString(paper.size[0] - _MARGIN, 11 * mm, str(page.page))

    document.build(_story(paper), onFirstPage=number, onLaterPages=number)
    return out.getvalue()


def _story(paper: Paper) -> list[Any]:
    rows = [[_text(label, 9, colour=_SOFT), _text(value, 10)] for label, value in paper.rows]
    table = Table(rows, colWidths=[_LABELS, paper.size[0] - 2 * _MARGIN - _LABELS - 12], hAlign="LEFT")
    table.setStyle(
        [
            ("FONTNAME", (0, 0), (-1, -1), _font()),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
        ]
    )
    story = [_text(paper.firm, 9, colour=_SOFT), _text(paper.title, 16), Spacer(1, 5 * mm), table, Spacer(1, 6 * mm)]
    if paper.table:
        story += [_rows(paper.table), Spacer(1, 6 * mm)]
    story += [_text(note, 9, after=2 * mm) for note in paper.notes]
    if paper.words:
        story += [Spacer(1, 4 * mm), _text(paper.words_title, 12, after=3 * mm)]
        story += [_text(line, 9, after=1.5 * mm) for line in _lines(paper.words)]
    return story


def _rows(table: Rows) -> Table:
    head = [_text(each, 8, colour=_SOFT) for each in table.headings]
    body = [[[_text(line, 8) for line in cell.split("\n")] for cell in row] for row in table.rows]
    made = LongTable([head, *body], colWidths=[width * mm for width in table.widths], hAlign="LEFT", repeatRows=1)
    made.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, _LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ]
    )
    return made


def _lines(text: str) -> Iterable[str]:
    return (line for line in text.splitlines() if line.strip())


def _text(text: str, size: float, *, colour: Any = None, after: float = 0) -> Paragraph:
    """A paragraph. Chinese breaks between any two characters, other scripts between words."""
    style = ParagraphStyle(
        "text",
        fontName=_font(),
        fontSize=size,
        leading=size * 1.5,
        alignment=TA_LEFT,
        spaceAfter=after,
        wordWrap="CJK" if _HAN.search(text) or " " not in text else None,
        **({"textColor": colour} if colour else {}),
    )
    return Paragraph(escape(_printable(text)), style)


def _printable(text: str) -> str:
    """The text with a mark in place of what the font does not have: a gap would not be seen."""
    known = pdfmetrics.getFont(_font()).face.charToGlyph
    return "".join(each if ord(each) in known else _MISSING for each in text.replace("\t", " "))


@cache
def _font() -> str:
    """The name of the vendored font, read once."""
    pdfmetrics.registerFont(TTFont(_FONT, str(_FILE)))
    return _FONT
