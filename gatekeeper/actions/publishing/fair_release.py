"""Fair release of a version: when each class could first open it, and did, exact from rows and log.

Who belongs to a class is what the files say today of the instant of release. Looking at it is an entry.
"""

from collections import defaultdict
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.changing.rehearsal import InvestorGroup, lens, reads
from gatekeeper.rules.errors import N_, Conflict, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.facts import Facts
from gatekeeper.rules.grading.fair import ReaderClass, class_of, may_open
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.publishing import library, versions
from gatekeeper.store.publishing.versions import Period
from gatekeeper.store.reading import access, words
from gatekeeper.store.reading import first_openings as store
from gatekeeper.store.reading.first_openings import Opened
from gatekeeper.store.suitability import rehearsal

_NOT_OUT = N_("This version has not been out yet, so there is nothing to compare.")


@dataclass(frozen=True, slots=True)
class Row:
    """One class: from when on it could open the version, how many could at release, when the first did, how many soon."""

    which: ReaderClass
    since: datetime | None
    could: int
    first: datetime | None
    within_hour: int
    within_day: int
    ever: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FairRelease:
    """A version's release by classes.

    ``others`` opened it although they could not at release: what is on file about them changed later. ``early`` is how many
    entries say that the report was opened or sent before it first came out. ``sent`` is to how many it was sent, and when first.
    """

    version: Any
    numbers: tuple[int, ...]
    since: datetime
    before: datetime | None
    rows: tuple[Row, ...]
    others: int
    early: int
    sent: tuple[int, datetime | None]
    code: str = ""

    @property
    def is_same(self) -> bool:
        """Whether every class that could open it at all could from the same instant on."""
        return {row.since for row in self.rows if row.since is not None} <= {self.since}


def examine(
    connection: Connection, caller: Caller, report: str, number: int | None, now: datetime, zone: ZoneInfo
) -> Asked[FairRelease]:
    """Compare the classes for one version that was or is out: the first one if none is named."""
    found = look(connection, caller, report, number, now, zone)
    rows = [{**asdict(row), "which": row.which.value} for row in found.rows]
    said = [{key: _plain(value) for key, value in row.items()} for row in rows]
    data = {"version": found.version.version, "number": found.version.number, "since": found.since.isoformat(), "classes": said}
    event = caller.event(
        Kind.RELEASE_EXAMINED, now, person=None, report=report, data={**data, "others": found.others, "early": found.early}
    )
    return Asked(found, (event,))


def look(connection: Connection, caller: Caller, report: str, number: int | None, now: datetime, zone: ZoneInfo) -> FairRelease:
    """The same, unrecorded: nothing of it may be shown without an entry (``examine``, ``sent``)."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
    periods = [
        each
        for each in versions.periods(versions.releases(connection, report))
        if each.row.state == "RELEASED" and each.since <= now
    ]
    chosen = next((each for each in periods if number in (None, each.row.number)), None)
    if chosen is None:
        known = library.one_for_staff(connection, report, now, number)
        raise Conflict(_NOT_OUT) if known is not None else NotFound(N_("There is no such report."))
    return _compare(connection, report, chosen, periods, now, zone)


def _compare(
    connection: Connection, report: str, period: Period, periods: list[Period], now: datetime, zone: ZoneInfo
) -> FairRelease:
    moment, end = period.since, min(now, period.before or now)
    common = _common(connection, moment, zone)
    seen = lens((common.policy,), moment)
    out = rehearsal.report_at(connection, report, seen)
    groups = {each.key: each for each in rehearsal.investor_groups(connection, seen)}
    able = {key for key, each in groups.items() if out and _reads(common, each, out, moment)}
    opened = store.openings(connection, report, moment, end, seen)
    version = library.one_for_staff(connection, report, now, period.row.number)
    since = _since(connection, report, moment, end, zone)
    return FairRelease(
        version=version,
        numbers=tuple(dict.fromkeys(each.row.number for each in periods)),
        since=moment,
        before=period.before,
        rows=tuple(_rows(groups, able, opened, since, moment)),
        others=sum(each.ever for each in opened if each.key not in able),
        early=store.before_release(connection, report, periods[0].since),
        sent=store.sent(connection, report, moment, end),
    )


def _common(connection: Connection, moment: datetime, zone: ZoneInfo) -> Facts:
    policy, statement = access.current_policy(connection, moment), words.statement(connection, moment)
    return Facts(
        investor=None,
        report=None,
        policy=policy[1] if policy else None,
        zone=zone,
        statement_id=statement.id if statement is not None else None,
    )


def _reads(common: Facts, group: InvestorGroup, out: rehearsal.Out, moment: datetime) -> bool:
    facts = Facts(group.facts, out.facts, common.policy, common.zone, common.statement_id)
    return reads(facts, moment)


def _since(connection: Connection, report: str, moment: datetime, end: datetime, zone: ZoneInfo) -> dict[ReaderClass, datetime]:
    """From when on each class could open it: from its release, or from a policy that began while it was out."""
    begun = sorted({row.valid_from for row in words.policies(connection) if moment < row.valid_from < end})
    found: dict[ReaderClass, datetime] = {}
    for instant in (moment, *begun):
        common = _common(connection, instant, zone)
        out = rehearsal.report_at(connection, report, lens((common.policy,), instant))
        for each in ReaderClass:
            if each not in found and out is not None and may_open(common, out.facts, each, instant):
                found[each] = instant
    return found


def _rows(
    groups: dict[str, InvestorGroup], able: set[str], opened: list[Opened], since: dict[ReaderClass, datetime], moment: datetime
) -> list[Row]:
    could: defaultdict[ReaderClass, int] = defaultdict(int)
    did: defaultdict[ReaderClass, list[Opened]] = defaultdict(list)
    for key in able:
        could[class_of(groups[key].facts, moment)] += groups[key].number
    for each in opened:
        if each.key in able:
            did[class_of(groups[each.key].facts, moment)].append(each)
    return [
        Row(
            which=each,
            since=since.get(each),
            could=could[each],
            first=min((one.first for one in did[each]), default=None),
            within_hour=sum(one.within_hour for one in did[each]),
            within_day=sum(one.within_day for one in did[each]),
            ever=sum(one.ever for one in did[each]),
        )
        for each in ReaderClass
    ]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def sent(connection: Connection, caller: Caller, found: FairRelease, form: str, sha256: str, now: datetime) -> Asked[str]:
    """Record a file of it that is made and waits; return the entry's code. No byte of it may leave before it is durable."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
    data = {"sheet": "fair_release", "format": form, "rows": len(found.rows), "sha256": sha256, "version": found.version.version}
    event = caller.event(Kind.LEDGER_EXPORTED, now, person=None, report=found.version.report_id, data=data)
    return Asked(event.code, (event,))
