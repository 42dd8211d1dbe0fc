"""A question set's TOML text, parsed and checked as a whole.

1. What is not understood is refused as a whole, every fault at once and with its place.
2. The bands are contiguous, without overlap, C1 to C5 in this order, and cover every score that answers can reach: each reachable
   score falls in exactly one band, and each category can be reached.
3. A question for the lowest category (最低类别) has no score: its answer decides by itself. A questionnaire for individuals asks
   both of them: capacity for civil acts, and no tolerance of any loss.
4. Every topic is asked about, and the objectives keep one term and the varieties.
5. The SHA-256 of the text names the version. How long an assessment is valid stands in the policy (``assessment_months``).
"""

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from hashlib import sha256
from itertools import pairwise

from gatekeeper.rules.assessing.questionnaire import (
    Band,
    Choice,
    Contradiction,
    Keeps,
    Limits,
    LowestGround,
    Option,
    Pick,
    Question,
    Questionnaire,
    Scoring,
    Topic,
)
from gatekeeper.rules.errors import N_, Invalid
from gatekeeper.rules.parsing.toml import Reader, load, within
from gatekeeper.rules.risk import InvestorKind, RiskCategory, Term, Variety

_NEEDED = ("id", "version", "effective", "name", "introduction", "declaration", "kinds", "limits", "review", "bands", "questions")


def parse(text: str) -> Questionnaire:
    """Read and check a questionnaire; raise ``Invalid`` with every fault, each with its place, if it cannot be used."""
    reader = Reader()
    data = reader.table(load(text, N_("The questionnaire is not valid TOML: %(detail)s")), "", _NEEDED, ("contradictions",))
    kinds = [
        reader.member(each, f"kinds.{place}", InvestorKind) for place, each in enumerate(reader.items(data.get("kinds"), "kinds"))
    ]
    limits = reader.table(data.get("limits"), "limits", ("per_day", "per_year"))
    review = reader.table(data.get("review"), "review", ("jump",))
    questions = _questions(reader, data.get("questions"))
    found = Questionnaire(
        digest=sha256(text.encode()).hexdigest(),
        id=reader.name(data.get("id"), "id"),
        version=reader.integer(data.get("version"), "version", 1, 9999),
        effective=reader.day(data.get("effective"), "effective"),
        name=reader.words(data.get("name"), "name"),
        introduction=reader.words(data.get("introduction"), "introduction"),
        declaration=reader.words(data.get("declaration"), "declaration"),
        kinds=frozenset(each for each in kinds if each),
        limits=Limits(
            reader.integer(limits.get("per_day"), "limits.per_day", 1, 100),
            reader.integer(limits.get("per_year"), "limits.per_year", 1, 1000),
        ),
        jump=reader.integer(review.get("jump"), "review.jump", 1, 5),
        bands=_bands(reader, data.get("bands")),
        questions=questions,
        contradictions=_contradictions(reader, data.get("contradictions"), questions),
    )
    _check_bands(reader, found)
    _check_topics(reader, found)
    _check_objectives(reader, found)
    if reader.faults:
        raise Invalid(*reader.faults)
    return found


def _questions(reader: Reader, value: object) -> tuple[Question, ...]:
    found = tuple(_question(reader, each, f"questions.{place}") for place, each in enumerate(reader.items(value, "questions"), 1))
    _refuse_twice(reader, [question.id for question in found], "questions")
    return found


