"""Fair release of a report's version on a page and as a file: when each class of investors could first open it, and did."""

from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.publishing import fair_release
from gatekeeper.actions.publishing.fair_release import FairRelease, Row
from gatekeeper.files.made.sheets import FORMATS, Column
from gatekeeper.rules.errors import N_
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, guards, telling
from gatekeeper.web.paging import key
from gatekeeper.web.proof import charts, made
from gatekeeper.web.proof.charts import Words

bp = Blueprint("fair_release", __name__, url_prefix="/admin/reports/<report>/release")

_MINUTE = 60
_FORM = "csv"


@bp.get("")
@guards.requires(Permission.SEARCH_LEDGER)
def show(report: str) -> ResponseReturnValue:
    """The classes side by side; that somebody looked is recorded."""
    number, zone = request.args.get("number", type=int), context.services().settings.time_zone
    act, caller = fair_release.examine, context.caller()
    found = context.database().record(act, caller, key(report), number, context.now(), zone)
    return render_template(
        "reports/fair_release.html",
        found=found,
        rows=[_line(row, found) for row in found.rows],
        chart=_chart(found),
        file=url_for(".file", report=found.version.report_id, number=found.version.number),
        zone=zone.key,
    )


@bp.get("/file")
@guards.requires(Permission.SEARCH_LEDGER)
def file(report: str) -> ResponseReturnValue:
    """The same as CSV: made, recorded with its digest, and only then sent."""
    number, zone = request.args.get("number", type=int), context.services().settings.time_zone
    now, caller = context.now(), context.caller()
    with context.database().snapshot() as connection:
        found = fair_release.look(connection, caller, key(report), number, now, zone)
    rows = [_values(row) for row in found.rows]
    finished = made.make(lambda out: FORMATS[_FORM][0](out, _columns(), rows, lambda: ()))
    act = fair_release.sent
    code = made.recorded(finished, lambda: context.database().record(act, caller, found, _FORM, finished.sha256, now))
    return made.sending(finished, f"fair-release-{now:%Y%m%d}-{code}.{_FORM}", FORMATS[_FORM][1])


def _columns() -> list[Column]:
    say = context.translated
    return [
        Column("class", say(N_("Class")), say(N_("By its fixed name.")), is_plain=True),
        Column("name", say(N_("Class in words")), say(N_("The same in words.")), is_plain=True),
        Column("since", say(N_("Could open it from")), say(N_("When anybody of the class could first open it.")), is_plain=True),
        Column("could", say(N_("Could at release")), say(N_("How many investors of the class.")), is_plain=True),
        Column("first", say(N_("First opening")), say(N_("When the first of them did.")), is_plain=True),
        Column("within_hour", say(N_("Within an hour")), say(N_("How many had opened it by then.")), is_plain=True),
        Column("within_day", say(N_("Within a day")), say(N_("How many had opened it by then.")), is_plain=True),
        Column("ever", say(N_("Until now, or until it was replaced")), say(N_("How many opened it.")), is_plain=True),
    ]


def _values(row: Row) -> dict[str, Any]:
    zone = context.services().settings.time_zone
    since, first = (each.astimezone(zone).isoformat(" ", "milliseconds") if each else "" for each in (row.since, row.first))
    counts = {name: str(getattr(row, name)) for name in ("could", "within_hour", "within_day", "ever")}
    return {"class": row.which.value, "name": telling.named(row.which), "since": since, "first": first, **counts}


def _line(row: Row, found: FairRelease) -> dict[str, Any]:
    """A row in words; whether its class could from the very instant of release."""
    say = context.translated
    if row.since is None:
        tag = say(N_("Not meant for it")), ""
    elif row.since == found.since:
        tag = say(N_("From the release on")), "good"
    else:
        tag = say(N_("Later")), "warn"
    after = None if row.first is None else _after((row.first - found.since).total_seconds())
    return {"row": row, "name": telling.named(row.which), "tag": tag, "after": after}


def _after(seconds: float) -> str:
    minutes = int(seconds // _MINUTE)
    return context.translated(N_("%(hours)s h %(minutes)s min after"), hours=minutes // _MINUTE, minutes=minutes % _MINUTE)


def _chart(found: FairRelease) -> Any:
    """How long after the release the first of each class opened it, in minutes: a short bar is early."""
    say = context.translated
    rows = [
        (telling.named(row.which), int((row.first - found.since).total_seconds() // _MINUTE))
        for row in found.rows
        if row.first is not None
    ]
    if not rows:
        return None
    words = Words(
        "first-openings",
        say(N_("Minutes from release to the first opening")),
        say(N_("One bar for each class of which somebody opened it; the table below has the same numbers.")),
    )
    return charts.bars(words, rows, "whole")
