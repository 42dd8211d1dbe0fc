"""What entries are asked for: a filter, and the conditions under which the databases find what it asks for, in order of time."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, text

from gatekeeper.rules.risk import Action
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store.proof.answers import KINDS, MEMBERS, LedgerAnswer
from gatekeeper.store.proof.ledger import FOR_OTHERS, FREQUENT, RARE, SELDOM, LedgerEntry, LedgerPrivate

Ids = str | tuple[str, ...] | None
"""One id, or any of several; None leaves it open."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What entries to show; None leaves a member open. ``since`` is inclusive, ``before`` exclusive. Ids, never names.

    ``person`` finds whom an entry concerns and who did it. An entry that holds several answers is found by each of them, once.
    ``policy`` is its digest or the beginning of it. ``excluded`` holds members with values that no entry may have; an entry that
    lacks the member has none of them. ``last_id`` ends an export.
    """

    since: datetime | None = None
    before: datetime | None = None
    kind: Ids = None
    person: Ids = None
    investor: Ids = None
    report: Ids = None
    action: str | None = None
    outcome: str | None = None
    reason: str | None = None
    policy: str | None = None
    address: str | None = None
    request_id: str | None = None
    code: str | None = None
    excluded: tuple[tuple[str, str], ...] = ()
    last_id: int | None = None


_EQUAL = ("kind", "investor", "report", "action", "outcome", "reason", "request_id", "code")
_FOR_OTHERS = text(f"({FOR_OTHERS})")
"""What staff did: entries whose actor is not the person concerned. Spelled as one text, so that an index can bear the same."""
_RARE, _SELDOM = text(f"({RARE})"), text(f"({SELDOM})")


def answered(wanted: Filter) -> Select[Any] | None:
    """The entries that hold such an answer, each once; None where none of them is asked for by person, investor or report."""
    among = among_answers(wanted)
    columns: tuple[Any, ...] = (LedgerAnswer.at, LedgerAnswer.entry_id)
    joined = select(*columns).join(LedgerEntry, LedgerEntry.id == LedgerAnswer.entry_id)
    return joined.where(*among).distinct() if among else None


def among_answers(wanted: Filter) -> list[Any]:
    """Conditions on one of several answers and on the entry that holds it; none where such entries are not asked for by one."""
    about = {name: getattr(wanted, name) for name in ("person", "investor", "report") if getattr(wanted, name) is not None}
    kinds = set(KINDS) if wanted.kind is None else KINDS.intersection(_many(wanted.kind))
    if not about or not kinds:
        return []
    own = dict.fromkeys(MEMBERS)
    without = [each for each in wanted.excluded if each[0] not in own]
    conditions = _conditions(replace(wanted, **own, since=None, before=None, kind=tuple(sorted(kinds)), excluded=tuple(without)))
    for name in MEMBERS:
        if (value := getattr(wanted, name)) is not None:
            conditions.append(getattr(LedgerAnswer, name).in_(_many(value)))
    for name, value in wanted.excluded:
        if name in own:
            column = getattr(LedgerAnswer, name)
            conditions.append(or_(column.is_(None), column != value))
    return conditions + _bounds(replace(wanted, last_id=None), LedgerAnswer.at)


def beyond(position: tuple[datetime, int], columns: tuple[Any, Any], *, newer: bool) -> list[ColumnElement[bool]]:
    """What lies beyond an entry in order of time, by the columns that say when and which.

    The bound on time stands by itself too: only so does SQLite begin there, and not at the newest.
    """
    (at, id_), (when, which) = position, columns
    if newer:
        return [when >= at, or_(when > at, which > id_)]
    return [when <= at, or_(when < at, which < id_)]


def walks(wanted: Filter) -> list[list[Any]]:
    """Conditions under which entries are walked in order of time, each along an index of its own; no entry is met twice.

    Whom an entry concerns and who did it stand in two columns, and no database takes an OR over two columns in order. A reason
    stands second in its index, behind the outcome.
    """
    conditions = _conditions(wanted)
    if wanted.person is None:
        if wanted.reason is None or wanted.outcome is not None:
            return [conditions]
        outcomes: list[Any] = [LedgerEntry.outcome == each for each in Outcome]
        return [[*conditions, outcome] for outcome in (*outcomes, LedgerEntry.outcome.is_(None))]
    persons = _many(wanted.person)
    concerned = [*conditions, LedgerEntry.person.in_(persons)]
    others = or_(LedgerEntry.person.is_(None), LedgerEntry.person.not_in(persons))
    return [concerned, [*conditions, _FOR_OTHERS, LedgerEntry.actor.in_([f"person:{each}" for each in persons]), others]]


def _conditions(wanted: Filter) -> list[Any]:
    conditions: list[Any] = [_equals(wanted, name) for name in _EQUAL if getattr(wanted, name) is not None]
    conditions += _bounds(wanted, LedgerEntry.at)
    if isinstance(wanted.kind, str) and wanted.kind not in FREQUENT:
        conditions.append(_RARE)
    if wanted.action not in (None, Action.READ.value):
        conditions.append(_SELDOM)
    if wanted.policy:
        conditions.append(LedgerEntry.policy.startswith(wanted.policy, autoescape=True))
    if wanted.address:
        where = (LedgerPrivate.field == "address", LedgerPrivate.value == wanted.address)
        conditions.append(LedgerEntry.id.in_(select(LedgerPrivate.entry_id).where(*where)))
    return conditions + [condition for name, value in wanted.excluded for condition in _without(name, value)]


def _bounds(wanted: Filter, at: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.since:
        found.append(at >= wanted.since)
    if wanted.before:
        found.append(at < wanted.before)
    if wanted.last_id is not None:
        found.append(LedgerEntry.id <= wanted.last_id)
    return found


def _equals(wanted: Filter, name: str) -> ColumnElement[bool]:
    column, value = getattr(LedgerEntry, name), getattr(wanted, name)
    if name == "outcome" and wanted.reason is None:
        # Its index is in order of time only within one reason; SQLite would take it and sort a million permits for a page.
        column = func.coalesce(column, "")
    equals: ColumnElement[bool] = column.in_(value) if isinstance(value, tuple) else column == value
    return equals


def _without(name: str, value: str) -> list[Any]:
    """What keeps an entry out that has this value. Where the member is absent, nothing is known to be equal, so it stays."""
    if name == "person":
        other = or_(LedgerEntry.person.is_(None), LedgerEntry.person != value)
        return [other, LedgerEntry.actor != f"person:{value}"]
    if name == "address":
        given = (LedgerPrivate.entry_id == LedgerEntry.id, LedgerPrivate.field == "address", LedgerPrivate.value == value)
        return [~select(LedgerPrivate.entry_id).where(*given).exists()]
    column = getattr(LedgerEntry, name)
    same = column.startswith(value, autoescape=True) if name == "policy" else column == value
    return [or_(column.is_(None), ~same)]


def _many(ids: str | tuple[str, ...]) -> tuple[str, ...]:
    return ids if isinstance(ids, tuple) else (ids,)
