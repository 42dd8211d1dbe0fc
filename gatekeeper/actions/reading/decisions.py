"""Decisions that are asked for another person, one or many: the same decision as on the pages, within the scope of who asks.

1. Of what is sent, only whom, what, which act and who moves first count, and the last one only as far as it does not help.
2. A RECEIVE is the firm's wish (PUSH) unless a subscription on file asks for the report, or the caller may say that the investor
   asked. Any other act is the investor's own (PULL) unless the caller says otherwise.
3. Many decisions are made on one snapshot, from facts that a handful of statements find, and recorded before any is told.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger import batches
from gatekeeper.ledger.batches import Given, Head
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.decisions import decided
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.accounts.access_requests import State
from gatekeeper.rules.accounts.scopes import Scope
from gatekeeper.rules.consent import Words
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.distribution import Interest
from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.rules.suitability import Decision, Outcome, decide
from gatekeeper.store.accounts import access_requests
from gatekeeper.store.proof import as_of as earlier
from gatekeeper.store.publishing import library
from gatekeeper.store.reading import access as facts
from gatekeeper.store.reading import many, meant, subscriptions, words
from gatekeeper.store.reading.access import Case
from gatekeeper.store.reading.many import Many
from gatekeeper.store.reading.meant import NOBODY, Meant, Whom
from gatekeeper.store.reading.subscriptions import Topics

_LONGEST = 64
_LANGUAGES = {"zh_CN": "text_zh", "en": "text_en"}
Subscribed = Mapping[tuple[str, str], Collection[tuple[Interest, str]]]


@dataclass(frozen=True, slots=True)
class Question:
    """May these do this with that? ``whom`` None is a kind of subject that is not ours, ``action`` None an act that is not.

    ``report`` is the id as it was sent, whatever that was; ``told`` is who moves first, as the caller says.
    ``approval`` is the answered request on which this is asked again: the entry names it, and it decides nothing.
    """

    whom: Whom | None
    report: str
    action: Action | None
    told: Initiative | None = None
    approval: str = ""


@dataclass(frozen=True, slots=True)
class Due:
    """The words that must be accepted first: the statement's version, and the SHA-256 of the whole text by language."""

    statement: int
    sha256: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Answered:
    """A decision on a question, the case it was made on, and the words that it waits for."""

    decision: Decision
    case: Case
    due: Due | None = None

    @property
    def is_permit(self) -> bool:
        """Whether this may be done now."""
        return self.decision.outcome is Outcome.PERMIT


@dataclass(frozen=True, slots=True)
class Single:
    """One answer with the code of its entry."""

    answered: Answered
    code: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Answers in the order of the questions, up to the one that ended the batch; None for an item that was no question."""

    answers: tuple[Answered | None, ...]
    codes: tuple[str, ...]


def ask(connection: Connection, caller: Caller, scope: Scope, question: Question, now: datetime, zone: ZoneInfo) -> Asked[Single]:
    """Decide one question of another system, within its scope."""
    who = meant.one(connection, question.whom, scope.branches, now) if question.whom else NOBODY
    return _one(connection, caller, who, question, now, zone, scope=scope)


def ask_for(
    connection: Connection,
    caller: Caller,
    who: Meant,
    question: Question,
    now: datetime,
    zone: ZoneInfo,
    *,
    as_of: datetime | None = None,
) -> Asked[Single]:
    """Decide one question of an operator, who names people by their ids and whose word on who moves first counts.

    With ``as_of`` it is decided as it would have been then.
    """
    return _one(connection, caller, who, question, now, zone, as_of=as_of)


def _one(
    connection: Connection,
    caller: Caller,
    who: Meant,
    question: Question,
    now: datetime,
    zone: ZoneInfo,
    *,
    scope: Scope | None = None,
    as_of: datetime | None = None,
) -> Asked[Single]:
    """Find the facts, decide and record: one way, whoever asks. No permit comes of it."""
    at = as_of or now
    initiative = scope.moves_first(question.action, question.told) if scope else question.told or Initiative.PULL
    case = facts.load(
        connection,
        person=who.person or "",
        investor=who.investor,
        report=_id(question),
        action=question.action,
        initiative=initiative or Initiative.PUSH,
        zone=zone,
        now=at,
    )
    if initiative is None and _asks_for(connection, case, who, now):
        case = replace(case, facts=replace(case.facts, initiative=Initiative.PULL))
    if as_of:  # what was accepted later must not stand before what had been accepted by then
        case = earlier.accepted_by(connection, case, who.person or "", as_of)
    decision = decide(case.facts, at)
    event = decided(
        caller,
        Kind.DECISION_ASKED,
        case,
        decision,
        now,
        asked_for=_unknown(question, case),
        person=who.person,
        investor=who.investor,
        more={"as_of": as_of.isoformat()} if as_of else _approved(connection, caller, question, case, who, now),
    )
    if who.outside:  # for the caller there is nobody, and the entry looks like it; that somebody was meant stands apart
        event = replace(event, private={**event.private, "subject_outside": who.outside})
    return Asked(Single(Answered(decision, case, _waits_for(connection, decision, case, at)), event.code), (event,))


def _waits_for(connection: Connection, decision: Decision, case: Case, at: datetime) -> Due | None:
    """The words that must be accepted first, where nothing else is missing."""
    if decision.outcome is not Outcome.ACKNOWLEDGE or not case.version:
        return None
    return _due(words.statement(connection, at), words.notice(connection, case.version))


def _approved(
    connection: Connection, caller: Caller, question: Question, case: Case, who: Meant, now: datetime
) -> Mapping[str, str]:
    """The approved request that was quoted, if it is this caller's and about the very same."""
    found = access_requests.get(connection, question.approval, now) if question.approval else None
    if found is None or found.state is not State.APPROVED:
        return {}
    row = found.row
    same = (caller.actor, who.person, case.investor, case.report, question.action)
    is_same = same == (f"service:{row.client_id}", row.person_id, row.investor_id, row.report_id, row.action)
    return {"access_request": row.id} if is_same else {}


