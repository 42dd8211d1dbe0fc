"""Importing people and classifications: handing a file in, looking at what it would change, confirming or discarding it.

What lowers acts once the import is confirmed. Everything that raises is one proposal, which another person decides.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.acts import importing
from gatekeeper.ledger.acts.importing import Progress, State, progress
from gatekeeper.ledger.acts.propose import propose
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, append
from gatekeeper.rules.errors import N_, Conflict, Invalid, NotFound, NotPermitted
from gatekeeper.rules.events import Kind
from gatekeeper.rules.importing.change import ImportChange
from gatekeeper.rules.parsing.texts import faults_of
from gatekeeper.rules.roles import Permission
from gatekeeper.store.accounts import sessions
from gatekeeper.store.base import new_id
from gatekeeper.store.clients import imports
from gatekeeper.store.clients.imports import Counts, Step

PAGE = 50
SAMPLES = 20
_LONGEST_NAME = 100
_NO_IMPORT = N_("There is no such import.")
_NOT_CHECKED = N_("This import cannot be confirmed or discarded, for it is not waiting for that.")
_NOT_YOURS = N_("Whoever handed the file in confirms or discards it.")
_NOTHING = N_("This file changes nothing. Discard the import.")


def start(connection: Connection, caller: Caller, file: Mapping[str, Any], reason: str, now: datetime) -> str:
    """Hand a file in that is kept already; the work process reads it. ``file`` has name, sha256 and size. Return the id."""
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    if faults := faults_of(reason=reason):
        raise Invalid(*faults)
    id_, name = new_id(), str(file["name"])[-_LONGEST_NAME:]
    event = caller.event(
        Kind.IMPORT_STARTED,
        now,
        person=None,
        investor=None,
        data={"import": id_, "sha256": file["sha256"], "size": file["size"]},
        private={"reason": reason, "file_name": name},
    )
    entry_id = append(connection, event)
    kept = {"file_name": name, "sha256": file["sha256"], "size": file["size"], "reason": reason.strip()}
    imports.put(connection, id=id_, **kept, asked_by=caller.person, asked_at=now, entry_id=entry_id)
    imports.ask(connection, id_, imports.CHECK, entry_id, now)
    return id_


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What came of confirming: how many rows lower, and the proposal that holds those that raise."""

    lowers: int
    proposal: str | None
    code: str


def confirm(connection: Connection, caller: Caller, id_: str, now: datetime) -> Confirmed:
    """Let what lowers act, and propose what raises."""
    found = _to_decide(connection, caller, id_, now)
    checked = found.told(Step.CHECKED)
    counts = {name: checked[name] for name in ("lowers", "raises", "digest")}
    if not counts["lowers"] and not counts["raises"]:
        raise Conflict(_NOTHING)
    data = {"import": id_, "sha256": found.row.sha256, **counts}
    event = caller.event(Kind.IMPORT_CONFIRMED, now, person=None, investor=None, data=data)
    proposal = _propose(connection, caller, found, checked, now) if counts["raises"] else None
    entry_id = importing.reach(connection, id_, Step.CONFIRMED, event, counts, proposal)
    if counts["lowers"]:
        imports.ask(connection, id_, imports.LOWER, entry_id, now)
    return Confirmed(counts["lowers"], proposal, event.code)


def _propose(connection: Connection, caller: Caller, found: Progress, checked: Mapping[str, Any], now: datetime) -> str:
    change = ImportChange(
        id=found.row.id,
        sha256=found.row.sha256,
        opened=checked["verdicts"]["NEW"],
        raised=checked["raises"],
        apart=checked["apart"],
        digest=checked["digest"],
    )
    evidence = f"{found.row.file_name} (SHA-256 {found.row.sha256[:16]}…)"
    return propose(connection, caller, "import", [change], {}, found.row.reason, evidence, now).id


