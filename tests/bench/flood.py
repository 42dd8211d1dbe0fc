"""Readings while others flood the sign-in: each try another name that nobody has, each hashed as in use."""

import http.client
import re
from html import unescape
from urllib.parse import urlencode

from tests.bench.figures import Figures
from tests.bench.inside import BROWSER
from tests.bench.load import NUMBER
from tests.bench.outside import WARM_UP, Request, Server, reading, served
from tests.bench.place import Place
from tests.bench.table import Row

CONNECTIONS, TARGET = 8, 5.0
_HEAD_START = 0.3


def measure(place: Place, rounds: int, seconds: float) -> list[Row]:
    """In each round readings by themselves, then readings beside the flood."""
    idle, flooded = Figures("readings, nobody signs in", entries=1), Figures("readings beside the flood", entries=1)
    tried = Figures(f"the flood: sign-ins on {CONNECTIONS} connections", "/s")
    with served("flooded", place) as server:
        ask, attack = reading(place), _attack(server)
        server.load(ask, WARM_UP)
        for _ in range(rounds):
            for figures in (idle, flooded):
                waits = server.start(attack, seconds + _HEAD_START, CONNECTIONS) if figures is flooded else None
                found = server.load(ask, seconds)
                figures.take(speed=found.sent / found.elapsed, p50=found.p50, p99=found.p99)
                figures.fail(found.errors, found.first_error)
                if waits is not None:
                    tries = waits()
                    tried.take(speed=tries.sent / tries.elapsed, p50=tries.p50, p99=tries.p99)
                    tried.fail(tries.errors, tries.first_error)
    ratio = sorted(far / near for far, near in zip(flooded.p99, idle.p99, strict=True))[rounds // 2]
    worse = Row("p99 of readings beside the flood, to that without", ratio=ratio, target=TARGET, at_most=True)
    return [idle.row(), flooded.row(), tried.row(), worse]


def _attack(server: Server) -> Request:
    """The form as a browser gets it, and a name and a password that are wrong. Refused as wrong, as too many, or as too busy."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    connection.request("GET", "/sign-in", headers=BROWSER)
    answer = connection.getresponse()
    page, cookie = answer.read().decode(), (answer.getheader("Set-Cookie") or "").partition(";")[0]
    connection.close()
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    if token is None:
        message = "The sign-in page has no token."
        raise RuntimeError(message)
    form = {"csrf_token": unescape(token[1]), "login": "nobody-N", "password": "not the password"}
    headers = {**BROWSER, "Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded"}
    body = urlencode(form).replace("nobody-N", f"nobody-{NUMBER.decode()}")
    return Request("/sign-in", "", headers, body, (401, 429, 503))
