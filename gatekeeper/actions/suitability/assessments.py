"""An investor's assessment: begun, answered page by page, handed in.

1. What lowers acts when the answers are handed in; what raises once the letter is acknowledged (Measures, Arts. 10, 21).
2. Answers are personal: entries hold a commitment to them. The same answers under the same version give the same score.
3. Whoever has reached a limit is refused, and the refusal is recorded.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.files.made import letter
from gatekeeper.files.made.letter import Letter
from gatekeeper.ledger.acts import acting, assessing
from gatekeeper.ledger.acts.notify import put_in_force
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules import assessment as rules
from gatekeeper.rules.assessing.questionnaire import Question, Questionnaire, Topic
from gatekeeper.rules.assessment import Retake
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound, Unavailable
from gatekeeper.rules.events import Kind
from gatekeeper.store.base import new_id
from gatekeeper.store.clients import investors as files
from gatekeeper.store.reading import access
from gatekeeper.store.suitability import assessments as store
from gatekeeper.store.suitability import questionnaires
from gatekeeper.store.suitability.assessments import State, state_of

_NOT_BEGUN = N_("There is no assessment to go on with. Please begin a new one.")
_REPLACED = N_("The questionnaire has been replaced by a new version. Please begin again.")
_DECLARE = N_("Please confirm that the answers are your own and true.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Where an investor's assessment stands. ``questionnaire`` is None where the firm has none for such an investor."""

    state: State
    questionnaire: Questionnaire | None
    row: Any
    answered: int
    retake: Retake
    replaced: bool


def overview(connection: Connection, caller: Caller, now: datetime, zone: ZoneInfo) -> Asked[Overview]:
    """How the caller's assessment for the chosen investor stands; the look is recorded."""
    investor = acting.investor_of(connection, caller, now)
    found = questionnaires.questionnaire_for(connection, investor.kind, now)
    row = store.latest(connection, investor.id)
    state, replaced = state_of(row), False
    if state is State.DRAFT and (found is None or found[0] != row.questionnaire_id):
        state, replaced = State.NONE, True
    shown = Overview(
        state=state,
        questionnaire=found[1] if found else None,
        row=row,
        answered=len(store.answers(connection, row.id)) if state is State.DRAFT else 0,
        retake=assessing.retake(connection, investor.id, found[1], now, zone) if found else Retake(),
        replaced=replaced,
    )
    return Asked(shown, (assessing.viewed(caller, "overview", now),))


@dataclass(frozen=True, slots=True)
class Begun:
    """What came of asking for another assessment: allowed, or under which limit not; the code of a refusal's entry."""

    retake: Retake
    code: str = ""


