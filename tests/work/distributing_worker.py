"""A process that sends a report to many and is killed in the middle, again and again. Apart from the tests, to start fast."""

import json
import os
import random
import signal
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

from sqlalchemy import event

from gatekeeper.actions.publishing import distributing as acts
from gatekeeper.database import Database
from gatekeeper.rules.messages.deliveries import LEASE
from gatekeeper.settings import Settings
from gatekeeper.store.sending import distributions
from gatekeeper.work.sending import distributing
from gatekeeper.work.sending.office import Office
from tests.work.patience import Patience


@dataclass(frozen=True)
class Killed:
    """Which distribution to work on, with which settings, since when, and how many statements a process lives at most."""

    url: str
    distribution: str
    settings: Settings
    now: datetime
    statements: int
    told: str


def until_done(plan: Killed) -> None:
    """Let process after process work until it is done; each is killed before one of its statements. Tell the sum after each."""
    chance, sums, patience = random.Random(plan.statements), [], Patience()
    for number in count():
        child = os.fork()
        if not child:
            _live(plan, number, chance.randrange(1, plan.statements))
        _, status = os.waitpid(child, 0)
        database = Database(plan.url, threads=1)
        with database.reading() as connection:
            sums.append(distributions.counted(connection, plan.distribution).all)
        if status:
            patience.died(database)
        database.dispose()
        if status == 0:
            Path(plan.told).write_text(json.dumps(sums))
            return
        assert os.WTERMSIG(status) == signal.SIGKILL


def _live(plan: Killed, number: int, statements: int) -> None:
    """Work, and die before that many statements were sent. Each process begins when what the one before did counts as lost."""
    begun, started, sent, code = plan.now + number * (LEASE + timedelta(seconds=1)), time.monotonic(), count(1), 1

    def count_down(*_):
        if next(sent) == statements:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        database = Database(plan.url, threads=1)
        for engine in {database._reader, database._recorder, database._writer}:
            event.listen(engine, "before_cursor_execute", count_down)
        office = Office(plan.settings, database, lambda: begun + timedelta(seconds=time.monotonic() - started))
        while True:
            distributing.decide(office)
            distributing.mail(office)
            with database.reading() as connection:
                if not acts.running(connection):
                    code = 0
                    break
    finally:
        os._exit(code)
