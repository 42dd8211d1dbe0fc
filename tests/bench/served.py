"""What Granian serves: the variant that the environment names."""

import json
import os

from flask import Flask

from tests.bench import floors
from tests.bench.place import Place


def app() -> Flask:
    place = Place(**json.loads(os.environ["BENCH_PLACE"]))
    match os.environ["BENCH_VARIANT"]:
        case "hello":
            return floors.hello()
        case "insert":
            return floors.one_insert(place)
        case _:
            return place.reading()
