"""The tasks that end what is over by itself: proposals that nobody decided in time, and readings.

Each is ended in a transaction of its own. Of two machines that come at once, the second finds it ended.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import Connection

from gatekeeper.actions import expiry
from gatekeeper.actions.accounts import access_requests
from gatekeeper.actions.reading import readings
from gatekeeper.ledger.caller import Caller
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task

Id = TypeVar("Id", int, str)

_LOG = logging.getLogger(__name__)
_MOST = 500
_CALLER = Caller(actor="system", channel="work")


@dataclass(frozen=True, slots=True)
class Ending(Generic[Id]):
    """What is due at a moment, how one of it is ended, and what the log calls that. ``end`` gives the entry's code, or None."""

    due: Callable[[Connection, datetime, int], Sequence[Id]]
    end: Callable[[Connection, Caller, Id, datetime], str | None]
    told: str

    def __call__(self, office: Office) -> None:
        """End what is due, one after another."""
        with office.database.reading() as connection:
            ids = self.due(connection, office.now(), _MOST)
        for each in ids:
            if office.stopping.is_set():
                return
            if code := office.database.transact(self.end, _CALLER, each, office.now()):
                _LOG.info(self.told, extra={"code": code})


TASKS = (
    Task("proposals", timedelta(minutes=5), Ending(expiry.due, expiry.expire, "proposal.expired")),
    Task("access requests", timedelta(minutes=5), Ending(access_requests.due, access_requests.lapse, "access.lapsed")),
    Task("readings", timedelta(minutes=1), Ending(readings.due, readings.end, "reading.ended")),
)
