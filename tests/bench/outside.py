"""Over HTTP: each variant on a Granian of its own, all up, loaded one at a time by a process apart."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep

from tests.bench import floors
from tests.bench.figures import Figures
from tests.bench.inside import BROWSER
from tests.bench.load import PATIENCE, Found, Order
from tests.bench.place import Place

TOP = Path(__file__).parents[2]
WORKERS, THREADS, CONNECTIONS = 2, 8, 16
WARM_UP = 0.5
_START = 20.0
GRANIAN = [
    *("-m", "granian", "--interface", "wsgi", "--factory", "--host", "127.0.0.1", "--http", "1", "--no-ws"),
    *("--workers", str(WORKERS), "--blocking-threads", str(THREADS), "--log-level", "error"),
    "tests.bench.served:app",
]


@dataclass(frozen=True)
class Target:
    """A variant that is being served: where, and which request is made of it."""

    port: int
    path: str
    expected: str
    headers: dict[str, str]

    def load(self, seconds: float) -> Found:
        order = Order(self.port, self.path, self.headers, self.expected, CONNECTIONS, seconds)
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.load"],
            cwd=TOP,
            input=json.dumps(asdict(order)),
            stdout=subprocess.PIPE,
            text=True,
            check=True,
            timeout=seconds + 2 * PATIENCE,
        )
        return Found(**json.loads(done.stdout))


@contextmanager
def served(variant: str, place: Place) -> Iterator[Target]:
    """Serve one variant until the block ends."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    environment = {**os.environ, "BENCH_VARIANT": variant, "BENCH_PLACE": place.to_json()}
    server = subprocess.Popen(
        [sys.executable, *GRANIAN, "--port", str(port)],
        cwd=TOP,
        env=environment,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    is_product = variant == "reading"
    target = Target(
        port,
        place.path if is_product else "/",
        place.title if is_product else floors.ANSWER,
        {**BROWSER, "Connection": "keep-alive", **({"Cookie": place.cookie} if is_product else {})},
    )
    try:
        _wait(server, port)
        yield target
    finally:
        server.terminate()
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)  # our own group: the server and its workers
            server.wait()


def _wait(server: subprocess.Popen[bytes], port: int) -> None:
    """Wait for an answer, of a page that writes nothing."""
    end = monotonic() + _START
    while monotonic() < end:
        if server.poll() is not None:
            break
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/no-such-page")
            connection.getresponse().read()
            connection.close()
            return
        except (OSError, HTTPException):
            sleep(0.05)
    raise RuntimeError("A server did not start.")


VARIANTS = {"hello": "bare Flask", "insert": "bare Flask + one durable insert", "reading": "gated reading"}


def measure(place: Place, rounds: int, seconds: float) -> list[Figures]:
    """In each round a slice of load on each in turn."""
    figures = {variant: Figures(name) for variant, name in VARIANTS.items()}
    with ExitStack() as stack:
        targets = {variant: stack.enter_context(served(variant, place)) for variant in VARIANTS}
        for variant, target in targets.items():
            _take(figures[variant], target.load(WARM_UP), is_counted=False)
        for _ in range(rounds):
            for variant, target in targets.items():
                _take(figures[variant], target.load(seconds))
    return list(figures.values())


def _take(figures: Figures, found: Found, *, is_counted: bool = True) -> None:
    figures.sent += found.sent
    if found.errors:
        figures.fail(found.errors, found.first_error)
    if is_counted:
        figures.take(speed=found.sent / found.elapsed, p50=found.p50, p99=found.p99)
