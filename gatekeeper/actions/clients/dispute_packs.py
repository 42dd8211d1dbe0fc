"""Dispute packs: put together a piece at a time, recorded with their digest once they are finished, and only then sent.

Compliance makes them, and the operator at the command line; whoever only inspects or keeps files does not.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import IO, Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.files.made import dispute_pack
from gatekeeper.files.made.dispute_pack import Pack, Written
from gatekeeper.ledger import evidence
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.errors import N_, Fault, Invalid, NotFound, Unavailable
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import dispute, dispute_entries, investors, past_file
from gatekeeper.store.clients.dispute import Dispute, Part
from gatekeeper.store.proof import entries
from gatekeeper.store.proof.filtering import Filter

MOST = 20_000
_TOO_MANY = N_("More than %(most)s entries lie in these days. Please choose fewer.")
_UNSEALED = N_("Nothing of this log has been sealed and signed yet, so there is no evidence of its entries.")
_TURNED_ROUND = N_("The first day lies after the last one.")
_AHEAD = N_("Please choose a day that has come already.")
_OPENED = ("answers", "details", "evidence", "reason")
"""The private values that the evidence shows: what the investor said, and why a file was changed."""
_OF_REPORTS = (Kind.PUBLICATION_APPROVED, Kind.REPORT_IMPORTED, Kind.REPORT_PUBLISHED, Kind.REPORT_STOPPED)

Piece = Callable[[Connection], Any]
Read = Callable[[Piece], Any]
"""Gives a function a connection of its own, and hands back what it returned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is asked for: an investor as of an instant, since when on and before when, and a report or every one."""

    investor: str
    moment: datetime
    since: datetime | None = None
    before: datetime | None = None
    report: str | None = None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a pack would be about, which parts it would lack and why, how many entries it tells of, and reports to choose from."""

    dispute: Dispute
    missing: dict[str, str]
    entries: int
    reports: dict[str, str]


