"""Sending a report to many: who would get it, beginning, halting and going on, and looking at what became of it.

Nobody gets anything by it that the policy refuses, so one person begins it. Who is on a list stands there by name only for those
who may see investors' files; whoever may not learns no reason about client numbers of their own choosing.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.ledger.sending.beginning import Begun, begin
from gatekeeper.ledger.sending.judging import report_case
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.facts import ReleaseState
from gatekeeper.rules.messages.distribution import Choice, Progress, Result, To, Totals
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Outcome, decide
from gatekeeper.store.accounts import sessions
from gatekeeper.store.publishing import library
from gatekeeper.store.sending import distributions, recipients
from gatekeeper.store.sending.recipients import Group, Scene

PAGE = 50
_NO_REPORT = N_("There is no such report.")
_NOT_OUT = N_("This report is not out, so it cannot be sent to anybody.")
_NONE = N_("There is no such distribution.")
_NOBODY = N_("There is nobody on this list.")
_NOT_RUNNING = N_("This distribution is not under way.")
_NOT_HALTED = N_("This distribution is not halted.")
_BY_COMPLIANCE = N_("Compliance has halted this distribution, so only compliance lets it go on.")
_UNDECIDED = N_("This list is not decided to its end yet. Please come back when it is.")
_NAMES = {To.CLASS: frozenset(map(str, InvestorClass)), To.CATEGORY: frozenset(RiskCategory.__members__)}
_FIELDS = {To.BRANCH: "branch", To.CLASS: "class", To.CATEGORY: "category", To.NUMBERS: "numbers"}


@dataclass(frozen=True, slots=True)
class Line:
    """So many would come to stand in this state; refused for this primary reason, asked for by so many of them."""

    state: Result
    reason: str
    number: int
    pull: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What sending a report would come to now, and of one line, if asked for, the people.

    ``unknown`` are client numbers that are not on file. ``may_name`` says whether the caller may see who is on the list.
    """

    version: Any
    choice: Choice
    lines: tuple[Line, ...]
    unknown: tuple[str, ...]
    may_name: bool
    people: tuple[Any, ...] = ()
    following: tuple[str, str] | None = None

    @property
    def total(self) -> int:
        """Everybody on the list."""
        return sum(each.number for each in self.lines)

    @property
    def may_tell_reasons(self) -> bool:
        """Whether the caller learns the reasons: of client numbers they chose themselves only with the right to see files."""
        return self.may_name or self.choice.to is not To.NUMBERS


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a preview whose people are wanted, from a client number and a person on."""

    state: Result
    reason: str
    after: tuple[str, str] | None = None


def preview(
    connection: Connection,
    caller: Caller,
    report: str,
    choice: Choice,
    now: datetime,
    zone: ZoneInfo,
    *,
    again: bool = False,
    has_mail: bool = True,
    part: Part | None = None,
) -> Asked[Preview]:
    """Say what sending a report would come to now. Each group of those who are alike is decided once, by the policy."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_REPORTS, now)
    version = _version(connection, report, now, zone)
    _check(choice)
    scene = recipients.scene(connection, version, choice, now)
    placed = _placed(connection, scene, report, now, zone, again=again, has_mail=has_mail)
    may_name = _may_name(connection, caller, now)
    people, following = (), None
    if part is not None and may_name:
        wanted = [group for group, where in placed if where == (part.state, part.reason)]
        rows = recipients.people_in(connection, scene, wanted, part.after, PAGE + 1)
        people, last = tuple(rows[:PAGE]), rows[PAGE - 1] if len(rows) > PAGE else None
        following = (last.client_number, last.id) if last is not None else None
    known = recipients.numbers_on_file(connection, choice.numbers)
    unknown = tuple(each for each in choice.numbers if each not in known)
    found = Preview(version, choice, _lines(placed), unknown, may_name, people, following)
    told = {"to": choice.to.value, "value": choice.value, "numbers": len(choice.numbers), "unknown": len(unknown)}
    counts = {f"{each.state.value}:{each.reason}" if each.reason else each.state.value: each.number for each in found.lines}
    data = {"version": version.id, "choice": told, "again": again, "counts": counts, "people": len(people)}
    return Asked(found, (caller.event(Kind.DISTRIBUTION_PREVIEWED, now, person=None, report=report, data=data),))


Place = tuple[Result, str]


