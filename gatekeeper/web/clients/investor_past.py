"""An investor's file as it stood earlier: a page that only tells, and always leads back to now."""

from datetime import datetime
from http import HTTPStatus
from typing import Any

from flask import Blueprint, render_template, url_for
from flask.typing import ResponseReturnValue

from gatekeeper import language
from gatekeeper.actions.clients import past_files
from gatekeeper.rules.errors import N_
from gatekeeper.rules.roles import Permission
from gatekeeper.store.clients.past_file import PastFile, Then
from gatekeeper.web import context, guards, moments, telling
from gatekeeper.web.clients import investor_told
from gatekeeper.web.moments import When
from gatekeeper.web.paging import key
from gatekeeper.web.proof.as_of_told import policy_name

bp = Blueprint("past", __name__)


@bp.get("/<investor>/as-of")
@guards.requires(Permission.SEE_INVESTORS)
def show(investor: str) -> ResponseReturnValue:
    """The whole file as of an instant."""
    when = moments.asked()
    moment = context.now() if when.faults else when.moment
    found = context.database().record(past_files.view, context.caller(), key(investor), moment, context.now())
    return _page(found, when), HTTPStatus.BAD_REQUEST if when.faults else HTTPStatus.OK


def _page(found: PastFile, when: When) -> str:
    return render_template(
        "investors/past.html",
        found=found,
        when=when,
        zone=context.services().settings.time_zone.key,
        errors=[(fault.field, context.told(fault)) for fault in when.faults],
        kind=telling.named(found.investor.kind),
        policy=policy_name(found.policy),
        corrected=_view(found.corrected, found.moment) if found.corrected else None,
        known=_view(found.known, found.moment) if found.known else None,
        waiting=[
            (
                telling.title(change),
                investor_told.in_words(change, found.names),
                found.names.get(row.proposed_by),
                row.proposed_at,
            )
            for row, change in found.waiting
        ],
        readings=[(row.person_name, url_for("as_of.readings", **_whose(row, found), **when.state)) for row in _acting(found)]
        if Permission.SEARCH_LEDGER in context.signed_in().permissions
        else [],
    )


def _acting(found: PastFile) -> list[Any]:
    return found.corrected.mandates if found.corrected else []


def _whose(row: Any, found: PastFile) -> dict[str, Any]:
    return {"person": row.person, "investor": found.investor.id}


def _view(then: Then, moment: datetime) -> dict[str, Any]:
    """One of the two views in words."""
    row = then.overview
    return {
        "states": investor_told.states(row),
        "classification": investor_told.classification(row, moment),
        "standing": investor_told.standing(row, moment) if row.standing_id else [],
        "persons": [(each.person_name, each.login, each.capacity) for each in then.mandates],
        "grades": _grades(then),
        "reasons": [telling.named(each) for each in (*then.eligibility.reasons, *then.eligibility.warnings)],
    }


def _grades(then: Then) -> str:
    """What could be read, by grade."""
    say, admission = context.translated, then.eligibility.open_admission
    if admission is None:
        return say(N_("Every report was refused."))
    if not then.mandates:
        return say(N_("Nobody acted for this investor, so nobody could read for it."))
    grades = language.format_list(context.tag(), [grade.name for grade in sorted(admission.grades)])
    return say(N_("Reports of %(grades)s were open, as far as a report's own notice admitted."), grades=grades)
