"""Who was given, refused or sent what over a period: of one report, or of one person. Recorded before anybody has it."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.files.made.access_list import Access, Head, Totals
from gatekeeper.ledger import tree
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.errors import N_, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import investors
from gatekeeper.store.proof import entries, several
from gatekeeper.store.proof.answers import KINDS as SEVERAL
from gatekeeper.store.proof.entries import Match
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.store.publishing import library

KINDS = (
    Kind.DECISIONS_ASKED,
    Kind.DECISION_ASKED,
    Kind.LETTERS_ATTEMPTED,
    Kind.READING_ENDED,
    Kind.REPORT_BOOKMARKED,
    Kind.REPORT_COPIED,
    Kind.REPORT_DISTRIBUTED,
    Kind.REPORT_OPENED,
    Kind.REPORT_RECEIVED,
    Kind.REPORT_REFUSED,
    Kind.REPORT_REVIEWED,
    Kind.REPORT_WITHHELD,
    Kind.STATEMENT_ACCEPTED,
    Kind.STATEMENT_DECLINED,
    Kind.STATEMENT_SERVED,
)
"""Every kind of entry that says that somebody came near a report's content, or was kept from it."""

Position = tuple[datetime, int]
MOST = 200_000
_PIECE = 250
"""So many entries are read at once; each may hold a hundred answers."""
_FIND = {"person": entries.person_of, "report": entries.report_of}
_UNKNOWN = {"person": N_("There is no such person."), "report": N_("There is no such report.")}
_TURNED_ROUND = N_("The first day lies after the last one.")
_TOO_MANY = N_("More than %(most)s entries lie in this period. Please choose a shorter one.")


@dataclass(frozen=True, slots=True)
class Question:
    """About a ``report`` or a ``person``, from an instant on (inclusive) to another (exclusive), up to the newest entry of now.

    ``count`` says how many entries answer it, ``lists`` how many lists of titles a person was shown besides.
    """

    about: str
    subject: Match
    since: datetime
    before: datetime
    wanted: Filter
    count: int
    lists: int | None


