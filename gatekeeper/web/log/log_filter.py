"""The access log's filter: its state is the address, so a search can be kept, sent and repeated."""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlencode

from werkzeug.datastructures import MultiDict

from gatekeeper.actions.proof.audit import Named
from gatekeeper.rules.errors import N_, Fault
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.reading.codes import code_of
from gatekeeper.rules.risk import Action
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.web.paging import numbered

FIELDS = (
    "from",
    "to",
    "person",
    "investor",
    "report",
    "kind",
    "action",
    "outcome",
    "reason",
    "address",
    "policy",
    "request_id",
    "code",
)
CHOICES: dict[str, type[StrEnum]] = {"kind": Kind, "action": Action, "outcome": Outcome, "reason": Reason}
LEFT_OUT = ("kind", "person", "investor", "report", "action", "outcome", "reason", "policy", "address", "request_id")
"""What may also be left out: ``not_kind`` and so on in an address, each as often as needed."""
_NAMED = ("person", "investor", "report")
_MOST_LEFT_OUT = 20
_LONGEST = 100
_LONGEST_POSITION = 40
_POLICY = re.compile(r"[0-9a-f]{4,64}")


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address asks of the log: as typed, as understood, and what could not be understood."""

    typed: dict[str, str]
    wanted: Filter = field(default_factory=Filter)
    named: Named = field(default_factory=Named)
    position: tuple[datetime, int] | None = None
    newer: bool = False
    faults: tuple[Fault, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()

    @property
    def filled(self) -> dict[str, Any]:
        """The fields that say something: what an address of the same search carries."""
        state: dict[str, Any] = {name: text for name, text in self.typed.items() if text}
        for name, text in self.left_out:
            state.setdefault(f"not_{name}", []).append(text)
        return state

    @property
    def query(self) -> str:
        """The same as it stands in an address."""
        return urlencode(self.filled, doseq=True)

    def only(self, name: str, text: str) -> str:
        """The address of this search narrowed to one value."""
        return self._address({**self.filled, name: text})

    def leaving_out(self, name: str, text: str) -> str:
        """The address of this search without one value."""
        kept = self.filled.get(f"not_{name}", [])
        return self._address({**self.filled, f"not_{name}": [*kept, text]})

    def without(self, name: str) -> str:
        """The address of this search with one field left open."""
        return self._address({each: text for each, text in self.filled.items() if each != name})

    def taking_back(self, name: str, text: str) -> str:
        """The address of this search that no longer leaves a value out."""
        return replace(self, left_out=tuple(each for each in self.left_out if each != (name, text))).without("")

    @staticmethod
    def _address(state: dict[str, Any]) -> str:
        return f"?{urlencode(state, doseq=True)}"  # url_for takes ten times as long, and a page has hundreds of these


def read(args: MultiDict[str, str], zone: tzinfo) -> Asked:
    """Understand an address."""
    typed = {name: _printable(args.get(name, "")).strip()[:_LONGEST] for name in FIELDS}
    faults: list[Fault] = []
    left_out = _left_out(args, faults)
    chosen = {name: _choice(name, kind, typed[name], faults) for name, kind in CHOICES.items()}
    wanted: dict[str, Any] = {
        **chosen,
        "since": _day("from", typed["from"], zone, faults),
        "before": _day("to", typed["to"], zone, faults),
        "policy": _policy(typed["policy"], faults),
        "address": _address(typed["address"], faults),
        "request_id": typed["request_id"].lower() or None,
        "code": _code(typed["code"], faults),
        "excluded": tuple((name, _kept(name, text, faults)) for name, text in left_out if name not in _NAMED),
    }
    if wanted["since"] and wanted["before"] and wanted["since"] >= wanted["before"]:
        faults.append(Fault(N_("The first day lies after the last one."), field="from"))
    newer = "newer" in args
    return Asked(
        typed=typed,
        wanted=Filter(**wanted) if not faults else Filter(),
        named=Named(
            person=typed["person"],
            investor=typed["investor"],
            report=typed["report"],
            excluded=tuple(each for each in left_out if each[0] in _NAMED),
        ),
        position=numbered(args.get("newer" if newer else "older", "")[:_LONGEST_POSITION]),
        newer=newer,
        faults=tuple(faults),
        left_out=left_out,
    )


def _left_out(args: MultiDict[str, str], faults: list[Fault]) -> tuple[tuple[str, str], ...]:
    """What an address leaves out, each once."""
    given = [(name, _printable(text).strip()[:_LONGEST]) for name in LEFT_OUT for text in args.getlist(f"not_{name}")]
    found = tuple(dict.fromkeys((name, text) for name, text in given if text))
    if len(found) > _MOST_LEFT_OUT:
        faults.append(Fault(N_("At most %(most)s values can be left out at once."), most=_MOST_LEFT_OUT))
    return found[:_MOST_LEFT_OUT]


def _kept(name: str, text: str, faults: list[Fault]) -> str:
    """A value to leave out, as entries bear it."""
    if name in CHOICES:
        return _choice(name, CHOICES[name], text, faults) or text
    if name == "policy":
        return _policy(text, faults) or text
    if name == "address":
        return _address(text, faults) or text
    return text.lower()


def _printable(text: str) -> str:
    return "".join(character if character.isprintable() else " " for character in text)


def _choice(name: str, kind: type[StrEnum], text: str, faults: list[Fault]) -> str | None:
    if text and text not in list(kind):
        faults.append(Fault(N_("Please choose from the list."), field=name))
    return text or None


def _day(name: str, text: str, zone: tzinfo, faults: list[Fault]) -> datetime | None:
    """The first instant of the day, or for the last day the first instant after it, in the firm's zone."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
        return valid_before(day, zone) if name == "to" else datetime.combine(day, time(), zone).astimezone(UTC)
    except (ValueError, OverflowError):
        faults.append(Fault(N_("Please give a date as year, month and day."), field=name))
        return None


def _policy(text: str, faults: list[Fault]) -> str | None:
    text = text.lower()
    if text and not _POLICY.fullmatch(text):
        faults.append(
            Fault(N_("A policy is named by its SHA-256 or the beginning of it: 4 to 64 of 0-9 and a-f."), field="policy")
        )
    return text or None


def _address(text: str, faults: list[Fault]) -> str | None:
    if not text:
        return None
    try:
        return str(ip_address(text))
    except ValueError:
        faults.append(Fault(N_("Please give an internet address, for example 203.0.113.7."), field="address"))
        return None


def _code(text: str, faults: list[Fault]) -> str | None:
    found = code_of(text)
    if text and found is None:
        faults.append(Fault(N_("A code has 12 letters and digits."), field="code"))
    return found
