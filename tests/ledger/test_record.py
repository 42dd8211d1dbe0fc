"""Writing entries: columns and bytes say the same, every writer's chain is whole, and what is private is only committed to."""

import base64
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import SQLAlchemyError

from gatekeeper import migrating
from gatekeeper.database import Database
from gatekeeper.ledger import leaf, record
from gatekeeper.rules.consent import Asking
from gatekeeper.rules.errors import Invalid, NotPermitted, Unavailable
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action, RiskCategory
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerLog
from tests.ledger.raw import ON_POSTGRESQL, ON_SQLITE, asking, event, leaves, opened
from tests.world import NOW, World

FULL = {
    "kind": Kind.REPORT_REFUSED,
    "at": NOW + timedelta(microseconds=7),
    "actor": "person:8x0000000000000000000000r1",
    "person": "8x0000000000000000000000r1",
    "investor": "8x0000000000000000000000r2",
    "report": "8x0000000000000000000000r3",
    "action": Action.READ,
    "outcome": Outcome.DENY,
    "reason": "category_below_grade",
    "policy": "ab" * 32,
    "request_id": "0123456789abcdef0123",
    "data": {"facts": {"mandate": 1}, "reasons": ["category_below_grade"], "text": "适当性 𝄞 \u2028"},
    "private": {"address": "192.0.2.1", "device": "浏览器", "words": ""},
}


@pytest.fixture
def url(database_url):
    return database_url[0]


def check_chains(raw) -> dict[str, int]:
    """Every writer's leaves are numbered from 0 without a gap, each with the hash of the one before; return their numbers."""
    chains: dict[str, list[bytes]] = {}
    for row in raw.rows("SELECT leaf FROM ledger_entry ORDER BY id"):
        content = bytes(row["leaf"])
        members = json.loads(content)
        before = chains.setdefault(members["w"], [])
        previous = base64.b64encode(sha256(b"\0" + before[-1]).digest()).decode() if before else None
        assert (members["ws"], members["wp"]) == (len(before), previous)
        before.append(content)
    return {name: len(chain) for name, chain in chains.items()}


def check_columns(raw) -> int:
    """Every column of every entry is what its leaf says; return how many entries there are."""
    rows = raw.rows("SELECT * FROM ledger_entry")
    for row in rows:
        content = bytes(row.pop("leaf"))
        members = json.loads(content)
        del row["id"], members["data"], members["private"]
        for name in ("at", "recorded_at"):
            stored = row[name]
            moment = datetime.fromisoformat(stored).replace(tzinfo=UTC) if isinstance(stored, str) else stored
            row[name] = leaf.timestamp(moment)
        assert row == members
        assert leaf.canonical(json.loads(content)) == content
    return len(rows)


def check_private(raw) -> int:
    """Every commitment opens with the salt and value kept beside it, and none stands without the other; return how many."""
    kept = {
        (row["entry_id"], row["field"]): leaf.commitment(row["field"], bytes(row["salt"]), row["value"])
        for row in raw.rows("SELECT * FROM ledger_private")
    }
    committed = {
        (row["id"], name): value
        for row in raw.rows("SELECT id, leaf FROM ledger_entry")
        for name, value in json.loads(bytes(row["leaf"]))["private"].items()
    }
    assert kept == committed
    return len(kept)


def check_pending(raw) -> None:
    """Everything waits to be sealed, for nothing is sealed yet."""
    assert raw.rows("SELECT entry_id, recorded_at FROM ledger_pending ORDER BY 1") == raw.rows(
        "SELECT id AS entry_id, recorded_at FROM ledger_entry ORDER BY 1"
    )


def test_the_columns_of_the_table_are_the_members_of_the_leaf():
    columns = [column.name for column in LedgerEntry.__table__.columns]

    assert [name for name in columns if name not in {"id", "leaf"}] == [
        name for name in leaf.MEMBERS if name not in {"data", "private"}
    ]


def test_an_event_is_written_as_it_was_said(world: World, url):
    full = event(**FULL)

    world.database.record(asking(full))

    with opened(url) as raw:
        written = leaves(raw)[-1]
        [private] = raw.rows("SELECT field, value FROM ledger_private WHERE field = 'device' AND value = '浏览器'")
        assert check_private(raw) > 0
    expected = {name: value for name, value in FULL.items() if name not in {"kind", "at", "private"}}
    assert {name: written[name] for name in expected} == expected
    assert written["kind"] == "report.refused"
    assert written["at"] == "2026-11-23T02:00:00.000007Z"
    assert written["log"] == "gatekeeper.example/test"
    assert written["code"] == full.code
    assert written["v"] == 1
    assert sorted(written["private"]) == ["address", "device"], "what is empty is not committed to"
    assert private["value"] not in json.dumps(written, ensure_ascii=False)


