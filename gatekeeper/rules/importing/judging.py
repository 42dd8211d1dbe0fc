"""What one row of an import would change: new, unchanged, changed or refused, and which part of it lowers or raises.

1. A row is one investor, with one person or none. Everything of a new investor waits for a second person: it opens the file.
2. What is empty in a row stays as it is on file. Kind and name of an investor on file are not changed by a file; they must agree.
3. The same client number a second time is another person for the same investor and states the same of it, or it is refused.
4. A row that is refused keeps no other row back, except those about a file that it was to open.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Any

from gatekeeper.rules.changes import (
    CategoryChange,
    Change,
    ClassChange,
    InvestorChange,
    LowestChange,
    MandateChange,
    StandingChange,
    from_data,
    name_of,
    to_data,
)
from gatekeeper.rules.changing.raising import split
from gatekeeper.rules.errors import N_, Fault
from gatekeeper.rules.importing.cells import FACTS, Stated
from gatekeeper.rules.parsing.checks import faults_of_all
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorKind, RiskCategory
from gatekeeper.rules.roles import Role


class Verdict(StrEnum):
    """What came of a row."""

    NEW = "NEW"
    CHANGED = "CHANGED"
    UNCHANGED = "UNCHANGED"
    REFUSED = "REFUSED"


OnFile = tuple[int | None, Change | None]
"""The id of a row on file and what it states; None and None where nothing is."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier row of the same file with the same client number: its number, what it states, the ids it was given."""

    number: int
    facts: Mapping[str, Any]
    login: str | None
    investor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known about a row before it is judged.

    ``investor`` and ``account`` are rows on file; ``person`` and ``named`` are the id and the name that an earlier row gave the
    login; ``on_file`` gives the row that a change would replace; ``mine`` says that whoever imports acts for the investor.
    """

    investor: Any = None
    account: Any = None
    earlier: Earlier | None = None
    repeats: int | None = None
    person: str | None = None
    named: str | None = None
    on_file: Mapping[str, OnFile] = field(default_factory=dict)
    mine: bool = False


@dataclass(frozen=True, slots=True)
class Pair:
    """One fact: the row on file and what it states, and what would be."""

    row: int | None
    before: Change | None
    after: Change

    def to_data(self) -> dict[str, Any]:
        """As plain JSON values."""
        before = to_data(self.before) if self.before is not None else None
        return {"row": self.row, "before": before, "after": to_data(self.after)}

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Pair":
        """The pair that ``to_data`` wrote."""
        return cls(data["row"], from_data(data["before"]) if data["before"] else None, from_data(data["after"]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What came of a row: the faults of a refused one, else the changes and whether some of it lowers or raises.

    ``apart`` says that the approver should look at it by itself: a rise of two categories, or leaving the lowest.
    """

    verdict: Verdict
    faults: tuple[Fault, ...] = ()
    investor: str | None = None
    person: str | None = None
    pairs: tuple[Pair, ...] = ()
    lowers: bool = False
    raises: bool = False
    apart: bool = False


_REPEATED = N_("Row %(row)s is about the same person and investor already.")
_DIFFERS = N_("Row %(row)s states something else about this client number. Only another person may follow in a further row.")
_REFUSED_FIRST = N_("Row %(row)s, which opens this investor's file, is refused.")
_NO_PERSON = N_("A further row of one client number is about another person, so it needs a login name.")
_OTHER_NAME = N_("Client number %(number)s is on file under another name: %(name)s.")
_OTHER_KIND = N_("Client number %(number)s is on file as another kind of investor.")
_NEEDED = N_("A new investor needs this.")
_LOGIN_OF = N_("The login name %(login)s belongs to somebody of another name.")
_LOGIN_ROW = N_("An earlier row gives the login name %(login)s to somebody of another name.")
_STAFF = N_("The login name %(login)s belongs to staff, and staff cannot act for an investor.")
_CAPACITY = N_("Say as what the person acts for the investor.")
_MINE = N_("You act for this investor yourself, so others must change the file.")
_CATEGORY_END = N_("A category that is new or another one needs its last valid day.")
_CLASS_FIRST = N_("This needs the class beside it.")
_CATEGORY_FIRST = N_("This needs the category beside it.")
_LOWEST = N_("The lowest category lies within C1, and the row says %(category)s.")
_EVIDENCE = N_("A change of class, category or lowest category needs where its evidence is kept.")
_BESIDE = {"category_until": "category", "ground": "class_", "class_until": "class_"}
"""Which column another one stands beside: where that cannot be read, nothing more is said of its neighbour."""
_OWN_PERSON = "本人"
_PLAIN = ("client", "profile_complete", "branch", "contact")
_FIELDS = {"class_last_day": "class_until", "category_last_day": "category_until", "contract_to": "contract_to"}


