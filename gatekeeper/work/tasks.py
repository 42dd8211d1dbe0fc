"""What a task is."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from gatekeeper.work.sending.office import Office

_FIRST_PAUSE = timedelta(seconds=30)
_LEAST_LIMIT, _LIMIT = timedelta(minutes=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Task:
    """Something to do every so often, first when the process starts.

    Several machines may each run a work process, and any of them may be killed at any point. So a task takes an elected lock, or
    claims what it works on, or may be done twice without harm; and a daily one asks the database whether today's is done.
    """

    name: str
    every: timedelta
    run: Callable[[Office], object]

    def pause(self, failures: int) -> timedelta:
        """How long to wait after that many failures in a row: sooner than usual at first, then longer and longer."""
        if failures == 0:
            return self.every
        first = min(self.every, _FIRST_PAUSE)
        limit = max(_LEAST_LIMIT, min(self.every, _LIMIT))
        return min(first * float(1 << min(failures - 1, 20)), limit)
