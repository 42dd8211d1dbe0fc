"""Marks on pages and copies, and the way back from what got out: every way in which a page comes back from outside."""

import json
import threading
import time
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from PIL import Image, ImageChops, ImageFilter

from gatekeeper.files import pdfium
from gatekeeper.files.viewing import copies, images, scanning, tracing
from gatekeeper.files.viewing.copies import About
from gatekeeper.files.viewing.marks import Mark
from gatekeeper.rules.errors import Invalid, NotFound, Unavailable
from tests.viewed import CODE, MARK, PAPER, paper

ABOUT = About("储能行业跟踪 & <报告>", "明澈证券", datetime(2026, 11, 23, 2, tzinfo=UTC))


@pytest.fixture(scope="module")
def page() -> Image.Image:
    return Image.open(BytesIO(images.page(PAPER, 1, 1240, MARK)))


@pytest.fixture(scope="module")
def copy() -> bytes:
    return copies.make(PAPER, MARK, ABOUT)


def jpeg(image: Image.Image, quality: int = 90) -> bytes:
    out = BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def piece(image: Image.Image, left: float, top: float, right: float, bottom: float) -> Image.Image:
    return image.crop((int(left * image.width), int(top * image.height), int(right * image.width), int(bottom * image.height)))


def smaller(image: Image.Image, by: float) -> Image.Image:
    return image.resize((round(image.width * by), round(image.height * by)), Image.Resampling.LANCZOS)


def turned(image: Image.Image, degrees: float) -> Image.Image:
    return image.rotate(degrees, expand=True, fillcolor="white", resample=Image.Resampling.BICUBIC)


def on_a_screen(image: Image.Image) -> Image.Image:
    screen = Image.new("RGB", (1366, 1200), "#eef1f6")
    screen.paste(smaller(image, 0.6), (200, 90))
    return screen


def photographed(image: Image.Image) -> Image.Image:
    grey = image.convert("L").point([40 + value * 170 // 255 for value in range(256)])
    return turned(grey, 5).filter(ImageFilter.GaussianBlur(1.2))


WAYS = {
    "as it is": png,
    "JPEG of quality 40": lambda page: jpeg(page, 40),
    "half as large": lambda page: png(smaller(page, 0.5)),
    "turned by 3 degrees": lambda page: png(turned(page, 3)),
    "turned by 90 degrees": lambda page: png(page.rotate(90, expand=True)),
    "the upper half": lambda page: png(piece(page, 0, 0, 1, 0.5)),
    "the lower half": lambda page: png(piece(page, 0, 0.5, 1, 1)),
    "the left half": lambda page: png(piece(page, 0, 0, 0.5, 1)),
    "the right half": lambda page: png(piece(page, 0.5, 0, 1, 1)),
    "grey": lambda page: png(page.convert("L")),
    "a screenshot": lambda page: png(on_a_screen(page)),
    "half as large, turned and of quality 40": lambda page: jpeg(turned(smaller(page, 0.5), 3), 40),
    "a photograph": lambda page: jpeg(photographed(page), 60),
    "the middle without an edge": lambda page: png(piece(page, 0.1, 0.25, 0.9, 0.75)),
    "the middle as JPEG of quality 40": lambda page: jpeg(piece(page, 0.1, 0.25, 0.9, 0.75), 40),
    "the middle, turned by 3 degrees": lambda page: png(turned(piece(page, 0.1, 0.25, 0.9, 0.75), 3)),
    "inverted, as in a dark window": lambda page: png(ImageChops.invert(page.convert("RGB"))),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_picture_of_a_page_leads_back_to_its_code(page, way):
    """In this process, for speed: the next tests go the whole way."""
    assert json.loads(scanning.in_picture(Image.open(BytesIO(WAYS[way](page))))) == {CODE: ["square"]}


def test_a_picture_is_read_in_a_process_of_its_own(page):
    found = tracing.read(jpeg(page), "../../leak.jpg")

    assert (found.codes, found.name, found.is_pdf) == ({CODE: ("square",)}, "leak.jpg", False)


def test_a_copy_holds_its_code_in_every_place(copy):
    found = tracing.read(copy, "leak.pdf")

    assert found.codes == {CODE: ("identifier", "properties", "record", "square", "text")}
    assert found.is_pdf


def test_a_copy_that_was_printed_again_leads_back_too(copy):
    """Another program that keeps the pages alone: here the copy of a copy, whose own code stands over the first."""
    second = Mark(("李*", "2026-11-24 09:00 · 0123456789ab"), "0123456789ab")
    again = copies.make(copy, second, ABOUT)
    with pdfium.LOCK:
        assert {CODE, second.code} <= set(json.loads(scanning.in_pdf(again)))


def test_nothing_is_found_in_what_is_not_ours(page):
    assert tracing.read(paper(1), "own.pdf").codes == {}
    assert json.loads(scanning.in_picture(Image.new("RGB", (400, 400), "white"))) == {}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "empty"),
        (b"GIF89a", "neither a PDF nor"),
        (b"%PDF-1.7 nothing", "damaged"),
        (b"\x89PNG\r\n\x1a\n broken", "damaged"),
        (b"\xff\xd8\xff" + b"x" * 100, "damaged"),
    ],
)
def test_what_cannot_be_read_is_said_so(data, said):
    with pytest.raises(Invalid, match=said):
        tracing.read(data, "../x.pdf")


