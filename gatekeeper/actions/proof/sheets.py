"""Sheets for a court: what the ledger holds of one acceptance, put together, and recorded before anybody has it."""

import json
from base64 import b64encode
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.files.made.court import Acceptance
from gatekeeper.ledger import tree
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.consent import Asking
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.merkle import leaf_hash
from gatekeeper.rules.reading.codes import CROCKFORD
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.clients import investors
from gatekeeper.store.proof import court, entries
from gatekeeper.store.publishing import library
from gatekeeper.store.reading import words

_SYSTEMS = {"operator": N_("Operator at the command line"), "system": N_("The system itself")}


def acceptance(connection: Connection, caller: Caller, code: str, now: datetime) -> Acceptance:
    """Everything about one acceptance, by its entry's code. Nothing of it may leave before ``sent`` is recorded."""
    _admit(connection, caller, now)
    kept = "".join(each for each in code.lower() if each in CROCKFORD)
    row = next((each for each in entries.by_code(connection, kept) if each.kind == Kind.STATEMENT_ACCEPTED.value), None)
    if row is None:
        raise NotFound(N_("No acceptance has the code %(code)s."), code=code[:40])
    data = json.loads(row.leaf)["data"]
    accepted = words.accepted(connection, data["serving"])
    if accepted is None:
        raise NotFound(N_("No acceptance has the code %(code)s."), code=code[:40])
    private = entries.private_of(connection, row.id)
    session = court.session_of(connection, data["serving"])
    index, checkpoint = _sealed(connection, row.id)
    return Acceptance(
        code=row.code,
        log=row.log,
        fingerprint=b64encode(leaf_hash(row.leaf)).decode(),
        **_whose(connection, row),
        report=library.named(connection, [accepted.version_id])[accepted.version_id].title,
        report_id=accepted.report_id,
        served_at=accepted.served_at,
        served_code=entries.codes(connection, [data["served_entry"]]).get(data["served_entry"], ""),
        accepted_at=accepted.accepted_at,
        recorded_at=row.recorded_at,
        in_full=accepted.asking == Asking.FULL.value,
        end_reached=accepted.end_reached,
        scripted=bool(data.get("scripted", True)),
        language=accepted.language,
        words=accepted.text,
        words_sha256=accepted.words_sha256,
        policy=row.policy or "",
        address=private.get("address", ""),
        device=private.get("device", ""),
        signed_in_at=session.created_at if session else None,
        signed_in_code=session.code if session else "",
        **_link(connection, row.person, accepted.accepted_at),
        checkpoint=checkpoint,
        leaf_index=index,
    )


def _whose(connection: Connection, row: Any) -> dict[str, Any]:
    person, investor = entries.person_of(connection, row.person), entries.investor_of(connection, row.investor)
    return {
        "person": person.name if person else row.person,
        "login": person.detail if person else "",
        "investor": investor.name if investor else row.investor,
        "client_number": investor.detail if investor else "",
    }


def _link(connection: Connection, person: str, before: datetime) -> dict[str, Any]:
    """The activation link before it; accounts from before links, and those made in tests, have none."""
    link = court.link_of(connection, person, before)
    if link is None:
        return {"link_issued_at": None, "link_issued_by": "", "link_code": "", "link_used_at": None}
    issuer = investors.names(connection, [link.issued_by]).get(link.issued_by) if link.issued_by else None
    by = issuer or _SYSTEMS.get(link.actor, link.actor)
    return {"link_issued_at": link.issued_at, "link_issued_by": by, "link_code": link.code, "link_used_at": link.used_at}


def _sealed(connection: Connection, entry_id: int) -> tuple[int | None, str | None]:
    """The entry's place in the log and the first signed checkpoint that covers it, as far as there are."""
    place = tree.leaf_of(connection, entry_id)
    if place is None:
        return None, None
    found = tree.first_checkpoint(connection, place[0], place[1] + 1)
    return place[1], found.note if found is not None else None


def sent(connection: Connection, caller: Caller, found: Acceptance, form: str, sha256: str, now: datetime) -> Asked[str]:
    """Record a sheet that is made and waits; return the entry's code. No byte of it may leave before it is durable."""
    _admit(connection, caller, now)
    data = {"sheet": "acceptance", "format": form, "rows": 1, "first": found.code, "last": found.code, "sha256": sha256}
    event = caller.event(Kind.LEDGER_EXPORTED, now, person=None, data=data)
    return Asked(event.code, (event,))


def _admit(connection: Connection, caller: Caller, now: datetime) -> None:
    """Check the reader again. An operator reads without a person of ours."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
