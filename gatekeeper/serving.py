"""The application as a server loads it: settings from the environment, refused as a whole if one is wrong."""

import os

from flask import Flask

from gatekeeper.app import create_app
from gatekeeper.settings import Settings


def make() -> Flask:
    """Make the application of this process."""
    return create_app(Settings.from_env(os.environ))
