"""``gatekeeper proposals list | approve | reject``: what waits for a second person."""

from typing import Any

import click
from sqlalchemy import Connection

from gatekeeper.actions import proposals
from gatekeeper.cli import screen, words
from gatekeeper.cli.arguments import Whole, as_json, as_person
from gatekeeper.cli.clients import lookup
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _
from gatekeeper.rules.changes import to_data
from gatekeeper.rules.errors import N_
from gatekeeper.store import proposals as store
from gatekeeper.store.accounts import services
from gatekeeper.store.accounts.links import new_token
from gatekeeper.store.accounts.sessions import token_hash
from gatekeeper.store.clients import investors
from gatekeeper.store.publishing import library

_KINDS = {
    "classification": N_("Investor's file"),
    "publication": N_("Publication"),
    "staff": N_("Staff"),
    "service": N_("Service account"),
    "statement": N_("Statement"),
    "policy": N_("Policy"),
    "questionnaire": N_("Questionnaire"),
    "import": N_("Imported file"),
}


@click.group("proposals")
def group() -> None:
    """Nothing by itself."""


@group.command("list", help=_("List what waits, oldest first."))
@click.option("--limit", type=Whole(1, 1000), default=100, help=_("At most this many."))
@as_json
def _list(limit: int, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    with at_desk() as desk, desk.database.reading() as connection:
        rows = store.listed(connection, list(_KINDS), waiting=True, after=None, limit=limit)
        names = investors.names(connection, [row.proposed_by for row in rows])
        waiting = [_data(connection, row, names) for row in rows]
    if as_json:
        screen.put_json({"proposals": waiting})
    elif not waiting:
        screen.put(_(N_("Nothing waits.")))
    else:
        headings = [_(N_("Proposal")), _(N_("Since")), _(N_("What")), _(N_("About")), _(N_("Change")), _(N_("Proposed by"))]
        screen.put_table(headings, [_cells(desk, row, each) for row, each in zip(rows, waiting, strict=True)])


def _data(connection: Connection, row: Any, names: dict[str, str]) -> dict[str, Any]:
    return {
        "proposal": row.id,
        "kind": row.kind,
        "about": _about(connection, row),
        "changes": [to_data(each) for each in store.changes_of(row)],
        "reason": row.reason,
        "evidence": row.evidence,
        "proposed_by": names.get(row.proposed_by, row.proposed_by),
        "proposed_at": row.proposed_at,
    }


def _about(connection: Connection, row: Any) -> str:
    """The name or title of what a proposal is about."""
    if row.kind == "service":
        return services.names(connection, [each["service"] for each in store.payload_of(row)]).popitem()[1]
    if row.version_id:
        report = library.report_of(connection, row.version_id) or ""
        return library.titles(connection, [report]).get(report, report)
    return investors.names(connection, [row.person_id or ""], [row.investor_id or ""]).get(row.investor_id or row.person_id, "")


def _cells(desk: Desk, row: Any, data: dict[str, Any]) -> list[str]:
    changes = "; ".join(words.change(each, desk.zone) for each in store.changes_of(row))
    return [
        row.id[:8],
        screen.moment(row.proposed_at, desk.zone),
        _(_KINDS[row.kind]),
        data["about"],
        changes,
        data["proposed_by"],
    ]


@group.command("approve", help=_("Let a proposal take effect. Proposer, approver and the person concerned are three people."))
@click.argument("proposal")
@as_person
@click.option("--reason", default="", help=_("Why; kept with the entry."))
@as_json
def _approve(proposal: str, login: str, password_fd: int | None, reason: str, as_json: bool) -> None:  # noqa: FBT001
    token = new_token()
    with at_desk() as desk:
        with desk.database.reading() as connection:
            id_ = lookup.proposal(connection, proposal)
            preview(desk, connection, id_)
        caller = desk.person(login, password_fd)
        ended = desk.database.transact(proposals.approve, caller, id_, reason, desk.now(), link_hash=token_hash(token))
    put_ended(id_, ended, as_json=as_json, link=f"/activate/{token}" if ended.link_issued else None)


@group.command("reject", help=_("Refuse a proposal, with the reason."))
@click.argument("proposal")
@as_person
@click.option("--reason", required=True, help=_("Why; kept with the entry."))
@as_json
def _reject(proposal: str, login: str, password_fd: int | None, reason: str, as_json: bool) -> None:  # noqa: FBT001
    with at_desk() as desk:
        with desk.database.reading() as connection:
            id_ = lookup.proposal(connection, proposal)
        ended = desk.database.transact(proposals.reject, desk.person(login, password_fd), id_, reason, desk.now())
    put_ended(id_, ended, as_json=as_json)


def preview(desk: Desk, connection: Connection, id_: str) -> None:
    """Say what is about to be approved, before the password is asked for."""
    row = store.get(connection, id_)
    screen.warn(f"{_about(connection, row)}:")
    for each in store.changes_of(row):
        screen.warn(f"  {words.change(each, desk.zone)}")


def put_ended(id_: str, ended: proposals.Ended, *, as_json: bool, link: str | None = None) -> None:
    """Show how a proposal ended."""
    if as_json:
        screen.put_json({"proposal": id_, "state": ended.state, "code": ended.code, "activation_link": link})
        return
    approved = ended.state == "APPROVED"
    screen.put(
        _(N_("Approved. Entry %(code)s"), code=ended.code) if approved else _(N_("Rejected. Entry %(code)s"), code=ended.code)
    )
    if link:
        screen.put(_(N_("One-time link to set the first password, good for 72 hours: %(link)s"), link=link))
