"""A report's file, whatever its form, by what is in it: its text, its kind, its pages, and whether its text can be read."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from gatekeeper.files.reading import pdf, word
from gatekeeper.files.rendering import is_pdf
from gatekeeper.files.text import decode_report
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.reading.legible import is_garbled, is_scanned
from gatekeeper.rules.reading.pages import Place, Printed

MOST_BYTES = pdf.MOST_BYTES
"""The largest file that is taken, of whatever kind; each kind has its own bound below this."""
PDF, MARKDOWN, PLAIN = "application/pdf", "text/markdown", "text/plain"

_LARGE = N_("The file %(name)s has %(megabytes)s MiB; a report may have at most %(most)s MiB.")
_MARKDOWN = re.compile(r"^#{1,6}[^\S\n]+\S|^\|[ :|-]*-{3}[ :|-]*\|[^\S\n]*$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Source:
    """What a file says. ``illegible`` says why the text in it cannot be read, where that is so: then ``text`` is empty."""

    text: str
    media_type: str
    pages: tuple[str, ...] | None = None
    carries: tuple[str, ...] = ()
    illegible: str | None = None
    printed: Printed | None = None

    def place(self, start: int, end: int) -> Place | None:
        """On which page and where there these characters of the text stand; None for a file without pages."""
        return self.printed.place(start, end) if self.printed else None


def read(data: bytes, name: str) -> Source:
    """Read a report's file; raise ``Invalid`` with a sentence that says what to do."""
    refuse_large(len(data), name)
    if is_pdf(data):
        return _pdf(data, name)
    if word.is_word(data):
        return Source(word.read(data, name), word.DOCX)
    text = decode_report(data, name)
    return Source(text, MARKDOWN if _MARKDOWN.search(text) else PLAIN)


def refuse_large(size: int, name: str) -> None:
    """Raise ``Invalid`` if a file has more bytes than any report: whoever knows the size need not read them."""
    if size > MOST_BYTES:
        values = {"megabytes": f"{size / 1024 / 1024:.1f}", "most": MOST_BYTES // 1024 // 1024}
        raise Invalid(Fault(_LARGE, field="file", name=name, **values))


def _pdf(data: bytes, name: str) -> Source:
    found = pdf.read(data, name)
    pages = found.printed.pages()
    illegible = _illegible(pages, found.printed.text)
    if illegible:
        return Source("", PDF, ("",) * len(pages), found.carries, illegible)
    return Source(found.printed.text, PDF, tuple(pages), found.carries, None, found.printed)


def _illegible(pages: Sequence[str], text: str) -> str | None:
    if is_scanned(pages):
        return "scanned"
    return "garbled" if is_garbled(text) else None
