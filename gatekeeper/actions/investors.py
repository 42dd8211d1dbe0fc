"""The investor's file: creating investors and persons, and changing what is on file.

What lowers acts at once and by one person; what raises becomes a proposal for a second one. One request may do both.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.propose import propose
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.changes import (
    CategoryChange,
    Change,
    ClassChange,
    InvestorChange,
    LowestChange,
    MandateChange,
    RoleChange,
    split,
    to_data,
)
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import InvestorKind
from gatekeeper.rules.roles import Permission, Role
from gatekeeper.store import investors as store
from gatekeeper.store import proposals, sessions
from gatekeeper.store.apply import apply
from gatekeeper.store.base import new_id

PAGE = 50


def create_investor(
    connection: Connection, caller: Caller, kind: InvestorKind, name: str, client_number: str, now: datetime
) -> str:
    """Write a new investor's identity, which permits nothing yet; return its id."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    faults = _faults_of_text(name=name, client_number=client_number)
    if faults:
        raise Invalid(*faults)
    if store.investor_by_number(connection, client_number):
        raise Conflict(N_("There is already an investor with client number %(number)s."), number=client_number)
    id_ = new_id()
    event = caller.event(Kind.INVESTOR_CREATED, now, person=None, investor=id_, data={"kind": kind.value})
    entry_id = append(connection, event)
    store.create_investor(
        connection, id=id_, kind=kind, name=name.strip(), client_number=client_number.strip(), created_at=now, entry_id=entry_id
    )
    return id_


def create_person(connection: Connection, caller: Caller, name: str, login: str, now: datetime) -> str:
    """Write a new person who may sign in as a client once a link was used, and act for nobody yet; return the id."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    faults = _faults_of_text(name=name, login=login)
    if any(character.isspace() for character in login):
        faults.append(Fault(N_("A login name has no spaces."), field="login"))
    if faults:
        raise Invalid(*faults)
    if store.person_by_login(connection, login):
        raise Conflict(N_("The login name %(login)s is taken."), login=login)
    id_ = new_id()
    entry_id = append(connection, caller.event(Kind.PERSON_CREATED, now, person=id_, data={"role": Role.CLIENT.value}))
    store.create_person(connection, id=id_, name=name.strip(), login=login.strip().casefold(), created_at=now, entry_id=entry_id)
    apply(connection, RoleChange(person=id_, role=Role.CLIENT), entry_id, now)
    return id_


@dataclass(frozen=True, slots=True)
class Changed:
    """What a request to change did: what acts already, what waits under which proposal, and the entries' codes."""

    lowered: tuple[Change, ...]
    raised: tuple[Change, ...]
    proposal: str | None
    codes: tuple[str, ...]


def change(
    connection: Connection,
    caller: Caller,
    investor: str,
    wanted: Sequence[InvestorChange],
    reason: str,
    evidence: str,
    now: datetime,
) -> Changed:
    """Change an investor's file: what lowers acts now, what raises is proposed to a second person."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    _check(connection, caller, investor, wanted, reason, evidence, now)
    lowered, raised = [], []
    for each in wanted:
        _, old = store.current(connection, each, now)
        lower, higher = split(old, each, now)
        if lower is not None:
            lowered.append(lower)
        if higher is not None:
            raised.append(higher)
    if not lowered and not raised:
        raise Conflict(N_("This is on file already; nothing was changed."))
    private = {"reason": reason, "evidence": evidence}
    codes = []
    if lowered:
        event = caller.event(
            Kind.CLASSIFICATION_LOWERED,
            now,
            person=None,
            investor=investor,
            data={"changes": [to_data(each) for each in lowered]},
            private=private,
        )
        entry_id = append(connection, event)
        for each in lowered:
            apply(connection, each, entry_id, now)
            if isinstance(each, MandateChange) and not each.live:
                sessions.end(connection, now, person=each.person)
        codes.append(event.code)
    proposal = None
    if raised:
        proposed = propose(connection, caller, "classification", raised, {"investor": investor}, reason, evidence, now)
        proposal = proposed.id
        codes.append(proposed.code)
    return Changed(tuple(lowered), tuple(raised), proposal, tuple(codes))


def issue_link(connection: Connection, caller: Caller, person: str, token_hash: bytes, now: datetime) -> None:
    """Issue a one-time link by which a client sets a password. Staff links come of an approved staff proposal alone."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    account = sessions.account_of(connection, person, now)
    if account is None or account.role is not Role.CLIENT:
        raise NotFound(N_("There is no such client."))
    entry_id = append(connection, caller.event(Kind.ACTIVATION_LINK_ISSUED, now, person=person))
    sessions.put_link(connection, person=person, issued_by=caller.person, token_hash=token_hash, now=now, entry_id=entry_id)


