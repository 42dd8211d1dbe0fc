"""Sending notices, each at most once to each person by each channel.

The door sends between two transactions: ``take`` writes down that it is tried, then it goes out, then ``sent``, ``refused`` or
``doubted`` writes what became of it. Where a process dies in between, ``sweep`` says that nobody knows, and a person asks the
client. ``tries`` tells a try from a later one: what became of an older one changes nothing any more.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.deliveries import Channel, State, Trouble, again_at
from gatekeeper.store.accounts import sessions
from gatekeeper.store.base import new_id
from gatekeeper.store.clients import investors
from gatekeeper.store.messages import deliveries as store
from gatekeeper.store.messages import notices, outbox

WORK = Caller(actor="system", channel="work")
MOST = 100
"""How many notices are given to the channels, and how many deliveries are swept, by one entry."""
_MANY = 500
"""So many deliveries are made at once and no more, but that one notice's are made together."""
_LONGEST = 80


def due(connection: Connection, channel: Channel, now: datetime) -> bool:
    """Whether anything is to be sent by a channel."""
    return store.has_due(connection, channel, now)


def waits(connection: Connection) -> bool:
    """Whether any notice was not given to the channels yet."""
    return notices.has_queued(connection)


def give_out(connection: Connection, channels: Collection[Channel], now: datetime) -> int:
    """Give some notices to the channels that are set up, for everybody who acts for their investors; return how many."""
    rows = notices.queued(connection, MOST)
    acting = investors.acting_for(connection, sorted({row.investor_id for row in rows}), now)
    addresses = outbox.addresses_of(connection, sorted({person for persons in acting.values() for person in persons}))
    given, planned = [], list[dict[str, Any]]()
    for row in rows:
        persons = sorted(acting.get(row.investor_id, ()))
        mine = [_begun(row, person, channel, addresses) for person in persons for channel in _of(person, channels, addresses)]
        if planned and len(planned) + len(mine) > _MANY:
            break
        given.append(row.id)
        planned += mine
    if planned:
        _put(connection, given, planned, now)
    notices.take_off(connection, given)
    return len(given)


def _of(person: str, channels: Collection[Channel], addresses: Collection[str]) -> list[Channel]:
    """The channels to one person. Who has no address and can be reached by the gateway is not missed by mail."""
    through = sorted(channels)
    return [each for each in through if each is not Channel.MAIL or person in addresses or len(through) == 1]


def _begun(row: Any, person: str, channel: Channel, addresses: Collection[str]) -> dict[str, Any]:
    nowhere = channel is Channel.MAIL and person not in addresses
    state = State.NO_ADDRESS if nowhere else State.WAITING
    return {"notice_id": row.id, "investor": row.investor_id, "person_id": person, "channel": channel.value, "state": state.value}


