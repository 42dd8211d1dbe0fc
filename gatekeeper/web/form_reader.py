"""Reading what was typed into a form: shape only. Every fault is collected, and ``check`` raises them together."""

import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, tzinfo
from typing import Any, TypeVar

from werkzeug.datastructures import MultiDict

from gatekeeper.rules.assessing.money import fen
from gatekeeper.rules.errors import N_, Fault, GatekeeperError, Invalid
from gatekeeper.rules.policy import valid_before
from gatekeeper.web import context

Value = TypeVar("Value")


class Reader:
    """One form that was sent, in the firm's zone."""

    def __init__(self, form: MultiDict[str, str], zone: tzinfo) -> None:
        self._form = form
        self._zone = zone
        self._faults: list[Fault] = []

    def text(self, name: str) -> str:
        """What was typed, without the spaces around it."""
        return self._form.get(name, "").strip()

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return self._form.get(name) == "yes"

    def lines(self, name: str) -> list[str]:
        """What was typed line by line, each thing once; empty lines say nothing."""
        return list(dict.fromkeys(line.strip() for line in self.text(name).splitlines() if line.strip()))

    def number(self, name: str) -> int | None:
        """A whole number as it comes out of any keyboard; None where nothing was typed."""
        text = unicodedata.normalize("NFKC", self.text(name)).replace(",", "")
        if not text:
            return None
        if not (text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS):
            self._faults.append(Fault(N_("Please give a whole number."), field=name))
            return None
        return int(text)

    def choice(self, name: str, options: Mapping[str, Value]) -> Value | None:
        """What was chosen; None where nothing was."""
        text = self.text(name)
        if text and text not in options:
            self._faults.append(Fault(N_("Please choose one of the list."), field=name))
        return options.get(text)

    def choices(self, name: str, options: Mapping[str, Value]) -> list[Value]:
        """Everything that was ticked of several."""
        texts = self._form.getlist(name)
        if any(text not in options for text in texts):
            self._faults.append(Fault(N_("Please choose from the list."), field=name))
        return [value for text, value in options.items() if text in texts]

    def day(self, name: str) -> date | None:
        """A day; None where nothing was typed."""
        text = self.text(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self._faults.append(Fault(_A_DATE, field=name))
            return None

    def first_day(self, name: str) -> datetime | None:
        """The instant at which a day begins."""
        day = self.day(name)
        return self._instant(name, datetime.combine(day, time(), self._zone)) if day else None

    def last_day(self, name: str) -> datetime | None:
        """The instant at which something ends whose last day this is."""
        day = self.day(name)
        if day is None:
            return None
        try:
            return valid_before(day, self._zone)
        except OverflowError:
            self._faults.append(Fault(_A_DATE, field=name))
            return None

    def needed(self, name: str, value: Value | None) -> Value | None:
        """The same value, which must be there."""
        if value is None and not any(fault.field == name for fault in self._faults):
            self._faults.append(Fault(N_("Please fill in this field."), field=name))
        return value

    def fault(self, name: str, sentence: str) -> None:
        """Add a fault of the form's own, unless there are others to mend first."""
        if not self._faults:
            self._faults.append(Fault(sentence, field=name))

    def check(self) -> None:
        """Raise ``Invalid`` with every fault that was found."""
        if self._faults:
            raise Invalid(*self._faults)

    def amount(self, name: str) -> int | None:
        """An amount of yuan, in fen: digits as they come out of any keyboard, with commas between thousands or without."""
        text = unicodedata.normalize("NFKC", self.text(name))
        if not text:
            return None
        try:
            return fen(text)
        except ValueError:
            self._faults.append(Fault(_AN_AMOUNT, field=name))
            return None

    def _instant(self, name: str, local: datetime) -> datetime | None:
        try:
            return local.astimezone(UTC)
        except OverflowError:
            self._faults.append(Fault(_A_DATE, field=name))
            return None


_MOST_DIGITS = 15
_AN_AMOUNT = N_("Please give the amount in whole yuan, or with fen: for example 5,000,000 or 5000000.50.")
_A_DATE = N_("Please give a date as year, month and day.")


def told(error: GatekeeperError | None, prefix: str = "") -> dict[str, Any]:
    """The faults of an error for a template: ``errors`` for the summary, ``problems`` by field. Ids begin with ``prefix``."""
    faults = () if error is None else error.faults if isinstance(error, Invalid) else (error.fault,)
    problems: dict[str, list[str]] = {}
    for fault in faults:
        problems.setdefault(fault.field or "", []).append(context.told(fault))
    errors = [(prefix + name if name else None, sentence) for name, sentences in problems.items() for sentence in sentences]
    return {"errors": errors, "problems": problems}
