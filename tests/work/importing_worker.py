"""A process that works on imports and is killed in the middle of it, again and again. Apart from the tests, to start fast."""

import os
import random
import signal
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlalchemy import event

from gatekeeper.database import Database
from gatekeeper.store import jobs
from gatekeeper.store.clients import imports
from gatekeeper.work import importing
from gatekeeper.work.importing import Bench
from tests.work.patience import Patience


@dataclass(frozen=True)
class Killed:
    """Where to work, since when, how many statements a process lives at most, and where to tell how many died."""

    url: str
    folder: str
    now: datetime
    statements: int
    told: str


def until_done(plan: Killed) -> None:
    """Let process after process work until nothing waits; each is killed before one of its statements, unless it is done."""
    chance, patience = random.Random(plan.statements), Patience()
    for number in count():
        child = os.fork()
        if not child:
            _live(plan, number, chance.randrange(1, plan.statements))
        _, status = os.waitpid(child, 0)
        if status == 0:
            Path(plan.told).write_text(str(number))
            return
        assert os.WTERMSIG(status) == signal.SIGKILL
        database = Database(plan.url, threads=1)
        patience.died(database)
        database.dispose()


def _live(plan: Killed, number: int, statements: int) -> None:
    """Work, and die before that many statements were sent. Each process begins when the one before it counts as given up."""
    begun, sent, code = plan.now + number * (jobs.GIVEN_UP + timedelta(seconds=1)), count(1), 1

    def count_down(*_):
        if next(sent) == statements:
            os.kill(os.getpid(), signal.SIGKILL)

    try:
        database = Database(plan.url, threads=1)
        for engine in {database._reader, database._recorder, database._writer}:
            event.listen(engine, "before_cursor_execute", count_down)
        importing.do(Bench(database, Path(plan.folder), ZoneInfo("Asia/Shanghai"), lambda: begun))
        with database.reading() as connection:
            code = 1 if jobs.free(connection, imports.JOBS, begun + timedelta(days=1)) else 0
    finally:
        os._exit(code)
