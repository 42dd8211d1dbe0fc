"""Original files exactly as they came, named by what is in them: the SHA-256 that stands in the entry of the import."""

import os
import tempfile
from hashlib import sha256
from pathlib import Path


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
