"""The application in the present of a test's world; ``SERVING_MOVED`` says by how many seconds it differs from ours.

As in use it is made once, before the workers are forked.

``SERVING_BEGINS`` is how many seconds a worker takes to begin, for tests that need to come before it.
"""

import os
import time
from datetime import timedelta
from functools import cache
from multiprocessing import parent_process

from flask import Flask

from gatekeeper import clock
from gatekeeper.app import create_app
from gatekeeper.passwords import Passwords
from gatekeeper.settings import Settings


def app() -> Flask:
    if parent_process() is not None:
        time.sleep(float(os.environ.get("SERVING_BEGINS", "0")))
    return _made()


@cache
def _made() -> Flask:
    moved = timedelta(seconds=float(os.environ["SERVING_MOVED"]))
    cheap = Passwords(1, memory_kib=8)
    return create_app(Settings.from_env(os.environ), clock=lambda: clock.now() + moved, passwords=cheap)
