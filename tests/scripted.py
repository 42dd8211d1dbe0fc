"""A server that says anything at all, for whoever must not be misled by it: each request is answered by the next script."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from socket import create_server, socket

TOKEN = "gk_0123456789abcdef0123456789abcdef"
PERMIT = b'{"decision": true}'
Script = Callable[["Request"], bytes | None]


@dataclass(frozen=True)
class Request:
    """What a server was sent."""

    line: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    def answer(self, body: bytes = PERMIT, status: str = "200 OK", **headers: str) -> bytes:
        """An answer as a good server gives it, with some headers of its own, or without."""
        sent = {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            "X-Request-ID": self.headers["x-request-id"],
        } | {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"HTTP/1.1 {status}", *(f"{name}: {value}" for name, value in sent.items() if value)]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass
class Server:
    """A server that answers each request by the next of its scripts, the last one for ever. ``None`` hangs up."""

    port: int
    scripts: list[Script]
    requests: list[Request] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@contextmanager
def serving(*scripts: Script) -> Iterator[Server]:
    listening = create_server(("127.0.0.1", 0))
    server = Server(listening.getsockname()[1], list(scripts))
    threads = [threading.Thread(target=_accept, args=(listening, server), daemon=True)]
    threads[0].start()
    yield server
    listening.close()


def _accept(listening: socket, server: Server) -> None:
    while True:
        try:
            line, _ = listening.accept()
        except OSError:
            return
        server.connections += 1
        threading.Thread(target=_speak, args=(line, server), daemon=True).start()


def _speak(line: socket, server: Server) -> None:
    with line, line.makefile("rb") as stream:
        while (request := _read(stream)) is not None:
            server.requests.append(request)
            script = server.scripts.pop(0) if len(server.scripts) > 1 else server.scripts[0]
            answer = script(request)
            if answer is None:
                return
            try:
                line.sendall(answer)
            except OSError:
                return
            if b"close\r\n" in answer:
                return


def _read(stream) -> Request | None:
    first = stream.readline().decode("latin-1").strip()
    if not first.endswith("HTTP/1.1"):
        return None
    headers = {}
    while text := stream.readline().decode().strip():
        name, _, value = text.partition(":")
        headers[name.lower()] = value.strip()
    return Request(first, headers, stream.read(int(headers.get("content-length", 0))))


def permit(request: Request) -> bytes:
    return request.answer()
