"""Which part of a change raises, and which lowers.

1. Raising is any change after which some decision is more favourable; it takes a second person. Lowering takes one person and
   acts at once.
2. Each fact is judged by itself, the others taken at their best. ``floor`` is the most that holds under both the old and the new
   value: going from the old to the floor lowers, going from the floor to the new raises. A mixed change is thereby split.
3. A fact that is absent or lapsed permits nothing, so whatever replaces it raises; an expiry revives nothing.
4. What decides nothing (branch, contact, capacity, ground) is changed by one person.
"""

from dataclasses import replace
from datetime import datetime

from gatekeeper.rules.accounts.scopes import common, least
from gatekeeper.rules.changes import (
    CategoryChange,
    Change,
    ClassChange,
    LowestChange,
    MandateChange,
    ObjectivesChange,
    RoleChange,
    ServiceChange,
    StandingChange,
)
from gatekeeper.rules.risk import Term
from gatekeeper.rules.roles import permissions

_TERMS = tuple(Term)


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
        case MandateChange() | RoleChange() | ServiceChange():
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
        case ObjectivesChange(), ObjectivesChange():
            both = tuple(each for each in new.varieties if each in old.varieties)
            return replace(new, term=min(old.term, new.term, key=_TERMS.index), varieties=both)
        case StandingChange() | None, StandingChange():
            return _standing_floor(old, new, now) if old else _first_standing(new, now)
        case MandateChange(), MandateChange():
            return _mandate_floor(old, new, now)
        case RoleChange() | ServiceChange(), RoleChange() | ServiceChange():
            return _account_floor(old, new, now)
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


def _account_floor(old: RoleChange | ServiceChange, new: RoleChange | ServiceChange, now: datetime) -> Change:
    if isinstance(old, ServiceChange) and isinstance(new, ServiceChange):
        return _service_floor(old, new)
    return _role_floor(old, new, now) if isinstance(old, RoleChange) and isinstance(new, RoleChange) else old


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


def _service_floor(old: ServiceChange, new: ServiceChange) -> ServiceChange:
    """What both scopes permit. Contact, and whether batches omit their context, decide nothing, so they are the new ones.

    Networks that have no address in common are judged as a whole: the old ones serve until the new ones are approved.
    """
    if not new.live:
        return new
    if not old.live:
        return old
    return replace(
        new,
        actions=tuple(each for each in new.actions if each in old.actions),
        register=least(old.register, new.register),
        networks=common(old.networks, new.networks) or old.networks,
        per_minute=min(old.per_minute, new.per_minute),
        token_days=min(old.token_days, new.token_days),
        branches=_branches_floor(old.branches, new.branches),
        may_search=old.may_search and new.may_search,
        states_initiative=old.states_initiative and new.states_initiative,
    )


def _branches_floor(old: tuple[str, ...] | None, new: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """The branches that both name; None names all."""
    if old is None or new is None:
        return new if old is None else old
    return tuple(each for each in new if each in old)


def _lapsed(before: datetime | None, now: datetime) -> bool:
    return before is not None and before <= now


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    if one is None or other is None:
        return one or other
    return min(one, other)
