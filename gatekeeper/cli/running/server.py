"""Running the application: Granian in front of it, a free port, a quiet end."""

import errno
import os
import pkgutil
import shutil
import signal
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from gatekeeper import collecting
from gatekeeper.rules.errors import N_, Unavailable
from gatekeeper.watching import SHARED, logs
from gatekeeper.work.beside import Beside

TARGET = "gatekeeper.app:from_environment"
_PATIENCE = 15
"""Seconds that running requests are given when the server is told to stop: what was decided is answered, however busy it is."""

_TAKEN = N_("Port %(port)s of %(host)s is taken. Is Gatekeeper running already? Another one: %(setting)s")
_NO_ADDRESS = N_("Nothing can listen at %(host)s, port %(port)s: %(detail)s")


def free_port(host: str, port: int, setting: str) -> int:
    """The port, if it can be had (0 picks one); raise ``Unavailable`` with what to do if not."""
    try:
        family, kind, _protocol, _name, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
            return int(probe.getsockname()[1])
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise Unavailable(_TAKEN, port=port, host=host, setting=setting % (port + 1)) from error
        raise Unavailable(_NO_ADDRESS, port=port, host=host, detail=error.strerror or type(error).__name__) from error
    except OverflowError as error:
        raise Unavailable(_NO_ADDRESS, port=port, host=host, detail=error) from error


def run(host: str, port: int, *, workers: int, threads: int, work: bool, level: LogLevels = LogLevels.info) -> None:
    """Serve until told to stop; with ``work``, have a work process beside the server, for which nobody waits."""
    with _counted_together():
        _serve(host, port, workers, threads, level, work=work)


@contextmanager
def _counted_together() -> Iterator[None]:
    """A folder in which all processes of this server keep their counts, for as long as it runs; unless the operator named one."""
    if os.environ.get(SHARED):
        yield
        return
    os.environ[SHARED] = tempfile.mkdtemp(prefix="gatekeeper-numbers-")
    try:
        yield
    finally:
        shutil.rmtree(os.environ.pop(SHARED), ignore_errors=True)


def _serve(host: str, port: int, workers: int, threads: int, level: LogLevels, *, work: bool) -> None:
    with collecting.loading():
        pkgutil.resolve_name(TARGET)()  # made once here, not once in each worker that is forked from here
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job begins with it ignored
    os.register_at_fork(after_in_child=_end_when_told)
    options: dict[str, Any] = {"log_access": False, "log_level": level, "log_dictconfig": logs.configuration(level.value.upper())}
    server = Granian(
        TARGET,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=workers,
        blocking_threads=threads,
        workers_kill_timeout=_PATIENCE,
        respawn_failed_workers=workers > 1,
        websockets=False,
        working_dir=None,
        **options,
    )
    beside = Beside("--log-level", level.value) if work else None
    try:
        if beside is not None:
            server.on_startup(beside.start)
        server.serve()
    finally:
        if beside is not None:
            beside.end()


def _end_when_told() -> None:
    """A worker that is told to stop before it serves ends at once: the handlers it was born with are those of the server."""
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.SIG_DFL)


def environment(variables: dict[str, str], prefix: str) -> None:
    """Let the server's workers find these settings and no others."""
    for name in [name for name in os.environ if name.startswith(prefix)]:
        del os.environ[name]
    os.environ.update(variables)
