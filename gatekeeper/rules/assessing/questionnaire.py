"""Question sets as values: questions, options with scores, bands, contradictions, limits. ``questionnaire_text`` parses them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from gatekeeper.rules.parsing.toml import Words
from gatekeeper.rules.risk import InvestorKind, RiskCategory, Term, Variety

Pick = tuple[str, str]
"""A question's id and the id of one of its options."""


class Topic(StrEnum):
    """What a question is about; the topics are the pages of the form."""

    PERSONAL = "PERSONAL"
    FINANCES = "FINANCES"
    KNOWLEDGE = "KNOWLEDGE"
    EXPERIENCE = "EXPERIENCE"
    OBJECTIVES = "OBJECTIVES"
    PREFERENCE = "PREFERENCE"
    LOWEST = "LOWEST"


class Choice(StrEnum):
    """How many options may be chosen: exactly one, or one and more."""

    SINGLE = "SINGLE"
    MULTIPLE = "MULTIPLE"


class Scoring(StrEnum):
    """What a question scores: the highest or the sum of the options chosen, or nothing."""

    HIGHEST = "HIGHEST"
    SUM = "SUM"
    NONE = "NONE"


class LowestGround(StrEnum):
    """Why an individual is of the lowest category, whatever the score."""

    NO_CAPACITY = "NO_CAPACITY"
    NO_LOSS = "NO_LOSS"
    LAW = "LAW"


class Keeps(StrEnum):
    """Which objective a question keeps."""

    TERM = "TERM"
    VARIETY = "VARIETY"


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that can be chosen.

    ``alone`` can't be chosen together with others; ``lowest`` makes the investor one of the lowest category; ``objective`` is the
    term or variety that it states.
    """

    id: str
    words: Words
    score: int = 0
    alone: bool = False
    lowest: bool = False
    objective: Term | Variety | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its options in their order; ``lowest`` is the ground that it asks for, ``keeps`` the objective."""

    id: str
    topic: Topic
    words: Words
    choice: Choice
    scoring: Scoring
    options: tuple[Option, ...]
    lowest: LowestGround | None = None
    keeps: Keeps | None = None

    @property
    def by_id(self) -> Mapping[str, Option]:
        """The options by their ids."""
        return {option.id: option for option in self.options}

    def score(self, chosen: tuple[Option, ...]) -> int:
        """What these options score together."""
        scores = [option.score for option in chosen]
        match self.scoring:
            case Scoring.HIGHEST:
                return max(scores)
            case Scoring.SUM:
                return sum(scores)
            case Scoring.NONE:
                return 0

    @property
    def reachable(self) -> frozenset[int]:
        """Every score that a complete answer can have."""
        if self.scoring is Scoring.NONE:
            return frozenset({0})
        single = {option.score for option in self.options}
        if self.choice is Choice.SINGLE or self.scoring is Scoring.HIGHEST:
            return frozenset(single)
        sums: set[int] = set()
        for option in self.options:
            if not option.alone:
                sums |= {known + option.score for known in sums} | {option.score}
        return frozenset(sums | single)


@dataclass(frozen=True, slots=True)
class Band:
    """The scores of one category, ``first`` to ``last``, both included."""

    category: RiskCategory
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Answers that can't both be true, so that a person must look: any of ``one`` together with any of ``other``."""

    id: str
    one: frozenset[Pick]
    other: frozenset[Pick]
    why: Words


@dataclass(frozen=True, slots=True)
class Limits:
    """How often the client may be assessed, per natural day and per calendar year of the firm's zone."""

    per_day: int
    per_year: int


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A parsed and checked question set.

    ``id`` and ``version`` name it for people (``title``), ``digest`` in the ledger. ``kinds`` are the investors that it is for.
    A rise of ``jump`` categories or more holds a result for review.
    """

    digest: str
    id: str
    version: int
    effective: date
    name: Words
    introduction: Words
    declaration: Words
    kinds: frozenset[InvestorKind]
    limits: Limits
    jump: int
    bands: tuple[Band, ...]
    questions: tuple[Question, ...]
    contradictions: tuple[Contradiction, ...]

    @property
    def by_id(self) -> Mapping[str, Question]:
        """The questions by their ids."""
        return {question.id: question for question in self.questions}

    @property
    def pages(self) -> tuple[tuple[Topic, tuple[Question, ...]], ...]:
        """The pages of the form: each topic in the order in which it first comes, with its questions."""
        topics = dict.fromkeys(question.topic for question in self.questions)
        return tuple((topic, tuple(each for each in self.questions if each.topic is topic)) for topic in topics)

    @property
    def reachable(self) -> frozenset[int]:
        """Every score that complete answers can have."""
        return reachable(self.questions)

    def category_of(self, score: int) -> RiskCategory:
        """The category of a score; ``ValueError`` for one outside the bands, which no answers reach."""
        [category] = [band.category for band in self.bands if band.first <= score <= band.last]
        return category


def reachable(questions: tuple[Question, ...]) -> frozenset[int]:
    """Every score that complete answers to these questions can have."""
    sums = {0}
    for question in questions:
        sums = {known + more for known in sums for more in question.reachable}
    return frozenset(sums)
