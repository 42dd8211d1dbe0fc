"""A running service for a test: its processes, its memory, its numbers; nothing of it outlives the test."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.world import SECRET, World

TOP = Path(__file__).parents[2]
TOKEN = "0123456789abcdef" * 2
_PAGE = os.sysconf("SC_PAGE_SIZE")


def environment(url: str, folder: Path, **more: str) -> dict[str, str]:
    """The settings of a service over a test's database."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GATEKEEPER_", "PROMETHEUS_"))}
    given = {
        "DATABASE_URL": url,
        "SECRET_KEY": SECRET,
        "DATA_DIR": str(folder),
        "LOG_ORIGIN": "gatekeeper.example/test",
        "SECURE_COOKIES": "no",
        "METRICS_TOKEN": TOKEN,
        "PORT": str(free_port()),
        "WORKERS": "2",
        "THREADS": "4",
    }
    return kept | {"PYTHONPATH": str(TOP)} | {f"GATEKEEPER_{name}": value for name, value in given.items()} | more


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Service:
    """One server with its workers, and the lines of its log."""

    process: subprocess.Popen[str]
    port: int
    lines: list[str] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def workers(self) -> list[int]:
        """The processes that answer; the one beside them, which works, is started with a command of its own."""
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
        return [int(child) for child in children if b"--watch-fd" not in Path(f"/proc/{child}/cmdline").read_bytes()]

    def memory(self) -> dict[int, float]:
        """What each worker holds, in MB."""
        return {pid: int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE / 1e6 for pid in self.workers()}

    def numbers(self) -> dict[str, dict[frozenset[tuple[str, str]], float]]:
        """What ``/metrics`` says: by name, then by labels."""
        asked = urllib.request.Request(f"{self.address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})  # noqa: S310  (loopback)
        with urllib.request.urlopen(asked, timeout=10) as answer:  # noqa: S310  (the same)
            text = answer.read().decode()
        found: dict[str, dict[frozenset[tuple[str, str]], float]] = {}
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                found.setdefault(sample.name, {})[frozenset(sample.labels.items())] = sample.value
        return found

    def told(self, event: str) -> list[dict[str, object]]:
        """The lines of the log about one event."""
        return [line for line in map(json.loads, list(self.lines)) if line["event"] == event]

    def wait(self, path: str, patience: float = 30.0) -> float:
        """Wait for the first answer; return how long it took."""
        begun = time.monotonic()
        while True:
            try:
                with urllib.request.urlopen(self.address + path, timeout=5):  # noqa: S310  (loopback)
                    return time.monotonic() - begun
            except OSError:
                assert self.process.poll() is None, self.lines
                assert time.monotonic() - begun < patience, "the server does not answer"
                time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> float:
        """End it as an operator does; return how long it took."""
        begun = time.monotonic()
        self.process.send_signal(how)
        assert self.process.wait(30) == 0, self.lines[-5:]
        return time.monotonic() - begun


@contextmanager
def running(command: list[str], given: dict[str, str], *, most: float) -> Iterator[Service]:
    """A server in a process group of its own, ended with all that is in it after so many seconds, come what may."""
    with subprocess.Popen(
        [sys.executable, *command], cwd="/", env=given, stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        service = Service(process, int(given["GATEKEEPER_PORT"]))
        reader = threading.Thread(target=_read, args=(service,), daemon=True)
        deadline = threading.Timer(most, _kill, args=(process.pid,))
        reader.start()
        deadline.start()
        try:
            yield service
        finally:
            deadline.cancel()
            _kill(process.pid)
            reader.join(5)


def _read(service: Service) -> None:
    for line in service.process.stderr or ():
        service.lines.append(line)


def _kill(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


@contextmanager
def served(world: World, url: str, folder: Path, *, most: float, **more: str) -> Iterator[Service]:
    """The product over a world, on two workers with a work process beside them."""
    moved = str((world.clock.moment - datetime.now(UTC)).total_seconds())
    given = environment(url, folder, SERVING_MOVED=moved, **more)
    with running(["-m", "tests.operation.serving"], given, most=most) as service:
        service.wait("/healthz")
        yield service
