"""What the command line shows: sentences in the operator's language, aligned tables, and JSON with stable keys."""

import json
import os
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, tzinfo
from enum import Enum
from typing import Any

import click

from gatekeeper import language
from gatekeeper.rules.errors import N_, Fault, GatekeeperError, Invalid

_FIELD = N_("%(field)s: %(sentence)s")
_OPTIONS = {"client_number": "--number", "last_day": "--valid-through", "at": "--at", "categories": "--categories"}
_SPEAKING = frozenset({"file", "password", "login"})
"""Fields whose faults name themselves: on the command line the sentence alone is clearer."""


def tag() -> str:
    """The operator's language: the first of the usual variables that is set; Chinese or English."""
    names = ("LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    chosen = next((value for name in names if (value := os.environ.get(name))), "")
    return "zh_CN" if chosen.casefold().startswith("zh") else "en"


def _(message: str, /, **values: object) -> str:
    """A sentence in the operator's language."""
    return language.translate(tag(), message, **values)


def title(value: Enum | None) -> str:
    """What a person reads for a value; its bare name where it has no title, nothing where there is none."""
    if value is None:
        return ""
    try:
        return language.name_of(tag(), value)
    except KeyError:
        return str(value.value if isinstance(value, str) else value.name)


def moment(when: datetime | None, zone: tzinfo) -> str:
    """An instant in the firm's zone."""
    return language.format_time(tag(), when, zone) if when else ""


def yes(value: object) -> str:
    """Yes or no."""
    return _(N_("yes")) if value else _(N_("no"))


def told(error: GatekeeperError) -> list[str]:
    """An error as the operator reads it: one sentence for each fault."""
    return [_told(fault) for fault in (error.faults if isinstance(error, Invalid) else (error.fault,))]


def _told(fault: Fault) -> str:
    sentence = _(fault.message, **fault.values)
    if fault.field is None or fault.field in _SPEAKING:
        return sentence
    return _(_FIELD, field=_OPTIONS.get(fault.field, "--" + fault.field.replace("_", "-")), sentence=sentence)


def put(text: str = "") -> None:
    """Write a line of the answer."""
    click.echo(clean(text))


def warn(text: str) -> None:
    """Write a line that is not the answer: progress, or what went wrong."""
    click.echo(clean(text), err=True)


def put_json(value: object) -> None:
    """Write the answer for a program."""
    click.echo(json.dumps(plain(value), ensure_ascii=False, indent=2))


def plain(value: object) -> Any:
    """A value as JSON has it: enums by their names, times as ISO 8601 in UTC, sets in order."""
    match value:
        case Enum():
            return value.value if isinstance(value, str) else value.name
        case datetime():
            return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case frozenset() | set():
            return [plain(item) for item in sorted(value)]
        case list() | tuple():
            return [plain(item) for item in value]
        case _:
            return value


def put_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Write rows under their headings, each column as wide as its widest cell; a Chinese character takes two places."""
    cells = [[clean(cell) for cell in row] for row in (headings, *rows)]
    widths = [max(width(row[column]) for row in cells) for column in range(len(headings))]
    for row in cells:
        padded = (cell + " " * (wide - width(cell)) for cell, wide in zip(row, widths, strict=True))
        click.echo("  ".join(padded).rstrip())


def put_pairs(pairs: Sequence[tuple[str, str]], indent: str = "") -> None:
    """Write names and values in two columns, leaving out what has no value."""
    filled = [(clean(name), clean(value)) for name, value in pairs if value]
    widest = max((width(name) for name, _value in filled), default=0)
    for name, value in filled:
        click.echo(f"{indent}{name}{' ' * (widest - width(name))}  {value}")


def width(text: str) -> int:
    """How many places a text takes on a terminal."""
    return sum(_places(character) for character in text)


def _places(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def clean(text: str) -> str:
    """A text without what would steer a terminal: names and titles come from files and from strangers."""
    return "".join(" " if character in "\t\n\r" else character for character in text if _is_harmless(character))


def _is_harmless(character: str) -> bool:
    return character in "\t\n\r" or unicodedata.category(character) not in {"Cc", "Cf", "Cs", "Co"}
