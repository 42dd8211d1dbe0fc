"""The application in the present of a test's world; ``SERVING_MOVED`` says by how many seconds it differs from ours."""

import os
from datetime import timedelta

from flask import Flask

from gatekeeper import clock
from gatekeeper.app import create_app
from gatekeeper.settings import Settings
from tests.world import CHEAP


def app() -> Flask:
    moved = timedelta(seconds=float(os.environ["SERVING_MOVED"]))
    return create_app(Settings.from_env(os.environ), clock=lambda: clock.now() + moved, passwords=CHEAP)
