"""The one way to the data: nothing is answered before it is durable; whatever fails is said plainly and leaves nothing behind."""

import ast
import contextlib
import fcntl
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from psycopg import sql
from sqlalchemy import event as events
from sqlalchemy import make_url, text
from sqlalchemy.exc import IntegrityError

from gatekeeper.database import Database
from gatekeeper.ledger.record import append
from gatekeeper.rules.errors import Invalid, NotPermitted, Unavailable
from gatekeeper.store.accounts import sessions
from tests.ledger.raw import asking, event, leaves, opened
from tests.ledger.test_record import check_chains, check_columns
from tests.ledger.worker import work
from tests.processes import FORKS
from tests.product import nodes
from tests.world import World


@pytest.fixture
def url(database_url):
    return database_url[0]


@pytest.fixture
def sqlite_url(sqlite_template, tmp_path):
    path = tmp_path / "gatekeeper.db"
    shutil.copy(sqlite_template[0], path)
    return f"sqlite:///{path}"


@pytest.fixture
def sqlite(sqlite_url):
    database = Database(sqlite_url)
    yield database
    database.dispose()


@pytest.fixture
def postgres_url(postgres_server, postgres_template):
    url = postgres_server.create_database(postgres_template[0])
    yield url
    postgres_server.drop_database(url)


@pytest.fixture
def postgres(postgres_url):
    database = Database(postgres_url)
    yield database
    database.dispose()


def codes(url: str) -> Counter[str]:
    with opened(url) as raw:
        return Counter(each["code"] for each in leaves(raw))


def sound(url: str) -> None:
    with opened(url) as raw:
        check_chains(raw)
        check_columns(raw)


# --------------------------------------------------------------------------------------------- nothing before it is durable


@contextlib.contextmanager
def failing_commits(database: Database, url: str = "", error: BaseException | None = None):
    """Every commit of the writers fails: on PostgreSQL by a check that the server leaves for the commit."""
    error = error or sqlite3.OperationalError("the disk is gone")
    if not database.is_sqlite:
        with opened(url) as raw:
            raw.execute(
                "CREATE FUNCTION no_commit() RETURNS trigger LANGUAGE plpgsql AS $$ "
                "BEGIN RAISE EXCEPTION 'the disk is gone' USING ERRCODE = '58030'; END $$"
            )
            raw.execute(
                "CREATE CONSTRAINT TRIGGER no_commit AFTER INSERT ON ledger_pending DEFERRABLE INITIALLY DEFERRED "
                "FOR EACH ROW EXECUTE FUNCTION no_commit()"
            )
            yield
            raw.execute("DROP FUNCTION no_commit CASCADE")
        return

    def fail(_):
        raise error

    engines = {database._writer, database._recorder}
    real = {engine: engine.dialect.do_commit for engine in engines}
    for engine in engines:
        engine.dialect.do_commit = fail
    yield
    for engine in engines:
        engine.dialect.do_commit = real[engine]


def test_an_answer_is_given_once_its_entry_is_there(world: World, url):
    one, two = event(), event()

    assert world.database.record(asking(one, two, answer="here")) == "here"

    assert codes(url)[one.code] == codes(url)[two.code] == 1


def test_a_commit_that_fails_gives_no_answer_and_leaves_no_entry(world: World, url):
    database = world.database
    before = codes(url)

    with failing_commits(database, url):
        with pytest.raises(Unavailable, match="nothing was done"):
            database.record(asking(event()))
        with pytest.raises(Unavailable, match="nothing was done"):
            database.transact(append, event())

    assert codes(url) == before
    database.record(asking(event()))
    database.transact(append, event())
    assert codes(url).total() == before.total() + 2
    sound(url)


def test_an_answer_without_an_entry_is_never_given(world: World):
    with pytest.raises(RuntimeError, match="without an entry"):
        world.database.record(asking())