@dataclass(frozen=True, slots=True)
class File:
    """Everything on file about one investor, for staff."""

    overview: Any
    mandates: list[Any]
    classifications: list[Any]
    standings: list[Any]
    waiting: list[Any]
    names: dict[str, str]


def view(connection: Connection, caller: Caller, investor: str, now: datetime) -> Asked[File]:
    """Look at one investor's file; who looked is recorded."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    overview = store.overview(connection, investor, now)
    if overview is None:
        raise NotFound(N_("There is no such investor."))
    waiting = proposals.about(connection, investor=investor)
    file = File(
        overview=overview,
        mandates=store.mandates_of(connection, now, investor=investor),
        classifications=store.classification_history(connection, investor),
        standings=store.standing_history(connection, investor),
        waiting=waiting,
        names=store.names(connection, [row.proposed_by for row in waiting]),
    )
    return Asked(file, (caller.event(Kind.INVESTOR_VIEWED, now, person=None, investor=investor),))


def _check(
    connection: Connection,
    caller: Caller,
    investor: str,
    wanted: Sequence[InvestorChange],
    reason: str,
    evidence: str,
    now: datetime,
) -> None:
    if not store.lock_investor(connection, investor) or any(each.investor != investor for each in wanted):
        raise NotFound(N_("There is no such investor."))
    concerned = {row.person_id for row in store.mandates_of(connection, now, investor=investor)}
    concerned |= {each.person for each in wanted if isinstance(each, MandateChange)}
    if caller.person in concerned:
        raise NotPermitted(N_("You act for this investor yourself, so others must change the file."))
    faults = _faults_of_text(reason=reason, evidence=evidence)
    for each in wanted:
        faults += _faults_of(connection, each, now)
    if faults:
        raise Invalid(*faults)


def _faults_of(connection: Connection, wanted: InvestorChange, now: datetime) -> list[Fault]:
    match wanted:
        case CategoryChange(before=before) | ClassChange(before=before) if before is not None and before <= now:
            return [Fault(N_("The last valid day must not lie in the past."), field="last_day")]
        case ClassChange() if wanted.investor_class.is_professional and (wanted.before is None or not wanted.ground.strip()):
            return [Fault(N_("A professional status needs its ground (article) and a last valid day."), field="ground")]
        case MandateChange() if store.person(connection, wanted.person) is None:
            return [Fault(N_("There is no such person."), field="person")]
        case LowestChange() | _:
            return []


def _faults_of_text(**texts: str) -> list[Fault]:
    limits = {"name": 100, "client_number": 40, "login": 80, "reason": 2000, "evidence": 200}
    faults = []
    for field, text in texts.items():
        if not text.strip():
            faults.append(Fault(N_("Please fill in this field."), field=field))
        elif len(text) > limits[field]:
            faults.append(Fault(N_("At most %(most)s characters fit here."), field=field, most=limits[field]))
        elif any(ord(character) < 32 and character not in "\n\r\t" for character in text):  # noqa: PLR2004  (control characters)
            faults.append(Fault(N_("This text has characters that cannot be printed."), field=field))
    return faults
