"""The file that a report came as, and what it says of itself, in words for staff."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from gatekeeper.rules.errors import N_
from gatekeeper.rules.notice import Confidence
from gatekeeper.web import context

_KINDS = {
    "application/pdf": "PDF",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "DOCX",
    "text/markdown": "Markdown",
}
_TEXT = N_("Text")
_FIELDS = {
    "issuer": N_("Issuer"),
    "title": N_("Title"),
    "subtitle": N_("Subtitle"),
    "kind": N_("Kind"),
    "industry": N_("Industry"),
    "published_on": N_("Published on"),
    "analyst": N_("Analyst and certificate number"),
    "rating": N_("Investment rating (not the grade)"),
    "related": N_("Related report"),
    "risk_notice": N_("Risk notice"),
    "special_statement": N_("Special statement"),
    "disclaimer": N_("Disclaimer"),
}
_LEVELS = {
    Confidence.CONFIRMED: (N_("Well supported"), "good"),
    Confidence.STATED: (N_("Printed once"), ""),
    Confidence.DISPUTED: (N_("Doubtful"), "warn"),
    Confidence.ABSENT: (N_("Not found"), "warn"),
}
_TYPED = {"analysts": "analyst"}
_SHOWN = 80


@dataclass(frozen=True, slots=True)
class CameAs:
    """A file in words: its name, its kind, how large it is, how many pages it has, and its fingerprint."""

    name: str
    kind: str
    size: str
    pages: int | None
    sha256: str


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that a report says of itself: what, as read, the printed words, on which page, and how well supported."""

    what: str
    value: str
    quote: str
    page: int | None
    level: str
    colour: str


def came_as(row: Any) -> CameAs | None:
    """The file of a version; None for one that came in before files were described."""
    if row is None:
        return None
    return CameAs(row.name, _KINDS.get(row.media_type) or context.translated(_TEXT), _size(row.size), row.pages, row.sha256)


def fields(reading: Mapping[str, Any]) -> list[Said]:
    """What was read, in the order of the page; readings from before kept none of it."""
    return list(_fields(reading.get("fields", ())))


def typed(reading: Mapping[str, Any]) -> str:
    """What a person typed, for the pages could not be read: the names of the parts."""
    return context.translated(N_(", ")).join(
        context.translated(_FIELDS[_TYPED.get(each, each)]) for each in reading.get("typed", ())
    )


def _fields(read: Any) -> Iterator[Said]:
    for each in read:
        level, colour = _LEVELS[Confidence(each["confidence"])]
        quote = each.get("quote", "")
        yield Said(
            what=context.translated(_FIELDS[each["what"]]),
            value=_short(each["value"]),
            quote="" if quote == each["value"] else _short(quote),
            page=each.get("page"),
            level=context.translated(level),
            colour=colour,
        )


def _short(words: str) -> str:
    plain = " ".join(words.split())
    return plain if len(plain) <= _SHOWN else plain[: _SHOWN - 1] + "…"


def _size(number: int) -> str:
    return f"{number / 1024 / 1024:.1f} MiB" if number >= 1024 * 1024 else f"{max(1, round(number / 1024))} KiB"
