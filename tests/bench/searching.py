"""Searching among many reports, as a client does who has accepted the statement of every second one."""

import json
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from time import perf_counter
from typing import Any

from sqlalchemy import create_engine, insert, select, text
from sqlalchemy.pool import NullPool

from gatekeeper.actions.reading import access
from gatekeeper.ledger.caller import Caller
from gatekeeper.services import EXTENSION
from gatekeeper.store.publishing import report_index
from gatekeeper.store.publishing.report_index import ReportIndex
from gatekeeper.store.publishing.reports import Grading, Release, Report, ReportContent, ReportVersion
from gatekeeper.store.reading.consent import Acknowledgement, ServedStatement
from tests.bench.figures import quantile
from tests.bench.place import Place
from tests.world import ZONE

TIMES = 15
PARAGRAPHS = 40
_STEP = 500
COMMON = ["公司", "行业", "增长", "市场", "预计", "the", "growth", "2026"]
QUERIES = (
    ("storage", "an English word in one of ten"),
    ("储能", "two characters in one of ten"),
    ("储能行业", "four characters"),
    ("公司", "what stands in every report"),
    ("公司 增长", "two words that stand in every one"),
    ("600519", "a code that stands in five"),
    ("方启铭", "an analyst who signed all"),
    ("第7777号", "one title"),
    ("储", "one character"),
    ("不存在的词", "nothing"),
    ('"energy storage" 价格', "a phrase and a word"),
)


def measure(place: Place, reports: int) -> int:
    """Fill, then print what each search takes, in the database and on the page; nothing of it can be wrong."""
    begun = perf_counter()
    _fill(place, reports)
    print(f"\n{place.name}, {reports:,} reports of some 4,000 characters; filled in {perf_counter() - begun:.0f} s")
    print(f"  {'search':<36}{'found':>7}{'p50':>11}{'p99':>11}")
    app = place.app()
    services = app.extensions[EXTENSION]
    with services.database.reading() as connection:
        mine = connection.execute(select(Acknowledgement.person_id, Acknowledgement.investor_id).limit(1)).one()
    caller = Caller(actor=f"person:{mine.person_id}", person=mine.person_id, investor=mine.investor_id, channel="bench")
    medians = []
    for words, meaning in QUERIES:
        times, found = [], 0
        for _ in range(TIMES):
            begun = perf_counter()
            page = services.database.record(access.list_reports, caller, services.clock(), ZONE, words=words)
            times.append((perf_counter() - begun) * 1000)
            found = len(page.reports)
        times.sort()
        medians.append(quantile(times, 0.5))
        print(f"  {meaning:<36}{found:>7}{quantile(times, 0.5):>9.1f}ms{quantile(times, 0.99):>9.1f}ms", flush=True)
    print(f"  {'the middle of these':<36}{'':>7}{quantile(sorted(medians), 0.5):>9.1f}ms")
    return 0


def _fill(place: Place, reports: int) -> None:
    engine = create_engine(place.url, poolclass=NullPool)
    dice = random.Random(7)
    with engine.connect() as connection:
        one = {table: dict(connection.execute(select(table.__table__).limit(1)).mappings().one()) for table in _TABLES}
    for begin in range(0, reports, _STEP):
        rows: dict[Any, list[dict[str, Any]]] = {table: [] for table in _TABLES}
        for number in range(begin, min(begin + _STEP, reports)):
            for table, row in _report(number, one, dice):
                rows[table].append(row)
        with engine.begin() as connection:
            for table, some in rows.items():
                connection.execute(insert(table.__table__), some)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("ANALYZE"))


_TABLES = (Report, ReportVersion, ReportContent, ReportIndex, Grading, Release, ServedStatement, Acknowledgement)


def _report(number: int, one: dict[Any, dict[str, Any]], dice: random.Random) -> Iterator[tuple[Any, dict[str, Any]]]:
    key = f"x{number:025d}"
    at: datetime = one[Release]["valid_from"] + timedelta(seconds=number)
    body = {"sections": [{"heading": "正文", "paragraphs": list(_paragraphs(number, dice))}]}
    version = one[ReportVersion] | {"id": key, "report_id": key, "title": f"第{number}号报告", "source_sha256": f"{key:0>64}"}
    content = one[ReportContent] | {"version_id": key, "body": json.dumps(body, ensure_ascii=False)}
    yield Report, one[Report] | {"id": key}
    yield ReportVersion, version
    yield ReportContent, content
    names = report_index._names(version)
    row = report_index.row_of(report_index.Waiting(key, names, content["body"]))
    yield ReportIndex, row
    yield Grading, {**_bare(one[Grading]), "version_id": key}
    yield Release, {**_bare(one[Release]), "report_id": key, "version_id": key, "valid_from": at}
    if number % 2 == 0:
        yield ServedStatement, one[ServedStatement] | {"id": key, "version_id": key}
        yield Acknowledgement, {**_bare(one[Acknowledgement]), "serving_id": key, "version_id": key}


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "id"}


def _paragraphs(number: int, dice: random.Random) -> Iterator[str]:
    """Common words, and now and then one of few reports; characters otherwise drawn from a thousand."""
    for _ in range(PARAGRAPHS):
        words = ["".join(chr(0x4E00 + int(dice.triangular(0, 3000, 0))) for _ in range(8)) for _ in range(8)]
        words += dice.sample(COMMON, 3)
        dice.shuffle(words)
        yield "".join(words)
    if number % 10 == 0:
        yield "储能行业的 energy storage 价格企稳"
    if number % 2000 == 0:
        yield "600519"
