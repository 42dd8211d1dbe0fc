"""Password hashes: argon2id with 19 MiB, one at a time in each process, never inside a transaction.

Hashing is the dearest thing that a stranger can ask for. So it has one thread a process, to which the system gives time after all
others, and few may wait for it: a flood of sign-ins takes neither the processors nor the threads from those who read.
"""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import cached_property
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gatekeeper.rules.errors import N_, Unavailable

MEMORY_KIB = 19_456
MOST_AT_ONCE = 4
"""So many are hashed or wait for it, a tenth of a second's work: half of the threads that a worker usually has."""
_PATIENCE = 5.0
_LONGEST = 128
_NICE = 10
Made = TypeVar("Made")


class Passwords:
    """Makes and checks hashes. A wrong name costs what a wrong password costs."""

    def __init__(self, rounds: int, memory_kib: int = MEMORY_KIB) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory_kib, parallelism=1)
        self._room = threading.BoundedSemaphore(MOST_AT_ONCE)
        self._thread = ThreadPoolExecutor(1, "passwords", _after_others)

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Make the hash that is kept."""
        return self._thread.submit(self._hasher.hash, password).result()

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password belongs to the hash; without a hash, the same work and no."""
        return self._soon(lambda: self._is_right(password_hash or self._nobody, password)) and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)

    def _is_right(self, password_hash: str, password: str) -> bool:
        try:
            self._hasher.verify(password_hash, password[:_LONGEST])
        except (VerificationError, InvalidHashError):
            return False
        return True

    def _soon(self, work: Callable[[], Made]) -> Made:
        """Have it done in its turn; refuse where too many wait, or where it takes too long."""
        if not self._room.acquire(blocking=False):
            raise Unavailable(N_("Too many people are signing in at the moment. Please try again in a minute."))
        try:
            turn = self._thread.submit(work)
            try:
                return turn.result(timeout=_PATIENCE)
            except TimeoutError:
                turn.cancel()
                raise Unavailable(N_("Too many people are signing in at the moment. Please try again in a minute.")) from None
        finally:
            self._room.release()


def _after_others() -> None:
    """Let this thread go after others: on Linux a thread has a place in the queue of its own."""
    if sys.platform == "linux":
        with suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICE)
