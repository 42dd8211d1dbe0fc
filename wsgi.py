"""For WSGI servers other than ``gatekeeper serve``: the application is ``wsgi:app``."""

from gatekeeper.app import from_environment

app = from_environment()
