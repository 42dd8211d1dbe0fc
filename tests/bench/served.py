"""What Granian serves: the variant that the environment names. As in use, it is made once and workers are forked."""

import json
import os
import sys
from functools import cache

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels

from gatekeeper.app import make_ready
from gatekeeper.passwords import Passwords
from tests.bench import floors
from tests.bench.place import Place

WORKERS, THREADS = 2, 8
ROUNDS = 2
"""Passwords are hashed as in use, where that matters (``GATEKEEPER_PASSWORD_ROUNDS``)."""


@cache
def app() -> Flask:
    place = Place(**json.loads(os.environ["BENCH_PLACE"]))
    match os.environ["BENCH_VARIANT"]:
        case "hello":
            return floors.hello()
        case "insert":
            return floors.one_insert(place)
        case "flooded":
            return place.app(Passwords(ROUNDS))
        case _:
            return place.app()


def serve(port: int) -> None:
    Granian(
        "tests.bench.served:app",
        address="127.0.0.1",
        port=port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        factory=True,
        workers=WORKERS,
        blocking_threads=THREADS,
        websockets=False,
        log_access=False,
        log_level=LogLevels.error,
    ).serve()


if __name__ == "__main__":
    app()
    make_ready()
    serve(int(sys.argv[1]))
