"""The test of knowledge that an ordinary investor takes before it is converted (Measures, Art. 12): questions and marking.

1. A test is data: questions with one right answer each, a pass mark, and how often it may be taken. What is not understood is
   refused as a whole, every fault at once and with its place.
2. The SHA-256 of the text names the version. The same answers under the same text are marked alike, for ever.
3. Days of the limit are natural ones in the firm's zone. An attempt ahead of now (a clock set back) counts as today's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from hashlib import sha256

from gatekeeper.rules.assessment import Retake
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.parsing.toml import Reader, Words, load, within
from gatekeeper.rules.policy import valid_before

_NEEDED = ("id", "version", "name", "introduction", "pass_mark", "per_day", "per_application", "questions")
_LEAST_OPTIONS = 2
_MOST = 100


@dataclass(frozen=True, slots=True)
class Option:
    """One answer that can be chosen."""

    id: str
    words: Words
    right: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its answers in their order, of which one is right."""

    id: str
    words: Words
    options: tuple[Option, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KnowledgeTest:
    """A parsed and checked test. ``pass_mark`` is how many questions must be answered rightly."""

    digest: str
    id: str
    version: int
    name: Words
    introduction: Words
    pass_mark: int
    per_day: int
    per_application: int
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Marked:
    """How many questions were answered rightly, and whether that is enough."""

    score: int
    passed: bool


def parse(text: str) -> KnowledgeTest:
    """Read and check a test; raise ``Invalid`` with every fault, each with its place, if it cannot be used."""
    reader = Reader()
    data = reader.table(load(text, N_("The test is not valid TOML: %(detail)s")), "", _NEEDED)
    questions = tuple(
        _question(reader, each, f"questions.{place}")
        for place, each in enumerate(reader.items(data.get("questions"), "questions"))
    )
    ids = [question.id for question in questions]
    for name in sorted({name for name in ids if name and ids.count(name) > 1}):
        reader.fault(N_("%(place)s is there twice."), within("questions", name))
    found = KnowledgeTest(
        digest=sha256(text.encode()).hexdigest(),
        id=reader.name(data.get("id"), "id"),
        version=reader.integer(data.get("version"), "version", 1, _MOST),
        name=reader.words(data.get("name"), "name"),
        introduction=reader.words(data.get("introduction"), "introduction"),
        pass_mark=reader.integer(data.get("pass_mark"), "pass_mark", 1, max(1, len(questions))),
        per_day=reader.integer(data.get("per_day"), "per_day", 1, _MOST),
        per_application=reader.integer(data.get("per_application"), "per_application", 1, _MOST),
        questions=questions,
    )
    if reader.faults:
        raise Invalid(*reader.faults)
    return found


def _question(reader: Reader, value: object, place: str) -> Question:
    table = reader.table(value, place, ("id", "text", "options"))
    listed = within(place, "options")
    options = tuple(
        _option(reader, each, f"{listed}.{number}") for number, each in enumerate(reader.items(table.get("options"), listed))
    )
    names = {option.id for option in options}
    if len(names) < len(options) or len(options) < _LEAST_OPTIONS or sum(option.right for option in options) != 1:
        reader.fault(N_("%(place)s must be several different answers, exactly one of them right."), listed)
    return Question(
        reader.name(table.get("id"), within(place, "id")), reader.words(table.get("text"), within(place, "text")), options
    )


def _option(reader: Reader, value: object, place: str) -> Option:
    table = reader.table(value, place, ("id", "text"), ("right",))
    return Option(
        reader.name(table.get("id"), within(place, "id")),
        reader.words(table.get("text"), within(place, "text")),
        reader.flag(table.get("right"), within(place, "right")),
    )


def mark(test: KnowledgeTest, answers: Mapping[str, str]) -> Marked:
    """Mark complete answers, question id to option id; ``Invalid`` with a fault for each question without one of its own."""
    faults = [
        Fault(
            N_("Please choose from the answers given.") if answers.get(question.id) else N_("Please answer this question."),
            field=question.id,
        )
        for question in test.questions
        if answers.get(question.id) not in {option.id for option in question.options}
    ]
    if faults:
        raise Invalid(*faults)
    score = sum(option.right and answers[question.id] == option.id for question in test.questions for option in question.options)
    return Marked(score, score >= test.pass_mark)


def retake(times: Sequence[datetime], now: datetime, test: KnowledgeTest, zone: tzinfo) -> Retake:
    """Whether one more attempt is allowed now, after those at ``times`` in the same application."""
    if len(times) >= test.per_application:
        return Retake("application")
    return (
        Retake("day", valid_before(now.astimezone(zone).date(), zone)) if _today(times, now, zone) >= test.per_day else Retake()
    )


def _today(times: Iterable[datetime], now: datetime, zone: tzinfo) -> int:
    today = now.astimezone(zone).date()
    return sum(moment.astimezone(zone).date() >= today for moment in times)
