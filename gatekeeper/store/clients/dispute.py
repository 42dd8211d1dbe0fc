"""What a dispute about one investor rests on, part by part, as plain values: nothing is judged here, and nothing is left out.

A part is what it holds, or a sentence that says why there is none. What an entry of the log says stands under the entry's own
names, so that whoever checks the pack can hold each value against the entry with the same code.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from gatekeeper.rules.errors import N_
from gatekeeper.store.accounts.people import Person
from gatekeeper.store.base import varieties_of
from gatekeeper.store.clients import past_file
from gatekeeper.store.clients.past_file import PastFile, Then
from gatekeeper.store.messages import deliveries
from gatekeeper.store.messages.notices import Notice, NoticeAcknowledgement
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.entries import Match
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.publishing.reports import Grading, Release, ReportVersion
from gatekeeper.store.reading import access
from gatekeeper.store.suitability import assessments, questionnaires

MOST_VERSIONS = 200
Part = dict[str, Any] | str

_MEMBERS = ("code", "at", "kind", "actor", "person", "investor", "report", "action", "outcome", "reason", "policy")
_PRIVATE = ("address", "device", "reason", "evidence", "details")
"""Private values that a pack opens of an entry, if the person concerned made it or they say why a file was changed."""
_NOT_OPEN = N_("The investor's file had not been opened at that moment.")
_NOTHING_ON_FILE = N_("Nothing was on file about the investor at that moment.")
_NOT_ASSESSED = N_("No assessment had been handed in by that moment.")
_NO_LETTER = N_("No assessment had been handed in by that moment, so no letter was written.")
_NO_REPORT = N_("No report was named, and no decision of these days was about one.")
_NO_NOTICE = N_("No notice was given to the investor in these days.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispute:
    """An investor at an instant, the days around it (``since`` None: from the beginning), and one report or all of those days.

    ``last_id`` is the newest entry when it was asked: nothing written later is in it.
    """

    investor: Any
    moment: datetime
    since: datetime | None
    before: datetime
    report: Match | None
    last_id: int

    def filter(self, kinds: Collection[str] | None = None, *, with_report: bool = False) -> Filter:
        """The entries about the investor in these days."""
        return Filter(
            since=self.since,
            before=self.before,
            investor=self.investor.id,
            kind=tuple(sorted(kinds)) if kinds else None,
            report=self.report.id if with_report and self.report else None,
            last_id=self.last_id,
        )


def profile(past: PastFile) -> Part:
    """What was on file at the instant, as corrected since and as known then, and what it permitted."""
    if past.corrected is None:
        return _NOT_OPEN
    if past.known is None and not any((*past_file.ids(past.corrected.overview), past.corrected.mandates)):
        return _NOTHING_ON_FILE
    return {
        "investor": {name: plain(getattr(past.investor, name)) for name in ("id", "name", "client_number", "kind", "created_at")},
        "policy": {"name": past.policy.name, "digest": past.policy.digest} if past.policy else None,
        "corrected": _view(past.corrected),
        "known_then": _view(past.known) if past.known else None,
        "waiting": [{"proposed_at": plain(row.proposed_at), "change": _change(change)} for row, change in past.waiting],
    }


def _change(change: Any) -> dict[str, Any]:
    return {name: plain(getattr(change, name)) for name in change.__slots__}


_STANDING = ("client", "profile_complete", "suspended", "closed", "contract_from", "contract_before", "branch", "contact")


def _view(then: Then) -> dict[str, Any]:
    row, admission = then.overview, then.eligibility.open_admission
    return {
        "standing": {name: plain(getattr(row, name)) for name in _STANDING} if row.standing_id else None,
        "class": {"class": plain(row.investor_class), "ground": row.ground, "valid_before": plain(row.class_before)}
        if row.class_id
        else None,
        "category": {"category": plain(row.category), "valid_before": plain(row.category_before)} if row.category_id else None,
        "lowest": bool(row.lowest),
        "objectives": {"term": plain(row.term), "varieties": sorted(varieties_of(row.varieties) or ())}
        if row.objectives_id
        else None,
        "mandates": [
            {"person": each.person, "name": each.person_name, "login": each.login, "capacity": each.capacity}
            for each in then.mandates
        ],
        "open_grades": [grade.name for grade in sorted(admission.grades)] if admission else [],
        "refused_because": [each.value for each in then.eligibility.reasons],
        "rows": dict(zip(("standing", "class", "category", "lowest", "objectives"), past_file.ids(row), strict=True)),
    }


def assessed(connection: Connection, past: PastFile) -> Any:
    """The assessment that counted at the instant: the newest whose letter was acknowledged by then, else the newest handed in."""
    handed = [each for each in past.assessments if each.handed_in_at is not None]
    counted = next((each for each in handed if each.acknowledged_at is not None), next(iter(handed), None))
    return assessments.get(connection, past.investor.id, counted.id) if counted is not None else None


def questionnaire(connection: Connection, row: Any) -> Part:
    """The questions as they were asked, every option, and what was chosen, with what it scored."""
    if row is None:
        return _NOT_ASSESSED
    asked, chosen = questionnaires.questionnaire(connection, row.questionnaire_id), json.loads(row.answers)
    [entry] = entries.by_code(connection, row.code)[:1]
    return {
        **entry_of(entry, entries.private_of(connection, entry.id)),
        "questionnaire": {"id": asked.id, "version": asked.version, "sha256": asked.digest, "name": asked.name.of("zh_CN")},
        "begun_at": plain(row.begun_at),
        "handed_in_at": plain(row.handed_in_at),
        "answered_by": row.person_name,
        "score": row.score,
        "category": plain(row.category),
        "lowest": row.lowest,
        "held_because": row.holds.split(),
        "questions": [
            {
                "id": question.id,
                "topic": question.topic.value,
                "question": question.words.of("zh_CN"),
                "options": [{"id": one.id, "text": one.words.of("zh_CN"), "score": one.score} for one in question.options],
                "chosen": list(chosen.get(question.id, ())),
            }
            for question in asked.questions
        ],
    }


def letter(connection: Connection, row: Any, moment: datetime) -> Part:
    """The letter in the words that were acknowledged; in Chinese where it was not."""
    if row is None:
        return _NO_LETTER
    was_taken = row.acknowledged_at is not None and row.acknowledged_at <= moment
    digest = row.words_sha256 if was_taken else row.letter_zh
    return {
        "assessment": row.id,
        "code": row.code,
        "letter_sha256": digest,
        "acknowledged_at": plain(row.acknowledged_at) if was_taken else None,
        "text": assessments.letter(connection, digest),
    }


def reports(connection: Connection, dispute: Dispute, versions: Collection[str]) -> Part:
    """Each version that the pack speaks of: title, printed notice, hashes, grade and audience. Never what the report says."""
    known = set(versions)
    if dispute.report is not None:
        case = access.load(connection, person="", investor=None, report=dispute.report.id, zone=_UTC, now=dispute.moment)
        known |= {case.version} if case.version else set()
    if not known:
        return _NO_REPORT
    query = select(ReportVersion.__table__).where(ReportVersion.id.in_(sorted(known)[:MOST_VERSIONS]))
    rows = list(connection.execute(query.order_by(ReportVersion.report_id, ReportVersion.number)))
    gradings = _dated(connection, Grading, Grading.version_id, [row.id for row in rows])
    releases = _dated(connection, Release, Release.version_id, [row.id for row in rows])
    return {"versions": [_version(row, gradings.get(row.id, []), releases.get(row.id, [])) for row in rows]}


_UTC = ZoneInfo("UTC")
_OF_VERSION = ("number", "issuer", "title", "subtitle", "kind", "language", "published_on", "notice", "conflict", "source_sha256")


def _version(row: Any, gradings: list[Any], releases: list[Any]) -> dict[str, Any]:
    dated = ("valid_from", "valid_before", "written_by_entry")
    return {
        "version": row.id,
        "report_id": row.report_id,
        **{name: plain(getattr(row, name)) for name in _OF_VERSION},
        "imported_at": plain(row.created_at),
        "gradings": [
            {
                "grade": plain(each.grade),
                "professional": plain(each.professional),
                "categories": _categories(each.categories),
                "clients_only": each.clients_only,
                "contract_clients_only": each.contract_clients_only,
                **{name: plain(getattr(each, name)) for name in dated},
            }
            for each in gradings
        ],
        "releases": [{"state": each.state, **{name: plain(getattr(each, name)) for name in dated}} for each in releases],
    }


def _categories(mask: int | None) -> list[str] | None:
    found = access.categories_of(mask)
    return None if found is None else [each.name for each in sorted(found)]


def _dated(connection: Connection, table: Any, key: Any, ids: Sequence[str]) -> dict[str, list[Any]]:
    query = select(table.__table__, LedgerEntry.code.label("written_by_entry")).join(
        LedgerEntry, LedgerEntry.id == table.entry_id
    )
    found: dict[str, list[Any]] = {}
    for row in connection.execute(query.where(key.in_(ids)).order_by(table.id)):
        found.setdefault(row.version_id, []).append(row)
    return found


def notices(connection: Connection, dispute: Dispute) -> Part:
    """The notices of these days: what each said, when it was given, what became of it, and when somebody took note."""
    query = (
        select(
            Notice.id,
            Notice.kind,
            Notice.changes,
            Notice.created_at,
            LedgerEntry.code.label("told_by_entry"),
            NoticeAcknowledgement.acknowledged_at,
            Person.name.label("acknowledged_by"),
        )
        .join(LedgerEntry, LedgerEntry.id == Notice.entry_id)
        .outerjoin(NoticeAcknowledgement, NoticeAcknowledgement.notice_id == Notice.id)
        .outerjoin(Person, Person.id == NoticeAcknowledgement.person_id)
        .where(Notice.investor_id == dispute.investor.id, Notice.created_at < dispute.before)
        .order_by(Notice.created_at, Notice.id)
    )
    if dispute.since is not None:
        query = query.where(Notice.created_at >= dispute.since)
    rows = list(connection.execute(query))
    sent = deliveries.of_notices(connection, [row.id for row in rows])
    found = [
        {
            "notice": row.id,
            "kind": row.kind,
            "told_at": plain(row.created_at),
            "told_by_entry": row.told_by_entry,
            "changes": json.loads(row.changes),
            "acknowledged_at": plain(row.acknowledged_at),
            "acknowledged_by": row.acknowledged_by,
            "deliveries": [_delivery(each) for each in sent[row.id]],
        }
        for row in rows
    ]
    return {"notices": found} if found else _NO_NOTICE


def _delivery(row: Any) -> dict[str, Any]:
    """A notice on its way to one person by one channel, and where that stands."""
    return {
        "channel": row.channel,
        "person": row.person_id,
        "person_name": row.person_name,
        "state": row.state,
        "tries": row.tries,
        "since": plain(row.changed_at),
    }


def entry_of(row: Any, kept: Mapping[str, str]) -> dict[str, Any]:
    """An entry under its own names. From where somebody acted is opened of the person concerned alone."""
    leaf = json.loads(row.leaf)
    is_own = leaf["actor"] == f"person:{leaf['person']}"
    shown = [name for name in _PRIVATE if name in leaf["private"] and (is_own or name not in ("address", "device"))]
    private = {name: {"value": kept[name]} if name in kept else {"erased": True} for name in shown}
    return {name: leaf[name] for name in _MEMBERS} | {"recorded_at": leaf["recorded_at"], "private": private}


def plain(value: Any) -> Any:
    """A column's value as JSON has it."""
    match value:
        case Enum():
            return value.value if isinstance(value, str) else value.name
        case datetime():
            return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case _:
            return value
