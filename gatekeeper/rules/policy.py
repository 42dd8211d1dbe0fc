"""The firm's suitability policy: match table, validity, acknowledgement rules, as data with a digest.

1. A policy is a TOML text. What is not understood is refused as a whole: there is no partly valid policy.
2. The lowest category (最低类别) gets R1 at most (SAC guide; Measures, Art. 22 (5)), whatever a text says.
3. A higher category is never given less than a lower one, and a professional never less than C5.
4. The SHA-256 of the text names the policy in every entry of the ledger.
"""

import tomllib
from calendar import monthrange
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from hashlib import sha256
from itertools import pairwise
from typing import Any, cast

from gatekeeper.rules.assessing import matching
from gatekeeper.rules.assessing.cool_off import CoolOff, cool_off
from gatekeeper.rules.assessing.matching import Matching
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.grading.catalogue import Catalogue, catalogue
from gatekeeper.rules.messages import reminders
from gatekeeper.rules.parsing.toml import Reader
from gatekeeper.rules.risk import Action, RiskCategory, RiskGrade
from gatekeeper.rules.titles.terms import Terms, terms

LOWEST_FLOOR = frozenset({RiskGrade.R1})
"""All that the lowest category can ever be given."""

OPEN_DAYS = 30
"""For how many days a proposal waits where the policy does not say."""

_ROWS = ("LOWEST", *(category.name for category in RiskCategory), "PROFESSIONAL")
_MONTHS = range(1, 37)
_MOST_JUDGED = 10_000


class Judged(dict[Any, Any]):
    """What ``suitability`` has judged under a policy, by all that it turns on. A policy never changes, so nor does that."""

    def of(self, alike: tuple[object, ...], judge: Callable[[], Any]) -> Any:
        """What was judged of all that is alike; judge it if nobody has."""
        found = self.get(alike)
        if found is None:
            if len(self) >= _MOST_JUDGED:
                self.clear()
            found = self[alike] = judge()
        return found

    def __deepcopy__(self, _memo: object) -> "Judged":
        """A copy of a policy judges for itself."""
        return Judged()


@dataclass(frozen=True, slots=True)
class Policy:
    """A parsed and checked policy. Durations are whole calendar months.

    ``professional`` holds the terms of professional status; a policy without them finds nobody professional by figures.
    ``expiring_days`` says how many days before the last one investors are told that a category or status expires.
    ``open_days`` is for how many days a proposal waits for its second person.
    ``paper_days`` is how old a signed paper may be; a policy that doesn't say takes none.
    ``catalogue`` says which grade a report has at least by what it covers; a policy without it holds no grade against that.
    """

    digest: str
    name: str
    match: Mapping[str, frozenset[RiskGrade]]
    assessment_months: int
    professional_months: int
    acknowledged_actions: frozenset[Action]
    acknowledgement_months: int
    in_full_from: RiskGrade
    professional: Terms | None = None
    expiring_days: tuple[int, ...] = reminders.DAYS
    matching: Matching = matching.OFF
    cool_off: CoolOff | None = None
    open_days: int = OPEN_DAYS
    paper_days: int | None = None
    catalogue: Catalogue | None = None
    judged: Judged = field(default_factory=Judged, init=False, repr=False, compare=False)

    def grades_of(self, category: RiskCategory) -> frozenset[RiskGrade]:
        """The grades that an ordinary investor of this category matches."""
        return self.match[category.name]

    @property
    def lowest_grades(self) -> frozenset[RiskGrade]:
        """The grades of the lowest category, never above its floor."""
        return self.match["LOWEST"] & LOWEST_FLOOR

    @property
    def professional_grades(self) -> frozenset[RiskGrade]:
        """The grades that a professional investor matches."""
        return self.match["PROFESSIONAL"]


def parse(text: str) -> Policy:
    """Read and check a policy text; raise ``Invalid`` with every fault if it cannot be used."""
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # not only TOMLDecodeError: a huge number is a plain ValueError
        raise Invalid(Fault(N_("The policy is not valid TOML: %(detail)s"), detail=error)) from error
    faults: list[Fault] = []
    _refuse_unknown(data, faults)
    match = _match(_table(data, "match"), faults)
    reader = Reader()
    policy = Policy(
        digest=sha256(text.encode()).hexdigest(),
        name=str(data.get("name", "")),
        match=match,
        assessment_months=_months(data, "validity", "assessment_months", faults),
        professional_months=_months(data, "validity", "professional_months", faults),
        acknowledged_actions=_actions(_table(data, "acknowledgement").get("actions"), faults),
        acknowledgement_months=_months(data, "acknowledgement", "months", faults),
        in_full_from=_grade(_table(data, "acknowledgement").get("in_full_from"), faults),
        professional=terms(data["professional"], reader) if "professional" in data else None,
        expiring_days=reminders.days(data.get("notices"), reader),
        matching=matching.matching(data["matching"], reader) if "matching" in data else matching.OFF,
        cool_off=cool_off(data["cool_off"], reader) if "cool_off" in data else None,
        open_days=_open_days(data["proposals"], reader) if "proposals" in data else OPEN_DAYS,
        paper_days=_paper_days(data["paper"], reader) if "paper" in data else None,
        catalogue=catalogue(data["catalogue"], reader) if "catalogue" in data else None,
    )
    faults += reader.faults
    if faults:
        raise Invalid(*faults)
    return policy


