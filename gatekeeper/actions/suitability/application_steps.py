"""A client's own application as it goes its way: where it stands, the test of knowledge, the warning (Measures, Art. 12)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.files.made import conversion
from gatekeeper.ledger.acts import acting, applying
from gatekeeper.ledger.acts.applying import Examined
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.assessing import knowledge
from gatekeeper.rules.assessing.conversion import Step, advance
from gatekeeper.rules.assessing.knowledge import KnowledgeTest, Marked
from gatekeeper.rules.assessment import Retake
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid
from gatekeeper.rules.events import Kind
from gatekeeper.rules.professional import class_of, grounds_for
from gatekeeper.rules.risk import InvestorClass
from gatekeeper.store.clients import investors as files
from gatekeeper.store.reading import words
from gatekeeper.store.suitability import applications as store


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """Where an investor stands: its class, the grounds open to it, its application with the steps and attempts at the test."""

    investor: Any
    grounds: tuple[str, ...]
    application: Examined | None
    steps: list[Any]
    attempts: list[Any]
    retake: Retake


def overview(connection: Connection, caller: Caller, now: datetime, zone: ZoneInfo) -> Asked[Overview]:
    """How the caller's application for the chosen investor stands; the look is recorded."""
    investor = files.overview(connection, acting.investor_of(connection, caller, now).id, now)
    row = store.of_client(connection, investor.id)
    today = now.astimezone(zone).date()
    attempts = store.attempts(connection, row.id) if row else []
    shown = Overview(
        investor=investor,
        grounds=tuple(each for each in grounds_for(investor.kind) if class_of(each) is not InvestorClass.PROFESSIONAL_A),
        application=applying.examined(connection, row, today, now) if row else None,
        steps=store.steps(connection, row.id) if row else [],
        attempts=attempts,
        retake=_retake(attempts, now, zone),
    )
    return Asked(shown, (_viewed(caller, "overview", now),))


@dataclass(frozen=True, slots=True)
class Sitting:
    """The test as somebody takes it: its questions, and whether another attempt is allowed."""

    test: KnowledgeTest
    attempts: list[Any]
    retake: Retake


def test(connection: Connection, caller: Caller, now: datetime, zone: ZoneInfo) -> Asked[Sitting]:
    """The questions of the test, once the proofs were checked."""
    row = _at(connection, caller, Step.KNOWLEDGE_TESTED, now)
    attempts = store.attempts(connection, row.id)
    shown = Sitting(conversion.knowledge_test(), attempts, _retake(attempts, now, zone))
    return Asked(shown, (_viewed(caller, "test", now),))


@dataclass(frozen=True, slots=True)
class Attempted:
    """What came of an attempt: how it was marked, ``least`` being enough; or under which limit it was refused."""

    marked: Marked | None
    retake: Retake
    least: int
    code: str


def answer(connection: Connection, caller: Caller, given: Mapping[str, str], now: datetime, zone: ZoneInfo) -> Attempted:
    """Hand the answers in: they are marked, and a pass is the next step. Past a limit nothing is marked."""
    row = _at(connection, caller, Step.KNOWLEDGE_TESTED, now, hold=True)
    test_ = conversion.knowledge_test()
    answers = {question.id: given.get(question.id, "") for question in test_.questions}
    retake = _retake(store.attempts(connection, row.id), now, zone)
    if not retake.allowed:
        refusal = applying.event(caller, Kind.APPLICATION_REFUSED, row, now, {"limit": retake.limit})
        append(connection, refusal)
        return Attempted(None, retake, test_.pass_mark, refusal.code)
    marked = knowledge.mark(test_, answers)
    kept = json.dumps(answers, sort_keys=True)
    data = {"test": test_.digest, "score": marked.score, "passed": marked.passed}
    event = applying.event(caller, Kind.APPLICATION_TESTED, row, now, data, answers=kept)
    entry_id = append(connection, event)
    words.keep_words(connection, test_.digest, "toml", conversion.test_text())
    what = {"words_sha256": test_.digest, "answers": kept, "score": marked.score, "passed": marked.passed}
    whose = {"application_id": row.id, "person_id": caller.person, "at": now, "entry_id": entry_id}
    store.put_attempt(connection, **whose, **what)
    if marked.passed:
        applying.take(connection, caller, row, Step.KNOWLEDGE_TESTED, entry_id, now)
    return Attempted(marked, retake, test_.pass_mark, event.code)


@dataclass(frozen=True, slots=True)
class Warned:
    """The warning as it is shown, and its SHA-256."""

    text: str
    sha256: str


def warning(connection: Connection, caller: Caller, tag: str, now: datetime) -> Asked[Warned]:
    """The warning, once the test was passed; which words were shown is recorded."""
    row = _at(connection, caller, Step.WARNED, now)
    text, digest = conversion.warning(tag)
    data = {"page": "warning", "words": digest}
    return Asked(Warned(text, digest), (applying.event(caller, Kind.APPLICATION_VIEWED, row, now, data),))


def acknowledge(connection: Connection, caller: Caller, digest: str, now: datetime, *, ticked: bool) -> None:
    """Take the acknowledgement of the warning that was on the screen."""
    row = _at(connection, caller, Step.WARNED, now, hold=True)
    tag = conversion.warned_in(digest)
    if tag is None:
        raise Conflict(N_("The words have changed meanwhile. Please read them again."))
    if not ticked:
        raise Invalid(Fault(N_("Please confirm that you have read and understood the warning."), field="ticked"))
    event = applying.event(caller, Kind.APPLICATION_WARNED, row, now, {"words": digest, "language": tag})
    entry_id = append(connection, event)
    words.keep_words(connection, digest, tag, conversion.warning(tag)[0])
    applying.take(connection, caller, row, Step.WARNED, entry_id, now, words=digest)


def _at(connection: Connection, caller: Caller, following: Step, now: datetime, *, hold: bool = False) -> Any:
    """The client's application, whose next step must be this one."""
    investor = acting.investor_of(connection, caller, now)
    if hold:
        files.lock_investor(connection, investor.id)
    row = store.of_client(connection, investor.id)
    if row is None or row.step is None:
        raise Conflict(N_("There is no application under way."))
    advance(row.investor_class, Step(row.step), following)
    return row


def _retake(attempts: list[Any], now: datetime, zone: ZoneInfo) -> Retake:
    return knowledge.retake([each.at for each in attempts], now, conversion.knowledge_test(), zone)


def _viewed(caller: Caller, page: str, now: datetime) -> Any:
    return caller.event(Kind.APPLICATION_VIEWED, now, data={"page": page})
