"""Every part of ``dev.py bench`` runs, finds nothing wrong, and prints its row: with tiny sizes, for fractions of a second."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url
from werkzeug.serving import make_server

from tests.bench import outside, truth
from tests.bench.__main__ import PARTS, arguments, compared, main
from tests.bench.outside import Server
from tests.bench.place import Place, settle
from tests.bench.table import Row, Table
from tests.ledger.raw import ON_SQLITE
from tests.world import World

TINY = ["--seconds", "0.05", "--rounds", "1", "--entries", "300", "--people", "200", "--reports", "60", "--requests", "20"]
SERVED = ("http", "flood", "serve")


@pytest.fixture
def place(world: World, database_url: tuple[str, World], tmp_path: Path) -> Place:
    return settle(world, database_url[0], f"sqlite:///{tmp_path / 'floor.db'}", tmp_path)


def copies(place: Place) -> Iterator[Place]:
    """The place, and then what it was like before."""
    copy = Path(place.folder) / "large.db"
    with closing(sqlite3.connect(make_url(place.url).database or "")) as source, closing(sqlite3.connect(copy)) as target:
        source.backup(target)
    yield place
    yield replace(place, url=f"sqlite:///{copy}")


def looked_after(place: Place) -> set[str]:
    """The guards and indexes that a place has."""
    with closing(sqlite3.connect(make_url(place.url).database or "")) as connection:
        return {row[0] for row in connection.execute("SELECT name || sql FROM sqlite_master WHERE type IN ('trigger', 'index')")}


@ON_SQLITE
def test_what_needs_no_server_is_measured(place, capsys):
    table, made, before = Table(), copies(place), looked_after(place)
    chosen = arguments().parse_args([*TINY, "--parts", *(each for each in PARTS if each not in SERVED)])

    wrong = compared(lambda: next(made), chosen, table)

    assert (wrong, table.wrong) == (0, 0)
    assert looked_after(place) == before
    said = capsys.readouterr().out
    for part in ("gated reading", "reading among 300", "page of 50 at depth 150", "of 201 people", "those of decide()"):
        assert part in said


@ON_SQLITE
def test_readings_over_http_each_leave_their_entry(place):
    app, before = place.app(), place.entries()
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    found = Server(server.server_port, 0).load(outside.reading(place), 0.0, connections=2)

    server.shutdown()
    assert (found.errors, found.first_error) == (0, "")
    assert found.sent == place.entries() - before == 2


def test_cedar_and_decide_agree_on_every_row_of_the_table():
    rows = truth.measure(1, 0.0)

    assert rows[-1].what.endswith("1,200 rows agree")
    assert [row.errors for row in rows] == [0, 0]


@pytest.mark.long
@pytest.mark.postgres
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_all_of_it_runs_on_both_databases(capsys, database):
    assert main([*TINY, "--only", database, "--markdown"]) == 0

    said = capsys.readouterr().out
    for part in ("| HTTP: gated reading |", "beside the flood", "until the first answer", "those of decide()"):
        assert part in said


@pytest.mark.parametrize(
    ("ratio", "at_most", "verdict"), [(3.0, True, "met"), (3.1, True, "short"), (3.0, False, "met"), (2.9, False, "short")]
)
def test_a_figure_is_held_against_its_target_and_said_as_it_is(ratio, at_most, verdict):
    assert Row("x", ratio=ratio, target=3.0, at_most=at_most).verdict == verdict
