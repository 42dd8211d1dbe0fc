"""Which part of another grade or audience takes a report from readers, and which part gives it to more of them.

1. What takes it from readers is lowering: one person does it and it acts at once. What gives it to more takes a second person.
2. The floor is the most that holds under both the old and the new: from the old to the floor lowers, from there on it raises.
3. A higher grade is the stricter one where the match table gives it to nobody who is not given the lower one too.
"""

from dataclasses import dataclass

from gatekeeper.rules.policy import Policy
from gatekeeper.rules.risk import Audience, Objectives, ProfessionalClause, RiskCategory, RiskGrade, Term, Variety

_CLAUSES = (None, *ProfessionalClause)
_TERMS = tuple(Term)


@dataclass(frozen=True, slots=True)
class Stated:
    """What is confirmed of a version: everything by which a decision tells one report from another."""

    grade: RiskGrade
    audience: Audience
    about: Objectives


def floor(old: Stated, new: Stated, policy: Policy | None) -> Stated:
    """The most that holds under both; ``old`` itself where nothing lowers, ``new`` itself where nothing raises."""
    return Stated(_grade(old.grade, new.grade, policy), _audience(old.audience, new.audience), _about(old.about, new.about))


def _grade(old: RiskGrade, new: RiskGrade, policy: Policy | None) -> RiskGrade:
    return new if new > old and policy is not None and _is_stricter(old, new, policy) else old


def _is_stricter(old: RiskGrade, new: RiskGrade, policy: Policy) -> bool:
    return all(old in grades for grades in policy.match.values() if new in grades)


def _audience(old: Audience, new: Audience) -> Audience:
    return Audience(
        professional=max(old.professional, new.professional, key=_CLAUSES.index),
        categories=_both(old.categories, new.categories),
        clients_only=old.clients_only or new.clients_only,
        contract_clients_only=old.contract_clients_only or new.contract_clients_only,
    )


def _both(old: frozenset[RiskCategory] | None, new: frozenset[RiskCategory] | None) -> frozenset[RiskCategory] | None:
    if old is None or new is None:
        return old if new is None else new
    return old & new


def _about(old: Objectives, new: Objectives) -> Objectives:
    """A longer term and more kinds suit fewer investors; what is not stated keeps nobody out."""
    terms = [each for each in (old.term, new.term) if each is not None]
    kinds: frozenset[Variety] = (old.varieties or frozenset()) | (new.varieties or frozenset())
    return Objectives(max(terms, key=_TERMS.index, default=None), kinds or None)