def test_what_a_question_raises_is_raised_and_nothing_is_written(world: World, url):
    before = codes(url)

    def ask(_):
        raise NotPermitted("no")

    def act(connection):
        append(connection, event())
        raise NotPermitted("no")

    for door, todo in ((world.database.record, ask), (world.database.transact, act), (world.database.note, act)):
        with pytest.raises(NotPermitted):
            door(todo)
    assert codes(url) == before


def test_the_cause_is_in_the_servers_log_and_not_in_the_sentence(world: World, caplog):
    with pytest.raises(Unavailable) as raised:
        world.database.transact(lambda connection: connection.execute(text("SELECT secret FROM nowhere")))

    assert "nowhere" not in str(raised.value)
    [logged] = caplog.records
    assert logged.message == "database.failed"
    assert logged.cause_code in {"SQLITE_ERROR", "42P01"}
    assert "secret" not in caplog.text


def test_reading_is_only_reading(world: World, url):
    with opened(url) as raw:
        raw.execute("CREATE TABLE scratch (a integer)")

    for statement in ("INSERT INTO scratch VALUES (1)", "UPDATE person SET name = 'x'", "DELETE FROM bookmarks"):
        for reading in (world.database.reading, world.database.looking):
            with pytest.raises(Unavailable), reading() as connection:
                connection.execute(text(statement))
    with opened(url) as raw:
        assert raw.one("SELECT count(*) FROM scratch") == 0
        assert raw.one("SELECT count(*) FROM person WHERE name = 'x'") == 0


def test_a_question_on_sqlite_cannot_write(sqlite: Database, sqlite_url):
    before = codes(sqlite_url)

    def ask(connection):
        connection.execute(text("UPDATE person SET name = 'x'"))
        return asking(event())(connection)

    with pytest.raises(Unavailable):
        sqlite.record(ask)
    assert codes(sqlite_url) == before


def test_a_reading_on_sqlite_and_every_question_see_one_snapshot(world: World, url):
    count = text("SELECT count(*) FROM ledger_entry")

    def ask(connection):
        first = connection.execute(count).scalar_one()
        world.database.transact(append, event())
        assert connection.execute(count).scalar_one() == first
        return asking(event())(connection)

    world.database.record(ask)


def test_a_look_on_sqlite_begins_no_transaction_and_each_sees_what_stands_by_then(sqlite: Database):
    count, found = text("SELECT count(*) FROM ledger_entry"), []
    with sqlite.reading():
        """From now on a connection waits."""
    for _ in range(2):
        with sqlite.looking() as connection:
            found.append(connection.execute(count).scalar_one())
            assert not connection.connection.driver_connection.in_transaction
        sqlite.transact(append, event())
    assert found[1] == found[0] + 1


def test_a_transaction_inside_another_is_refused_and_not_waited_for(sqlite: Database):
    with pytest.raises(RuntimeError, match="inside another"):
        sqlite.transact(lambda _: sqlite.transact(append, event()))
    with pytest.raises(RuntimeError, match="inside another"):
        sqlite.transact(lambda _: sqlite.record(asking(event())))

    sqlite.transact(append, event())


@pytest.mark.parametrize("value", ["a\x00b", "\ud800"], ids=["nul", "half a character"])
def test_what_no_database_can_hold_is_the_callers_fault(world: World, url, value):
    before = codes(url)

    with pytest.raises(Invalid, match="cannot be kept"):
        world.database.record(asking(event(private={"words": value})))
    with pytest.raises(Invalid, match="cannot be kept"):
        world.database.transact(append, event(private={"words": value}))
    assert codes(url) == before


def test_a_search_for_what_no_database_can_hold_is_the_callers_fault(postgres: Database, sqlite: Database):
    for database, value in ((postgres, "a\x00b"), (postgres, "\ud800"), (sqlite, "\ud800"), (sqlite, 10**30)):
        with pytest.raises(Invalid, match="cannot be kept"), database.reading() as connection:
            connection.execute(text("SELECT 1 FROM person WHERE name = :a"), {"a": value})


# ------------------------------------------------------------------------------------------------------------- group commit


