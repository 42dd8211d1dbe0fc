"""What a search is for, and what one page of it is."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.rules.suitability import Decision
from gatekeeper.store.sending.distributions import initiative_of

At = TypeVar("At")
Thing = TypeVar("Thing")


@dataclass(frozen=True, slots=True)
class Wish:
    """What is meant to be done, None for an act that nobody knows; and who moves first.

    Without ``initiative`` who has subscribed has asked, and to others it is sent.
    """

    action: Action | None
    initiative: Initiative | None

    def moved(self, *, subscribes: bool) -> Initiative:
        """Who moves first where somebody has subscribed, or has not."""
        return self.initiative or initiative_of(subscribes)


@dataclass(frozen=True, slots=True)
class Page(Generic[At]):
    """How many results are wanted, after what."""

    limit: int
    after: At


@dataclass(frozen=True, slots=True)
class Found(Generic[Thing, At]):
    """Results in order, and after what the next page begins; None at the end. A page may be shorter than asked and go on.

    ``codes`` are those of the entries in which they stand.
    """

    results: tuple[Thing, ...]
    following: At | None
    codes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """What is permitted: the row that was found, who moves first, and the decision."""

    row: Any
    initiative: Initiative
    decision: Decision
