"""The second person: who may decide a proposal, and whether it can still be approved.

Proposer, approver and the person concerned are three people. A proposal made against a file that has since changed cannot be
approved, nor one that is too old.
"""

import json
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.changes import Change, MandateChange, PublicationChange, RoleChange, split
from gatekeeper.rules.errors import N_, Conflict
from gatekeeper.rules.roles import Permission
from gatekeeper.store import investors, library

OPEN_FOR = timedelta(days=30)
APPROVERS = {
    "classification": Permission.APPROVE_CLASSIFICATIONS,
    "publication": Permission.APPROVE_REPORTS,
    "staff": Permission.APPROVE_STAFF,
}


class Bar(StrEnum):
    """Why somebody who sees a proposal cannot decide it."""

    OWN = "OWN"
    CONCERNED = "CONCERNED"
    NOT_APPROVER = "NOT_APPROVER"


BARRED = {
    Bar.OWN: N_("You made this proposal yourself, so another person must decide it."),
    Bar.CONCERNED: N_("This proposal concerns yourself, so another person must decide it."),
    Bar.NOT_APPROVER: N_("Your account does not permit this."),
}


def bar_of(
    connection: Connection,
    caller: Caller,
    permissions: frozenset[Permission],
    proposal: Any,
    wanted: list[Change],
    now: datetime,
) -> Bar | None:
    """What keeps this caller from deciding: proposer, approver and the person concerned are three people."""
    if proposal.proposed_by == caller.person:
        return Bar.OWN
    if APPROVERS[proposal.kind] not in permissions:
        return Bar.NOT_APPROVER
    concerned = {each.person for each in wanted if isinstance(each, MandateChange | RoleChange)}
    if proposal.investor_id:
        concerned |= {row.person_id for row in investors.mandates_of(connection, now, investor=proposal.investor_id)}
    return Bar.CONCERNED if caller.person in concerned else None


def unfit(connection: Connection, proposal: Any, wanted: list[Change], now: datetime) -> Conflict | None:
    """What keeps anybody from approving this proposal as it stands."""
    if now - proposal.proposed_at > OPEN_FOR:
        return Conflict(N_("This proposal is older than 30 days. It must be withdrawn and made again."))
    base = [investors.current(connection, each, now) for each in wanted]
    moved = [row for row, _ in base] != json.loads(proposal.base)
    lapsed = any(split(old, each, now)[0] is not None for (_, old), each in zip(base, wanted, strict=True))
    if moved or lapsed:
        return Conflict(N_("The file has changed since this was proposed. It must be withdrawn and made again."))
    ends: list[datetime | None] = [getattr(each, "before", None) for each in wanted]
    ends += [one.before for each in wanted if isinstance(each, PublicationChange) for one in each.settlements]
    if any(end is not None and end <= now for end in ends):
        return Conflict(N_("The last valid day has passed meanwhile, so this cannot take effect any more."))
    return _unfit_publication(connection, wanted, now)


def _unfit_publication(connection: Connection, wanted: list[Change], now: datetime) -> Conflict | None:
    for each in wanted:
        if isinstance(each, PublicationChange):
            if library.approved_version(connection, each.version) is not None:
                return Conflict(N_("This version was approved already."))
            settled = {(one.code, one.key) for one in each.settlements if one.before > now}
            version = library.version(connection, each.version)
            for finding in library.open_findings(connection, version, now):
                if finding.blocking or (finding.settled is None and (finding.code, finding.key) not in settled):
                    return Conflict(N_("The report has an open finding: %(code)s"), code=finding.code)
    return None
