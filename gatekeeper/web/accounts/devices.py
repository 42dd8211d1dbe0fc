"""A browser's own long line about itself, in plain words."""

import re

from gatekeeper.rules.errors import N_
from gatekeeper.web import context

# The first that is found counts: nearly every browser also claims to be some of those below it.
_PROGRAMS = (
    ("WeChat", r"MicroMessenger/"),
    ("WeCom", r"wxwork/"),
    ("DingTalk", r"DingTalk/"),
    ("QQ Browser", r"QQBrowser/"),
    ("UC Browser", r"UCBrowser/"),
    ("Huawei Browser", r"HuaweiBrowser/"),
    ("Mi Browser", r"MiuiBrowser/"),
    ("Edge", r"Edg(?:e|A|iOS)?/"),
    ("Opera", r"OPR/"),
    ("Samsung Internet", r"SamsungBrowser/"),
    ("Firefox", r"(?:Firefox|FxiOS)/"),
    ("Chrome", r"(?:Chrome|CriOS)/"),
    ("Safari", r"Version/[\d.]+ .*Safari/"),
)
_SYSTEMS = (
    ("HarmonyOS", r"HarmonyOS|OpenHarmony"),
    ("iPhone", r"iPhone"),
    ("iPad", r"iPad"),
    ("Android", r"Android"),
    ("Windows", r"Windows"),
    ("Mac", r"Macintosh|Mac OS X"),
    ("ChromeOS", r"CrOS"),
    ("Linux", r"Linux"),
)
_LONGEST = 60


def in_words(line: str) -> str:
    """``Chrome on Windows``; a line of no known kind is given as it stands, cut short."""
    program, system = _first(_PROGRAMS, line), _first(_SYSTEMS, line)
    if program and system:
        return context.translated(N_("%(program)s on %(system)s"), program=program, system=system)
    return program or system or line[:_LONGEST] or context.translated(N_("Unknown device"))


def _first(known: tuple[tuple[str, str], ...], line: str) -> str | None:
    return next((name for name, pattern in known if re.search(pattern, line)), None)
