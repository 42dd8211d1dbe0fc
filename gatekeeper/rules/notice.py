"""A report's printed notice, read as a proposal: grade, audience, denied acts, and for each the words it was read from.

1. What is read is proposed, never in force: a person confirms grade and audience, another approves (Measures, Arts. 15-17).
2. Nothing printed is nothing read. A report without a grade is ungraded; it is never taken for R1.
3. The notice block (特别声明, 重要提示, 法律声明) speaks for the report. Elsewhere only sentences count that speak of the report.
4. Permissions come from the positive clause. What is denied only confirms it or contradicts it.
5. Where printed words disagree, or name an audience without a code, the grade is withheld and each disagreement is a conflict: a
   person decides. The audience then is what all printed clauses allow together, so that a conflict never widens it.
6. Printed categories below the floor of the printed grade are a conflict. The floor is the diagonal of the match table, as data.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gatekeeper.rules.errors import N_
from gatekeeper.rules.risk import Audience, ProfessionalClause, RiskCategory, RiskGrade
from gatekeeper.rules.wording.clauses import SILENCE, CategoryClause, Clauses, GradeClause, read_sentence
from gatekeeper.rules.wording.printed import Evidence, Folded, Part, blocks, fold, sentences, trace

__all__ = ["Confidence", "Conflict", "Evidence", "Folded", "NoticeReading", "fold", "read_notice", "trace"]

LOWEST_CATEGORY = {
    RiskGrade.R1: RiskCategory.C1,
    RiskGrade.R2: RiskCategory.C2,
    RiskGrade.R3: RiskCategory.C3,
    RiskGrade.R4: RiskCategory.C4,
    RiskGrade.R5: RiskCategory.C5,
}
"""The standard floor: the lowest category to which a report of this grade may be addressed (SAC Guidelines, match table)."""

_LABELS = {
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
_SHORTEST = 4  # characters that a clause needs at least
_NARROWEST_LAST = {clause: place for place, clause in enumerate(ProfessionalClause)}


class Confidence(StrEnum):
    """How well a field is supported: not printed, printed but contradicted, printed once, or printed twice and agreeing."""

    ABSENT = "ABSENT"
    DISPUTED = "DISPUTED"
    STATED = "STATED"
    CONFIRMED = "CONFIRMED"


@dataclass(frozen=True, slots=True)
class Conflict:
    """Printed words that disagree ``about`` a field, for a person to decide. ``cited`` is the printed text."""

    code: str
    message: str
    about: str
    cited: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NoticeReading:
    """What a printed notice was read as.

    ``statement`` is the notice verbatim, without its heading. ``denied_actions`` stand in printed order: READ, BOOKMARK, RECEIVE,
    USE, FORWARD, SUBSCRIBE, FOLLOW. With any conflict ``grade`` and ``label`` are None; ``evidence`` still has what is printed.
    """

    grade: RiskGrade | None
    label: str | None
    audience: Audience
    denied_actions: tuple[str, ...]
    statement: str
    evidence: tuple[Evidence, ...]
    conflicts: tuple[Conflict, ...]
    confidence: Mapping[str, Confidence]

    def evidence_for(self, what: str) -> tuple[Evidence, ...]:
        """The printed words that one field was read from."""
        return tuple(piece for piece in self.evidence if piece.what == what)


def read_notice(text: str) -> NoticeReading:
    """Read a notice, or a whole report that contains one. Never fails: what cannot be read is absent or a conflict."""
    said = _Said(tuple(_read(text)))
    grades = {name: RiskGrade[name] for name in said.codes if name in RiskGrade.__members__}
    grade = next(iter(grades.values())) if len(said.codes) == len(grades) == 1 else None
    conflicts = (*_grade_conflicts(said), *_audience_conflicts(said, grade))
    labels = [_LABELS[word][1] for word in said.labels if word in _LABELS]
    return NoticeReading(
        grade=None if conflicts else grade,
        label=labels[0] if grade and labels and not conflicts else None,
        audience=_audience(said),
        denied_actions=tuple(dict.fromkeys(action for action, _ in said.denied_actions)),
        statement=said.statement(text),
        evidence=tuple(sorted(said.evidence, key=lambda piece: (piece.start, piece.end, piece.what))),
        conflicts=conflicts,
        confidence=_confidence(said, conflicts),
    )


@dataclass(frozen=True, slots=True)
class _Sentence:
    start: int
    end: int
    block: tuple[int, int] | None
    clauses: Clauses


def _read(text: str) -> Iterator[_Sentence]:
    continued = False
    for block in blocks(text):
        place = (block.body, block.end) if block.part is Part.NOTICE else None
        for begin, stop in ((block.start, block.body), (block.body, block.end)):
            for start, end in sentences(text, begin, stop):
                if end - start < _SHORTEST:
                    continue
                clauses = read_sentence(trace(text, start, end), in_notice=place is not None, continued=continued)
                continued = clauses.says_something
                if place or clauses is not SILENCE:
                    yield _Sentence(start, end, place, clauses)


class _Said:
    """Everything that the sentences of a text say together."""

    def __init__(self, read: tuple[_Sentence, ...]) -> None:
        self.telling = [sentence for sentence in read if sentence.clauses.says_something]
        self.notices = list(dict.fromkeys(sentence.block for sentence in read if sentence.block))
        heard = [sentence.clauses for sentence in read]
        self.grades: list[GradeClause] = [grade for clauses in heard for grade in clauses.grades]
        self.professional = [found for clauses in heard for found in clauses.professional]
        self.categories: list[CategoryClause] = [found for clauses in heard for found in clauses.categories]
        self.clients = [found for clauses in heard for found in clauses.clients]
        self.contract_clients = [found for clauses in heard for found in clauses.contract_clients]
        self.denied_categories = [found for clauses in heard for found in clauses.denied_categories]
        self.denied_others = [found for clauses in heard for found in clauses.denied_others]
        self.loose = [found for clauses in heard for found in clauses.loose_categories]
        self.unread = [found for clauses in heard for found in clauses.unread]
        self.mentions = [found for clauses in heard for found in clauses.mentions]
        # A whole report says 使用 and 转发 of other things too; where its notice denies acts, those are the ones.
        inside = [denied for sentence in self.telling if sentence.block for denied in sentence.clauses.denied_actions]
        self.denied_actions = inside or [found for clauses in heard for found in clauses.denied_actions]
        self.codes = list(dict.fromkeys(code for grade in self.grades for code in grade.codes))
        self.labels = list(dict.fromkeys(_word(grade.label) for grade in self.grades if grade.label))

    @property
    def evidence(self) -> list[Evidence]:
        """Every piece of printed text that a field was read from."""
        categories = [clause.evidence for clause in (*self.categories, *self.denied_categories)]
        return [
            *(grade.evidence for grade in self.grades),
            *(piece for _, piece in self.professional),
            *categories,
            *self.clients,
            *self.contract_clients,
            *(piece for _, piece in self.denied_actions),
        ]

    def statement(self, text: str) -> str:
        """The notice as printed: its block, or without one the sentences that carry its clauses."""
        telling = list(dict.fromkeys(sentence.block for sentence in self.telling if sentence.block))
        if not self.telling or telling:
            return "\n\n".join(text[start:end].strip() for start, end in telling or self.notices).strip()
        joined: list[tuple[int, int]] = []
        for sentence in self.telling:
            if joined and not text[joined[-1][1] : sentence.start].strip():
                joined[-1] = (joined[-1][0], sentence.end)
            else:
                joined.append((sentence.start, sentence.end))
        return "\n".join(text[start:end] for start, end in joined)


def _word(label: str) -> str:
    return label.lower().removesuffix("风险").removesuffix("risk").replace("-", "")


def _audience(said: _Said) -> Audience:
    """What all printed clauses allow together: the narrowest class, and the categories that every list names."""
    professional = max((clause for clause, _ in said.professional), key=_NARROWEST_LAST.__getitem__, default=None)
    categories: frozenset[int] | None = None
    for clause in said.categories:
        categories = clause.numbers if categories is None else categories & clause.numbers
    return Audience(
        professional=professional,
        categories=None if categories is None else frozenset(known for known in RiskCategory if known in categories),
        clients_only=bool(said.clients or said.contract_clients),
        contract_clients_only=bool(said.contract_clients),
    )


def _grade_conflicts(said: _Said) -> Iterator[Conflict]:
    cited = _quotes(grade.evidence for grade in said.grades)
    if len(said.codes) > 1:
        several = N_("The notice prints several grades (%(grades)s); a report has one.")
        yield Conflict("several_grades", several, "grade", cited, {"grades": ", ".join(said.codes)})
    for code in said.codes:
        if code not in RiskGrade.__members__:
            unknown = N_("The notice prints the grade %(grade)s, which does not exist: the grades are R1 to R5.")
            yield Conflict("unknown_grade", unknown, "grade", cited, {"grade": code})
    for grade in dict.fromkeys((one.codes[0], one.label, one.evidence.quote) for one in said.grades if one.label):
        yield from _label_conflicts(*grade)


def _label_conflicts(code: str, label: str | None, cited: str) -> Iterator[Conflict]:
    meant, name = _LABELS.get(_word(label or ""), (None, label or ""))
    if meant is None:
        unknown = N_("Beside the grade %(grade)s stands the label “%(label)s”, which belongs to no grade.")
        yield Conflict("unknown_label", unknown, "grade", cited, {"grade": code, "label": name})
    elif code != meant.name:
        mismatch = N_("The printed grade %(grade)s and its label “%(label)s” disagree: the label belongs to %(meant)s.")
        yield Conflict("label_mismatch", mismatch, "grade", cited, {"grade": code, "label": name, "meant": meant.name})


def _audience_conflicts(said: _Said, grade: RiskGrade | None) -> Iterator[Conflict]:
    classes = list(dict.fromkeys(clause for clause, _ in said.professional))
    if len(classes) > 1:
        differ = N_("The notice addresses different classes of professional investors in different places.")
        yield Conflict("professional_disagrees", differ, "professional", _quotes(piece for _, piece in said.professional))
    yield from _category_conflicts(said, grade)
    named = [piece for piece in said.unread if piece.what == "categories"]
    if not any(clause.numbers for clause in said.categories):
        named += said.loose
    if named:
        by_name = N_("The notice speaks of categories in words that could not be read; a person must say which are admitted.")
        yield Conflict("categories_unread", by_name, "categories", _quotes(named))
    others = [piece for piece in said.unread if piece.what == "audience"]
    if not (others or said.professional or said.categories or named):
        others = said.mentions
    if others:
        unread = N_("The notice speaks of an audience that could not be read; a person must say who is admitted.")
        yield Conflict("audience_unread", unread, "professional", _quotes(others))


def _category_conflicts(said: _Said, grade: RiskGrade | None) -> Iterator[Conflict]:
    lists = {clause.numbers for clause in said.categories}
    cited = _quotes(clause.evidence for clause in said.categories)
    printed = frozenset().union(*lists)
    if len(lists) > 1:
        differ = N_("The categories printed in different places of the notice disagree.")
        yield Conflict("categories_disagree", differ, "categories", cited)
    if not printed <= set(RiskCategory):
        unknown = N_("The notice prints a category that does not exist: the categories are C1 to C5.")
        yield Conflict("unknown_category", unknown, "categories", cited)
    refuted = [clause for clause in said.denied_categories if _contradicts(clause, printed)]
    if printed and refuted:
        denied = N_("The notice denies other categories than those that it does not admit.")
        both = _quotes(clause.evidence for clause in (*said.categories, *refuted))
        yield Conflict("denial_disagrees", denied, "categories", both)
    below = [known for known in RiskCategory if grade and known in printed and known < LOWEST_CATEGORY[grade]]
    if grade and below:
        values = {"grade": grade.name, "below": ", ".join(known.name for known in below), "floor": LOWEST_CATEGORY[grade].name}
        low = N_("The notice prints grade %(grade)s, but admits %(below)s; an %(grade)s report starts at %(floor)s.")
        yield Conflict("categories_below_grade", low, "categories", cited, values)


def _contradicts(denied: CategoryClause, printed: Iterable[int]) -> bool:
    """Whether denied words do not fit the admitted categories: they overlap, or a bound lies elsewhere."""
    admitted = frozenset(printed)
    return bool(denied.numbers & admitted) or (denied.whole and denied.numbers | admitted != set(RiskCategory))


def _quotes(pieces: Iterable[Evidence]) -> str:
    return " … ".join(dict.fromkeys(piece.quote for piece in pieces))


def _confidence(said: _Said, conflicts: tuple[Conflict, ...]) -> Mapping[str, Confidence]:
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
