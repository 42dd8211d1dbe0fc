"""A search as its entry keeps it, told in the words of the form with which it was made."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from urllib.parse import parse_qsl

from gatekeeper.rules.errors import N_
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from gatekeeper.rules.titles.kind_groups import KindGroup
from gatekeeper.web import context, telling
from gatekeeper.web.log import log_filter
from gatekeeper.web.log.sentences import GROUPS

LABELS = {
    "from": N_("From date"),
    "to": N_("To date"),
    "person": N_("Person"),
    "investor": N_("Investor"),
    "report": N_("Report"),
    "kind": N_("What happened"),
    "action": N_("Action"),
    "outcome": N_("Outcome"),
    "reason": N_("Reason"),
    "address": N_("Address"),
    "policy": N_("Policy (SHA-256)"),
    "request_id": N_("Request"),
    "code": N_("Code"),
}
"""The log's filter, in the order of its form."""
_MORE = {
    "since": LABELS["from"],
    "before": LABELS["to"],
    "group": N_("Part of the history"),
    "category": N_("Category"),
    "grade": N_("Risk grade"),
}
_ENUMS: dict[str, type[Enum]] = dict(log_filter.CHOICES)
_RISKS: dict[str, type[Enum]] = {"category": RiskCategory, "grade": RiskGrade}
_ORDER = ("since", "from", "before", "to", *LABELS, *_MORE)


def told(kept: str, names: Mapping[str, str]) -> str:
    """What was searched for. ``names`` tells what ids stand for; a text of another making is told as it stands."""
    said = []
    for name, text, is_out in sorted(_parts(kept), key=_place):
        message = N_("%(what)s is not %(value)s") if is_out else N_("%(what)s: %(value)s")
        said.append(context.translated(message, what=_label(name), value=_value(name, text, names)))
    return context.translated(N_("; ")).join(said) or kept


def _parts(kept: str) -> Iterator[tuple[str, str, bool]]:
    """Each part of a search: its name, its text, and whether it was left out. It was kept as JSON, or as an address has it."""
    try:
        asked = json.loads(kept)
    except ValueError:
        asked = None
    if isinstance(asked, dict):
        for name, value in asked.items():
            if name == "excluded":
                yield from ((str(each), str(text), True) for each, text in value)
            else:
                yield from ((name, str(text), False) for text in (value if isinstance(value, list) else [value]))
        return
    for name, text in parse_qsl(kept):
        yield name.removeprefix("not_"), text, name.startswith("not_")


def _place(part: tuple[str, str, bool]) -> tuple[bool, int]:
    """Where a part stands: as the form has it, what is left out at the end."""
    name, _, is_out = part
    return is_out, _ORDER.index(name) if name in _ORDER else len(_ORDER)


def _label(name: str) -> str:
    return context.translated({**LABELS, **_MORE}.get(name, name))


def _value(name: str, text: str, names: Mapping[str, str]) -> str:
    if name in _ENUMS:
        return telling.titled(_ENUMS[name], text) or text
    if name in _RISKS and text in _RISKS[name].__members__:
        return telling.named(_RISKS[name][text])
    if name == "group" and text in list(KindGroup):
        return context.translated(GROUPS[KindGroup(text)])
    if name in ("since", "before"):
        return day(name, text)
    return names.get(text, text)


def day(name: str, text: str) -> str:
    """The day of an instant; of one that ends a search, the last day that belongs to it."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    said = telling.last_day(moment) if name == "before" else telling.day(moment)
    return str(said)