def ask_many(
    connection: Connection,
    caller: Caller,
    scope: Scope,
    questions: Sequence[Question | None],
    now: datetime,
    zone: ZoneInfo,
    *,
    ends_with: bool | None = None,
) -> Asked[Batch]:
    """Decide many questions, up to the first answer that is ``ends_with``. None is an item that is no question, and a no."""
    asked = [each for each in questions if each is not None]
    who = meant.many(connection, (each.whom for each in asked if each.whom), scope.branches, now)
    found = many.load(connection, who.values(), {_id(each) or "" for each in asked} - {""}, now, zone)
    wishes = _wishes(connection, asked, who, now)
    answers: list[Answered | None] = []
    given: list[Given] = []
    known: dict[Question, Answered] = {}
    for place, question in enumerate(questions):
        answers.append(None)
        if question is not None:
            whose = who[question.whom] if question.whom else NOBODY
            answered = known.get(question) or known.setdefault(question, _decided(found, question, whose, wishes, scope))
            answers[-1] = answered
            unknown = _unknown(question, answered.case)
            given.append(Given(place, whose.person, answered.case, answered.decision, unknown, whose.outside))
        if ends_with is (answers[-1] is not None and answers[-1].is_permit):
            break
    common = found.case(NOBODY, None, None, Initiative.PULL)
    events = batches.asked(caller, given, common, now, Head(more={"items": len(questions)}))
    return Asked(Batch(_with_words(connection, found, answers), tuple(event.code for event in events)), events)


def _decided(found: Many, question: Question, who: Meant, wishes: Subscribed, scope: Scope) -> Answered:
    initiative = scope.moves_first(question.action, question.told)
    report = _id(question)
    if initiative is None:
        topics = found.topics(report)
        asks = _asks(wishes.get((who.person or "", who.investor or ""), ()), topics)
        initiative = Initiative.PULL if asks else Initiative.PUSH
    case = found.case(who, report, question.action, initiative)
    return Answered(decide(case.facts, found.now), case)


def _asks_for(connection: Connection, case: Case, who: Meant, now: datetime) -> bool:
    """Whether a person has asked in advance for what the report of a case is about."""
    if who.person is None or case.version is None:
        return False
    topics = subscriptions.topics_of(library.version(connection, case.version))
    wishes = subscriptions.asked_by(connection, [who.person], now)
    return _asks(wishes.get((who.person, case.investor or ""), ()), topics)


def _asks(wishes: Collection[tuple[Interest, str]], topics: Topics) -> bool:
    return any((topic, value) in wishes for topic, values in topics.items() for value in values)


def _wishes(connection: Connection, asked: Iterable[Question], who: Mapping[Whom, Meant], now: datetime) -> Subscribed:
    receiving = {who[each.whom].person for each in asked if each.action is Action.RECEIVE and each.whom}
    return subscriptions.asked_by(connection, sorted(each for each in receiving if each), now)


def _with_words(connection: Connection, found: Many, answers: Sequence[Answered | None]) -> tuple[Answered | None, ...]:
    """The answers, those with the words that wait for them."""
    waiting = {
        each.case.version
        for each in answers
        if each is not None and each.decision.outcome is Outcome.ACKNOWLEDGE and each.case.version
    }
    due = {version: _due(found.statement, notice) for version, notice in words.notices(connection, waiting).items()}
    return tuple(
        replace(each, due=due.get(each.case.version or ""))
        if each is not None and each.decision.outcome is Outcome.ACKNOWLEDGE
        else each
        for each in answers
    )


def _due(statement: Any, notice: str) -> Due:
    texts = {tag: Words(tag, getattr(statement, column), notice) for tag, column in _LANGUAGES.items()}
    return Due(statement.id, {tag: text.sha256 for tag, text in texts.items()})


def _id(question: Question) -> str | None:
    """The report's id as a database could hold it."""
    return question.report if question.report.isprintable() and 0 < len(question.report) <= _LONGEST else None


def _unknown(question: Question, case: Case) -> str:
    """What was named where there is no such report, as far as it can be kept."""
    return "" if case.report else "".join(each for each in question.report[:_LONGEST] if each.isprintable())
