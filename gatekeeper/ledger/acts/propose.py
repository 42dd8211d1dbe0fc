"""Writing a proposal and its entry: the same for investors' files, publications and staff."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.changes import Change, to_data
from gatekeeper.rules.errors import N_, Conflict
from gatekeeper.rules.events import Kind
from gatekeeper.store import proposals
from gatekeeper.store.base import new_id
from gatekeeper.store.clients import investors

_PROPOSED = {
    "classification": Kind.CLASSIFICATION_PROPOSED,
    "publication": Kind.PUBLICATION_PROPOSED,
    "service": Kind.SERVICE_PROPOSED,
    "staff": Kind.STAFF_PROPOSED,
    "policy": Kind.POLICY_PROPOSED,
    "questionnaire": Kind.QUESTIONNAIRE_PROPOSED,
    "statement": Kind.STATEMENT_PROPOSED,
    "import": Kind.IMPORT_PROPOSED,
}
_TWICE = N_("The same change has been proposed already and waits for approval.")


@dataclass(frozen=True, slots=True)
class Proposed:
    """A proposal that now waits, and its entry's code."""

    id: str
    code: str


def propose(
    connection: Connection,
    caller: Caller,
    kind: str,
    wanted: Sequence[Change],
    subject: Mapping[str, str],
    reason: str,
    evidence: str,
    now: datetime,
) -> Proposed:
    """Write changes that wait for a second person. ``subject`` names investor, person, or version with its report."""
    changes = [to_data(each) for each in wanted]
    payload = json.dumps(changes, sort_keys=True, ensure_ascii=False)
    digest = sha256(payload.encode()).hexdigest()
    if proposals.pending(connection, digest):
        raise Conflict(_TWICE)
    id_ = new_id()
    event = caller.event(
        _PROPOSED[kind],
        now,
        person=subject.get("person"),
        investor=subject.get("investor"),
        report=subject.get("report"),
        data={"proposal": id_, "changes": changes},
        private={"reason": reason, "evidence": evidence},
    )
    columns: dict[str, Any] = {f"{name}_id": subject.get(name) for name in ("investor", "person", "version")}
    entry_id = append(connection, event)
    try:
        proposals.put(
            connection,
            id=id_,
            kind=kind,
            **columns,
            payload=payload,
            payload_sha256=digest,
            base=json.dumps([investors.current(connection, each, now)[0] for each in wanted]),
            reason=reason,
            evidence=evidence,
            proposed_by=caller.person,
            proposed_at=now,
            entry_id=entry_id,
        )
    except IntegrityError as error:
        raise Conflict(_TWICE) from error
    return Proposed(id_, event.code)
