"""Why not, as the reader's page says it: in the person's language, with the firm's own words and whom to ask."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from http import HTTPStatus

from flask import render_template
from flask.typing import ResponseReturnValue

from gatekeeper.rules.errors import NotFound
from gatekeeper.rules.suitability import UNDISCLOSED, Decision, Reason
from gatekeeper.store.reading.access import Case
from gatekeeper.store.reading.lists import Listed
from gatekeeper.told.refusals import NEVER, NO_SUCH_REPORT, Refusal, Teller
from gatekeeper.web import context


def explain(
    case: Case, reasons: Iterable[Reason], warnings: Iterable[Reason] = (), since: Mapping[Reason, datetime] = NEVER
) -> Refusal:
    """Every reason in order, and since when where that is known."""
    return _teller().explain(case, reasons, warnings, since)


def answer(decision: Decision, case: Case, code: str, instead: Sequence[Listed] = ()) -> ResponseReturnValue:
    """Why not. Reports of which nobody may know get one and the same answer, and its true reason stands in the entry alone."""
    if not UNDISCLOSED.isdisjoint(decision.reasons):
        raise NotFound(NO_SUCH_REPORT)
    told = explain(case, decision.reasons, decision.warnings)
    return render_template("client/refused.html", told=told, code=code, instead=instead), HTTPStatus.FORBIDDEN


def contact(case: Case) -> str:
    """The branch on file with its number, or whom the firm names for everybody."""
    return _teller().contact(case)


def last_day(before: datetime | None) -> date | None:
    """The last day in the firm's zone on which something holds that ends before an instant."""
    return _teller().last_day(before)


def _teller() -> Teller:
    settings = context.services().settings
    return Teller(context.tag(), settings.time_zone, settings.firm, settings.branch, context.now())
