"""Over HTTP: each variant on a Granian of its own, all up, loaded one at a time by a process apart."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from time import monotonic, sleep

from tests.bench import asking as asked
from tests.bench import floors
from tests.bench.figures import Figures
from tests.bench.inside import BROWSER, DECIDED
from tests.bench.load import PATIENCE, Found, Order
from tests.bench.place import Place

TOP = Path(__file__).parents[2]
CONNECTIONS = 16
WARM_UP, BATCH = 0.5, 100
_START = 20.0


@dataclass(frozen=True)
class Request:
    """One request that is made again and again, what its answer must hold, and how many entries it must leave."""

    path: str
    expected: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    statuses: tuple[int, ...] = (200,)
    entries: int = 0


@dataclass(frozen=True)
class Server:
    """A variant that is being served: where, and by which process."""

    port: int
    process: int

    def load(self, request: Request, seconds: float, connections: int = CONNECTIONS) -> Found:
        """Send this for so long, and wait for what came of it."""
        return self.start(request, seconds, connections)()

    def start(self, request: Request, seconds: float, connections: int) -> Callable[[], Found]:
        """Begin to send it; what is returned waits for the end."""
        headers = {**request.headers, "Connection": "keep-alive"}
        asked = Order(self.port, request.path, headers, request.expected, connections, seconds, request.body, request.statuses)
        program = [sys.executable, "-m", "tests.bench.load", json.dumps(asdict(asked))]
        sending = subprocess.Popen(program, cwd=TOP, stdout=subprocess.PIPE)

        def found() -> Found:
            answer, _ = sending.communicate(timeout=seconds + 2 * PATIENCE)
            if sending.returncode:
                message = "The load generator failed."
                raise RuntimeError(message)
            return Found(**json.loads(answer))

        return found


@contextmanager
def served(variant: str, place: Place) -> Iterator[Server]:
    """Serve one variant until the block ends."""
    environment = {**os.environ, "BENCH_VARIANT": variant, "BENCH_PLACE": place.to_json()}
    with running(["-m", "tests.bench.served", "{port}"], environment, Path(place.folder) / f"{variant}.log") as server:
        yield server


@contextmanager
def running(arguments: list[str], environment: Mapping[str, str], log: Path) -> Iterator[Server]:
    """A Python that serves at a free port, told to it as ``{port}``, until the block ends. It answers when the block begins."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, *(each.replace("{port}", str(port)) for each in arguments)],
            cwd=TOP,
            env={name: value.replace("{port}", str(port)) for name, value in environment.items()},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    try:
        _wait(process, port, log)
        yield Server(port, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # our own group: the server and its workers
            process.wait()


def _wait(server: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait for an answer, of a page that writes nothing."""
    end = monotonic() + _START
    while monotonic() < end and server.poll() is None:
        try:
            connection = HTTPConnection("127.0.0.1", port, timeout=5)
            connection.request("GET", "/no-such-page")
            connection.getresponse().read()
            connection.close()
        except (OSError, HTTPException):
            sleep(0.01)
        else:
            return
    message = f"A server did not start. {log.read_text()[-2000:]}"
    raise RuntimeError(message)


def reading(place: Place) -> Request:
    """A gated reading."""
    return Request(place.path, place.title, {**BROWSER, "Cookie": place.cookie}, entries=1)


def asking(place: Place, count: int) -> Request:
    """A question of another system, or many at once."""
    headers, decided = asked.headers(place), DECIDED.decode()
    if count == 1:
        return Request(asked.ONE, decided, headers, asked.one(place), entries=1)
    return Request(asked.MANY, decided, headers, asked.many(place, count), entries=-(-count // asked.PER_ENTRY))


FLOOR = Request("/", floors.ANSWER, BROWSER)


@dataclass(frozen=True)
class Variant:
    """What one variant is called, which server answers it, and what is asked of that."""

    name: str
    server: str
    request: Request


def variants(place: Place) -> list[Variant]:
    """The floors and the product, in the order of their turns."""
    return [
        Variant("bare Flask", "hello", FLOOR),
        Variant("bare Flask + one durable insert", "insert", FLOOR),
        Variant("gated reading", "product", reading(place)),
        Variant("one decision (AuthZEN)", "product", asking(place, 1)),
        Variant(f"batch of {BATCH} decisions", "product", asking(place, BATCH)),
    ]


def measure(place: Place, wanted: list[Variant], rounds: int, seconds: float) -> list[Figures]:
    """In each round a slice of load on each in turn."""
    figures = {each.name: Figures(each.name, entries=each.request.entries) for each in wanted}
    with ExitStack() as stack:
        servers = {name: stack.enter_context(served(name, place)) for name in dict.fromkeys(each.server for each in wanted)}
        for each in wanted:
            _take(figures[each.name], servers[each.server].load(each.request, min(WARM_UP, seconds)), is_counted=False)
        for _ in range(rounds):
            for each in wanted:
                _take(figures[each.name], servers[each.server].load(each.request, seconds))
    return list(figures.values())


def _take(figures: Figures, found: Found, *, is_counted: bool = True) -> None:
    figures.sent += found.sent
    if found.errors:
        figures.fail(found.errors, found.first_error)
    if is_counted:
        figures.take(speed=found.sent / found.elapsed, p50=found.p50, p99=found.p99)
