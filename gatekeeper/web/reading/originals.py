"""The files that reports came as, for whoever holds a permit. A file never changes: the last few are kept at hand."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from gatekeeper.files import originals
from gatekeeper.rules.suitability import Permit
from gatekeeper.store.publishing import report_files
from gatekeeper.web import context

_PDF = "application/pdf"
_AT_HAND = 4
_MOST_KNOWN = 10_000
_KNOWN: dict[str, str | None] = {}
"""The digest of each version that came as PDF, None of those that did not. A version never changes its file."""


@dataclass(frozen=True, slots=True)
class Original:
    """A PDF with the digest that names it."""

    digest: str
    data: bytes


def pdf(permit: Permit) -> Original | None:
    """The PDF as which the permitted version came; None where it came as text, which its page shows as such."""
    if permit.version not in _KNOWN:
        with context.database().reading() as connection:
            row = report_files.original(connection, permit)
        if len(_KNOWN) >= _MOST_KNOWN:
            _KNOWN.clear()
        _KNOWN[permit.version] = row.sha256 if row is not None and row.media_type == _PDF else None
    digest = _KNOWN[permit.version]
    return Original(digest, _bytes(context.services().settings.data_dir, digest)) if digest else None


@lru_cache(maxsize=_AT_HAND)
def _bytes(folder: Path, digest: str) -> bytes:
    return originals.read(folder, digest)
