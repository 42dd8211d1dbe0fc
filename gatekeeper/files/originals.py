"""Original files exactly as they came, named by what is in them: the SHA-256 that stands in the entry of the import."""

import os
import tempfile
from hashlib import file_digest, sha256
from pathlib import Path

from gatekeeper.rules.errors import N_, Unavailable

_MISSING = N_("The file that was kept is not there or was changed. Tell the operator of this system: %(name)s")


def keep(folder: Path, data: bytes) -> Path:
    """Keep a file once and for good, readable by this account alone; return where it lies."""
    name = sha256(data).hexdigest()
    shelf = folder / "originals" / name[:2]
    target = shelf / name
    if target.exists():
        return target
    shelf.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tempfile.NamedTemporaryFile(dir=shelf, delete=False) as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    Path(file.name).replace(target)
    return target


def read(folder: Path, name: str) -> bytes:
    """A file that was kept, exactly as it came; ``Unavailable`` where it is gone or is not what its name says."""
    try:
        data = _place(folder, name).read_bytes()
    except OSError as error:
        raise Unavailable(_MISSING, name=name) from error
    if sha256(data).hexdigest() != name:
        raise Unavailable(_MISSING, name=name)
    return data


def path(folder: Path, name: str) -> Path:
    """Where a file lies that was kept, for one that is read in pieces; ``Unavailable`` as with ``read``."""
    place = _place(folder, name)
    try:
        with place.open("rb") as file:
            digest = file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise Unavailable(_MISSING, name=name) from error
    if digest != name:
        raise Unavailable(_MISSING, name=name)
    return place


def _place(folder: Path, name: str) -> Path:
    return folder / "originals" / name[:2] / name
