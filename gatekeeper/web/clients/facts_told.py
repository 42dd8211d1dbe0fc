"""The rows that a decision used, as a person reads them: what each is, and what its columns say."""

import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any

from gatekeeper.rules.errors import N_
from gatekeeper.rules.grading.instruments import Instrument
from gatekeeper.store.base import varieties_of
from gatekeeper.store.clients.facts_of import Fact
from gatekeeper.store.reading.access import categories_of
from gatekeeper.web import context, covers_told
from gatekeeper.web.telling import (
    TITLES,
    Row,
    category_list,
    code,
    day,
    entry_link,
    last_day,
    named,
    seconds,
    yes_no,
)

_COLUMNS = {
    "person_id": N_("Person"),
    "investor_id": N_("Investor"),
    "capacity": N_("Capacity"),
    "live": N_("May act for the investor"),
    "client": N_("Client"),
    "profile_complete": N_("Details complete"),
    "suspended": N_("Suspended"),
    "closed": N_("Closed"),
    "contract_from": N_("Service contract from"),
    "contract_before": N_("Service contract until"),
    "branch": N_("Branch"),
    "contact": N_("Contact"),
    "investor_class": N_("Class"),
    "ground": N_("Ground"),
    "category": N_("Category"),
    "lowest": N_("Lowest category"),
    "rose_from": N_("Rose from"),
    "rose_at": N_("Rose at"),
    "term": N_("Term of investment"),
    "varieties": N_("Kinds of investment"),
    "covers": N_("Covers"),
    "state": N_("State"),
    "number": N_("Version"),
    "copy_of": N_("With the file of version"),
    "issuer": N_("Issuer"),
    "title": N_("Title"),
    "subtitle": N_("Subtitle"),
    "kind": N_("Kind of report"),
    "language": N_("Language"),
    "published_on": N_("Published on"),
    "rating": N_("Investment rating"),
    "conflict": N_("Printed notice contradicts itself"),
    "grade": N_("Risk grade"),
    "professional": N_("Professional investors"),
    "categories": N_("Ordinary investors of category"),
    "clients_only": N_("Clients only"),
    "contract_clients_only": N_("Contract clients only"),
    "profile": N_("Class and category then"),
    "end_reached": N_("End reached"),
    "accepted_at": N_("Accepted at"),
    "words_sha256": N_("SHA-256 of the words"),
    "source_sha256": N_("SHA-256 of the file"),
    "sha256": "SHA-256",
    "version_id": N_("Report version"),
    "report_id": N_("Report"),
    "serving_id": N_("Shown as"),
    "statement_id": N_("Statement"),
    "valid_from": N_("Valid from"),
    "valid_before": N_("Valid until"),
    "created_at": N_("On file since"),
    "entry_id": N_("Written by entry"),
}
_STATES = {"RELEASED": N_("Released"), "WITHDRAWN": N_("Stopped")}


def fact(used: Fact, names: Mapping[str, str], codes: Mapping[int, str]) -> tuple[str, list[Row]]:
    """A row that a decision used: what it is with its number, and what it says. No rows if it is kept no more."""
    heading = f"{context.translated(TITLES[used.name])} · {used.id}"
    said = [(context.translated(label), key) for key, label in _COLUMNS.items() if used.values.get(key) not in (None, "")]
    return heading, [(label, _value(key, used.values[key], names, codes)) for label, key in said]


def _value(key: str, value: Any, names: Mapping[str, str], codes: Mapping[int, str]) -> Any:
    special: dict[str, Callable[[Any], Any]] = {
        "person_id": lambda id_: names.get(id_, id_),
        "investor_id": lambda id_: names.get(id_, id_),
        "varieties": lambda mask: context.translated(N_(", ")).join(map(named, sorted(varieties_of(mask) or ()))) or None,
        "covers": lambda text: covers_told.instruments(frozenset(map(Instrument, text.split()))),
        "categories": lambda mask: category_list(categories_of(mask)),
        "state": lambda state: context.translated(_STATES[state]) if state in _STATES else state,
        "contract_from": day,
        "contract_before": last_day,
        "valid_before": last_day,
        "entry_id": lambda id_: entry_link(codes[id_]) if id_ in codes else id_,
    }
    if key in special:
        return special[key](value)
    if key.endswith(("sha256", "_id")):
        return code(value)
    return plain(value)


def plain(value: Any) -> Any:
    """A value as a person reads it."""
    match value:
        case bool():
            return yes_no(value)
        case Enum():
            return named(value)
        case datetime():
            return seconds(value)
        case date():
            return day(value)
        case str() | int() | None:
            return value
        case _:
            return code(json.dumps(value, ensure_ascii=False, sort_keys=True))