def _question(reader: Reader, value: object, place: str) -> Question:
    table = reader.table(value, place, ("id", "topic", "text", "options"), ("choice", "scoring", "lowest", "keeps"))
    name = reader.name(table.get("id"), within(place, "id"))
    place = within("questions", name) if name else place
    choice = reader.member(table.get("choice"), within(place, "choice"), Choice) or Choice.SINGLE
    lowest = reader.member(table.get("lowest"), within(place, "lowest"), LowestGround)
    keeps = reader.member(table.get("keeps"), within(place, "keeps"), Keeps)
    scoring = reader.member(table.get("scoring"), within(place, "scoring"), Scoring)
    if lowest and scoring:
        reader.fault(N_("%(place)s: a question for the lowest category is never scored."), within(place, "scoring"))
    elif choice is Choice.MULTIPLE and not lowest and "scoring" not in table:
        reader.fault(N_("%(place)s: a question with several answers must say how it is scored."), within(place, "scoring"))
    scoring = Scoring.NONE if lowest else scoring or Scoring.HIGHEST
    options = tuple(
        _option(reader, each, within(place, f"options.{number}"), (scoring, lowest, keeps))
        for number, each in enumerate(reader.items(table.get("options"), within(place, "options")), 1)
    )
    _refuse_twice(reader, [option.id for option in options], within(place, "options"))
    if len(options) == 1:
        reader.fault(N_("%(place)s: a question needs at least two answers."), within(place, "options"))
    if lowest and options and len({option.lowest for option in options}) == 1:
        reader.fault(N_("%(place)s: some answers must mean the lowest category, and some must not."), within(place, "options"))
    topic = reader.member(table.get("topic"), within(place, "topic"), Topic) or Topic.PERSONAL
    return Question(name, topic, reader.words(table.get("text"), within(place, "text")), choice, scoring, options, lowest, keeps)


def _option(reader: Reader, value: object, place: str, asked: tuple[Scoring, LowestGround | None, Keeps | None]) -> Option:
    scoring, lowest, keeps = asked
    needs = ["id", "text"] + ["score"] * (scoring is not Scoring.NONE) + ["objective"] * (keeps is not None)
    table = reader.table(value, place, needs, ["alone"] + ["lowest"] * (lowest is not None))
    kind: type[Term | Variety] = Term if keeps is Keeps.TERM else Variety
    return Option(
        id=reader.name(table.get("id"), within(place, "id")),
        words=reader.words(table.get("text"), within(place, "text")),
        score=reader.integer(table.get("score"), within(place, "score"), 0, 100) if scoring is not Scoring.NONE else 0,
        alone=reader.flag(table.get("alone"), within(place, "alone")),
        lowest=reader.flag(table.get("lowest"), within(place, "lowest")) if lowest else False,
        objective=reader.member(table.get("objective"), within(place, "objective"), kind) if keeps else None,
    )


def _bands(reader: Reader, value: object) -> tuple[Band, ...]:
    bands = []
    for number, each in enumerate(reader.items(value, "bands"), 1):
        place = f"bands.{number}"
        table = reader.table(each, place, ("category", "from", "to"))
        category = reader.member(table.get("category"), within(place, "category"), RiskCategory)
        first = reader.integer(table.get("from"), within(place, "from"), 0, 10_000)
        last = reader.integer(table.get("to"), within(place, "to"), 0, 10_000)
        if category:
            bands.append(Band(category, first, last))
    return tuple(bands)


def _contradictions(reader: Reader, value: object, questions: tuple[Question, ...]) -> tuple[Contradiction, ...]:
    known = frozenset((question.id, option.id) for question in questions for option in question.options)
    found = []
    for number, each in enumerate([] if value is None else reader.items(value, "contradictions"), 1):
        place = f"contradictions.{number}"
        table = reader.table(each, place, ("id", "one", "other", "why"))
        one, other = (_picks(reader, table.get(side), within(place, side), known) for side in ("one", "other"))
        name = reader.name(table.get("id"), within(place, "id"))
        found.append(Contradiction(name, one, other, reader.words(table.get("why"), within(place, "why"))))
        if {question for question, _ in one} & {question for question, _ in other}:
            reader.fault(N_("%(place)s: both sides name the same question."), place)
    _refuse_twice(reader, [each.id for each in found], "contradictions")
    return tuple(found)


def _picks(reader: Reader, value: object, place: str, known: frozenset[Pick]) -> frozenset[Pick]:
    picks = set()
    for each in reader.items(value, place):
        question, _, option = str(each).partition("/")
        if (question, option) not in known:
            reader.fault(N_("%(place)s names an answer that is not there: %(name)s"), place, name=each)
        picks.add((question, option))
    return frozenset(picks)


def _refuse_twice(reader: Reader, names: list[str], place: str) -> None:
    for name in sorted({name for name in names if name and names.count(name) > 1}):
        reader.fault(N_("%(place)s is there twice."), within(place, name))


