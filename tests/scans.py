"""Papers for tests, as a scanner would make them."""

import io

from PIL import Image, ImageDraw
from reportlab.pdfgen.canvas import Canvas


def pdf(pages: int, words: str = "signed") -> bytes:
    """A PDF with so many pages."""
    out = io.BytesIO()
    canvas = Canvas(out, invariant=True)
    for number in range(pages):
        canvas.setFont("Helvetica", 40)
        canvas.drawString(100, 700, f"{words} {number + 1}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def picture(form: str = "PNG", size: tuple[int, int] = (200, 280)) -> bytes:
    """A picture with a dark mark."""
    image = Image.new("RGB", size, "white")
    ImageDraw.Draw(image).rectangle((20, 20, size[0] // 2, size[1] // 2), fill="black")
    out = io.BytesIO()
    image.save(out, form)
    return out.getvalue()
