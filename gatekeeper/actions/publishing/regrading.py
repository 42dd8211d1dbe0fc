"""Another grade or audience for a report: always a new version with the same file and content.

1. What takes the report from readers is done by one person and acts at once: the new version is out in place of the old one from
   now on, or from the instant that was set. What gives it to more readers is proposed and waits for compliance.
2. A change that does both is split: what lowers acts, the rest waits as one more version.
3. A version that is not out and will not come out by what was decided has nothing to lower: a new one of it is proposed.
4. What was approved before something was lowered may not be published after it (``staff_rows.TO_PUBLISH``): it would undo it.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.files.prepare import lowest_grade, printed_audience, read_covers
from gatekeeper.ledger.acts.propose import propose
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.changes import PublicationChange, to_data
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.grading import fitting
from gatekeeper.rules.grading.instruments import Instrument
from gatekeeper.rules.grading.regrading import Stated, floor
from gatekeeper.rules.parsing.texts import faults_of
from gatekeeper.rules.roles import Permission
from gatekeeper.store import proposals
from gatekeeper.store.accounts import sessions
from gatekeeper.store.apply import apply
from gatekeeper.store.publishing import findings, floors, library, versions
from gatekeeper.store.reading import access

_UNGRADED = N_("No grade was confirmed for this version, so there is none to change. Propose one.")
_OLDER = N_("A version with a newer file is out. Change the grade of that one.")
_NOTHING = N_("This is what is confirmed already, so there is nothing to change.")
_WAITS = N_("A proposal for this report waits already. Decide or withdraw it first, then propose what gives it to more readers.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Regrading:
    """What is wanted of which version, by its number, and why."""

    number: int
    wanted: Stated
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Regraded:
    """What came of it: the numbers of the versions made (one that acts, one that waits) and the proposal that holds the latter.

    ``dropped`` is a version that was to come out later, and now does not. ``left`` says that what gives the report to more
    readers was not proposed, because a proposal for it waits already.
    """

    lowered: int | None
    raised: int | None
    proposal: str | None
    dropped: int | None
    left: bool
    codes: tuple[str, ...]


def regrade(connection: Connection, caller: Caller, report: str, how: Regrading, now: datetime) -> Regraded:
    """Give a report another grade or audience: at once as far as that lowers, by a proposal as far as it raises."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_REPORTS, now)
    version = _version(connection, report, how, now)
    plan = _plan(connection, version, how.wanted, now)
    lowered = raised = proposal = dropped = None
    codes: list[str] = []
    if plan.held and plan.least:
        lowered, code = _make(connection, caller, version, how, now, plan.least)
        dropped = _let_out(connection, version, lowered, plan.held, now)
        codes.append(code)
    if plan.raises and not plan.waits:
        raised, code = _make(connection, caller, version, how, now, None)
        proposal, more = _propose(connection, caller, version, raised, how, now)
        codes += [code, *more]
    return Regraded(
        lowered=lowered.number if lowered else None,
        raised=raised.number if raised else None,
        proposal=proposal,
        dropped=dropped,
        left=plan.raises and plan.waits,
        codes=tuple(codes),
    )


@dataclass(frozen=True, slots=True)
class _Held:
    """That a version is out, or will be by what was decided: from when on; None where only its day is missing."""

    since: datetime | None


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be done: the version's place, what holds at once (None where nothing lowers), and whether anything raises."""

    held: _Held | None
    least: Stated | None
    raises: bool
    waits: bool


def _plan(connection: Connection, version: Any, wanted: Stated, now: datetime) -> _Plan:
    was, held = _stated(version), _held(connection, version, now)
    policy = access.current_policy(connection, now)
    least = floor(was, wanted, policy[1] if policy else None) if held else None
    if least == wanted == was:
        raise Invalid(Fault(_NOTHING))
    known = versions.of_report(connection, version.report_id, now)
    waits = any(proposals.about(connection, version=each.version) for each in known)
    lowers = least is not None and least != was
    if waits and not lowers:
        raise Conflict(_WAITS)
    return _Plan(held, least if lowers else None, least != wanted, waits)