def dark(image: Image.Image, below: int = 128) -> int:
    return sum(image.convert("L").histogram()[:below])


def test_the_mark_can_be_read_and_hides_nothing(page):
    """What the page says stays black; the mark over white paper is grey, and nowhere darker than a third."""
    with pdfium.opened(PAPER) as document:
        plain = document[0].render(scale=1240 / 595).to_pil().convert("L").resize(page.size)
    inner = (150, 150, page.width - 150, page.height - 150)  # without the squares at the edges
    marked, plain = page.convert("L").crop(inner), plain.crop(inner)

    ink = [(before, after) for before, after in zip(plain.tobytes(), marked.tobytes(), strict=True) if before < 40]
    paper_ = [after for before, after in zip(plain.tobytes(), marked.tobytes(), strict=True) if before > 250]
    assert sum(after < 80 for _, after in ink) / len(ink) > 0.99
    assert min(paper_) > 165
    assert 0.05 < sum(after < 245 for after in paper_) / len(paper_) < 0.35


def test_a_page_keeps_its_size_and_a_long_one_its_bounds():
    sizes = images.sizes("mixed", paper(2, sizes=((842, 595), (300, 14400))))

    assert sizes[0] == (1240, 877)
    assert sizes[1][0] * sizes[1][1] <= images.MOST_PIXELS * 1.01
    assert Image.open(BytesIO(images.page(paper(1, sizes=((842, 595),)), 1, 1240, MARK))).size == sizes[0]


def test_a_page_that_is_not_there_and_a_file_that_is_none():
    with pytest.raises(NotFound):
        images.page(PAPER, 4, 1240, MARK)
    with pytest.raises(Unavailable):
        images.page(b"%PDF-1.4 nothing", 1, 1240, MARK)
    with pytest.raises(Unavailable):
        copies.make(b"%PDF-1.4 nothing", MARK, ABOUT)


def test_a_copy_shows_what_the_original_shows(copy):
    with pdfium.opened(PAPER) as before, pdfium.opened(copy) as after:
        for number in range(3):
            first, second = (document[number].render(scale=1).to_pil().convert("L") for document in (before, after))
            inner = (40, 50, first.width - 40, first.height - 50)
            lost = ImageChops.subtract(second.crop(inner), first.crop(inner))  # lighter in the copy than in the original
            assert dark(ImageChops.invert(lost), 200) == 0


def test_pages_of_several_sizes_and_turned_ones_keep_their_order():
    original = paper(5, sizes=((595, 842), (842, 595)))
    with pypdfium2.PdfDocument(original) as document:
        document[2].set_rotation(90)
        saved = BytesIO()
        document.save(saved)
    with pypdfium2.PdfDocument(copies.make(saved.getvalue(), MARK, ABOUT)) as copy:
        sizes = [tuple(map(round, page.get_size())) for page in copy]
        assert sizes == [(595, 842), (842, 595), (842, 595), (842, 595), (595, 842)]
        assert [f"第{number}页正文" in copy[number - 1].get_textpage().get_text_range() for number in range(1, 6)] == [True] * 5


