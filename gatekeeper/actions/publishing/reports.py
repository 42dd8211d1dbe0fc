"""Reports on their way out: imported, proposed with grade and settled findings, approved by compliance, published, stopped.

A person only narrows what is printed: a grade below the printed one, or an audience wider than the printed one, is refused.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gatekeeper.files.prepare import Prepared, lowest_grade, printed_audience, read_covers
from gatekeeper.ledger.acts.propose import Proposed, propose
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.changes import PublicationChange, Settlement
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.grading import fitting
from gatekeeper.rules.grading.catalogue import Catalogue
from gatekeeper.rules.grading.instruments import Instrument
from gatekeeper.rules.parsing.texts import faults_of, faults_of_optional
from gatekeeper.rules.risk import NOT_STATED, Audience, Objectives, RiskGrade
from gatekeeper.rules.roles import Permission
from gatekeeper.store import proposals
from gatekeeper.store.accounts import sessions
from gatekeeper.store.base import new_id
from gatekeeper.store.publishing import duplicates, findings, floors, library, report_files, versions
from gatekeeper.store.publishing.duplicates import Duplicate

_MOST_FINDINGS = 30
"""The most findings that one proposal settles: it quotes each, and an entry of the log holds 64 KiB."""
_TOO_MANY_FINDINGS = N_("More than %(most)s findings are open. The report must be corrected and imported again.")
_TWICE = N_("This file has been imported already.")
_NOTHING = N_("There is no such report.")
_STOPPED = N_("This report was stopped. What is to go out again comes in as a new version, and is approved again.")
_MOVED = N_("What is out of this report has changed since this version was approved. Make a new version of it and propose that.")
_OLDER = N_("A version with a newer file is out, so this one can go out no more.")
_PAST = N_("The time of publication lies in the past.")


@dataclass(frozen=True, slots=True)
class Imported:
    """A report that has just come in, and its entry's code."""

    report: str
    version: str
    code: str


def import_report(
    connection: Connection, caller: Caller, prepared: Prepared, now: datetime, *, corrects: str | None = None
) -> Imported:
    """Keep a report that was read from a file: its metadata, its content apart, and what a careful person would raise.

    ``corrects`` is a report of which this is the corrected file: it becomes its next version. What is out stays out meanwhile.
    """
    _require(connection, caller, now)
    if library.version_by_source(connection, prepared.sha256):
        raise Conflict(_TWICE)
    if corrects is not None and not library.lock_report(connection, corrects):
        raise NotFound(_NOTHING)
    report, version = corrects or new_id(), new_id()
    number = versions.newest_number(connection, report) + 1 if corrects else 1
    event = caller.event(
        Kind.REPORT_IMPORTED,
        now,
        person=None,
        report=report,
        data={
            "version": version,
            **({"number": number} if corrects else {}),
            "sha256": prepared.sha256,
            "media_type": prepared.file["media_type"],
            "grade_read": prepared.grade.name if prepared.grade else None,
            "findings": list(dict.fromkeys(finding["code"] for finding in prepared.findings)),
        },
    )
    entry_id = append(connection, event)
    written = {"created_at": now, "entry_id": entry_id}
    try:
        library.put_report(
            connection,
            None if corrects else {"id": report, **written},
            {"id": version, "report_id": report, "number": number, **prepared.metadata, **written},
            {"version_id": version, "body": prepared.body, "source": prepared.text},
        )
    except IntegrityError as error:
        raise Conflict(_TWICE) from error
    report_files.put(connection, version_id=version, entry_id=entry_id, **prepared.file)
    duplicates.put(connection, version, prepared.text_sha256, entry_id)
    findings.put(connection, [{"version_id": version, **finding} for finding in prepared.findings])
    return Imported(report, version, event.code)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What an admin proposes: grade, audience, term and varieties; until when each finding is settled, by the finding's id.

    ``release_at`` is when it is to be out; without it somebody publishes it once it is approved.
    ``covers`` are the kinds of instruments that the report is about; None is what was read.
    """

    grade: RiskGrade
    audience: Audience
    settled_before: dict[int, datetime]
    reason: str
    about: Objectives = NOT_STATED
    release_at: datetime | None = None
    covers: frozenset[Instrument] | None = None


@dataclass(frozen=True, slots=True)
class File:
    """A version of a report as staff see it, without its content: metadata, what was read, findings, what waits, what it repeats.

    ``known`` are all versions of the report, newest first, ``decided`` what was decided about when it is out; ``catalogue`` says
    which grade it has at least by what it covers.
    """

    version: Any
    reading: dict[str, Any]
    findings: list[Any]
    waiting: list[Any]
    known: list[Any]
    decided: list[Any]
    duplicates: list[Duplicate]
    catalogue: Catalogue | None = None

    @property
    def open(self) -> list[Any]:
        """Findings that nobody has settled."""
        return [finding for finding in self.findings if finding.settled is None]

    @property
    def is_out(self) -> bool:
        """Whether some version of the report is out, or is to be: then it can be stopped."""
        return bool(self.decided) and self.decided[-1].state == "RELEASED"

    @property
    def may_publish(self) -> bool:
        """Whether this version is the one that may be given its day."""
        approved = max((each.approved_entry for each in self.known if each.approved_entry), default=None)
        decided = any(approved is not None and each.entry_id >= approved for each in self.decided)
        return approved is not None and self.version.approved_entry == approved and not decided


def view(connection: Connection, report: str, now: datetime, number: int | None = None) -> File:
    """A report's file for staff: of the version at work, or of the one with this number."""
    version = library.one_for_staff(connection, report, now, number)
    if version is None:
        raise NotFound(_NOTHING)
    return File(
        version=version,
        reading=json.loads(version.reading),
        findings=findings.open_in(connection, [version.version], now),
        waiting=proposals.about(connection, version=version.version),
        known=versions.of_report(connection, report, now),
        decided=versions.releases(connection, report),
        duplicates=duplicates.of(connection, [version.version]).get(version.version, []),
        catalogue=floors.catalogue(connection, now),
    )


