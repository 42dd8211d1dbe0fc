"""``python -m tests.screenshots [FOLDER]``: the pictures that README and docs/ show, taken of a demonstration made for it.

Each picture is named after what it shows; ``SHOTS`` says who looks, where, and on which screen. A page that is not there stops
the run: a picture is never kept of an error.
"""

import argparse
import io
import os
import re
import socket
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic, sleep

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from gatekeeper.demo.cast import CLIENTS, COMPLIANCE, PASSWORD
from tests.chromium import launch

TOP = Path(__file__).parent.parent
SIZES = {"phone": {"width": 390, "height": 844}, "desk": {"width": 1280, "height": 800}}
SHARPNESS = {"phone": 1.5, "desk": 1.0}
LARGEST = 150 * 1024
COLOURS = 128


@dataclass(frozen=True)
class Shot:
    """One picture. ``path`` may name the link to follow from there: ``/reports > its words``. ``{storage}`` is a report's id."""

    name: str
    login: str
    path: str
    size: str = "desk"
    language: str = "zh-CN"
    scheme: str = "light"
    down_to: str = ""
    block: str = "center"


SHOTS = (
    Shot("client-reports-phone", "client-c3", "/reports", "phone"),
    Shot("client-statement-phone", "client-c5", "/reports > 低波动环境下的雪球结构", "phone"),
    Shot("client-report-phone", "client-c3", "/reports > 储能招标放量", "phone", down_to="[data-sheets-bar]", block="start"),
    Shot("client-refused", "client-c2", "/reports/{storage}"),
    Shot("client-record", "client-c3", "/record"),
    Shot("compliance-log", COMPLIANCE, "/log?outcome=DENY", down_to="main table", block="start"),
    Shot("compliance-log-dark", COMPLIANCE, "/log?outcome=DENY", scheme="dark", language="en-GB"),
    Shot("compliance-figures", COMPLIANCE, "/log/figures"),
    Shot("compliance-entry", COMPLIANCE, "/log?kind=statement.accepted > ^[0-9a-z]{12}$"),
    Shot("compliance-proposals", COMPLIANCE, "/proposals"),
    Shot("admin-home", CLIENTS, "/home"),
    Shot("admin-investors", CLIENTS, "/admin/investors"),
    Shot("admin-investor", CLIENTS, "/admin/investors > 许安然"),
    Shot("admin-reports", "admin-reports", "/admin/reports"),
    Shot("style", "", "/style"),
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="dev.py screenshots", description="Takes the pictures of README and docs/.")
    parser.add_argument("folder", nargs="?", type=Path, default=TOP / "docs" / "screenshots", help="where the pictures go")
    parser.add_argument("--only", metavar="WORDS", default="", help="only pictures with these letters in their names")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    wanted = [shot for shot in SHOTS if arguments.only in shot.name]
    with tempfile.TemporaryDirectory() as place, demonstration(Path(place) / "demo") as address, sync_playwright() as playwright:
        browser, storage = launch(playwright), report_of(Path(place) / "demo", "储能")
        for shot in wanted:
            picture = small(taken(browser, address, replace(shot, path=shot.path.replace("{storage}", storage))))
            (arguments.folder / f"{shot.name}.png").write_bytes(picture)
            print(f"{shot.name}.png  {len(picture) // 1024} KiB{'  (large)' if len(picture) > LARGEST else ''}")
        browser.close()
    return 0


@contextmanager
def demonstration(place: Path) -> Iterator[str]:
    """A demonstration of its own on a free port, away again afterwards."""
    command = [sys.executable, "-m", "gatekeeper.cli", "demo", "--port", "0", "--data", str(place)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, cwd=TOP, env=environment, stdout=subprocess.PIPE, text=True, encoding="utf-8") as process:
        try:
            assert process.stdout is not None
            found = (re.search(r"http://127\.0\.0\.1:\d+", line) for line in process.stdout)
            address = next(match[0] for match in found if match)
            _await(address)
            yield address
        finally:
            process.terminate()
            process.communicate(timeout=20)


def _await(address: str, patience: float = 20.0) -> None:
    """Wait until somebody listens there: the address is printed a moment before."""
    host, _, port = address.removeprefix("http://").partition(":")
    until = monotonic() + patience
    while True:
        try:
            socket.create_connection((host, int(port)), timeout=1).close()
        except OSError:
            if monotonic() > until:
                raise
            sleep(0.05)
        else:
            return


def report_of(place: Path, words: str) -> str:
    """The id of the report whose title begins so."""
    with closing(sqlite3.connect(place / "gatekeeper.db")) as connection:
        query = "SELECT report_id FROM report_version WHERE title LIKE ? ORDER BY created_at"
        return str(connection.execute(query, (f"{words}%",)).fetchone()[0])


def taken(browser: Browser, address: str, shot: Shot) -> bytes:
    """Look at a page as somebody and take its picture."""
    context = browser.new_context(
        viewport=SIZES[shot.size],
        device_scale_factor=SHARPNESS[shot.size],
        color_scheme=shot.scheme,
        locale=shot.language,
        timezone_id="Asia/Shanghai",
    )
    try:
        page = context.new_page()
        page.set_default_timeout(15_000)
        if shot.login:
            arrive(page, f"{address}/sign-in")
            page.fill("[name=login]", shot.login)
            page.fill("[name=password]", PASSWORD)
            page.locator("main form button[type=submit]").first.click()
            page.wait_for_url(lambda url: "/sign-in" not in url)
        path, _, words = shot.path.partition(" > ")
        arrive(page, address + path)
        if words:
            page.get_by_role("link", name=re.compile(words)).first.click()
            page.wait_for_load_state()
        if shot.down_to:
            page.locator(shot.down_to).first.evaluate("(each, block) => each.scrollIntoView({ block })", shot.block)
        return page.screenshot()
    finally:
        context.close()


def arrive(page: Page, address: str) -> None:
    response = page.goto(address)
    if response is None or response.status not in (200, 403):  # a refusal is a page to be shown
        raise SystemExit(f"{address}: {response.status if response else 'no answer'}")


def small(picture: bytes) -> bytes:
    """The same picture with few colours: a page has no more, nor does a report's page need them. The repository stays light."""
    image, kept = Image.open(io.BytesIO(picture)).convert("RGB"), io.BytesIO()
    for colours in (COLOURS, COLOURS // 2, COLOURS // 4, COLOURS // 8):
        kept = io.BytesIO()
        image.quantize(colours, dither=Image.Dither.NONE).save(kept, "PNG", optimize=True)
        if kept.tell() <= LARGEST:
            break
    return kept.getvalue()


if __name__ == "__main__":
    sys.exit(main())
