"""A copy that a reader may take away: the report's pages drawn into a new PDF, with the reader's mark on each and in the file.

Only what a page shows comes along: each is captured as one drawing. Scripts, actions, forms and files that lay in the original
stay behind, because nothing but drawings is taken; what notes and fields show is drawn first. The code stands on every page, for
people and for machines, in the file's properties, in its XMP record and as its identifier, so that it is found although one of
them is taken out.
"""

import ctypes
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from pypdfium2 import PdfDocument, PdfiumError, raw
from reportlab.pdfbase.pdfdoc import XMP
from reportlab.pdfgen.canvas import Canvas

from gatekeeper.files import pdfium
from gatekeeper.files.viewing import marks, signs
from gatekeeper.files.viewing.marks import Mark
from gatekeeper.rules.errors import N_, Unavailable

_XMP = (
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>'
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">'
    '<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title><pdf:Keywords>{code}</pdf:Keywords>'
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)
_BROKEN = N_("The copy cannot be made. Please tell us the code shown.")


@dataclass(frozen=True, slots=True)
class About:
    """What the copy's properties say of the report, and when it was made."""

    title: str
    issuer: str
    at: datetime


def make(data: bytes, mark: Mark, about: About) -> bytes:
    """The copy of a PDF."""
    try:
        with pdfium.opened(data) as source, ExitStack() as opened:
            return _made(source, mark, about, opened)
    except PdfiumError as error:
        raise Unavailable(_BROKEN) from error


def _made(source: PdfDocument, mark: Mark, about: About, opened: ExitStack) -> bytes:
    """Pages of one size are drawn together, so that what they share, such as fonts, is in the copy once."""
    target = _open(opened, _empty(mark, about))
    target.del_page(0)
    groups: dict[tuple[float, float], list[int]] = {}
    for number in range(len(source)):
        _flatten(source, number)
        groups.setdefault(source.get_page_size(number), []).append(number)
    for size, numbers in groups.items():
        _draw(source, numbers, size, target)
        over = opened.enter_context(closing(_open(opened, marks.overlay(*size, mark)).page_as_xobject(0, target)))
        for place in range(len(target) - len(numbers), len(target)):
            _lay(target, place, over, size)
    _put_in_order(target, [number for numbers in groups.values() for number in numbers])
    out = BytesIO()
    target.save(out)
    return out.getvalue()


def _open(opened: ExitStack, data: bytes) -> PdfDocument:
    return opened.enter_context(closing(PdfDocument(data)))


def _flatten(source: PdfDocument, number: int) -> None:
    """Draw what notes and fields show onto their page."""
    with closing(source[number]) as page:
        if raw.FPDFPage_GetAnnotCount(page):
            raw.FPDFPage_Flatten(page, raw.FLAT_NORMALDISPLAY)


def _draw(source: PdfDocument, numbers: list[int], size: tuple[float, float], target: PdfDocument) -> None:
    """Append these pages as drawings.

    Pages are set on sheets, each beside an empty one, which is cut off again: what goes onto a sheet with others goes as a
    drawing, and everything else that a page has stays behind.
    """
    width, height = size
    with closing(PdfDocument.new()) as some:
        some.import_pages(source, numbers)
        for place in range(len(numbers)):
            some.new_page(width, height, 2 * place + 1).close()
        sheets = raw.FPDF_ImportNPagesToOne(some, 2 * width, height, 2, 1)
        if not sheets:
            raise PdfiumError(_BROKEN)
        with closing(PdfDocument(sheets)) as drawn:
            target.import_pages(drawn)


def _lay(target: PdfDocument, place: int, over: Any, size: tuple[float, float]) -> None:
    """Cut a page to its size and lay the mark over it."""
    with closing(target[place]) as page:
        page.set_mediabox(0, 0, *size)
        page.set_cropbox(0, 0, *size)
        page.insert_obj(over.as_pageobject())
        page.gen_content()


def _put_in_order(target: PdfDocument, numbers: list[int]) -> None:
    """Let the pages stand as in the original; ``numbers`` says which each of them was."""
    if numbers != sorted(numbers):
        places = [numbers.index(number) for number in range(len(numbers))]
        raw.FPDF_MovePages(target, (ctypes.c_int * len(places))(*places), len(places), 0)


def _empty(mark: Mark, about: About) -> bytes:
    """A PDF of one empty page that says whose copy it is. The library that draws writes no properties itself."""
    out = BytesIO()
    canvas = Canvas(out, invariant=1)
    canvas.showPage()
    canvas.setTitle(about.title)
    canvas.setAuthor(about.issuer)
    canvas.setKeywords(signs.KEYWORD + mark.code)
    canvas.setCreator("Gatekeeper")
    canvas.setDateFormatter(lambda *_: f"D:{about.at.astimezone(UTC):%Y%m%d%H%M%S}Z")
    document = canvas._doc  # noqa: SLF001  (the canvas has no way of its own to either)
    document.Catalog.Metadata = XMP(creator=partial(_record, mark=mark, about=about))
    identifier = (signs.IDENTIFIER + mark.code.encode()).hex()
    document._ID = f"[<{identifier}><{identifier}>]\n".encode()  # noqa: SLF001
    canvas.save()
    return out.getvalue()


def _record(_document: object, mark: Mark, about: About) -> bytes:
    return _XMP.format(title=escape(about.title), code=signs.KEYWORD + mark.code).encode("utf-8", "replace")
