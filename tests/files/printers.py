"""The same words printed as PDF by programs of different make: each writes its text layer in its own way.

Each takes pages, each of them paragraphs, and gives a file. None is installed with the product.
"""

import base64
import io
from collections.abc import Callable, Sequence
from html import escape

import typst
from fpdf import FPDF
from playwright.sync_api import Browser
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, PageBreak, Paragraph, SimpleDocTemplate, Spacer

from gatekeeper.paths import FONTS
from tests import pdfs

FONT = FONTS / "GatekeeperSansSC-Regular.ttf"
FAMILY = "Gatekeeper Sans SC"
Pages = Sequence[Sequence[str]]


def by_reportlab(pages: Pages, font: str = pdfs.EMBEDDED) -> bytes:
    """Reportlab: a subset of a TrueType font in the file."""
    pdfs.lines("")  # registers both fonts
    style = ParagraphStyle("words", fontName=font, fontSize=10.5, leading=17, wordWrap="CJK", spaceAfter=8)
    story: list[Flowable] = []
    for page in pages:
        story += [Paragraph(escape(words), style) for words in page] or [Spacer(1, 1)]
        story.append(PageBreak())
    out = io.BytesIO()
    SimpleDocTemplate(out, pagesize=A4, invariant=True).build(story)
    return out.getvalue()


def by_reportlab_without_font(pages: Pages) -> bytes:
    """Reportlab: a CID font that the file does not bring, its text in UCS-2 codes."""
    return by_reportlab(pages, pdfs.NOT_EMBEDDED)


def by_fpdf(pages: Pages) -> bytes:
    """fpdf2: a subset by fontTools, glyph numbers with a map to Unicode."""
    made = FPDF()
    made.add_font("words", fname=FONT)
    made.set_font("words", size=10.5)
    for page in pages:
        made.add_page()
        for words in page:
            made.multi_cell(0, 6, words, new_x="LMARGIN", new_y="NEXT", align="L")
            made.ln(3)
    return bytes(made.output())


def by_typst(pages: Pages) -> bytes:
    """Typst: its own setter and writer, justified lines, tagged."""
    body = "\n#pagebreak()\n".join("\n\n".join(f"#text({_quoted(words)})" for words in page) for page in pages)
    source = f'#set page(paper: "a4")\n#set text(font: "{FAMILY}", size: 10.5pt, lang: "zh")\n#set par(justify: true)\n{body}'
    return bytes(typst.compile(source.encode(), font_paths=[str(FONTS)], ignore_system_fonts=True))


def by_chromium(pages: Pages, browser: Browser) -> bytes:
    """A page printed by Chromium, as portals do: the system's fonts first, whose text layers carry radicals."""
    font = base64.b64encode(FONT.read_bytes()).decode()
    face = f"@font-face {{ font-family: own; src: url(data:font/ttf;base64,{font}) }}"
    style = f"{face} body {{ font: 14px/1.7 sans-serif, own }} section {{ break-after: page }}"
    body = "".join(f"<section>{''.join(f'<p>{escape(words)}</p>' for words in page)}</section>" for page in pages)
    sheet = browser.new_page()
    try:
        sheet.set_content(f'<html lang="zh-CN"><style>{style}</style><body>{body}</body></html>')
        return sheet.pdf(format="A4", margin=dict.fromkeys(("top", "right", "bottom", "left"), "20mm"))
    finally:
        sheet.close()


PRINTERS: dict[str, Callable[[Pages], bytes]] = {
    "reportlab": by_reportlab,
    "reportlab, font not in the file": by_reportlab_without_font,
    "fpdf2": by_fpdf,
    "typst": by_typst,
}


def _quoted(words: str) -> str:
    return '"' + words.replace("\\", "\\\\").replace('"', '\\"') + '"'