def facts_of(stated: Stated) -> dict[str, Any]:
    """What a row states of the investor, as it is compared with other rows of the same client number."""
    return {name: str(value) for name in FACTS if (value := getattr(stated, name)) is not None}


def wished(stated: Stated, investor: str, person: str | None, known: Known, zone: tzinfo) -> list[InvestorChange]:
    """The facts that a row states, completed by what is on file."""
    if known.earlier is not None:  # the facts of the investor are those of the first row
        return list(_mandate(stated, investor, person, known))
    parts = (_class(stated, investor, known, zone), _category(stated, investor, known, zone))
    found: list[InvestorChange] = [each for each in parts if each is not None]
    if stated.lowest is not None:
        found.append(LowestChange(investor=investor, lowest=stated.lowest))
    standing = _standing(stated, investor, known, zone)
    return [*found, *([standing] if standing else []), *_mandate(stated, investor, person, known)]


def judge(stated: Stated, found: Sequence[Fault], ids: tuple[str, str], known: Known, zone: tzinfo, now: datetime) -> Judged:
    """Judge one row. ``found`` is what reading its cells found; ``ids`` are for an investor and a person who are new."""
    unread = {fault.field for fault in found}
    further = [*_identity(stated, known), *_person(stated, known), *_missing(stated, known)]
    faults = [*found, *(fault for fault in further if not {fault.field, _BESIDE.get(fault.field or "")} & unread)]
    if faults:
        return Judged(verdict=Verdict.REFUSED, faults=tuple(faults))
    investor: str = known.investor.id if known.investor else (known.earlier.investor if known.earlier else None) or ids[0]
    person = (known.account.id if known.account else known.person or ids[1]) if stated.login else None
    wanted = wished(stated, investor, person, known, zone)
    pairs = tuple(_pairs(wanted, known))
    faults = [_renamed(fault) for fault in faults_of_all([each.after for each in pairs], now)]  # type: ignore[misc]
    faults += _evidence(stated, pairs)
    if faults:
        return Judged(verdict=Verdict.REFUSED, faults=tuple(faults))
    is_new = known.investor is None and known.earlier is None
    if not pairs and not is_new:
        return Judged(verdict=Verdict.UNCHANGED, investor=investor, person=person)
    parts = [split(each.before, each.after, now) for each in pairs]
    opens = known.investor is None
    return Judged(
        verdict=Verdict.NEW if is_new else Verdict.CHANGED,
        investor=investor,
        person=person,
        pairs=pairs,
        lowers=not opens and any(lowered is not None for lowered, _ in parts),
        raises=opens or any(raised is not None for _, raised in parts),
        apart=any(is_apart(each, now) for each in pairs),
    )


def is_apart(pair: Pair, now: datetime) -> bool:
    """Whether a change is one that a second person looks at by itself."""
    old, new = pair.before, pair.after
    if isinstance(old, CategoryChange) and isinstance(new, CategoryChange):
        return old.before > now and new.category - old.category > 1
    return isinstance(old, LowestChange) and isinstance(new, LowestChange) and old.lowest and not new.lowest


def _identity(stated: Stated, known: Known) -> Iterator[Fault]:
    """Whether the row is about whom it says."""
    if known.mine:
        yield Fault(_MINE, field="client_number")
    if known.investor is not None:
        number = known.investor.client_number
        if stated.name is not None and stated.name != known.investor.name:
            yield Fault(_OTHER_NAME, field="name", number=number, name=known.investor.name)
        if stated.kind is not None and stated.kind is not known.investor.kind:
            yield Fault(_OTHER_KIND, field="kind", number=number)
    if known.repeats is not None:
        yield Fault(_REPEATED, field="client_number", row=known.repeats)
    elif known.earlier is not None:
        yield from _further(stated, known, known.earlier)


def _further(stated: Stated, known: Known, earlier: Earlier) -> Iterator[Fault]:
    if earlier.facts != facts_of(stated):
        yield Fault(_DIFFERS, field="client_number", row=earlier.number)
    elif stated.login is None:
        yield Fault(_NO_PERSON, field="login")
    elif known.investor is None and earlier.investor is None:
        yield Fault(_REFUSED_FIRST, field="client_number", row=earlier.number)


def _person(stated: Stated, known: Known) -> Iterator[Fault]:
    login, name = stated.login, stated.person or stated.name
    if login is None:
        return
    if known.account is not None:
        if known.account.role is not Role.CLIENT:
            yield Fault(_STAFF, field="login", login=login)
        elif name not in (None, known.account.name):
            yield Fault(_LOGIN_OF, field="login", login=login)
    elif known.named is not None and name != known.named:
        yield Fault(_LOGIN_ROW, field="login", login=login)
    elif name is None:
        yield Fault(_NEEDED, field="person")


