"""Printed words that a person must look at: they contradict each other, or could not be read with certainty.

1. A contradiction: several grades, a label of another grade, lists that differ, categories below the floor of the grade. The
   report must be corrected.
2. A doubt: words about grade or audience that no clause explains. A person says what they mean, and a second one looks at them.
3. Either withholds the grade. The floor is the diagonal of the match table, as data.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from gatekeeper.rules.errors import N_
from gatekeeper.rules.risk import ProfessionalClause, RiskCategory, RiskGrade
from gatekeeper.rules.wording.categories import CategoryClause
from gatekeeper.rules.wording.printed import Evidence
from gatekeeper.rules.wording.said import Said, label_word

LOWEST_CATEGORY = {
    RiskGrade.R1: RiskCategory.C1,
    RiskGrade.R2: RiskCategory.C2,
    RiskGrade.R3: RiskCategory.C3,
    RiskGrade.R4: RiskCategory.C4,
    RiskGrade.R5: RiskCategory.C5,
}
"""The standard floor: the lowest category to which a report of this grade may be addressed (SAC Guidelines, match table)."""

LABELS = {
    "低": (RiskGrade.R1, "低风险"),
    "中低": (RiskGrade.R2, "中低风险"),
    "中": (RiskGrade.R3, "中风险"),
    "中等": (RiskGrade.R3, "中等风险"),
    "中高": (RiskGrade.R4, "中高风险"),
    "高": (RiskGrade.R5, "高风险"),
    "low": (RiskGrade.R1, "low risk"),
    "mediumlow": (RiskGrade.R2, "medium-low risk"),
    "lowmedium": (RiskGrade.R2, "low-medium risk"),
    "medium": (RiskGrade.R3, "medium risk"),
    "moderate": (RiskGrade.R3, "moderate risk"),
    "mediumhigh": (RiskGrade.R4, "medium-high risk"),
    "high": (RiskGrade.R5, "high risk"),
}
"""The names of the grades in Chinese and English: each with its grade and as it is shown."""

NARROWEST_LAST = {clause: place for place, clause in enumerate(ProfessionalClause)}
"""How narrow a class of professional investors is."""


@dataclass(frozen=True, slots=True)
class Conflict:
    """Printed words ``about`` a field that a person must look at. ``cited`` is the printed text, ``pieces`` where it stands.

    They contradict each other, so that the report must be corrected; or, as ``is_doubt`` says, they could not be read with
    certainty, so that a person decides what they say.
    """

    code: str
    message: str
    about: str
    pieces: tuple[Evidence, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    is_doubt: bool = False

    @property
    def cited(self) -> str:
        """The printed words."""
        return " … ".join(dict.fromkeys(piece.quote for piece in self.pieces))


def find_conflicts(said: Said, grade: RiskGrade | None) -> tuple[Conflict, ...]:
    """List what a person must look at; ``grade`` is the one grade that is printed, if there is one."""
    return (
        *_grade_conflicts(said),
        *_grade_doubts(said),
        *_class_conflicts(said),
        *_category_conflicts(said, grade),
        *_audience_doubts(said),
    )


def _grade_conflicts(said: Said) -> Iterator[Conflict]:
    pieces = tuple(grade.evidence for grade in said.grades)
    if len(said.codes) > 1:
        several = N_("The notice prints several grades (%(grades)s); a report has one.")
        yield Conflict("several_grades", several, "grade", pieces, {"grades": ", ".join(said.codes)})
    for code in said.codes:
        if code not in RiskGrade.__members__:
            unknown = N_("The notice prints the grade %(grade)s, which does not exist: the grades are R1 to R5.")
            yield Conflict("unknown_grade", unknown, "grade", pieces, {"grade": code})
    for grade in {(one.codes[0], one.label, one.evidence.quote): one for one in said.grades if one.label}.values():
        yield from _label_conflicts(grade.codes[0], grade.label or "", grade.evidence)


def _label_conflicts(code: str, label: str, piece: Evidence) -> Iterator[Conflict]:
    meant, name = LABELS.get(label_word(label), (None, label))
    if meant is None:
        unknown = N_("Beside the grade %(grade)s stands the label “%(label)s”, which belongs to no grade.")
        yield Conflict("unknown_label", unknown, "grade", (piece,), {"grade": code, "label": name})
    elif code != meant.name:
        mismatch = N_("The printed grade %(grade)s and its label “%(label)s” disagree: the label belongs to %(meant)s.")
        yield Conflict("label_mismatch", mismatch, "grade", (piece,), {"grade": code, "label": name, "meant": meant.name})


def _grade_doubts(said: Said) -> Iterator[Conflict]:
    unread_grades = said.unread_grades or ([] if said.grades else said.loose_grades)
    if unread_grades:
        unread = N_("The report speaks of its grade in words that could not be read; a person must say which grade is meant.")
        yield Conflict("grade_unread", unread, "grade", tuple(unread_grades), is_doubt=True)
    if said.grades_elsewhere and not said.grades:
        elsewhere = N_("A grade is printed outside the notice and the cover; a person must say whether it is the report's own.")
        pieces = tuple(grade.evidence for grade in said.grades_elsewhere)
        yield Conflict("grade_elsewhere", elsewhere, "grade", pieces, is_doubt=True)


def _class_conflicts(said: Said) -> Iterator[Conflict]:
    classes = list(dict.fromkeys(clause for clause, _ in said.professional))
    if len(classes) > 1:
        differ = N_("The notice addresses different classes of professional investors in different places.")
        yield Conflict("professional_disagrees", differ, "professional", tuple(piece for _, piece in said.professional))
    widest = min((NARROWEST_LAST[clause] for clause in classes), default=0)
    narrower = [piece for clause, piece in said.denied_others if NARROWEST_LAST[clause] > widest]
    if classes and narrower:
        denied = N_("The notice denies professional investors whom it admits in another place.")
        pieces = (*(piece for _, piece in said.professional), *narrower)
        yield Conflict("professional_disagrees", denied, "professional", pieces)


def _category_conflicts(said: Said, grade: RiskGrade | None) -> Iterator[Conflict]:
    lists = {clause.numbers for clause in said.categories}
    pieces = tuple(clause.evidence for clause in said.categories)
    printed = frozenset().union(*lists)
    if len(lists) > 1:
        differ = N_("The categories printed in different places of the notice disagree.")
        yield Conflict("categories_disagree", differ, "categories", pieces)
    if not printed <= set(RiskCategory):
        unknown = N_("The notice prints a category that does not exist: the categories are C1 to C5.")
        yield Conflict("unknown_category", unknown, "categories", pieces)
    refuted = [clause for clause in said.denied_categories if _contradicts(clause, printed)]
    if printed and refuted:
        denied = N_("The notice denies other categories than those that it does not admit.")
        both = (*pieces, *(clause.evidence for clause in refuted))
        yield Conflict("denial_disagrees", denied, "categories", both)
    below = [known for known in RiskCategory if grade and known in printed and known < LOWEST_CATEGORY[grade]]
    if grade and below:
        values = {"grade": grade.name, "below": ", ".join(known.name for known in below), "floor": LOWEST_CATEGORY[grade].name}
        low = N_("The notice prints grade %(grade)s, but admits %(below)s; an %(grade)s report starts at %(floor)s.")
        yield Conflict("categories_below_grade", low, "categories", pieces, values)


def _contradicts(denied: CategoryClause, printed: Iterable[int]) -> bool:
    """Whether denied words do not fit the admitted categories: they overlap, or a bound lies elsewhere."""
    admitted = frozenset(printed)
    named = denied.numbers | denied.perhaps
    return bool(denied.numbers & admitted) or (denied.whole and named | admitted != set(RiskCategory))


def _audience_doubts(said: Said) -> Iterator[Conflict]:
    named = [piece for piece in said.unread if piece.what == "categories"]
    if not named and not any(clause.numbers for clause in said.categories):
        named = said.loose
    if named:
        by_name = N_("The notice speaks of categories in words that could not be read; a person must say which are admitted.")
        yield Conflict("categories_unread", by_name, "categories", tuple(named), is_doubt=True)
    others = [piece for piece in said.unread if piece.what == "audience"]
    if not (others or said.professional or said.categories or named):
        others = said.mentions
    if others:
        unread = N_("The notice speaks of an audience that could not be read; a person must say who is admitted.")
        yield Conflict("audience_unread", unread, "professional", tuple(others), is_doubt=True)
