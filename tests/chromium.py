"""The browser of the browser tests: whichever Chromium is installed. Nothing is downloaded."""

import os
import shutil

from playwright.sync_api import Browser, Playwright

NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome-stable",
    "google-chrome",
    "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
)

# No name but this machine's resolves: a page that reaches out fails its test. The rest keeps the browser from calling home.
FLAGS = (
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-domain-reliability",
    "--disable-quic",
    "--disable-sync",
    "--no-default-browser-check",
    "--no-first-run",
    "--disable-dev-shm-usage",  # /dev/shm is small in containers
    "--disable-gpu",
    "--font-render-hinting=none",
    "--js-flags=--no-opt",  # nothing runs long enough on a page to pay for being optimised
)


def find_browser() -> str | None:
    """Return the path of an installed Chromium, Chrome or Edge; GATEKEEPER_CHROMIUM names another."""
    if chosen := os.environ.get("GATEKEEPER_CHROMIUM"):
        return chosen
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def launch(playwright: Playwright) -> Browser:
    """Start the installed browser, headless."""
    is_root = hasattr(os, "geteuid") and os.geteuid() == 0
    flags = [*FLAGS, "--no-sandbox"] if is_root else list(FLAGS)  # Chromium refuses to sandbox itself for root
    return playwright.chromium.launch(executable_path=find_browser(), args=flags)
