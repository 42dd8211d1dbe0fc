"""What Granian serves: the variant that the environment names."""

import json
import os

from flask import Flask

from gatekeeper.passwords import Passwords
from tests.bench import floors
from tests.bench.place import Place

ROUNDS = 2
"""Passwords are hashed as in use, where that matters (``GATEKEEPER_PASSWORD_ROUNDS``)."""


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
