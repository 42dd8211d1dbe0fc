"""A client's bookmarks: set from the list or a report, decided again whenever they are looked at."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from gatekeeper.actions.reading import bookmarks
from gatekeeper.rules.errors import N_
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Outcome
from gatekeeper.web import context, guards, paging
from gatekeeper.web.reading import refusals

bp = Blueprint("bookmarks", __name__)

_ADDED = N_("The report is bookmarked. This has been recorded under code %(code)s.")
_THERE = N_("The report is among your bookmarks already.")
_GONE = N_("The report is not among your bookmarks any more.")


@bp.get("/bookmarks")
@guards.requires(Permission.READ_AS_CLIENT)
def index() -> ResponseReturnValue:
    """What the visitor keeps at hand, the newest bookmark first; of what they may no longer read, date and grade."""
    after = paging.position(paging.key(request.args.get("after", "")))
    zone = context.services().settings.time_zone
    listing = context.database().record(bookmarks.list_marks, context.caller(), context.now(), zone, after=after)
    return render_template(
        "client/bookmarks.html",
        listing=listing,
        told=refusals.explain(listing.case, listing.reasons, listing.warnings, listing.shut_since),
        newest=url_for(".index") if after else None,
        older=url_for(".index", after=paging.token(*listing.following)) if listing.following else None,
    )


@bp.post("/reports/<report>/bookmark")
@guards.requires(Permission.READ_AS_CLIENT)
def add(report: str) -> ResponseReturnValue:
    """Bookmark a report, or say why not."""
    report, zone = paging.key(report), context.services().settings.time_zone
    kept = context.database().transact(bookmarks.add, context.caller(), report, context.now(), zone)
    if kept.decision.outcome is Outcome.ACKNOWLEDGE:
        return redirect(url_for("client.statement", report=report), 303)
    if kept.decision.outcome is Outcome.DENY:
        return refusals.answer(kept.decision, kept.case, kept.code)
    return _back(context.translated(_ADDED, code=kept.code) if kept.code else context.translated(_THERE))


@bp.post("/reports/<report>/bookmark/removal")
@guards.requires(Permission.READ_AS_CLIENT)
def remove(report: str) -> ResponseReturnValue:
    """Take a bookmark away. The answer is the same for whatever is not bookmarked."""
    context.database().transact(bookmarks.remove, context.caller(), paging.key(report), context.now())
    return _back(context.translated(_GONE))


@bp.post("/bookmarks/<code>/removal")
@guards.requires(Permission.READ_AS_CLIENT)
def remove_by_code(code: str) -> ResponseReturnValue:
    """Take a bookmark away whose report may not be read any more. The answer is the same for any other code."""
    context.database().transact(bookmarks.remove_by_code, context.caller(), paging.key(code), context.now())
    return _back(context.translated(_GONE))


def _back(said: str) -> Response:
    """To the list on which the button stood, or to the bookmarks."""
    flash(said, "success")
    following = request.form.get("next", "")
    return redirect(guards.local_path(following) if following else url_for(".index"), 303)
