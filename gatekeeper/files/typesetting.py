"""A report's stored body set as a PDF: what copies of reports are made from that came as text.

It is set in the language of its words, under its own headings, with the font that travels with the product. Figures stand as
their numbers. Titles of related reports are other reports' content and are left out, as on the page.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import LongTable, SimpleDocTemplate, Spacer

from gatekeeper import language
from gatekeeper.files import lettering
from gatekeeper.rules.errors import N_

_MARGIN = 20 * mm
_FOOT = 11 * mm
_BODY, _SMALL = 10.5, 8.5
_LEAST, _LARGEST = 4.5, 9.0
"""The letters of a table's cells, in points: the more columns, the smaller."""
_SEPARATOR = " · "

# The parts after the sections, in the order of the page, with the size of their letters.
_ENDS = (
    ("risk_notice", N_("Risk notice"), _BODY),
    ("special_statement", N_("Special statement"), _BODY),
    ("analyst_statement", N_("Analysts' statement"), _SMALL),
    ("rating_definitions", N_("What the investment ratings mean"), _SMALL),
    ("disclaimer", N_("Disclaimer"), _SMALL),
    ("contact", N_("Contact"), _SMALL),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manuscript:
    """A report to be set. ``body`` is what ``files.prepare`` keeps; ``language`` is that of its words, ``zh`` or ``en``."""

    title: str
    body: Mapping[str, Any]
    subtitle: str = ""
    issuer: str = ""
    kind: str = ""
    rating: str = ""
    analysts: str = ""
    published_on: str = ""
    language: str = "zh"

    @property
    def tag(self) -> str:
        """The language of the headings that are set around its words."""
        return "en" if self.language == "en" else "zh_CN"


def pdf(report: Manuscript) -> bytes:
    """Set a report. The same report gives the same bytes."""
    out = BytesIO()
    document = SimpleDocTemplate(
        out,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=report.title,
        author=report.issuer,
        lang=report.tag.replace("_", "-"),
        initialFontName=lettering.font(),
        invariant=1,
    )
    foot = lettering.printable(report.issuer)

    def number(canvas: Any, page: Any) -> None:
        canvas.setFont(lettering.font(), 8)
        canvas.setFillColor(lettering.SOFT)
        canvas.drawString(_MARGIN, _FOOT, foot)
        canvas.drawRightString(A4[0] - _MARGIN, _FOOT, str(page.page))

    document.build([*_head(report), *_sections(report), *_ends(report)], onFirstPage=number, onLaterPages=number)
    return out.getvalue()


def _head(report: Manuscript) -> Iterator[Any]:
    lines = (
        (_joined(report.issuer, report.kind), 9, lettering.SOFT),
        (report.title, 18, None),
        (report.subtitle, 12, None),
        (_joined(report.rating, report.analysts, report.published_on), 9, lettering.SOFT),
    )
    for text, size, colour in lines:
        if text:
            yield lettering.paragraph(text, size, colour=colour, after=1.5 * mm)
    yield Spacer(1, 4 * mm)


def _sections(report: Manuscript) -> Iterator[Any]:
    for section in report.body["sections"]:
        if section["heading"]:
            yield _heading(section["heading"], 13)
        for piece in section["paragraphs"]:
            yield from _running(piece, _BODY) if isinstance(piece, str) else _table(piece)


def _ends(report: Manuscript) -> Iterator[Any]:
    for name, title, size in _ENDS:
        if report.body.get(name):
            yield _heading(language.translate(report.tag, title), size + 1.5)
            yield from _running(report.body[name], size)


def _heading(text: str, size: float) -> Any:
    return lettering.paragraph(text, size, after=1.5 * mm, spaceBefore=3 * mm, keepWithNext=1)


def _running(text: str, size: float) -> Iterator[Any]:
    for line in text.splitlines():
        if line.strip():
            yield lettering.paragraph(line, size, after=2 * mm)


def _table(table: Mapping[str, Any]) -> Iterator[Any]:
    if table["caption"]:
        yield lettering.paragraph(table["caption"], 9, after=1 * mm, spaceBefore=2 * mm, keepWithNext=1)
    columns = len(table["columns"])
    room = (A4[0] - 2 * _MARGIN - 12) / columns
    size = max(_LEAST, min(_LARGEST, room / 5))
    rows = [table["columns"], *table["rows"]]
    made = LongTable(
        [
            [lettering.paragraph(cell, size, colour=None if place else lettering.SOFT) for cell in row]
            for place, row in enumerate(rows)
        ],
        colWidths=[room] * columns,
        hAlign="LEFT",
        repeatRows=1,
        splitInRow=1,  # a cell may be longer than a page
    )
    made.setStyle(
        [
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
            ("LINEBELOW", (0, 0), (-1, -1), 0.5, lettering.LINE),
            ("LEFTPADDING", (0, 0), (-1, -1), 1),
            ("RIGHTPADDING", (0, 0), (-1, -1), 2),
        ]
    )
    yield made
    yield Spacer(1, 3 * mm)


def _joined(*parts: str) -> str:
    return _SEPARATOR.join(filter(None, parts))
