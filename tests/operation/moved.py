"""The application in the present of a test's world; ``SERVING_MOVED`` says by how many seconds it differs from ours.

``SERVING_BEGINS`` is how many seconds a worker takes to begin, for tests that need to come before it.
"""

import os
import time
from datetime import timedelta

from flask import Flask

from gatekeeper import clock
from gatekeeper.app import create_app
from gatekeeper.passwords import Passwords
from gatekeeper.settings import Settings


def app() -> Flask:
    time.sleep(float(os.environ.get("SERVING_BEGINS", "0")))
    moved = timedelta(seconds=float(os.environ["SERVING_MOVED"]))
    cheap = Passwords(1, memory_kib=8)  # of this process: the thread that hashes does not survive a fork
    return create_app(Settings.from_env(os.environ), clock=lambda: clock.now() + moved, passwords=cheap)
