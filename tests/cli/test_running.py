"""Servers as processes: they start, answer, refuse what is not ready, and stop when told. Loopback only."""

import fcntl
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from datetime import timedelta
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import click
import pytest
from alembic.script import ScriptDirectory

from gatekeeper import clock, installing, migrating
from gatekeeper.cli.root import gatekeeper
from gatekeeper.database import Database
from gatekeeper.demo import folder
from gatekeeper.demo.cast import ACCOUNTS, LATECOMER, NEWCOMER, PASSWORD
from gatekeeper.paths import newest_migration
from gatekeeper.rules.errors import Conflict
from gatekeeper.store.accounts import services
from gatekeeper.store.accounts.services import Standing
from gatekeeper.store.accounts.sessions import token_hash
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter
from tests.cli.conftest import Shell, variables
from tests.world import NOW

TOP = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "gatekeeper.cli"]


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GATEKEEPER_", "LC_", "LANG"))}
    return kept | {"PYTHONPATH": str(TOP), "LANG": "C.UTF-8"} | more


@contextmanager
def started(*arguments, **more):
    with subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd="/",
        env=environment(**more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    ) as process:
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def answer(url, patience=20.0):
    """The first answer of a server that is starting."""
    until = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310  (loopback)
                return response.status, response.read().decode()
        except urllib.error.URLError:
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def stop(process, how=signal.SIGINT):
    process.send_signal(how)
    out, err = process.communicate(timeout=20)
    return out, err, process.returncode


def demo_address(process):
    lines = []
    for line in process.stdout:
        lines.append(line)
        if found := re.search(r"http://127\.0\.0\.1:\d+/", line):
            return found[0], "".join(lines)
    raise AssertionError(process.stderr.read())


def sign_in(address, login):
    """The page behind the sign-in form."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    form = opener.open(f"{address}sign-in", timeout=10).read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', form) or re.search(r'value="([^"]+)"[^>]*name="csrf_token"', form)
    fields = urlencode({"login": login, "password": PASSWORD, "csrf_token": token[1]}).encode()
    return opener.open(f"{address}sign-in", fields, timeout=10).read().decode()


def first_start(place):
    """Make a demonstration's folder by its first start; tell what was printed, and how it ended."""
    with started("demo", "--port", 0, "--data", place) as process:
        address, shown = demo_address(process)
        assert answer(f"{address}sign-in")[0] == 200
        described = json.loads(answer(f"{address}access/v1/openapi.json")[1])
        out, err, code = stop(process)
    assert described["servers"] == [{"url": address.rstrip("/")}], "where to accept and to open is told to other systems"
    return shown + out, err, code


@pytest.fixture(scope="module")
def made(request, tmp_path_factory):
    """A demonstration's folder: made once for all processes of a run, and copied for this one."""
    own = tmp_path_factory.getbasetemp()
    shared = (own.parent if hasattr(request.config, "workerinput") else own) / "demonstration"
    shared.mkdir(exist_ok=True)
    with (shared / "lock").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        told = shared / "told.json"
        if not told.exists():
            told.write_text(json.dumps(first_start(shared / "folder")), "utf-8")
    place = tmp_path_factory.mktemp("demo") / "folder"
    shutil.copytree(shared / "folder", place)
    return place, *json.loads(told.read_text("utf-8"))


@pytest.mark.takes_long
def test_the_first_start_tells_who_may_sign_in_and_where_the_data_lies(made):
    place, shown, err, code = made

    for login, name, *_ in ACCOUNTS:
        assert re.search(rf"^{login} +{name} ", shown, re.MULTILINE)
    assert PASSWORD in shown
    assert "demonstration/folder" in shown
    assert place.is_dir()
    assert err.startswith("Making the demonstration in ")
    assert (code, "Traceback" in err) == (0, False)


def test_the_folder_is_its_owners_alone(made):
    place = made[0]

    assert place.stat().st_mode & 0o077 == 0
    assert (place / "secret").stat().st_mode & 0o077 == 0


