"""What many tests begin with, a client or a colleague who comes, is done once by the real actions, and kept.

The next test that begins alike is given the rows of that time. Whatever else is written, by whomever, ends the beginning: from
there on everything is done anew.
"""

import sqlite3
from collections.abc import Callable, Hashable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


class Place(Protocol):
    """A database that one test after another has for itself."""

    def mark(self) -> object:
        """What changes with everything that is written, by whomever."""

    def contents(self) -> Any:
        """What it holds now."""

    def refill(self, contents: Any) -> None:
        """Put this in place of what it holds."""


@dataclass
class File:
    """A SQLite file."""

    path: Path
    _kept: int = 0

    def mark(self) -> object:
        """The file and the log beside it, to which everything is written first."""
        log = self.path.with_name(f"{self.path.name}-wal")
        found = self.path.stat()
        return found.st_ino, found.st_mtime_ns, found.st_size, log.stat().st_size if log.exists() else 0

    def contents(self) -> Path:
        self._kept += 1
        kept = self.path.with_name(f"kept-{self._kept}.db")
        _copy(self.path, kept)
        return kept

    def refill(self, contents: Path) -> None:
        _copy(contents, self.path)


def _copy(source: Path, target: Path) -> None:
    """Copy one database into another as SQLite does it, beside whoever has them open."""
    with closing(sqlite3.connect(source)) as reading, closing(sqlite3.connect(target)) as writing:
        writing.execute("PRAGMA synchronous = OFF")
        reading.backup(writing)


@dataclass(frozen=True)
class Kept:
    """A world after its first steps, and what the last of them returned."""

    contents: Any
    state: Any
    result: Any


@dataclass
class Beginnings:
    """The beginnings of all tests on one database. What comes for the second time is kept, for it will come again."""

    place: Place
    seen: set[tuple[Hashable, ...]] = field(default_factory=set)
    kept: dict[tuple[Hashable, ...], Kept] = field(default_factory=dict)


class Beginning:
    """The beginning of one test."""

    def __init__(self, shared: Beginnings) -> None:
        self._shared = shared
        self._steps: tuple[Hashable, ...] = ()
        self._mark = shared.place.mark()
        self._is_over = False

    def step(self, world: Any, key: Hashable, act: Callable[[], Any]) -> Any:
        """Do something, or have what it did when a test before began alike."""
        if self._is_over or self._shared.place.mark() != self._mark:
            self._is_over = True
            return act()
        self._is_over = True  # what a step is made of is none of its own, and what comes after one that failed is done anew
        self._steps += (world.clock.moment, key)
        kept = self._shared.kept.get(self._steps)
        if kept:
            self._shared.place.refill(kept.contents)
            world.state = kept.state
            result = kept.result
        else:
            result = act()
            self._keep(world, result)
        self._mark, self._is_over = self._shared.place.mark(), False
        return result

    def _keep(self, world: Any, result: Any) -> None:
        if self._steps in self._shared.seen:
            self._shared.kept[self._steps] = Kept(self._shared.place.contents(), world.state, result)
        self._shared.seen.add(self._steps)
