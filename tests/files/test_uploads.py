"""Evidence as it is handed in: what is taken, what is refused and in which words, and pages as pictures."""

import io
import struct
import zlib

import pytest
from PIL import Image
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from gatekeeper.files import originals, rendering, uploads
from gatekeeper.rules.errors import Invalid, NotFound, Unavailable
from tests.scans import pdf, picture


def test_a_pdf_and_pictures_are_taken_by_what_is_in_them():
    for data, media_type, pages in (
        (pdf(3), "application/pdf", 3),
        (picture("JPEG"), "image/jpeg", 1),
        (picture("PNG"), "image/png", 1),
    ):
        taken = uploads.check(data, r"C:\scans\..\问卷 1.exe").described
        assert (taken.name, taken.media_type, taken.pages, taken.size) == ("问卷 1.exe", media_type, pages, len(data))


def many_pixels() -> bytes:
    """A PNG of some hundred bytes that says it is 60,000 pixels wide and high."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def protected() -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, encrypt=StandardEncryption("secret"))
    canvas.drawString(100, 700, "x")
    canvas.save()
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"%PDF-" + b"x" * uploads.MOST_BYTES, "larger than 20 MB"),
        (b"MZ\x90\x00 a program", "neither a PDF nor"),
        (b"GIF89a", "neither a PDF nor"),
        (b"<svg onload='alert(1)'>", "neither a PDF nor"),
        (b"%PDF-1.7\nnothing else", "damaged"),
        (pdf(2)[:300], "damaged"),
        (picture("JPEG")[:200], "damaged"),
        (protected(), "password"),
        (many_pixels(), "takes too much"),
        (pdf(uploads.MOST_PAGES + 1), "61 pages; at most 60"),
    ],
    ids=["empty", "large", "program", "gif", "svg", "no pdf", "cut pdf", "cut jpeg", "password", "pixel bomb", "pages"],
)
def test_what_cannot_be_taken_is_told_with_its_name_and_what_to_do(data, words):
    with pytest.raises(Invalid, match=words) as error:
        uploads.check(data, "scan.pdf")
    assert error.value.faults[0].field == uploads.FIELD
    assert "scan.pdf" in str(error.value)


def test_pages_are_drawn_in_bounds_and_without_what_else_a_picture_held():
    for data, page, pages in ((pdf(2), 2, 2), (picture("PNG", size=(3000, 4000)), 1, 1)):
        image = Image.open(io.BytesIO(uploads.page_image(data, page, pages)))
        assert image.format == "JPEG"
        assert image.width <= rendering.WIDTH
        assert min(image.convert("L").getextrema()) < 128, "the page is blank"
    located = Image.new("RGB", (40, 40), "red")
    exif = located.getexif()
    exif[0x010F] = "whose camera this is"
    out = io.BytesIO()
    located.save(out, "JPEG", exif=exif)
    assert b"whose camera" not in uploads.page_image(out.getvalue(), 1, 1)


def test_a_page_that_is_not_there_is_not_found():
    for page in (0, 3):
        with pytest.raises(NotFound):
            uploads.page_image(pdf(2), page, 2)


def test_a_file_that_takes_for_ever_is_given_up(monkeypatch):
    monkeypatch.setattr(rendering, "SECONDS", 0.001)
    assert rendering.run("pages", pdf(1)) == (rendering.TOO_LARGE, b"")


def test_an_original_is_read_only_if_it_is_what_its_name_says(tmp_path):
    kept = originals.keep(tmp_path, b"as it came")
    assert originals.read(tmp_path, kept.name) == b"as it came"
    kept.write_bytes(b"as somebody wanted it")
    with pytest.raises(Unavailable, match="not there or was changed"):
        originals.read(tmp_path, kept.name)
    kept.unlink()
    with pytest.raises(Unavailable):
        originals.read(tmp_path, kept.name)