def valid_before(last_day: date, zone: tzinfo) -> datetime:
    """The instant (UTC, exclusive) at which something valid through ``last_day`` in the firm's zone ends."""
    return datetime.combine(last_day + timedelta(days=1), time(), zone).astimezone(UTC)


def last_day_after(start: date, months: int) -> date:
    """The last valid day of a period of whole months: the same day number, clamped to the month, inclusive."""
    years, month = divmod(start.month - 1 + months, 12)
    year, month = start.year + years, month + 1
    return date(year, month, min(start.day, monthrange(year, month)[1]))


def _refuse_unknown(data: Mapping[str, object], faults: list[Fault]) -> None:
    known = {
        "": {
            *("name", "match", "validity", "acknowledgement"),
            *("professional", "matching", "cool_off", "notices", "paper", "proposals", "catalogue"),
        },
        "match": set(_ROWS),
        "validity": {"assessment_months", "professional_months"},
        "acknowledgement": {"actions", "months", "in_full_from"},
    }
    for table, names in known.items():
        present = data if not table else _table(data, table)
        faults.extend(
            Fault(N_("The policy has an unknown member: %(name)s"), name=f"{table}.{name}".lstrip("."))
            for name in sorted(set(present) - names)
        )


def _open_days(value: object, reader: Reader) -> int:
    table = reader.table(value, "proposals", ("open_days",))
    return reader.integer(table.get("open_days"), "proposals.open_days", 1, 366)


def _table(data: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = data.get(name)
    return cast("Mapping[str, object]", value) if isinstance(value, dict) else {}


def _match(rows: Mapping[str, object], faults: list[Fault]) -> dict[str, frozenset[RiskGrade]]:
    match = {row: _grades(row, rows.get(row), faults) for row in _ROWS}
    if not match["LOWEST"] <= LOWEST_FLOOR:
        faults.append(Fault(N_("The lowest category can never be given more than R1.")))
    for lower, higher in pairwise(_ROWS):
        if not match[lower] <= match[higher]:
            faults.append(Fault(N_("%(higher)s is given less than %(lower)s in the match table."), higher=higher, lower=lower))
    return match


def _grades(row: str, value: object, faults: list[Fault]) -> frozenset[RiskGrade]:
    if not isinstance(value, list) or not all(_is_grade(name) for name in value):
        faults.append(Fault(N_("The match table needs a list of grades R1 to R5 for %(row)s."), row=row))
        return frozenset()
    return frozenset(RiskGrade[name] for name in value)


def _months(data: Mapping[str, object], table: str, name: str, faults: list[Fault]) -> int:
    value = _table(data, table).get(name)
    if isinstance(value, bool) or not isinstance(value, int) or value not in _MONTHS:
        faults.append(Fault(N_("%(name)s must be a whole number of months from 1 to 36."), name=f"{table}.{name}"))
        return 0
    return value


def _actions(value: object, faults: list[Fault]) -> frozenset[Action]:
    names = value if isinstance(value, list) else []
    if not all(action in names for action in (Action.READ, Action.USE)) or not all(name in list(Action) for name in names):
        faults.append(Fault(N_("acknowledgement.actions must name READ and USE, and only known actions.")))
        return frozenset(Action)
    return frozenset(map(Action, names))


def _grade(value: object, faults: list[Fault]) -> RiskGrade:
    if not _is_grade(value):
        faults.append(Fault(N_("acknowledgement.in_full_from must be a grade from R1 to R5.")))
        return RiskGrade.R1
    return RiskGrade[cast("str", value)]


def _paper_days(value: object, reader: Reader) -> int:
    return reader.integer(reader.table(value, "paper", ("signed_days",)).get("signed_days"), "paper.signed_days", 0, 366)


def _is_grade(name: object) -> bool:
    return isinstance(name, str) and name in RiskGrade.__members__