def discard(connection: Connection, caller: Caller, id_: str, now: datetime) -> None:
    """Leave an import that was checked as it is: nothing of it ever acts."""
    found = _to_decide(connection, caller, id_, now)
    event = caller.event(Kind.IMPORT_DISCARDED, now, person=None, investor=None, data={"import": id_, "sha256": found.row.sha256})
    importing.reach(connection, id_, Step.DISCARDED, event, {})


def _to_decide(connection: Connection, caller: Caller, id_: str, now: datetime) -> Progress:
    sessions.require(connection, caller.person, caller.session, Permission.CHANGE_INVESTORS, now)
    row = imports.get(connection, id_, for_update=True)
    if row is None:
        raise NotFound(_NO_IMPORT)
    if row.asked_by != caller.person:
        raise NotPermitted(_NOT_YOURS)
    [found] = progress(connection, [row])
    if found.state is not State.CHECKED:
        raise Conflict(_NOT_CHECKED)
    return found


def listing(
    connection: Connection, caller: Caller, now: datetime, position: tuple[datetime, str] | None = None
) -> tuple[list[Progress], bool]:
    """The imports, the newest first, and whether there are older ones."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    rows = imports.newest(connection, PAGE + 1, position)
    return progress(connection, rows[:PAGE]), len(rows) > PAGE


@dataclass(frozen=True, slots=True)
class View:
    """One import with a page of its rows, what came of these, and the number after which more follow."""

    progress: Progress
    counts: Counts
    results: Mapping[tuple[str, str], int]
    only: str | None
    rows: Sequence[Any]
    done: Mapping[tuple[int, str], Any]
    following: int | None


def view(connection: Connection, caller: Caller, id_: str, only: str | None, after: int, now: datetime) -> Asked[View]:
    """Look at an import and a page of its rows; who looked is recorded, and at which rows."""
    found = _seen(connection, caller, id_, now)
    rows = imports.rows(connection, id_, after=after, limit=PAGE + 1, only=only) if found.state is not State.CHECKING else []
    shown = rows[:PAGE]
    following = shown[-1].number if len(rows) > PAGE else None
    done = imports.results_of(connection, id_, [row.number for row in shown])
    counts, results = imports.counts(connection, id_), imports.results(connection, id_)
    looked = {"import": id_, "rows": len(shown), "first": shown[0].number if shown else None, "only": only}
    event = caller.event(Kind.IMPORT_VIEWED, now, person=None, investor=None, data=looked)
    return Asked(View(found, counts, results, only, shown, done, following), (event,))


def piece(connection: Connection, id_: str, after: int, limit: int) -> tuple[list[Any], Mapping[tuple[int, str], Any]]:
    """The next rows of an import with what came of them, for a file that is being made. Nothing of it may leave unrecorded."""
    rows = imports.rows(connection, id_, after=after, limit=limit)
    return rows, imports.results_of(connection, id_, [row.number for row in rows])


def to_download(connection: Connection, caller: Caller, id_: str, now: datetime) -> Progress:
    """An import of which the result is wanted as a file; only once every row has its verdict."""
    found = _seen(connection, caller, id_, now)
    if found.state in (State.CHECKING, State.FAILED):
        raise Conflict(N_("This file has not been checked to its end, so there is no result yet."))
    return found


def downloaded(connection: Connection, caller: Caller, id_: str, made: Mapping[str, Any], now: datetime) -> Asked[str]:
    """Record a result file that is made and waits; return the entry's code."""
    _seen(connection, caller, id_, now)
    event = caller.event(Kind.IMPORT_DOWNLOADED, now, person=None, investor=None, data={"import": id_, **made})
    return Asked(event.code, (event,))


def _seen(connection: Connection, caller: Caller, id_: str, now: datetime) -> Progress:
    if caller.person:
        sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    row = imports.get(connection, id_)
    if row is None:
        raise NotFound(_NO_IMPORT)
    [found] = progress(connection, [row])
    return found