def together(database: Database, *todo, wait: float = 20):
    """Run these on a thread each, all waiting at one moment; return what each gave or raised."""

    def run(each):
        try:
            return each()
        except BaseException as error:  # noqa: BLE001  (it is what the test looks at)
            return error

    with ThreadPoolExecutor(len(todo)) as threads:
        with database._turns.taken():
            futures = [threads.submit(run, each) for each in todo]
            until = time.monotonic() + wait
            while len(database._waiting.queue) < len(todo) - 1 and time.monotonic() < until:
                time.sleep(0.005)
        return [future.result(wait) for future in futures]


@contextlib.contextmanager
def counted(database: Database, name: str):
    """Count an event of the writing engine."""
    seen: list[int] = []

    def count(*_):
        seen.append(1)

    events.listen(database._writer, name, count)
    yield seen
    events.remove(database._writer, name, count)


def test_entries_that_wait_at_one_moment_share_a_transaction_and_each_caller_gets_its_own(sqlite: Database, sqlite_url):
    made = [event(data={"number": number}) for number in range(32)]
    before = codes(sqlite_url).total()

    with counted(sqlite, "commit") as commits:
        got = together(sqlite, *(lambda each=each: sqlite.record(asking(each, answer=each.code)) for each in made))

    assert got == [each.code for each in made]
    assert len(commits) <= 2, "the leader's own, and one for all who came while it waited"
    found = codes(sqlite_url)
    assert all(found[each.code] == 1 for each in made)
    assert found.total() == before + 32
    sound(sqlite_url)


def test_many_threads_for_some_time(world: World, url):
    before = codes(url).total()

    def work(_):
        made = [event() for _ in range(10)]
        for each in made:
            assert world.database.record(asking(each, answer=each.code)) == each.code
        return made

    with ThreadPoolExecutor(16) as threads:
        made = [each for done in threads.map(work, range(16)) for each in done]

    found = codes(url)
    assert all(found[each.code] == 1 for each in made)
    assert found.total() == before + 160
    sound(url)


def test_a_batch_has_an_end_and_the_rest_is_written_next(sqlite: Database, sqlite_url, monkeypatch):
    monkeypatch.setattr("gatekeeper.database._BATCH", 5)
    made = [event() for _ in range(23)]

    with counted(sqlite, "commit") as commits:
        got = together(sqlite, *(lambda each=each: sqlite.record(asking(each, answer=each.code)) for each in made))

    assert got == [each.code for each in made]
    assert len(commits) in {5, 6}
    sound(sqlite_url)


def test_an_entry_that_has_no_leaf_fails_its_own_caller_alone(sqlite: Database, sqlite_url):
    good = [event() for _ in range(8)]
    bad = [event(data={"a": 0.5}), event(private={"words": "\x00"}), event(private={"words": 7}), event(actor=None)]
    mixed = [*good[:4], *bad, *good[4:]]

    got = together(sqlite, *(lambda each=each: sqlite.record(asking(event(), each, answer=each.code)) for each in mixed))

    assert [type(each) for each in got] == [str] * 4 + [ValueError, Invalid, TypeError, ValueError] + [str] * 4
    found = codes(sqlite_url)
    assert all(found[each.code] == 1 for each in good)
    assert not any(each.code in found for each in bad)
    sound(sqlite_url)


def test_a_commit_that_fails_fails_everybody_in_it_and_nobody_is_lost_or_written_twice(sqlite: Database, sqlite_url):
    before = codes(sqlite_url)
    made = [event() for _ in range(12)]
    with failing_commits(sqlite):
        got = together(sqlite, *(lambda each=each: sqlite.record(asking(each)) for each in made))

    assert {type(each) for each in got} == {Unavailable}
    assert len(set(map(id, got))) == 12, "each has an error of its own"
    assert codes(sqlite_url) == before
    for each in made:
        sqlite.record(asking(each))
    assert all(codes(sqlite_url)[each.code] == 1 for each in made)
    sound(sqlite_url)


