"""The access log's filter: its state is the address, so a search can be kept, sent and repeated."""

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from enum import StrEnum
from ipaddress import ip_address
from typing import Any

from werkzeug.datastructures import MultiDict

from gatekeeper.actions.audit import Named, code_of
from gatekeeper.rules.errors import N_, Fault
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import Action
from gatekeeper.rules.suitability import Outcome, Reason
from gatekeeper.store.entries import Filter
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

    @property
    def filled(self) -> dict[str, str]:
        """The fields that say something: what an address of the same search carries."""
        return {name: text for name, text in self.typed.items() if text}


def read(args: MultiDict[str, str], zone: tzinfo) -> Asked:
    """Understand an address."""
    typed = {name: _printable(args.get(name, "")).strip()[:_LONGEST] for name in FIELDS}
    faults: list[Fault] = []
    chosen = {name: _choice(name, kind, typed[name], faults) for name, kind in CHOICES.items()}
    wanted: dict[str, Any] = {
        **chosen,
        "since": _day("from", typed["from"], zone, faults),
        "before": _day("to", typed["to"], zone, faults),
        "policy": _policy(typed["policy"], faults),
        "address": _address(typed["address"], faults),
        "request_id": typed["request_id"].lower() or None,
        "code": _code(typed["code"], faults),
    }
    if wanted["since"] and wanted["before"] and wanted["since"] >= wanted["before"]:
        faults.append(Fault(N_("The first day lies after the last one."), field="from"))
    newer = "newer" in args
    return Asked(
        typed=typed,
        wanted=Filter(**wanted) if not faults else Filter(),
        named=Named(person=typed["person"], investor=typed["investor"], report=typed["report"]),
        position=numbered(args.get("newer" if newer else "older", "")[:_LONGEST_POSITION]),
        newer=newer,
        faults=tuple(faults),
    )


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
