"""A crowd: rows by the hundred thousand, copied inside the database from rows that the real actions wrote."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Engine

from gatekeeper.store.schema import metadata
from tests.bench.bulk import bulk
from tests.bench.place import Place

COPIED = (
    *("person", "role_grant", "investor", "mandate", "standing", "classification", "report", "report_version"),
    *("report_content", "grading", "release", "proposal", "ledger_entry"),
)
DAYS = 720
PROPOSALS = 1000
_STEPS = 250_000


@dataclass(frozen=True)
class Size:
    """How much of everything."""

    entries: int
    people: int
    reports: int


@dataclass(frozen=True)
class Ones:
    """The one person, investor and report that the real actions made, of which all others are copies."""

    person: str
    investor: str
    report: str

    @classmethod
    def of(cls, place: Place) -> "Ones":
        person = str(place.ask(place.url, "SELECT id FROM person WHERE login = '陈安和'"))
        investor = str(place.ask(place.url, f"SELECT investor_id FROM mandate WHERE person_id = '{person}'"))  # noqa: S608
        return cls(person, investor, place.path.rpartition("/")[2])


NOTHING = Size(0, 0, 0)


def fill(place: Place, size: Size, before: Size = NOTHING) -> None:
    """Copy them, people of all categories and reports of all grades. One file in twenty is suspended, a thousand proposals wait.

    Categories and contracts end all over the next two years. ``before`` is what there is already.
    """
    ones = Ones.of(place)
    with bulk(place.url, COPIED) as engine:
        _files(engine, place, ones, range(before.people, size.people), range(before.reports, size.reports))
        _entries(engine, place, size, before)


def _files(engine: Engine, place: Place, ones: Ones, investors: range, reports: range) -> None:
    n = "printf('x%025d', n.i)" if place.name == "SQLite" else "'x' || lpad(n.i::text, 25, '0')"
    whose = {"person_id": n, "investor_id": n}
    mine, its, ours = f"person_id = '{ones.person}'", f"investor_id = '{ones.investor}'", f"report_id = '{ones.report}'"
    copy(engine, "person", f"id = '{ones.person}'", investors, {"id": n, "login": n, "name": "'客户 ' || n.i"})
    copy(engine, "role_grant", mine, investors, whose)
    copy(engine, "investor", f"id = '{ones.investor}'", investors, {"id": n, "client_number": n, "name": "'客户 ' || n.i"})
    copy(engine, "mandate", f"{mine} AND {its}", investors, whose)
    ends = _later(place, f"n.i % {DAYS} + 1")
    copy(engine, "standing", its, investors, {**whose, "contract_before": ends, "suspended": "n.i % 20 = 7"})
    copy(engine, "classification", f"{its} AND aspect = 'CLASS'", investors, whose)
    category = {**whose, "valid_before": ends, "category": "'C' || (1 + n.i % 5)"}
    copy(engine, "classification", f"{its} AND aspect = 'CATEGORY'", investors, category)
    theirs = {"report_id": n, "version_id": n}
    named = {**theirs, "id": n, "title": "'报告 ' || n.i", "source_sha256": f"substr({n} || {n} || {n}, 1, 64)"}
    version = f"version_id = (SELECT max(id) FROM report_version WHERE {ours})"  # noqa: S608  (ids of our own making)
    copy(engine, "report", f"id = '{ones.report}'", reports, named)
    copy(engine, "report_version", ours, reports, named)
    copy(engine, "report_content", version, reports, theirs)
    copy(engine, "grading", version, reports, {**theirs, "grade": "'R' || (1 + n.i % 5)"})
    copy(engine, "release", ours, reports, theirs)
    waiting = {"id": n, "investor_id": n, "payload_sha256": f"substr({n} || {n} || {n}, 1, 64)"}
    copy(engine, "proposal", "state = 'PENDING'", range(min(PROPOSALS, investors.start), min(PROPOSALS, investors.stop)), waiting)


def _later(place: Place, days: str) -> str:
    """So many days from now, as the database stores it."""
    if place.name == "SQLite":
        return f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '+' || ({days}) || ' days')"
    return f"clock_timestamp() + ({days}) * interval '1 day'"


def _entries(engine: Engine, place: Place, size: Size, before: Size) -> None:
    """Seven openings, two refusals and a sign-in in ten, over two years, by everybody and of everything."""
    is_sqlite = place.name == "SQLite"
    padded = "printf('x%025d', {})" if is_sqlite else "'x' || lpad(({})::text, 25, '0')"
    back = f"n.i % {DAYS * 1440}"
    columns = {
        "code": "substr({}, 15, 12)".format(padded.format("n.i")),
        "at": f"strftime('%Y-%m-%d %H:%M:%f000', 'now', '-' || ({back}) || ' minutes')"
        if is_sqlite
        else f"clock_timestamp() - ({back}) * interval '1 minute'",
        "recorded_at": "strftime('%Y-%m-%d %H:%M:%f000', 'now')" if is_sqlite else "clock_timestamp()",
        "person": padded.format(f"1 + n.i / 10 % {size.people}"),
        "actor": "'person:' || " + padded.format(f"1 + n.i / 10 % {size.people}"),
        "investor": padded.format(f"1 + n.i / 10 % {size.people}"),
        "report": padded.format(f"1 + n.i / 7 % {size.reports}"),
        "kind": "CASE WHEN n.i % 10 < 7 THEN 'report.opened' WHEN n.i % 10 < 9 THEN 'report.refused' ELSE 'person.signed_in' END",
        "outcome": "CASE WHEN n.i % 10 < 7 THEN 'PERMIT' WHEN n.i % 10 < 9 THEN 'DENY' END",
        "reason": "CASE WHEN n.i % 10 = 7 THEN 'category_below_grade' WHEN n.i % 10 = 8 THEN 'assessment_expired' END",
    }
    opened = "id = (SELECT max(id) FROM ledger_entry WHERE kind = 'report.opened')"
    for begun in range(before.entries, size.entries, _STEPS):
        copy(engine, "ledger_entry", opened, range(begun, min(begun + _STEPS, size.entries)), columns)


def copy(engine: Engine, table: str, which: str, numbers: range, changed: Mapping[str, str]) -> None:
    """Insert one row as often as there are numbers, with other values in some columns; ``n.i`` counts, from one more on."""
    if not numbers:
        return
    columns = [each.name for each in metadata.tables[table].columns if each.name in changed or each.name != "id"]
    selected = ", ".join(changed.get(name, f"one.{name}") for name in columns)
    statement = (
        f"WITH RECURSIVE n(i) AS (SELECT {numbers.start + 1} UNION ALL SELECT i + 1 FROM n WHERE i < {numbers.stop}), "  # noqa: S608
        f"one AS MATERIALIZED (SELECT * FROM {table} WHERE {which} ORDER BY 1 DESC LIMIT 1) "  # once, and not for each number
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {selected} FROM n, one"
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(statement if engine.dialect.name == "sqlite" else statement.replace("%", "%%"))
