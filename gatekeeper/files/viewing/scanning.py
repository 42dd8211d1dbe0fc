"""Reading codes back from a file that got out: a PDF, or a picture of a page, whole or a piece of it.

This runs in the process that reads files from outside (``rendering``). Of a PDF the identifier, the properties, the XMP record
and the words of the pages are looked through, and its pages are drawn and looked at; a picture is looked at in several ways, from
the plain one to those that take thin strokes away and make pale squares dark.
"""

import json
from collections.abc import Callable, Iterator
from typing import Any

import zxingcpp
from PIL import Image, ImageChops, ImageFilter, ImageOps, ImageStat
from pypdfium2 import PdfDocument

from gatekeeper.files.viewing import signs

MOST_CODES = 20
"""The most codes that are looked up of one file. A leaf holds one; a bundle of leaked pages a few."""
_MOST_PAGES_READ, _MOST_PAGES_DRAWN = 60, 12
_WIDTH = 1240
_MOST_PIXELS = 4_000_000
_LONGEST, _SMALL = 3000, 1500
"""Pixels along the longer side: larger pictures are made smaller first, smaller ones looked at enlarged too."""
_STROKES = (5, 3, 7, 9)
"""How many pixels wide the strokes are that are taken away before a pale square is looked for."""
_MIDDLE = 128
_PALEST, _DARKEST = 252, 210
"""How light paper is, and the grey that becomes black: a pale square lies between them."""

Found = dict[str, set[str]]


def in_pdf(data: bytes) -> bytes:
    """The codes in a PDF and where they stand, as JSON."""
    found: Found = {}
    document = PdfDocument(data)
    identifier = document.get_identifier()
    if identifier.startswith(signs.IDENTIFIER):
        _keep(found, "identifier", [identifier[len(signs.IDENTIFIER) :].decode("ascii", "replace")])
    _keep(found, "properties", signs.KEPT.findall(document.get_metadata_dict().get("Keywords", "")))
    _keep(found, "record", signs.KEPT.findall(data.decode("latin-1")))
    for number in range(min(len(document), _MOST_PAGES_READ)):
        _keep(found, "text", signs.WRITTEN.findall(document[number].get_textpage().get_text_range()))
    for number in range(min(len(document), _MOST_PAGES_DRAWN)):
        if any("square" in places for places in found.values()):
            break
        _look(found, _drawn(document[number]))
    return _told(found)


def in_picture(image: Image.Image) -> bytes:
    """The codes in a picture, as JSON."""
    found: Found = {}
    _look(found, image)
    return _told(found)


def _drawn(page: Any) -> Image.Image:
    width, height = (max(each, 1.0) for each in page.get_size())
    scale = min(_WIDTH / width, (_MOST_PIXELS / (width * height)) ** 0.5)
    drawn: Image.Image = page.render(scale=scale).to_pil()
    return drawn


def _look(found: Found, image: Image.Image) -> None:
    """Look at a picture in one way after the other until one shows a square."""
    for each in _ways(_fitted(image)):
        read = zxingcpp.read_barcodes(each, formats=zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.DataMatrix]))
        codes = [match[1] for one in read if (match := signs.DRAWN.fullmatch(one.text))]
        if codes:
            _keep(found, "square", codes)
            return


def _fitted(image: Image.Image) -> Image.Image:
    """The picture in grey, dark on light, and no larger than it need be."""
    paper = Image.new("L", image.size, 255)
    paper.paste(image.convert("L"), mask=image.convert("RGBA").getchannel("A"))
    paper.thumbnail((_LONGEST, _LONGEST), Image.Resampling.LANCZOS)
    return ImageOps.invert(paper) if ImageStat.Stat(paper).mean[0] < _MIDDLE else paper


def _ways(grey: Image.Image) -> Iterator[Image.Image]:
    yield grey
    sizes = [grey]
    if max(grey.size) <= _SMALL:
        sizes.append(grey.resize((grey.width * 2, grey.height * 2), Image.Resampling.BICUBIC))
        yield sizes[1]
    for size in sizes:
        for stroke in _STROKES:
            without = _spread(_spread(size, stroke, ImageChops.lighter), stroke, ImageChops.darker)
            for smoothed in (stroke / 3, stroke / 2, 0):
                yield without.filter(ImageFilter.GaussianBlur(smoothed)).point(_DARKER)


def _spread(image: Image.Image, width: int, which: Callable[[Image.Image, Image.Image], Image.Image]) -> Image.Image:
    """Each pixel as the lightest, or the darkest, of a square of this width beside it."""
    for across, down in ((1, 0), (0, 1)):
        covered = 1
        while covered < width:
            step = min(covered, width - covered)
            image = which(image, ImageChops.offset(image, across * step, down * step))
            covered += step
    return image


_DARKER = [max(0, min(255, round((value - _DARKEST) * 255 / (_PALEST - _DARKEST)))) for value in range(256)]


def _keep(found: Found, where: str, codes: list[str]) -> None:
    for code in codes:
        lower = code.lower()
        if signs.WHOLE.fullmatch(lower) and (lower in found or len(found) < MOST_CODES):
            found.setdefault(lower, set()).add(where)


def _told(found: Found) -> bytes:
    return json.dumps({code: sorted(where) for code, where in found.items()}).encode()
