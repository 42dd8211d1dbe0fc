"""Telling whom a new policy, or a report superseded, regraded or withdrawn, touches: listed before and after, one notice each.

What is to be told is worked out on a snapshot as things stood when the row began to decide. It is then told in steps of at most a
hundred investors, in the order of their ids; each step is one entry and one row. Whoever is killed in between leaves the steps
that are done, and the next process goes on behind them.
"""

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.changing.rehearsal import lens, reads
from gatekeeper.rules.changing.rematch import grades_of
from gatekeeper.rules.events import Kind
from gatekeeper.rules.facts import Facts, InvestorFacts
from gatekeeper.rules.messages.deliveries import NoticeKind
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.risk import RiskGrade
from gatekeeper.store.messages import notices
from gatekeeper.store.publishing import library
from gatekeeper.store.reading import access, history, words
from gatekeeper.store.suitability import rehearsal, rematches
from gatekeeper.store.suitability.rehearsal import Out
from gatekeeper.store.suitability.rematches import INSTANT, POLICY, RELEASE, Cause

MOST = 100
"""How many investors one entry lists."""
_WORK = Caller(actor="system", channel="work")


@dataclass(frozen=True, slots=True)
class Touched:
    """One investor, and what is told: before and after, as JSON values; of a report, whether it may still be read."""

    investor: str
    before: Any
    after: Any
    reads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Whom a row touches, in the order of their ids; what the entry and each notice say beside it.

    ``corrected`` says that a report is out with another file than before.
    """

    cause: Cause
    touched: Sequence[Touched]
    policy: str | None
    entry: Mapping[str, Any] = field(default_factory=dict)
    notice: Mapping[str, Any] = field(default_factory=dict)
    corrected: bool = False


def waiting(connection: Connection, now: datetime) -> list[Cause]:
    """Rows that began to decide and of which not everybody was told."""
    return rematches.waiting(connection, now)


def plan(connection: Connection, cause: Cause, zone: ZoneInfo) -> Plan:
    """Work out whom a row touches, as things stood when it began."""
    return _policy(connection, cause, zone) if cause.kind == POLICY else _report(connection, cause, zone)


def _common(connection: Connection, moment: datetime, zone: ZoneInfo) -> Facts:
    found, statement = access.current_policy(connection, moment), words.statement(connection, moment)
    policy = found[1] if found else None
    return Facts(investor=None, report=None, policy=policy, zone=zone, statement_id=statement.id if statement else None)


def _digest(policy: Policy | None) -> str | None:
    return policy.digest if policy else None


def _policy(connection: Connection, cause: Cause, zone: ZoneInfo) -> Plan:
    moment = cause.moment
    new = _common(connection, moment, zone)
    old = replace(new, policy=_common(connection, moment - INSTANT, zone).policy)
    changed, seen = {}, lens((old.policy, new.policy), moment)
    for group in rehearsal.investor_groups(connection, seen):
        before, after = (_names(grades_of(each, group.facts, moment)) for each in (old, new))
        if before != after:
            changed[group.key] = (before, after)
    rows = rehearsal.investors_under(connection, sorted(changed), seen)
    return Plan(
        cause=cause,
        touched=[Touched(row.id, *changed[row.key]) for row in rows],
        policy=_digest(new.policy),
        entry={"policy_before": _digest(old.policy)},
        notice={"from": moment.isoformat()},
    )


def _names(grades: Sequence[RiskGrade]) -> str:
    return " ".join(grade.name for grade in grades)


def _report(connection: Connection, cause: Cause, zone: ZoneInfo) -> Plan:
    moment, report = cause.moment, cause.report or ""
    common = _common(connection, moment, zone)
    seen = lens((common.policy,), moment)
    was, now_ = (rehearsal.report_at(connection, report, replace(seen, moment=each)) for each in (moment - INSTANT, moment))
    empty = Plan(cause=cause, touched=(), policy=_digest(common.policy))
    if common.policy is None or (was is None and now_ is None):
        return empty
    rows = rehearsal.readers_of(connection, report, seen)
    facts = {row.key: row.facts for row in rows}
    lose = {key for key, each in facts.items() if _loses(common, each, was, now_, moment)}
    is_new = cause.kind == RELEASE and now_ is not None and (was is None or was.version != now_.version)
    keep = {key for key, each in facts.items() if is_new and now_ and _reads(common, each, now_, moment)}
    before, after = (each.grade.name if each else None for each in (was, now_))
    corrected = is_new and (was is None or now_ is None or was.file_number != now_.file_number)
    return replace(
        empty,
        touched=[Touched(row.id, before, after, row.key in keep) for row in rows if row.key in lose | keep],
        entry={"grade_before": before, "grade": after},
        notice={"report": report},
        corrected=corrected,
    )


def _reads(common: Facts, investor: InvestorFacts, out: Out, moment: datetime) -> bool:
    return reads(replace(common, investor=investor, report=out.facts), moment)


def _loses(common: Facts, investor: InvestorFacts, was: Out | None, now_: Out | None, moment: datetime) -> bool:
    if was is None or not _reads(common, investor, was, moment):
        return False
    return now_ is None or not _reads(common, investor, now_, moment)


def step(connection: Connection, found: Plan, now: datetime) -> bool:
    """Tell the next investors of a plan; say whether there are more. One process at a time tells."""
    words.lock_policy(connection)
    cause, last = found.cause, rematches.last_step(connection, found.cause)
    if last is not None and last.is_last:
        return False
    begin = bisect_right(found.touched, last.last_investor or "", key=lambda each: each.investor) if last else 0
    piece = found.touched[begin : begin + MOST]
    more = begin + MOST < len(found.touched)
    number = last.number + 1 if last else 1
    changed = [[each.investor, each.before, each.after] for each in piece if not each.reads]
    still = [each.investor for each in piece if each.reads]
    data = {"row": cause.id, "of": cause.kind, "number": number, "investors": changed, **({"still": still} if still else {})}
    kind = Kind.POLICY_REMATCHED if cause.kind == POLICY else Kind.READERS_NOTIFIED
    event = _WORK.event(kind, now, report=cause.report, policy=found.policy, data={**data, **found.entry})
    entry_id = append(connection, event)
    for notice, told in _told(connection, found, piece).items():
        notices.put(connection, notice, told, entry_id, now)
    until = piece[-1].investor if piece else None
    rematches.put(connection, cause, {"number": number, "last_investor": until, "is_last": not more, "entry_id": entry_id})
    return more


def _told(connection: Connection, found: Plan, piece: Sequence[Touched]) -> dict[NoticeKind, dict[str, str]]:
    """What each investor is told. Of a report, under the title that was opened last for it: another one it has no right to."""
    if found.cause.kind == POLICY:
        return {NoticeKind.POLICY: {each.investor: _words(found, each) for each in piece}}
    opened = history.opened_by(connection, found.cause.report or "", [each.investor for each in piece], found.cause.moment)
    named = library.named(connection, sorted(set(opened.values())))
    titles = {investor: named[version].title for investor, version in opened.items()}
    told: dict[NoticeKind, dict[str, str]] = {NoticeKind.REPORT: {}, NoticeKind.VERSION: {}}
    for each in piece:
        title = titles.get(each.investor)
        if each.reads:
            told[NoticeKind.VERSION][each.investor] = _words(found, each, title=title, corrected=found.corrected)
        else:
            told[NoticeKind.REPORT][each.investor] = _words(found, each, title=title)
    return told


def _words(found: Plan, each: Touched, **more: str | bool | None) -> str:
    return json.dumps({"before": each.before, "after": each.after, **found.notice, **more}, sort_keys=True, ensure_ascii=False)
