"""Imported files: read and checked, and put in force, a piece at a time.

Each piece is a transaction of its own and names what it did, so a process that dies at any point leaves nothing half done, and
whoever goes on begins where it stopped.
"""

import logging
import time
from collections.abc import Callable, Generator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from itertools import islice
from pathlib import Path
from threading import Event
from typing import Any

from gatekeeper.actions.clients import import_checks, import_pieces
from gatekeeper.database import Database
from gatekeeper.files import originals
from gatekeeper.files.importing import table
from gatekeeper.rules.errors import GatekeeperError, Invalid
from gatekeeper.rules.importing.cells import Row
from gatekeeper.store import jobs
from gatekeeper.store.clients import imports
from gatekeeper.store.clients.imports import Part
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task

_LOG = logging.getLogger(__name__)
_TELL_EVERY = 1.0
_PARTS = {imports.LOWER: Part.LOWER, imports.RAISE: Part.RAISE}


@dataclass(frozen=True, slots=True)
class Bench:
    """What the work on an import needs: the work process has it, and so has a command that works by itself."""

    database: Database
    data_dir: Path
    zone: tzinfo
    now: Callable[[], datetime]
    stopping: Event = field(default_factory=Event)


def import_if_asked(office: Office) -> None:
    """Do what waits of every import."""
    do(Bench(office.database, office.settings.data_dir, office.settings.time_zone, office.now, office.stopping))


def do(bench: Bench, *, only: str | None = None) -> None:
    """Do what waits of every import, one after the other, or of this one alone."""
    with bench.database.reading() as connection:
        waiting = jobs.free(connection, imports.JOBS, bench.now())
    for each in waiting:
        if only not in (None, each.subject) or bench.stopping.is_set():
            continue
        job = bench.database.note(jobs.take, each.id, bench.now())
        if job is not None:
            _do(bench, job)


def _do(bench: Bench, job: Any) -> None:
    """Do one job to its end, or as far as this process is let."""
    try:
        if job.kind == imports.CHECK:
            _check(bench, job)
        else:
            _put_in_force(bench, job)
    except GatekeeperError:
        _LOG.exception("import.stopped", extra={"job": job.id, "import": job.subject})
        return  # it is not over: another try goes on from here once this one counts as given up
    if bench.stopping.is_set():
        bench.database.note(jobs.put_back, job.id)
    else:
        bench.database.note(jobs.end, job.id, bench.now())


def _check(bench: Bench, job: Any) -> None:
    """Judge the rows that have no verdict yet. A file that cannot be read to its end is refused as a whole."""
    with bench.database.reading() as connection:
        found = imports.get(connection, job.subject)
        done = imports.last_number(connection, job.subject)
    path = originals.path(bench.data_dir, found.sha256)
    try:
        _judge_all(bench, job, found, path, done)
    except Invalid as error:
        bench.database.transact(import_checks.fail, job.subject, error.faults, bench.now())
        return
    if not bench.stopping.is_set():
        with bench.database.snapshot() as connection:
            told = import_checks.summary(connection, job.subject)
        bench.database.transact(import_checks.finish, job.subject, told, bench.now())


def _judge_all(bench: Bench, job: Any, found: Any, path: Path, done: int) -> None:
    progress = _Progress(bench, job, total=0)  # how many rows a file has is known at its end
    with closing(table.rows(path)) as rows:
        while piece := _next_piece(rows, done):
            with bench.database.reading() as connection:
                judged = import_checks.look(connection, found, piece, bench.zone, bench.now())
            bench.database.transact(import_checks.keep, found.id, judged)
            progress.tell(piece[-1].number)
            if bench.stopping.is_set():
                return


def _next_piece(rows: Generator[Row], done: int) -> list[Row]:
    return list(islice((row for row in rows if row.number > done), import_checks.PIECE))


def _put_in_force(bench: Bench, job: Any) -> None:
    part = _PARTS[job.kind]
    with bench.database.reading() as connection:
        counts = imports.counts(connection, job.subject)
        done = sum(number for (one, _), number in imports.results(connection, job.subject).items() if one == part)
    progress = _Progress(bench, job, total=counts.lowers if part is Part.LOWER else counts.raises)
    while number := bench.database.transact(import_pieces.go_on, job.subject, part, bench.now()):
        done += number
        progress.tell(done)
        if bench.stopping.is_set():
            return
    bench.database.transact(import_pieces.end, job.subject, part, bench.now())


class _Progress:
    """Tells the page how far it is, now and then, which is also the sign of life."""

    def __init__(self, bench: Bench, job: Any, total: int) -> None:
        self._bench, self._job, self._total = bench, job, total
        self._told = 0.0

    def tell(self, done: int) -> None:
        if time.monotonic() - self._told < _TELL_EVERY:
            return
        self._told = time.monotonic()
        self._bench.database.note(jobs.go_on, self._job.id, done, self._total, self._bench.now())


TASK = Task("imports", timedelta(seconds=2), import_if_asked)
