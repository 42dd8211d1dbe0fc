"""One process among several that write the same file. Apart from the tests, so that it starts fast."""

import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from gatekeeper.database import Database
from gatekeeper.ledger import keys
from gatekeeper.ledger.record import Asked, Event, append
from gatekeeper.ledger.seal import seal
from gatekeeper.rules.errors import Unavailable
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


@dataclass(frozen=True)
class Chaos:
    """Where writers and sealers are killed: the database, the key, where they tell what they did, and for how long."""

    url: str
    key: str
    origin: str
    folder: str
    seconds: float


_LONG = 5.0
_SOMETHING = 220  # bytes: some fifteen acknowledgements, or three checkpoints


def chaos(plan: Chaos) -> None:
    """Two writers and two sealers, of which one is killed every now and then and another takes its place.

    It goes on for the time that is given and until they have done something: on a machine that is busy they live the longer.
    """
    jobs = [_write, _write, _seal, _seal]
    files = [_tell(plan, name) for name in ("acknowledged", "published")]
    running = [_forked(job, plan) for job in jobs]
    end, killed, longest = time.monotonic() + plan.seconds, 0, 0.12 if plan.seconds < _LONG else 0.6
    while time.monotonic() < end or not all(os.fstat(each).st_size > _SOMETHING for each in files):
        time.sleep(random.uniform(0.02, longest))
        longest += 0.01 if time.monotonic() > end else 0
        which = random.randrange(len(jobs))
        os.kill(running[which], signal.SIGKILL)
        os.waitpid(running[which], 0)
        killed += 1
        running[which] = _forked(jobs[which], plan)
    for each in running:
        os.kill(each, signal.SIGKILL)
        os.waitpid(each, 0)
    (Path(plan.folder) / "killed").write_text(str(killed))


def _forked(job: Callable[[Chaos], None], plan: Chaos) -> int:
    child = os.fork()
    if child:
        return child
    try:
        job(plan)
    finally:
        os._exit(1)


def _write(plan: Chaos) -> None:
    """Record, act, and now and then take an act back; tell the code of each entry once it is acknowledged."""
    database, told = Database(plan.url, threads=1), _tell(plan, "acknowledged")
    for number in count():
        event = Event(kind=Kind.DECISION_ASKED, at=datetime.now(UTC), actor="system", data={"process": os.getpid()})
        if number % 3:
            database.record(_ask, event)
        elif number % 2:
            database.transact(append, event)
        else:
            with suppress(ZeroDivisionError):
                database.transact(_taken_back, event)
            continue
        os.write(told, f"{event.code}\n".encode())


def _taken_back(connection: Any, event: Event) -> None:
    append(connection, event)
    raise ZeroDivisionError


def _seal(plan: Chaos) -> None:
    """Seal a few at a time and tell of each checkpoint once it is kept."""
    database, told = Database(plan.url, threads=1), _tell(plan, "published")
    signer = keys.load(Path(plan.key), plan.origin)
    while True:
        try:
            done = database.transact(seal, [signer], datetime.now(UTC), limit=random.randrange(1, 60), publish_every=timedelta(0))
        except Unavailable:
            continue
        if done and done.checkpoint:
            os.write(told, f"{done.size}:{done.root.hex()}\n".encode())
        if done is None or not done.sealed:
            time.sleep(0.005)


def _tell(plan: Chaos, name: str) -> int:
    """A file that every process adds whole lines to."""
    return os.open(Path(plan.folder) / name, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
