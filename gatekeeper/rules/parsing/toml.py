"""Reading a checked TOML text: every value by its place, every fault at once.

What is missing is told once, by the table that needs it; reading it then gives a plain default without another fault.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import TypeVar, cast

from gatekeeper.rules.errors import N_, Fault, Invalid

_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LONGEST = 2000
_E = TypeVar("_E", bound=Enum)


@dataclass(frozen=True, slots=True)
class Words:
    """A text that people read, in both languages."""

    zh: str
    en: str

    def of(self, tag: str) -> str:
        """The text in the language of a tag such as ``zh_CN`` or ``en``."""
        return self.zh if tag.startswith("zh") else self.en


def load(text: str, refused: str) -> Mapping[str, object]:
    """Read a TOML text; raise ``Invalid`` with the sentence ``refused``, filled with the detail, if it is none."""
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # not only TOMLDecodeError: a huge number is a plain ValueError
        raise Invalid(Fault(refused, detail=error)) from error


class Reader:
    """Reads values one by one and keeps what is wrong with them in ``faults``, each with its place."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    def fault(self, message: str, place: str, **values: object) -> None:
        """Keep a fault; the message says ``%(place)s``."""
        self.faults.append(Fault(message, field=None, place=place, **values))

    def table(self, value: object, place: str, needs: Iterable[str], may: Iterable[str] = ()) -> Mapping[str, object]:
        """A table with exactly these members."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.fault(N_("%(place)s must be a table."), place)
            return {}
        found = cast("Mapping[str, object]", value)
        required = list(needs)
        for name in sorted(set(found) - {*required, *may}):
            self.fault(N_("%(place)s is not known here."), within(place, name))
        for name in required:
            if name not in found:
                self.fault(N_("%(place)s is missing."), within(place, name))
        return found

    def items(self, value: object, place: str) -> list[object]:
        """A list with something in it."""
        if value is None:
            return []
        if not isinstance(value, list) or not value:
            self.fault(N_("%(place)s must be a list with something in it."), place)
            return []
        return list(value)

    def text(self, value: object, place: str) -> str:
        """A text that says something."""
        if value is None:
            return ""
        if not isinstance(value, str) or not value.strip() or len(value) > _LONGEST:
            self.fault(N_("%(place)s must be a text of 1 to %(most)s characters."), place, most=_LONGEST)
            return ""
        return value.strip()

    def name(self, value: object, place: str) -> str:
        """A short name for machines: small letters, digits and underscores."""
        if value is None:
            return ""
        if not isinstance(value, str) or not _NAME.fullmatch(value):
            self.fault(N_("%(place)s must be a name of small letters, digits and underscores."), place)
            return ""
        return value

    def words(self, value: object, place: str) -> Words:
        """A text in both languages: ``{ zh = "…", en = "…" }``."""
        table = self.table(value, place, ("zh", "en"))
        return Words(self.text(table.get("zh"), within(place, "zh")), self.text(table.get("en"), within(place, "en")))

    def integer(self, value: object, place: str, least: int, most: int) -> int:
        """A whole number within bounds, both included."""
        if value is None:
            return least
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.fault(N_("%(place)s must be a whole number from %(least)s to %(most)s."), place, least=least, most=most)
            return least
        return value

    def flag(self, value: object, place: str) -> bool:
        """True or false; false where nothing is said."""
        if value is not None and not isinstance(value, bool):
            self.fault(N_("%(place)s must be true or false."), place)
        return value is True

    def day(self, value: object, place: str) -> date:
        """A day, without a time."""
        if value is None:
            return date.min
        if not isinstance(value, date) or isinstance(value, datetime):
            self.fault(N_("%(place)s must be a day such as 2026-01-31."), place)
            return date.min
        return value

    def member(self, value: object, place: str, kind: type[_E]) -> _E | None:
        """A member of a closed vocabulary, by its name."""
        if value is None:
            return None
        if not isinstance(value, str) or value not in kind.__members__:
            self.fault(N_("%(place)s must be one of %(names)s."), place, names=", ".join(kind.__members__))
            return None
        return kind[value]


def within(place: str, name: str) -> str:
    """The place of a member."""
    return f"{place}.{name}" if place else name
