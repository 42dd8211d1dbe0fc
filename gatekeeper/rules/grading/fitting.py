"""Whether a grade and an audience may be proposed for a report: a person only narrows what its notice prints."""

from gatekeeper.rules.errors import N_, Fault
from gatekeeper.rules.risk import Audience, ProfessionalClause, RiskGrade, has_gap, widens


def faults_of(grade: RiskGrade, audience: Audience, printed_grade: RiskGrade | None, printed: Audience) -> list[Fault]:
    """What is wrong with them beside the notice; nothing if they may be proposed."""
    faults = []
    if printed_grade is not None and grade < printed_grade:
        faults.append(Fault(N_("The grade must not be below the printed %(grade)s."), field="grade", grade=printed_grade.name))
    if has_gap(audience):
        faults.append(Fault(N_("Whoever admits a category admits every higher one too."), field="categories"))
    if audience.professional not in (None, ProfessionalClause.ANY) and audience.categories != frozenset():
        # else an individual who stops being a professional would be admitted by it
        faults.append(Fault(N_("An audience of institutions alone admits no ordinary investor."), field="categories"))
    if widens(printed, audience):
        faults.append(Fault(N_("The audience must not be wider than the printed one."), field="categories"))
    return faults
