"""Numbers for the firm's monitoring, in the text format of Prometheus. They name nobody and nothing."""

import hmac
from datetime import datetime

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from gatekeeper import services
from gatekeeper.actions.proof import integrity
from gatekeeper.actions.proof.integrity import Integrity
from gatekeeper.api import guard
from gatekeeper.ledger import keys
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.store import waiting
from gatekeeper.store.messages import deliveries
from gatekeeper.watching import meters

bp = Blueprint("numbers", __name__)

_NOTICES = {
    "queued": "Notices that no channel was given yet",
    "waiting": "Notices that wait to be sent to somebody",
    "attempted": "Notices that are being sent",
    "call_backs": "Clients whom somebody must call back",
}
_WAITING = {
    "jobs": "Long work that was asked for and is not over",
    "mails": "Mails to colleagues that wait to be sent",
    "proposals": "Proposals that wait for a second person",
    "distributions": "Distributions that are under way",
    "access_requests": "Access requests of other systems that nobody has answered",
}
_ABSENT = N_("There is no such page. It may have moved, or the address is incomplete.")


@bp.get("/metrics")
@guard.public
def show() -> ResponseReturnValue:
    """What was counted, what waits, and how the ledger stands. Without the token that is set, there is no such page.

    That token is the monitoring's own, and none of a service account: the guard lets strangers come here.
    """
    if not is_monitor():
        raise NotFound(_ABSENT)
    settings, now = services.services().settings, services.now()
    has_key = settings.ledger_key is not None and bool(keys.verifiers(settings.ledger_key))
    with services.database().reading() as connection:
        found = integrity.standing(connection, now, has_key=has_key)
        notices, queues = deliveries.counts(connection), waiting.queues(connection)
    registry = _gauges(found, now)
    for name, value in notices.items():
        Gauge(f"gatekeeper_notices_{name}", _NOTICES[name], registry=registry).set(value)
    for name, value in queues.items():
        Gauge(f"gatekeeper_waiting_{name}", _WAITING[name], registry=registry).set(value)
    registry.register(meters.Counted())
    return generate_latest(registry), {"Content-Type": CONTENT_TYPE_LATEST}


def is_monitor() -> bool:
    """Whether the request shows the token that is set for the firm's monitoring."""
    token = services.services().settings.metrics_token
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bool(token) and hmac.compare_digest(given.encode(), token.encode())


def _gauges(found: Integrity, now: datetime) -> CollectorRegistry:
    registry = CollectorRegistry()
    signed, checked = found.checkpoint, found.verified
    numbers = {
        "sealed_entries": ("Entries in the sealed log", found.log.size),
        "unsealed_entries": ("Entries that wait to be sealed", found.waiting),
        "oldest_unsealed_seconds": ("Age of the oldest entry that waits to be sealed", _age(found.oldest_unsealed, now)),
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


def _age(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (now - moment).total_seconds()) if moment else 0.0


def _time(moment: datetime | None) -> float:
    return moment.timestamp() if moment else 0.0
