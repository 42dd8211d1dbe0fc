"""The codes in a file that somebody brings: a leaked PDF, or a picture of a page. It is read in a process of its own."""

import json
from dataclasses import dataclass
from hashlib import sha256

from gatekeeper.files import rendering
from gatekeeper.files.uploads import tidy
from gatekeeper.rules.errors import N_, Fault, Invalid

MOST_BYTES = 60 * 1024 * 1024
"""The largest file that is looked through: somewhat more than the largest report, for a copy is larger than its original."""
FIELD = "file"
ACCEPT = ".pdf,.jpg,.jpeg,.png"
"""What a page's file field offers to choose."""

_EMPTY = N_("The file %(name)s is empty.")
_LARGE = N_("The file %(name)s is larger than %(most)s MB. A picture of one page of it is enough.")
_OTHER = N_("The file %(name)s is neither a PDF nor a JPEG or PNG picture. Make a picture of the screen, or type the code.")
_WRONG = {
    rendering.UNREADABLE: N_(
        "The file %(name)s is damaged and cannot be read. Make a picture of it on the screen, or type the code."
    ),
    rendering.PROTECTED: N_("The file %(name)s is protected by a password. Remove it first, or make a picture of a page."),
    rendering.TOO_LARGE: N_("The file %(name)s takes too much to read. Make a picture of one page, or type the code."),
}
_BEGINNINGS = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")


@dataclass(frozen=True, slots=True)
class Leak:
    """What was found in a file: each code and where it stands in the file, and what the file is."""

    name: str
    sha256: str
    codes: dict[str, tuple[str, ...]]
    is_pdf: bool


def read(data: bytes, name: str) -> Leak:
    """Look through a file; raise ``Invalid`` with a sentence that says what to do. Finding nothing is no fault."""
    name = tidy(name)
    if not data:
        raise _refusal(_EMPTY, name)
    if len(data) > MOST_BYTES:
        raise _refusal(_LARGE, name, most=MOST_BYTES // 1024 // 1024)
    if not (rendering.is_pdf(data) or data.startswith(_BEGINNINGS)):
        raise _refusal(_OTHER, name)
    ended, said = rendering.run("codes", data)
    if ended != rendering.READ:
        raise _refusal(_WRONG[ended], name)
    codes = {code: tuple(places) for code, places in json.loads(said).items()}
    return Leak(name, sha256(data).hexdigest(), codes, rendering.is_pdf(data))


def _refusal(message: str, name: str, **values: object) -> Invalid:
    return Invalid(Fault(message, field=FIELD, name=name, **values))
