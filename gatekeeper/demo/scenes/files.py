"""The files as which the demonstration's reports come: most as text, some as PDF, one as a Word document, one as a scan."""

import io
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from html import escape
from itertools import groupby
from typing import Any

import pypdfium2
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import SimpleDocTemplate, Spacer, Table

from gatekeeper.actions.publishing import reports
from gatekeeper.demo.cast import REPORTS
from gatekeeper.demo.stage import Stage
from gatekeeper.files import lettering, originals, pdfium
from gatekeeper.files.prepare import Prepared, prepare
from gatekeeper.paths import PACKAGE

_SHELF = PACKAGE / "demo" / "reports"
_MARGIN, _BODY, _TITLE, _CELL, _SMALL = 60, 10.5, 17, 9, 8
_HEAD, _FOOT = "证券研究报告", "请务必阅读正文之后的特别声明与免责声明"
_DOTS = 1.4
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"


def brought(stage: Stage, name: str) -> Prepared:
    """One of the reports, in the form in which it comes; the file is kept."""
    text = (_SHELF / f"{name}.txt").read_text("utf-8")
    make, ending = _FORMS.get(name, (str.encode, "txt"))
    data = make(text)
    originals.keep(stage.data_dir, data)
    return prepare(data, f"{name}.{ending}")


def as_pdf(text: str) -> bytes:
    """A report as a portal would set it: lines broken, a running head and foot."""

    def run_along(canvas: Canvas, _: object) -> None:
        canvas.setFont(lettering.font(), _SMALL)
        canvas.drawString(_MARGIN, A4[1] - 30, _HEAD)
        canvas.drawString(_MARGIN, 26, _FOOT)
        canvas.drawRightString(A4[0] - _MARGIN, 26, f"第 {canvas.getPageNumber()} 页")

    story: list[Any] = []
    for is_table, lines in _parts(text):
        if is_table:
            story += [_drawn(_rows(lines)), Spacer(1, 8)]
        else:
            story += [lettering.paragraph(line, _BODY if story or place else _TITLE, after=5) for place, line in enumerate(lines)]
    out = io.BytesIO()
    made = SimpleDocTemplate(out, pagesize=A4, leftMargin=_MARGIN, rightMargin=_MARGIN, invariant=True)
    made.build(story, onFirstPage=run_along, onLaterPages=run_along)
    return out.getvalue()


def as_scan(text: str) -> bytes:
    """The pages of a report as pictures."""
    with pdfium.opened(as_pdf(text)) as document:
        scan = pypdfium2.PdfDocument.new()
        for page in document:
            picture = io.BytesIO()
            page.render(scale=_DOTS, grayscale=True).to_pil().save(picture, "JPEG", quality=50)
            image = pypdfium2.PdfImage.new(scan)
            image.load_jpeg(io.BytesIO(picture.getvalue()), inline=True)
            image.set_matrix(pypdfium2.PdfMatrix().scale(*A4))
            sheet = scan.new_page(*A4)
            sheet.insert_obj(image)
            sheet.gen_content()
        out = io.BytesIO()
        scan.save(out)
        scan.close()
    return out.getvalue()


def as_docx(text: str) -> bytes:
    """A report as a word processor keeps it."""
    body = "".join(_table(_rows(lines)) if is_table else "".join(map(_paragraph, lines)) for is_table, lines in _parts(text))
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_TYPES}"><Default Extension="rels" ContentType="application/vnd.openxmlformats-'
        f'package.relationships+xml"/><Override PartName="/word/document.xml" ContentType="{_MAIN}"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_RELATIONS}"><Relationship Id="r1" Type="{_OFFICE}" Target="word/document.xml"/>'
        "</Relationships>",
        "word/document.xml": f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>',
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), '<?xml version="1.0" encoding="UTF-8"?>' + part)
    return out.getvalue()


def _paragraph(line: str) -> str:
    return f'<w:p><w:r><w:t xml:space="preserve">{escape(line)}</w:t></w:r></w:p>'


def _parts(text: str) -> Iterator[tuple[bool, list[str]]]:
    """The lines of a report, those of a table together."""
    for is_table, lines in groupby(filter(str.strip, text.split("\n")), key=lambda line: line.startswith("|")):
        yield is_table, [line.strip() for line in lines]


def _rows(lines: list[str]) -> list[list[str]]:
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in rows if set("".join(row)) != {"-"}]


def _drawn(rows: list[list[str]]) -> Table:
    made = Table([[lettering.paragraph(cell, _CELL) for cell in row] for row in rows], hAlign="LEFT")
    made.setStyle([("LINEBELOW", (0, 0), (-1, -1), 0.5, lettering.LINE), ("LINEABOVE", (0, 0), (-1, 0), 1, lettering.SOFT)])
    return made


def _table(rows: list[list[str]]) -> str:
    cells = ("".join(f"<w:tc>{_paragraph(cell)}</w:tc>" for cell in row) for row in rows)
    return "<w:tbl>" + "".join(f"<w:tr>{row}</w:tr>" for row in cells) + "</w:tbl>"


_FORMS: dict[str, tuple[Callable[[str], bytes], str]] = {
    "r3-energy-storage": (as_pdf, "pdf"),
    "r5-autocallable-notes": (as_pdf, "pdf"),
    "r4-low-altitude": (as_pdf, "pdf"),
    "r3-toll-roads": (as_docx, "docx"),
}
_SCANNED = "r2-short-bond-funds"


def _bring_in_scan(stage: Stage) -> None:
    """A colleague sends last quarter's paper copy; nobody has typed what it says yet."""
    text = (_SHELF / f"{_SCANNED}.txt").read_text("utf-8").replace("2026年9月29日", "2026年6月29日")
    data = as_scan(text)
    originals.keep(stage.data_dir, data)
    stage.forward(stage.moment + timedelta(minutes=4))
    prepared = prepare(data, "扫描件 基金季报.pdf")
    stage.database.transact(reports.import_report, stage.caller(REPORTS), prepared, stage.now)


SCENES: tuple[tuple[int, int, Callable[[Stage], object]], ...] = ((2, 17, _bring_in_scan),)
"""How many days ago, at what hour, and what came in."""
