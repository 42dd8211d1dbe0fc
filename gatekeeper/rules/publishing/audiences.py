"""The audiences that a person usually chooses for a report: as printed, or fewer of the same, and never more."""

from collections.abc import Mapping
from dataclasses import replace

from gatekeeper.rules.risk import Audience, ProfessionalClause, RiskCategory, has_gap, widens

AS_READ, PROFESSIONAL = "READ", "PROFESSIONAL"
"""As the notice was read; and no ordinary investor. A category by its code stands for it and all above it."""


def usual(printed: Audience) -> Mapping[str, Audience]:
    """The usual choices for a report that prints this audience, by their names; the first is what most take."""
    wanted = {AS_READ: printed, PROFESSIONAL: replace(printed, categories=frozenset())}
    wanted |= {lowest.name: replace(printed, categories=_from(lowest)) for lowest in RiskCategory}
    found: dict[str, Audience] = {}
    for name, audience in wanted.items():
        if is_whole(audience) and not widens(printed, audience) and audience not in found.values():
            found[name] = audience
    return found


def is_whole(audience: Audience) -> bool:
    """Whether an audience can be confirmed: no category is left out between two, and none stands beside institutions alone.

    Else an individual who stops being a professional would be admitted by it.
    """
    institutions = audience.professional not in (None, ProfessionalClause.ANY) and audience.categories != frozenset()
    return not has_gap(audience) and not institutions


def _from(lowest: RiskCategory) -> frozenset[RiskCategory]:
    return frozenset(each for each in RiskCategory if each >= lowest)
