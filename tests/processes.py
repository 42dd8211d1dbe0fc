"""Processes of their own for tests: forks of one that has loaded the product once, for loading it takes each a second."""

import multiprocessing
from typing import Any

_WAY = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
_LOADED = ("importing_worker", "distributing_worker", "crasher")

FORKS: Any = multiprocessing.get_context(_WAY)
if _WAY == "forkserver":
    FORKS.set_forkserver_preload(["gatekeeper.migrating", "tests.ledger.worker", *(f"tests.work.{name}" for name in _LOADED)])
