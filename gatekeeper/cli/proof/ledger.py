"""``gatekeeper ledger tail | search``. Whoever reads the ledger is in the ledger."""

from datetime import datetime
from typing import Any

import click
from sqlalchemy import Connection

from gatekeeper.actions.proof import audit
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Moment, Name, When, Whole, as_json
from gatekeeper.cli.clients import dispute, lookup
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.proof import accesses, anchoring, as_of, counting, court, evidence, replay, retention, sealing, verifying
from gatekeeper.cli.screen import _
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter

_SHOWN = (
    "code",
    "at",
    "recorded_at",
    "kind",
    "actor",
    "person",
    "investor",
    "report",
    "action",
    "outcome",
    "reason",
    "policy",
    "request_id",
)


@click.group("ledger")
def group() -> None:
    """Nothing by itself."""


group.add_command(anchoring.anchor)
group.add_command(anchoring.listed)
group.add_command(anchoring.recover)
group.add_command(anchoring.resume)
group.add_command(evidence.export)
group.add_command(evidence.export_tiles)
group.add_command(evidence.prove)
group.add_command(accesses.accesses)
group.add_command(as_of.access)
group.add_command(court.sheet)
group.add_command(dispute.pack)
group.add_command(counting.recount)
group.add_command(replay.replay)
group.add_command(retention.erase)
group.add_command(retention.hold)
group.add_command(sealing.seal)
group.add_command(sealing.keygen)
group.add_command(sealing.key_group)
group.add_command(sealing.status)
group.add_command(sealing.checkpoint)
group.add_command(verifying.command)


@group.command("tail", help=_("Show the newest entries, the newest last."))
@click.option("-n", "--number", "limit", type=Whole(1, 1000), default=20, help=_("How many."))
@as_json
def _tail(limit: int, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    with at_desk() as desk:
        page = desk.database.record(audit.search, desk.operator(), Filter(), None, desk.now(), limit=limit)
    _put(desk, page, page.rows[::-1], as_json=as_json)


@group.command("search", help=_("Search the ledger, newest first. Days and times are the firm's; --to includes its last day."))
@click.option("--from", "since", type=When(), metavar="TIME", help=_("Entries from this day or time on."))
@click.option("--to", "until", type=When(), metavar="TIME", help=_("Entries up to and including this day or time."))
@click.option("--kind", metavar="KIND", help=_("What happened, for example report.opened."))
@click.option("--person", metavar="LOGIN", help=_("The person concerned."))
@click.option("--investor", metavar="NUMBER", help=_("The investor, by client number."))
@click.option("--report", metavar="REPORT", help=_("The report, by its id or its beginning."))
@click.option("--action", type=Name(Action), help=_("What was wanted."))
@click.option("--outcome", type=Name(Outcome), help=_("What was answered."))
@click.option("--reason", type=Name(Reason), metavar="REASON", help=_("The primary reason."))
@click.option("--policy", metavar="SHA256", help=_("The policy in force."))
@click.option("--address", metavar="ADDRESS", help=_("The network address."))
@click.option("--request-id", metavar="ID", help=_("The request."))
@click.option("--code", metavar="CODE", help=_("The entry's code."))
@click.option("--limit", type=Whole(1, 1000), default=50, help=_("At most this many."))
@click.option("--older-than", metavar="CODE", help=_("Continue after the last entry of an earlier answer."))
@as_json
def _search(limit: int, older_than: str | None, as_json: bool, **wanted: Any) -> None:  # noqa: FBT001  (click passes it so)
    with at_desk() as desk:
        with desk.database.reading() as connection:
            filter_ = _filter(desk, connection, wanted)
            position = _position(connection, older_than) if older_than else None
        page = desk.database.record(audit.search, desk.operator(), filter_, position, desk.now(), limit=limit)
    _put(desk, page, page.rows, as_json=as_json)


def _filter(desk: Desk, connection: Connection, wanted: dict[str, Any]) -> Filter:
    since: Moment | None = wanted["since"]
    until: Moment | None = wanted["until"]
    kind = wanted["kind"]
    if kind is not None and kind not in list(Kind):
        raise NotFound(N_("The ledger knows no entries of the kind %(kind)s."), kind=kind)
    person, investor, report = wanted["person"], wanted["investor"], wanted["report"]
    given: dict[str, Any] = {name: wanted[name].value if wanted[name] else None for name in ("action", "outcome", "reason")}
    return Filter(
        since=since.start(desk.zone) if since else None,
        before=until.end(desk.zone) if until else None,
        kind=kind,
        person=lookup.person(connection, person).id if person else None,
        investor=lookup.investor_by_number(connection, investor) if investor else None,
        report=lookup.report(connection, report) if report else None,
        **given,
        **{name: wanted[name] for name in ("policy", "address", "request_id")},
        code=wanted["code"].strip().casefold() if wanted["code"] else None,
    )


def _position(connection: Connection, code: str) -> tuple[datetime, int]:
    found = entries.by_code(connection, code.strip().casefold())
    if not found:
        raise NotFound(N_("No entry has the code %(code)s."), code=code)
    return found[0].at, found[0].id


def _put(desk: Desk, page: audit.Page, rows: list[Any], *, as_json: bool) -> None:
    if as_json:
        screen.put_json({"entries": [_data(page, row) for row in rows], "more": page.has_older})
        return
    if not rows:
        screen.put(_(N_("No entry matches.")))
        return
    headings = [_(N_("Time")), _(N_("Code")), _(N_("What")), _(N_("Who")), _(N_("About")), _(N_("Answer")), _(N_("Reason"))]
    screen.put_table(headings, [_cells(desk, page, row) for row in rows])


def _data(page: audit.Page, row: Any) -> dict[str, Any]:
    shown = {name: getattr(row, name) for name in _SHOWN}
    return shown | {"person_name": page.names.get(row.person or ""), "investor_name": page.names.get(row.investor or "")}


def _cells(desk: Desk, page: audit.Page, row: Any) -> list[str]:
    who = page.names.get(row.actor.removeprefix("person:"), row.actor)
    names = [page.names.get(row.investor or row.person or "", ""), page.titles.get(row.report or "", "")]
    return [
        screen.moment(row.at, desk.zone),
        row.code,
        row.kind,
        who,
        " · ".join(name for name in names if name and name != who),
        screen.title(Outcome(row.outcome)) if row.outcome else "",
        row.reason or "",
    ]