def _put(connection: Connection, given: list[str], planned: list[dict[str, Any]], now: datetime) -> None:
    numbers = {channel.value: sum(each["channel"] == channel.value for each in planned) for channel in Channel}
    nowhere = sum(each["state"] == State.NO_ADDRESS.value for each in planned)
    data = {"notices": given, "deliveries": numbers, "no_address": nowhere}
    entry_id = append(connection, WORK.event(Kind.NOTICE_ADDRESSED, now, data=data))
    rows = []
    for each in planned:
        investor, call_back = each.pop("investor"), None
        if each["state"] == State.NO_ADDRESS.value:
            call_back = store.open_call_back(connection, investor, each["person_id"], Trouble.NO_ADDRESS, entry_id, now)
        common = {"id": new_id(), "tries": 0, "due_at": now, "changed_at": now, "why": "", "entry_id": entry_id}
        rows.append({**each, **common, "call_back_id": call_back})
    store.put(connection, rows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A delivery that is this caller's to send: to whom, where to (mail), and which try it is."""

    id: str
    channel: Channel
    kind: str
    person: str
    client: str
    address: str
    tries: int


def take(connection: Connection, channel: Channel, now: datetime) -> Taken | None:
    """Write down that the next delivery is tried now; None where nothing is due, or only what goes nowhere any more was."""
    for _ in range(MOST):
        row = store.next_due(connection, channel, now)
        if row is None:
            return None
        if not _is_to_be_told(connection, row, now):
            entry_id = _record(connection, Kind.DELIVERY_DROPPED, row, now)
            store.change(connection, row.id, entry_id, now, state=State.DROPPED.value)
            continue
        address = (outbox.address_of(connection, row.person_id) or "") if channel is Channel.MAIL else ""
        if channel is Channel.MAIL and not address:
            _trouble(connection, row, State.NO_ADDRESS, "", now)
            continue
        tries = row.tries + 1
        entry_id = _record(connection, Kind.DELIVERY_ATTEMPTED, row, now, private={"mail_address": address}, tries=tries)
        store.change(connection, row.id, entry_id, now, state=State.ATTEMPTED.value, tries=tries)
        number = investors.investor(connection, row.investor_id).client_number
        to = {"person": row.person_id, "client": number, "address": address}
        return Taken(id=row.id, channel=channel, kind=row.kind, tries=tries, **to)
    return None


def _is_to_be_told(connection: Connection, row: Any, now: datetime) -> bool:
    """Whether the person may still sign in and acts for the investor still."""
    acting = investors.acting_for(connection, [row.investor_id], now).get(row.investor_id, frozenset())
    return row.person_id in acting and sessions.account_of(connection, row.person_id, now) is not None


def sent(connection: Connection, taken: Taken, now: datetime) -> None:
    """Record that the server has accepted it, be it later than anybody believed."""
    row = _mine(connection, taken, State.ATTEMPTED, State.UNCERTAIN)
    if row is None:
        return
    entry_id = _record(connection, Kind.DELIVERY_COMPLETED, row, now, tries=row.tries)
    store.change(connection, row.id, entry_id, now, state=State.SENT.value, why="")
    store.settle(connection, row.call_back_id, None, entry_id, now)


def refused(connection: Connection, taken: Taken, why: str, now: datetime) -> None:
    """Record that nothing was accepted: it is tried again after a pause, or given up and left to a person."""
    row = _mine(connection, taken, State.ATTEMPTED)
    if row is None:
        return
    again = again_at(row.tries, now)
    if again is None:
        _trouble(connection, row, State.FAILED, why, now)
        return
    entry_id = _record(connection, Kind.DELIVERY_REFUSED, row, now, tries=row.tries, why=why, again_at=again.isoformat())
    store.change(connection, row.id, entry_id, now, state=State.WAITING.value, due_at=again, why=why[:_LONGEST])


def doubted(connection: Connection, taken: Taken, why: str, now: datetime) -> None:
    """Record that nobody knows whether it arrived."""
    row = _mine(connection, taken, State.ATTEMPTED)
    if row is not None:
        _trouble(connection, row, State.UNCERTAIN, why, now)


def sweep(connection: Connection, now: datetime) -> int:
    """Say of tries whose process never came back that nobody knows; return how many those were."""
    rows = store.overdue(connection, now, MOST)
    for row in rows:
        _trouble(connection, row, State.UNCERTAIN, "interrupted", now)
    return len(rows)


_ENDS = {
    State.FAILED: Kind.DELIVERY_FAILED,
    State.UNCERTAIN: Kind.DELIVERY_DOUBTED,
    State.NO_ADDRESS: Kind.DELIVERY_FAILED,
}


def _trouble(connection: Connection, row: Any, state: State, why: str, now: datetime) -> None:
    """Let a person call the client back: one task for all that is in trouble with the same person and investor."""
    entry_id = _record(connection, _ENDS[state], row, now, tries=row.tries, why=why or state.value.lower())
    call_back = store.open_call_back(connection, row.investor_id, row.person_id, Trouble[state.name], entry_id, now)
    columns = {"state": state.value, "why": why[:_LONGEST], "call_back_id": call_back}
    store.change(connection, row.id, entry_id, now, **columns)


def _mine(connection: Connection, taken: Taken, *states: State) -> Any:
    """The delivery as it stands, if it is still in the hands of this try."""
    row = store.held(connection, taken.id)
    return row if row is not None and row.tries == taken.tries and State(row.state) in states else None


def _record(
    connection: Connection, kind: Kind, row: Any, now: datetime, *, private: dict[str, str] | None = None, **more: Any
) -> int:
    data = {"delivery": row.id, "notice": row.notice_id, "by": row.channel, **more}
    who = {"person": row.person_id, "investor": row.investor_id}
    return append(connection, WORK.event(kind, now, data=data, private=private, **who))
