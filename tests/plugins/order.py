"""In which order the tests are run: the long ones first on each worker, so that none works alone at the end.

The mixed load is not among them: side by side on two cores, two of it keep each other's servers from answering in time.
"""

import os

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """xdist gives each worker a piece of the list, and lets whoever is done take from the end of another's."""
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    long = [item for item in items if item.get_closest_marker("takes_long")]
    short = [item for item in items if not item.get_closest_marker("takes_long")]
    left, ordered = len(items), []
    for number in range(workers):
        piece = left // (workers - number)
        begun = long[number::workers]
        rest = max(piece - len(begun), 0)
        ordered += [*begun, *short[:rest]]
        del short[:rest]
        left -= len(begun) + rest
    items[:] = [*ordered, *short]