def _placed(
    connection: Connection, scene: Scene, report: str, now: datetime, zone: ZoneInfo, *, again: bool, has_mail: bool
) -> list[tuple[Group, Place]]:
    """Each group with where its recipients would come to stand."""
    common = report_case(connection, report, now, zone).facts
    found = []
    for group in recipients.groups(connection, scene):
        if not group.signs_in:
            place = Result.NO_SIGN_IN, ""
        elif group.has_it and not again:
            place = Result.HAS_IT, ""
        else:
            decision = decide(recipients.facts_of_group(common, group), now)
            if decision.outcome is Outcome.DENY and decision.reason is not None:
                place = Result.REFUSED, decision.reason.value
            elif not has_mail:
                place = Result.INBOX, ""
            else:
                place = (Result.WAITING if group.has_address else Result.NO_ADDRESS), ""
        found.append((group, place))
    return found


def _lines(placed: Sequence[tuple[Group, Place]]) -> tuple[Line, ...]:
    numbers, pull = Counter[Place](), Counter[Place]()
    for group, place in placed:
        numbers[place] += group.number
        pull[place] += group.number if group.pull else 0
    order = list(Result)
    places = sorted(numbers, key=lambda place: (order.index(place[0]), -numbers[place], place[1]))
    return tuple(Line(*place, numbers[place], pull[place]) for place in places)


def start(
    connection: Connection, caller: Caller, report: str, choice: Choice, now: datetime, zone: ZoneInfo, *, again: bool = False
) -> Begun:
    """Begin to send a report. Who is on the list is settled now; who gets it is decided one by one."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_REPORTS, now)
    version = _version(connection, report, now, zone)
    _check(choice)
    begun = begin(connection, caller, version, choice, now, again=again)
    if not begun.total:
        raise Invalid(Fault(_NOBODY, field=_FIELDS.get(choice.to, "to")))
    return begun


def _check(choice: Choice) -> None:
    """Raise ``Invalid`` for a choice that names nothing."""
    field = _FIELDS.get(choice.to)
    if choice.to is To.NUMBERS:
        if not choice.numbers:
            raise Invalid(Fault(N_("Please give at least one client number."), field=field))
    elif field is not None and not choice.value:
        raise Invalid(Fault(N_("Please choose one of the list."), field=field))
    if choice.to in _NAMES and choice.value not in _NAMES[choice.to]:
        raise Invalid(Fault(N_("Please choose one of the list."), field=field))


def _version(connection: Connection, report: str, now: datetime, zone: ZoneInfo) -> Any:
    """The version of a report that is out."""
    case = report_case(connection, report, now, zone)
    if case.report is None or case.version is None:
        raise NotFound(_NO_REPORT)
    if case.facts.report is None or case.facts.report.state is not ReleaseState.RELEASED:
        raise Conflict(_NOT_OUT)
    return library.version(connection, case.version)


def _may_name(connection: Connection, caller: Caller, now: datetime) -> bool:
    account = sessions.account_of(connection, caller.person or "", now)
    return account is not None and Permission.SEE_INVESTORS in account.permissions


def halt(connection: Connection, caller: Caller, id_: str, now: datetime) -> str:
    """Halt a distribution at once; nobody on the list is decided and no letter is taken from here on. Return the entry's code."""
    by = _halting(connection, caller, now)
    found = _held(connection, id_)
    if found.state != Progress.RUNNING.value:
        raise Conflict(_NOT_RUNNING)
    return _turn(connection, caller, found, Kind.DISTRIBUTION_HALTED, now, state=Progress.HALTED.value, halted_by=by.value)


def resume(connection: Connection, caller: Caller, id_: str, now: datetime) -> str:
    """Let a halted distribution go on; what compliance has halted goes on by compliance alone. Return the entry's code."""
    by = _halting(connection, caller, now)
    found = _held(connection, id_)
    if found.state != Progress.HALTED.value:
        raise Conflict(_NOT_HALTED)
    if found.halted_by == Permission.APPROVE_REPORTS.value and by is not Permission.APPROVE_REPORTS:
        raise NotPermitted(_BY_COMPLIANCE)
    return _turn(connection, caller, found, Kind.DISTRIBUTION_RESUMED, now, state=Progress.RUNNING.value, halted_by=None)


def _halting(connection: Connection, caller: Caller, now: datetime) -> Permission:
    """By which permission the caller halts: a report admin's, or compliance's."""
    account = sessions.account_of(connection, caller.person or "", now)
    wanted = Permission.CHANGE_REPORTS
    if account is not None and Permission.APPROVE_REPORTS in account.permissions:
        wanted = Permission.APPROVE_REPORTS
    sessions.require(connection, caller.person, caller.session, wanted, now)
    return wanted


