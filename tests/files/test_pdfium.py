"""PDFium in this process: one at a time, and letters where a file brings none of its own."""

import threading
from io import BytesIO

import pytest
from PIL import Image
from pypdfium2 import PdfiumError
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from gatekeeper.files import pdfium, rendering


def without_fonts() -> bytes:
    """A page of Chinese whose letters are not in the file, as some portals make them."""
    pdfmetrics.registerFont(UnicodeCIDFont("STSong-Light"))
    out = BytesIO()
    canvas = Canvas(out)
    canvas.setFont("STSong-Light", 24)
    canvas.drawString(50, 700, "储能行业跟踪报告")
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def dark(image: Image.Image) -> int:
    return sum(image.convert("L").histogram()[:128])


def test_chinese_letters_that_are_not_in_the_file_are_drawn():
    with pdfium.opened(without_fonts()) as document:
        assert dark(document[0].render().to_pil()) > 1000


def test_the_process_that_draws_files_from_outside_draws_them_too():
    ended, image = rendering.run("image", without_fonts())

    assert ended == rendering.READ
    assert dark(Image.open(BytesIO(image))) > 4000


def test_whoever_has_a_document_open_has_pdfium_to_himself():
    came = threading.Event()

    def other():
        with pdfium.opened(without_fonts()):
            came.set()

    with pdfium.opened(without_fonts()):
        thread = threading.Thread(target=other)
        thread.start()
        assert not came.wait(0.2)
    assert came.wait(5)
    thread.join()


def test_what_is_no_document_leaves_the_way_free():
    with pytest.raises(PdfiumError), pdfium.opened(b"%PDF-1.4 nothing"):
        pass
    assert pdfium.LOCK.acquire(timeout=1)
    pdfium.LOCK.release()
