"""How much other systems may ask: what this process holds in memory of it, so that a request costs no durable write.

An account has so many decisions each minute of the clock, over all workers together. A worker takes a tenth of what is left at
a time, in one write to the database, and spends it in memory: never more than the limit is answered, and towards the end of a
minute an account may be refused a little early, by what other workers have taken and not spent. What is not spent lapses.

Calls that prove nothing are counted by address, in this process alone: a flood of them costs neither a read nor a write.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.dialects import postgresql, sqlite

from gatekeeper.store.accounts.services import ApiBudget, ApiUse

MINUTE = 60
_TOUCH_AFTER = timedelta(minutes=1)
_PARTS = 10
_MOST_FAILURES = 30
"""So many calls a minute without a good token are looked at, from one address."""
_MOST_ADDRESSES = 10_000
_MOST_KNOWN = 1_000
_OTHERS = "others"

Take = Callable[[int], tuple[int, int]]
"""Takes so many decisions of this minute from the database; returns how many were given and how many are left there."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Whether decisions may be answered; how many more may be this minute, and in how many seconds the next one begins."""

    is_granted: bool
    remaining: int
    reset: int


@dataclass(slots=True)
class _Purse:
    """What this process has taken for one account and not spent, and what it knows to be left for others to take."""

    minute: int = -1
    held: int = 0
    left: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)


class Budgets:
    """What each account may still ask this minute, as far as this process knows."""

    def __init__(self) -> None:
        self._purses: dict[str, _Purse] = {}
        self._lock = threading.Lock()

    def spend(self, account: str, decisions: int, most: int, now: datetime, take: Take) -> Spent:
        """Spend decisions of an account that may have ``most`` of them a minute. All of them, or none."""
        minute, second = divmod(int(now.timestamp()), MINUTE)
        with self._lock:
            purse = self._purses.setdefault(account, _Purse())
        with purse.lock:
            if purse.minute != minute:
                purse.minute, purse.held, purse.left = minute, 0, most
            lacking = decisions - purse.held
            if 0 < lacking <= purse.left:
                given, purse.left = take(max(lacking, purse.left // _PARTS))
                purse.held += given
            is_granted = decisions <= purse.held
            if is_granted:
                purse.held -= decisions
            return Spent(is_granted, purse.held + purse.left, MINUTE - second)


class Strangers:
    """Calls without a good token, by address and minute. A token that was good here before is always looked at."""

    def __init__(self) -> None:
        self._minute = -1
        self._failures: dict[str, int] = {}
        self._known: set[bytes] = set()
        self._lock = threading.Lock()

    def is_flood(self, address: str, token_hash: bytes | None, now: datetime) -> bool:
        """Whether too many calls have failed from here this minute for another one to be looked at."""
        with self._lock:
            self._turn(now)
            return token_hash not in self._known and self._failures.get(self._name(address), 0) >= _MOST_FAILURES

    def failed(self, address: str, now: datetime) -> None:
        """Count a call that proved nothing."""
        with self._lock:
            self._turn(now)
            name = self._name(address)
            self._failures[name] = self._failures.get(name, 0) + 1

    def forget(self, token_hash: bytes) -> None:
        """A token that was good here before is not any more."""
        with self._lock:
            self._known.discard(token_hash)

    def know(self, token_hash: bytes) -> None:
        """Remember that this token was good. It is proven anew with each call all the same."""
        with self._lock:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            self._known.add(token_hash)

    def _turn(self, now: datetime) -> None:
        minute = int(now.timestamp()) // MINUTE
        if minute != self._minute:
            self._minute = minute
            self._failures.clear()

    def _name(self, address: str) -> str:
        """Whoever has one address of IPv6 has all of its network of 64 bits. Beyond a bound all others count as one."""
        try:
            found = ip_address(address)
        except ValueError:
            return _OTHERS
        name = address if found.version == 4 else str(ip_network(f"{address}/64", strict=False))  # noqa: PLR2004
        return name if name in self._failures or len(self._failures) < _MOST_ADDRESSES else _OTHERS


def _upsert(connection: Connection) -> Any:
    return postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert


def take(connection: Connection, client: str, token: int, wanted: int, most: int, now: datetime) -> tuple[int, int]:
    """Take decisions from what is left of an account's minute; return how many were given and how many are left.

    A worker whose clock is behind takes from the later minute that others have begun.
    """
    minute = int(now.timestamp()) // MINUTE
    into, budget = _upsert(connection), ApiBudget
    connection.execute(into(budget).values(client_id=client, minute=minute, taken=0).on_conflict_do_nothing())
    row = connection.execute(select(budget.minute, budget.taken).where(budget.client_id == client).with_for_update()).one()
    taken = row.taken if row.minute >= minute else 0
    given = max(min(wanted, most - taken), 0)
    columns = {"minute": max(row.minute, minute), "taken": taken + given}
    connection.execute(update(budget).where(budget.client_id == client).values(**columns))
    _touch(connection, token, now)
    return given, max(most - taken - given, 0)


def _touch(connection: Connection, token: int, now: datetime) -> None:
    """Note that a token was used, at most once a minute."""
    use = _upsert(connection)(ApiUse).values(token_id=token, last_at=now)
    old = ApiUse.last_at <= now - _TOUCH_AFTER
    connection.execute(use.on_conflict_do_update(index_elements=[ApiUse.token_id], set_={"last_at": now}, where=old))
