"""An application for professional status as it is made: begun, filled in, proved, looked through, handed in.

A client makes it for the investor for whom he acts, a colleague for any other investor; class A goes by registration and is
entered by colleagues alone. Figures are personal: entries hold a commitment to them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.acts import acting, applying, evidence_files
from gatekeeper.ledger.acts.applying import Examined
from gatekeeper.ledger.acts.second_person import refuse_concerned
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.changing.stating import faults_of, parts_of, to_data
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.professional import Application, Evidence, class_of, grounds_for
from gatekeeper.rules.risk import InvestorClass
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.base import new_id
from gatekeeper.store.clients import investors as files
from gatekeeper.store.clients.evidence_files import Described
from gatekeeper.store.reading import access
from gatekeeper.store.suitability import applications as store

MOST_FILES = 40
"""The most files of one application."""
_UNDER_WAY = N_("An application of this investor is under way. It must end before another one begins.")


def begin(connection: Connection, caller: Caller, investor: str | None, ground: str, now: datetime) -> str:
    """Begin one; without ``investor`` for that for whom the caller acts. A renewal begins with what was stated last."""
    row, by_staff = _whose(connection, caller, investor, now), investor is not None
    files.lock_investor(connection, row.id)
    investor_class = class_of(ground)
    if ground not in grounds_for(row.kind):
        raise Invalid(Fault(N_("This ground is not open to this kind of investor."), field="ground"))
    if investor_class is InvestorClass.PROFESSIONAL_A and not by_staff:
        raise Invalid(
            Fault(N_("This ground goes by registration, which the firm enters. Please ask your contact."), field="ground")
        )
    if store.is_under_way(connection, row.id):
        raise Conflict(_UNDER_WAY)
    before = store.handed_in_before(connection, row.id, ground)
    id_ = new_id()
    data = {"application": id_, "ground": ground, "class": investor_class.value, "before": before.id if before else None}
    person = None if by_staff else caller.person
    event = caller.event(Kind.APPLICATION_STARTED, now, person=person, investor=row.id, data=data)
    entry_id = append(connection, event)
    what = {"investor_class": investor_class, "ground": ground, "by_staff": by_staff, "begun_at": now, "entry_id": entry_id}
    store.put_application(connection, id=id_, investor_id=row.id, person_id=caller.person, **what)
    if before is not None:
        _put_figures(connection, id_, store.stated(connection, before.id), entry_id, now)
    return id_


def _whose(connection: Connection, caller: Caller, investor: str | None, now: datetime) -> Any:
    if investor is None:
        return acting.investor_of(connection, caller, now)
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    row = files.investor(connection, investor)
    if row is None:
        raise NotFound(N_("There is no such investor."))
    refuse_concerned(connection, caller, investor, (), now)
    return row


def fill(connection: Connection, caller: Caller, application: str | None, today: date, now: datetime) -> Asked[Examined]:
    """The draft with all that was saved, and what the rules find of it so far."""
    row = applying.draft(connection, caller, application, now)
    found = applying.examined(connection, row, today, now)
    return Asked(found, (applying.event(caller, Kind.APPLICATION_VIEWED, row, now, {"page": "draft"}),))


def save(connection: Connection, caller: Caller, application: str | None, stated: Application, now: datetime) -> None:
    """Save what is stated; only what the ground asks for is kept. The same once more changes nothing."""
    row = applying.draft(connection, caller, application, now)
    if faults := faults_of(stated):
        raise Invalid(*faults)
    parts = parts_of(row.ground, row.kind)
    data = {name: value for name, value in to_data(stated).items() if name in parts}
    if data == store.stated(connection, row.id):
        return
    event = applying.event(caller, Kind.APPLICATION_SAVED, row, now, {}, figures=_json(data))
    _put_figures(connection, row.id, data, append(connection, event), now)


def _put_figures(connection: Connection, application: str, data: dict[str, Any], entry_id: int, now: datetime) -> None:
    store.put_figures(connection, application_id=application, stated=_json(data), saved_at=now, entry_id=entry_id)


def attach(
    connection: Connection,
    caller: Caller,
    application: str | None,
    kind: Evidence | None,
    handed: Sequence[Described],
    now: datetime,
) -> None:
    """Put files to the draft as evidence of a kind. Their bytes are kept already."""
    row = applying.draft(connection, caller, application, now)
    if kind is None:
        raise Invalid(Fault(N_("Please choose what the files are."), field="kind"))
    if not handed:
        raise Invalid(Fault(N_("Please choose at least one file."), field="files"))
    if len(store.evidence(connection, row.id)) + len(handed) > MOST_FILES:
        raise Invalid(Fault(N_("At most %(most)s files belong to one application."), field="files", most=MOST_FILES))
    ids = [evidence_files.keep(connection, caller, row.investor_id, each, now) for each in handed]
    event = applying.event(caller, Kind.APPLICATION_ATTACHED, row, now, {"kind": kind.value, "files": ids})
    entry_id = append(connection, event)
    for each in ids:
        _put_evidence(connection, row, each, kind, entry_id, now, live=True)


def detach(connection: Connection, caller: Caller, application: str | None, file: str, now: datetime) -> None:
    """Take a file out of the draft. It stays on file, but is no evidence of this application any more."""
    row = applying.draft(connection, caller, application, now)
    found = next((each for each in store.evidence(connection, row.id) if each.id == file), None)
    if found is None:
        raise NotFound(N_("There is no such file."))
    event = applying.event(caller, Kind.APPLICATION_DETACHED, row, now, {"kind": found.kind, "files": [file]})
    _put_evidence(connection, row, file, Evidence(found.kind), append(connection, event), now, live=False)


def _put_evidence(
    connection: Connection, row: Any, file: str, kind: Evidence, entry_id: int, now: datetime, *, live: bool
) -> None:
    columns = {"file_id": file, "kind": kind.value, "live": live, "at": now, "entry_id": entry_id}
    store.put_evidence(connection, application_id=row.id, **columns)


def hand_in(
    connection: Connection, caller: Caller, application: str | None, today: date, now: datetime, *, declared: bool
) -> str:
    """Hand the draft in, complete with its evidence; return its id. Whether the needs are met is for the firm to say."""
    row = applying.draft(connection, caller, application, now)
    files.lock_investor(connection, row.investor_id)
    if store.is_under_way(connection, row.investor_id):
        raise Conflict(_UNDER_WAY)
    found = applying.examined(connection, row, today, now)
    if found.now is None:
        raise found.problem or Conflict(_UNDER_WAY)
    faults = [Fault(N_("Some evidence is still lacking. Please add it first."), field="files")] if found.lacking else []
    if not declared:
        faults.append(Fault(N_("Please confirm that what is stated is true."), field="declared"))
    if faults:
        raise Invalid(*faults)
    policy = access.current_policy(connection, now)
    if policy is None:
        raise Conflict(N_("No policy is in force."))
    needs = {each.need.value: each.met for alternatives in found.now.needs for each in alternatives}
    data = {"ground": row.ground, "met": found.now.met, "needs": needs, "files": [each.id for each in found.files]}
    stated = _json(to_data(found.stated))
    event = applying.event(caller, Kind.APPLICATION_HANDED_IN, row, now, data, figures=stated)
    applying.begin_steps(connection, caller, row, policy[0], today, append(connection, event), now)
    return str(row.id)


def _json(data: dict[str, Any]) -> str:
    return json.dumps(data, sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a colleague may apply for on behalf of an investor: the grounds open to its kind."""

    investor: Any
    grounds: tuple[str, ...]
    is_under_way: bool


def choice(connection: Connection, caller: Caller, investor: str, now: datetime) -> Asked[Choice]:
    """The grounds on which a colleague may apply for an investor; the look is recorded."""
    row = _whose(connection, caller, investor, now)
    event = caller.event(Kind.APPLICATION_VIEWED, now, person=None, investor=investor, data={"page": "grounds"})
    found = Choice(investor=row, grounds=grounds_for(row.kind), is_under_way=store.is_under_way(connection, investor))
    return Asked(found, (event,))
