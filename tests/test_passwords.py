"""Passwords: who may be checked, and that checking takes nothing from those who read."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gatekeeper.passwords import MOST_AT_ONCE, Passwords
from gatekeeper.rules.errors import Unavailable


@pytest.fixture
def passwords() -> Passwords:
    return Passwords(1, memory_kib=64)


def test_only_the_right_password_of_somebody_is_right(passwords):
    kept = passwords.hash("correct horse")

    assert passwords.verify(kept, "correct horse")
    assert not passwords.verify(kept, "battery staple")
    assert not passwords.verify(None, "nobody has this password"), "not even the one behind which nobody stands"
    assert not passwords.verify("not a hash", "correct horse")


def test_a_hash_of_other_parameters_is_outdated(passwords):
    assert not passwords.is_outdated(passwords.hash("a"))
    assert Passwords(2, memory_kib=64).is_outdated(passwords.hash("a"))


def test_one_is_hashed_at_a_time_and_few_wait_and_others_are_refused_at_once(passwords, monkeypatch):
    hold, busy, most = threading.Event(), [], []

    def slow(password_hash: str, password: str) -> None:
        busy.append(password)
        most.append(len(busy))
        assert hold.wait(20)
        busy.remove(password)

    monkeypatch.setattr(passwords, "_hasher", type("Slow", (), {"verify": staticmethod(slow)}))
    with ThreadPoolExecutor(MOST_AT_ONCE) as crowd:
        waiting = [crowd.submit(passwords.verify, "hash", str(number)) for number in range(MOST_AT_ONCE)]
        while passwords._room._value:
            pass
        with pytest.raises(Unavailable, match="Too many people"):
            passwords.verify("hash", "one too many")
        hold.set()
        assert all(each.result(20) for each in waiting)

    assert max(most) == 1
    assert passwords.verify("hash", "later")


@pytest.mark.skipif(sys.platform != "linux", reason="a thread has a priority of its own on Linux alone")
def test_hashing_goes_after_everything_else(passwords):
    passwords.verify(None, "a")
    found = passwords._thread.submit(lambda: os.getpriority(os.PRIO_PROCESS, threading.get_native_id())).result()

    assert found > os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
