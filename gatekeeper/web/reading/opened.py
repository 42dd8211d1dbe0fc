"""The page of an opened report: its words, or pictures of its pages where it came as a PDF."""

from collections.abc import Hashable

from flask import render_template
from markupsafe import Markup

from gatekeeper.actions.reading.access import Answer
from gatekeeper.files.viewing import images, marks
from gatekeeper.rules.suitability import Permit
from gatekeeper.store.reading import history
from gatekeeper.told import objectives
from gatekeeper.web import context, pages
from gatekeeper.web.reading import contents, frames, originals, watermark

_NOTHING = Markup()


def page(permit: Permit, answer: Answer) -> bytes | str:
    """The report itself: given out after the entry is durable, and against its permit."""
    case, report, original = answer.case, contents.rendered(permit), originals.pdf(permit)
    reader, opening, whose = watermark.mark(permit, case.client_number).lines
    warned = objectives.warned(context.tag(), case.facts, answer.decision.warnings)
    same: dict[str, Hashable] = {
        "report": report,
        "id": permit.report,
        "grade": case.facts.report and case.facts.report.grade,
        "whose": whose,
        "is_kept": case.is_kept,
    }
    gaps = {
        "reader": reader,
        "opening": opening,
        "opened": pages.seconds(permit.at),
        "code": permit.code,
        "warned": Markup(render_template("client/_warned.html", warned=warned)) if warned else _NOTHING,  # noqa: S704  (ours)
        "earlier": _earlier(permit) if report.content.number > 1 else _NOTHING,
    }
    if case.serving:
        gaps["serving"] = case.serving
    else:
        same["serving"] = None
    if original is None:
        gaps["dots"] = marks.path(permit.code)
        return frames.page("client/report.html", same, gaps)
    same |= {"sizes": images.sizes(original.digest, original.data), "widths": images.WIDTHS}
    return frames.page("client/pages.html", same, gaps)


def _earlier(permit: Permit) -> Markup:
    """That the reader opened earlier versions, and when."""
    with context.database().reading() as connection:
        earlier = history.earlier_versions(connection, permit)
    return Markup(render_template("client/_earlier.html", earlier=earlier))  # noqa: S704  (a template of ours)
