"""What two policies say differently, value by value: the rows of the match table, and every number by its place in the text."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from typing import Any

from gatekeeper.rules.policy import Policy

_NAMES = {
    "name": "name",
    "match": "match",
    "assessment_months": "validity.assessment_months",
    "professional_months": "validity.professional_months",
    "acknowledged_actions": "acknowledgement.actions",
    "acknowledgement_months": "acknowledgement.months",
    "in_full_from": "acknowledgement.in_full_from",
    "open_days": "proposals.open_days",
}
"""Where a value stands in the text, if not under its own name."""
_IN_FEN = frozenset({"net_assets", "financial_assets", "income"})


@dataclass(frozen=True, slots=True)
class Difference:
    """One value by its place in the text; None where a text has no such value."""

    place: str
    before: str | None
    after: str | None


def compare(old: Policy, new: Policy) -> list[Difference]:
    """Everything in which two policies differ, in the order of the text."""
    before, after = dict(_values(old)), dict(_values(new))
    places = dict.fromkeys([*before, *after])
    return [Difference(each, before.get(each), after.get(each)) for each in places if before.get(each) != after.get(each)]


def _values(policy: Policy) -> Iterator[tuple[str, str]]:
    for each in fields(policy):
        if each.name != "digest":
            yield from _at(_NAMES.get(each.name, each.name), getattr(policy, each.name))


def _at(place: str, value: Any) -> Iterator[tuple[str, str]]:
    if value is None:
        return
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _at(f"{place}.{str(name).lower() if isinstance(name, Enum) else name}", inner)
    elif is_dataclass(value):
        for each in fields(value):
            yield from _at(f"{place}.{each.name}", getattr(value, each.name))
    else:
        yield place, _said(place, value)


def _said(place: str, value: Any) -> str:
    match value:
        case frozenset():
            return " ".join(sorted(each.name for each in value)) or "—"
        case Enum():
            return value.value if isinstance(value, str) else value.name
        case int() if place.rpartition(".")[2] in _IN_FEN:
            return f"{value // 100:_}"
        case _:
            return str(value)
