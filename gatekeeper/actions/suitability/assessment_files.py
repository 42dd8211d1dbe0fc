"""The firm's side of assessments: the first question sets, and looking at what an investor answered."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules import assessment as rules
from gatekeeper.rules.assessing.questionnaire import Questionnaire
from gatekeeper.rules.assessing.questionnaire_text import parse
from gatekeeper.rules.assessment import Result
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import evidence_files
from gatekeeper.store.clients import investors as files
from gatekeeper.store.suitability import assessments as store
from gatekeeper.store.suitability import questionnaires
from gatekeeper.store.suitability.assessments import LETTERS

SETUP = Caller(actor="system", channel="setup")


def install(connection: Connection, texts: Sequence[str], now: datetime) -> list[str]:
    """Put the first question sets in force where there is none of their track; return what was done."""
    known = {questionnaire.id for _, questionnaire in questionnaires.questionnaires(connection, now)}
    done = []
    for text in texts:
        parsed = parse(text)
        if parsed.id in known:
            continue
        data = {"track": parsed.id, "version": parsed.version, "sha256": parsed.digest}
        entry_id = append(connection, SETUP.event(Kind.QUESTIONNAIRE_INSTALLED, now, data=data))
        columns = {"track": parsed.id, "version": parsed.version, "text": text, "sha256": parsed.digest}
        questionnaires.put_questionnaire(connection, **columns, valid_from=now, entry_id=entry_id)
        done.append(f"questionnaire {parsed.id} {parsed.digest[:12]}")
    return done


@dataclass(frozen=True, slots=True)
class Looked:
    """An assessment as staff look at it: its question set, the answers as they count, and the letter; None before that.

    ``file`` is the scan of what was answered on paper.
    """

    row: Any
    questionnaire: Questionnaire
    answers: Mapping[str, Sequence[str]]
    result: Result | None
    letter: str | None
    investor: Any
    file: Any


def look(connection: Connection, caller: Caller, investor: str, id_: str, tag: str, now: datetime) -> Asked[Looked]:
    """One assessment with its answers, scored again from them; who looked is recorded."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    row = store.get(connection, investor, id_)
    if row is None:
        raise NotFound(N_("There is no such assessment."))
    questionnaire = questionnaires.questionnaire(connection, row.questionnaire_id)
    handed = row.handed_in_at is not None
    answers = json.loads(row.answers) if handed else store.answers(connection, id_)
    looked = Looked(
        row,
        questionnaire,
        answers,
        rules.score(questionnaire, answers) if handed else None,
        store.letter(connection, row.words_sha256 or getattr(row, LETTERS[tag])) if handed else None,
        files.investor(connection, investor),
        evidence_files.get(connection, investor, row.file_id) if row.file_id else None,
    )
    event = caller.event(Kind.ASSESSMENT_VIEWED, now, person=None, investor=investor, data={"assessment": id_})
    return Asked(looked, (event,))


@dataclass(frozen=True, slots=True)
class Beside:
    """An assessment whose result waits for a second person: the answers, what they come to, and the scan; None without one."""

    row: Any
    questionnaire: Questionnaire
    answers: Mapping[str, Sequence[str]]
    result: Result
    file: Any


def assessed(connection: Connection, ids: Sequence[str]) -> list[str]:
    """Which of these proposals come of an assessment: that alone, and nothing of it."""
    return sorted(store.of_proposals(connection, ids))


def of_proposals(connection: Connection, caller: Caller, ids: Sequence[str], now: datetime) -> Asked[dict[str, Beside]]:
    """The assessments under these proposals, by the proposals' ids; who looked is recorded with each investor."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    rows = store.of_proposals(connection, ids)
    asked = questionnaires.of_ids(connection, {row.questionnaire_id for row in rows.values()})
    scans = evidence_files.all_of(connection, {row.file_id for row in rows.values() if row.file_id})
    found, events = {}, []
    for id_, row in rows.items():
        questionnaire, answers = asked[row.questionnaire_id], json.loads(row.answers)
        result = rules.score(questionnaire, answers)
        found[id_] = Beside(row, questionnaire, answers, result, scans.get(row.file_id))
        data = {"assessment": row.id, "proposal": id_}
        events.append(caller.event(Kind.ASSESSMENT_VIEWED, now, person=None, investor=row.investor_id, data=data))
    return Asked(found, tuple(events))
