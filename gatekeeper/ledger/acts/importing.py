"""How far an import is, and writing that it went a step further, for those who ask for it and for those who do it."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.record import Event, append
from gatekeeper.store.clients import imports
from gatekeeper.store.clients.imports import Step


class State(StrEnum):
    """How far an import is."""

    CHECKING = "CHECKING"
    FAILED = "FAILED"
    CHECKED = "CHECKED"
    DISCARDED = "DISCARDED"
    LOWERING = "LOWERING"
    WAITING = "WAITING"
    REJECTED = "REJECTED"
    WITHDRAWN = "WITHDRAWN"
    RAISING = "RAISING"
    FINISHED = "FINISHED"


_BY_STEP = {Step.FAILED: State.FAILED, Step.DISCARDED: State.DISCARDED, Step.FINISHED: State.FINISHED}
_LEFT = dict.fromkeys(("WITHDRAWN", "EXPIRED"), State.WITHDRAWN)
_BY_PROPOSAL = {"PENDING": State.WAITING, "APPROVED": State.RAISING, "REJECTED": State.REJECTED, **_LEFT}
RUNS = frozenset({State.CHECKING, State.LOWERING, State.RAISING})
"""While the work process has something to do."""


@dataclass(frozen=True, slots=True)
class Progress:
    """One import: its row, the steps it reached, and its newest job."""

    row: Any
    steps: Mapping[Step, Any]
    job: Any

    @property
    def state(self) -> State:
        """How far it is."""
        if ended := next((_BY_STEP[step] for step in _BY_STEP if step in self.steps), None):
            return ended
        confirmed = self.steps.get(Step.CONFIRMED)
        if confirmed is None:
            return State.CHECKED if Step.CHECKED in self.steps else State.CHECKING
        if self.told(Step.CONFIRMED)["lowers"] and Step.LOWERED not in self.steps:
            return State.LOWERING
        return _BY_PROPOSAL.get(confirmed.proposal_state, State.LOWERING)

    @property
    def proposal(self) -> str | None:
        """The proposal with what raises, if there is one."""
        confirmed = self.steps.get(Step.CONFIRMED)
        return confirmed.proposal_id if confirmed is not None else None

    def told(self, step: Step) -> dict[str, Any]:
        """What was told of a step that was reached."""
        found: dict[str, Any] = json.loads(self.steps[step].data)
        return found


def progress(connection: Connection, rows: Collection[Any]) -> list[Progress]:
    """How far imports are, in their order."""
    ids = [row.id for row in rows]
    steps, jobs = imports.steps(connection, ids), imports.jobs_of(connection, ids)
    return [Progress(row, steps[row.id], jobs.get(row.id)) for row in rows]


def reach(
    connection: Connection, id_: str, step: Step, event: Event, told: Mapping[str, Any], proposal: str | None = None
) -> int:
    """Write the entry of a step, and the step; return the entry's id."""
    entry_id = append(connection, event)
    data = json.dumps(dict(told), sort_keys=True, ensure_ascii=False)
    columns = {"import_id": id_, "step": step.value, "data": data, "proposal_id": proposal, "at": event.at, "entry_id": entry_id}
    imports.put_step(connection, **columns)
    return entry_id


def is_lowering(connection: Connection, id_: str) -> bool:
    """Whether what lowers in an import still takes effect."""
    row = imports.get(connection, id_)
    return row is not None and progress(connection, [row])[0].state is State.LOWERING


def digest_of_raising(connection: Connection, id_: str) -> str:
    """The digest over all rows that raise, in the order of the file: what a proposal is held against."""
    found = sha256()
    for each in imports.raising_digests(connection, id_):
        found.update(each.encode())
    return found.hexdigest()


def digest_of_row(number: int, verdict: str, content: str, *ids: str | None) -> str:
    """The digest of one row as it was checked."""
    return sha256("\n".join((str(number), verdict, *(each or "" for each in ids), content)).encode()).hexdigest()