def _missing(stated: Stated, known: Known) -> Iterator[Fault]:
    """What a row must state because of what it states, or because nothing is on file."""
    if known.investor is None and known.earlier is None:
        yield from (Fault(_NEEDED, field=name) for name in ("kind", "name") if getattr(stated, name) is None)
    if stated.class_ is None and (stated.ground is not None or stated.class_until is not None):
        yield Fault(_CLASS_FIRST, field="ground" if stated.ground is not None else "class_until")
    old = known.on_file.get("category", (None, None))[1]
    if stated.category is None and stated.category_until is not None:
        yield Fault(_CATEGORY_FIRST, field="category_until")
    elif stated.category is not None and stated.category_until is None and not _same_category(old, stated.category):
        yield Fault(_CATEGORY_END, field="category_until")
    if stated.lowest and stated.category not in (None, RiskCategory.C1):
        yield Fault(_LOWEST, field="lowest", category=stated.category.name)
    is_own = (known.investor or stated).kind in (None, InvestorKind.INDIVIDUAL)
    if stated.login is not None and stated.capacity is None and not is_own and not _acts(known):
        yield Fault(_CAPACITY, field="capacity")


def _same_category(old: Change | None, category: RiskCategory) -> bool:
    return isinstance(old, CategoryChange) and old.category is category


def _acts(known: Known) -> bool:
    old = known.on_file.get("mandate", (None, None))[1]
    return isinstance(old, MandateChange) and old.live


def _class(stated: Stated, investor: str, known: Known, zone: tzinfo) -> ClassChange | None:
    if stated.class_ is None:
        return None
    old = known.on_file.get("class", (None, None))[1]
    kept = old if isinstance(old, ClassChange) and old.investor_class is stated.class_ else None
    if not stated.class_.is_professional:
        before = _end(stated.class_until, zone)
        return ClassChange(investor=investor, investor_class=stated.class_, before=before)
    ground = stated.ground if stated.ground is not None else kept.ground if kept else ""
    before = _end(stated.class_until, zone) or (kept.before if kept else None)
    return ClassChange(investor=investor, investor_class=stated.class_, ground=ground, before=before)


def _category(stated: Stated, investor: str, known: Known, zone: tzinfo) -> CategoryChange | None:
    if stated.category is None:
        return None
    old = known.on_file.get("category", (None, None))[1]
    before = _end(stated.category_until, zone) or (old.before if isinstance(old, CategoryChange) else None)
    return CategoryChange(investor=investor, category=stated.category, before=before) if before is not None else None


def _standing(stated: Stated, investor: str, known: Known, zone: tzinfo) -> StandingChange | None:
    given: dict[str, Any] = {name: value for name in _PLAIN if (value := getattr(stated, name)) is not None}
    if stated.contract_from is not None:
        given["contract_from"] = valid_before(stated.contract_from - timedelta(days=1), zone)
    if stated.contract_to is not None:
        given["contract_before"] = valid_before(stated.contract_to, zone)
    if not given:
        return None
    old = known.on_file.get("standing", (None, None))[1]
    begun = old if isinstance(old, StandingChange) else StandingChange(investor=investor)
    return replace(begun, **given)


def _mandate(stated: Stated, investor: str, person: str | None, known: Known) -> Iterator[MandateChange]:
    if person is None:
        return
    old = known.on_file.get("mandate", (None, None))[1]
    if isinstance(old, MandateChange) and old.live:
        yield replace(old, capacity=stated.capacity or old.capacity)
    else:
        yield MandateChange(investor=investor, person=person, capacity=stated.capacity or _OWN_PERSON)


def _pairs(wanted: Sequence[InvestorChange], known: Known) -> Iterator[Pair]:
    for each in wanted:
        row, before = known.on_file.get(name_of(each), (None, None))
        if each != before and not (before is None and each == LowestChange(investor=each.investor, lowest=False)):
            yield Pair(row, before, each)


def _end(day: date | None, zone: tzinfo) -> datetime | None:
    return valid_before(day, zone) if day is not None else None


def _renamed(fault: Fault) -> Fault:
    """A fault of a change, at the column that states it."""
    return Fault(fault.message, field=_FIELDS.get(fault.field or "", fault.field), **fault.values)


def _evidence(stated: Stated, pairs: Sequence[Pair]) -> list[Fault]:
    is_needed = any(isinstance(each.after, ClassChange | CategoryChange | LowestChange) for each in pairs)
    return [Fault(_EVIDENCE, field="evidence")] if is_needed and not stated.evidence else []
