"""The task that ends readings: what was given of an opened report becomes one entry."""

import logging
from datetime import timedelta

from gatekeeper.actions.reading import readings as action
from gatekeeper.ledger.caller import Caller
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task

_LOG = logging.getLogger(__name__)
_MOST = 500


def fold(office: Office) -> None:
    """End what is over, each by itself. Of two machines that come at once, the second finds nothing left."""
    with office.database.reading() as connection:
        openings = action.due(connection, office.now(), _MOST)
    caller = Caller(actor="system", channel="work")
    for each in openings:
        if office.stopping.is_set():
            return
        if code := office.database.transact(action.end, caller, each, office.now()):
            _LOG.info("reading.ended", extra={"code": code})


TASK = Task("readings", timedelta(minutes=1), fold)
