"""One person in front of a browser, and what must hold of every page that this person comes to."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, Response

from gatekeeper import language
from tests.plugins.live import Live
from tests.web.browser import visit
from tests.world import PASSWORD

SCREENSHOTS = Path(__file__).parents[2] / "screenshots"
SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 800}}
SCHEMES = ("light", "dark")

LOCALES = {"zh_CN": "zh-CN", "en": "en"}

_LOUD = frozenset({"error", "warning", "assert"})
_SEVERE = frozenset({"serious", "critical"})

# Elements that reach beyond the window where nothing of theirs scrolls; named so that a failure says what to look at.
_TOO_WIDE = """() => {
  const width = document.documentElement.clientWidth;
  if (document.scrollingElement.scrollWidth <= window.innerWidth) return [];
  const wide = [...document.body.querySelectorAll("*")].filter((each) => each.getBoundingClientRect().right > width + 0.5);
  return [`${document.scrollingElement.scrollWidth} > ${window.innerWidth}`,
          ...wide.slice(-3).map((each) => each.outerHTML.slice(0, 200))];
}"""

# How far the page has jumped since it began to load, as browsers measure it; what follows a person's own act does not count.
WATCH_JUMPS = """window.jumped = 0;
window.movers = [];
new PerformanceObserver((list) => {
  for (const each of list.getEntries()) {
    if (each.hadRecentInput) continue;
    window.jumped += each.value;
    for (const { node, previousRect, currentRect } of each.sources) {
      const words = (node?.outerHTML || node?.textContent || "").slice(0, 80);
      window.movers.push(`${words}: ${previousRect.y} -> ${currentRect.y}`);
    }
  }
}).observe({ type: "layout-shift", buffered: true });"""
_JUMPED = "() => window.jumped > 0.01 ? [`jumped by ${window.jumped}`, ...window.movers] : []"

# Three words of English in a row that a person sees, where the page is Chinese. Code, and what says it is English, may stand.
_ENGLISH = """() => {
  const sentence = /[A-Za-z][A-Za-z'’]+(?:[,;:]? [A-Za-z][A-Za-z'’]*){2,}/;
  const allowed = "code, pre, .code, [lang=en], script, style, textarea, input, svg";
  const walker = document.createTreeWalker(document.documentElement, NodeFilter.SHOW_TEXT);
  const found = [];
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    if (node.parentElement.closest(allowed)) continue;
    const hit = node.textContent.match(sentence);
    if (hit) found.push(hit[0]);
  }
  for (const each of document.querySelectorAll("[aria-label], [title], [placeholder]")) {
    for (const name of ["aria-label", "title", "placeholder"]) {
      const hit = (each.getAttribute(name) || "").match(sentence);
      if (hit && !each.closest("[lang=en]")) found.push(`${name}: ${hit[0]}`);
    }
  }
  return found;
}"""

_RUN_AXE = """async () => {
  if (!window.axe) window.loadAxe();
  const { violations } = await axe.run(document, { resultTypes: ["violations"], preload: false });
  return violations.map(({ id, impact, nodes }) => ({ id, impact, nodes: nodes.map((each) => each.html.slice(0, 200)) }));
}"""


@cache
def axe() -> str:
    """The accessibility checker, which begins when a page is looked at. A browser that is lent gives it to each of its pages.

    So it is sent once and not with each look, and the page's own policy does not stop it.
    """
    return f"window.loadAxe = () => {{ {(files('axe_playwright_python') / 'axe.min.js').read_text('utf-8')} }};"


@dataclass
class Way:
    """How a journey is walked: in which language, on which screen.

    ``everything`` looks at each page on every screen; ``pictures`` is the folder in which a picture of each look is kept.
    """

    tag: str
    size: str = "desk"
    scheme: str = "light"
    everything: bool = False
    pictures: Path | None = None
    checked: Any = field(default_factory=set)

    @property
    def short(self) -> str:
        """The language in names of this journey's own."""
        return self.tag[:2]

    @property
    def screens(self) -> list[tuple[str, str]]:
        """The screens on which a page is held to the accessibility rules, the journey's own last."""
        own = (self.size, self.scheme)
        others = [(size, scheme) for size in SIZES for scheme in SCHEMES if (size, scheme) != own]
        return [*others, own] if self.everything else [own]


