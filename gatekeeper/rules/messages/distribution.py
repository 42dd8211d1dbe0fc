"""A report sent to many: to whom, what can become of each of them, and the sum that must hold at every moment.

1. Each recipient is a person and the investor for whom the person acts, and is decided by the policy as if alone.
2. Whoever subscribes to a report asks for it (PULL); to everybody else the firm sends it (PUSH). A subscription widens nothing.
3. What is sent is a link. A letter goes out at most once; of what nobody knows it is never tried again by itself.
4. Sent, refused, skipped, uncertain, not delivered and under way are together all of them, also while it runs.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from gatekeeper.rules.errors import N_, Fault, Invalid

MOST_NUMBERS = 20_000
"""So many client numbers are taken at once. Whoever has more sends by branch or category."""
_MOST_AT_ONCE = 100
_SECONDS = 60
_LONGEST = 40
_HEADINGS = frozenset({"客户编号", "client_number", "client number"})
_BETWEEN = re.compile(r"[\s,;，；、\ufeff]+")
_TOO_MANY = N_("These are more than %(most)s client numbers. Please send by branch or category, or in several parts.")
_TOO_LONG = N_("“%(value)s” is no client number: it is too long. Please give one client number in each line.")


class Interest(StrEnum):
    """What a subscription is about."""

    ANALYST = "ANALYST"
    INDUSTRY = "INDUSTRY"
    ISSUER = "ISSUER"
    KIND = "KIND"


class To(StrEnum):
    """To whom a report is sent."""

    SUBSCRIBERS = "SUBSCRIBERS"
    CLIENTS = "CLIENTS"
    BRANCH = "BRANCH"
    CLASS = "CLASS"
    CATEGORY = "CATEGORY"
    NUMBERS = "NUMBERS"


@dataclass(frozen=True, slots=True)
class Choice:
    """To whom, as somebody has chosen it: of which branch, class or category, or the client numbers."""

    to: To
    value: str = ""
    numbers: tuple[str, ...] = ()


class Progress(StrEnum):
    """Where a distribution stands."""

    RUNNING = "RUNNING"
    HALTED = "HALTED"
    DONE = "DONE"


class Result(StrEnum):
    """What became of one recipient."""

    PLANNED = "PLANNED"
    WAITING = "WAITING"
    ATTEMPTED = "ATTEMPTED"
    SENT = "SENT"
    INBOX = "INBOX"
    REFUSED = "REFUSED"
    HAS_IT = "HAS_IT"
    NO_SIGN_IN = "NO_SIGN_IN"
    NO_ADDRESS = "NO_ADDRESS"
    ONE_LETTER = "ONE_LETTER"
    UNCERTAIN = "UNCERTAIN"
    FAILED = "FAILED"


UNDER_WAY = frozenset({Result.PLANNED, Result.WAITING, Result.ATTEMPTED})
ARRIVED = frozenset({Result.SENT, Result.INBOX})
SKIPPED = frozenset({Result.HAS_IT, Result.NO_SIGN_IN, Result.NO_ADDRESS, Result.ONE_LETTER})
LETTERED = frozenset({Result.WAITING, Result.ATTEMPTED, Result.SENT, Result.UNCERTAIN, Result.FAILED})
"""Who has a letter, or had: no second one goes to the same person for another investor."""


@dataclass(frozen=True, slots=True)
class Totals:
    """How many recipients are in which state, and refused for which primary reason."""

    counts: Mapping[tuple[Result, str], int]

    def of(self, *states: Result) -> int:
        """How many are in these states."""
        return sum(number for (state, _), number in self.counts.items() if state in states)

    @property
    def all(self) -> int:
        """Everybody on the list."""
        return sum(self.counts.values())

    @property
    def sent(self) -> int:
        """Who has it by mail, or in the inbox where no mail is set up."""
        return self.of(*ARRIVED)

    @property
    def skipped(self) -> int:
        """Whom no letter goes to, without a refusal."""
        return self.of(*SKIPPED)

    @property
    def refused(self) -> int:
        """Whom the policy refuses."""
        return self.of(Result.REFUSED)

    @property
    def under_way(self) -> int:
        """Who is not decided yet, or waits for a letter."""
        return self.of(*UNDER_WAY)

    @property
    def reasons(self) -> dict[str, int]:
        """The refused by primary reason, most first."""
        found = [(reason, number) for (state, reason), number in self.counts.items() if state is Result.REFUSED]
        return dict(sorted(found, key=lambda each: (-each[1], each[0])))

    def to_data(self) -> dict[str, int]:
        """As an entry and a row keep it."""
        return {f"{state.value}:{reason}" if reason else state.value: number for (state, reason), number in self.counts.items()}

    @classmethod
    def from_data(cls, data: Mapping[str, int]) -> "Totals":
        """Read what ``to_data`` wrote."""
        parts = ((name.partition(":"), number) for name, number in data.items())
        return cls({(Result(state), reason): number for (state, _, reason), number in parts})


def letters_at_once(pace: int) -> int:
    """So many letters are taken at once as the mail server takes in a second: of these a process that dies leaves doubt."""
    return max(1, min(_MOST_AT_ONCE, pace // _SECONDS))


@dataclass(frozen=True, slots=True)
class Numbers:
    """Client numbers as they were typed, each once, in their order; how many came twice."""

    numbers: tuple[str, ...]
    repeated: int


def read_numbers(text: str) -> Numbers:
    """Client numbers from a list that was typed or pasted: one in each line, or with commas between."""
    found = [each for each in _BETWEEN.split(text) if each]
    return _once(found)


def read_column(rows: Sequence[Sequence[str]]) -> Numbers:
    """Client numbers from a table: the column that is headed so, or the first one."""
    if not rows:
        return Numbers((), 0)
    headings = [each.strip().casefold() for each in rows[0]]
    place = next((place for place, each in enumerate(headings) if each in _HEADINGS), None)
    body = rows if place is None else rows[1:]
    return _once([row[place or 0].strip() for row in body if len(row) > (place or 0) and row[place or 0].strip()])


def _once(found: Sequence[str]) -> Numbers:
    long = next((each for each in found if len(each) > _LONGEST), None)
    if long is not None:
        raise Invalid(Fault(_TOO_LONG, field="numbers", value=f"{long[:_LONGEST]}…"))
    numbers = tuple(dict.fromkeys(found))
    if len(numbers) > MOST_NUMBERS:
        raise Invalid(Fault(_TOO_MANY, field="numbers", most=MOST_NUMBERS))
    return Numbers(numbers, len(found) - len(numbers))
