"""Every sealed entry is worked out again within some days, a slice at a time, so that damage shows before anybody asks."""

import logging
from datetime import timedelta

from gatekeeper.actions.proof import scrubbing
from gatekeeper.ledger import scrubbed
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.scrubbed import Slice
from gatekeeper.ledger.verify import Findings, Mode, verify
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task
from gatekeeper.work.verifying import wanted

_LOG = logging.getLogger(__name__)
_PIECE = 50_000
"""So many leaves are read in one snapshot: on PostgreSQL dead rows wait for a snapshot to end."""


def scrub(office: Office) -> None:
    """Verify the next slice if it is due. Two machines may do the same one: that costs time and does no harm."""
    if office.settings.scrub_days == 0:
        return
    with office.database.reading() as connection:
        due = scrubbed.due(connection, office.settings.scrub_days, office.now())
    if due is None:
        return
    findings = _findings(office, due)
    if office.stopping.is_set():
        return
    caller = Caller(actor="system", channel="work")
    code = office.database.record(scrubbing.finished, caller, due, findings, office.now())
    if findings.counts.keys() - scrubbed.OF_THE_SET_UP:
        _LOG.error("scrubbing.found", extra={"code": code, "findings": findings.count})


def _findings(office: Office, due: Slice) -> Findings:
    """What is wrong with the leaves of a slice, read in pieces."""
    found = Findings()
    for begin in range(due.begin, due.begin + due.leaves, _PIECE):
        if office.stopping.is_set():
            break
        leaves = min(_PIECE, due.begin + due.leaves - begin)
        with office.database.snapshot() as connection:
            report = verify(connection, wanted(office, mode=Mode.SLICE, number=begin, leaves=leaves), office.now())
        found.take(report.findings)
    return found


TASK = Task("scrub", timedelta(minutes=5), scrub)