def _check_bands(reader: Reader, found: Questionnaire) -> None:
    """Every integer from the lowest to the highest reachable score falls in exactly one band, and each category is reached."""
    bands = found.bands
    if [band.category for band in bands] != list(RiskCategory):
        reader.fault(N_("%(place)s must be those of C1, C2, C3, C4 and C5, in this order."), "bands")
        return
    for band in bands:
        if band.first > band.last:
            reader.fault(N_("%(place)s ends before it begins."), f"bands.{band.category.name}")
    for lower, higher in pairwise(bands):
        if higher.first > lower.last + 1:
            reader.fault(
                N_("%(place)s leaves a gap: no band has %(score)s."), f"bands.{higher.category.name}", score=lower.last + 1
            )
        elif higher.first <= lower.last:
            reader.fault(N_("%(place)s overlaps: two bands have %(score)s."), f"bands.{higher.category.name}", score=higher.first)
    if not reader.faults:
        _check_reach(reader, found)


def _check_reach(reader: Reader, found: Questionnaire) -> None:
    scores = found.reachable
    outside = sorted(score for score in scores if not found.bands[0].first <= score <= found.bands[-1].last)
    for score in dict.fromkeys((*outside[:1], *outside[-1:])):
        reader.fault(N_("%(place)s: answers can score %(score)s, which no band has."), "bands", score=score)
    for band in found.bands:
        if scores.isdisjoint(range(band.first, band.last + 1)):
            reader.fault(N_("%(place)s: no answers reach this category."), f"bands.{band.category.name}")


def _check_topics(reader: Reader, found: Questionnaire) -> None:
    topics = {question.topic for question in found.questions}
    individual = InvestorKind.INDIVIDUAL in found.kinds
    needed = [topic for topic in Topic if individual or topic not in {Topic.PERSONAL, Topic.LOWEST}]
    for topic in needed:
        if topic not in topics:
            reader.fault(N_("%(place)s: no question is about %(topic)s."), "questions", topic=topic.name)
    grounds = {question.lowest for question in found.questions}
    for ground in (LowestGround.NO_CAPACITY, LowestGround.NO_LOSS):
        if individual and ground not in grounds:
            reader.fault(N_("%(place)s: individuals must be asked for %(ground)s."), "questions", ground=ground.name)


def _check_objectives(reader: Reader, found: Questionnaire) -> None:
    asked = [question.keeps for question in found.questions]
    for keeps in Keeps:
        if asked.count(keeps) != 1:
            reader.fault(N_("%(place)s: exactly one question must keep %(objective)s."), "questions", objective=keeps.name)
    for question in found.questions:
        if question.keeps is Keeps.TERM and question.choice is Choice.MULTIPLE:
            reader.fault(N_("%(place)s: only one term can be meant."), f"questions.{question.id}.choice")


@dataclass(frozen=True, slots=True)
class Difference:
    """One place that differs between two versions; ``before`` None where it is new, ``after`` None where it is gone."""

    place: str
    before: str | None
    after: str | None


def compare(old: Questionnaire, new: Questionnaire) -> tuple[Difference, ...]:
    """What differs between two versions, place by place: what the second person looks at before approving."""
    before, after = dict(_places(old)), dict(_places(new))
    return tuple(
        Difference(place, before.get(place), after.get(place))
        for place in dict.fromkeys((*before, *after))
        if before.get(place) != after.get(place)
    )


def _places(value: object, place: str = "") -> Iterator[tuple[str, str]]:
    """Every single value with its place; members of a list by their id, and the list's order as a value of its own."""
    if is_dataclass(value):
        for field in fields(value):
            if field.name != "digest":
                yield from _places(getattr(value, field.name), within(place, field.name))
    elif isinstance(value, tuple):
        names = [each.category.name if isinstance(each, Band) else each.id for each in value]
        yield place, ", ".join(names)
        for name, each in zip(names, value, strict=True):
            yield from _places(each, within(place, name))
    elif isinstance(value, frozenset):
        yield place, ", ".join(sorted("/".join(each) if isinstance(each, tuple) else each for each in value))
    else:
        yield place, value.name if isinstance(value, Enum) else "" if value is None else str(value)
