"""One-time links: how long one lives, when it is dead, and for how long it keeps two people apart.

1. A link sets one password, by a form that is sent. It lives 72 hours; a newer one for the same person ends it.
2. Whoever was handed somebody's link could have used it himself. For 30 days neither of the two decides a
   proposal of the other's.
"""

from datetime import datetime, timedelta
from enum import StrEnum

LIFE = timedelta(hours=72)
APART_FOR = timedelta(days=30)


class Purpose(StrEnum):
    """What a link is issued for."""

    ACTIVATION = "activation"
    RESET = "reset"


class State(StrEnum):
    """Whether a link still opens the form."""

    LIVE = "live"
    USED = "used"
    OVER = "over"


def state_of(*, used_at: datetime | None, ends_at: datetime, now: datetime) -> State:
    """The state of a link at an instant; its last instant is no longer part of its life."""
    if used_at is not None:
        return State.USED
    return State.LIVE if now < ends_at else State.OVER


def apart_since(now: datetime) -> datetime:
    """A link issued after this instant still keeps its issuer and its account apart."""
    return now - APART_FOR