def test_a_leader_that_is_interrupted_leaves_nobody_waiting(sqlite: Database, sqlite_url):
    before = codes(sqlite_url)
    with failing_commits(sqlite, error=KeyboardInterrupt()):
        got = together(sqlite, *(lambda: sqlite.record(asking(event())) for _ in range(8)))

    kinds = Counter(type(each) for each in got)
    assert kinds[KeyboardInterrupt] >= 1, "whoever was interrupted"
    assert kinds[KeyboardInterrupt] + kinds[Unavailable] == 8
    assert codes(sqlite_url) == before
    sqlite.record(asking(event()))
    sound(sqlite_url)


def test_who_is_interrupted_while_it_waits_keeps_nobody_else_waiting(sqlite: Database, sqlite_url):
    def interrupt(*_):
        raise KeyboardInterrupt

    lost, later = event(), event()
    with Path(sqlite_url.removeprefix("sqlite:///") + ".lock").open("wb") as file, ThreadPoolExecutor(2) as threads:
        fcntl.flock(file, fcntl.LOCK_EX)
        leading = threads.submit(sqlite.record, asking(event()))
        while not sqlite._waiting.is_led:
            time.sleep(0.005)
        before = signal.signal(signal.SIGALRM, interrupt)
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.2)
            with pytest.raises(KeyboardInterrupt):
                sqlite.record(asking(lost))
        finally:
            signal.signal(signal.SIGALRM, before)
        following = threads.submit(sqlite.record, asking(later))
        fcntl.flock(file, fcntl.LOCK_UN)
        assert (leading.result(10), following.result(10)) == ("answer", "answer")

    assert (codes(sqlite_url)[later.code], codes(sqlite_url)[lost.code]) == (1, 0)
    sound(sqlite_url)


# ---------------------------------------------------------------------------------------------------------- several processes


def test_several_processes_write_one_file_in_turns(sqlite_url):
    before = codes(sqlite_url).total()
    start, results = FORKS.Barrier(4), FORKS.Queue()
    processes = [FORKS.Process(target=work, args=(sqlite_url, start, 50, results)) for _ in range(4)]
    for each in processes:
        each.start()
    done = [results.get(timeout=60) for _ in processes]
    for each in processes:
        each.join(20)

    assert [each.exitcode for each in processes] == [0] * 4
    assert codes(sqlite_url).total() == before + 200
    with opened(sqlite_url) as raw:
        order = [each["data"]["process"] for each in leaves(raw) if "process" in each["data"]]
    assert set(Counter(order).values()) == {50}
    assert {pid for pid, _ in done} == set(order)
    assert max(longest for _, longest in done) < 5, "nobody starves"
    sound(sqlite_url)


def test_the_lock_file_is_let_go_whatever_happens(sqlite: Database, sqlite_url):
    def fail(_):
        raise NotPermitted("no")

    with pytest.raises(NotPermitted):
        sqlite.transact(fail)
    with failing_commits(sqlite), pytest.raises(Unavailable):
        sqlite.record(asking(event()))

    with Path(sqlite_url.removeprefix("sqlite:///") + ".lock").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def test_a_process_waits_while_another_holds_the_lock(sqlite: Database, sqlite_url):
    with Path(sqlite_url.removeprefix("sqlite:///") + ".lock").open("wb") as file, ThreadPoolExecutor(2) as threads:
        fcntl.flock(file, fcntl.LOCK_EX)
        waiting = [threads.submit(sqlite.record, asking(event())), threads.submit(sqlite.transact, append, event())]
        time.sleep(0.1)
        assert not any(each.done() for each in waiting)
        fcntl.flock(file, fcntl.LOCK_UN)
        assert waiting[0].result(10) == "answer"
        assert waiting[1].result(10) > 0


def test_one_file_has_one_lock_by_whatever_name(sqlite_url, tmp_path):
    (tmp_path / "link.db").symlink_to(sqlite_url.removeprefix("sqlite:///"))

    one, other = Database(sqlite_url), Database(f"sqlite:///{tmp_path / 'link.db'}")
    other.transact(append, event())

    assert one._turns._path == other._turns._path
    assert not (tmp_path / "link.db.lock").exists()
    one.dispose()
    other.dispose()


