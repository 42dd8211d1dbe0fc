"""A report's words as they were read, for staff who grade or approve it: the text with its marks, a PDF's pages beside it.

This is content: each look, and each page that is drawn, is an entry of its own (``report.reviewed``).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.reading import access
from gatekeeper.files import originals, uploads
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.roles import Permission
from gatekeeper.store.publishing import library, report_files
from gatekeeper.web import context, guards
from gatekeeper.web.publishing import read
from gatekeeper.web.publishing.marks import Mark, Piece, cut

bp = Blueprint("marked", __name__, url_prefix="/admin/reports/<report>")

_MOST_DIGITS = 3


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a PDF, or a whole text: its words with their marks, and where its picture is."""

    number: int | None
    pieces: list[Piece]
    boxes: list[Mark]
    picture: str | None


@bp.get("/read")
@guards.requires(Permission.REVIEW_REPORTS)
def show(report: str) -> ResponseReturnValue:
    """The whole text, every word from which something was read marked with it."""
    review = context.database().record(access.review_report, context.caller(), report, context.now(), number=_version())
    with context.database().reading() as connection:
        source = library.source(connection, review.permit)
        file = report_files.of_version(connection, review.version.version)
    told = read.read(json.loads(review.version.reading), review.version.notice)
    pages = list(_pages(review.version, source, told.marks, file is not None and file.pages is not None))
    return render_template("reports/marked.html", review=review, read=told, pages=pages)


@bp.get("/pages/<page>")
@guards.requires(Permission.REVIEW_REPORTS)
def draw(report: str, page: str) -> ResponseReturnValue:
    """One page of a PDF as it was printed."""
    wanted = _number(page) or 0
    review = context.database().record(
        access.review_report, context.caller(), report, context.now(), number=_version(), page=wanted
    )
    with context.database().reading() as connection:
        file = report_files.of_version(connection, review.permit.version)
    if file is None or file.pages is None:
        raise NotFound(N_("This report did not come as a file with pages."))
    data = originals.read(context.services().settings.data_dir, file.sha256)
    return Response(uploads.page_image(data, wanted, file.pages), content_type="image/jpeg")


def _version() -> int | None:
    """The version that is asked for by its number; none is the one at work."""
    return _number(request.args.get("number", ""))


def _number(digits: str) -> int | None:
    return int(digits) if digits.isascii() and digits.isdecimal() and len(digits) <= _MOST_DIGITS else None


def _pages(version: Any, source: library.Source, marks: list[Mark], has_pages: bool) -> Iterator[Page]:  # noqa: FBT001
    if not has_pages:
        yield Page(None, cut(source.text, marks), [], None)
        return
    place = 0
    for number, words in enumerate(source.pages, start=1):
        start = source.text.find(words, place)
        place = start + len(words)
        yield Page(
            number,
            cut(words, marks, start) if words else [],
            [each for each in marks if each.page == number and each.box],
            url_for("marked.draw", report=version.report_id, page=number, number=version.number),
        )
    rest = source.text[place:].strip()
    if rest:  # what runs along at the edge of the pages
        yield Page(None, cut(rest, marks, source.text.find(rest, place)), [], None)