def active() -> bytes:
    """A PDF with a script that runs when it is opened, one on its page, a program to start, and a file inside."""
    script = b"<< /S /JavaScript /JS (app.alert\\(1\\)) >>"
    names = b"<< /EmbeddedFiles << /Names [(a.exe) 6 0 R] >> /JavaScript << /Names [(b) %s] >> >>" % script
    page = b"/MediaBox [0 0 300 300] /Contents 4 0 R /Annots [5 0 R 8 0 R] /AA << /O %s >>" % script
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R /OpenAction %s /Names %s >>" % (script, names),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R %s >>" % page,
        b"<< /Length 30 >> stream\n0 0 1 rg 100 100 100 100 re f\nendstream",
        b"<< /Type /Annot /Subtype /Link /Rect [0 0 300 300] /A << /S /Launch /F (calc.exe) >> >>",
        b"<< /Type /Filespec /F (a.exe) /EF << /F 7 0 R >> >>",
        b"<< /Type /EmbeddedFile /Length 4 >> stream\nMZxx\nendstream",
        b"<< /Type /Annot /Subtype /Stamp /Rect [10 10 60 60] /AP << /N 9 0 R >> >>",
        b"<< /Type /XObject /Subtype /Form /BBox [0 0 50 50] /Length 29 >> stream\n1 0 0 rg 0 0 50 50 re f       \nendstream",
    ]
    body = b"".join(b"%d 0 obj %s endobj\n" % (number, part) for number, part in enumerate(parts, 1))
    return b"%PDF-1.7\n" + body + b"trailer << /Root 1 0 R /Size 10 >>\n%%EOF"


def test_nothing_that_acts_is_in_a_copy_and_all_that_shows_is():
    original = active()
    assert all(word in original for word in (b"/JavaScript", b"/Launch", b"/EmbeddedFile", b"/AA", b"/Annots"))

    made = copies.make(original, MARK, ABOUT)

    words = (
        b"JavaScript",
        b"/JS",
        b"Launch",
        b"calc.exe",
        b"EmbeddedFile",
        b"a.exe",
        b"/AA<<",
        b"OpenAction",
        b"/Annots",
        b"MZxx",
    )
    assert [word for word in words if word in made] == []
    with pypdfium2.PdfDocument(made) as copy:
        shown = copy[0].render(scale=1).to_pil().convert("RGB")
        assert copy.count_attachments() == 0
    assert shown.getpixel((150, 150))[2] > 150 > shown.getpixel((150, 150))[0]  # type: ignore[index]  # the blue of the page
    assert shown.getpixel((40, 262))[0] > 150 > shown.getpixel((40, 262))[2]  # type: ignore[index]  # the red of the stamp


def drawn_at_once(seconds: float) -> int:
    """Four threads draw and copy at once; how many pages and copies they made."""
    until, made, failed = time.monotonic() + seconds, [], []

    def draw(number: int) -> None:
        mark = Mark((f"读者{number}", MARK.lines[1]), MARK.code)
        while time.monotonic() < until:
            try:
                made.append(len(images.page(PAPER, number % 3 + 1, 1240, mark)))
                made.append(len(copies.make(PAPER, mark, ABOUT)))
            except Exception as error:  # noqa: BLE001  (told below)
                failed.append(error)
                return

    threads = [threading.Thread(target=draw, args=(number,)) for number in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert failed == []
    return len(made)


def memory() -> int:
    """The memory of this process, in bytes."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * 4096


def test_four_threads_draw_at_once():
    assert drawn_at_once(2) > 4


@pytest.mark.long
def test_four_threads_draw_for_a_minute_and_memory_stays_flat():
    drawn_at_once(10)
    before = memory()

    print(drawn_at_once(60), "pages and copies;", before // 2**20, "MB, then", memory() // 2**20, "MB")  # noqa: T201  (a measurement)

    assert memory() - before < 64 * 2**20


def test_thirty_one_pages_are_marked_well_under_a_second():
    original = paper(31)
    copies.make(original, MARK, ABOUT)
    began = time.thread_time()

    made = copies.make(original, MARK, ABOUT)

    assert time.thread_time() - began < 1
    assert len(made) < 2 * len(original) + 100_000
