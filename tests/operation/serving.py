"""What ``gatekeeper serve`` does, with another application: run as ``python -m tests.operation.serving``."""

import os

from gatekeeper.cli.running import server
from gatekeeper.settings import Settings

if __name__ == "__main__":
    server.TARGET = "tests.operation.moved:app"
    given = Settings.from_env(os.environ)
    server.run(given.host, given.port, workers=given.workers, threads=given.threads, work=True)
