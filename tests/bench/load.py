"""A load generator in a process of its own: keep-alive connections, one request at a time on each, for a bounded time.

Its order comes as JSON, what it found goes as JSON to standard output. It stops sending when its time is up
and waits for what is under way, so that every request it sent has an answer or is an error.
"""

import json
import selectors
import socket
import sys
from dataclasses import asdict, dataclass, field
from time import perf_counter

from tests.bench.figures import quantile

PATIENCE = 20.0
MOST = 1_000_000
NUMBER = b"####"
"""Four digits that are replaced by others: the length of what is sent stays."""


@dataclass(frozen=True)
class Order:
    """What to send, again and again. ``NUMBER`` in it stands for the number of the request, so that no two are alike."""

    port: int
    path: str
    headers: dict[str, str]
    expected: str
    connections: int
    seconds: float
    body: str = ""
    statuses: tuple[int, ...] = (200,)


@dataclass
class Found:
    sent: int = 0
    elapsed: float = 0.0
    p50: float = 0.0
    p99: float = 0.0
    errors: int = 0
    first_error: str = ""


@dataclass
class Line:
    """One connection, and the request that is under way on it."""

    socket: socket.socket
    begun: float = 0.0
    read: bytearray = field(default_factory=bytearray)


class Load:
    def __init__(self, order: Order) -> None:
        headers = {"Host": f"127.0.0.1:{order.port}", **order.headers}
        if order.body:
            headers["Content-Length"] = str(len(order.body.encode()))
        first = f"{'POST' if order.body else 'GET'} {order.path} HTTP/1.1"
        lines = [first, *(f"{name}: {value}" for name, value in headers.items())]
        self._request = "\r\n".join([*lines, "", order.body]).encode()
        self._is_counted = NUMBER in self._request
        self._statuses = tuple(f"HTTP/1.1 {each} ".encode() for each in order.statuses)
        self._expected = order.expected.encode()
        self._order = order
        self._selector = selectors.DefaultSelector()
        self._times: list[float] = []
        self._found = Found()
        self._busy = 0

    def run(self) -> Found:
        begun = perf_counter()
        self._end = begun + self._order.seconds
        for _ in range(self._order.connections):
            self._open()
        while self._busy and perf_counter() < self._end + PATIENCE:
            for key, _ in self._selector.select(timeout=1.0):
                self._receive(key.data)
        if self._busy:
            self._fail(f"{self._busy} requests had no answer", self._busy)
        self._times.sort()
        found = self._found
        found.elapsed = perf_counter() - begun
        found.p50, found.p99 = quantile(self._times, 0.5), quantile(self._times, 0.99)
        return found

    def _open(self) -> None:
        line = Line(socket.create_connection(("127.0.0.1", self._order.port), timeout=PATIENCE))
        line.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._selector.register(line.socket, selectors.EVENT_READ, line)
        self._busy += 1
        self._send(line)

    def _close(self, line: Line) -> None:
        self._selector.unregister(line.socket)
        line.socket.close()
        self._busy -= 1

    def _send(self, line: Line) -> None:
        line.read.clear()
        line.begun = perf_counter()
        number = f"{self._found.sent % 10_000:04}".encode()
        line.socket.sendall(self._request.replace(NUMBER, number) if self._is_counted else self._request)
        self._found.sent += 1

    def _receive(self, line: Line) -> None:
        try:
            part = line.socket.recv(1 << 18)
        except OSError as error:
            part = b""
            self._found.first_error = self._found.first_error or repr(error)
        if not part:
            self._fail("the server closed a connection")
            self._close(line)
            if perf_counter() < self._end and self._found.errors < self._order.connections:
                self._open()
            return
        line.read += part
        if self._is_whole(line.read):
            self._answered(line)

    @staticmethod
    def _is_whole(read: bytearray) -> bool:
        head = read.find(b"\r\n\r\n")
        if head < 0:
            return False
        lower = bytes(read[:head]).lower()
        at = lower.find(b"content-length:")
        if at < 0:
            raise RuntimeError(f"an answer without a length: {lower[:200]!r}")
        return len(read) >= head + 4 + int(lower[at + 15 :].split(b"\r\n", 1)[0])

    def _answered(self, line: Line) -> None:
        now = perf_counter()
        self._times.append((now - line.begun) * 1e6)
        if not line.read.startswith(self._statuses) or self._expected not in line.read:
            self._fail(bytes(line.read[:200]).decode("latin-1"))
        if now < self._end and self._found.sent < MOST:
            self._send(line)
        else:
            self._close(line)

    def _fail(self, what: str, count: int = 1) -> None:
        self._found.errors += count
        self._found.first_error = self._found.first_error or what


if __name__ == "__main__":
    json.dump(asdict(Load(Order(**json.loads(sys.argv[1]))).run()), sys.stdout)
