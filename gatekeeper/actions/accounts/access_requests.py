"""Requests of other systems that people look at a refusal: asking, answering, and what lapses by itself.

1. Whom and what a request is about is taken from the entry of the refusal, and decided again from what is on file.
2. An answer changes nothing on file. Who approves says that the ground is gone, and can say so only once it is: the file was put
   right by the acts that are there for it, two people where it raises. Whether anything may be read is decided afresh.
"""

import json
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.accounts.access_requests import State, grounds
from gatekeeper.rules.accounts.scopes import Scope
from gatekeeper.rules.errors import N_, Conflict, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.parsing.texts import faults_of
from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.rules.roles import Permission
from gatekeeper.rules.suitability import Reason, decide
from gatekeeper.store.accounts import access_requests as store
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.access_requests import Standing
from gatekeeper.store.base import new_id
from gatekeeper.store.clients import investors
from gatekeeper.store.proof import entries
from gatekeeper.store.reading import access, meant
from gatekeeper.store.reading.meant import Whom

PAGE = 50
KEPT = timedelta(days=1)
"""So long a repeated call with the same key is the same call; whoever repeats it later asks anew."""
_NO_REFUSAL = N_("No refusal of this account is told by this evaluation. Ask for the decision again.")
_NOT_THESE = N_(
    "Nobody is asked about this refusal: it rests on something else by now, or on nothing. Ask for the decision again."
)
_OTHER_BODY = N_("This Idempotency-Key was sent with another body. Take a new key for another request.")
_AT_ONCE = N_("Another call with this Idempotency-Key is under way. Please send it again.")
_NONE = N_("There is no such request.")
_ANSWERED = N_("Somebody has answered this request meanwhile, or its time is over.")
_STANDS = N_("The ground still stands. Put the file right first; until then this request can only be declined.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a call asks for: whom and what it is about, the code of the refusal, and what tells it from other calls.

    ``key`` and ``body`` are digests; without a key the call is not repeatable.
    """

    whom: Whom
    report: str
    action: Action | None
    evaluation: str
    body: bytes
    key: bytes | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """In how many days a request is answered, and after how many it lapses."""

    answer_days: int
    open_days: int


def ask(
    connection: Connection, caller: Caller, scope: Scope, wanted: Wanted, now: datetime, zone: ZoneInfo, terms: Terms
) -> Standing:
    """Ask people to look at a refusal. The same again is the same request, as long as nobody has answered it."""
    client, refusal = caller.actor.removeprefix("service:"), _refusal(connection, caller, scope, wanted, now)
    investors.lock_investor(connection, refusal.investor)
    if wanted.key is not None and (known := store.call_of(connection, client, wanted.key, now - KEPT)) is not None:
        if known.body_hash != wanted.body:
            raise Conflict(_OTHER_BODY)
        return _found(store.get(connection, known.request_id, now))
    reasons = _grounds(connection, refusal, now, zone)
    if not reasons:
        raise Conflict(_NOT_THESE)
    about = {"person_id": refusal.person, "investor_id": refusal.investor, "report_id": refusal.report}
    same = {"client_id": client, **about, "action": refusal.action, "grounds": " ".join(reasons)}
    known = store.alike(connection, same, now)
    id_ = known.id if known is not None else _put(connection, caller, wanted, same, now, terms)
    if wanted.key is not None:
        call = {"client_id": client, "key_hash": wanted.key, "body_hash": wanted.body, "request_id": id_, "created_at": now}
        if not store.put_call(connection, call, now - KEPT):
            raise Conflict(_AT_ONCE)
    return _found(store.get(connection, id_, now))


def _refusal(connection: Connection, caller: Caller, scope: Scope, wanted: Wanted, now: datetime) -> Any:
    """The entry of the refusal, if it was given to this very account about these, and the account may still ask about them."""
    who = meant.one(connection, wanted.whom, scope.branches, now)
    asked = (Kind.DECISION_ASKED.value, caller.actor, who.person, who.investor, wanted.report, wanted.action)
    for row in entries.by_code(connection, wanted.evaluation):
        if (row.kind, row.actor, row.person, row.investor, row.report, row.action) == asked and None not in asked:
            return row
    raise Conflict(_NO_REFUSAL)


def _grounds(connection: Connection, about: Any, now: datetime, zone: ZoneInfo) -> tuple[Reason, ...]:
    """On which grounds the same is refused now, if people may be asked about them."""
    return grounds(_decision(connection, about, now, zone))


def _decision(connection: Connection, about: Any, now: datetime, zone: ZoneInfo) -> Any:
    action = Action(about.action)
    case = access.load(
        connection, person=about.person, investor=about.investor, report=about.report, action=action, zone=zone, now=now
    )
    initiative = Initiative(json.loads(about.leaf)["data"]["initiative"])
    return decide(replace(case.facts, initiative=initiative), now)


def _put(connection: Connection, caller: Caller, wanted: Wanted, same: dict[str, str], now: datetime, terms: Terms) -> str:
    id_ = new_id()
    due_at, lapses_at = now + timedelta(days=terms.answer_days), now + timedelta(days=terms.open_days)
    reasons = same["grounds"].split()
    data = {"request": id_, "grounds": reasons, "evaluation": wanted.evaluation, "days": terms.answer_days}
    about = {"person": same["person_id"], "investor": same["investor_id"], "report": same["report_id"]}
    event = caller.event(
        Kind.ACCESS_REQUESTED,
        now,
        **about,
        action=Action(same["action"]),
        reason=reasons[0],
        data=data,
        private={"reason": wanted.why} if wanted.why else {},
    )
    times = {"asked_at": now, "due_at": due_at, "lapses_at": lapses_at}
    store.put(connection, id=id_, **same, **times, evaluation=wanted.evaluation, entry_id=append(connection, event))
    return id_


def _found(standing: Standing | None) -> Standing:
    if standing is None:
        raise NotFound(_NONE)
    return standing


def status(connection: Connection, client: str, id_: str, now: datetime) -> Standing:
    """Where a request of this account stands; of another account's there is none."""
    found = store.get(connection, id_, now)
    if found is None or found.row.client_id != client:
        raise NotFound(_NONE)
    return found


# ------------------------------------------------------------------------------------------------------------------- the desk


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of requests that wait, and whether it goes on."""

    rows: list[Any]
    has_more: bool


def listing(
    connection: Connection, caller: Caller, after: tuple[datetime, str] | None, now: datetime, *, overdue: bool = False
) -> Asked[Listed]:
    """What waits for an answer, the longest waiting first; who looked is recorded."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    rows = store.waiting(connection, after, PAGE + 1, now, overdue=overdue)
    data = {"rows": len(rows[:PAGE]), "overdue": overdue}
    event = caller.event(Kind.ACCESS_VIEWED, now, person=None, investor=None, data=data)
    return Asked(Listed(rows[:PAGE], len(rows) > PAGE), (event,))


def answer(connection: Connection, caller: Caller, id_: str, state: State, reason: str, now: datetime, zone: ZoneInfo) -> None:
    """Answer a request: approved, once the ground is gone, or declined; with a reason that the log keeps."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    found = _found(store.held(connection, id_, now))
    if found.state is not State.PENDING:
        raise Conflict(_ANSWERED)
    if faults := faults_of(reason=reason):
        raise Invalid(*faults)
    if state is State.APPROVED and _stands(connection, found.row, now, zone):
        raise Conflict(_STANDS)
    _end(connection, caller, found.row, state, now, private={"reason": reason.strip()})


def _stands(connection: Connection, row: Any, now: datetime, zone: ZoneInfo) -> bool:
    """Whether any ground of a request is still there."""
    [refusal] = [each for each in entries.by_code(connection, row.evaluation) if each.kind == Kind.DECISION_ASKED.value]
    return not set(row.grounds.split()).isdisjoint(_decision(connection, refusal, now, zone).reasons)


def _end(connection: Connection, caller: Caller, row: Any, state: State, now: datetime, **more: Any) -> str:
    kind = Kind.ACCESS_LAPSED if state is State.LAPSED else Kind.ACCESS_ANSWERED
    about = {"person": row.person_id, "investor": row.investor_id, "report": row.report_id, "action": Action(row.action)}
    data = {"request": row.id, "state": state.value, "grounds": row.grounds.split(), "evaluation": row.evaluation}
    event = caller.event(kind, now, **about, data=data, **more)
    store.answer(connection, row.id, state, caller.person, append(connection, event), now)
    return event.code


# ------------------------------------------------------------------------------------------------------------------ by the clock


def due(connection: Connection, now: datetime, limit: int) -> list[str]:
    """The requests whose time is over."""
    return store.lapsed(connection, limit, now)


def lapse(connection: Connection, caller: Caller, id_: str, now: datetime) -> str | None:
    """Write that a request has lapsed; return the entry's code. None if somebody was quicker, or it has time yet."""
    found = store.held(connection, id_, now)
    if found is None or found.state is not State.LAPSED or found.row.state is not None:
        return None
    return _end(connection, caller, found.row, State.LAPSED, now)
