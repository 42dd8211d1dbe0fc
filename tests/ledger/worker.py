"""One process among several that write the same file. Apart from the tests, so that it starts fast."""

import os
import time
from datetime import UTC, datetime
from typing import Any

from gatekeeper.database import Database
from gatekeeper.ledger.record import Asked, Event, append
from gatekeeper.rules.events import Kind


def work(url: str, start: Any, times: int, results: Any) -> None:
    """Record and act, all starting at one moment; tell the longest wait."""
    database = Database(url)
    start.wait()
    took = []
    for number in range(times):
        event = Event(kind=Kind.DECISION_ASKED, at=datetime.now(UTC), actor="system", data={"process": os.getpid()})
        began = time.monotonic()
        if number % 5:
            database.record(_ask, event)
        else:
            database.transact(append, event)
        took.append(time.monotonic() - began)
    database.dispose()
    results.put((os.getpid(), max(took)))


def _ask(connection: Any, event: Event) -> Asked[int]:
    return Asked(connection.exec_driver_sql("SELECT count(*) FROM policy").scalar(), (event,))
