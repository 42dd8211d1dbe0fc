"""What a careful person would raise about a report's file, whatever it says: a scan, letters that mean others, more than pages.

Each is about one file, so a settlement holds for that file alone.
"""

from collections.abc import Iterator, Sequence

from gatekeeper.rules.errors import N_
from gatekeeper.rules.wording.findings import NOTICE_UNREAD, Finding

_ILLEGIBLE = {
    "scanned": N_(
        "Most pages of the file are pictures without text, so nothing was read. A person must look and type what they say."
    ),
    "garbled": N_(
        "The text in the file is not what its pages show, so nothing was read. A person must look and type what they say."
    ),
}
_CARRIED = {
    "script": N_("The PDF carries JavaScript. What is shown here runs nothing; the file itself must not be handed on."),
    "program": N_(
        "The PDF carries a command that starts a program. Nothing is started here; the file itself must not be handed on."
    ),
    "files": N_("The PDF carries other files inside. They were not read; the file itself must not be handed on."),
    "form": N_("The PDF carries a form that can send data away. The file itself must not be handed on."),
    "media": N_("The PDF carries sound, film or models. They were not read; the file itself must not be handed on."),
    "more": N_("What the PDF carries beside its pages is too much to look through. The file itself must not be handed on."),
}
SCANNED, ACTIVE = "scanned", "active_content"
ONCE = frozenset({SCANNED, ACTIVE, NOTICE_UNREAD})
"""The findings that are settled for one report alone."""


def find_in_file(illegible: str | None, carries: Sequence[str]) -> Iterator[Finding]:
    """What is to be said of a file: that its text cannot be read, and each kind of thing that it carries beside its pages."""
    if illegible:
        yield Finding(SCANNED, _ILLEGIBLE[illegible], {"what": illegible}, once=True)
    for each in carries:
        yield Finding(ACTIVE, _CARRIED[each], {"what": each}, once=True)
