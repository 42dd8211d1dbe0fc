"""How a notice reaches somebody beside the inbox: the channels, what can become of one delivery, and when it is tried again.

1. A notice goes out at most once to each person by each channel. That it is tried is written down before anything is sent.
2. A try that was refused before anything was accepted has sent nothing, so it is made again after a pause, three times in all.
3. A try of which nobody knows whether it arrived is never made again by itself: a person asks the client.
"""

from datetime import datetime, timedelta
from enum import StrEnum


class NoticeKind(StrEnum):
    """What a notice is about. Names are kept for good: they are only ever added."""

    APPLICATION = "application"
    CHANGE = "change"
    EXPIRING = "expiring"
    POLICY = "policy"
    REPORT = "report"
    VERSION = "version"


class Channel(StrEnum):
    """A way to somebody beside the inbox: mail, or the firm's own gateway for short messages and WeChat."""

    MAIL = "MAIL"
    WEBHOOK = "WEBHOOK"


class State(StrEnum):
    """Where one delivery stands. DROPPED: there was nobody to send it to any more. ARRIVED: a person says that it did."""

    WAITING = "WAITING"
    ATTEMPTED = "ATTEMPTED"
    SENT = "SENT"
    FAILED = "FAILED"
    UNCERTAIN = "UNCERTAIN"
    NO_ADDRESS = "NO_ADDRESS"
    DROPPED = "DROPPED"
    ARRIVED = "ARRIVED"


class Trouble(StrEnum):
    """Why a person must call the client back."""

    FAILED = "FAILED"
    UNCERTAIN = "UNCERTAIN"
    NO_ADDRESS = "NO_ADDRESS"


TROUBLED = frozenset({State.FAILED, State.UNCERTAIN, State.NO_ADDRESS})
"""What waits for a call back."""
LEASE = timedelta(minutes=5)
"""How long a try may take: longer than any server is waited for. After that nobody knows what became of it."""
_PAUSES = (timedelta(minutes=10), timedelta(hours=1))
"""How long nothing is tried after the first and the second refusal. The third is the last."""


def again_at(tries: int, now: datetime) -> datetime | None:
    """When a delivery that was refused so often is tried again; None for never."""
    return now + _PAUSES[tries - 1] if tries <= len(_PAUSES) else None
