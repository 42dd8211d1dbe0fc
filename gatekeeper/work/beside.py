"""The work process as a server has it beside itself: started with it, started again when it dies, ended with it."""

import logging
import os
import subprocess
import sys
import threading
import time

from gatekeeper.paths import PACKAGE

_LOG = logging.getLogger(__name__)
_HEAD_START = 1.0
"""Seconds by which the server is ahead: it forks its workers and answers before anything here takes time from it."""
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_PATIENCE = 7.0
"""Seconds that the process is given to end by itself; a little more than it gives its own tasks."""


class Beside:
    """One work process and the thread that sees to it.

    The process reads from a pipe on which nothing is ever written. It ends when the pipe does: when this process closes it, and
    also when this process is killed, for the operating system closes it then.
    """

    def __init__(self, *arguments: str) -> None:
        self._arguments = arguments
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._see_to_it, name="work", daemon=True)
        self._reading, self._writing = os.pipe()
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """See to it that the process runs; do not wait for it."""
        os.register_at_fork(after_in_child=self._let_go)
        self._thread.start()

    def end(self) -> None:
        """End the process, and make sure of it."""
        self._ending.set()
        self._let_go()
        if self._thread.ident is None:  # the server never got so far
            return
        if self._process is not None:
            self._process.terminate()  # it may not have come to reading the pipe yet
        self._thread.join(_PATIENCE)
        if self._thread.is_alive() and self._process is not None:
            self._process.kill()
            self._thread.join(_PATIENCE)

    def _let_go(self) -> None:
        """Close the end that keeps the process alive. Workers that the server forks have a copy, and may outlive it."""
        writing, self._writing = self._writing, -1
        if writing >= 0:
            os.close(writing)

    def _see_to_it(self) -> None:
        pause, quick = _HEAD_START, 0
        while not self._ending.wait(pause):
            began = time.monotonic()
            code = self._run()
            if self._ending.is_set():
                return
            lived = time.monotonic() - began
            quick = 0 if lived > _LONGEST_PAUSE else min(quick + 1, 10)
            pause = min(_FIRST_PAUSE * 2.0 ** max(quick - 1, 0), _LONGEST_PAUSE)
            _LOG.error("work.died", extra={"code": code, "lived": round(lived, 1), "again_in": pause})

    def _run(self) -> int | None:
        """Run the process until it ends; return its code."""
        path = os.pathsep.join(filter(None, (str(PACKAGE.parent), os.environ.get("PYTHONPATH"))))
        try:
            self._process = subprocess.Popen(  # noqa: S603  (our own command line)
                [sys.executable, "-P", "-m", "gatekeeper.cli", "work", "--watch-fd", str(self._reading), *self._arguments],
                pass_fds=(self._reading,),
                stdin=subprocess.DEVNULL,
                process_group=0,  # Ctrl-C is for the server, which then ends this
                env=os.environ | {"PYTHONPATH": path},
            )
        except OSError as error:
            _LOG.error("work.not_started", extra={"error_code": error.errno})
            return None
        return self._process.wait()
