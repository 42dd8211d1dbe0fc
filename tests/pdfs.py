"""PDFs for tests: reports set as a portal sets them, and files made to break whoever reads them."""

import io
import zlib
from collections.abc import Sequence
from html import escape
from pathlib import Path

import pypdfium2
from reportlab.lib.pagesizes import A4
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate

from gatekeeper.paths import FONTS

REPORTS = Path(__file__).parents[1] / "gatekeeper" / "demo" / "reports"
EMBEDDED, NOT_EMBEDDED = "TestSansSC", "STSong-Light"
"""A font that is in the file, and one that the reader must have."""
HEAD, FOOT = "明澈证券 行业点评", "请务必阅读最后特别声明与免责条款"


def report(text: str, *, font: str = EMBEDDED, size: float = 10.5, head: str = HEAD, foot: str = FOOT) -> bytes:
    """A report's text as a PDF whose lines are broken, with a running head and foot that come before the text in the file."""
    _register()
    body = ParagraphStyle("body", fontName=font, fontSize=size, leading=size * 1.6, wordWrap="CJK", spaceAfter=6)
    title = ParagraphStyle("title", parent=body, fontSize=18, leading=26)

    def run_along(canvas: Canvas, _document: object) -> None:
        canvas.setFont(font, 8)
        canvas.drawString(60, 815, head)
        canvas.drawString(60, 25, foot)
        canvas.drawRightString(540, 25, f"第{canvas.getPageNumber()}页")

    lines = [line for line in text.split("\n") if line.strip()]
    story = [Paragraph(escape(line), body if place else title) for place, line in enumerate(lines)]
    out = io.BytesIO()
    made = SimpleDocTemplate(out, pagesize=A4, leftMargin=60, rightMargin=60, invariant=True)
    made.build(story, onFirstPage=run_along, onLaterPages=run_along)
    return out.getvalue()


def demo(name: str, **how: object) -> bytes:
    """One of the demonstration's reports as a PDF."""
    return report((REPORTS / f"{name}.txt").read_text("utf-8"), **how)  # type: ignore[arg-type]  # a test's own words


def lines(*words: str, font: str = "Helvetica") -> bytes:
    """One page with these lines."""
    _register()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4, invariant=True)
    canvas.setFont(font, 12)
    for place, line in enumerate(words):
        canvas.drawString(72, 760 - 20 * place, line)
    canvas.save()
    return out.getvalue()


def scanned(data: bytes) -> bytes:
    """The pages of a PDF as pictures, as a scanner gives them."""
    document, scan = pypdfium2.PdfDocument(data), pypdfium2.PdfDocument.new()
    for number in range(len(document)):
        picture = document[number].render(scale=1).to_pil().convert("RGB")
        jpeg = io.BytesIO()
        picture.save(jpeg, "JPEG", quality=60)
        page = scan.new_page(*A4)
        image = pypdfium2.PdfImage.new(scan)
        image.load_jpeg(io.BytesIO(jpeg.getvalue()), inline=True)
        image.set_matrix(pypdfium2.PdfMatrix().scale(*A4))
        page.insert_obj(image)
        page.gen_content()
    out = io.BytesIO()
    scan.save(out)
    return out.getvalue()


def encrypted(password: str) -> bytes:
    """A PDF that opens with a password alone."""
    out = io.BytesIO()
    canvas = Canvas(out, encrypt=StandardEncryption(password))
    canvas.drawString(72, 700, "secret")
    canvas.save()
    return out.getvalue()


def many_pages(number: int) -> bytes:
    """So many pages, all the same one."""
    kids = b" ".join(b"3 0 R" for _ in range(number))
    return raw(
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Count %d /Kids [%s] >>" % (number, kids),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] >>",
    )


def raw(*objects: bytes) -> bytes:
    """A PDF from its objects as they stand in the file; the first is the catalogue."""
    out = io.BytesIO()
    out.write(b"%PDF-1.7\n")
    places = []
    for number, each in enumerate(objects, start=1):
        places.append(out.tell())
        out.write(b"%d 0 obj\n%s\nendobj\n" % (number, each))
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % place for place in places))
    out.write(b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start))
    return out.getvalue()


def page(
    content: bytes = b"",
    *,
    extra: bytes = b"",
    catalogue: bytes = b"",
    resources: bytes = b"",
    others: Sequence[bytes] = (),
    packed: bool = False,
) -> bytes:
    """One page with this content stream, with more in its dictionary or in the catalogue, and with other objects from 6 on."""
    own = b"/Resources << /Font << /F 5 0 R >> %s >> %s" % (resources, extra)
    return raw(
        b"<< /Type /Catalog /Pages 2 0 R %s >>" % catalogue,
        b"<< /Type /Pages /Count 1 /Kids [3 0 R] >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R %s >>" % own,
        stream(content, packed=packed),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        *others,
    )


def stream(content: bytes, dictionary: bytes = b"", *, packed: bool = False) -> bytes:
    """A stream object."""
    data = zlib.compress(content, 9) if packed else content
    filtered = b" /Filter /FlateDecode" if packed else b""
    return b"<< /Length %d%s %s >>\nstream\n%s\nendstream" % (len(data), filtered, dictionary, data)


def packed_objects(*objects: bytes, first: int = 6) -> bytes:
    """An object stream, in which whole objects are packed."""
    heads, body = [], b""
    for number, each in enumerate(objects, start=first):
        heads.append(b"%d %d" % (number, len(body)))
        body += each + b" "
    head = b" ".join(heads) + b" "
    return stream(head + body, b"/Type /ObjStm /N %d /First %d" % (len(objects), len(head)), packed=True)


def bomb(megabytes: int) -> bytes:
    """A page whose content unpacks to so many megabytes of text."""
    content = (
        b"BT /F 1 Tf 10 10 Td " + b"(aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa) Tj " * (megabytes * 1024 * 1024 // 46) + b" ET"
    )
    return page(content, packed=True)


def laughs(depth: int = 30) -> bytes:
    """A page that draws a form twice, which draws another one twice, and so on: a billion times in the end."""
    forms = [
        stream(
            b"/X Do /X Do" if place < depth - 1 else b"BT /F 9 Tf (ha) Tj ET",
            b"/Type /XObject /Subtype /Form /BBox [0 0 99 99]"
            b" /Resources << /XObject << /X %d 0 R >> /Font << /F 5 0 R >> >>" % (place + 7),
        )
        for place in range(depth)
    ]
    return page(b"/X Do", resources=b"/XObject << /X 6 0 R >>", others=forms)


def _register() -> None:
    if EMBEDDED not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(EMBEDDED, str(FONTS / "GatekeeperSansSC-Regular.ttf")))
        pdfmetrics.registerFont(UnicodeCIDFont(NOT_EMBEDDED))
