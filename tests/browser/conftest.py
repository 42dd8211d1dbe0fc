"""The ways on which the journeys are walked, and the walkers."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.walk import LOCALES, SCREENSHOTS, SIZES, WATCH_JUMPS, Walk, Way, axe
from tests.plugins.live import Live

# Between them the two see both languages, both screens and both colour schemes.
WAYS = {"zh": ("zh_CN", "phone", "light"), "en": ("en", "desk", "dark")}


class Seen:
    """Which pages were looked at in which language, by all processes of a run together. A page that fails fails the run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(exist_ok=True)

    def add(self, page: tuple[str, ...]) -> None:
        (self._folder / "-".join(page)).touch()

    def __contains__(self, page: tuple[str, ...]) -> bool:
        return (self._folder / "-".join(page)).exists()


@pytest.fixture(scope="session")
def seen(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Seen:
    own = tmp_path_factory.getbasetemp()
    return Seen((own.parent if hasattr(request.config, "workerinput") else own) / "seen")


@pytest.fixture(scope="session")
def pictures(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path | None:
    """Where the long form keeps a picture of every page on each screen: ``GATEKEEPER_SCREENSHOTS``, else with the tests."""
    if request.config.getoption("--screenshots"):
        return SCREENSHOTS
    if not request.config.getoption("--long"):
        return None
    return Path(os.environ.get("GATEKEEPER_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest, pictures: Path | None, seen: Seen) -> Way:
    """How this journey is walked. The long form, and the one with pictures, looks at every page on each screen."""
    return Way(*WAYS[request.param], pictures is not None, pictures, seen)


class Browsers:
    """Browsers to lend: each is one profile with one window, used again by the next test, for a new one costs half a second."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._free: dict[tuple[Any, ...], list[Page]] = {}

    def take(self, way: Way, *, scripts: bool) -> Page:
        free = self._free.setdefault(self._kind(way, scripts=scripts), [])
        if free:
            return free.pop()
        context = self._browser.new_context(
            locale=LOCALES[way.tag],
            timezone_id="Asia/Shanghai",
            viewport=SIZES[way.size],
            color_scheme=way.scheme,
            java_script_enabled=scripts,
        )
        context.set_default_timeout(10_000)
        context.add_init_script(WATCH_JUMPS)
        context.add_init_script(axe())
        return context.new_page()

    def give_back(self, page: Page, way: Way, *, scripts: bool) -> None:
        self._free[self._kind(way, scripts=scripts)].append(page)

    def _kind(self, way: Way, *, scripts: bool) -> tuple[Any, ...]:
        return way.tag, way.size, way.scheme, scripts


@pytest.fixture(scope="session")
def browsers(browser: Browser) -> Browsers:
    return Browsers(browser)


@pytest.fixture
def walk(browsers: Browsers, live: Live, way: Way) -> Iterator[Callable[..., Walk]]:
    """Make walkers: each ``walk()`` is another person in front of another browser."""
    lent: list[tuple[Walk, bool]] = []

    def begin(at: Live = live, *, scripts: bool = True) -> Walk:
        lent.append((Walk(browsers.take(way, scripts=scripts), at, way), scripts))
        return lent[-1][0]

    yield begin
    for walker, scripts in lent:
        walker.leave()
        browsers.give_back(walker.page, way, scripts=scripts)
