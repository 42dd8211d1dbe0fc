"""Migrations: one line of numbered steps, up, down and up again, and never down over evidence."""

import re
import sqlite3
from pathlib import Path

import pytest
from alembic import op
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect
from sqlalchemy.pool import NullPool

from gatekeeper import migrating
from gatekeeper.cli import desk
from gatekeeper.paths import newest_migration
from gatekeeper.store.schema import metadata
from tests.ledger.raw import opened
from tests.plugins.worlds import BACKENDS
from tests.processes import FORKS

VERSIONS = Path(__file__).parents[2] / "migrations" / "versions"


@pytest.fixture(params=BACKENDS)
def empty(request, tmp_path):
    """The address of a database without a table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        server = request.getfixturevalue("postgres_server")
        url = server.create_database()
        yield url
        server.drop_database(url)


def tables(url: str) -> set[str]:
    engine = create_engine(url, poolclass=NullPool)
    return {name for name in inspect(engine).get_table_names() if not name.startswith(("ledger_entry_p", "report_index_fts"))}


def test_there_is_one_line_of_migrations():
    script = ScriptDirectory.from_config(migrating.config(""))

    assert script.get_heads() == [newest_migration()]
    assert len(script.get_bases()) == 1
    assert all(not each.is_merge_point for each in script.walk_revisions())


def test_files_are_numbered_and_named_as_their_revisions():
    names = sorted(path.stem for path in VERSIONS.glob("*.py"))
    revisions = [each.revision for each in ScriptDirectory.from_config(migrating.config("")).walk_revisions()]

    assert names == sorted(revisions)
    assert revisions[::-1] == names, "their order is that of their numbers"
    assert [name.split("_")[0] for name in names] == [f"{number:04}" for number in range(1, len(names) + 1)]
    assert all(re.fullmatch(r"\d{4}(_[a-z0-9]+)+", name) for name in names)


def test_up_down_and_up_again(empty):
    migrating.upgrade(empty)
    assert desk.revision(empty) == newest_migration()
    assert tables(empty) == {*metadata.tables, "alembic_version"}
    migrating.upgrade(empty)

    migrating.downgrade(empty, "base")
    assert desk.revision(empty) is None
    assert tables(empty) == {"alembic_version"}
    with opened(empty) as raw:
        if not raw.is_sqlite:
            assert raw.rows("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace") == []

    migrating.upgrade(empty)
    assert migrating.differences(empty) == []


def test_the_tables_are_those_that_the_code_declares(database_url):
    assert migrating.differences(database_url[0]) == []


def test_a_difference_is_told(empty):
    migrating.upgrade(empty)
    with opened(empty) as raw:
        raw.execute("CREATE TABLE stray (id integer)")
        raw.execute("DROP INDEX ix_ledger_entry_code")

    told = " ".join(migrating.differences(empty))
    assert "stray" in told
    assert "ix_ledger_entry_code" in told


def test_a_database_with_entries_is_not_taken_down(database_url):
    url = database_url[0]
    with pytest.raises(RuntimeError, match="holds evidence"):
        migrating.downgrade(url, "base")

    with opened(url) as raw:
        assert raw.one("SELECT count(*) FROM ledger_entry") > 0
    assert desk.revision(url) == newest_migration()
    assert migrating.differences(url) == []


def test_a_migration_that_fails_leaves_nothing_behind(empty, monkeypatch):
    """On SQLite too, whose driver would commit each table as it is made."""
    real = op.create_table
    made = []

    def create_table(name, *columns, **options):
        made.append(name)
        if len(made) == 10:
            raise RuntimeError("the power went out")
        return real(name, *columns, **options)

    monkeypatch.setattr(op, "create_table", create_table)
    with pytest.raises(RuntimeError, match="power"):
        migrating.upgrade(empty)
    monkeypatch.undo()

    assert tables(empty) == set()
    migrating.upgrade(empty)
    assert migrating.differences(empty) == []


def test_two_upgrades_at_once_are_one(empty):
    running = [FORKS.Process(target=migrating.upgrade, args=(empty,)) for _ in range(3)]
    for each in running:
        each.start()
    for each in running:
        each.join(120)

    assert [each.exitcode for each in running] == [0, 0, 0]
    assert migrating.differences(empty) == []


def test_the_first_step_leaves_sqlite_in_wal(tmp_path):
    path = tmp_path / "new.db"
    migrating.upgrade(f"sqlite:///{path}")

    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
