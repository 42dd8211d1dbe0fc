"""The work process beside a server, as processes: it starts, comes back, and never outlives the server. Loopback only."""

import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from gatekeeper import installing
from tests.cli.conftest import variables
from tests.world import NOW

TOP = Path(__file__).parents[2]


@pytest.fixture
def given(tmp_path):
    """The environment of a small installation."""
    url = f"sqlite:///{tmp_path}/gatekeeper.db"
    installing.make_ready(url, "gatekeeper.example/test", NOW)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEKEEPER_")}
    own = {"GATEKEEPER_PORT": port, "GATEKEEPER_WORKERS": "1", "GATEKEEPER_SECURE_COOKIES": "no"}
    return kept | {"PYTHONPATH": str(TOP)} | variables(url, tmp_path) | own


@contextmanager
def started(given, *arguments):
    """A command in a process group of its own, of which nothing is left behind."""
    command = [sys.executable, "-m", "gatekeeper.cli", *arguments]
    with subprocess.Popen(command, cwd="/", env=given, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def next_event(process, *names):
    """The next line of the log that tells one of these."""
    for line in process.stderr:
        if line.startswith("{") and json.loads(line)["event"] in names:
            return json.loads(line)
    raise AssertionError(f"none of {names} was told")


def test_it_comes_with_the_server_comes_back_when_killed_and_does_not_outlive_it(given):
    with started(given, "serve") as serving:
        first = next_event(serving, "work.started")["pid"]
        os.kill(first, signal.SIGKILL)
        died = next_event(serving, "work.died")
        second = next_event(serving, "work.started")["pid"]
        serving.kill()
        ended = next_event(serving, "work.ended")

    assert (died["code"], died["again_in"]) == (-signal.SIGKILL, 1.0)
    assert second != first
    assert ended["pid"] == second


def test_it_ends_with_the_server(given):
    with started(given, "serve") as serving:
        pid = next_event(serving, "work.started")["pid"]
        serving.terminate()
        ended = next_event(serving, "work.ended")
        assert serving.wait(timeout=10) == 0

    assert ended["pid"] == pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.long
def test_alone_it_stops_when_told(given):
    with started(given, "work") as working:
        assert next_event(working, "work.started")["pid"] == working.pid
        working.send_signal(signal.SIGINT)
        assert next_event(working, "work.ended")["unfinished"] == []
        assert working.wait(timeout=10) == 0


@pytest.mark.long
def test_a_server_without_work_starts_none(given):
    with started(given, "serve", "--no-work") as serving:
        next_event(serving, "Started worker-1")
        with urllib.request.urlopen(f"http://127.0.0.1:{given['GATEKEEPER_PORT']}/sign-in", timeout=10) as page:
            assert page.status == 200
        serving.terminate()
        assert "work." not in serving.stderr.read()
