"""What can be changed about investors, staff and reports, and which part of a change raises.

1. Raising is any change after which some decision is more favourable; it takes a second person. Lowering takes one person and
   acts at once.
2. Each fact is judged by itself, the others taken at their best. ``floor`` is the most that holds under both the old and the new
   value: going from the old to the floor lowers, going from the floor to the new raises. A mixed change is thereby split.
3. A fact that is absent or lapsed permits nothing, so whatever replaces it raises; an expiry revives nothing.
4. What decides nothing (branch, contact, capacity, ground) is changed by one person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import Enum
from types import UnionType
from typing import Any, get_args, get_origin, get_type_hints

from gatekeeper.rules.risk import InvestorClass, ProfessionalClause, RiskCategory, RiskGrade
from gatekeeper.rules.roles import Grant, Role, permissions


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassChange:
    """An investor's class, with its ground (article) and the instant at which it lapses."""

    investor: str
    investor_class: InvestorClass
    ground: str = ""
    before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryChange:
    """An ordinary investor's category and the instant at which the assessment lapses."""

    investor: str
    category: RiskCategory
    before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LowestChange:
    """Whether the investor is of the lowest category (最低类别)."""

    investor: str
    lowest: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingChange:
    """The facts of an investor that deny by themselves, with branch and contact to turn to."""

    investor: str
    client: bool = False
    profile_complete: bool = False
    suspended: bool = False
    closed: bool = False
    contract_from: datetime | None = None
    contract_before: datetime | None = None
    branch: str = ""
    contact: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MandateChange:
    """Whether a person acts for an investor, and in which capacity."""

    investor: str
    person: str
    capacity: str
    live: bool = True
    before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleChange:
    """A person's role, an admin's grants and the instant at which both end; ``live`` false is a suspended person."""

    person: str
    role: Role
    grants: tuple[Grant, ...] = ()
    live: bool = True
    before: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResetChange:
    """That a staff member gets a new one-time link to set a password: whoever holds it holds the account."""

    person: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """A finding that a person has looked at and accepts, until ``before``, wherever the same template prints the same text."""

    code: str
    cited: str
    key: str
    before: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicationChange:
    """A report version's confirmed grade and audience, with the findings settled for it."""

    version: str
    issuer: str
    report_kind: str
    grade: RiskGrade
    professional: ProfessionalClause | None
    categories: tuple[RiskCategory, ...] | None
    clients_only: bool
    contract_clients_only: bool
    settlements: tuple[Settlement, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """That a row of an investor's file was entered in error, so that the row ``again`` applies once more; None where none did.

    ``of`` names the fact that the row states. A correction states nothing by itself: what it comes to is judged by that row.
    """

    investor: str
    of: str
    row: int
    again: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementChange:
    """The statement that readers accept, in both languages."""

    text_zh: str
    text_en: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyChange:
    """A policy's text, and from when on it decides; None is from its approval."""

    text: str
    effective: datetime | None = None


InvestorChange = ClassChange | CategoryChange | LowestChange | StandingChange | MandateChange
OtherChange = ResetChange | PublicationChange | Correction | StatementChange | PolicyChange
Change = InvestorChange | RoleChange | OtherChange


def split(old: Change | None, new: Change, now: datetime) -> tuple[Change | None, Change | None]:
    """Split a change into what lowers (at once) and what raises (by two people); either is None if there is nothing of it."""
    known = old if old is not None else absent(new)
    floor = _floor(known, new, now)
    lowered = floor if floor is not None and floor != known else None
    raised = new if new != floor else None
    return lowered, raised


def absent(new: Change) -> Change | None:
    """What it says of a fact that nothing is on file; None where no value says so little."""
    match new:
        case LowestChange():
            return replace(new, lowest=False)
        case MandateChange() | RoleChange():
            return replace(new, live=False)
        case _:
            return None


def _floor(old: Change | None, new: Change, now: datetime) -> Change | None:
    """The most that holds under both values; None where there is no old value to keep."""
    match old, new:
        case ClassChange(), ClassChange():
            return _class_floor(old, new, now)
        case CategoryChange(), CategoryChange():
            return _category_floor(old, new, now)
        case LowestChange(), LowestChange():
            return replace(new, lowest=old.lowest or new.lowest)
        case None, StandingChange():
            return _first_standing(new, now)
        case StandingChange(), StandingChange():
            return _standing_floor(old, new, now)
        case MandateChange(), MandateChange():
            return _mandate_floor(old, new, now)
        case RoleChange(), RoleChange():
            return _role_floor(old, new, now)
        case _:
            return old


def _class_floor(old: ClassChange, new: ClassChange, now: datetime) -> ClassChange:
    """A professional is never given less than an ordinary investor; a lapsed one is decided as ordinary."""
    if not new.investor_class.is_professional or _lapsed(new.before, now):
        return new
    if not old.investor_class.is_professional or _lapsed(old.before, now):
        return old
    return replace(new, before=_earlier(old.before, new.before))


def _category_floor(old: CategoryChange, new: CategoryChange, now: datetime) -> CategoryChange:
    if _lapsed(new.before, now):
        return new
    if _lapsed(old.before, now):
        return old
    return replace(new, category=min(old.category, new.category), before=min(old.before, new.before))


def _first_standing(new: StandingChange, now: datetime) -> StandingChange | None:
    """Of the first standing of an investor, one person may say alone that it is suspended or closed, and whom to turn to."""
    alone = replace(new, client=False, profile_complete=False)
    if not _contract_is_over(new, now):
        alone = replace(alone, contract_from=None, contract_before=None)
    return alone if new == alone or new.suspended or new.closed else None


def _standing_floor(old: StandingChange, new: StandingChange, now: datetime) -> StandingChange:
    """Branch and contact decide nothing, so they are the new ones."""
    begins, before = _contract_floor(old, new, now)
    return replace(
        new,
        client=old.client and new.client,
        profile_complete=old.profile_complete and new.profile_complete,
        suspended=old.suspended or new.suspended,
        closed=old.closed or new.closed,
        contract_from=begins,
        contract_before=before,
    )


def _contract_floor(old: StandingChange, new: StandingChange, now: datetime) -> tuple[datetime | None, datetime | None]:
    """The time that both contracts cover; a contract that is over, or not there, covers none."""
    for each in (new, old):
        if _contract_is_over(each, now):
            return each.contract_from, each.contract_before
    begins = max(moment for moment in (old.contract_from, new.contract_from) if moment)
    before = _earlier(old.contract_before, new.contract_before)
    return (begins, before) if before is None or begins < before else (None, None)


def _contract_is_over(standing: StandingChange, now: datetime) -> bool:
    return standing.contract_from is None or _lapsed(standing.contract_before, now)


def _mandate_floor(old: MandateChange, new: MandateChange, now: datetime) -> MandateChange:
    if not new.live or _lapsed(new.before, now):
        return new
    if not old.live or _lapsed(old.before, now):
        return old
    return replace(new, before=_earlier(old.before, new.before))


def _role_floor(old: RoleChange, new: RoleChange, now: datetime) -> RoleChange:
    """Suspending lowers, and so does having fewer grants, a nearer end, or another role that permits nothing more.

    Any other change of role is judged as a whole: the old role serves until the new one is approved.
    """
    if not new.live or _lapsed(new.before, now):
        return new
    if not old.live or _lapsed(old.before, now):
        return old
    before = _earlier(old.before, new.before)
    if old.role is new.role:
        return replace(new, grants=tuple(sorted(set(old.grants) & set(new.grants))), before=before)
    narrower = permissions(new.role, new.grants) <= permissions(old.role, old.grants) and set(new.grants) <= set(old.grants)
    return replace(new, before=before) if narrower else old


def _lapsed(before: datetime | None, now: datetime) -> bool:
    return before is not None and before <= now


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)