# -------------------------------------------------------------------------------------------------------------------- retries


def _asks_again(sqlstate: str, times: int):
    tried: list[int] = []

    def act(connection):
        append(connection, event(data={"try": len(tried)}))
        tried.append(1)
        if len(tried) <= times:
            connection.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = '{sqlstate}'; END $$"))
        return len(tried)

    return act, tried


@pytest.mark.parametrize("sqlstate", ["40001", "40P01"])
def test_an_act_is_done_again_when_postgresql_asks_for_it(postgres: Database, postgres_url, sqlstate):
    before = codes(postgres_url).total()
    act, _ = _asks_again(sqlstate, 2)

    assert postgres.transact(act) == 3

    assert codes(postgres_url).total() == before + 1
    with opened(postgres_url) as raw:
        assert leaves(raw)[-1]["data"] == {"try": 2}
    sound(postgres_url)


def test_an_act_is_not_tried_for_ever_nor_for_another_reason(postgres: Database, postgres_url):
    before = codes(postgres_url)
    for sqlstate, tries in (("40001", 3), ("53100", 1), ("P0001", 1)):
        act, tried = _asks_again(sqlstate, 9)
        with pytest.raises(Unavailable):
            postgres.transact(act)
        assert len(tried) == tries
    assert codes(postgres_url) == before


def test_two_acts_that_lock_crosswise_are_both_done(postgres: Database):
    with postgres.reading() as connection:
        rows = connection.execute(text("SELECT id FROM person ORDER BY id LIMIT 2")).scalars().all()
    meeting = threading.Barrier(2)

    def act(connection, first, second, seen):
        append(connection, event())
        connection.execute(text("SELECT 1 FROM person WHERE id = :id FOR UPDATE"), {"id": first})
        if not seen:
            seen.append(1)
            meeting.wait(10)
        connection.execute(text("SELECT 1 FROM person WHERE id = :id FOR UPDATE"), {"id": second})
        return "done"

    with ThreadPoolExecutor(2) as threads:
        futures = [threads.submit(postgres.transact, act, *order, []) for order in (rows, rows[::-1])]
        assert [each.result(20) for each in futures] == ["done", "done"]


# ---------------------------------------------------------------------------------------------------------------- environment


def until_it_is_full(database: Database, ask) -> None:
    for _ in range(50):
        try:
            database.record(ask)
        except Unavailable:
            return
    pytest.fail("it never was")


def test_a_full_disk_refuses_and_leaves_nothing_and_goes_on_when_there_is_room(sqlite_url):
    database = Database(sqlite_url)
    room: dict[str, int] = {"pages": 10**6}

    def limit(connection, _):
        connection.execute(f"PRAGMA max_page_count = {room['pages']}")

    events.listen(
        database._writer, "connect", limit, insert=True
    )  # before the service's own, after which no setting can be changed
    with opened(sqlite_url) as raw:
        room["pages"] = raw.one("PRAGMA page_count") + 2
    big = "x" * 20_000
    until_it_is_full(database, asking(event(private={"words": big})))
    full = codes(sqlite_url)
    with pytest.raises(Unavailable):
        database.transact(append, event(private={"words": big}))
    assert codes(sqlite_url) == full
    sound(sqlite_url)

    room["pages"] = 10**6
    database.dispose()
    database.record(asking(event(private={"words": big})))
    assert codes(sqlite_url).total() == full.total() + 1
    sound(sqlite_url)
    database.dispose()


def test_more_than_a_socket_takes_at_once_is_recorded_whole(postgres: Database, postgres_url):
    """Entries of a large batch travel in one message; neither side waits for the other."""
    large = [event(data={"x": "y" * 60_000}, private={"words": "z" * 60_000}) for _ in range(40)]
    before = codes(postgres_url)

    assert postgres.record(asking(*large)) == "answer"

    assert (codes(postgres_url) - before).total() == len(large)


