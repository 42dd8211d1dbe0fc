"""Those who use a running service all at once, and what each of them was told: every answer by the id of its request."""

import http.client
import itertools
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import urlencode

from tests.web.browser import hidden
from tests.world import PASSWORD

_PATIENCE = 15.0


class Unanswered(Exception):
    """The connection ended before there was an answer, or could not be had."""


class Ended(Unanswered):
    """The server ended it without a byte."""


@dataclass(frozen=True)
class Answer:
    """What was asked, the status, the id of the request, when it was answered, and how many milliseconds it took."""

    what: str
    status: int
    request_id: str
    at: float
    ms: float


@dataclass
class Tally:
    """All that was answered, and what was not."""

    answers: list[Answer] = field(default_factory=list)
    unanswered: Counter[str] = field(default_factory=Counter)
    strange: list[str] = field(default_factory=list)

    def by_kind(self) -> "Counter[str]":
        return Counter(each.what for each in self.answers)


class Browser:
    """One keep-alive connection with its cookies.

    ``again`` is what every browser and proxy does: a GET on a connection that was used before and that the server ends without a
    byte of an answer is sent once more on a new one. A server that stops may end a connection just as the next request is sent.
    """

    def __init__(self, port: int, *, again: bool = False, **headers: str) -> None:
        self._port, self._headers, self._again = port, headers, again
        self._cookies: dict[str, str] = {}
        self._line: http.client.HTTPConnection | None = None

    def ask(self, method: str, path: str, body: str = "", kind: str = "") -> tuple[int, str, str]:
        """Make a request; return the status, the id of the request, and the body."""
        if self._again and method == "GET" and self._line is not None:
            with suppress(Ended):
                return self._asked(method, path, body, kind)
        return self._asked(method, path, body, kind)

    def _asked(self, method: str, path: str, body: str, kind: str) -> tuple[int, str, str]:
        headers = {**self._headers, **({"Content-Type": kind} if kind else {})}
        if self._cookies:
            headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        try:
            if self._line is None:
                self._line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_PATIENCE)
            self._line.request(method, path, body.encode() or None, headers)
            answer = self._line.getresponse()
            text = answer.read().decode()
        except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError) as error:
            self.close()
            raise Ended(type(error).__name__) from error
        except (OSError, http.client.HTTPException) as error:
            self.close()
            raise Unanswered(type(error).__name__) from error
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _, value = line.partition(";")[0].partition("=")
            self._cookies[name] = value
        return answer.status, answer.headers.get("X-Request-ID", ""), text

    def get(self, path: str) -> tuple[int, str, str]:
        return self.ask("GET", path)

    def post(self, path: str, page: str, form: dict[str, str]) -> tuple[int, str, str]:
        """Send a form with the token of the page on which it stands."""
        fields = {"csrf_token": hidden(page), **form}
        return self.ask("POST", path, urlencode(fields), "application/x-www-form-urlencoded")

    def sign_in(self, login: str) -> "Browser":
        page = self.get("/sign-in")[2]
        status, _, text = self.post("/sign-in", page, {"login": login, "password": PASSWORD})
        assert status == 303, f"{login}: {status} {text.partition('<main')[2][:900]}"
        return self

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None


Step = Callable[[], None]
Visit = Callable[["Visitor"], Iterator[None]]


class Visitor:
    """One who does the same again and again until told to stop."""

    def __init__(self, browser: Browser, visit: Visit) -> None:
        self.browser, self.tally, self._visit = browser, Tally(), visit

    def told(self, what: str, expected: int, answer: Callable[[], tuple[int, str, str]]) -> str:
        """Ask for something, note the answer, and return its body."""
        begun = time.monotonic()
        status, request_id, body = answer()
        over = time.monotonic()
        if status != expected:
            self.tally.strange.append(f"{what}: {status} {body[:300]}")
            return body
        self.tally.answers.append(Answer(what, status, request_id, over, (over - begun) * 1000))
        return body

    def run(self, over: threading.Event) -> None:
        while not over.is_set():
            try:
                for _ in self._visit(self):
                    if over.is_set():
                        return
            except Unanswered as error:
                self.tally.unanswered[str(error)] += 1
                over.wait(0.02)


def reads(report: str) -> Visit:
    def visit(one: Visitor) -> Iterator[None]:
        one.told("report.opened", 200, lambda: one.browser.get(f"/reports/{report}"))
        yield

    return visit


def is_refused(report: str) -> Visit:
    def visit(one: Visitor) -> Iterator[None]:
        one.told("report.refused", 403, lambda: one.browser.get(f"/reports/{report}"))
        yield

    return visit


def acknowledges(reports: list[str], declined: str) -> Visit:
    """Accept the words before one report after another, and in between decline those before a report that is left."""
    turns = itertools.chain.from_iterable(((report, "accept"), (declined, "decline")) for report in reports)

    def visit(one: Visitor) -> Iterator[None]:
        report, answer = next(turns, (declined, "decline"))
        path = f"/reports/{report}"
        page = one.told("statement.served", 200, lambda: one.browser.get(f"{path}/statement"))
        yield
        form = {"serving": hidden(page, "serving"), "answer": answer, "end_reached": "yes", "ticked": "yes"}
        kind = "statement.accepted" if answer == "accept" else "statement.declined"
        one.told(kind, 303, lambda: one.browser.post(f"{path}/acknowledgement", page, form))
        yield

    return visit


def searches() -> Visit:
    questions = itertools.cycle(["kind=report.opened", "outcome=DENY", "", "kind=statement.accepted"])

    def visit(one: Visitor) -> Iterator[None]:
        one.told("ledger.searched", 200, lambda: one.browser.get(f"/log?{next(questions)}"))
        yield

    return visit


def asks(path: str, kind: str, body: dict[str, object], pause: float = 0.0) -> Visit:
    """Another system that asks for decisions, and keeps to its limit."""

    def visit(one: Visitor) -> Iterator[None]:
        one.told(kind, 200, lambda: one.browser.ask("POST", path, json.dumps(body), "application/json"))
        yield
        time.sleep(pause)

    return visit


def together(visitors: list[Visitor], seconds: float, meanwhile: Callable[[], None] = lambda: None) -> Tally:
    """Let all of them loose for a while; return what they were told. Whoever does not come back in time fails the test."""
    over = threading.Event()
    threads = [threading.Thread(target=each.run, args=(over,), daemon=True) for each in visitors]
    for visitor in visitors:
        visitor.tally = Tally()
    for each in threads:
        each.start()
    until = time.monotonic() + seconds
    meanwhile()
    over.wait(max(0.0, until - time.monotonic()))
    over.set()
    for each in threads:
        each.join(2 * _PATIENCE)
    assert not any(each.is_alive() for each in threads), "somebody waits for an answer that never comes"
    whole = Tally()
    for visitor in visitors:
        visitor.browser.close()
        whole.answers += visitor.tally.answers
        whole.unanswered += visitor.tally.unanswered
        whole.strange += visitor.tally.strange
    return whole