def question(
    connection: Connection, caller: Caller, about: str, id_: str, period: tuple[datetime, datetime], now: datetime
) -> Question:
    """What is asked, and how much answers it. Nothing of it may be shown without an entry: ``asked`` or ``sent``."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
    subject = _FIND[about](connection, id_)
    if subject is None:
        raise NotFound(_UNKNOWN[about])
    since, before = period
    if since >= before:
        raise Invalid(Fault(_TURNED_ROUND, field="from"))
    whose: dict[str, Any] = {about: id_}
    wanted = Filter(since=since, before=before, kind=tuple(KINDS), last_id=entries.newest_id(connection), **whose)
    singles = replace(wanted, kind=tuple(each for each in KINDS if each not in SEVERAL))
    count = entries.count(connection, singles, MOST + 1) + entries.count_answers(connection, wanted, MOST + 1)
    if count > MOST:
        raise Invalid(Fault(_TOO_MANY, field="from", most=MOST))
    listed = replace(wanted, kind=Kind.REPORTS_LISTED.value)
    lists = entries.count(connection, listed, MOST) if about == "person" else None
    return Question(about, subject, since, before, wanted, count, lists)


def asked(
    connection: Connection, caller: Caller, about: str, id_: str, period: tuple[datetime, datetime], now: datetime
) -> Asked[Question]:
    """Say how many entries answer a question: a search that shows none of them."""
    found = question(connection, caller, about, id_, period, now)
    data = {"rows": 0, "first": None, "last": None, "matching": found.count}
    return Asked(found, (caller.event(Kind.LEDGER_SEARCHED, now, person=None, data=data, private=_said(found)),))


def piece(connection: Connection, found: Question, position: Position | None) -> tuple[list[Access], Position | None]:
    """The next entries, the oldest first, several answers one by one, and the place of the last entry.

    Entries never change: the pieces are one picture.
    """
    rows = entries.search_leaves(connection, found.wanted, position or (found.since, 0), _PIECE, newer=True)[::-1]
    ids = [row.id for row in rows]
    whose = {found.about: found.subject.id}
    told = [each for row in rows for each in several.told(row, **whose)]
    persons = {row.person for row, _ in told} | {row.actor.removeprefix("person:") for row, _ in told}
    held = {row.investor for row, _ in told if row.investor}
    of = _Of(
        investors.names(connection, sorted(filter(None, persons)), sorted(held)),
        entries.client_numbers(connection, held),
        library.titles(connection, sorted({row.report for row, _ in told if row.report})),
        entries.private_of_several(connection, ids),
        tree.places_of(connection, ids),
    )
    return [of.access(row, data) for row, data in told], (rows[-1].at, rows[-1].id) if rows else None


@dataclass(frozen=True, slots=True)
class _Of:
    """What belongs to the entries of a piece."""

    names: dict[str, str]
    numbers: dict[str, str]
    titles: dict[str, str]
    private: dict[int, dict[str, str]]
    places: dict[int, int]

    def access(self, row: Any, data: dict[str, Any]) -> Access:
        """One entry, or one of several answers in it, as it is told."""
        private = self.private.get(row.id, {})
        return Access(
            code=row.code,
            at=row.at,
            kind=row.kind,
            outcome=row.outcome or "",
            reasons=tuple(data.get("reasons", ())),
            person=row.person or "",
            person_name=self.names.get(row.person, row.person or ""),
            actor=row.actor,
            actor_name=self.names.get(row.actor.removeprefix("person:"), ""),
            investor_name=self.names.get(row.investor, row.investor or ""),
            client_number=self.numbers.get(row.investor, ""),
            report=row.report or "",
            report_title=self.titles.get(row.report, ""),
            action=row.action or "",
            initiative=data.get("initiative", ""),
            channel=data.get("channel", ""),
            address=private.get("address", ""),
            device=private.get("device", ""),
            as_of=datetime.fromisoformat(data["as_of"]) if data.get("as_of") else None,
            place=self.places.get(row.id),
        )


def head(connection: Connection, found: Question, firm: str, made: str, zone: ZoneInfo) -> Head:
    """What stands above the list, with the newest signed checkpoint of the open log. ``made`` says who had it made and when."""
    signed = tree.latest_checkpoint(connection, tree.log_of(connection).id)
    return Head(
        about=found.about,
        name=found.subject.name,
        detail=found.subject.detail,
        since=found.since,
        before=found.before,
        lists=found.lists,
        firm=firm,
        made=made,
        zone=zone,
        checkpoint=signed.note if signed is not None else None,
    )


@dataclass(frozen=True, slots=True)
class Made:
    """A finished file: its form, what it lists, and its digest."""

    form: str
    totals: Totals
    sha256: str


def sent(connection: Connection, caller: Caller, found: Question, made: Made, now: datetime) -> Asked[str]:
    """Record a list that is made and waits; return the entry's code. No byte of it may leave before it is durable."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
    totals = made.totals
    data = {"sheet": "access_list", "format": made.form, "rows": totals.rows, "first": totals.first, "last": totals.last}
    data |= {"counts": dict(totals.outcomes), "sha256": made.sha256}
    event = caller.event(Kind.LEDGER_EXPORTED, now, person=None, data=data, private=_said(found))
    return Asked(event.code, (event,))


def _said(found: Question) -> dict[str, str]:
    said = {found.about: found.subject.id, "since": str(found.since), "before": str(found.before), "kind": list(KINDS)}
    return {"filter": json.dumps(said, ensure_ascii=False, sort_keys=True)}


Read = Callable[[Callable[[Connection], tuple[list[Access], Position | None]]], tuple[list[Access], Position | None]]
"""Gives a function a connection of its own, and hands back what it returned."""


def each(read: Read, found: Question) -> Iterator[Access]:
    """All entries, read a piece at a time."""
    position: Position | None = None
    while True:
        some, position = read(partial(piece, found=found, position=position))
        if not some:
            return
        yield from some