def test_a_full_disk_of_postgresql_does_the_same(postgres: Database, postgres_url):
    before = codes(postgres_url)
    with opened(postgres_url) as raw:
        raw.execute(
            "CREATE FUNCTION disk_full() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$"
        )
        raw.execute("CREATE TRIGGER disk_full AFTER INSERT ON ledger_private FOR EACH ROW EXECUTE FUNCTION disk_full()")
        for door, todo in ((postgres.record, asking(event(private={"a": "b"}))), (postgres.transact, _private)):
            with pytest.raises(Unavailable):
                door(todo)
        assert codes(postgres_url) == before
        raw.execute("DROP TRIGGER disk_full ON ledger_private")

    postgres.record(asking(event(private={"a": "b"})))
    postgres.transact(_private)
    assert codes(postgres_url).total() == before.total() + 2
    sound(postgres_url)


def _private(connection):
    return append(connection, event(private={"a": "b"}))


def everything_is_refused(database: Database) -> None:
    with pytest.raises(Unavailable):
        database.record(asking(event()))
    with pytest.raises(Unavailable):
        database.transact(append, event())
    with pytest.raises(Unavailable), database.reading() as connection:
        connection.execute(text("SELECT count(*) FROM policy")).scalar_one()


def everything_works(database: Database, url: str) -> None:
    before = codes(url).total()
    database.record(asking(event()))
    database.transact(append, event())
    with database.reading() as connection:
        assert connection.execute(text("SELECT count(*) FROM ledger_entry")).scalar_one() == before + 2
    sound(url)


def test_a_file_that_is_gone_refuses_and_is_not_made_anew(sqlite: Database, sqlite_url, tmp_path):
    path, away = Path(sqlite_url.removeprefix("sqlite:///")), tmp_path / "away.db"
    everything_works(sqlite, sqlite_url)
    with opened(sqlite_url) as raw:
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.rename(away)

    everything_is_refused(sqlite)
    everything_is_refused(sqlite)
    assert not path.exists()

    away.rename(path)
    everything_works(sqlite, sqlite_url)


def test_a_file_that_was_replaced_is_written_and_not_the_one_that_nobody_finds_any_more(
    sqlite: Database, sqlite_url, sqlite_template
):
    everything_works(sqlite, sqlite_url)
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    for name in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
        name.unlink(missing_ok=True)
    shutil.copy(sqlite_template[0], path)

    everything_works(sqlite, sqlite_url)


def test_a_file_that_never_was_refuses(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'nothing.db'}")

    everything_is_refused(database)
    assert not (tmp_path / "nothing.db").exists()
    database.dispose()


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_a_file_that_may_not_be_written_refuses(sqlite_url):
    path = Path(sqlite_url.removeprefix("sqlite:///"))
    path.chmod(0o400)
    database = Database(sqlite_url)

    with pytest.raises(Unavailable):
        database.record(asking(event()))
    path.chmod(0o600)
    everything_works(database, sqlite_url)
    database.dispose()


def test_a_lock_file_that_cannot_be_had_refuses(sqlite: Database, sqlite_url):
    lock = Path(sqlite_url.removeprefix("sqlite:///") + ".lock")
    lock.unlink(missing_ok=True)
    lock.mkdir()

    with pytest.raises(Unavailable):
        sqlite.record(asking(event()))
    with pytest.raises(Unavailable):
        sqlite.transact(append, event())

    lock.rmdir()
    everything_works(sqlite, sqlite_url)


def hang_up(server, url: str) -> None:
    """End every connection to a database, as a restart of the server does."""
    name = make_url(url).database
    server._admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        [(left,)] = server._admin.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name]).fetchall()
        if not left:
            return
        time.sleep(0.02)


def test_a_server_that_was_restarted_is_not_even_noticed(postgres: Database, postgres_url, postgres_server):
    everything_works(postgres, postgres_url)
    hang_up(postgres_server, postgres_url)

    everything_works(postgres, postgres_url)


