"""A change to an investor's file in a few words of Chinese, from the plain values that an entry or a notice keeps."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from gatekeeper import language
from gatekeeper.files.made.court import TAG, say
from gatekeeper.rules.changes import (
    CategoryChange,
    Change,
    ClassChange,
    LowestChange,
    MandateChange,
    ObjectivesChange,
    StandingChange,
    from_data,
)
from gatekeeper.rules.errors import N_

_TITLES = {
    "class": N_("Class"),
    "category": N_("Category"),
    "lowest": N_("Lowest category"),
    "standing": N_("Standing"),
    "mandate": N_("Mandate"),
    "objectives": N_("Investment objectives"),
    "correction": N_("Correction of an error"),
}


def summary(data: Mapping[str, Any] | None, zone: ZoneInfo) -> str:
    """What a change states, after its title; what is no change to an investor's file by its title alone."""
    if data is None:
        return say(N_("Nothing on file"))
    title = say(_TITLES[data["fact"]]) if data["fact"] in _TITLES else data["fact"]
    said = _said(from_data(data))
    before = getattr(from_data(data), "before", None)
    if before is not None:
        day = language.format_date(TAG, before.astimezone(zone) - timedelta(microseconds=1), zone)
        said.append(say(N_("until %(day)s"), day=day))
    return f"{title}：{'，'.join(filter(None, said))}" if any(said) else title


def _said(change: Change) -> list[str]:
    match change:
        case ClassChange():
            return [language.name_of(TAG, change.investor_class), change.ground]
        case CategoryChange():
            return [language.name_of(TAG, change.category)]
        case LowestChange():
            return [say(N_("Yes") if change.lowest else N_("No"))]
        case ObjectivesChange():
            return [language.name_of(TAG, each) for each in (change.term, *change.varieties)]
        case MandateChange():
            return [change.capacity, "" if change.live else say(N_("ended"))]
        case StandingChange():
            told = (
                (change.client, N_("Client")),
                (change.profile_complete, N_("Details complete")),
                (change.suspended, N_("Suspended")),
                (change.closed, N_("Closed")),
                (change.contract_from is not None, N_("Service contract")),
            )
            return [say(label) for holds, label in told if holds]
        case _:
            return []
