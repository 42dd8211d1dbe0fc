"""A receipt as a PDF: data in, bytes out. The font travels with the product, so the paper is the same on every machine."""

from collections.abc import Iterable
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.platypus import LongTable, SimpleDocTemplate, Spacer, Table

from gatekeeper.files import lettering

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
        initialFontName=lettering.font(),
        invariant=1,
    )

    def number(canvas: Any, page: Any) -> None:
        canvas.setFont(lettering.font(), 8)
        canvas.setFillColor(lettering.SOFT)
        canvas.drawString(_MARGIN, 11 * mm, lettering.printable(paper.foot))
        canvas.drawRightString(paper.size[0] - _MARGIN, 11 * mm, str(page.page))

    document.build(_story(paper), onFirstPage=number, onLaterPages=number)
    return out.getvalue()


def _story(paper: Paper) -> list[Any]:
    rows = [[lettering.paragraph(label, 9, colour=lettering.SOFT), lettering.paragraph(value, 10)] for label, value in paper.rows]
    table = Table(rows, colWidths=[_LABELS, paper.size[0] - 2 * _MARGIN - _LABELS - 12], hAlign="LEFT")
    table.setStyle(
        [
            ("FONTNAME", (0, 0), (-1, -1), lettering.font()),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, lettering.LINE),
            ("LEFTPADDING", (0, 0), (0, -1), 0),
        ]
    )
    story = [
        lettering.paragraph(paper.firm, 9, colour=lettering.SOFT),
        lettering.paragraph(paper.title, 16),
        Spacer(1, 5 * mm),
        table,
        Spacer(1, 6 * mm),
    ]
    if paper.table:
        story += [_rows(paper.table), Spacer(1, 6 * mm)]
    story += [lettering.paragraph(note, 9, after=2 * mm) for note in paper.notes]
    if paper.words:
        story += [Spacer(1, 4 * mm), lettering.paragraph(paper.words_title, 12, after=3 * mm)]
        story += [lettering.paragraph(line, 9, after=1.5 * mm) for line in _lines(paper.words)]
    return story


def _rows(table: Rows) -> Table:
    head = [lettering.paragraph(each, 8, colour=lettering.SOFT) for each in table.headings]
    body = [[[lettering.paragraph(line, 8) for line in cell.split("\n")] for cell in row] for row in table.rows]
    made = LongTable([head, *body], colWidths=[width * mm for width in table.widths], hAlign="LEFT", repeatRows=1)
    made.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, lettering.LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 2),
            ("RIGHTPADDING", (0, 0), (-1, -1), 4),
        ]
    )
    return made


def _lines(text: str) -> Iterable[str]:
    return (line for line in text.splitlines() if line.strip())
