"""The pages of a report as pictures, each with its reader's mark in it."""

import math
from functools import lru_cache
from io import BytesIO
from typing import Any

from pypdfium2 import PdfiumError, raw

from gatekeeper.files import pdfium
from gatekeeper.files.viewing import marks
from gatekeeper.files.viewing.marks import Mark
from gatekeeper.rules.errors import N_, NotFound, Unavailable

WIDTHS = (1240, 1680)
"""How many pixels wide a page is drawn: A4 at 150 dots an inch, and for screens that are sharper."""
MOST_PIXELS = 4_200_000
"""The most pixels of a page, however long it is: 17 MB while it is drawn."""
_QUALITY = 80
_A_POINT = 1.0
_BROKEN = N_("This page cannot be drawn. Please tell us the code shown.")


def sizes(digest: str, data: bytes) -> tuple[tuple[int, int], ...]:
    """Width and height of each page as its picture has them at the smaller width. ``digest`` names the file."""
    return _sizes(digest, _Held(data))


class _Held:
    """A file's bytes that count for nothing in a comparison: the digest beside them says which they are."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Held)

    def __hash__(self) -> int:
        return 0


@lru_cache(maxsize=256)
def _sizes(_digest: str, held: _Held) -> tuple[tuple[int, int], ...]:
    try:
        with pdfium.opened(held.data) as document:
            return tuple(_fitted(document.get_page_size(number), WIDTHS[0])[:2] for number in range(len(document)))
    except PdfiumError as error:
        raise Unavailable(_BROKEN) from error


def page(data: bytes, number: int, width: int, mark: Mark) -> bytes:
    """One page as JPEG; pages count from one."""
    try:
        with pdfium.opened(data) as document:
            if not 1 <= number <= len(document):
                raise NotFound(N_("The report has no such page."))
            image = _drawn(document, number - 1, width, mark)
    except PdfiumError as error:
        raise Unavailable(_BROKEN) from error
    out = BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _drawn(document: Any, index: int, width: int, mark: Mark) -> Any:
    """The page with the mark over it, as a picture of its own; everything of PDFium's is closed again."""
    drawn = document[index]
    try:
        points = drawn.get_size()
        bitmap = drawn.render(scale=_fitted(points, width)[2], rev_byteorder=True, prefer_bgrx=True)
        try:
            _lay(marks.overlay(*points, mark), bitmap)
            return bitmap.to_pil().convert("RGB")  # a copy: the bitmap's memory is PDFium's
        finally:
            bitmap.close()
    finally:
        drawn.close()


def _lay(overlay: bytes, bitmap: Any) -> None:
    with pdfium.opened(overlay) as over:
        page = over[0]
        raw.FPDF_RenderPageBitmap(bitmap, page, 0, 0, bitmap.width, bitmap.height, 0, raw.FPDF_REVERSE_BYTE_ORDER)
        page.close()


def _fitted(points: tuple[float, float], wanted: int) -> tuple[int, int, float]:
    """Pixels across and down, as the library rounds them, and the scale that gives them."""
    width, height = (max(each, _A_POINT) for each in points)
    scale = min(wanted / width, (MOST_PIXELS / (width * height)) ** 0.5)
    return math.ceil(width * scale), math.ceil(height * scale), scale
