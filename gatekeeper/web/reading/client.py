"""The client's face: what they may read, the statement before it, the report, why not, and their own record."""

from collections.abc import Sequence
from functools import partial
from http import HTTPStatus
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.reading import access, consent, record
from gatekeeper.actions.reading.consent import Outcomes
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Outcome
from gatekeeper.rules.wording import searching
from gatekeeper.told import objectives
from gatekeeper.web import context, guards, paging
from gatekeeper.web.reading import contents, opened, refusals

bp = Blueprint("client", __name__)

_CHOOSE = Fault(N_("Please choose whether you accept the statement."))
_DECLINED = N_("You did not accept the statement, so the report stays closed. This has been recorded under code %(code)s.")


@bp.get("/reports")
@guards.requires(Permission.READ_AS_CLIENT)
def reports() -> ResponseReturnValue:
    """What the visitor may read, newest first, or what of it holds the words of a search."""
    words = _search(request.args.get("q", ""))
    after = paging.position(paging.key(request.args.get("after", "")))
    listing = context.database().record(access.list_reports, context.caller(), context.now(), _zone(), words=words, after=after)
    return render_template(
        "client/reports.html",
        listing=listing,
        passages=contents.passages(listing.permits, listing.sought) if words else {},
        told=refusals.explain(listing.case, listing.reasons, listing.warnings, listing.shut_since),
        words=words,
        newest=url_for(".reports", q=words or None) if after else None,
        older=url_for(".reports", q=words or None, after=paging.token(*listing.following)) if listing.following else None,
    )


@bp.get("/reports/<report>")
@guards.requires(Permission.READ_AS_CLIENT)
def read(report: str) -> ResponseReturnValue:
    """The report, or the way to its statement, or why not."""
    report = paging.key(report)
    answer = context.database().record(access.open_report, context.caller(), report, context.now(), _zone())
    if answer.permit is not None:
        return opened.page(answer.permit, answer)
    if answer.decision.outcome is Outcome.ACKNOWLEDGE:
        return redirect(url_for(".statement", report=report), 303)
    return refusals.answer(answer.decision, answer.case, answer.code, answer.instead)


@bp.get("/reports/<report>/statement")
@guards.requires(Permission.READ_AS_CLIENT)
def statement(report: str) -> ResponseReturnValue:
    """The words to accept before this report."""
    return _statement(paging.key(report), [])


@bp.post("/reports/<report>/acknowledgement")
@guards.requires(Permission.READ_AS_CLIENT)
def acknowledge(report: str) -> ResponseReturnValue:
    """Take the answer to the words that were shown."""
    report, sent = paging.key(report), request.form
    serving, answer = paging.key(sent.get("serving", "")), sent.get("answer")
    if answer == "decline":
        code = context.database().transact(consent.decline, context.caller(), report, serving, context.now())
        flash(context.translated(_DECLINED, code=code), "info")
        return redirect(url_for(".reports"), 303)
    try:
        outcomes = _accept(report, serving) if answer == "accept" else _unanswered()
    except Invalid as error:
        return _statement(report, error.faults)
    if outcomes.decision.outcome is Outcome.DENY:
        return refusals.answer(outcomes.decision, outcomes.case, outcomes.code)
    return redirect(url_for(".read", report=report), 303)


@bp.get("/record", endpoint="record")
@guards.requires(Permission.READ_AS_CLIENT)
def my_record() -> ResponseReturnValue:
    """The visitor's own file and history."""
    after = paging.key(request.args.get("after", ""))
    found = context.database().record(record.view, context.caller(), context.now(), _zone(), after=after)
    eligible = found.eligible
    return render_template(
        "client/record.html",
        record=found,
        told=refusals.explain(
            found.case, eligible.reasons if eligible else (), eligible.warnings if eligible else (), found.shut_since
        ),
        last_day=refusals.last_day,
        kinds=partial(objectives.kinds, context.tag()),
        now=context.now(),
        newest=url_for(".record") if after else None,
        older=url_for(".record", after=found.following) if found.following else None,
    )


@bp.get("/record/words/<serving>")
@guards.requires(Permission.READ_AS_CLIENT)
def accepted_words(serving: str) -> ResponseReturnValue:
    """The words of one of the visitor's own acceptances, as they were accepted."""
    row, code = context.database().record(record.accepted_words, context.caller(), paging.key(serving), context.now())
    return render_template("client/words.html", accepted=row, code=code)


def _zone() -> ZoneInfo:
    return context.services().settings.time_zone


def _search(text: str) -> str:
    """The words to search for: printable, and not more than a person types."""
    printable = "".join(each if each.isprintable() else " " for each in text[: searching.LONGEST])
    return " ".join(printable.split())


def _statement(report: str, faults: Sequence[Fault]) -> ResponseReturnValue:
    """Serve the words, again where the first answer could not be used; or whatever else is so by now."""
    outcomes = context.database().transact(consent.serve, context.caller(), report, context.tag(), context.now(), _zone())
    if outcomes.decision.outcome is Outcome.DENY:
        return refusals.answer(outcomes.decision, outcomes.case, outcomes.code)
    if outcomes.served is None or outcomes.case.facts.report is None:
        return redirect(url_for(".read", report=report), 303)
    page = render_template(
        "client/statement.html",
        report=report,
        served=outcomes.served,
        grade=outcomes.case.facts.report.grade,
        errors=[(fault.field, context.told(fault)) for fault in faults],
    )
    return page, HTTPStatus.BAD_REQUEST if faults else HTTPStatus.OK


def _accept(report: str, serving: str) -> Outcomes:
    """Accept one showing. Where no script ran the words stood in full length, which counts as read to the end."""
    reached = request.form.get("end_reached")
    return context.database().transact(
        consent.acknowledge,
        context.caller(),
        report,
        serving,
        context.now(),
        _zone(),
        end_reached=reached in ("yes", "no-script"),
        scripted=reached != "no-script",
        ticked=request.form.get("ticked") == "yes",
    )


def _unanswered() -> Outcomes:
    raise Invalid(_CHOOSE)
