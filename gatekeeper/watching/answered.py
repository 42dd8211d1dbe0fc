"""What is said of each request once it is answered: a count, and a line in the log by which it is found again in the ledger.

The line says what an operator needs and names nobody: the route as it is written in the code and never the address that was
asked for, no login, no network address. Who read what stands in the ledger alone; the request's id and the codes of its entries
lead there whoever may look.
"""

import logging
from collections.abc import Sequence
from time import perf_counter

from flask import Flask, Response, has_request_context

from gatekeeper import services
from gatekeeper.ledger.record import Event
from gatekeeper.services import Call
from gatekeeper.watching import meters

_LOG = logging.getLogger("gatekeeper.requests")
_PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_MOST_CODES = 10
_SERVER_ERROR = 500
_NO_ROUTE = "-"


class Meter(meters.Counting):
    """Counts, and keeps the codes of what a request recorded for its line."""

    def asked(self, events: Sequence[Event], seconds: float) -> None:
        """Count, and keep the codes."""
        super().asked(events, seconds)
        _keep(events)

    def acted(self, events: Sequence[Event], seconds: float) -> None:
        """The same."""
        super().acted(events, seconds)
        _keep(events)


METER = Meter()


def init_app(app: Flask, channel: str) -> None:
    """Count the requests of an application. It must come before whatever else looks at a request."""

    def begin() -> None:
        services.call().begun = perf_counter()

    def end(response: Response) -> Response:
        call = services.call()
        _say(call, channel, response.status_code, perf_counter() - call.begun)
        return response

    app.before_request(begin)
    app.after_request(end)


def _keep(events: Sequence[Event]) -> None:
    if has_request_context():
        call = services.call()
        call.codes += tuple([event.code for event in events[: _MOST_CODES - len(call.codes)]])


def _say(call: Call, channel: str, status: int, seconds: float) -> None:
    rule = call.url_rule
    method, route = (call.method, rule.rule) if rule is not None else (_NO_ROUTE, _NO_ROUTE)
    meters.request(channel, method, route, status, seconds)
    level = logging.ERROR if status >= _SERVER_ERROR else logging.INFO
    if route in _PROBES or not _LOG.isEnabledFor(level) or not call.services.settings.request_log:
        return
    told = {"channel": channel, "method": method, "route": route, "status": status, "ms": round(seconds * 1000, 1)}
    entries = {"codes": list(call.codes)} if call.codes else {}
    line = logging.LogRecord(_LOG.name, level, "", 0, "request.answered", None, None)  # where it was written is known
    vars(line).update(told, request_id=call.id, **entries)
    _LOG.handle(line)