def _version(connection: Connection, report: str, how: Regrading, now: datetime) -> Any:
    """The version, with everything right about it and about what is wanted."""
    version = library.one_for_staff(connection, report, now, how.number) if library.lock_report(connection, report) else None
    if version is None:
        raise NotFound(N_("There is no such report."))
    if version.grade is None:
        raise Conflict(_UNGRADED)
    if versions.is_overtaken(connection, version, now):
        raise Conflict(_OLDER)
    reading = library.reading_of(version)
    wanted = how.wanted
    faults = faults_of(reason=how.reason)
    faults += fitting.faults_of(wanted.grade, wanted.audience, lowest_grade(reading), printed_audience(reading))
    if below := floors.fault(connection, _covers(version) or (), wanted.grade, now):
        faults.append(below)
    if faults:
        raise Invalid(*faults)
    return version


def _covers(version: Any) -> frozenset[Instrument] | None:
    """What the version covers: as it was confirmed, else as it was read."""
    confirmed = floors.covers_of(version)
    return confirmed if confirmed is not None else read_covers(library.reading_of(version))


def _held(connection: Connection, version: Any, now: datetime) -> _Held | None:
    out = versions.out(connection, version.report_id, now)
    if out is not None and out.state == "RELEASED" and out.version_id == version.version:
        return _Held(now)
    is_last = version.release is not None and version.release == version.last_release
    if is_last and version.state == "RELEASED" and version.released_at > now:
        return _Held(version.released_at)
    to_publish = library.to_publish(connection, version.report_id, now)
    return _Held(None) if to_publish is not None and to_publish.version == version.version else None


def _stated(version: Any) -> Stated:
    return Stated(version.grade, access.audience(version), access.objectives(version.term, version.varieties))


@dataclass(frozen=True, slots=True)
class _Made:
    """A new version, and the entry that made it."""

    version: str
    number: int
    entry_id: int


def _make(
    connection: Connection, caller: Caller, version: Any, how: Regrading, now: datetime, least: Stated | None
) -> tuple[_Made, str]:
    """A copy of a version; with what is confirmed of it by this very act where that only lowers."""
    number = versions.newest_number(connection, version.report_id) + 1
    data = {"number": number, "of": version.version, "lowers": least is not None}
    if least is not None:
        data["changes"] = [to_data(_change("", version, least))]
    event = caller.event(
        Kind.REPORT_REGRADED, now, person=None, report=version.report_id, data=data, private={"reason": how.reason}
    )
    entry_id = append(connection, event)
    id_ = versions.copy(connection, version.version, number, entry_id, now)
    if least is not None:
        apply(connection, _change(id_, version, least), entry_id, now)
    return _Made(id_, number, entry_id), event.code


def _change(id_: str, version: Any, stated: Stated) -> PublicationChange:
    audience, about, covers = stated.audience, stated.about, _covers(version)
    return PublicationChange(
        version=id_,
        issuer=version.issuer,
        report_kind=version.kind,
        grade=stated.grade,
        professional=audience.professional,
        categories=None if audience.categories is None else tuple(sorted(audience.categories)),
        clients_only=audience.clients_only,
        contract_clients_only=audience.contract_clients_only,
        term=about.term,
        varieties=tuple(sorted(about.varieties)) if about.varieties else None,
        covers=tuple(sorted(covers)) if covers is not None else None,
    )


def _let_out(connection: Connection, version: Any, made: _Made, held: _Held, now: datetime) -> int | None:
    """Put a lowered version in the place of the one it lowers; return the number of one that does not come out by that."""
    if held.since is None:
        return None
    later = version.last_from if version.last_state == "RELEASED" and version.last_release != version.release else None
    library.put_release(
        connection,
        report_id=version.report_id,
        version_id=made.version,
        state="RELEASED",
        valid_from=held.since,
        entry_id=made.entry_id,
    )
    return version.last_number if later is not None and later > now else None


def _propose(
    connection: Connection, caller: Caller, version: Any, made: _Made, how: Regrading, now: datetime
) -> tuple[str | None, list[str]]:
    """Propose what gives the report to more readers. With findings open it is proposed on the version's own page."""
    if any(each.settled is None for each in findings.open_in(connection, [made.version], now)):
        return None, []
    subject = {"version": made.version, "report": version.report_id}
    change = _change(made.version, version, how.wanted)
    proposed = propose(connection, caller, "publication", [change], subject, how.reason, "", now)
    return proposed.id, [proposed.code]
