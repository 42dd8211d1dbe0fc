"""What a process keeps at hand of what it has made: the most recently asked for, up to a certain size."""

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import Generic, TypeVar

Kept = TypeVar("Kept")


class Room(Generic[Kept]):
    """The most recently asked for, up to so much in all. Only what never changes under its key may be kept."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._taken = 0
        self._kept: OrderedDict[Hashable, tuple[Kept, int]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable) -> Kept | None:
        """What is kept under a key."""
        with self._lock:
            found = self._kept.get(key)
            if found is None:
                return None
            self._kept.move_to_end(key)
            return found[0]

    def put(self, key: Hashable, made: Kept, size: int) -> None:
        """Keep it, and let go of what was not asked for the longest."""
        with self._lock:
            if key not in self._kept:
                self._kept[key] = made, size
                self._taken += size
            while self._taken > self._size:
                _, (_, left) = self._kept.popitem(last=False)
                self._taken -= left
