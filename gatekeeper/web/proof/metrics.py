"""Numbers for the firm's monitoring, in the text format of Prometheus. They name nobody and nothing."""

import hmac
from datetime import datetime

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from gatekeeper.actions.proof import integrity
from gatekeeper.actions.proof.integrity import Integrity
from gatekeeper.ledger import keys
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.store.messages import deliveries
from gatekeeper.web import context, guards

bp = Blueprint("metrics", __name__)

_NOTICES = {
    "queued": "Notices that no channel was given yet",
    "waiting": "Notices that wait to be sent to somebody",
    "attempted": "Notices that are being sent",
    "call_backs": "Clients whom somebody must call back",
}
_ABSENT = N_("There is no such page. It may have moved, or the address is incomplete.")


@bp.get("/metrics")
@guards.public
def show() -> ResponseReturnValue:
    """How the ledger stands. Without the token that is set, there is no such page."""
    settings = context.services().settings
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.metrics_token or not hmac.compare_digest(given.encode(), settings.metrics_token.encode()):
        raise NotFound(_ABSENT)
    has_key = settings.ledger_key is not None and bool(keys.verifiers(settings.ledger_key))
    with context.database().reading() as connection:
        found = integrity.standing(connection, context.now(), has_key=has_key)
        notices = deliveries.counts(connection)
    registry = _gauges(found)
    for name, value in notices.items():
        Gauge(f"gatekeeper_notices_{name}", _NOTICES[name], registry=registry).set(value)
    return generate_latest(registry), {"Content-Type": CONTENT_TYPE_LATEST}


def _gauges(found: Integrity) -> CollectorRegistry:
    registry = CollectorRegistry()
    signed, checked = found.checkpoint, found.verified
    numbers = {
        "sealed_entries": ("Entries in the sealed log", found.log.size),
        "unsealed_entries": ("Entries that wait to be sealed", found.waiting),
        "oldest_unsealed_seconds": ("Age of the oldest entry that waits to be sealed", _age(found.oldest_unsealed)),
        "checkpoint_entries": ("Entries under the newest checkpoint", signed.size if signed else 0),
        "checkpoint_time_seconds": ("When the newest checkpoint was signed", _time(signed.signed_at if signed else None)),
        "anchor_time_seconds": (
            "When a checkpoint was last put outside",
            _time(max((e.at for e in found.outside), default=None)),
        ),
        "verified_time_seconds": ("When the log was last verified", _time(checked.at if checked else None)),
        "round_time_seconds": ("When every sealed entry had last been worked out again, a part at a time", _round(found)),
        "findings": ("What the last verification found", checked.data["findings"] if checked else 0),
        "halted": ("1 while signing has stopped", int(found.alarm is not None)),
    }
    for name, (meaning, value) in numbers.items():
        Gauge(f"gatekeeper_ledger_{name}", meaning, registry=registry).set(value)
    Gauge("gatekeeper_ledger_root", "The root of the sealed log", ["root"], registry=registry).labels(found.log.root.hex()).set(1)
    return registry


def _round(found: Integrity) -> float:
    ended = found.scrubbed.data["ended_at"] if found.scrubbed else None
    return _time(datetime.fromisoformat(ended) if ended else None)


def _age(moment: datetime | None) -> float:
    return max(0.0, (context.now() - moment).total_seconds()) if moment else 0.0


def _time(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0
