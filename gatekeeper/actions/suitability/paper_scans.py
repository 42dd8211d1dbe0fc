"""The scans that wait to be typed: handed in at once, shown page by page, set aside where they are none."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.acts import paper_queue
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.base import new_id
from gatekeeper.store.clients.evidence_files import Described
from gatekeeper.store.suitability import papers

MOST = 100
"""The most scans that are handed in at once, so that one entry holds them."""
SHOWN = 200


@dataclass(frozen=True, slots=True)
class Queue:
    """The scans that wait, and the next one that the caller handed in; None where none of theirs waits."""

    scans: list[Any]
    following: Any


def queue(connection: Connection, caller: Caller, now: datetime) -> Asked[Queue]:
    """What waits to be typed; who looked is recorded."""
    sessions.require(connection, caller.person, caller.session, Permission.ENTER_ASSESSMENTS, now)
    found = Queue(papers.waiting(connection, SHOWN), papers.following(connection, caller.person or ""))
    return Asked(found, (_event(caller, Kind.PAPER_VIEWED, now, {"waiting": len(found.scans)}),))


def receive(connection: Connection, caller: Caller, files: Sequence[Described], now: datetime) -> int:
    """Write that scans wait, in the order in which they came; return how many. Their bytes are kept by the door before."""
    sessions.require(connection, caller.person, caller.session, Permission.ENTER_ASSESSMENTS, now)
    if not files:
        raise Invalid(Fault(N_("Please choose the scans first."), field="files"))
    if len(files) > MOST:
        raise Invalid(Fault(N_("At most %(most)s scans can be handed in at once."), field="files", most=MOST))
    ids = [new_id() for _ in files]
    said = [{"scan": id_, "sha256": each.sha256, "pages": each.pages} for id_, each in zip(ids, files, strict=True)]
    private = {"file_name": "\n".join(each.name for each in files)}
    entry_id = append(connection, _event(caller, Kind.PAPER_RECEIVED, now, {"scans": said}, private))
    common = {"received_by": caller.person, "received_at": now, "entry_id": entry_id}
    for position, (id_, each) in enumerate(zip(ids, files, strict=True)):
        papers.put_scan(connection, id=id_, position=position, **asdict(each), **common)
    return len(files)


def look(connection: Connection, caller: Caller, id_: str, page: int, now: datetime) -> Asked[Any]:
    """The row of a scan that waits, to show a page of it."""
    sessions.require(connection, caller.person, caller.session, Permission.ENTER_ASSESSMENTS, now)
    row = papers.scan(connection, id_)
    if row is None:
        raise NotFound(paper_queue.GONE)
    return Asked(row, (_event(caller, Kind.PAPER_VIEWED, now, {"scan": id_, "page": page}),))


def beside(connection: Connection, caller: Caller, id_: str, now: datetime) -> Asked[Any]:
    """The scan beside which somebody is about to type; None where there is none."""
    sessions.require(connection, caller.person, caller.session, Permission.ENTER_ASSESSMENTS, now)
    row = papers.scan(connection, id_) if id_ else None
    if id_ and row is None:
        raise Conflict(paper_queue.GONE)
    return Asked(row, (_event(caller, Kind.PAPER_VIEWED, now, {"scan": id_ or None}),))


def following(connection: Connection, caller: Caller) -> str | None:
    """The next scan that waits of those that the caller handed in."""
    row = papers.following(connection, caller.person or "")
    return row.id if row is not None else None


def set_aside(connection: Connection, caller: Caller, id_: str, now: datetime) -> None:
    """Let a scan wait no more that is none: a blank sheet, another paper, one that came twice. It stays on file."""
    sessions.require(connection, caller.person, caller.session, Permission.ENTER_ASSESSMENTS, now)
    if papers.scan(connection, id_) is None:
        raise Conflict(paper_queue.GONE)
    entry_id = append(connection, _event(caller, Kind.PAPER_DISMISSED, now, {"scan": id_}))
    paper_queue.end(connection, caller, id_, entry_id, now)


def _event(caller: Caller, kind: Kind, now: datetime, data: dict[str, Any], private: dict[str, str] | None = None) -> Any:
    return caller.event(kind, now, person=None, investor=None, data=data, private=private)