_BY_NAME: dict[str, type] = {
    "class": ClassChange,
    "category": CategoryChange,
    "lowest": LowestChange,
    "standing": StandingChange,
    "mandate": MandateChange,
    "role": RoleChange,
    "reset": ResetChange,
    "publication": PublicationChange,
    "correction": Correction,
    "statement": StatementChange,
    "policy": PolicyChange,
}
_NAMES = {kind: name for name, kind in _BY_NAME.items()}


def name_of(change: Change) -> str:
    """The name of the fact that a change is about, as proposals and entries spell it."""
    return _NAMES[type(change)]


def to_data(change: Change) -> dict[str, Any]:
    """A change as plain JSON values, as proposals store it and entries quote it."""
    return {"fact": name_of(change), **_members(change)}


def from_data(data: Mapping[str, Any]) -> Change:
    """The change that ``to_data`` wrote."""
    members = {name: value for name, value in data.items() if name != "fact"}
    change: Change = _build(_BY_NAME[data["fact"]], members)
    return change


def _members(value: Any) -> dict[str, Any]:
    return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}


def _plain(value: Any) -> Any:
    match value:
        case Enum():
            return value.value if isinstance(value, str) else value.name
        case datetime():
            return value.isoformat()
        case tuple():
            return [_plain(item) for item in value]
        case Settlement():
            return _members(value)
        case _:
            return value


def _build(kind: Any, members: Mapping[str, Any]) -> Any:
    hints = get_type_hints(kind)
    return kind(**{name: _typed(hints[name], value) for name, value in members.items()})


def _typed(hint: Any, value: Any) -> Any:
    if value is None:
        return None
    if get_origin(hint) is UnionType:
        hint = next(option for option in get_args(hint) if option is not type(None))
    if get_origin(hint) is tuple:
        return tuple(_typed(get_args(hint)[0], item) for item in value)
    if hint is Settlement:
        return _build(Settlement, value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return hint(value) if issubclass(hint, str) else hint[value]
    return datetime.fromisoformat(value) if hint is datetime else value