def test_everything_that_a_furnished_world_wrote_is_sound(world: World, url):
    world.client("c2", RiskCategory.C2)
    for _ in range(3):
        world.database.record(asking(event(**FULL), event()))
    with pytest.raises(NotPermitted):
        world.database.transact(_refused)

    with opened(url) as raw:
        assert check_columns(raw) > 20
        assert check_private(raw) > 20
        assert sum(check_chains(raw).values()) == raw.one("SELECT count(*) FROM ledger_entry")
        check_pending(raw)
        salts = [bytes(row["salt"]) for row in raw.rows("SELECT salt FROM ledger_private")]
    assert len(set(salts)) == len(salts)
    assert {len(salt) for salt in salts} == {32}


def _refused(connection):
    record.append(connection, event())
    raise NotPermitted("no")


@pytest.mark.parametrize("door", ["record", "transact"])
def test_recorded_at_is_the_databases_clock_in_the_transaction(world: World, url, door):
    before = datetime.now(UTC) - timedelta(milliseconds=2)  # SQLite's clock has milliseconds
    if door == "record":
        world.database.record(asking(event(), event()))
    else:
        world.database.transact(record.append, event())
    after = datetime.now(UTC) + timedelta(milliseconds=2)

    with opened(url) as raw:
        recorded = leaves(raw)[-1]["recorded_at"]
    assert leaf.timestamp(before) <= recorded <= leaf.timestamp(after)


def test_a_time_far_away_is_written_as_it_is(world: World, url):
    for moment in (datetime(999, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)):
        world.database.record(asking(event(at=moment)))

    with opened(url) as raw:
        assert [each["at"] for each in leaves(raw)[-2:]] == ["0999-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999Z"]
        check_columns(raw)


# ------------------------------------------------------------------------------------------------------- the chain of a writer


@pytest.fixture
def engine(world: World):
    return world.database._writer


def written(connection) -> str:
    """Write an entry and return its writer's name."""
    entry_id = record.append(connection, event())
    return connection.execute(text("SELECT w FROM ledger_entry WHERE id = :id"), {"id": entry_id}).scalar_one()


def test_commits_go_on_with_the_chain(engine, url):
    names = set()
    for _ in range(3):
        with engine.begin() as connection:
            names |= {written(connection), written(connection)}

    with opened(url) as raw:
        assert check_chains(raw)[names.pop()] == 6
    assert not names


def test_a_rollback_takes_the_chain_back(engine, url):
    with engine.begin() as connection:
        name = written(connection)
    with engine.connect() as connection:
        with connection.begin() as transaction:
            written(connection)
            written(connection)
            transaction.rollback()
        with connection.begin():
            assert written(connection) == name
        connection.begin()
        written(connection)  # closed without a commit

    with engine.begin() as connection:
        assert written(connection) == name
    with opened(url) as raw:
        assert check_chains(raw)[name] == 3


def test_a_rollback_of_the_first_entry_leaves_no_trace_of_the_writer(engine, url):
    with engine.connect() as connection:
        with connection.begin() as transaction:
            name = written(connection)
            transaction.rollback()
        with connection.begin():
            assert written(connection) != name

    with opened(url) as raw:
        assert name not in check_chains(raw)


def test_a_rolled_back_savepoint_ends_the_writer_and_what_it_wrote_before_stands(engine, url):
    with engine.begin() as connection:
        before = written(connection)
        with connection.begin_nested() as savepoint:
            written(connection)
            savepoint.rollback()
        after = written(connection)
        with connection.begin_nested():
            assert written(connection) == after

    with opened(url) as raw:
        chains = check_chains(raw)
    assert before != after
    assert (chains[before], chains[after]) == (1, 2)


def test_after_an_error_the_next_entry_has_a_new_writer(engine, url):
    with engine.begin() as connection:
        before = written(connection)
    with engine.connect() as connection:
        with connection.begin() as transaction:
            with pytest.raises(SQLAlchemyError):
                connection.execute(text("INSERT INTO nothing VALUES (1)"))
            transaction.rollback()
        with connection.begin():
            assert written(connection) != before

    with opened(url) as raw:
        assert check_chains(raw)[before] == 1


def test_an_entry_that_the_database_refuses_ends_the_writer(engine, url):
    with engine.begin() as connection:
        before = written(connection)
    with engine.connect() as connection:
        with connection.begin() as transaction:
            moment = record.database_now(connection) - timedelta(days=1)
            with pytest.raises(Exception, match="clock of the database"):
                record.append_all(connection, [event()], moment)
            transaction.rollback()
        with connection.begin():
            assert written(connection) != before

    with opened(url) as raw:
        check_chains(raw)


