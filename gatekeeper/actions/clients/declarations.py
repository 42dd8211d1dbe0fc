"""Declaring changed circumstances, and looking at what was declared.

1. An important change makes the assessment stale at once: that lowers, so the client alone suffices. The category's validity ends
   with the act, and a result that is held for review is given up; a professional's class stays.
2. What it will come to is told before, and asked once more. Whatever moved in between is told again instead.
3. Either way somebody at the firm looks at it. What was written is personal: the entry holds a commitment to it.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper import language
from gatekeeper.ledger.acts import acting, assessing
from gatekeeper.ledger.acts.notify import put_in_force
from gatekeeper.ledger.acts.second_person import refuse_concerned
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.assessing.declaration import ChangedTopic, faults_of, is_important
from gatekeeper.rules.assessment import Retake
from gatekeeper.rules.changes import CategoryChange, to_data
from gatekeeper.rules.errors import N_, Conflict, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.parsing.texts import faults_of_optional
from gatekeeper.rules.roles import Permission
from gatekeeper.store import proposals
from gatekeeper.store.accounts import sessions
from gatekeeper.store.base import new_id
from gatekeeper.store.clients import declarations as store
from gatekeeper.store.clients import investor_file, investors
from gatekeeper.store.clients.declarations import Told
from gatekeeper.store.suitability import questionnaires

SHOWN = 10
PAGE = 50
_MOVED = N_("Your file has changed since this page was made. Please look at what it comes to now.")
_STALE = N_("The client declared changed circumstances.")


def overview(connection: Connection, caller: Caller, now: datetime) -> Asked[list[Told]]:
    """What was declared so far for the investor for whom the caller acts; the look is recorded."""
    investor = acting.investor_of(connection, caller, now)
    found = store.told(connection, store.of_investor(connection, investor.id, SHOWN))
    return Asked(found, (caller.event(Kind.DECLARATION_VIEWED, now, data={"declarations": len(found)}),))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a declaration will come to: the category that ends, until when a professional class stays, results given up.

    ``retake`` says whether the client may be assessed again at once; None where there is no questionnaire. ``seen`` stands for it
    all: the form sends it back.
    """

    important: bool
    category: CategoryChange | None
    class_before: datetime | None
    held: tuple[str, ...]
    retake: Retake | None
    seen: str


def preview(
    connection: Connection, caller: Caller, topics: Collection[ChangedTopic], details: str, now: datetime, zone: ZoneInfo
) -> Asked[Outlook]:
    """Say what a declaration will come to, before it is made; nothing changes."""
    investor = acting.investor_of(connection, caller, now)
    if faults := faults_of(topics, details):
        raise Invalid(*faults)
    found = _outlook(connection, investor, topics, now, zone)
    return Asked(found, (caller.event(Kind.DECLARATION_VIEWED, now, data={"important": found.important}),))


def declare(
    connection: Connection,
    caller: Caller,
    topics: Collection[ChangedTopic],
    details: str,
    seen: str,
    now: datetime,
    zone: ZoneInfo,
    *,
    tag: str = language.SUPPORTED[0],
) -> Outlook:
    """Take a declaration. What is important ends the category's validity with this act; a held result is given up.

    ``tag`` is the language in which the proposal of a held result says why it was given up.
    """
    investor = acting.investor_of(connection, caller, now)
    investors.lock_investor(connection, investor.id)
    if faults := faults_of(topics, details):
        raise Invalid(*faults)
    found = _outlook(connection, investor, topics, now, zone)
    if found.seen != seen:
        raise Conflict(_MOVED)
    ended = [replace(found.category, before=now + datetime.resolution)] if found.category else []
    id_, named, details = new_id(), " ".join(sorted(topics)), details.strip()
    data = {
        "declaration": id_,
        "important": found.important,
        "changes": [to_data(each) for each in ended],
        "given_up": found.held,
    }
    private = {"topics": named, "details": details}
    entry_id = append(connection, caller.event(Kind.DECLARATION_MADE, now, data=data, private=private))
    put_in_force(connection, ended, entry_id, now)
    for each in found.held:
        decided = {"decided_by": caller.person, "decided_at": now, "decided_entry_id": entry_id}
        proposals.decide(connection, each, state="WITHDRAWN", decided_reason=language.translate(tag, _STALE), **decided)
    store.put(
        connection,
        id=id_,
        investor_id=investor.id,
        person_id=caller.person,
        topics=named,
        important=found.important,
        has_details=bool(details),
        declared_at=now,
        entry_id=entry_id,
    )
    return found


def _outlook(connection: Connection, investor: Any, topics: Collection[ChangedTopic], now: datetime, zone: ZoneInfo) -> Outlook:
    row, important = investors.overview(connection, investor.id, now), is_important(topics)
    held = tuple(store.held_results(connection, investor.id)) if important else ()
    is_live = important and row.category is not None and now < row.category_before
    is_professional = row.investor_class is not None and row.investor_class.is_professional and now < row.class_before
    asked = questionnaires.questionnaire_for(connection, investor.kind, now)
    state = investor_file.state(connection, investor.id, now), held, is_live, important
    return Outlook(
        important=important,
        category=CategoryChange(investor=investor.id, category=row.category, before=row.category_before) if is_live else None,
        class_before=row.class_before if is_professional else None,
        held=held,
        retake=assessing.retake(connection, investor.id, asked[1], now, zone) if asked else None,
        seen=sha256(repr(state).encode()).hexdigest()[:16],
    )


def check(connection: Connection, caller: Caller, investor: str, id_: str, note: str, now: datetime) -> None:
    """Say that a declaration was looked at, and what was done about it; a second time it changes nothing."""
    sessions.require(connection, caller.person, caller.session, Permission.APPROVE_CLASSIFICATIONS, now)
    refuse_concerned(connection, caller, investor, (), now)
    if store.get(connection, investor, id_) is None:
        raise NotFound(N_("There is no such declaration."))
    if faults := faults_of_optional(note=note):
        raise Invalid(*faults)
    if store.is_checked(connection, id_):
        return
    data, private = {"declaration": id_}, {"note": note.strip()}
    event = caller.event(Kind.DECLARATION_CHECKED, now, person=None, investor=investor, data=data, private=private)
    entry_id = append(connection, event)
    store.put_check(connection, declaration_id=id_, person_id=caller.person, checked_at=now, entry_id=entry_id)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A page of declarations that nobody has looked at, and whether there are more."""

    found: list[Told]
    has_more: bool


def waiting(connection: Connection, caller: Caller, after: tuple[datetime, str] | None, now: datetime) -> Asked[Waiting]:
    """Declarations that nobody has looked at, the longest waiting first."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    rows = store.waiting(connection, after, PAGE + 1)
    shown = store.told(connection, rows[:PAGE])
    data = {"list": "declared", "rows": len(shown)}
    event = caller.event(Kind.HOME_VIEWED, now, person=None, investor=None, data=data)
    return Asked(Waiting(shown, len(rows) > PAGE), (event,))
