"""Taking a part of the log out of the house as evidence. The file is made first, then recorded, and only then it is there."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.proof.filtering import Filter


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """What a finished file holds. ``size`` is the checkpoint's; ``whole`` are the first and the last place of a whole range."""

    form: str
    size: int
    rows: int
    sha256: str
    first: str | None = None
    last: str | None = None
    whole: tuple[int, int] | None = None
    opened: Sequence[str] = ()
    openings: int = 0


def told(wanted: Filter) -> dict[str, Any]:
    """A filter as plain words and numbers, without what it leaves open."""
    said = {name: value for name, value in asdict(wanted).items() if value}
    return {name: value if isinstance(value, (str, int, tuple)) else str(value) for name, value in said.items()}


def exported(connection: Connection, caller: Caller, wanted: Filter, taken: Taken, now: datetime) -> Asked[str]:
    """Record what was taken; return the entry's code. The file may bear its name only once this is durable."""
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.SEARCH_LEDGER, now)
    data: dict[str, Any] = {"format": taken.form, "size": taken.size, "rows": taken.rows, "sha256": taken.sha256}
    data |= {"first": taken.first, "last": taken.last}
    if taken.whole:
        data["whole"] = list(taken.whole)
    if taken.opened:
        data |= {"opened": list(taken.opened), "openings": taken.openings}
    said = told(wanted)
    private = {"filter": json.dumps(said, ensure_ascii=False, sort_keys=True)} if said else {}
    event = caller.event(Kind.EVIDENCE_EXPORTED, now, person=None, data=data, private=private)
    return Asked(event.code, (event,))
