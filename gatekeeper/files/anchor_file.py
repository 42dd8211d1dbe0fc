"""The newest checkpoint in a file on another volume: what a database that was put back to an older state cannot take along.

The file holds one signed note. It is replaced as a whole, and only by whoever has seen what it held: two services that both
believe to be the log do not overwrite each other's.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gatekeeper.rules.errors import N_, Conflict, Unavailable

_MAX = 64 * 1024
_UNREADABLE = N_("The anchor file %(path)s cannot be read or written: %(detail)s")
_CHANGED = N_("The anchor file %(path)s was changed meanwhile. Does another service write to it?")


def read(path: Path) -> str | None:
    """The note in the file; None if there is no file, which is for the caller to judge."""
    try:
        with path.open("rb") as file:
            return file.read(_MAX).decode()
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise Unavailable(_UNREADABLE, path=path, detail=error) from error


def replace(path: Path, before: str | None, note: str) -> None:
    """Put a note in place of what the file was seen to hold; raise ``Conflict`` if it holds something else by now."""
    try:
        with _held(path):
            if read(path) != before:
                raise Conflict(_CHANGED, path=path)
            _write(path, note)
    except OSError as error:
        raise Unavailable(_UNREADABLE, path=path, detail=error.strerror) from error


@contextmanager
def _held(path: Path) -> Iterator[None]:
    lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _write(path: Path, note: str) -> None:
    """The file is the old one or the new one at any moment, also when the machine stops."""
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        file.write(note)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
