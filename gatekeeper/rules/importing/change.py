"""An imported file as a proposal holds it: which file, how many rows, and the digest of those that raise; never the rows."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportChange:
    """That the rows of one import which raise take effect: the file's SHA-256, how many rows, and the digest over them all."""

    id: str
    sha256: str
    opened: int
    raised: int
    apart: int
    digest: str
