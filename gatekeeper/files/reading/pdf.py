"""A PDF report: read in a process of its own, its lines put together to one text, its bounds and what else it carries told."""

import json
from dataclasses import dataclass

from gatekeeper.files import rendering
from gatekeeper.files.reading import lines
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.reading.pages import Line, Page, Printed, put_together

MOST_BYTES = 50 * 1024 * 1024
"""The largest PDF that is taken: with pictures in print quality, a long report has 20 MB."""
SECONDS = 60
"""How long one PDF may take: 500 pages full of text take some ten seconds."""

_WRONG = {
    rendering.UNREADABLE: N_("The PDF %(name)s is damaged and cannot be read. Please export it again."),
    rendering.PROTECTED: N_("The PDF %(name)s is protected by a password. Please export it without one."),
    rendering.TOO_LARGE: N_(
        "The PDF %(name)s takes more time or memory than one file may have. Please export it again, with smaller pictures."
    ),
}
_PAGES = N_("The PDF %(name)s has %(pages)s pages; a report may have at most %(most)s.")


@dataclass(frozen=True, slots=True)
class Pdf:
    """What was read from a PDF: its text with its places, page by page, and what it carries beside its pages."""

    printed: Printed
    pages: int
    carries: tuple[str, ...]


def read(data: bytes, name: str) -> Pdf:
    """Read a PDF; raise ``Invalid`` with a sentence that says what is wrong with it and what to do."""
    ended, said = rendering.run("text", data, seconds=SECONDS)
    if ended == rendering.TOO_MANY:
        raise Invalid(Fault(_PAGES, field="file", name=name, pages=int(said), most=lines.MOST_PAGES))
    if ended != rendering.READ:
        raise Invalid(Fault(_WRONG[ended], field="file", name=name))
    found = json.loads(said)
    pages = [Page(each["width"], each["height"], tuple(Line(*line) for line in each["lines"])) for each in found["pages"]]
    return Pdf(put_together(pages), len(pages), tuple(found["carries"]))
