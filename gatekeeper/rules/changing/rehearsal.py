"""A policy tried out before it is in force: who would gain by it, who would lose, and which readings it would have refused.

1. Compared is READ by PULL: a report that may be read, at once or once the words are accepted, against one that is refused.
2. Both policies are asked about the same facts at the same instant, by ``decide``, once for all who are alike.
3. What neither policy lets through (a suspended account, a withdrawn report) is neither gained nor lost.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from gatekeeper.rules.assessing.matching import Strictness
from gatekeeper.rules.facts import Facts, InvestorFacts, ReportFacts
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.risk import Initiative
from gatekeeper.rules.suitability import Outcome, decide


@dataclass(frozen=True, slots=True)
class Lens:
    """What the policies compared read of files and reports at an instant, beyond what every policy reads.

    Term and variety, where one of them denies by it; and rises since the earlier of two instants, told apart by the recent one.
    """

    moment: datetime
    by_term: bool
    by_variety: bool
    recent: datetime
    earlier: datetime


def lens(policies: Iterable[Policy | None], moment: datetime) -> Lens:
    """What these policies read for a reading that the investor asks for."""
    known = [each for each in policies if each is not None]
    waits = [moment - timedelta(hours=each.cool_off.hours) for each in known if each.cool_off is not None]
    return Lens(
        moment,
        any(each.matching.term[Initiative.PULL] is Strictness.DENY for each in known),
        any(each.matching.variety[Initiative.PULL] is Strictness.DENY for each in known),
        max(waits, default=moment),
        min(waits, default=moment),
    )


@dataclass(frozen=True, slots=True)
class InvestorGroup:
    """Investors who are alike in everything that a decision reads, under a key, and how many they are."""

    key: str
    facts: InvestorFacts
    number: int


@dataclass(frozen=True, slots=True)
class ReportGroup:
    """Reports that are alike in everything that a decision reads, under a key, and how many they are."""

    key: str
    facts: ReportFacts
    number: int


@dataclass(frozen=True, slots=True)
class Pair:
    """A group of investors and a group of reports between which the answer changes."""

    investors: InvestorGroup
    reports: ReportGroup
    gained: bool

    @property
    def number(self) -> int:
        """How many investors and reports that is, taken two by two."""
        return self.investors.number * self.reports.number


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the match table: what those of this row gain and lose of the reports of this grade, by twos."""

    row: str
    grade: str
    gained: int
    lost: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What changes between two policies at an instant, over so many investors and so many reports."""

    lens: Lens
    old: str | None
    new: str
    investors: int
    reports: int
    pairs: tuple[Pair, ...]

    @property
    def moment(self) -> datetime:
        """The instant as of which the policies are compared."""
        return self.lens.moment

    def count(self, *, gained: bool) -> int:
        """How many answers are gained, or lost: one for each investor and report."""
        return sum(each.number for each in self.pairs if each.gained is gained)

    def investors_touched(self, *, gained: bool) -> int:
        """How many investors gain a report, or lose one. Who gains one and loses another is in both counts."""
        touched = {each.investors.key: each.investors.number for each in self.pairs if each.gained is gained}
        return sum(touched.values())

    def reports_touched(self, *, gained: bool) -> int:
        """How many reports gain a reader, or lose one."""
        touched = {each.reports.key: each.reports.number for each in self.pairs if each.gained is gained}
        return sum(touched.values())

    def by_reports(self, *, gained: bool) -> dict[frozenset[str], frozenset[str]]:
        """Keys of reports that are gained, or lost, together, each with the keys of all investors of whom that is so."""
        each_of: dict[str, set[str]] = {}
        for pair in self.pairs:
            if pair.gained is gained:
                each_of.setdefault(pair.investors.key, set()).add(pair.reports.key)
        found: dict[frozenset[str], set[str]] = {}
        for investors, reports in each_of.items():
            found.setdefault(frozenset(reports), set()).add(investors)
        return {reports: frozenset(investors) for reports, investors in found.items()}

    def table(self) -> tuple[Cell, ...]:
        """What changes by the rows of the match table and the grades, in their order; only fields in which something does."""
        gained: Counter[tuple[str, str]] = Counter()
        lost: Counter[tuple[str, str]] = Counter()
        for pair in self.pairs:
            grade = pair.reports.facts.grade
            field = row_of(pair.investors.facts, self.moment), grade.name if grade else ""
            (gained if pair.gained else lost)[field] += pair.number
        order = {row: place for place, row in enumerate(ROWS)}
        fields = sorted({*gained, *lost}, key=lambda field: (order[field[0]], field[1]))
        return tuple(Cell(*field, gained[field], lost[field]) for field in fields)


ROWS = ("LOWEST", "C1", "C2", "C3", "C4", "C5", "PROFESSIONAL")
"""The rows of the match table."""


def row_of(investor: InvestorFacts, moment: datetime) -> str:
    """The row of the match table by which an investor is decided who is not refused altogether."""
    if investor.lowest:
        return "LOWEST"
    live = investor.class_before is None or moment < investor.class_before
    if investor.investor_class is not None and investor.investor_class.is_professional and live:
        return "PROFESSIONAL"
    return investor.category.name if investor.category is not None else "LOWEST"


def rehearse(
    common: Facts, candidate: Policy, investors: Sequence[InvestorGroup], reports: Sequence[ReportGroup], seen: Lens
) -> Rehearsal:
    """Ask the policy in ``common`` and the candidate about every group of investors and every group of reports."""
    return Rehearsal(
        lens=seen,
        old=common.policy.digest if common.policy else None,
        new=candidate.digest,
        investors=sum(each.number for each in investors),
        reports=sum(each.number for each in reports),
        pairs=tuple(_changed(common, candidate, investors, reports, seen.moment)),
    )


def _changed(
    common: Facts, candidate: Policy, investors: Sequence[InvestorGroup], reports: Sequence[ReportGroup], moment: datetime
) -> Iterable[Pair]:
    for one in investors:
        for other in reports:
            before = replace(common, investor=one.facts, report=other.facts)
            was = reads(before, moment)
            if was is not reads(replace(before, policy=candidate), moment):
                yield Pair(one, other, gained=not was)


def reads(facts: Facts, moment: datetime) -> bool:
    """Whether the report may be read, at once or once the words are accepted."""
    return decide(facts, moment).outcome is not Outcome.DENY
