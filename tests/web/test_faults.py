"""When the ledger can't be written nothing leaves: 503, and nothing of the report in the answer, on both databases."""

from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from gatekeeper.rules.risk import RiskCategory
from gatekeeper.services import EXTENSION
from tests.library import release
from tests.web.browser import post, visit
from tests.world import World

TITLE, PARAGRAPH = "不可外泄的标题", "不可外泄的内容。"


@pytest.fixture
def reader(app: Flask, world: World) -> FlaskClient:
    world.client("c5", RiskCategory.C5)
    return visit(app, "c5")


@pytest.fixture
def report(world: World) -> str:
    return release(world, title=TITLE, paragraph=PARAGRAPH)


def accept(reader: FlaskClient, report: str) -> None:
    page = reader.get(f"/reports/{report}/statement").text
    form = {
        "end_reached": "yes",
        "ticked": "yes",
        "answer": "accept",
        "serving": page.split('name="serving" value="')[1].split('"')[0],
    }
    answer = post(reader, f"/reports/{report}/acknowledgement", form, page=page)
    assert answer.status_code == 303, answer.text


FILL = {
    "sqlite": [
        "CREATE TRIGGER full_disk BEFORE INSERT ON ledger_entry BEGIN SELECT RAISE(FAIL, 'database or disk is full'); END"
    ],
    "postgresql": [
        (
            "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"
        ),
        "CREATE TRIGGER full_disk BEFORE INSERT ON ledger_entry FOR EACH ROW EXECUTE FUNCTION full_disk()",
    ],
}
MEND = {"sqlite": ["DROP TRIGGER full_disk"], "postgresql": ["DROP FUNCTION full_disk() CASCADE"]}


@pytest.fixture
def disk(database_url: tuple[str, World]) -> Iterator[Callable[[dict[str, list[str]]], None]]:
    """Fill the disk, as far as the ledger can tell, and mend it again."""
    engine = sa.create_engine(database_url[0], poolclass=sa.pool.NullPool)

    def run(statements: dict[str, list[str]]) -> None:
        with engine.begin() as connection:
            for statement in statements[engine.dialect.name]:
                connection.execute(sa.text(statement))

    yield run
    engine.dispose()


def test_no_entry_no_report(reader: FlaskClient, report: str, disk: Callable[[dict[str, list[str]]], None]) -> None:
    accept(reader, report)
    assert PARAGRAPH in reader.get(f"/reports/{report}").text

    disk(FILL)
    for path in (f"/reports/{report}", f"/reports/{report}/statement", "/reports", "/record"):
        answer = reader.get(path)
        if path.endswith("/statement"):  # accepted already, so nothing is served and nothing is recorded
            assert answer.status_code == 303
            continue
        assert answer.status_code == 503, path
        assert TITLE not in answer.text
        assert PARAGRAPH not in answer.text
        assert answer.headers["Retry-After"]
        assert "Traceback" not in answer.text
    disk(MEND)
    assert PARAGRAPH in reader.get(f"/reports/{report}").text, "nothing is broken for good"


def test_no_entry_no_statement_and_no_acceptance(
    reader: FlaskClient, report: str, disk: Callable[[dict[str, list[str]]], None]
) -> None:
    page = reader.get(f"/reports/{report}/statement").text
    serving = page.split('name="serving" value="')[1].split('"')[0]
    disk(FILL)
    form = {"end_reached": "yes", "ticked": "yes", "answer": "accept", "serving": serving}

    assert reader.get(f"/reports/{report}/statement").status_code == 503
    assert post(reader, f"/reports/{report}/acknowledgement", form, page=page).status_code == 503
    disk(MEND)
    assert reader.get(f"/reports/{report}").status_code == 303, "it was not accepted"
    assert post(reader, f"/reports/{report}/acknowledgement", form, page=page).status_code == 303
    assert PARAGRAPH in reader.get(f"/reports/{report}").text


def test_no_entry_no_sign_in(app: Flask, reader: FlaskClient, disk: Callable[[dict[str, list[str]]], None]) -> None:
    disk(FILL)
    browser = app.test_client()
    page = browser.get("/sign-in").text

    assert post(browser, "/sign-in", {"login": "c5", "password": "wrong"}, page=page).status_code == 503


def test_a_database_that_is_gone_gives_nothing_out(app: Flask, reader: FlaskClient, report: str) -> None:
    accept(reader, report)
    database = app.extensions[EXTENSION].database
    engines = {database._reader, database._writer, database._recorder}
    for engine in engines:
        sa.event.listen(engine, "before_cursor_execute", _gone)
    try:
        answer = reader.get(f"/reports/{report}")
    finally:
        for engine in engines:
            sa.event.remove(engine, "before_cursor_execute", _gone)

    assert answer.status_code == 503
    assert PARAGRAPH not in answer.text
    assert TITLE not in answer.text


def _gone(*_: object) -> None:
    raise sa.exc.OperationalError("SELECT", {}, Exception("server closed the connection unexpectedly"))
