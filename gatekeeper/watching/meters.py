"""The numbers of a running service, counted by each of its processes and added up when somebody asks.

Where ``PROMETHEUS_MULTIPROC_DIR`` names a folder, each process keeps its counts in a file there, and what a process that died had
counted goes on counting (docs/decisions/0024). Labels are words of our own: kinds, outcomes, reasons, routes; never a caller's.
"""

import os
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, disable_created_metrics, values
from prometheus_client.metrics_core import Metric
from prometheus_client.multiprocess import MultiProcessCollector

from gatekeeper.ledger.meter import Meter, verdicts_of
from gatekeeper.ledger.record import Event
from gatekeeper.watching import SHARED

disable_created_metrics()  # type: ignore[no-untyped-call]  # a series more for each, and several processes have no such time
_OWN = CollectorRegistry()
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

_REQUESTS = Histogram(
    "gatekeeper_request_seconds",
    "How long requests took, by channel, method, route and status",
    ["channel", "method", "route", "status"],
    registry=_OWN,
    buckets=_SECONDS,
)
_DECISIONS = Counter(
    "gatekeeper_decisions",
    "Decisions, by the kind of their entry, outcome, primary reason and channel",
    ["kind", "outcome", "reason", "channel"],
    registry=_OWN,
)
_EVENTS = Counter(
    "gatekeeper_events", "Entries of the ledger that tell something else than a decision, by kind", ["kind"], registry=_OWN
)
_DURABLE = Histogram(
    "gatekeeper_durable_seconds",
    "From the first look at the facts until the answer was durable: questions, acts, and bookkeeping without an entry",
    ["what"],
    registry=_OWN,
    buckets=_SECONDS,
)
_GROUPS = Histogram(
    "gatekeeper_group_commit_callers",
    "How many callers' entries were written in one transaction",
    ["database"],
    registry=_OWN,
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
)
_FAILURES = Counter("gatekeeper_task_failures", "Tasks of the work process that failed, by name", ["task"], registry=_OWN)

# Looking a label up costs as much as counting does, so each series is kept where it is counted.
_request = cache(_REQUESTS.labels)
_decision = cache(_DECISIONS.labels)
_event = cache(_EVENTS.labels)
_durable = cache(_DURABLE.labels)
_group = cache(_GROUPS.labels)


class Counting(Meter):
    """Counts what the database tells it."""

    def asked(self, events: Sequence[Event], seconds: float) -> None:
        """Count a question's entries and decisions, and how long it took."""
        _durable("question").observe(seconds)
        _count(events)

    def acted(self, events: Sequence[Event], seconds: float) -> None:
        """Count an act's."""
        _durable("act" if events else "note").observe(seconds)
        _count(events)

    def grouped(self, callers: int) -> None:
        """Count a shared transaction."""
        _group("sqlite").observe(callers)


def _count(events: Sequence[Event]) -> None:
    for event in events:
        kind, channel = event.kind.value, event.data.get("channel", "system")
        if event.outcome is not None:
            _decision(kind, event.outcome.value, event.reason or "", channel).inc()
        elif several := verdicts_of(event):
            for (outcome, reason), number in several.items():
                _decision(kind, outcome, reason, channel).inc(number)
        else:
            _event(kind).inc()


def request(channel: str, method: str, route: str, status: int, seconds: float) -> None:
    """Count a request."""
    _request(channel, method, route, str(status)).observe(seconds)


def task_failed(name: str) -> None:
    """Count a task that failed."""
    _FAILURES.labels(name).inc()


class Counted:
    """What all processes of this server have counted, for a registry."""

    def collect(self) -> Iterator[Metric]:
        """Each number, added up."""
        shared = os.environ.get(SHARED) and values.ValueClass._multiprocess  # noqa: SLF001  (whether it was set in time)
        source: Any = MultiProcessCollector(None) if shared else _OWN  # type: ignore[no-untyped-call]
        yield from source.collect()
