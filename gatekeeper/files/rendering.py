"""Counting and drawing the pages of a file from outside, in a process of its own: ``python -m gatekeeper.files.rendering``.

PDFium is not safe among threads, and a file made to break it must break nothing else: this process has little memory, little time
and nothing to lose. It reads the file from standard input and answers on standard output; ``run`` is the way to ask it.
"""

import io
import subprocess
import sys

import pypdfium2
from PIL import Image, ImageOps

from gatekeeper.files.pdfium import use_own_font

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

READ, UNREADABLE, PROTECTED, TOO_LARGE = 0, 3, 4, 5
"""How this process ends: answered, not to be read, under a password, or more than it takes."""
_PASSWORD = 4
_QUALITY = 82
_A_POINT = 1.0


def run(command: str, data: bytes, page: int = 1) -> tuple[int, bytes]:
    """Ask for ``pages`` (their number in digits) or ``image`` (one page as JPEG); how it ended and what it said."""
    arguments = [sys.executable, "-P", "-m", __name__, command, str(page)]
    try:
        done = subprocess.run(arguments, input=data, capture_output=True, timeout=SECONDS, check=False)  # noqa: S603  (ourselves)
    except subprocess.TimeoutExpired:
        return TOO_LARGE, b""
    known = done.returncode in (READ, UNREADABLE, PROTECTED, TOO_LARGE)
    return (done.returncode if known else TOO_LARGE), done.stdout


def main(command: str, page: int) -> int:
    """Answer one question about the file on standard input."""
    _limit()
    use_own_font()
    data = sys.stdin.buffer.read()
    try:
        answer = _pdf(data, command, page) if data.startswith(b"%PDF-") else _picture(data, command, page)
    except pypdfium2.PdfiumError as error:
        return PROTECTED if getattr(error, "err_code", None) == _PASSWORD else UNREADABLE
    except (MemoryError, Image.DecompressionBombError):
        return TOO_LARGE
    except (OSError, SyntaxError, ValueError, IndexError):  # what Pillow raises of a broken picture, and a page that is not there
        return UNREADABLE
    sys.stdout.buffer.write(answer)
    return READ


def _limit() -> None:
    if sys.platform == "linux":  # elsewhere the time alone is limited
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))


def _pdf(data: bytes, command: str, page: int) -> bytes:
    document = pypdfium2.PdfDocument(data)
    if command == "pages":
        return str(len(document)).encode()
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
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
