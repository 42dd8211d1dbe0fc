"""An investor's whole file: every dated row with who wrote it and why, the persons' accounts, and what waits."""

import json
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, select
from sqlalchemy.orm import aliased

from gatekeeper.rules.changes import Change
from gatekeeper.rules.events import Kind
from gatekeeper.rules.facts import InvestorFacts
from gatekeeper.store.accounts.people import Classification, Investor, Mandate, Person, RoleGrant, StandingRow
from gatekeeper.store.base import NOW, current_id
from gatekeeper.store.clients.stated import classification_of, mandate_of, standing_of
from gatekeeper.store.proof.ledger import LedgerEntry, LedgerPrivate
from gatekeeper.store.proposals import Proposal
from gatekeeper.store.reading.access import investor_facts

_DATED: tuple[tuple[type[Any], Any], ...] = (
    (Classification, classification_of),
    (StandingRow, standing_of),
    (Mandate, mandate_of),
)


@dataclass(frozen=True, slots=True)
class Written:
    """The entry that wrote a row: its code and time, who acted, who had proposed it, and the words kept with it."""

    code: str
    at: datetime
    kind: str
    actor: str
    proposed_by: str | None
    reason: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a file's history: what was put on file by which entry, and what it marked as an error.

    ``in_error`` says of each of the changes whether it was marked as an error since.
    """

    written: Written
    changes: tuple[Change, ...]
    in_error: tuple[bool, ...]
    corrected: tuple[Change, ...]


def history(connection: Connection, investor: str) -> list[Step]:
    """Everything that was ever put on file about an investor, newest first; the beginning of the file has no changes."""
    stated: dict[int, list[tuple[Change, bool]]] = {}
    marks: dict[int, list[Change]] = {}
    for table, read in _DATED:
        marker = aliased(table)  # not joined: with its statistics SQLite would walk the whole table to the join
        marked = select(marker.id).where(marker.corrects_id == table.id).scalar_subquery()
        query = select(table.__table__, marked.label("marked_by")).where(table.investor_id == investor).order_by(table.id)
        for row in connection.execute(query):
            if row.corrects_id is not None:  # a mark repeats what the wrong row says
                marks.setdefault(row.entry_id, []).append(read(row))
                continue
            stated.setdefault(row.entry_id, []).append((read(row), row.marked_by is not None))
    begun = connection.execute(select(Investor.entry_id).where(Investor.id == investor)).scalar_one()
    written = _written(connection, {begun, *stated, *marks})
    return [
        Step(
            written=written[entry_id],
            changes=tuple(change for change, _ in stated.get(entry_id, [])),
            in_error=tuple(in_error for _, in_error in stated.get(entry_id, [])),
            corrected=tuple(marks.get(entry_id, [])),
        )
        for entry_id in sorted(written, reverse=True)
    ]


def _aspect(name: str) -> Any:
    return current_id(Classification, NOW, (Classification.investor_id, bindparam("investor")), (Classification.aspect, name))


_STATE = select(*map(_aspect, ("CLASS", "CATEGORY", "LOWEST")))


def state(connection: Connection, investor: str, now: datetime) -> str:
    """A word that is another one as soon as another row classifies the investor."""
    found = connection.execute(_STATE, {"investor": investor, "now": now}).one()
    return sha256(repr(tuple(found)).encode()).hexdigest()[:16]


def _written(connection: Connection, entry_ids: Collection[int]) -> dict[int, Written]:
    kept: dict[int, dict[str, str]] = {}
    private = select(LedgerPrivate.entry_id, LedgerPrivate.field, LedgerPrivate.value)
    named = LedgerPrivate.field.in_(("reason", "evidence"))
    for row in connection.execute(private.where(LedgerPrivate.entry_id.in_(entry_ids), named)):
        kept.setdefault(row.entry_id, {})[row.field] = row.value
    proposals = {
        row.decided_entry_id: row
        for row in connection.execute(select(Proposal.__table__).where(Proposal.decided_entry_id.in_(entry_ids)))
    }
    imported = case((LedgerEntry.kind == Kind.INVESTOR_IMPORTED.value, LedgerEntry.leaf)).label("imported")
    columns = (LedgerEntry.id, LedgerEntry.code, LedgerEntry.at, LedgerEntry.kind, LedgerEntry.actor, imported)
    return {
        row.id: _one(row, kept.get(row.id, {}), proposals.get(row.id))
        for row in connection.execute(select(*columns).where(LedgerEntry.id.in_(entry_ids)))
    }


def _one(entry: Any, kept: dict[str, str], proposal: Any) -> Written:
    """Of what was proposed and approved, the proposer's reason and evidence are what the change rests on.

    Of a file that was imported one proposal holds many investors, so each one's entry itself says who proposed it.
    """
    proposed_by = json.loads(entry.imported)["data"]["proposed_by"] if entry.imported else None
    return Written(
        code=entry.code,
        at=entry.at,
        kind=entry.kind,
        actor=entry.actor,
        proposed_by=proposal.proposed_by if proposal else proposed_by,
        reason=proposal.reason if proposal else kept.get("reason", ""),
        evidence=proposal.evidence if proposal else kept.get("evidence", ""),
    )


_ACCOUNTS = select(
    Person.id,
    Person.name,
    Person.login,
    Person.password_hash.is_not(None).label("active"),
    RoleGrant.role,
    RoleGrant.live,
    RoleGrant.valid_before,
).join(RoleGrant, RoleGrant.id == current_id(RoleGrant, NOW, (RoleGrant.person_id, Person.id)))


def accounts(connection: Connection, persons: Iterable[str], now: datetime) -> dict[str, Any]:
    """The accounts of persons by id: name and login, whether a password is set, role, whether it is live and until when."""
    rows = connection.execute(_ACCOUNTS.where(Person.id.in_(list(persons))), {"now": now})
    return {row.id: row for row in rows}


def waiting_for(connection: Connection, investors: Iterable[str]) -> dict[str, int]:
    """How many proposals wait about each of these investors."""
    query = (
        select(Proposal.investor_id, func.count().label("number"))
        .where(Proposal.investor_id.in_(list(investors)), Proposal.state == "PENDING")
        .group_by(Proposal.investor_id)
    )
    return {row.investor_id: row.number for row in connection.execute(query)}


def facts(overview: Any) -> InvestorFacts:
    """What a decision would know of an investor, from a row of ``investors.overview``."""
    return investor_facts(overview, overview.standing_id)
