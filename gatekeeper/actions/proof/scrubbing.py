"""A slice of the log was worked out again: what it came to is an entry, which also says where the next one begins."""

from datetime import datetime

from sqlalchemy import Connection

from gatekeeper.ledger import tree
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.ledger.scrubbed import OF_THE_SET_UP, Slice
from gatekeeper.ledger.verify import Findings
from gatekeeper.rules.events import Kind

_NAMED = 100


def finished(connection: Connection, caller: Caller, what: Slice, findings: Findings, now: datetime) -> Asked[str]:
    """Record a slice that is through; return the entry's code."""
    log = tree.log_of(connection)
    checks = {check.value: count for check, count in sorted(findings.counts.items()) if check not in OF_THE_SET_UP}
    found = sum(checks.values())
    data = {
        "log": log.origin,
        "size": log.size,
        "begin": what.begin,
        "end": what.begin + what.leaves,
        "is_last": what.is_last,
        "findings": found,
        "standing": what.standing + found,
        "checks": checks,
        "first": [each.where for each in findings.first if each.check not in OF_THE_SET_UP][:_NAMED],
        "ended_at": now.isoformat() if what.is_last else what.ended_at,
    }
    event = caller.event(Kind.LEDGER_SCRUBBED, now, person=None, investor=None, data=data)
    return Asked(event.code, (event,))