def test_a_commit_of_which_nobody_knows_what_came_ends_the_writer(engine, url, monkeypatch):
    with engine.begin() as connection:
        before = written(connection)

    def interrupted(_):
        raise KeyboardInterrupt

    with engine.connect() as connection:
        transaction = connection.begin()
        written(connection)
        monkeypatch.setattr(connection.dialect, "do_commit", interrupted)
        with pytest.raises(KeyboardInterrupt):
            transaction.commit()
        monkeypatch.undo()

    with engine.begin() as connection:
        assert written(connection) != before
    with opened(url) as raw:
        assert check_chains(raw)[before] == 1


@ON_SQLITE
def test_an_entry_is_written_in_a_transaction_or_not_at_all(world: World, url):
    with world.database._writer.connect() as connection, pytest.raises(RuntimeError, match="transaction"):
        record.append(connection, event())


@ON_POSTGRESQL
def test_a_killed_connection_leaves_no_gap(world: World, url):
    database = world.database
    with database._writer.begin() as connection:
        before = written(connection)
    with pytest.raises(Unavailable):
        database.transact(_written_and_killed, url)

    after = database.transact(written)
    with opened(url) as raw:
        chains = check_chains(raw)
    assert before != after
    assert (chains[before], chains[after]) == (1, 1)


def _written_and_killed(connection, url):
    written(connection)
    backend = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
    with opened(url) as raw:
        raw.execute("SELECT pg_terminate_backend(?)", backend)
    written(connection)


def test_two_connections_are_two_writers(world: World, url):
    other = Database(url)
    names = {other.transact(written), world.database.transact(written)}
    other.dispose()

    with opened(url) as raw:
        check_chains(raw)
    assert len(names) == 2


# ------------------------------------------------------------------------------------------------------------- what is refused

NOT_WRITTEN = [
    pytest.param({"data": {"amount": 0.5}}, ValueError, id="a float"),
    pytest.param({"data": {"id": 2**53}}, ValueError, id="a number that is too large"),
    pytest.param({"data": {"text": "x" * 65_536}}, ValueError, id="too many bytes"),
    pytest.param({"at": datetime(2026, 1, 1)}, ValueError, id="a time without a zone"),  # noqa: DTZ001
    pytest.param({"actor": None}, ValueError, id="no actor"),
    pytest.param({"data": {"asking": Asking}}, ValueError, id="a class"),
    pytest.param({"private": {"words": 7}}, TypeError, id="a private number"),
    pytest.param({"private": {"words": "\ud800"}}, (Invalid, ValueError), id="half a character"),
    pytest.param({"private": {"words": "a\x00b"}}, Invalid, id="a character that PostgreSQL cannot keep"),
]


@pytest.mark.parametrize(("members", "error"), NOT_WRITTEN)
def test_an_event_that_has_no_leaf_writes_nothing_of_its_fellows_either(world: World, url, members, error):
    with opened(url) as raw:
        before = raw.one("SELECT count(*) FROM ledger_entry")
        with pytest.raises(error):
            world.database.record(asking(event(), event(**members), event()))
        assert raw.one("SELECT count(*) FROM ledger_entry") == before

        world.database.record(asking(event()))
        check_chains(raw)
        assert raw.one("SELECT count(*) FROM ledger_entry") == before + 1


def test_an_act_may_go_on_after_an_event_that_has_no_leaf(world: World, url):
    def act(connection):
        record.append(connection, event())
        with pytest.raises(ValueError, match="float"):
            record.append_all(connection, [event(), event(data={"a": 0.5})], record.database_now(connection))
        record.append(connection, event())

    world.database.transact(act)

    with opened(url) as raw:
        check_chains(raw)


def test_without_an_open_ledger_nothing_is_recorded(tmp_path):
    url = f"sqlite:///{tmp_path / 'new.db'}"
    migrating.upgrade(url)
    database = Database(url)

    with pytest.raises(Unavailable, match="No ledger is open"):
        database.record(asking(event()))
    with pytest.raises(Unavailable, match="No ledger is open"):
        database.transact(record.append, event())

    def opening(connection, origin, *, fails):
        connection.execute(insert(LedgerLog).values(origin=origin, opened_at=NOW))
        record.append(connection, event(Kind.LOG_STARTED))
        if fails:
            raise NotPermitted("no")

    with pytest.raises(NotPermitted):
        database.transact(opening, "first.example/test", fails=True)
    database.transact(opening, "second.example/test", fails=False)
    database.dispose()
    with opened(url) as raw:
        assert [each["log"] for each in leaves(raw)] == ["second.example/test"], "what was rolled back is forgotten"