def test_people_sign_in_after_the_second_start(made):
    with started("demo", "--port", 0, "--data", made[0]) as process:
        address, _ = demo_address(process)
        status, page = answer(f"{address}sign-in")
        inside = sign_in(address, "client-c3")
        _, err, code = stop(process)

    assert (status, code, err) == (200, 0, "")
    assert "明澈证券" in page
    assert "许安然" in inside


def test_the_port_that_is_taken_is_told_with_another_one(made):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ran = subprocess.run(
            [*COMMAND, "demo", "--port", str(port), "--data", made[0]],
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == (f"Port {port} of 127.0.0.1 is taken. Is Gatekeeper running already? Another one: --port {port + 1}\n")


def test_the_token_of_its_app_lies_beside_it_for_its_owner_alone(made):
    path = made[0] / folder.TOKEN_FILE
    assert path.stat().st_mode & 0o777 == 0o600
    database = Database(f"sqlite:///{made[0]}/gatekeeper.db")
    try:
        with database.reading() as connection:
            found = services.proven(connection, token_hash(path.read_text("ascii").strip()), clock.now())
    finally:
        database.dispose()
    assert found is not None
    assert found.standing is Standing.LIVE


def test_what_happened_in_it_happened_in_order_and_by_two_people(made):
    database = Database(f"sqlite:///{made[0]}/gatekeeper.db")
    try:
        with database.reading() as connection:
            rows = entries.search(connection, Filter(), None, 5000)
            closed = set(connection.exec_driver_sql("SELECT login FROM person WHERE password_hash IS NULL").scalars())
            waiting = set(connection.exec_driver_sql("SELECT kind FROM proposal WHERE state = 'PENDING'").scalars())
    finally:
        database.dispose()
    kinds = [row.kind for row in rows[::-1]]

    brought_in = {login for login in closed if login.startswith("client-050")}
    assert closed - brought_in == {NEWCOMER.login, LATECOMER.login}
    assert len(brought_in) == 20, "whom the imported file brought in has no password yet"
    assert waiting == {"classification", "import", "publication", "questionnaire", "service", "staff", "statement"}
    assert 600 < len(rows) < 2000
    assert [row.at for row in rows] == [row.at for row in sorted(rows, key=lambda row: -row.id)]
    assert {row.log for row in rows} == {"gatekeeper.demo/demo"}
    before = kinds[: kinds.index("staff.bootstrapped")]
    assert before[0] == "log.started"
    assert {"policy.installed", "statement.installed"} <= set(before)
    assert all(kind.endswith(".installed") for kind in before[1:])
    assert len(list((TOP / "gatekeeper" / "demo" / "reports").glob("*.txt"))) == 16
    assert kinds.count("report.published") == 17, "one of them has a corrected version"
    assert set(kinds) >= {
        *(
            "report.opened",
            "report.refused",
            "report.regraded",
            "report.reviewed",
            "report.stopped",
            "statement.accepted",
            "statement.declined",
        ),
        *("classification.approved", "classification.lowered", "classification.rejected", "classification.withdrawn"),
        *("staff.rejected", "sign_in.failed", "sign_in.locked", "investor.chosen", "ledger.searched", "entry.read"),
        *("classification.corrected", "report.bookmarked", "statement.approved", "view.saved"),
    }
    assert {row.reason for row in rows} >= {
        *("account_suspended", "assessment_expired", "audience_not_eligible", "category_below_grade", "lowest_category"),
        *("no_service_contract", "profile_incomplete", "report_withdrawn"),
    }
    decided = {row.at.date() for row in rows if row.outcome and rows[0].at - row.at < timedelta(days=90)}
    assert len(decided) > 40


def test_every_decision_of_its_history_comes_out_again_as_it_was_logged(made, tmp_path):
    replayed = Shell(variables(f"sqlite:///{made[0]}/gatekeeper.db", tmp_path))("ledger", "replay", "--json").json

    assert replayed["differences"] == 0
    assert replayed["decisions"] > 100
    assert replayed["lists"] > 10


def test_a_folder_with_other_files_is_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("mine")

    with pytest.raises(Conflict, match="holds other files"):
        folder.ready(tmp_path, NOW, print)
    assert [each.name for each in tmp_path.iterdir()] == ["thesis.txt"]


def test_the_names_of_files_tell_the_tables_that_alembic_knows():
    assert newest_migration() == ScriptDirectory.from_config(migrating.config("")).get_current_head()


def test_data_of_another_version_is_made_anew_with_a_word(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(folder, "_make_anew", lambda place, *_: said.append(place.name))
    (tmp_path / "gatekeeper.db").write_bytes(b"old")
    (tmp_path / "demo.json").write_text(json.dumps({"revision": "0000_older"}))

    folder.ready(tmp_path, NOW, lambda message, **_: said.append(message))

    assert said == [folder._OTHER, tmp_path.name]


@pytest.fixture
def ready(tmp_path):
    url = f"sqlite:///{tmp_path}/gatekeeper.db"
    installing.make_ready(url, "gatekeeper.example/test", NOW)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return variables(url, tmp_path) | {"GATEKEEPER_PORT": str(port), "GATEKEEPER_SECURE_COOKIES": "no"}


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_serve_answers_and_stops_when_told(ready, how):
    with started("serve", **ready) as process:
        status, _ = answer(f"http://127.0.0.1:{ready['GATEKEEPER_PORT']}/sign-in")
        begun = time.monotonic()
        out, err, code = stop(process, how)

    assert (status, code, out) == (200, 0, "")
    assert time.monotonic() - begun < 10
    assert {"at", "level", "logger", "event"} <= set(json.loads(err.splitlines()[0]))
    assert "127.0.0.1" not in "".join(line for line in err.splitlines() if "Listening" not in line)


def test_a_server_made_before_its_workers_holds_no_connection_and_no_thread(ready, tmp_path):
    held = [each.name for each in tmp_path.iterdir()]
    code = f"""if True:
        import threading
        from pathlib import Path
        from gatekeeper.app import from_environment
        assert from_environment() is from_environment()
        opened = [each.resolve().name for each in Path("/proc/self/fd").iterdir()]
        print(threading.active_count(), [name for name in opened if name in {held}])
    """
    given = environment(**ready)
    ran = subprocess.run([sys.executable, "-c", code], env=given, capture_output=True, text=True, check=True, timeout=60)

    assert ran.stdout == "1 []\n"


def test_serve_does_not_start_on_a_database_that_is_behind(tmp_path):
    given = variables(f"sqlite:///{tmp_path}/new.db", tmp_path)
    ran = subprocess.run([*COMMAND, "serve"], env=environment(**given), capture_output=True, text=True, check=False, timeout=60)

    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr == "The database does not have this version's tables. Run: gatekeeper db upgrade\n"
    assert not (tmp_path / "new.db").exists()


def test_a_reader_that_has_seen_enough_is_no_fault(made):
    given = folder.variables(made[0])
    ran = subprocess.run(
        ["/bin/sh", "-c", '"$0" -m gatekeeper.cli ledger tail -n 1000 | head -n 1', sys.executable],
        env=environment(**given),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert ran.stderr == ""
    assert ran.stdout.startswith("Time")


def test_whoever_looks_for_a_command_waits_for_none_of_them():
    code = "import sys; from gatekeeper.cli import main; sys.argv[1:] = ['--help']; sys.exit(main())"
    loaded = [sys.executable, "-X", "importtime", "-c", code]
    ran = subprocess.run(loaded, env=environment(), capture_output=True, text=True, check=True, timeout=60)

    assert all(f"\n  {name} " in ran.stdout for name in gatekeeper.list_commands(None))
    assert not re.search(r"\| +(sqlalchemy|flask|alembic|granian|gatekeeper\.cli\.\w+\.\w+)$", ran.stderr, re.MULTILINE)


def test_every_command_explains_itself():
    for name in gatekeeper.list_commands(None):
        command = gatekeeper.get_command(None, name)
        for each in getattr(command, "commands", {"": command}).values():
            assert each.help, each.name
            assert all(option.help for option in each.params if isinstance(option, click.Option)), each.name
