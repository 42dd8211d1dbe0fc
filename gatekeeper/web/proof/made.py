"""A file that is finished before it is recorded, and recorded before it is sent: it lies in a temporary file without a name."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import file_digest
from tempfile import TemporaryFile
from typing import IO

from flask import Response
from werkzeug.wsgi import FileWrapper


@dataclass(frozen=True, slots=True)
class Made:
    """A finished file, how long it is, and its digest."""

    file: IO[bytes]
    size: int
    sha256: str


def make(write: Callable[[IO[bytes]], None]) -> Made:
    """Have a file written, and take its digest."""
    file = TemporaryFile()  # noqa: SIM115  (the answer closes it when it is sent)
    try:
        write(file)
        size = file.seek(0, 2)
        file.seek(0)
        digest = file_digest(file, "sha256").hexdigest()
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return Made(file, size, digest)


def recorded(made: Made, record: Callable[[], str]) -> str:
    """Record a finished file and return its entry's code; where that fails, the file is gone."""
    try:
        return record()
    except BaseException:
        made.file.close()
        raise


def sending(made: Made, name: str, content_type: str) -> Response:
    """The answer that sends a recorded file."""
    response = Response(FileWrapper(made.file, 65536), content_type=content_type, direct_passthrough=True)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    response.headers["Content-Length"] = str(made.size)
    response.call_on_close(made.file.close)
    return response