def propose_publication(
    connection: Connection, caller: Caller, report: str, wish: Wish, now: datetime, *, number: int | None = None
) -> Proposed:
    """Propose grade, audience and settled findings of a report's version; compliance approves."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_REPORTS, now)
    file = view(connection, report, now, number)
    version = file.version
    if version.approved_at is not None:
        raise Conflict(N_("This version was approved already."))
    if versions.is_overtaken(connection, version, now):
        raise Conflict(_OLDER)
    if file.waiting:
        raise Conflict(N_("A proposal for this report waits already."))
    covers = wish.covers if wish.covers is not None else read_covers(file.reading) or frozenset()
    faults = _faults(file, wish, now)
    if below := floors.fault(connection, covers, wish.grade, now):
        faults.append(below)
    if faults:
        raise Invalid(*faults)
    change = PublicationChange(
        version=version.version,
        issuer=version.issuer,
        report_kind=version.kind,
        grade=wish.grade,
        professional=wish.audience.professional,
        categories=None if wish.audience.categories is None else tuple(sorted(wish.audience.categories)),
        clients_only=wish.audience.clients_only,
        contract_clients_only=wish.audience.contract_clients_only,
        term=wish.about.term,
        varieties=tuple(sorted(wish.about.varieties)) if wish.about.varieties else None,
        release_at=wish.release_at,
        covers=tuple(sorted(covers)),
        settlements=tuple(
            Settlement(code=each.code, cited=each.cited, key=each.key, before=wish.settled_before[each.id]) for each in file.open
        ),
    )
    subject = {"version": version.version, "report": report}
    return propose(connection, caller, "publication", [change], subject, wish.reason, "", now)


def publish(connection: Connection, caller: Caller, report: str, at: datetime | None, now: datetime) -> str:
    """Set the instant from which the version approved last is out for everybody; return the entry's code.

    At that same instant the version that was out until then is out no more.
    """
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_REPORTS, now)
    version = _to_publish(connection, report, now)
    if below := floors.fault(connection, floors.covers_of(version) or (), version.grade, now):
        raise Conflict(below.message, field=below.field, **below.values)
    instant = at or now
    if instant < now:
        raise Invalid(Fault(_PAST, field="at"))
    event = caller.event(
        Kind.REPORT_PUBLISHED,
        now,
        person=None,
        report=report,
        data={"version": version.version, "released_at": instant.isoformat()},
    )
    library.put_release(
        connection,
        report_id=report,
        version_id=version.version,
        state="RELEASED",
        valid_from=instant,
        entry_id=append(connection, event),
    )
    return event.code


def stop(connection: Connection, caller: Caller, report: str, reason: str, now: datetime) -> str:
    """Withdraw a report at once, published or about to be, with every version of it; return the entry's code.

    Compliance may do it too. It never comes out again under a version that was approved before.
    """
    sessions.require(connection, caller.person, caller.session, Permission.STOP_REPORTS, now)
    last = _last_release(connection, report, now)
    if not reason.strip():
        raise Invalid(Fault(N_("Please say why the report is stopped."), field="reason"))
    if faults := faults_of_optional(reason=reason):
        raise Invalid(*faults)
    if last is None or last.state != "RELEASED":
        raise Conflict(N_("This report is not out, so there is nothing to stop."))
    event = caller.event(
        Kind.REPORT_STOPPED, now, person=None, report=report, data={"version": last.version_id}, private={"reason": reason}
    )
    library.put_release(
        connection,
        report_id=report,
        version_id=last.version_id,
        state="WITHDRAWN",
        valid_from=now,
        entry_id=append(connection, event),
    )
    return event.code


def _require(connection: Connection, caller: Caller, now: datetime) -> None:
    """Who runs the machine may import, at its command line or by its watched folder; it lets nothing out."""
    if caller.actor not in ("operator", "system"):
        sessions.require(connection, caller.person, caller.session, Permission.CHANGE_REPORTS, now)


def _lock(connection: Connection, report: str) -> None:
    if not library.lock_report(connection, report):
        raise NotFound(_NOTHING)


def _to_publish(connection: Connection, report: str, now: datetime) -> Any:
    """The version that may be given its day; else say why there is none."""
    _lock(connection, report)
    version = library.to_publish(connection, report, now)
    if version is not None:
        return version
    approved = [each for each in versions.of_report(connection, report, now) if each.approved_at is not None]
    if not approved:
        raise Conflict(N_("This report has not been approved by compliance yet."))
    if approved[0].last_state == "WITHDRAWN":
        raise Conflict(_STOPPED)
    is_left = any(each.release is None for each in approved)
    raise Conflict(_MOVED if is_left else N_("This report has been published already."))


def _last_release(connection: Connection, report: str, now: datetime) -> Any:
    """What is out, or else what was decided last: None where the report was never given a day."""
    _lock(connection, report)
    last, out = library.release_state(connection, report), versions.out(connection, report, now)
    return last if out is None or last.state != "RELEASED" else out


def _faults(file: File, wish: Wish, now: datetime) -> list[Fault]:
    if len(file.open) > _MOST_FINDINGS:
        return [Fault(_TOO_MANY_FINDINGS, most=_MOST_FINDINGS)]
    faults = faults_of(reason=wish.reason)
    if wish.release_at is not None and wish.release_at <= now:
        faults.append(Fault(_PAST, field="release_at"))
    for finding in file.open:
        faults += _faults_of_finding(finding, wish, now)
    faults += fitting.faults_of(wish.grade, wish.audience, lowest_grade(file.reading), printed_audience(file.reading))
    return faults


def _faults_of_finding(finding: Any, wish: Wish, now: datetime) -> list[Fault]:
    field = f"settled-{finding.id}"
    if finding.blocking:
        return [Fault(N_("What is printed contradicts itself. The report must be corrected and imported again."))]
    if finding.id not in wish.settled_before:
        return [Fault(N_("Each finding must be settled, with the day until which that holds."), field=field)]
    if wish.settled_before[finding.id] <= now:
        return [Fault(N_("The last valid day must not lie in the past."), field=field)]
    return []
