"""The dispute pack of an investor: which of its nine parts there are, and the archive, recorded before it is sent."""

from datetime import UTC, date, datetime, time
from http import HTTPStatus
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.clients import dispute_packs as action
from gatekeeper.actions.clients.dispute_packs import Maker, Outlook, Wanted
from gatekeeper.files.made.dispute_pack import TITLES, Written
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, guards, moments
from gatekeeper.web.paging import key
from gatekeeper.web.proof import made

bp = Blueprint("dispute", __name__)

_LONGEST = 20
_DAY = N_("Please give a date as year, month and day.")


@bp.get("/<investor>/dispute-pack")
@guards.requires(Permission.MAKE_DISPUTE_PACKS)
def show(investor: str) -> ResponseReturnValue:
    """What the pack would hold, and what it would lack and why."""
    try:
        call = (context.caller(), _wanted(investor), context.now())
        return _page(investor, context.database().record(action.view, *call))
    except Invalid as error:
        return _page(investor, None, error.faults), HTTPStatus.BAD_REQUEST


@bp.post("/<investor>/dispute-pack")
@guards.requires(Permission.MAKE_DISPUTE_PACKS)
def make(investor: str) -> ResponseReturnValue:
    """The archive."""
    now, settings = context.now(), context.services().settings
    try:
        with context.database().reading() as connection:
            asked = action.question(connection, context.caller(), _wanted(investor), now)
    except Invalid as error:
        return _page(investor, None, error.faults), HTTPStatus.BAD_REQUEST
    done: list[Written] = []
    maker = Maker(context.signed_in().name, settings.firm, settings.time_zone, now)
    file = made.make(lambda out: done.append(action.write(_read, asked, out, maker)))
    call = (context.caller(), asked, done[0], file.sha256, now)
    code = made.recorded(file, lambda: context.database().record(action.made, *call))
    return made.sending(file, f"dispute-{asked.moment:%Y%m%d}-{code}.zip", "application/zip")


def _read(piece: action.Piece) -> Any:
    with context.database().reading() as connection:
        return piece(connection)


def _wanted(investor: str) -> Wanted:
    when = moments.asked()
    if when.faults:
        raise Invalid(*when.faults)
    first, last = _day("from"), _day("to")
    zone = context.services().settings.time_zone
    return Wanted(
        investor=key(investor),
        moment=when.moment,
        since=datetime.combine(first, time(), zone).astimezone(UTC) if first else None,
        before=valid_before(last, zone) if last else None,
        report=key(request.values.get("report", "")) or None,
    )


def _day(name: str) -> date | None:
    text = request.values.get(name, "").strip()[:_LONGEST]
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise Invalid(Fault(_DAY, field=name)) from error


def _page(investor: str, found: Outlook | None, faults: tuple[Fault, ...] = ()) -> str:
    problems: dict[str, list[str]] = {}
    for fault in faults:
        problems.setdefault(fault.field or "", []).append(context.told(fault))
    missing = found.missing if found else {}
    return render_template(
        "investors/dispute.html",
        id_=key(investor),
        found=found,
        typed={name: request.values.get(name, "").strip()[:_LONGEST] for name in ("on", "time", "from", "to")},
        report=key(request.values.get("report", "")),
        zone=context.services().settings.time_zone.key,
        parts=[
            (number, context.translated(title), context.translated(missing[name]) if name in missing else None)
            for number, (name, title) in enumerate(TITLES.items(), 1)
        ],
        here=url_for("investors.dispute.show", investor=key(investor)),
        errors=[(fault.field, context.told(fault)) for fault in faults],
        problems=problems,
    )
