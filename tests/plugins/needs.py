"""What some tests need from the machine: a browser, a PostgreSQL.

Whoever lacks one can still run the rest: those tests are skipped, and a red line at the end says so. Where GATEKEEPER_REQUIRE
names it (``browser,postgres``), or CI is set, they fail.
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.chromium import find_browser, launch
from tests.postgres import Postgres, find_install


@dataclass(frozen=True)
class Need:
    marker: str
    fixture: str
    is_met: bool
    remedy: str


NEEDS = (
    Need(
        "browser",
        "browser",
        find_browser() is not None,
        "Debian: apt-get install chromium fonts-noto-cjk. Elsewhere: set GATEKEEPER_CHROMIUM to the path of a Chrome.",
    ),
    Need(
        "postgres",
        "postgres_server",
        find_install() is not None,
        "Debian: apt-get install postgresql. Elsewhere: put initdb and pg_ctl on PATH.",
    ),
)


def required() -> set[str]:
    """Return the markers whose tests may not be skipped."""
    named = os.environ.get("GATEKEEPER_REQUIRE", "browser,postgres" if os.environ.get("CI") else "")
    return {name.strip() for name in named.split(",")} - {""}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark whatever uses one of the fixtures, so that ``-m "not browser"`` finds it."""
    for item in items:
        for need in NEEDS:
            if need.fixture in getattr(item, "fixturenames", ()):
                item.add_marker(need.marker)


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    for need in NEEDS:
        if item.get_closest_marker(need.marker) and not need.is_met:
            if need.marker in required():
                pytest.fail(f"{need.marker} is required and missing. {need.remedy}", pytrace=False)
            pytest.skip(f"missing: {need.marker}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    for need in NEEDS:
        count = sum(f"missing: {need.marker}" in str(report.longrepr) for report in skipped)
        if count:
            terminalreporter.write_sep("!", f"{count} TESTS NOT RUN: this machine has no {need.marker}", red=True, bold=True)
            terminalreporter.write_line(need.remedy)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Postgres]:
    """A running throw-away server; with xdist one for each worker."""
    server = Postgres()
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A running browser. A test makes its own context in it: ``browser.new_context(locale="zh-CN")``."""
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()
