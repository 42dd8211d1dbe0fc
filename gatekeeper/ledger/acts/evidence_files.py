"""Keeping a file that proves something about an investor: the entry, then the row. Its bytes are kept by the door before."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import append
from gatekeeper.rules.events import Kind
from gatekeeper.store.base import new_id
from gatekeeper.store.clients import evidence_files
from gatekeeper.store.clients.evidence_files import Described


def keep(connection: Connection, caller: Caller, investor: str, file: Described, now: datetime) -> str:
    """Write that a file about an investor was handed in; return its id. Whether the caller may is for the act that asks."""
    id_, said = new_id(), asdict(file)
    private = {"file_name": said.pop("name")}
    event = caller.event(Kind.EVIDENCE_FILE_STORED, now, investor=investor, data={"file": id_, **said}, private=private)
    entry_id = append(connection, event)
    whose = {"investor_id": investor, "kept_by": caller.person, "kept_at": now, "entry_id": entry_id}
    evidence_files.put(connection, file, id=id_, **whose)
    return id_
