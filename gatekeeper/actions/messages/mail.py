"""Mail to whoever has something waiting: where it goes, what is due, and what became of it.

One mail tells how many proposals somebody may decide, and nothing of what is in them. It is sent when one is new since the last
mail. The door sends it between two transactions: ``take`` claims a mail, then it goes out, then ``sent`` writes its entry. A
process that dies in between leaves the claim to run out, and the mail goes out once more with the same Message-ID: at least once,
never not at all.
"""

import json
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from gatekeeper.ledger.acts.second_person import APPROVERS, kept_apart
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.errors import Invalid
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.mail import faults_of_address
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import investors
from gatekeeper.store.messages import outbox

WORK = Caller(actor="system", channel="work")
LEASE = timedelta(minutes=5)
"""How long a mail that is being sent is nobody else's: longer than any mail server is waited for."""
TRIES = 8
"""How often a mail is tried before it is given up."""
AFTER_FAILURE = timedelta(days=1)
"""How long nothing is sent to somebody whom the last mail did not reach."""
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=1)


def own(connection: Connection, caller: Caller) -> str:
    """Where the caller gets mail; empty where nowhere."""
    return outbox.address_of(connection, caller.person or "") or ""


def set_address(connection: Connection, caller: Caller, address: str, now: datetime) -> bool:
    """Let the caller get mail at this address, or nowhere if it is empty; say whether anything changed. Never a client."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_PROPOSALS, now)
    person, address = caller.person or "", address.strip()
    if faults := faults_of_address(address):
        raise Invalid(*faults)
    outbox.hold_person(connection, person)
    before = outbox.address_of(connection, person) or ""
    if address == before:
        return False
    private = {"mail_address": address, "mail_address_before": before}
    entry_id = append(connection, caller.event(Kind.MAIL_ADDRESS_CHANGED, now, private=private))
    if address:
        outbox.put_address(connection, person, address, entry_id, now)
    else:
        outbox.take_address(connection, person)
    return True


def waiting(connection: Connection, person: str, now: datetime) -> dict[str, str]:
    """The proposals that this person may decide, newest first, and of which kind each is; of a suspended person none."""
    account = sessions.account_of(connection, person, now)
    kinds = [kind for kind, needed in APPROVERS.items() if account and needed in account.permissions]
    if not kinds:
        return {}
    acts_for = [row.investor_id for row in investors.mandates_of(connection, now, person=person)]
    apart = kept_apart(connection, Caller(actor=f"person:{person}", person=person), now)
    return outbox.waiting(connection, person, kinds, acts_for, apart)


def due(connection: Connection, pace: timedelta, now: datetime) -> list[str]:
    """Who should get a mail."""
    return [person for person in outbox.addressed(connection) if _is_due(connection, person, pace, now)]


def _is_due(connection: Connection, person: str, pace: timedelta, now: datetime) -> bool:
    last = outbox.last(connection, person)
    if last is not None and (last.state == "WAITING" or now - last.ended_at < (pace if last.state == "SENT" else AFTER_FAILURE)):
        return False
    told = outbox.last(connection, person, "SENT")
    known = set(json.loads(told.proposals)) if told else set()
    return not waiting(connection, person, now).keys() <= known


def enqueue(connection: Connection, person: str, pace: timedelta, now: datetime) -> bool:
    """Let a mail wait for a person, if it is still due; of two who try at once one does."""
    outbox.hold_person(connection, person)
    if outbox.address_of(connection, person) is None or not _is_due(connection, person, pace, now):
        return False
    outbox.put(connection, person, now)
    return True


@dataclass(frozen=True, slots=True)
class Taken:
    """A mail that is this caller's to send: where to, the name of its Message-ID, and how many proposals of each kind wait."""

    id: int
    person: str
    address: str
    name: str
    numbers: dict[str, int]
    tries: int


def take(connection: Connection, now: datetime) -> Taken | None:
    """Take a mail that is due, told as things are now; None where there is none. What has nothing to tell any more is dropped."""
    while (row := outbox.next_due(connection, now)) is not None:
        address = outbox.address_of(connection, row.person_id)
        found = waiting(connection, row.person_id, now) if address else {}
        if address and found:
            outbox.take(connection, row.id, list(found), now + LEASE)
            return Taken(row.id, row.person_id, address, row.name, dict(Counter(found.values())), row.tries + 1)
        outbox.remove(connection, row.id)
    return None


def sent(connection: Connection, taken: Taken, now: datetime) -> None:
    """Record that a mail was handed over to the mail server."""
    _record(connection, Kind.MAIL_SENT, taken, now)
    outbox.end(connection, taken.id, "SENT", now)


def give_up(connection: Connection, taken: Taken, why: str, now: datetime) -> None:
    """Record that a mail could not be sent. ``why`` is a kind of error, never a mail server's own words: they hold addresses."""
    _record(connection, Kind.MAIL_FAILED, taken, now, why=why)
    outbox.end(connection, taken.id, "FAILED", now)


def postpone(connection: Connection, taken: Taken, now: datetime) -> None:
    """Let a mail wait for another try, each time longer."""
    pause = min(_FIRST_PAUSE * 2 ** (taken.tries - 1), _LONGEST_PAUSE)
    outbox.postpone(connection, taken.id, now + pause)


def _record(connection: Connection, kind: Kind, taken: Taken, now: datetime, **more: str) -> None:
    data = {"mail": taken.name, "waiting": sum(taken.numbers.values()), "tries": taken.tries, **more}
    append(connection, WORK.event(kind, now, person=taken.person, data=data, private={"mail_address": taken.address}))
