"""Where clients get mail about notices: an address of their own, confirmed by a link mailed there, or one that staff enters.

The link is made of the firm's secret and the row's name, so that the work process can write it without its standing in the
database. An address counts once it is confirmed; notices that had nowhere to go then go out.
"""

import hmac
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.messages.deliveries import State
from gatekeeper.rules.messages.mail import faults_of_address
from gatekeeper.rules.roles import Permission, Role
from gatekeeper.store.accounts import sessions
from gatekeeper.store.messages import addresses, deliveries, outbox

LIFE = timedelta(hours=24)
"""How long a link that confirms an address lives."""
_DAY = timedelta(days=1)
_A_DAY = 5
_WORK = Caller(actor="system", channel="work")
_TOO_MANY = N_("You have given %(most)s addresses within a day. Please try again tomorrow.")
_DEAD = N_("This link has expired, was used already, or is not yours. Give the address again under Your account.")
_EMPTY = N_("Please give one mail address like name@example.com.")


def token_of(secret: str, name: str) -> str:
    """The link that confirms the address whose row bears this name."""
    return name + hmac.digest(secret.encode(), f"address {name}".encode(), "sha256").hex()[:32]


def own(connection: Connection, caller: Caller, now: datetime) -> Any:
    """The address that waits for the caller to confirm it, or None."""
    return addresses.waiting(connection, caller.person or "", now)


def ask(connection: Connection, caller: Caller, name: str, token_hash: bytes, address: str, now: datetime) -> None:
    """Give an address: a link goes there, and until it is used nothing changes."""
    sessions.require(connection, caller.person, caller.session, Permission.READ_AS_CLIENT, now)
    person, address = caller.person or "", address.strip()
    if faults := faults_of_address(address):
        raise Invalid(*faults)
    if not address:
        raise Invalid(Fault(_EMPTY, field="mail"))
    outbox.hold_person(connection, person)
    if addresses.asked_since(connection, person, now - _DAY) >= _A_DAY:
        raise Conflict(_TOO_MANY, field="mail", most=_A_DAY)
    event = caller.event(Kind.MAIL_ADDRESS_ASKED, now, data={"confirmation": name}, private={"mail_address": address})
    entry_id = append(connection, event)
    addresses.end(connection, person, now)
    columns = {"address": address, "asked_at": now, "ends_at": now + LIFE, "entry_id": entry_id}
    addresses.put(connection, id=name, person_id=person, token_hash=token_hash, **columns)


def confirm(connection: Connection, caller: Caller, token: str, now: datetime) -> str:
    """Use the link up: from now on mail goes to its address, which is returned."""
    sessions.require(connection, caller.person, caller.session, Permission.READ_AS_CLIENT, now)
    outbox.hold_person(connection, caller.person or "")
    row = addresses.by_token(connection, sessions.token_hash(token))
    if row is None or row.person_id != caller.person or row.used_at is not None or now >= row.ends_at:
        raise NotFound(_DEAD)
    addresses.use(connection, row.id, now)
    _put(connection, caller, row.person_id, row.address, now)
    return str(row.address)


def take_away(connection: Connection, caller: Caller, now: datetime) -> None:
    """Let the caller get no mail about notices any more."""
    sessions.require(connection, caller.person, caller.session, Permission.READ_AS_CLIENT, now)
    outbox.hold_person(connection, caller.person or "")
    addresses.end(connection, caller.person or "", now)
    _put(connection, caller, caller.person or "", "", now)


def of_client(connection: Connection, caller: Caller, person: str, now: datetime) -> str:
    """Where a client gets mail, for staff; empty where nowhere."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    return outbox.address_of(connection, person) or ""


def enter(connection: Connection, caller: Caller, person: str, address: str, now: datetime) -> bool:
    """Enter a client's address from the firm's papers, or take it away; say whether anything changed."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    account = sessions.account_of(connection, person, now)
    if account is None or account.role is not Role.CLIENT:
        raise NotFound(N_("There is no such client."))
    if faults := faults_of_address(address.strip()):
        raise Invalid(*faults)
    outbox.hold_person(connection, person)
    addresses.end(connection, person, now)
    return _put(connection, caller, person, address.strip(), now)


def _put(connection: Connection, caller: Caller, person: str, address: str, now: datetime) -> bool:
    """Let mail go to an address, or nowhere, and what had nowhere to go set out."""
    before = outbox.address_of(connection, person) or ""
    if address == before:
        return False
    private = {"mail_address": address, "mail_address_before": before}
    event = caller.event(Kind.MAIL_ADDRESS_CHANGED, now, person=person, investor=None, private=private)
    entry_id = append(connection, event)
    if not address:
        outbox.take_address(connection, person)
        return True
    outbox.put_address(connection, person, address, entry_id, now)
    for row in deliveries.without_address(connection, person):
        again = {"state": State.WAITING.value, "due_at": now, "call_back_id": None}
        deliveries.change(connection, row.id, entry_id, now, **again)
        deliveries.settle(connection, row.call_back_id, caller.person, entry_id, now)
    return True


def to_mail(connection: Connection, now: datetime) -> list[Any]:
    """Addresses to which the link is still to be mailed."""
    return addresses.unsent(connection, now)


def mailed(connection: Connection, id_: str, now: datetime) -> bool:
    """Write down that the link is mailed now; False where somebody else has done so."""
    row = addresses.held(connection, id_)
    if row is None or row.sent_at is not None:
        return False
    private = {"mail_address": row.address}
    event = _WORK.event(Kind.CONFIRMATION_ATTEMPTED, now, person=row.person_id, data={"confirmation": row.id}, private=private)
    addresses.sent(connection, row.id, append(connection, event), now)
    return True
