"""How an investor becomes professional, step by step, and how it goes back to ordinary (Measures, Arts. 11 and 12).

1. Nothing about the investor changes before APPROVED; approving is by a second person (``raising.split``: it raises).
2. Class C goes the whole way of Art. 12: proofs, a test of knowledge, the warning acknowledged. A and B go by their proofs.
3. The firm may reject at any step before, with reasons, and tells the outcome either way. No step is skipped.
4. Class B goes back to ordinary by notice, class C by withdrawing; class A may not (Art. 11). That lowers, so it acts at once.
"""

from enum import StrEnum

from gatekeeper.rules.errors import N_, Conflict
from gatekeeper.rules.risk import InvestorClass


class Step(StrEnum):
    """Where an application stands."""

    APPLIED = "APPLIED"
    PROOFS_CHECKED = "PROOFS_CHECKED"
    KNOWLEDGE_TESTED = "KNOWLEDGE_TESTED"
    WARNED = "WARNED"
    APPROVED = "APPROVED"
    REJECTED = "REJECTED"
    NOTIFIED = "NOTIFIED"


_PROVED = (Step.APPLIED, Step.PROOFS_CHECKED, Step.APPROVED, Step.NOTIFIED)
_CONVERTED = (Step.APPLIED, Step.PROOFS_CHECKED, Step.KNOWLEDGE_TESTED, Step.WARNED, Step.APPROVED, Step.NOTIFIED)


def steps_of(investor_class: InvestorClass) -> tuple[Step, ...]:
    """The way of an application that is approved."""
    return _CONVERTED if investor_class is InvestorClass.PROFESSIONAL_C else _PROVED


def next_steps(investor_class: InvestorClass, step: Step) -> tuple[Step, ...]:
    """What may come after a step; empty after the last."""
    if step is Step.REJECTED:
        return (Step.NOTIFIED,)
    way = steps_of(investor_class)
    if step not in way or step is way[-1]:
        return ()
    following = way[way.index(step) + 1]
    return (following,) if step is Step.APPROVED else (following, Step.REJECTED)


def advance(investor_class: InvestorClass, step: Step, to: Step) -> Step:
    """Take the next step; raise ``Conflict`` if another one must come first, or none comes any more."""
    if to not in next_steps(investor_class, step):
        raise Conflict(N_("The application is not at this step."))
    return to


def opt_down(investor_class: InvestorClass) -> InvestorClass:
    """The class after a notice to be treated as ordinary; raise ``Conflict`` where there is no such way."""
    match investor_class:
        case InvestorClass.PROFESSIONAL_B | InvestorClass.PROFESSIONAL_C:
            return InvestorClass.ORDINARY
        case InvestorClass.PROFESSIONAL_A:
            raise Conflict(N_("A professional investor of class A can't choose to be ordinary (Art. 11)."))
        case InvestorClass.ORDINARY:
            raise Conflict(N_("This investor is ordinary already."))
