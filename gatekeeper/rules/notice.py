"""A report's printed notice, read as a proposal: grade, audience, denied acts, and for each the words it was read from.

1. What is read is proposed, never in force: a person confirms grade and audience, another approves (Measures, Arts. 15-17).
2. Nothing printed is nothing read. A report without a grade is ungraded; it is never taken for R1.
3. Permissions come from the positive clause. What is denied only confirms it or contradicts it.
4. Where printed words disagree, or cannot be read with certainty, the grade is withheld and each such place is a conflict for a
   person. The audience then is what all printed clauses allow together, so that a conflict never widens it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from gatekeeper.rules.risk import Audience, RiskCategory, RiskGrade
from gatekeeper.rules.wording.conflicts import LABELS, LOWEST_CATEGORY, NARROWEST_LAST, Conflict, find_conflicts
from gatekeeper.rules.wording.printed import Evidence, Folded, fold, trace
from gatekeeper.rules.wording.said import Said

__all__ = ["LOWEST_CATEGORY", "Confidence", "Conflict", "Evidence", "Folded", "NoticeReading", "fold", "read_notice", "trace"]


class Confidence(StrEnum):
    """How well a field is supported: not printed, printed but contradicted, printed once, or printed twice and agreeing."""

    ABSENT = "ABSENT"
    DISPUTED = "DISPUTED"
    STATED = "STATED"
    CONFIRMED = "CONFIRMED"


@dataclass(frozen=True, slots=True)
class NoticeReading:
    """What a printed notice was read as.

    ``statement`` is the notice verbatim, without its heading. ``denied_actions`` stand in printed order: READ, BOOKMARK, RECEIVE,
    USE, FORWARD, SUBSCRIBE, FOLLOW. With any conflict ``grade`` and ``label`` are None; ``evidence`` still has what is printed,
    and ``floor`` the highest grade printed as the report's own, below which nobody may go.
    """

    grade: RiskGrade | None
    label: str | None
    audience: Audience
    denied_actions: tuple[str, ...]
    statement: str
    evidence: tuple[Evidence, ...]
    conflicts: tuple[Conflict, ...]
    confidence: Mapping[str, Confidence]
    floor: RiskGrade | None

    def evidence_for(self, what: str) -> tuple[Evidence, ...]:
        """The printed words that one field was read from."""
        return tuple(piece for piece in self.evidence if piece.what == what)

    @property
    def contradicts_itself(self) -> bool:
        """Whether printed words exclude each other, so that the report must be corrected before anything is proposed."""
        return any(not conflict.is_doubt for conflict in self.conflicts)


def read_notice(text: str) -> NoticeReading:
    """Read a notice, or a whole report that contains one. Never fails: what cannot be read is absent or a conflict."""
    said = Said(text)
    grades = [RiskGrade[name] for name in said.codes if name in RiskGrade.__members__]
    grade = grades[0] if len(said.codes) == len(grades) == 1 else None
    conflicts = find_conflicts(said, grade)
    labels = [LABELS[word][1] for word in said.labels if word in LABELS]
    return NoticeReading(
        grade=None if conflicts else grade,
        label=labels[0] if grade and labels and not conflicts else None,
        audience=_audience(said),
        denied_actions=tuple(dict.fromkeys(action for action, _ in said.denied_actions)),
        statement=said.statement(),
        evidence=tuple(sorted(said.evidence, key=lambda piece: (piece.start, piece.end, piece.what))),
        conflicts=conflicts,
        confidence=_confidence(said, conflicts),
        floor=max(grades, default=None),
    )


def _audience(said: Said) -> Audience:
    """What all printed clauses allow together: the narrowest class, and the categories that every list names."""
    professional = max((clause for clause, _ in said.professional), key=NARROWEST_LAST.__getitem__, default=None)
    categories: frozenset[int] | None = None
    for clause in said.categories:
        categories = clause.numbers if categories is None else categories & clause.numbers
    return Audience(
        professional=professional,
        categories=None if categories is None else frozenset(known for known in RiskCategory if known in categories),
        clients_only=bool(said.clients or said.contract_clients),
        contract_clients_only=bool(said.contract_clients),
    )


def _confidence(said: Said, conflicts: tuple[Conflict, ...]) -> Mapping[str, Confidence]:
    disputed = {conflict.about for conflict in conflicts}
    told = {
        "grade": (len(said.grades), any(grade.label for grade in said.grades)),
        "professional": (len(said.professional), bool(said.denied_others)),
        "categories": (len(said.categories), any(clause.whole for clause in said.denied_categories)),
        "clients_only": (len(said.clients) + len(said.contract_clients), False),
        "denied_actions": (len(said.denied_actions), False),
    }
    return {name: _level(times, name in disputed, supported) for name, (times, supported) in told.items()}


def _level(times: int, disputed: bool, supported: bool) -> Confidence:  # noqa: FBT001
    if disputed:
        return Confidence.DISPUTED
    if not times:
        return Confidence.ABSENT
    return Confidence.CONFIRMED if supported else Confidence.STATED
