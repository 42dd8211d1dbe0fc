"""``decide`` beside Cedar on one truth table of 1,200 rows: the same rules, written a second time in Cedar's own language.

Cedar says only whether; ``decide`` gives every reason too. Both must agree on every row.
"""

import json
from dataclasses import dataclass, replace
from itertools import product
from time import perf_counter
from typing import Any

import cedarpy

from gatekeeper.rules.facts import Facts, InvestorFacts, ReportFacts, Standing
from gatekeeper.rules.risk import Action, Audience, InvestorKind, RiskCategory, RiskGrade, clauses_of
from gatekeeper.rules.suitability import Outcome, decide
from tests.bench.figures import Figures
from tests.bench.table import Row
from tests.rules.facts import ANYONE, CLIENT, CONTRACT_CLIENT, LAPSED, NOW, asked, ordinary, printed, professional, report
from tests.rules.facts import standing as standing_of

TARGET = 30.0
_MATCH = """
permit (principal, action, resource) when {{
    principal has category && principal.category == "{category}" && principal.before > context.now &&
    {grades}.contains(resource.grade) && (!(resource has categories) || resource.categories.contains("{category}"))
}};
"""
_OTHERS = """
permit (principal, action, resource) when {
    principal has clauses && principal.before > context.now &&
    ["R1", "R2", "R3", "R4", "R5"].contains(resource.grade) &&
    (!(resource has clause) || principal.clauses.contains(resource.clause))
};
forbid (principal, action, resource) when { principal.lowest && resource.grade != "R1" };
forbid (principal, action, resource) unless { principal.client && principal.complete };
forbid (principal, action, resource) when { principal.closed || principal.suspended };
forbid (principal, action, resource) when { resource.contractOnly && !principal.contract };
forbid (principal, action == Action::"READ", resource) unless { context.accepted };
"""


def policies() -> str:
    """The shipped policy as Cedar would have it: a line for each category, one for professionals, and what forbids."""
    lines = [_MATCH.format(category=each.name, grades=_up_to(each)) for each in RiskCategory]
    return "".join([*lines, _OTHERS])


def _up_to(category: RiskCategory) -> str:
    return json.dumps([grade.name for grade in RiskGrade if grade.value <= category.value])


INVESTORS: tuple[InvestorFacts, ...] = (
    ordinary(RiskCategory.C1, lowest=True),
    *(ordinary(each) for each in RiskCategory),
    ordinary(RiskCategory.C4, before=LAPSED),
    professional(),
    professional(kind=InvestorKind.FINANCIAL_INSTITUTION),
    professional(before=LAPSED),
)
STANDINGS: tuple[Standing, ...] = (CLIENT, CONTRACT_CLIENT, standing_of(suspended=True))
AUDIENCES: tuple[Audience, ...] = (
    ANYONE,
    printed(RiskCategory.C3, RiskCategory.C4, RiskCategory.C5),
    printed(),
    Audience(contract_clients_only=True),
)
ACTIONS = (Action.BOOKMARK, Action.READ)


@dataclass(frozen=True)
class Line:
    """One row of the table, for either of the two."""

    facts: Facts
    request: dict[str, Any]


@dataclass(frozen=True)
class Truth:
    """The table, and Cedar's policies and entities, both read beforehand."""

    lines: list[Line]
    policies: Any
    entities: Any

    @classmethod
    def whole(cls) -> "Truth":
        lines, entities = [], {}
        everybody = [replace(who, standing=stands) for who, stands in product(INVESTORS, STANDINGS)]
        everything = [report(grade, audience=audience) for grade, audience in product(RiskGrade, AUDIENCES)]
        for (n, investor), (m, about), action in product(enumerate(everybody), enumerate(everything), ACTIONS):
            who, what = {"type": "Investor", "id": str(n)}, {"type": "Report", "id": str(m)}
            entities["investor", n] = {"uid": who, "attrs": _investor(investor), "parents": []}
            entities["report", m] = {"uid": what, "attrs": _report(about), "parents": []}
            act = {"type": "Action", "id": action.value}
            request = {"principal": who, "action": act, "resource": what, "context": {"now": 0, "accepted": False}}
            lines.append(Line(asked(investor, about, action=action), request))
        found = cedarpy.Entities.from_json_str(json.dumps(list(entities.values())))
        return cls(lines, cedarpy.PolicySet.from_str(policies()), found)

    def cedar(self, line: Line) -> bool:
        return bool(cedarpy.is_authorized(line.request, self.policies, self.entities).allowed)


def _investor(facts: InvestorFacts) -> dict[str, Any]:
    stands = facts.standing or standing_of(client=False)
    is_professional = facts.investor_class is not None and facts.investor_class.is_professional
    before = facts.class_before if is_professional else facts.category_before
    by: dict[str, Any] = {"clauses": sorted(each.value for each in clauses_of(facts.kind))} if is_professional else {}
    by |= {"category": facts.category.name} if facts.category else {}
    return by | {
        "before": int(before is None or before > NOW),
        "lowest": facts.lowest,
        "client": stands.client,
        "complete": stands.profile_complete,
        "closed": stands.closed,
        "suspended": stands.suspended,
        "contract": stands.has_contract(NOW),
    }


def _report(facts: ReportFacts) -> dict[str, Any]:
    audience = facts.audience
    found: dict[str, Any] = {"grade": facts.grade.name if facts.grade else "", "contractOnly": audience.contract_clients_only}
    if audience.categories is not None:
        found["categories"] = [each.name for each in audience.categories]
    if audience.professional is not None:
        found["clause"] = audience.professional.value
    return found


def measure(rounds: int, seconds: float) -> list[Row]:
    """Walk the table by each in turn, for so long; where they differ is an error."""
    truth = Truth.whole()
    ours = Figures("decide(), outcome and all reasons", "/s")
    theirs = Figures("Cedar (cedarpy), policies and entities read before", "/s")
    permitted = [decide(line.facts, NOW).outcome is Outcome.PERMIT for line in truth.lines]
    differing = sum(truth.cedar(line) is not each for line, each in zip(truth.lines, permitted, strict=True))
    ours.fail(differing, "Cedar says otherwise")
    for _ in range(rounds):
        for figures, ask in ((theirs, truth.cedar), (ours, lambda line: decide(line.facts, NOW))):
            times: list[float] = []
            end = perf_counter() + seconds
            while not times or perf_counter() < end:
                for line in truth.lines:
                    begun = perf_counter()
                    ask(line)
                    times.append((perf_counter() - begun) * 1e6)
            figures.take_all(times)
    name = f"{ours.name}; {len(truth.lines):,} rows agree" if not differing else f"{ours.name}: {differing} of them differ"
    return [theirs.row(), replace(ours.row(theirs, TARGET), what=name)]