def question(connection: Connection, caller: Caller, wanted: Wanted, now: datetime) -> Dispute:
    """What is asked, checked. Nothing of it may be shown without an entry: ``view`` or ``made``."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.MAKE_DISPUTE_PACKS, now)
    investor = investors.investor(connection, wanted.investor)
    if investor is None:
        raise NotFound(N_("There is no such investor."))
    report = entries.report_of(connection, wanted.report) if wanted.report else None
    if wanted.report and report is None:
        raise Invalid(Fault(N_("There is no such report."), field="report"))
    before = min(wanted.before or wanted.moment + datetime.resolution, now + datetime.resolution)
    if wanted.moment > now:
        raise Invalid(Fault(_AHEAD, field="on"))
    if wanted.since is not None and wanted.since >= before:
        raise Invalid(Fault(_TURNED_ROUND, field="from"))
    found = Dispute(
        investor=investor,
        moment=wanted.moment,
        since=wanted.since,
        before=before,
        report=report,
        last_id=entries.newest_id(connection),
    )
    if entries.count(connection, found.filter(), MOST + 1) > MOST:
        raise Invalid(Fault(_TOO_MANY, field="from", most=MOST))
    return found


def view(connection: Connection, caller: Caller, wanted: Wanted, now: datetime) -> Asked[Outlook]:
    """Say which of the nine parts there are; the look is an entry."""
    asked = question(connection, caller, wanted, now)
    parts = gather(lambda piece: piece(connection), asked)
    missing = {name: part for name, part in parts.items() if isinstance(part, str)}
    try:
        evidence.head(connection)
    except Unavailable:
        missing[dispute_pack.VERIFICATION] = _UNSEALED
    told = parts["timeline"]["entries"] if not isinstance(parts["timeline"], str) else []
    reports = {each["report"]: each["report_title"] for each in told if each["report_title"]}
    found = Outlook(asked, missing, len(told), reports)
    data = {"page": "dispute_pack", "as_of": asked.moment.isoformat(), "missing": sorted(missing)}
    event = caller.event(Kind.INVESTOR_VIEWED, now, person=None, investor=asked.investor.id, data=data)
    return Asked(found, (event,))


def gather(read: Read, asked: Dispute) -> dict[str, Part]:
    """The first eight parts, in their order."""
    past = read(partial(past_file.read, investor=asked.investor.id, moment=asked.moment))
    row = read(partial(dispute.assessed, past=past))
    decisions = _pieces(read, dispute_entries.decisions, asked)
    facts = read(partial(dispute_entries.facts, found=decisions))
    accepted = read(partial(dispute_entries.acceptances, dispute=asked))
    versions: set[Any] = {dispute_entries.facts_used(each).get("version") for each in decisions}
    versions |= {each["version"] for each in accepted["acceptances"]} if not isinstance(accepted, str) else set()
    timeline = _pieces(read, dispute_entries.timeline, asked)
    return {
        "profile": dispute.profile(past),
        "questionnaire": read(partial(dispute.questionnaire, row=row)),
        "letter": read(partial(dispute.letter, row=row, moment=asked.moment)),
        "report": read(partial(dispute.reports, dispute=asked, versions=versions - {None})),
        "decisions": {"decisions": decisions, "facts": facts} if decisions else dispute_entries.NO_DECISION,
        "notices": read(partial(dispute.notices, dispute=asked)),
        "acknowledgements": accepted,
        "timeline": {"entries": timeline} if timeline else dispute_entries.NO_ENTRY,
    }


def _pieces(read: Read, piece: Callable[..., Any], asked: Dispute) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    position = None
    while True:
        some, position = read(partial(piece, dispute=asked, position=position))
        found += some
        if len(some) < dispute_entries.PIECE:
            return found


@dataclass(frozen=True, slots=True)
class Maker:
    """Who has a pack made and when, for which firm, in which zone times are written."""

    by: str
    firm: str
    zone: ZoneInfo
    now: datetime


def write(read: Read, asked: Dispute, out: IO[bytes], maker: Maker) -> Written:
    """Write the archive. No byte of it may leave before ``made`` is durable."""
    parts = gather(read, asked)
    pack = Pack(
        dispute=asked,
        parts=parts,
        evidence=_evidence(read, asked, parts, maker.now),
        program=evidence.program(),
        firm=maker.firm,
        zone=maker.zone,
        made_by=maker.by,
        made_at=maker.now,
    )
    return dispute_pack.write(out, pack)


def _evidence(read: Read, asked: Dispute, parts: dict[str, Part], now: datetime) -> Callable[[IO[bytes]], dict[str, Any]] | str:
    """How to write the evidence of every entry that the pack speaks of; or why there is none."""
    reports = parts["report"]
    named = sorted({each["report_id"] for each in reports["versions"]}) if not isinstance(reports, str) else []
    try:
        plan = read(partial(_plan, asked=asked, reports=named))
    except Unavailable:
        return _UNSEALED

    def made(bundle: IO[bytes]) -> dict[str, Any]:
        done = read(partial(evidence.write, plan=plan, file=bundle, now=now))
        said = {"log": plan.head.log.origin, "size": plan.head.size, "entries": done.rows, "openings": done.openings}
        return said | {"not_covered": plan.uncovered, "in_other_logs": plan.elsewhere}

    return made


def _plan(connection: Connection, asked: Dispute, reports: list[str]) -> evidence.Plan:
    head = evidence.head(connection)
    own = evidence.selected(connection, head, asked.filter())
    wanted = Filter(report=tuple(reports), kind=tuple(_OF_REPORTS), before=asked.before, last_id=asked.last_id)
    others = evidence.selected(connection, head, wanted) if reports else None
    return evidence.with_more(
        evidence.both(own, others) if others else own, opened=_OPENED, known=None, said={"investor": asked.investor.id}
    )


def made(connection: Connection, caller: Caller, asked: Dispute, written: Written, sha256: str, now: datetime) -> Asked[str]:
    """Record a pack that is made and waits; return the entry's code. No byte of it may leave before it is durable."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.MAKE_DISPUTE_PACKS, now)
    data = {
        "as_of": asked.moment.isoformat(),
        "since": asked.since.isoformat() if asked.since else None,
        "before": asked.before.isoformat(),
        "sha256": sha256,
        "files": len(written.files),
        "missing": sorted(written.missing),
        "evidence": written.evidence.get("entries", 0),
    }
    report = asked.report.id if asked.report else None
    event = caller.event(Kind.DISPUTE_PACK_MADE, now, person=None, investor=asked.investor.id, report=report, data=data)
    return Asked(event.code, (event,))
