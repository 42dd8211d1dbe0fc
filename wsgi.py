"""For WSGI servers other than ``gatekeeper serve``: the application is ``wsgi:app``."""

from gatekeeper.serving import make

app = make()
