"""From a questionnaire's answers to a score, a category and the objectives; what holds a result for review; when to come again.

1. Answers are complete or there is no result: every question, known options, one where one is asked for. All faults at once, each
   with its question as ``field``.
2. The same answers under the same version give the same result, for ever, in whatever order they come.
3. An answer that means the lowest category (最低类别) makes it so whatever the score: category C1 and the flag, the score kept as
   it was reached.
4. A contradiction, a rise of the declared number of categories, and whatever would lift the flag hold the result for review. Then
   ``raising.split`` says what applies meanwhile: the lower of old and new.
5. Days and years of the limits are natural ones in the firm's zone. The caller decides what counts: results handed in by the
   client, not drafts, not paper.

Validity is the policy's: ``policy.last_day_after(day, policy.assessment_months)`` and ``policy.valid_before``.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from enum import StrEnum

from gatekeeper.rules.assessing.questionnaire import (
    Choice,
    Contradiction,
    Limits,
    LowestGround,
    Option,
    Pick,
    Question,
    Questionnaire,
)
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import RiskCategory, Term, Variety

Answers = Mapping[str, Sequence[str]]
"""Question id -> the ids of the options chosen."""


class Hold(StrEnum):
    """Why a result waits for a second person. Names are public once logged: they are only ever added."""

    CONTRADICTION = "contradiction"
    JUMP = "jump"
    LOWEST_LIFTED = "lowest_lifted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What complete answers come to. ``answers`` are in the questionnaire's order, so equal results have equal values.

    ``lowest_by`` names the questions, with their grounds, that make the lowest category.
    """

    questionnaire: str
    answers: tuple[tuple[str, tuple[str, ...]], ...]
    score: int
    category: RiskCategory
    lowest_by: tuple[tuple[str, LowestGround], ...]
    term: Term
    varieties: frozenset[Variety]
    contradictions: tuple[Contradiction, ...]

    @property
    def lowest(self) -> bool:
        """Whether the investor is of the lowest category."""
        return bool(self.lowest_by)


@dataclass(frozen=True, slots=True)
class Before:
    """What was last on file, expired or not: ``category`` None where there never was one."""

    category: RiskCategory | None = None
    lowest: bool = False


@dataclass(frozen=True, slots=True)
class Retake:
    """Whether another assessment is allowed now; if not, under which limit, and from which instant (UTC) it is."""

    limit: str | None = None
    again: datetime | None = None

    @property
    def allowed(self) -> bool:
        """Whether the client may begin or hand in another one."""
        return self.limit is None


def faults_of(questions: Iterable[Question], answers: Answers) -> list[Fault]:
    """What is wrong with the answers to these questions alone: what a page of the form checks before the next."""
    return [fault for question in questions for fault in _faults(question, answers.get(question.id, ()))]


def score(questionnaire: Questionnaire, answers: Answers) -> Result:
    """Score complete answers; raise ``Invalid`` with a fault for each question that is not answered as it must be."""
    faults = [
        Fault(N_("There is no such question: %(name)s"), field=name, name=name)
        for name in sorted(set(answers) - set(questionnaire.by_id))
    ]
    faults += faults_of(questionnaire.questions, answers)
    if faults:
        raise Invalid(*faults)
    chosen = {question: _chosen(question, answers[question.id]) for question in questionnaire.questions}
    total = sum(question.score(options) for question, options in chosen.items())
    lowest_by = tuple(
        (question.id, question.lowest)
        for question, options in chosen.items()
        if question.lowest and any(option.lowest for option in options)
    )
    objectives = [option.objective for options in chosen.values() for option in options if option.objective]
    return Result(
        questionnaire=questionnaire.digest,
        answers=tuple((question.id, tuple(option.id for option in options)) for question, options in chosen.items()),
        score=total,
        category=RiskCategory.C1 if lowest_by else questionnaire.category_of(total),
        lowest_by=lowest_by,
        term=next(each for each in objectives if isinstance(each, Term)),
        varieties=frozenset(each for each in objectives if isinstance(each, Variety)),
        contradictions=_contradictions(questionnaire, chosen),
    )


def held(questionnaire: Questionnaire, result: Result, before: Before) -> tuple[Hold, ...]:
    """Why this result waits for a second person; empty where it takes effect once the client has acknowledged it.

    The lowest category counts as one below C1, so that leaving it for C2 is a rise of two.
    """
    was = 0 if before.lowest else before.category
    reached = 0 if result.lowest else result.category
    reasons = [Hold.CONTRADICTION] if result.contradictions else []
    if was is not None and reached - was >= questionnaire.jump:
        reasons.append(Hold.JUMP)
    if before.lowest and not result.lowest:
        reasons.append(Hold.LOWEST_LIFTED)
    return tuple(reasons)


def retake(times: Iterable[datetime], now: datetime, limits: Limits, zone: tzinfo) -> Retake:
    """Whether one more assessment is allowed now, after those at ``times``.

    Times ahead of now (a clock set back) count as today's, never as none.
    """
    today = now.astimezone(zone).date()
    days = [moment.astimezone(zone).date() for moment in times]
    if sum(day.year >= today.year for day in days) >= limits.per_year:
        return Retake("year", valid_before(date(today.year, 12, 31), zone))
    if sum(day >= today for day in days) >= limits.per_day:
        return Retake("day", valid_before(today, zone))
    return Retake()


def _faults(question: Question, given: Sequence[str]) -> list[Fault]:
    if not given:
        return [Fault(N_("Please answer this question."), field=question.id)]
    options = question.by_id
    if any(name not in options for name in given) or len(set(given)) < len(given):
        return [Fault(N_("Please choose from the answers given."), field=question.id)]
    if question.choice is Choice.SINGLE and len(given) > 1:
        return [Fault(N_("Please choose one answer only."), field=question.id)]
    if len(given) > 1 and any(options[name].alone for name in given):
        return [Fault(N_("One of the answers chosen can only stand alone."), field=question.id)]
    return []


def _chosen(question: Question, given: Sequence[str]) -> tuple[Option, ...]:
    return tuple(option for option in question.options if option.id in given)


def _contradictions(questionnaire: Questionnaire, chosen: Mapping[Question, tuple[Option, ...]]) -> tuple[Contradiction, ...]:
    picks: frozenset[Pick] = frozenset((question.id, option.id) for question, options in chosen.items() for option in options)
    return tuple(each for each in questionnaire.contradictions if each.one & picks and each.other & picks)
