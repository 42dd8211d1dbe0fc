"""What entries are asked for: a filter, and the conditions under which the databases find what it asks for, in order of time.

A condition holds a parameter for each value. So filters that differ by values alone share a statement, and that is built once:
building it takes several times as long as the database takes for a page.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, String, bindparam, func, literal, or_, select, text, tuple_

from gatekeeper.rules.risk import Action
from gatekeeper.rules.suitability import Outcome
from gatekeeper.store.base import UtcTime
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
_ONE_OR_MANY = ("person", "investor", "report")
_BY_ITSELF = ("since", "before", "last_id", "kind", "action", "outcome", "reason", "address", "request_id", "code")
_FOR_OTHERS = text(f"({FOR_OTHERS})")
"""What staff did: entries whose actor is not the person concerned. Spelled as one text, so that an index can bear the same."""
_RARE, _SELDOM = text(f"({RARE})"), text(f"({SELDOM})")


def alike(wanted: Filter) -> tuple[Any, ...]:
    """What filters have in common that share a statement: which members are given, and what else of them stands in it."""
    given = tuple(getattr(wanted, name) is not None for name in (*_BY_ITSELF, "policy"))
    several = tuple(
        len(value) if isinstance(value, tuple) else value is not None
        for value in (getattr(wanted, name) for name in _ONE_OR_MANY)
    )
    kinds = wanted.kind if isinstance(wanted.kind, tuple) else None
    excluded = tuple(name for name, _ in wanted.excluded)
    return given, several, kinds, _is_rare(wanted), _is_seldom(wanted), _kinds_of_answers(wanted), excluded


def values(wanted: Filter) -> dict[str, Any]:
    """The values of the parameters of its statement."""
    found = {name: getattr(wanted, name) for name in _BY_ITSELF} | {"policy": _beginning(wanted.policy or "")}
    for name in _ONE_OR_MANY:
        found |= {f"{name}_{place}": id_ for place, id_ in enumerate(_many(getattr(wanted, name) or ()))}
    found |= {f"actor_{place}": f"person:{id_}" for place, id_ in enumerate(_many(wanted.person or ()))}
    for place, (name, value) in enumerate(wanted.excluded):
        found[f"without_{place}"] = _beginning(value) if name == "policy" else value
        found[f"without_actor_{place}"] = f"person:{value}"
    return found


def answered(wanted: Filter) -> Select[Any] | None:
    """The entries that hold such an answer, each once; None where none of them is asked for by person, investor or report."""
    among = among_answers(wanted)
    columns: tuple[Any, ...] = (LedgerAnswer.at, LedgerAnswer.entry_id)
    joined = select(*columns).join(LedgerEntry, LedgerEntry.id == LedgerAnswer.entry_id)
    return joined.where(*among).distinct() if among else None


def among_answers(wanted: Filter) -> list[Any]:
    """Conditions on one of several answers and on the entry that holds it; none where such entries are not asked for by one."""
    kinds = _kinds_of_answers(wanted)
    if not kinds:
        return []
    own: dict[str, Any] = dict.fromkeys(MEMBERS)
    conditions = _conditions(replace(wanted, **own, kind=kinds))
    for name in MEMBERS:
        if getattr(wanted, name) is not None:
            conditions.append(_is(getattr(LedgerAnswer, name), wanted, name))
    for place, (name, _) in enumerate(wanted.excluded):
        if name in own:
            column = getattr(LedgerAnswer, name)
            conditions.append(or_(column.is_(None), column != bindparam(f"without_{place}")))
        else:
            conditions += _without(name, place)
    return conditions + _bounds(replace(wanted, last_id=None), LedgerAnswer.at)


def _kinds_of_answers(wanted: Filter) -> tuple[str, ...]:
    """The kinds of entries of several answers that are asked for by one of these."""
    if wanted.person is None and wanted.investor is None and wanted.report is None:
        return ()
    return tuple(sorted(KINDS if wanted.kind is None else KINDS.intersection(_many(wanted.kind))))


def beyond(columns: tuple[Any, Any], *, newer: bool) -> ColumnElement[bool]:
    """What lies beyond an entry in order of time, by the columns that say when and which. Where that is, parameters say.

    Each stands in a SELECT of its own: PostgreSQL would else make a plan for each place, which takes longer than the page.
    """
    given = bindparam("at", type_=UtcTime()), bindparam("id", type_=LedgerEntry.id.type)
    place = tuple_(*(select(each).scalar_subquery() for each in given))
    return tuple_(*columns) > place if newer else tuple_(*columns) < place


def walks(wanted: Filter) -> list[list[Any]]:
    """Conditions under which entries are walked in order of time, each along an index of its own; no entry is met twice.

    Whom an entry concerns and who did it stand in two columns, and no database takes an OR over two columns in order. A reason
    stands second in its index, behind the outcome.
    """
    excluded = [condition for place, (name, _) in enumerate(wanted.excluded) for condition in _without(name, place)]
    conditions = [*_conditions(wanted), *_bounds(wanted, LedgerEntry.at), *excluded]
    if wanted.person is None:
        if wanted.reason is None or wanted.outcome is not None:
            return [conditions]
        outcomes: list[Any] = [LedgerEntry.outcome == each for each in Outcome]
        return [[*conditions, outcome] for outcome in (*outcomes, LedgerEntry.outcome.is_(None))]
    persons = _parameters("person", wanted.person)
    actors = _parameters("actor", wanted.person)
    concerned = [*conditions, LedgerEntry.person.in_(persons)]
    others = or_(LedgerEntry.person.is_(None), LedgerEntry.person.not_in(persons))
    return [concerned, [*conditions, _FOR_OTHERS, LedgerEntry.actor.in_(actors), others]]


def _is_rare(wanted: Filter) -> bool:
    return isinstance(wanted.kind, str) and wanted.kind not in FREQUENT


def _is_seldom(wanted: Filter) -> bool:
    return wanted.action not in (None, Action.READ.value)


def _conditions(wanted: Filter) -> list[Any]:
    """What the members say that are equal to something, or begin with it."""
    conditions: list[Any] = [_equals(wanted, name) for name in _EQUAL if getattr(wanted, name) is not None]
    if _is_rare(wanted):
        conditions.append(_RARE)
    if _is_seldom(wanted):
        conditions.append(_SELDOM)
    if wanted.policy is not None:
        conditions.append(_begins(LedgerEntry.policy, "policy"))
    if wanted.address is not None:
        where = (LedgerPrivate.field == "address", LedgerPrivate.value == bindparam("address"))
        conditions.append(LedgerEntry.id.in_(select(LedgerPrivate.entry_id).where(*where)))
    return conditions


def _bounds(wanted: Filter, at: Any) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.since is not None:
        found.append(at >= bindparam("since", type_=UtcTime()))
    if wanted.before is not None:
        found.append(at < bindparam("before", type_=UtcTime()))
    if wanted.last_id is not None:
        found.append(LedgerEntry.id <= bindparam("last_id", type_=LedgerEntry.id.type))
    return found


def _equals(wanted: Filter, name: str) -> ColumnElement[bool]:
    column = getattr(LedgerEntry, name)
    if name == "outcome" and wanted.reason is None:
        # Its index is in order of time only within one reason; SQLite would take it and sort a million permits for a page.
        column = func.coalesce(column, "")
    return _is(column, wanted, name)


def _is(column: Any, wanted: Filter, name: str) -> ColumnElement[bool]:
    value = getattr(wanted, name)
    if name in _ONE_OR_MANY:
        found: ColumnElement[bool] = column.in_(_parameters(name, value))
    elif isinstance(value, tuple):
        found = column.in_([literal(each) for each in value])
    else:
        found = column == bindparam(name, type_=String())
    return found


def _without(name: str, place: int) -> list[Any]:
    """What keeps an entry out that has this value. Where the member is absent, nothing is known to be equal, so it stays."""
    value: Any = bindparam(f"without_{place}")
    if name == "person":
        other = or_(LedgerEntry.person.is_(None), LedgerEntry.person != value)
        return [other, LedgerEntry.actor != bindparam(f"without_actor_{place}")]
    if name == "address":
        given = (LedgerPrivate.entry_id == LedgerEntry.id, LedgerPrivate.field == "address", LedgerPrivate.value == value)
        return [~select(LedgerPrivate.entry_id).where(*given).exists()]
    column = getattr(LedgerEntry, name)
    same = _begins(column, value.key) if name == "policy" else column == value
    return [or_(column.is_(None), ~same)]


def _begins(column: Any, name: str) -> ColumnElement[bool]:
    found: ColumnElement[bool] = column.like(bindparam(name), escape=_ESCAPE)
    return found


_ESCAPE = "/"


def _beginning(value: str) -> str:
    """What LIKE takes for anything that begins with this."""
    for each in (_ESCAPE, "%", "_"):
        value = value.replace(each, _ESCAPE + each)
    return f"{value}%"


def _parameters(name: str, value: str | tuple[str, ...]) -> list[Any]:
    return [bindparam(f"{name}_{place}", type_=String()) for place, _ in enumerate(_many(value))]


def _many(ids: str | tuple[str, ...]) -> tuple[str, ...]:
    return ids if isinstance(ids, tuple) else (ids,)
