"""Whose copy a page is: a mark that names the reader to the firm, and to nobody else. The same on pages, pictures and copies."""

import re
from datetime import datetime
from functools import lru_cache

from gatekeeper import language
from gatekeeper.files.viewing import signs
from gatekeeper.files.viewing.marks import Mark
from gatekeeper.rules.errors import N_
from gatekeeper.rules.suitability import Permit
from gatekeeper.web import context

_HAN = re.compile(r"[\u3400-\u9fff\U00020000-\U0003ffff]")
_STARS = 3
_LEGAL = N_("For this reader only; do not pass on")


def masked(name: str) -> str:
    """A name with its middle hidden: 张*三, 张*, J*** S***."""
    if not _HAN.search(name):
        return " ".join(f"{part[0]}***" for part in name.split())
    name = "".join(name.split())
    if len(name) <= 2:  # noqa: PLR2004  (a family name and one character)
        return f"{name[0]}*"
    return f"{name[0]}{'*' * min(len(name) - 2, _STARS)}{name[-1]}"


def reader() -> str:
    """The reader and the investor for whom they act, with the middle of each name hidden."""
    visitor = context.signed_in()
    return _both(visitor.name, visitor.investor_name or visitor.name)


@lru_cache(maxsize=4096)
def _both(person: str, investor: str) -> str:
    return " / ".join(map(masked, dict.fromkeys([person, investor])))


def mark(permit: Permit, client_number: str | None) -> Mark:
    """The mark of what a permit gives: reader, investor and client number, time and code, and that it is for nobody else."""
    return Mark(
        (
            signs.BETWEEN.join(filter(None, (reader(), client_number))),
            f"{_when(permit.at)}{signs.BETWEEN}{permit.code}",
            context.translated(_LEGAL),
        ),
        permit.code,
    )


def _when(at: datetime) -> str:
    return language.format_time(context.tag(), at, context.services().settings.time_zone, seconds=False)