def _held(connection: Connection, id_: str) -> Any:
    found = distributions.hold(connection, id_)
    if found is None:
        raise NotFound(_NONE)
    return found


def _turn(connection: Connection, caller: Caller, found: Any, kind: Kind, now: datetime, **columns: Any) -> str:
    totals = distributions.counted(connection, found.id)
    data = {"distribution": found.id, "totals": totals.to_data()}
    event = caller.event(kind, now, person=None, report=found.report_id, data=data)
    distributions.change(connection, found.id, last_entry_id=append(connection, event), **columns)
    return event.code


@dataclass(frozen=True, slots=True)
class View:
    """One distribution with its totals, and, for those who may see files, a page of its recipients.

    ``choice`` is as it was kept: to whom, and how many client numbers that named.
    """

    row: Any
    choice: Mapping[str, Any]
    totals: Totals
    may_name: bool
    rows: tuple[Any, ...] = ()
    following: int | None = None

    @property
    def may_tell_reasons(self) -> bool:
        """Whether the caller learns the reasons."""
        return self.may_name or self.choice["to"] != To.NUMBERS.value


@dataclass(frozen=True, slots=True)
class Rows:
    """Which recipients are wanted: after a number, in one state and for one reason only if given."""

    after: int = 0
    state: Result | None = None
    reason: str | None = None


def view(connection: Connection, caller: Caller, id_: str, wanted: Rows, now: datetime) -> Asked[View]:
    """Look at a distribution and a page of its recipients; who looked is recorded, and at how many."""
    found = _seen(connection, caller, id_, Permission.SEE_REPORTS, now)
    may_name = caller.person is None or _may_name(connection, caller, now)
    listed = distributions.listed(connection, id_, wanted.after, PAGE + 1, wanted.state, wanted.reason) if may_name else []
    rows = tuple(listed[:PAGE])
    data = {"distribution": id_, "rows": len(rows), "first": rows[0].number if rows else None, "only": wanted.state}
    event = caller.event(Kind.DISTRIBUTION_VIEWED, now, person=None, investor=None, report=found.report_id, data=data)
    totals = distributions.totals(connection, [id_])[id_]
    following = rows[-1].number if len(listed) > PAGE else None
    return Asked(View(found, json.loads(found.choice), totals, may_name, rows, following), (event,))


def _seen(connection: Connection, caller: Caller, id_: str, needed: Permission, now: datetime) -> Any:
    """A distribution, for somebody who may look at it. An operator looks without a person of ours."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, needed, now)
    found = distributions.get(connection, id_)
    if found is None:
        raise NotFound(_NONE)
    return found


def listing(
    connection: Connection, position: tuple[datetime, str] | None, report: str | None = None
) -> tuple[list[tuple[Any, Mapping[str, Any], Totals]], bool]:
    """Distributions with their choices and totals, the newest first, and whether there are older ones."""
    rows = distributions.newest(connection, PAGE + 1, position, report)
    totals = distributions.totals(connection, [row.id for row in rows[:PAGE]])
    return [(row, json.loads(row.choice), totals[row.id]) for row in rows[:PAGE]], len(rows) > PAGE


def to_download(connection: Connection, caller: Caller, id_: str, now: datetime) -> Any:
    """A distribution whose decided list is wanted as a file: the only list of recipients that leaves the house."""
    found = _seen(connection, caller, id_, Permission.SEARCH_LEDGER, now)
    if distributions.has_state(connection, id_, {Result.PLANNED}):
        raise Conflict(_UNDECIDED)
    return found


def piece(connection: Connection, id_: str, after: int, limit: int) -> list[Any]:
    """The next recipients, for a file that is being made. Nothing of it may leave unrecorded."""
    return distributions.listed(connection, id_, after, limit)


def downloaded(connection: Connection, caller: Caller, id_: str, made: Mapping[str, Any], now: datetime) -> Asked[str]:
    """Record a file that is made and waits; return the entry's code."""
    found = _seen(connection, caller, id_, Permission.SEARCH_LEDGER, now)
    data = {"distribution": id_, **made}
    event = caller.event(Kind.DISTRIBUTION_EXPORTED, now, person=None, investor=None, report=found.report_id, data=data)
    return Asked(event.code, (event,))
