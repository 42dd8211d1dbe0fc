"""The lines of the application log while something is done, and whom they name."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from gatekeeper.database import Database
from gatekeeper.store.accounts.people import Investor, Person
from gatekeeper.store.publishing.reports import Report, ReportVersion
from gatekeeper.watching.logs import JsonLines

REQUESTS = "gatekeeper.requests"


class _Kept(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonLines())
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))


@contextmanager
def logged() -> Iterator[list[str]]:
    """Every line, as a server writes them."""
    root, requests, kept = logging.getLogger(), logging.getLogger(REQUESTS), _Kept()
    root.addHandler(kept)
    before, requests.level = requests.level, logging.INFO
    requests.manager._clear_cache()
    try:
        yield kept.lines
    finally:
        root.removeHandler(kept)
        requests.setLevel(before)


def parsed(lines: list[str]) -> list[dict[str, Any]]:
    """The lines about requests."""
    return [line for line in map(json.loads, lines) if line["logger"] == REQUESTS]


def named_in(lines: list[str], database: Database, *more: str) -> list[str]:
    """Which names, logins, numbers, titles and ids stand in the lines, or any of these words; routes are words of the code."""
    own = [{name: value for name, value in json.loads(line).items() if name not in {"logger", "route"}} for line in lines]
    text = json.dumps(own, ensure_ascii=False)
    columns = (Person.id, Person.login, Person.name, Investor.id, Investor.client_number, Investor.name)
    columns += (Report.id, ReportVersion.id, ReportVersion.title)
    with database.reading() as connection:
        personal = {value for column in columns for value in connection.execute(select(column)).scalars() if value}
    return sorted(word for word in {*personal, *more, "127.0.0.1"} if f'"{word}"' in text or (len(word) > 5 and word in text))
