"""Doing the tasks, each when it is due, until told to stop."""

import logging
import os
import signal
import threading
import time
from collections.abc import Sequence

from gatekeeper.watching import meters
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task

_LOG = logging.getLogger(__name__)
_ENDS = frozenset({signal.SIGINT, signal.SIGTERM})
_PATIENCE = 5.0
"""Seconds that running tasks are given when the process is told to stop. What one has claimed, it or another does later."""


def run(office: Office, tasks: Sequence[Task], *, watched: int | None = None) -> None:
    """Do the tasks until SIGTERM or SIGINT, or until the far end of the pipe ``watched`` is gone: nobody needs an orphan."""
    for each in _ENDS:
        signal.signal(each, signal.SIG_DFL)  # a shell's background job begins with SIGINT ignored
    signal.pthread_sigmask(signal.SIG_BLOCK, _ENDS)  # before any thread begins, so that this one alone waits for them
    if watched is not None:
        threading.Thread(target=_watch, args=(watched,), daemon=True).start()
    threads = start(office, tasks)
    _LOG.info("work.started", extra={"pid": os.getpid(), "tasks": [each.name for each in tasks]})
    signal.sigwait(_ENDS)
    stop(office, threads)
    _LOG.info("work.ended", extra={"pid": os.getpid(), "unfinished": [each.name for each in threads if each.is_alive()]})


def start(office: Office, tasks: Sequence[Task]) -> list[threading.Thread]:
    """Begin every task in a thread of its own."""
    threads = [threading.Thread(target=_repeat, args=(office, task), name=task.name, daemon=True) for task in tasks]
    for each in threads:
        each.start()
    return threads


def stop(office: Office, threads: Sequence[threading.Thread]) -> None:
    """Tell the tasks to stop, and give them a little time to."""
    office.stopping.set()
    until = time.monotonic() + _PATIENCE
    for each in threads:
        each.join(max(0.0, until - time.monotonic()))


def once(office: Office, tasks: Sequence[Task]) -> list[str]:
    """Do every task once, one after the other; return the names of those that failed."""
    return [task.name for task in tasks if not attempt(office, task, 0)]


def attempt(office: Office, task: Task, failures: int) -> bool:
    """Do a task; say whether it went well. Whatever it raises is logged and ends neither the task nor the process."""
    try:
        task.run(office)
    except Exception:  # noqa: BLE001  (the outermost handler of this process)
        _LOG.exception("task.failed", extra={"task": task.name, "failures": failures + 1})
        meters.task_failed(task.name)
        return False
    if failures:
        _LOG.info("task.recovered", extra={"task": task.name, "failures": failures})
    return True


def _repeat(office: Office, task: Task) -> None:
    failures = 0
    while not office.stopping.is_set():
        failures = 0 if attempt(office, task, failures) else failures + 1
        office.stopping.wait(task.pause(failures).total_seconds())


def _watch(pipe: int) -> None:
    while os.read(pipe, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
