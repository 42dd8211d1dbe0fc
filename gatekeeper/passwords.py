"""Password hashes: argon2id with 19 MiB, one verification at a time in each process, never inside a transaction."""

import threading
from functools import cached_property

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gatekeeper.rules.errors import N_, Unavailable

MEMORY_KIB = 19_456
_PATIENCE = 5.0
_LONGEST = 128


class Passwords:
    """Makes and checks hashes. A wrong name costs what a wrong password costs."""

    def __init__(self, rounds: int, memory_kib: int = MEMORY_KIB) -> None:
        self._hasher = PasswordHasher(time_cost=rounds, memory_cost=memory_kib, parallelism=1)
        self._turn = threading.BoundedSemaphore(1)

    @cached_property
    def _nobody(self) -> str:
        return self._hasher.hash("nobody has this password")

    def hash(self, password: str) -> str:
        """Make the hash that is kept."""
        with self._turn:
            return self._hasher.hash(password)

    def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password belongs to the hash; without a hash, the same work and no."""
        if not self._turn.acquire(timeout=_PATIENCE):
            raise Unavailable(N_("Too many people are signing in at the moment. Please try again in a minute."))
        try:
            self._hasher.verify(password_hash or self._nobody, password[:_LONGEST])
        except (VerificationError, InvalidHashError):
            return False
        else:
            return password_hash is not None
        finally:
            self._turn.release()

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(password_hash)
