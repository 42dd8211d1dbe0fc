"""The field's closed vocabularies: categories, grades, classes, and the audience a notice prints.

A category (C, of an ordinary investor) and a grade (R, of a report) are two types on purpose. The one place where they meet is
``suitability``; nothing else may compare them.

Values hash as the numbers and texts that they are: Python's own way for enums takes longer than a decision does.
"""

from dataclasses import dataclass
from enum import IntEnum, StrEnum


class RiskCategory(IntEnum):
    """风险承受能力等级 of an ordinary investor, low to high. Display names are a name scheme, never a key."""

    __hash__ = int.__hash__

    C1 = 1
    C2 = 2
    C3 = 3
    C4 = 4
    C5 = 5


class RiskGrade(IntEnum):
    """风险等级 of a report, low to high (Measures, Arts. 15-17). Not the investment rating (推荐, 中性, 回避)."""

    __hash__ = int.__hash__

    R1 = 1
    R2 = 2
    R3 = 3
    R4 = 4
    R5 = 5


class InvestorKind(StrEnum):
    """What an investor is. The 机构 clauses of a notice read this."""

    __hash__ = str.__hash__

    INDIVIDUAL = "INDIVIDUAL"
    INSTITUTION = "INSTITUTION"
    FINANCIAL_INSTITUTION = "FINANCIAL_INSTITUTION"
    PRODUCT = "PRODUCT"


class InvestorClass(StrEnum):
    """普通投资者, or 专业投资者 of class A (Art. 8 (1)-(3)), B (Art. 8 (4)-(5)) or C (Art. 11)."""

    __hash__ = str.__hash__

    ORDINARY = "ORDINARY"
    PROFESSIONAL_A = "PROFESSIONAL_A"
    PROFESSIONAL_B = "PROFESSIONAL_B"
    PROFESSIONAL_C = "PROFESSIONAL_C"

    @property
    def is_professional(self) -> bool:
        """Whether this is one of the three professional classes."""
        return self is not InvestorClass.ORDINARY


class Action(StrEnum):
    """What someone wants to do with a report: 阅读, 收藏, 接收, 使用 (download a copy)."""

    __hash__ = str.__hash__

    READ = "READ"
    BOOKMARK = "BOOKMARK"
    RECEIVE = "RECEIVE"
    USE = "USE"


class Initiative(StrEnum):
    """Who moves first: PULL, the investor asks; PUSH, the firm sends (Measures, Art. 22)."""

    __hash__ = str.__hash__

    PULL = "PULL"
    PUSH = "PUSH"


class ProfessionalClause(StrEnum):
    """Which professional investors a notice admits, widest first."""

    __hash__ = str.__hash__

    ANY = "ANY"
    INSTITUTION = "INSTITUTION"
    FINANCIAL_INSTITUTION = "FINANCIAL_INSTITUTION"


def clauses_of(kind: InvestorKind) -> frozenset[ProfessionalClause]:
    """The clauses that a professional investor of this kind meets."""
    clauses = {ProfessionalClause.ANY}
    if kind is not InvestorKind.INDIVIDUAL:
        clauses.add(ProfessionalClause.INSTITUTION)
    if kind is InvestorKind.FINANCIAL_INSTITUTION:
        clauses.add(ProfessionalClause.FINANCIAL_INSTITUTION)
    return frozenset(clauses)


class Term(StrEnum):
    """投资期限, short to long: the longest that an investor means to hold, or the horizon of a report's rating.

    SHORT is up to one year, MEDIUM up to five, LONG more. An investor's term covers every shorter one.
    """

    __hash__ = str.__hash__

    SHORT = "SHORT"
    MEDIUM = "MEDIUM"
    LONG = "LONG"


class Variety(StrEnum):
    """投资品种: what an investor means to invest in, or what a report is about."""

    __hash__ = str.__hash__

    FIXED_INCOME = "FIXED_INCOME"
    EQUITY = "EQUITY"
    CROSS_BORDER = "CROSS_BORDER"
    DERIVATIVE = "DERIVATIVE"
    OTHER = "OTHER"


@dataclass(frozen=True, slots=True)
class Objectives:
    """投资期限 and 投资品种: of an investor what it means to do, of a report what it is about. None is not known, or not said."""

    term: Term | None = None
    varieties: frozenset[Variety] | None = None


NOT_STATED = Objectives()


@dataclass(frozen=True, slots=True)
class Audience:
    """Whom a report's printed notice admits. A clause that is not printed (None) restricts nothing.

    ``categories`` empty admits no ordinary investor. The audience is intersected with the policy's match table; neither widens
    the other.
    """

    professional: ProfessionalClause | None = None
    categories: frozenset[RiskCategory] | None = None
    clients_only: bool = False
    contract_clients_only: bool = False


_CLAUSES = (None, *ProfessionalClause)


def widens(printed: Audience, proposed: Audience) -> bool:
    """Whether the proposed audience admits anybody whom the printed one does not."""
    return (
        _CLAUSES.index(proposed.professional) < _CLAUSES.index(printed.professional)
        or (printed.categories is not None and (proposed.categories is None or not proposed.categories <= printed.categories))
        or (printed.clients_only and not proposed.clients_only)
        or (printed.contract_clients_only and not proposed.contract_clients_only)
    )


def has_gap(audience: Audience) -> bool:
    """Whether some category is admitted and a higher one is not: then lowering an investor could open a report."""
    listed = audience.categories or frozenset()
    return any(each not in listed for each in RiskCategory if listed and each > min(listed))
