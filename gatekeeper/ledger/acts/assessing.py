"""What assessments have in common, answered on the screen or on paper: what answers come to, and keeping the result."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Event
from gatekeeper.rules import assessment as rules
from gatekeeper.rules.assessing.questionnaire import Questionnaire
from gatekeeper.rules.assessment import Answers, Before, Hold, Result, Retake, score
from gatekeeper.rules.changes import CategoryChange, Change, ClassChange, LowestChange, ObjectivesChange, to_data
from gatekeeper.rules.changing.raising import split
from gatekeeper.rules.events import Kind
from gatekeeper.rules.policy import Policy, last_day_after, valid_before
from gatekeeper.rules.risk import InvestorClass
from gatekeeper.store.clients import investors
from gatekeeper.store.reading import words
from gatekeeper.store.suitability import assessments, questionnaires
from gatekeeper.store.suitability.assessments import LETTERS

_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What complete answers come to as things stand. ``day`` is when they were given, ``lowered`` what acts at once."""

    questionnaire: Questionnaire
    result: Result
    policy: Policy
    day: date
    last_day: date
    before: datetime
    holds: tuple[Hold, ...]
    wanted: list[Change]
    lowered: list[Change]


def outcome(
    connection: Connection,
    investor: str,
    questionnaire: Questionnaire,
    answers: Answers,
    policy: Policy,
    day: date,
    now: datetime,
    zone: tzinfo,
) -> Outcome:
    """What answers given on a day come to for an investor; nothing is written."""
    result = rules.score(questionnaire, answers)
    last_day = last_day_after(day, policy.assessment_months)
    before = valid_before(last_day, zone)
    changes = wanted(investor, result, before)
    return Outcome(
        questionnaire=questionnaire,
        result=result,
        policy=policy,
        day=day,
        last_day=last_day,
        before=before,
        holds=rules.held(questionnaire, result, _before(connection, changes, now)),
        wanted=changes,
        lowered=[lower for lower, _ in parts(connection, changes, now) if lower is not None],
    )


def data_of(assessment: str, found: Outcome, letters: Mapping[str, str], lowered: Sequence[Change]) -> dict[str, Any]:
    """What an entry says of a result: everything but the answers."""
    result = found.result
    return {
        "assessment": assessment,
        "questionnaire": result.questionnaire,
        "score": result.score,
        "category": result.category.name,
        "lowest": result.lowest,
        "holds": [each.value for each in found.holds],
        "contradictions": [each.id for each in result.contradictions],
        "valid_before": found.before.isoformat(),
        "letters": {tag: digest(text) for tag, text in letters.items()},
        "changes": [to_data(each) for each in lowered],
    }


def keep(
    connection: Connection, assessment: str, found: Outcome, letters: Mapping[str, str], entry_id: int, now: datetime
) -> None:
    """Write what an assessment came to, with its letter, once what lowers has acted."""
    for tag, text in letters.items():
        words.keep_words(connection, digest(text), tag, text)
    assessments.put_result(
        connection,
        assessment_id=assessment,
        answers=plain(dict(found.result.answers)),
        score=found.result.score,
        category=found.result.category,
        lowest=found.result.lowest,
        holds=" ".join(found.holds),
        base=base(connection, found.wanted, now),
        **{column: digest(letters[tag]) for tag, column in LETTERS.items()},
        handed_in_at=now,
        valid_before=found.before,
        entry_id=entry_id,
    )


def with_class(connection: Connection, investor: str, changes: Sequence[Change], now: datetime) -> list[Change]:
    """Changes with the class of an ordinary investor where no class is on file."""
    ordinary = ClassChange(investor=investor, investor_class=InvestorClass.ORDINARY)
    return [*changes, ordinary] if investors.current(connection, ordinary, now)[1] is None else list(changes)


def plain(answers: Answers) -> str:
    """Answers in the one spelling in which they are kept."""
    return json.dumps(answers, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """The SHA-256 of words."""
    return sha256(text.encode()).hexdigest()


def wanted(investor: str, found: Any, before: datetime, stated: Result | None = None) -> list[Change]:
    """What a result, or the row that keeps it, puts on file; a row keeps no objectives, so they come from ``scored_again``."""
    objectives: Result = stated or found
    return [
        CategoryChange(investor=investor, category=found.category, before=before),
        LowestChange(investor=investor, lowest=found.lowest),
        ObjectivesChange(investor=investor, term=objectives.term, varieties=tuple(sorted(objectives.varieties))),
    ]


def parts(connection: Connection, wanted: Sequence[Change], now: datetime) -> list[tuple[Change | None, Change | None]]:
    """Of each change the part that lowers and the part that raises."""
    return [split(investors.current(connection, each, now)[1], each, now) for each in wanted]


def scored_again(connection: Connection, row: Any) -> Result:
    """What the answers that a row keeps come to, by the version of the questionnaire under which they were given."""
    return score(questionnaires.questionnaire(connection, row.questionnaire_id), json.loads(row.answers))


def base(connection: Connection, wanted: Sequence[Change], now: datetime) -> str:
    """The rows that a letter leans on: category, lowest flag and objectives as they are on file."""
    return json.dumps([investors.current(connection, each, now)[0] for each in wanted])


def has_moved(connection: Connection, wanted: Sequence[Change], kept: str, now: datetime) -> bool:
    """Whether the file is no longer as it was when a letter was written. Older letters did not lean on the objectives."""
    was: list[int | None] = json.loads(kept)
    found: list[int | None] = json.loads(base(connection, wanted[: len(was)], now))
    return was != found


def viewed(caller: Caller, what: str, now: datetime) -> Event:
    """That the caller looked at a part of their own assessment."""
    return caller.event(Kind.ASSESSMENT_VIEWED, now, data={"page": what})


def _before(connection: Connection, changes: Sequence[Change], now: datetime) -> Before:
    """What was last on file, lapsed or not."""
    category, lowest = (investors.current(connection, each, now)[1] for each in changes[:2])
    return Before(
        category.category if isinstance(category, CategoryChange) else None,
        lowest=isinstance(lowest, LowestChange) and lowest.lowest,
    )


def retake(connection: Connection, investor: str, questionnaire: Questionnaire, now: datetime, zone: ZoneInfo) -> Retake:
    """Whether an investor may be assessed once more, and if not, from when on."""
    times = assessments.handed_in(connection, investor, (now - _YEAR).astimezone(UTC))
    return rules.retake(times, now, questionnaire.limits, zone)
