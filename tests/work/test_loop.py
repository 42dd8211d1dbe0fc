"""The loop: tasks are done when due, a failing one is logged and tried again, and everything ends when told."""

import json
import logging
import threading
from datetime import timedelta

import pytest

from gatekeeper.watching.logs import JsonLines
from gatekeeper.work import loop
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task
from tests.world import NOW

SECOND = timedelta(seconds=1)


@pytest.fixture
def office():
    return Office(settings=None, database=None, clock=lambda: NOW)  # type: ignore[arg-type]  # these tasks need neither


def test_tasks_are_done_again_and_again_beside_each_other_until_told_to_stop(office):
    done, held = [], threading.Event()

    def often(_):
        done.append(1)
        if len(done) == 3:
            held.set()

    tasks = [Task("slow", SECOND, lambda _: held.wait(5)), Task("often", timedelta(milliseconds=1), often)]
    threads = loop.start(office, tasks)
    assert held.wait(5), "the slow one is not waited for"
    loop.stop(office, threads)

    assert not any(each.is_alive() for each in threads)
    count = len(done)
    assert office.stopping.wait(0.02)
    assert len(done) == count


def test_a_task_that_raises_is_logged_without_its_words_and_tried_again(office, caplog):
    tries, well = [], threading.Event()

    def flaky(_):
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("the client Zhang San")
        well.set()

    with caplog.at_level(logging.INFO, "gatekeeper.work"):
        threads = loop.start(office, [Task("flaky", timedelta(milliseconds=1), flaky)])
        assert well.wait(5)
        loop.stop(office, threads)

    lines = [json.loads(JsonLines().format(record)) for record in caplog.records]
    failed = [(each["event"], each["task"], each["failures"], each.get("exception")) for each in lines]
    assert failed == [
        ("task.failed", "flaky", 1, "RuntimeError"),
        ("task.failed", "flaky", 2, "RuntimeError"),
        ("task.recovered", "flaky", 2, None),
    ]
    assert "Zhang" not in str(lines)


@pytest.mark.parametrize(
    ("every", "pauses"),
    [
        (SECOND, [1, 1, 2, 4, 8, 16, 32, 60, 60]),
        (timedelta(minutes=5), [300, 30, 60, 120, 240, 300, 300]),
        (timedelta(days=1), [86400, 30, 60, 120, 240, 480, 960, 1920, 3600, 3600]),
    ],
)
def test_after_failures_it_waits_shorter_first_and_then_longer(every, pauses):
    task = Task("any", every, lambda _: None)

    assert [task.pause(failures).total_seconds() for failures in range(len(pauses))] == pauses
    assert task.pause(10**6).total_seconds() == pauses[-1]


def test_once_does_each_and_tells_which_failed(office):
    done = []

    def broken(_):
        raise OSError

    tasks = [Task("one", SECOND, broken), Task("two", SECOND, lambda _: done.append(2))]

    assert loop.once(office, tasks) == ["one"]
    assert done == [2]