class Walk:
    """One browser of one person. Each step ends with a look at the page it came to."""

    def __init__(self, page: Page, live: Live, way: Way) -> None:
        self.page, self.live, self.way = page, live, way
        self.faults: list[str] = []
        self._is_somewhere = False
        self._ears = {
            "console": self._heard,
            "pageerror": lambda error: self.faults.append(f"uncaught: {error}"),
            "request": self._asked,
            "dialog": lambda dialog: self.faults.append(f"dialog: {dialog.message}"),
        }
        for event, listener in self._ears.items():
            page.on(event, listener)

    def leave(self) -> None:
        """Give the browser back as it was lent, with nobody signed in; whatever the pages complained of fails the test."""
        for event, listener in self._ears.items():
            self.page.remove_listener(event, listener)
        self.page.context.clear_cookies()
        self._hold("the end", "complaints", self.faults)

    def said(self, message: str, **values: object) -> str:
        """A sentence as this person reads it."""
        return language.translate(self.way.tag, message, **values)

    def named(self, value: object) -> str:
        """An enum member as this person reads it."""
        return language.name_of(self.way.tag, value)

    # ------------------------------------------------------------------------------------------------------------- steps

    def open(self, path: str, name: str, status: int = 200) -> str:
        """Type an address; return what can be read on the page."""
        return self.arrive(self.page.goto(f"{self.live.address}{path}"), name, status)

    def press(self, name: str, message: str, *, role: Any = "button", within: Locator | None = None, status: int = 200) -> str:
        """Press a button or a link by the words on it, which lead to another page."""
        target = (within or self.page).get_by_role(role, name=self.said(message), exact=True)
        return self.follow(target, name, status)

    def turn_to(self, name: str, message: str) -> str:
        """Press an item of the menu."""
        return self.press(name, message, role="link", within=self.page.locator("header nav"))

    def follow(self, target: Locator, name: str, status: int = 200) -> str:
        """Press what leads to another page."""
        with self.page.expect_navigation() as navigation:
            target.click()
        return self.arrive(navigation.value, name, status)

    def fill(self, **fields: str) -> None:
        """Type into fields by the name under which they are sent."""
        for name, value in fields.items():
            control = self.page.locator(f"[name={name}]:not([type=hidden])")
            if control.evaluate("each => each.tagName") == "SELECT":
                control.select_option(value)
            else:
                control.fill(value)

    def sign_in(self, login: str, path: str = "/sign-in", *, name: str = "") -> str:
        """Sign in, and come to where the day begins."""
        if not (self._is_somewhere and "/sign-in" in self.page.url):
            self.open(path, "sign_in.form")
        self.fill(login=login, password=PASSWORD)
        return self.press(name, "Sign in")

    def enter(self, login: str) -> None:
        """Be signed in already, where signing in is not what the journey is about."""
        cookie = visit(self.live.app, login, LOCALES[self.way.tag]).get_cookie("gatekeeper")
        assert cookie is not None
        self.page.context.add_cookies([{"name": "gatekeeper", "value": cookie.value, "url": self.live.address}])

    def arrive(self, response: Response | None, name: str, status: int = 200) -> str:
        assert response is not None
        self._is_somewhere = True
        assert response.status == status, f"{response.url}: {response.status}"
        if status >= 400:
            self._forgive(response.url, status)
        if name:
            self.look(name)
        return self.page.inner_text("body")

    # -------------------------------------------------------------------------------------------------------------- looking

    def look(self, name: str) -> None:
        """Hold the page to what must hold of every page."""
        way, page = self.way, self.page
        assert page.get_attribute("html", "lang") == LOCALES[way.tag]
        assert page.title().strip(" -")
        if way.tag == "zh_CN":
            self._hold(name, "English on a Chinese page", page.evaluate(_ENGLISH))
        self._hold(name, "complaints", self.faults)
        if self.has_seen(name):
            return
        way.checked.add((name, way.tag))
        self._hold(name, "not still", page.evaluate(_JUMPED))
        self._show_on("phone", way.scheme)
        self._hold(name, "too wide", page.evaluate(_TOO_WIDE))
        for size, scheme in way.screens:
            self._show_on(size, scheme)
            self._hold(name, "too wide", page.evaluate(_TOO_WIDE))
            self._is_accessible(name)
            self._keep(name, size, scheme)
        self._hold(name, "complaints", self.faults)

    def has_seen(self, name: str) -> bool:
        """Whether somebody has looked at this page in this language before."""
        return (name, self.way.tag) in self.way.checked

    def _hold(self, name: str, what: str, found: list[Any]) -> None:
        assert not found, f"{name} in {self.way.tag} on {self.page.url}: {what}: {found}"

    def _show_on(self, size: str, scheme: str) -> None:
        if self.page.viewport_size != SIZES[size]:
            self.page.set_viewport_size(SIZES[size])
        if self.way.everything:
            self.page.emulate_media(color_scheme=scheme)

    def _is_accessible(self, name: str) -> None:
        if not self.page.evaluate("() => 'loadAxe' in window"):  # where scripts are off, nothing is given
            self.page.evaluate(axe())
        found = self.page.evaluate(_RUN_AXE)
        self._hold(name, "not accessible", [each for each in found if each["impact"] in _SEVERE])

    def _keep(self, name: str, size: str, scheme: str) -> None:
        if self.way.pictures:
            self.page.screenshot(path=self.way.pictures / f"{name}-{self.way.tag}-{size}-{scheme}.png", full_page=True)

    # ------------------------------------------------------------------------------------------------------------- listening

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in _LOUD:
            self.faults.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith(f"{self.live.address}/"):
            self.faults.append(f"asked elsewhere: {request.url}")

    def _forgive(self, url: str, status: int) -> None:
        """Forget the one line in which the browser itself says that this page came with this status."""
        own = re.compile(rf"error: Failed to load resource: .* {status} .*\({re.escape(url)}\)")
        for _ in range(100):
            if any(own.fullmatch(each) for each in self.faults):
                break
            self.page.wait_for_timeout(20)
        self.faults.remove(next(each for each in self.faults if own.fullmatch(each)))


def hidden_from(text: str, secrets: Iterable[str]) -> bool:
    """Whether a page says nothing of what it must not say."""
    return not any(secret in text for secret in secrets)