def begin(connection: Connection, caller: Caller, now: datetime, zone: ZoneInfo) -> Begun:
    """Begin an assessment; one that was begun before and not handed in is left behind. A refusal is recorded and returned."""
    investor = acting.investor_of(connection, caller, now)
    found = questionnaires.questionnaire_for(connection, investor.kind, now)
    if found is None:
        raise Conflict(N_("There is no questionnaire for this kind of investor here. Please ask your contact at the firm."))
    files.lock_investor(connection, investor.id)
    questionnaire_id, questionnaire = found
    if refused := _refused(connection, caller, questionnaire, now, zone):
        return refused
    id_ = new_id()
    data = {"assessment": id_, "questionnaire": questionnaire.digest}
    event = caller.event(Kind.ASSESSMENT_STARTED, now, data=data)
    entry_id = append(connection, event)
    whose = {"investor_id": investor.id, "person_id": caller.person}
    store.put(connection, id=id_, **whose, questionnaire_id=questionnaire_id, begun_at=now, entry_id=entry_id)
    return Begun(Retake(), event.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page of the form: its questions, and the answers saved to them. ``number`` counts from one."""

    number: int
    count: int
    topic: Topic
    questions: tuple[Question, ...]
    answers: Mapping[str, Sequence[str]]


def page(connection: Connection, caller: Caller, number: int, now: datetime) -> Asked[Page]:
    """One page of the assessment that was begun."""
    row, questionnaire = _draft(connection, caller, now)
    topic, questions = _page(questionnaire, number)
    saved = store.answers(connection, row.id)
    shown = Page(
        number=number,
        count=len(questionnaire.pages),
        topic=topic,
        questions=questions,
        answers={question.id: saved.get(question.id, ()) for question in questions},
    )
    return Asked(shown, (assessing.viewed(caller, "questions", now),))


def answer(
    connection: Connection, caller: Caller, number: int, given: Mapping[str, Sequence[str]], now: datetime, *, whole: bool
) -> None:
    """Save the answers of one page; with ``whole`` false some may still be missing."""
    row, questionnaire = _draft(connection, caller, now)
    _, questions = _page(questionnaire, number)
    answers = {question.id: list(given.get(question.id, ())) for question in questions}
    asked = [question for question in questions if whole or answers[question.id]]
    if faults := rules.faults_of(asked, answers):
        raise Invalid(*faults)
    kept = assessing.plain(answers)
    event = caller.event(Kind.ASSESSMENT_ANSWERED, now, data={"assessment": row.id, "page": number}, private={"answers": kept})
    entry_id = append(connection, event)
    store.put_answers(connection, assessment_id=row.id, answers=kept, saved_at=now, entry_id=entry_id)


@dataclass(frozen=True, slots=True)
class Review:
    """Everything answered so far, page by page; ``missing`` counts the questions without an answer on each page."""

    questionnaire: Questionnaire
    answers: Mapping[str, Sequence[str]]
    missing: tuple[int, ...]


def review(connection: Connection, caller: Caller, now: datetime) -> Asked[Review]:
    """What was answered, before it is handed in."""
    row, questionnaire = _draft(connection, caller, now)
    saved = store.answers(connection, row.id)
    missing = tuple(sum(not saved.get(each.id) for each in questions) for _, questions in questionnaire.pages)
    return Asked(Review(questionnaire, saved, missing), (assessing.viewed(caller, "review", now),))


def hand_in(connection: Connection, caller: Caller, now: datetime, zone: ZoneInfo, *, declared: bool) -> Begun:
    """Hand the answers in: they are scored, what lowers acts, and the letter is written. Past a limit nothing is scored."""
    investor = acting.investor_of(connection, caller, now)
    files.lock_investor(connection, investor.id)
    row, questionnaire = _draft(connection, caller, now)
    if not declared:
        raise Invalid(Fault(_DECLARE, field="declared"))
    policy = access.current_policy(connection, now)
    if policy is None:
        raise Unavailable(N_("No policy is in force."))
    day, answers = now.astimezone(zone).date(), store.answers(connection, row.id)
    found = assessing.outcome(connection, investor.id, questionnaire, answers, policy[1], day, now, zone)
    if refused := _refused(connection, caller, questionnaire, now, zone):
        return refused
    written = Letter(questionnaire, found.result, found.policy, day, found.last_day, found.holds)
    letters = letter.in_each_language(written)
    data = assessing.data_of(row.id, found, letters, found.lowered)
    private = {"answers": assessing.plain(dict(found.result.answers))}
    event = caller.event(Kind.ASSESSMENT_SCORED, now, policy=found.policy.digest, data=data, private=private)
    entry_id = append(connection, event)
    put_in_force(connection, found.lowered, entry_id, now)
    assessing.keep(connection, row.id, found, letters, entry_id, now)
    return Begun(Retake(), event.code)


def _draft(connection: Connection, caller: Caller, now: datetime) -> tuple[Any, Questionnaire]:
    """The assessment that was begun and not handed in, with its question set, which must still be the one in force."""
    investor = acting.investor_of(connection, caller, now)
    row = store.latest(connection, investor.id)
    if state_of(row) is not State.DRAFT:
        raise Conflict(_NOT_BEGUN)
    found = questionnaires.questionnaire_for(connection, investor.kind, now)
    if found is None or found[0] != row.questionnaire_id:
        raise Conflict(_REPLACED)
    return row, found[1]


def _page(questionnaire: Questionnaire, number: int) -> tuple[Topic, tuple[Question, ...]]:
    if not 1 <= number <= len(questionnaire.pages):
        raise NotFound(N_("The questionnaire has no such page."))
    return questionnaire.pages[number - 1]


def _refused(connection: Connection, caller: Caller, questionnaire: Questionnaire, now: datetime, zone: ZoneInfo) -> Begun | None:
    """The refusal where a limit is reached, recorded; a refusal is an answer, so its entry stays."""
    found = assessing.retake(connection, caller.investor or "", questionnaire, now, zone)
    if found.allowed:
        return None
    event = caller.event(Kind.ASSESSMENT_REFUSED, now, data={"limit": found.limit, "questionnaire": questionnaire.digest})
    append(connection, event)
    return Begun(found, event.code)
