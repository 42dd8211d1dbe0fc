"""When another system may ask people to look at a refusal: where a file can be put right, and never because of what fits whom."""

from enum import StrEnum

from gatekeeper.rules.suitability import Decision, Outcome, Reason

GROUNDS = frozenset(
    {
        Reason.NOT_A_CLIENT,
        Reason.NO_SERVICE_CONTRACT,
        Reason.ACCOUNT_SUSPENDED,
        Reason.PROFILE_INCOMPLETE,
        Reason.PROFESSIONAL_EXPIRED,
    }
)
"""What a file says that people can look at. A category, a grade, the lowest category and an audience are none of these."""


class State(StrEnum):
    """Where a request stands. APPROVED says that the ground is gone, and never that anything may be read."""

    PENDING = "PENDING"
    APPROVED = "APPROVED"
    DECLINED = "DECLINED"
    LAPSED = "LAPSED"


def grounds(decision: Decision) -> tuple[Reason, ...]:
    """The grounds on which people may be asked to look at a decision; none where one other reason stands in the way."""
    may = decision.outcome is Outcome.DENY and GROUNDS.issuperset(decision.reasons)
    return decision.reasons if may else ()
