"""Who came when in the demonstration's last ninety days, drawn by a seeded chance: every demonstration has the same days."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from random import Random

_SEED = 20261113
_DAYS = 88
_WEEKEND = 5
_BUSY = (0, 1, 1, 1, 1, 2, 2)
"""How many visits a working day has."""

_HABITS: Mapping[str, tuple[int, tuple[str, ...]]] = {
    "client-c1": (8, ("r1", "r2", "r3")),
    "client-c2": (10, ("r1", "r2", "r3")),
    "client-c3": (14, ("r2", "r3", "r3", "r4")),
    "client-c4": (10, ("r3", "r4", "r4", "r5")),
    "client-c5": (9, ("r3", "r4", "r5", "r5")),
    "client-lowest": (4, ("r1", "r2")),
    "client-expired": (4, ("r2", "r3")),
    "client-suspended": (5, ("r2", "r3")),
    "client-pro": (7, ("r3", "r4", "r5")),
    "client-pro-b": (6, ("r2", "r4", "r5")),
    "client-pro-c": (7, ("r3", "r4", "r5", "r5")),
    "fund-manager": (6, ("r3", "r4", "r5")),
    "fund-analyst": (8, ("r3", "r4", "r5")),
    "fund-trader": (6, ("r2", "r3", "r5")),
}
"""How often somebody comes beside the others, and which grades catch the eye: some that the policy will refuse."""

_AWAY = 5
"""client-c3 has not been here for so many days and finds something new; a guest shows this account first."""

_DECLINES = 0.08
_BY_LINK = 0.8  # straight from a message to the report, without the list
_KEEPS = 0.4
_LOOKS_BACK = 0.12
_MISTYPES = 0.06
_ALSO_SECOND = 0.45
_PRIVATELY = 0.4


@dataclass(frozen=True, slots=True)
class Visit:
    """One visit: to which reports, whether the words were accepted, and what else the visitor did."""

    days_ago: int
    hour: int
    minute: int
    login: str
    reports: tuple[str, ...]
    accepts: bool = True
    by_link: bool = False
    keeps: bool = False
    looks_back: bool = False
    mistypes: bool = False
    privately: bool = False


_SURE = (
    Visit(17, 10, 5, "client-c2", ("r3-energy-storage", "r2-short-bond-funds")),
    Visit(6, 15, 20, "client-lowest", ("r3-toll-roads", "r1-treasury-market")),
    Visit(13, 9, 40, "client-pro-c", ("r5-offshore-high-yield", "r4-low-altitude")),
    Visit(12, 16, 0, "client-c3", ("r3-innovative-drugs", "r3-energy-storage"), keeps=True, looks_back=True),
    Visit(11, 20, 15, "client-c3", ("r3-toll-roads", "r3-convertible-bonds")),
    Visit(9, 14, 10, "client-expired", ("r2-high-grade-credit",)),
    Visit(6, 19, 30, "client-suspended", ("r3-container-ports-en",)),
    Visit(5, 11, 15, "client-pro", ("r5-autocallable-notes", "r5-offshore-high-yield")),
    Visit(4, 10, 30, "client-c5", ("r5-autocallable-notes",), accepts=False),
    Visit(3, 9, 10, "fund-trader", ("r3-convertible-bonds",)),
    Visit(2, 20, 45, "fund-trader", ("r3-convertible-bonds", "r1-treasury-market"), privately=True),
    Visit(_AWAY, 9, 30, "client-c3", ("r1-treasury-market",), keeps=True),
)
"""What whoever shows the demonstration relies on, whatever day it is."""


def visits(today: date, out: Mapping[str, date]) -> Iterator[Visit]:
    """The visits up to yesterday, in no order. ``out`` says since which day each report may be asked for."""
    yield from _SURE
    chance = Random(_SEED)  # noqa: S311  (a story, not a key)
    logins, weights = list(_HABITS), [often for often, _ in _HABITS.values()]
    for days_ago in range(_DAYS, 0, -1):
        day = today - timedelta(days=days_ago)
        many = chance.choice(_BUSY) if day.weekday() < _WEEKEND else chance.choice((0, 0, 1))
        for login in chance.choices(logins, weights, k=many):
            if login == "client-c3" and days_ago <= _AWAY:
                continue
            wanted = [_choice(chance, login, day, out) for _ in range(1 + (chance.random() < _ALSO_SECOND))]
            yield Visit(
                days_ago,
                chance.randrange(8, 21),
                chance.randrange(60),
                login,
                tuple(dict.fromkeys(filter(None, wanted))),
                accepts=chance.random() >= _DECLINES,
                by_link=chance.random() < _BY_LINK,
                keeps=chance.random() < _KEEPS,
                looks_back=chance.random() < _LOOKS_BACK,
                mistypes=chance.random() < _MISTYPES,
                privately=chance.random() < _PRIVATELY,
            )


def _choice(chance: Random, login: str, day: date, out: Mapping[str, date]) -> str:
    """A report of a grade that this visitor likes, rather a new one; empty where none is out yet."""
    grade = chance.choice(_HABITS[login][1])
    there = sorted((when, name) for name, when in out.items() if name.startswith(grade) and when < day)
    return chance.choice(there[-3:])[1] if there else ""
