"""What is told to whoever counts: the entries of each question and each act, once they are durable."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from gatekeeper.ledger.record import Event


class Meter:
    """Hears what became durable and how long that took. This one listens to nothing; a server has one that counts."""

    def asked(self, events: Sequence[Event], seconds: float) -> None:
        """A question was answered: from the first look at the facts until its entries were durable."""

    def acted(self, events: Sequence[Event], seconds: float) -> None:
        """An act was done: one transaction, with the wait for its turn. Bookkeeping has no entry."""

    def grouped(self, callers: int) -> None:
        """So many callers' entries were written in one transaction."""


def verdicts_of(event: Event) -> "Counter[tuple[str, str]]":
    """The decisions of an entry that holds many answers, each an outcome and the primary reason; none for any other entry."""
    told: Sequence[Any] = event.data.get("verdicts", ())
    found: Counter[tuple[str, str]] = Counter()
    for answer in event.data.get("answers", ()) if told else ():
        _initiative, outcome, reasons, *_ = told[answer[3]]
        found[outcome, reasons[0] if reasons else ""] += 1
    return found
