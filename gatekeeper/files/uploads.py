"""Files that are handed in as evidence: PDF, JPEG or PNG by what is in them, and checked before they are kept."""

from dataclasses import dataclass
from hashlib import sha256

from gatekeeper.files import rendering
from gatekeeper.rules.errors import N_, Fault, Invalid, NotFound, Unavailable
from gatekeeper.store.clients.evidence_files import Described

MOST_BYTES = 20 * 1024 * 1024
"""The largest file that is taken."""
MOST_PAGES = 60
"""The most pages of a PDF that is taken."""
FIELD = "files"
ACCEPT = ".pdf,.jpg,.jpeg,.png"
"""What a page's file field offers to choose."""

_LONGEST_NAME = 120
_BEGINNINGS = ((b"%PDF-", "application/pdf"), (b"\xff\xd8\xff", "image/jpeg"), (b"\x89PNG\r\n\x1a\n", "image/png"))
_EMPTY = N_("The file %(name)s is empty.")
_LARGE = N_("The file %(name)s is larger than %(most)s MB. Scan it in black and white or with fewer dots an inch.")
_OTHER = N_("The file %(name)s is neither a PDF nor a JPEG or PNG picture.")
_WRONG = {
    rendering.UNREADABLE: N_("The file %(name)s is damaged and cannot be read. Please make it again."),
    rendering.PROTECTED: N_("The file %(name)s is protected by a password. Please send it without one."),
    rendering.TOO_LARGE: N_("The file %(name)s takes too much to read. Please scan the paper and send the scan."),
}
_PAGES = N_("The file %(name)s has %(pages)s pages; at most %(most)s are taken. Please send it in parts.")


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was checked, with its bytes."""

    described: Described
    data: bytes


def check(data: bytes, name: str) -> Upload:
    """Check a file; raise ``Invalid`` with a sentence that says what to do. Give it one byte more than ``MOST_BYTES`` at most."""
    name = tidy(name)
    if not data:
        raise _refusal(_EMPTY, name)
    if len(data) > MOST_BYTES:
        raise _refusal(_LARGE, name, most=MOST_BYTES // 1024 // 1024)
    media_type = next((kind for beginning, kind in _BEGINNINGS if data.startswith(beginning)), None)
    if media_type is None:
        raise _refusal(_OTHER, name)
    ended, said = rendering.run("pages", data)
    if ended != rendering.READ:
        raise _refusal(_WRONG[ended], name)
    pages = int(said)
    if not 1 <= pages <= MOST_PAGES:
        raise _refusal(_PAGES, name, pages=pages, most=MOST_PAGES)
    digest = sha256(data).hexdigest()
    return Upload(Described(name=name, media_type=media_type, size=len(data), pages=pages, sha256=digest), data)


def page_image(data: bytes, page: int, pages: int) -> bytes:
    """One page of a file that was checked, as JPEG; pages count from one."""
    if not 1 <= page <= pages:
        raise NotFound(N_("The file has no such page."))
    ended, image = rendering.run("image", data, page)
    if ended != rendering.READ:
        raise Unavailable(N_("This page cannot be drawn. Please look at the original file."))
    return image


def tidy(name: str) -> str:
    """The name as it is kept: no folder, nothing that does not print, and its ending."""
    plain = "".join(filter(str.isprintable, name.replace("\\", "/").rpartition("/")[2])).strip()
    return plain[-_LONGEST_NAME:] or "?"


def _refusal(message: str, name: str, **values: object) -> Invalid:
    return Invalid(Fault(message, field=FIELD, name=name, **values))
