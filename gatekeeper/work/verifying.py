"""The verification that somebody asked for on the integrity page."""

import logging
import time
from datetime import timedelta
from typing import Any

from gatekeeper.actions.proof import verification
from gatekeeper.ledger import keys
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.verify import Wanted, verify
from gatekeeper.rules.errors import GatekeeperError
from gatekeeper.store import jobs
from gatekeeper.work import anchoring
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task

_LOG = logging.getLogger(__name__)
_TELL_EVERY = 1.0
_LONGEST = 200


def verify_if_asked(office: Office) -> None:
    """Take the verification that waits, if there is one, do it, and record what came of it."""
    with office.database.reading() as connection:
        waiting = jobs.newest(connection, jobs.VERIFICATION)
    if waiting is None or waiting.ended_at is not None:
        return
    job = office.database.note(jobs.claim, jobs.VERIFICATION, office.now())
    if job is not None:
        _do(office, job.id, job.asked_by)


def _do(office: Office, job: int, asked_by: str) -> None:
    failed: str | None = None
    try:
        with office.database.snapshot() as connection:
            report = verify(connection, wanted(office), office.now(), _Progress(office, job))
        caller = Caller(actor="system", channel="work")
        office.database.record(verification.finished, caller, report, office.now(), asked_by=asked_by)
    except GatekeeperError as error:
        _LOG.exception("verification.failed")
        failed = str(error)[:_LONGEST]
    office.database.note(jobs.end, job, office.now(), failed)


def wanted(office: Office, **how: Any) -> Wanted:
    """What to verify, everything unless said otherwise, with the keys and the outside checkpoints of this installation."""
    path = office.settings.ledger_key
    known = [(each.target, each.note) for each in anchoring.known(office.settings) if each.note is not None]
    return Wanted(keys=keys.verifiers(path) if path else (), known=known, **how)


class _Progress:
    """Tells the page how far it is, now and then."""

    def __init__(self, office: Office, job: int) -> None:
        self._office = office
        self._job = job
        self._told = 0.0

    def __call__(self, done: int, total: int) -> None:
        if time.monotonic() - self._told < _TELL_EVERY:
            return
        self._told = time.monotonic()
        self._office.database.note(jobs.go_on, self._job, done, total, self._office.now())


TASK = Task("verification", timedelta(seconds=2), verify_if_asked)
