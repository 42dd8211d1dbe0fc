"""Evidence on screen: the pages of a file as pictures, the file itself as a download; and taking files that are handed in."""

from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import FileStorage

from gatekeeper.actions.clients import evidence_files
from gatekeeper.files import originals, uploads
from gatekeeper.files.uploads import Upload
from gatekeeper.rules.errors import Fault, Invalid
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, guards
from gatekeeper.web.paging import key

bp = Blueprint("evidence_files", __name__, url_prefix="/admin/investors/<investor>/files")

MOST_BYTES = 4 * uploads.MOST_BYTES
"""How large a form with evidence may be: for ``guards.takes_files``."""
_ENDINGS = {"application/pdf": "pdf", "image/jpeg": "jpg", "image/png": "png"}
_MOST_DIGITS = 3


@bp.get("/<file>/pages/<number>")
@guards.requires(Permission.SEE_INVESTORS)
def page(investor: str, file: str, number: str) -> ResponseReturnValue:
    """One page as a picture."""
    wanted = int(number) if number.isascii() and number.isdecimal() and len(number) <= _MOST_DIGITS else 0
    row = _row(investor, file, wanted)
    return Response(uploads.page_image(_data(row), wanted, row.pages), content_type="image/jpeg")


@bp.get("/<file>")
@guards.requires(Permission.SEE_INVESTORS)
def original(investor: str, file: str) -> ResponseReturnValue:
    """The file exactly as it came, never shown within a page: a browser is to run nothing of it."""
    row = _row(investor, file, None)
    answer = Response(_data(row), content_type="application/octet-stream")
    answer.headers["Content-Disposition"] = f'attachment; filename="evidence-{row.id}.{_ENDINGS[row.media_type]}"'
    return answer


def taken(files: Sequence[FileStorage]) -> list[Upload]:
    """The files of a form, checked and kept among the originals; ``Invalid`` with a fault for each that cannot be taken."""
    found: list[Upload] = []
    faults: list[Fault] = []
    for each in files:
        if not each.filename:
            continue
        try:
            found.append(uploads.check(each.stream.read(uploads.MOST_BYTES + 1), each.filename))
        except Invalid as error:
            faults += error.faults
    if faults:
        raise Invalid(*faults)
    for upload in found:
        originals.keep(context.services().settings.data_dir, upload.data)
    return found


def _row(investor: str, file: str, page: int | None) -> Any:
    return context.database().record(evidence_files.look, context.caller(), key(investor), key(file), context.now(), page=page)


def _data(row: Any) -> bytes:
    return originals.read(context.services().settings.data_dir, row.sha256)
