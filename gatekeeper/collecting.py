"""Python's collector of garbage, which has nothing to do while code is loaded: all of that stays."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

_ALLOCATIONS = 10_000
"""After so many new objects that stay the youngest are looked at: a few requests' worth, where Python's own is half of one."""


@contextmanager
def loading() -> Iterator[None]:
    """Load code without the collector, which would go through all of it again and again; it leaves alone what was loaded."""
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def spare() -> None:
    """In a server, let the collector leave alone what there is when serving begins, and look for more seldom.

    Else it goes through all code and templates again and again, and somebody's answer waits for it.
    """
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, *gc.get_threshold()[1:])
