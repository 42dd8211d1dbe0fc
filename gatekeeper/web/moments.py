"""The instant that a page looks back to: a day or a time of it, as it stands in the address, in the firm's zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from flask import request

from gatekeeper.rules.errors import N_, Fault
from gatekeeper.rules.policy import valid_before
from gatekeeper.web import context

_LONGEST = 60


@dataclass(frozen=True, slots=True)
class When:
    """The instant that is asked about, as typed and as understood: the end of a day, or a time of it."""

    on: str
    at: str
    moment: datetime
    faults: tuple[Fault, ...] = ()

    @property
    def state(self) -> dict[str, Any]:
        """The same as it stands in an address."""
        return {"on": self.on, "time": self.at or None}


def asked() -> When:
    """Read the day; without one, now. The day that has not ended yet is looked at as it is now."""
    now, zone = context.now(), context.services().settings.time_zone
    on, at = (request.values.get(name, "").strip()[:_LONGEST] for name in ("on", "time"))
    try:
        day = date.fromisoformat(on) if on else now.astimezone(zone).date()
        clock = time.fromisoformat(at) if at else None
        moment = datetime.combine(day, clock, zone).astimezone(UTC) if clock else valid_before(day, zone) - datetime.resolution
        moment = now if moment > now and not clock and day == now.astimezone(zone).date() else moment
    except (ValueError, OverflowError):
        return When(on, at, now, (Fault(N_("Please give a date as year, month and day."), field="on"),))
    if moment > now:
        return When(on, at, now, (Fault(N_("Please choose a day that has come already."), field="on"),))
    return When(day.isoformat(), at, moment)
