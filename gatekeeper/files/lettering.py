"""What papers made here are written in: the font that travels with the product, so that a paper is the same on every machine."""

import re
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_LEFT
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import Paragraph

from gatekeeper.paths import FONTS

SOFT, LINE = HexColor("#535f70"), HexColor("#d6dce4")

_FONT = "GatekeeperSansSC"
_MISSING = "〓"
_HAN = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")


@cache
def font() -> str:
    """The name of the vendored font, read once."""
    pdfmetrics.registerFont(TTFont(_FONT, str(FONTS / "GatekeeperSansSC-Regular.ttf")))
    return _FONT


def printable(text: str) -> str:
    """The text with a mark in place of what the font does not have: a gap would not be seen."""
    known = pdfmetrics.getFont(font()).face.charToGlyph
    return "".join(each if ord(each) in known else _MISSING for each in text.replace("\t", " "))


def paragraph(text: str, size: float, *, colour: Any = None, after: float = 0, **style: Any) -> Paragraph:
    """A paragraph. Chinese breaks between any two characters, other scripts between words."""
    made = ParagraphStyle(
        "text",
        fontName=font(),
        fontSize=size,
        leading=size * 1.5,
        alignment=TA_LEFT,
        spaceAfter=after,
        wordWrap="CJK" if _HAN.search(text) or " " not in text else None,
        **({"textColor": colour} if colour else {}),
        **style,
    )
    return Paragraph(escape(printable(text)), made)


def width(text: str, size: float) -> float:
    """How wide a text is in points."""
    found: float = pdfmetrics.stringWidth(text, font(), size)
    return found
