"""Fair release: the classes of investors that are told apart, and whether a report could be opened by each (DOMAIN 3.1).

A class is asked about in its best case: a client with a service contract, a full file and a live class or category, whom term and
kinds of investment suit. What keeps one investor out is not unfair; what keeps a class out for a while could be.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from enum import StrEnum

from gatekeeper.rules.changing.rehearsal import reads, row_of
from gatekeeper.rules.facts import Facts, InvestorFacts, ReportFacts, Standing
from gatekeeper.rules.risk import InvestorClass, InvestorKind, Objectives, RiskCategory, Term, Variety


class ReaderClass(StrEnum):
    """The classes that are told apart: the three of professionals, then ordinary investors from C5 to the lowest category."""

    PROFESSIONAL_A = "PROFESSIONAL_A"
    PROFESSIONAL_B = "PROFESSIONAL_B"
    PROFESSIONAL_C = "PROFESSIONAL_C"
    C5 = "C5"
    C4 = "C4"
    C3 = "C3"
    C2 = "C2"
    C1 = "C1"
    LOWEST = "LOWEST"


def class_of(investor: InvestorFacts, moment: datetime) -> ReaderClass:
    """The class by which an investor is decided."""
    row = row_of(investor, moment)
    if row == "PROFESSIONAL" and investor.investor_class is not None:
        return ReaderClass(investor.investor_class.value)
    return ReaderClass(row)


def may_open(common: Facts, report: ReportFacts, which: ReaderClass, moment: datetime) -> bool:
    """Whether anybody of this class may open the report at this moment."""
    return any(reads(replace(common, report=report, investor=each), moment) for each in _best(which, moment))


def _best(which: ReaderClass, moment: datetime) -> Iterator[InvestorFacts]:
    is_professional = which.value.startswith("PROFESSIONAL")
    category = None if is_professional else RiskCategory.C1 if which is ReaderClass.LOWEST else RiskCategory[which.value]
    for kind in InvestorKind if is_professional else (InvestorKind.INDIVIDUAL,):
        yield InvestorFacts(
            kind=kind,
            standing=Standing(client=True, profile_complete=True, contract_from=moment),
            investor_class=InvestorClass(which.value) if is_professional else InvestorClass.ORDINARY,
            class_before=None,
            category=category,
            category_before=None,
            lowest=which is ReaderClass.LOWEST,
            objectives=Objectives(Term.LONG, frozenset(Variety)),
        )
