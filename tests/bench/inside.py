"""In process, on one thread: the WSGI application called directly, so that neither server nor network is in the figure."""

import cProfile
import io
import pstats
from collections.abc import Callable
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from werkzeug.test import EnvironBuilder

from tests.bench import asking as asked
from tests.bench import floors
from tests.bench.figures import Figures
from tests.bench.place import Place

BLOCK, LARGE = 25, 1_000
DECIDED = b'"decision":true'
BROWSER = {
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/139.0.0.0 Safari/537.36",
    "Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8",
}


@dataclass
class Called:
    """One application and the one request that is made of it. ``entries`` are those that it must leave in the ledger."""

    app: Callable[..., Any]
    path: str
    expected: bytes
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    entries: int = 0

    def __post_init__(self) -> None:
        method = "POST" if self.body else "GET"
        made = EnvironBuilder(self.path, "http://127.0.0.1", method=method, headers=list(self.headers.items()), data=self.body)
        self._environ = made.get_environ()
        self._environ["REMOTE_ADDR"] = "127.0.0.1"

    def call(self) -> tuple[str, bytes]:
        """Make the request; return the status and the body."""
        status: list[str] = []
        environ = {**self._environ, "wsgi.input": io.BytesIO(self.body)}
        answer = self.app(environ, lambda line, _headers, _error=None: status.append(line))
        try:
            return status[0], b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()

    def block(self, figures: Figures, count: int = BLOCK) -> list[float]:
        """Make the request a few times and return how long each took; answers are looked at when the clock has stopped."""
        times, answers = [], []
        for _ in range(count):
            begun = perf_counter()
            answer = self.call()
            times.append((perf_counter() - begun) * 1e6)
            answers.append(answer)
        figures.sent += count
        wrong = [answer for answer in answers if not answer[0].startswith("200") or self.expected not in answer[1]]
        if wrong:
            figures.fail(len(wrong), f"{wrong[0][0]}: {wrong[0][1][:200]!r}")
        return times


def reading(place: Place) -> Called:
    """A gated reading of the product."""
    headers = {**BROWSER, "Cookie": place.cookie}
    return Called(place.app(), place.path, place.title.encode(), headers, entries=1)


def asking(place: Place, count: int) -> Called:
    """A question of another system, or many at once."""
    if count == 1:
        return Called(place.app(), asked.ONE, DECIDED, asked.headers(place), asked.one(place).encode(), entries=1)
    entries, body = -(-count // asked.PER_ENTRY), asked.many(place, count).encode()
    return Called(place.app(), asked.MANY, DECIDED, asked.headers(place), body, entries)


def all_called(place: Place) -> dict[str, Called]:
    """The floors and the product over one database."""
    return {
        "bare Flask": Called(floors.hello(), "/", floors.ANSWER.encode(), BROWSER),
        "bare Flask + one durable insert": Called(floors.one_insert(place), "/", floors.ANSWER.encode(), BROWSER),
        "gated reading": reading(place),
        "one decision (AuthZEN)": asking(place, 1),
        f"batch of {LARGE:,} decisions": asking(place, LARGE),
    }


def measure(called: dict[str, Called], rounds: int, seconds: float) -> list[Figures]:
    """In each round short blocks of each in turn, A B C A B C, until its time is up."""
    figures = {name: Figures(name, entries=each.entries) for name, each in called.items()}
    blocks = {name: 1 if each.entries > 1 else BLOCK for name, each in called.items()}
    for name, each in called.items():
        each.block(figures[name], blocks[name])
    for _ in range(rounds):
        times: dict[str, list[float]] = {name: [] for name in called}
        end = perf_counter() + seconds
        while perf_counter() < end:
            for name, each in called.items():
                times[name] += each.block(figures[name], blocks[name])
        for name, taken in times.items():
            figures[name].take_all(taken)
    return list(figures.values())


def profile(one: Called, count: int = 1000) -> str:
    """Where the time of one request goes: the top 25 by cumulative and by own time."""
    for _ in range(100):
        one.call()
    profiler = cProfile.Profile()
    profiler.enable()
    for _ in range(count):
        one.call()
    profiler.disable()
    out = io.StringIO()
    found = pstats.Stats(profiler, stream=out).strip_dirs()
    found.sort_stats("cumulative").print_stats(25)
    found.sort_stats("tottime").print_stats(25)
    return out.getvalue()
