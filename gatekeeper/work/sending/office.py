"""What every task works with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event

from gatekeeper import clock
from gatekeeper.database import Database
from gatekeeper.settings import Settings


@dataclass(frozen=True, slots=True)
class Office:
    """One work process: its settings, its database, the time, and whether it has been told to stop.

    A task that has much to do looks at ``stopping`` between two pieces of it.
    """

    settings: Settings
    database: Database
    clock: Callable[[], datetime] = clock.now
    stopping: Event = field(default_factory=Event)

    def now(self) -> datetime:
        """The present."""
        return self.clock()
