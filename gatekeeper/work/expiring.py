"""The task that ends proposals which nobody decided in time."""

import logging
from datetime import timedelta

from gatekeeper.actions import expiry
from gatekeeper.ledger.caller import Caller
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task

_LOG = logging.getLogger(__name__)
_MOST = 500


def expire(office: Office) -> None:
    """End what is due, each by itself. Of two machines that come at once, the second finds it ended."""
    with office.database.reading() as connection:
        ids = expiry.due(connection, office.now(), _MOST)
    caller = Caller(actor="system", channel="work")
    for each in ids:
        if office.stopping.is_set():
            return
        if code := office.database.transact(expiry.expire, caller, each, office.now()):
            _LOG.info("proposal.expired", extra={"code": code})


TASK = Task("proposals", timedelta(minutes=5), expire)
