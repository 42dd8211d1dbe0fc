"""The ways on which the journeys are walked, and the walkers."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests.browser.walk import Walk, Way
from tests.plugins.live import Live

# Between them the two see both languages, both screens and both colour schemes.
WAYS = {"zh": ("zh_CN", "phone", "light"), "en": ("en", "desk", "dark")}
_CHECKED: set[tuple[str, ...]] = set()


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    """How this journey is walked. The long form, and the one with pictures, looks at every page on each screen."""
    keeps_pictures = request.config.getoption("--screenshots")
    everything = keeps_pictures or request.config.getoption("--long")
    return Way(*WAYS[request.param], everything, keeps_pictures, _CHECKED)


@pytest.fixture
def walk(browser: Browser, live: Live, way: Way) -> Iterator[Callable[..., Walk]]:
    """Make walkers: ``walk()`` opens a browser of its own. What the pages complained of fails the test at its end."""
    walkers: list[Walk] = []

    def begin(at: Live = live, **options: Any) -> Walk:
        walkers.append(Walk(browser, at, way, **options))
        return walkers[-1]

    yield begin
    for walker in walkers:
        walker.close()