def test_a_server_that_is_gone_refuses_until_it_is_back(postgres: Database, postgres_url, postgres_server):
    everything_works(postgres, postgres_url)
    name = make_url(postgres_url).database
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    postgres_server._admin.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
    hang_up(postgres_server, postgres_url)

    everything_is_refused(postgres)

    postgres_server._admin.execute(allow.format(sql.Identifier(name), sql.SQL("true")))
    everything_works(postgres, postgres_url)


def test_a_connection_that_dies_within_a_question_gives_no_answer(postgres: Database, postgres_url, postgres_server):
    before = codes(postgres_url)

    def ask(connection):
        connection.execute(text("SELECT 1"))
        hang_up(postgres_server, postgres_url)
        return asking(event())(connection)

    with pytest.raises(Unavailable):
        postgres.record(ask)
    assert codes(postgres_url) == before
    everything_works(postgres, postgres_url)


def test_postgresql_waits_for_the_disk_whatever_the_server_is_set_to(postgres: Database):
    """The throw-away server has synchronous_commit off."""
    show = text("SHOW synchronous_commit")

    def look(connection):
        return asking(event(), answer=connection.execute(show).scalar_one())(connection)

    assert postgres.record(look) == "on"
    assert postgres.transact(lambda connection: connection.execute(show).scalar_one()) == "on"


def test_a_question_on_postgresql_is_one_repeatable_read_transaction(postgres: Database):
    show = text("SHOW transaction_isolation")

    assert postgres.record(lambda c: asking(event(), answer=c.execute(show).scalar_one())(c)) == "repeatable read"
    assert postgres.transact(lambda connection: connection.execute(show).scalar_one()) == "read committed"


def test_a_breach_of_a_key_is_an_act_that_did_not_happen(world: World, url):
    before = codes(url)

    def act(connection):
        entry_id = append(connection, event())
        row = connection.execute(text("SELECT * FROM person LIMIT 1")).one()._mapping
        columns = ", ".join(row)
        places = ", ".join(f":{name}" for name in row)
        connection.execute(text(f"INSERT INTO person ({columns}) VALUES ({places})"), dict(row))  # noqa: S608  (its own columns)
        return entry_id

    with pytest.raises(Unavailable) as raised:
        world.database.transact(act)
    assert isinstance(raised.value.__cause__, IntegrityError)
    assert codes(url) == before


# ---------------------------------------------------------------------------------------------------------------- bookkeeping

NOTED = {
    "budgets.take": "api_budget",
    "jobs.claim": "job",
    "jobs.end": "job",
    "jobs.go_on": "job",
    "jobs.put_back": "job",
    "jobs.take": "job",
    "mail.enqueue": "outbox",
    "mail.postpone": "outbox",
    "mail.take": "outbox",
    "readings.keep": "reading_part",
    "sessions.touch": "login_session",
    "verify.admit": "sign_in_attempt",
}
"""Everything that is written without an entry, and the one table that it writes."""


def test_only_these_are_written_without_an_entry():
    noted = {
        ast.unparse(node.args[0])
        for _, node in nodes()
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "note"
    }

    assert noted == set(NOTED)
    assert set(NOTED.values()) <= {"api_budget", "sign_in_attempt", "login_session", "job", "outbox", "reading_part"}


def test_that_a_session_was_used_is_all_that_touching_it_writes(world: World):
    written: list[str] = []

    def note(_connection, _cursor, statement, *_):
        written.append(" ".join(statement.split()))

    events.listen(world.database._writer, "before_cursor_execute", note)
    world.database.note(sessions.touch, 1, world.now)

    [statement] = [each for each in written if not each.startswith("SELECT")]
    assert statement.startswith("UPDATE login_session SET last_seen=")
    assert "," not in statement.split("WHERE")[0]


def test_the_embedded_form_needs_no_driver_of_postgresql():
    """The product is loaded as on a machine where only what the wheel demands is installed."""
    loaded = "import sys; sys.modules['psycopg'] = None; import gatekeeper.app, gatekeeper.cli.root, gatekeeper.demo.story"

    done = subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
