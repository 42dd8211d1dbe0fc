"""Reading files from outside and drawing their pages, in a process of its own: ``python -m gatekeeper.files.rendering``.

PDFium is not safe among threads, and a file made to break it must break nothing else: this process has little memory, little time
and nothing to lose. It reads the file from standard input and answers on standard output; ``run`` is the way to ask it.
"""

import io
import json
import subprocess
import sys

import pypdfium2
from PIL import Image, ImageOps

from gatekeeper.files.pdfium import use_own_font
from gatekeeper.files.reading import active, docx, lines
from gatekeeper.files.viewing import scanning

if sys.platform == "linux":
    import resource

SECONDS = 20
"""How long one file may take."""
MEMORY = 1536 * 1024 * 1024
"""How much memory one file may take, in bytes."""
WIDTH = 1240
"""How many pixels wide a page is drawn: A4 at 150 dots an inch."""
MOST_PIXELS = 4_000_000
"""The most pixels of a page that is drawn."""
MOST_PIXELS_READ = 60_000_000
"""The most pixels of a picture that is read: a phone's camera has fewer."""

READ, UNREADABLE, PROTECTED, TOO_LARGE, TOO_MANY = 0, 3, 4, 5, 6
"""How this process ends: answered, not to be read, under a password, more than it takes, or with more pages than are read."""
_PASSWORD = 4
_QUALITY = 82
_BEGINNING, _SPACE = 1024, b"\0\t\n\f\r \xef\xbb\xbf"
_A_POINT = 1.0


def is_pdf(data: bytes) -> bool:
    """Whether a file is a PDF: readers look for its mark in the first kilobyte, and let white space stand before it."""
    start = data.find(b"%PDF-", 0, _BEGINNING)
    return start >= 0 and not data[:start].strip(_SPACE)


def run(command: str, data: bytes, page: int = 1, *, seconds: int | None = None) -> tuple[int, bytes]:
    """Ask a file for something; how it ended and what it said.

    ``pages`` (their number in digits), ``image`` (one page as JPEG); as JSON of a PDF ``text`` (its lines with their places, and
    what it carries beside its pages), of a DOCX ``docx`` (its text, or what is wrong with it), of a PDF or a
    picture ``codes`` (those by which a leaked page is found).
    """
    seconds = SECONDS if seconds is None else seconds
    arguments = [sys.executable, "-P", "-m", __name__, command, str(page), str(seconds)]
    try:
        done = subprocess.run(arguments, input=data, capture_output=True, timeout=seconds, check=False)  # noqa: S603  (ourselves)
    except subprocess.TimeoutExpired:
        return TOO_LARGE, b""
    known = done.returncode in (READ, UNREADABLE, PROTECTED, TOO_LARGE, TOO_MANY)
    return (done.returncode if known else TOO_LARGE), done.stdout


def main(command: str, page: int, seconds: int) -> int:
    """Answer one question about the file on standard input."""
    _limit(seconds)
    use_own_font()
    data = sys.stdin.buffer.read()
    try:
        ended, answer = _answer(data, command, page)
    except pypdfium2.PdfiumError as error:
        return PROTECTED if getattr(error, "err_code", None) == _PASSWORD else UNREADABLE
    except (MemoryError, Image.DecompressionBombError, lines.TooMuchError):
        return TOO_LARGE
    except (OSError, SyntaxError, ValueError, IndexError):  # what Pillow raises of a broken picture, and a page that is not there
        return UNREADABLE
    sys.stdout.buffer.write(answer)
    return ended


def _answer(data: bytes, command: str, page: int) -> tuple[int, bytes]:
    if command == "docx":
        return READ, _docx(data)
    return _pdf(data, command, page) if is_pdf(data) else (READ, _picture(data, command, page))


def _docx(data: bytes) -> bytes:
    try:
        return json.dumps({"text": docx.read(data)}).encode()
    except docx.UnusableError as error:
        return json.dumps({"wrong": error.why}).encode()


def _limit(seconds: int) -> None:
    if sys.platform == "linux":  # elsewhere the time alone is limited
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))


def _pdf(data: bytes, command: str, page: int) -> tuple[int, bytes]:
    if command == "codes":
        return READ, scanning.in_pdf(data)
    document = pypdfium2.PdfDocument(data)
    if not len(document):
        return UNREADABLE, b""
    if command == "pages":
        return READ, str(len(document)).encode()
    if command == "text":
        if len(document) > lines.MOST_PAGES:
            return TOO_MANY, str(len(document)).encode()
        return READ, json.dumps({"pages": lines.read(document), "carries": active.carried(data)}).encode()
    return READ, _image(document, page)


def _image(document: pypdfium2.PdfDocument, page: int) -> bytes:
    if not 1 <= page <= len(document):
        raise IndexError(page)
    width, height = (max(each, _A_POINT) for each in document[page - 1].get_size())
    scale = min(WIDTH / width, (MOST_PIXELS / (width * height)) ** 0.5)
    return _jpeg(document[page - 1].render(scale=scale).to_pil())


def _picture(data: bytes, command: str, page: int) -> bytes:
    image = Image.open(io.BytesIO(data), formats=("JPEG", "PNG"))
    if image.width * image.height > MOST_PIXELS_READ:
        raise Image.DecompressionBombError
    image.load()
    if page != 1:
        raise IndexError(page)
    if command == "pages":
        return b"1"
    upright = ImageOps.exif_transpose(image)
    if command == "codes":
        return scanning.in_picture(upright)
    scale = min(1.0, WIDTH / upright.width, (MOST_PIXELS / (upright.width * upright.height)) ** 0.5)
    size = max(1, round(upright.width * scale)), max(1, round(upright.height * scale))
    return _jpeg(upright.resize(size, Image.Resampling.LANCZOS))


def _jpeg(image: Image.Image) -> bytes:
    """A picture on white, without anything else that the file held."""
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image.convert("RGB"), mask=image.convert("RGBA").getchannel("A"))
    out = io.BytesIO()
    paper.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
