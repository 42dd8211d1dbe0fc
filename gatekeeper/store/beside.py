"""What a proposal is held against before somebody approves it: read as it is asked for, or for a page of proposals at once."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Connection, and_, or_, select
from sqlalchemy.orm import aliased

from gatekeeper.rules.changes import (
    CategoryChange,
    Change,
    ClassChange,
    LowestChange,
    MandateChange,
    ObjectivesChange,
    PublicationChange,
    StandingChange,
)
from gatekeeper.rules.grading.catalogue import Catalogue
from gatekeeper.rules.policy import OPEN_DAYS
from gatekeeper.store import proposals
from gatekeeper.store.accounts.people import Classification, Mandate, ObjectivesRow, StandingRow
from gatekeeper.store.base import states
from gatekeeper.store.clients import contacts, investors
from gatekeeper.store.clients.stated import classification_of, mandate_of, objectives_of, standing_of
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.publishing import duplicates, findings, library
from gatekeeper.store.publishing import versions as releases
from gatekeeper.store.publishing.duplicates import Duplicate
from gatekeeper.store.publishing.reports import Publication
from gatekeeper.store.reading.access import current_policy
from gatekeeper.store.suitability import applications, assessments


def open_days(connection: Connection, now: datetime) -> int:
    """For how many days a proposal waits for its second person, by the policy in force."""
    found = current_policy(connection, now)
    return found[1].open_days if found else OPEN_DAYS


class Beside:
    """Beside one proposal: each question is a statement."""

    def __init__(self, connection: Connection, now: datetime) -> None:
        self._connection, self._now = connection, now

    @cached_property
    def open_days(self) -> int:
        """For how many days a proposal waits, by the policy in force."""
        return open_days(self._connection, self._now)

    @cached_property
    def catalogue(self) -> Catalogue | None:
        """Which grade a report has at least by what it covers, by the policy in force."""
        found = current_policy(self._connection, self._now)
        return found[1].catalogue if found else None

    def acting_for(self, investor: str) -> frozenset[str]:
        """Who acts for an investor."""
        return frozenset(row.person_id for row in investors.mandates_of(self._connection, self._now, investor=investor))

    def has_lowered(self, proposal: Any) -> bool:
        """Whether the act that made a proposal lowered something too."""
        return proposals.has_lowered(self._connection, proposal)

    def assessment(self, proposal: Any) -> Any:
        """The assessment whose result waits under a proposal, or None."""
        return assessments.of_proposals(self._connection, [proposal.id]).get(proposal.id)

    def handled(self, proposal: Any) -> frozenset[str]:
        """Who has handled the application behind a proposal; nobody where there is none."""
        return applications.handlers(self._connection, [proposal.id]).get(proposal.id, frozenset())

    def is_contact(self, person: str, investor: str) -> bool:
        """Whether somebody is named as an investor's contact."""
        return investor in contacts.contact_of(self._connection, person, [investor], self._now)

    def current(self, wanted: Change) -> tuple[int | None, Change | None]:
        """The row and the value that a change would replace."""
        return investors.current(self._connection, wanted, self._now)

    def version(self, id_: str) -> Any:
        """One version's metadata."""
        return library.version(self._connection, id_)

    def is_approved(self, version: str) -> bool:
        """Whether a version was approved for release."""
        return library.approved_version(self._connection, version) is not None

    def stopped_by(self, version: str) -> int | None:
        """The entry by which the report of a version was stopped last."""
        return releases.stops(self._connection, [version]).get(version)

    def duplicates(self, version: str) -> list[Duplicate]:
        """The earlier reports that a version repeats."""
        return duplicates.of(self._connection, [version]).get(version, [])

    def findings(self, version: str) -> list[Any]:
        """What a careful person would raise about a version."""
        return findings.open_in(self._connection, [version], self._now)


Key = tuple[str, ...]
"""What tells the current row of one fact from others."""


class BesideMany(Beside):
    """Beside many proposals: as many statements for thirty as for one."""

    def __init__(self, connection: Connection, now: datetime, rows: Sequence[Any], wanted: Iterable[Change]) -> None:
        super().__init__(connection, now)
        changes = list(wanted)
        concerned = sorted({row.investor_id for row in rows if row.investor_id})
        versions = sorted({each.version for each in changes if isinstance(each, PublicationChange)})
        self._acting = investors.acting_for(connection, concerned, now)
        self._lowered = _lowered(connection, [row for row in rows if row.investor_id])
        self._handlers = applications.handlers(connection, [row.id for row in rows if row.investor_id])
        self._concerned = concerned
        self._contacts: dict[str, frozenset[str]] = {}
        self._current = currents(connection, changes, now)
        self._assessments = assessments.of_proposals(connection, [row.id for row in rows if row.investor_id])
        self._versions = {row.version: row for row in library.versions(connection, versions)}
        self._bases = releases.bases(connection, versions)
        self._stops = releases.stops(connection, versions)
        approved = select(Publication.version_id).where(Publication.version_id.in_(versions))
        self._approved = set(connection.execute(approved).scalars()) if versions else set()
        self._duplicates = duplicates.of(connection, versions)
        self._findings: dict[str, list[Any]] = {}
        for row in findings.open_in(connection, versions, now):
            self._findings.setdefault(row.version_id, []).append(row)

    def acting_for(self, investor: str) -> frozenset[str]:
        """Who acts for an investor."""
        return self._acting.get(investor, frozenset())

    def has_lowered(self, proposal: Any) -> bool:
        """Whether the act that made a proposal lowered something too."""
        return (proposal.investor_id, proposal.proposed_at) in self._lowered

    def assessment(self, proposal: Any) -> Any:
        """The assessment whose result waits under a proposal, or None."""
        return self._assessments.get(proposal.id)

    def handled(self, proposal: Any) -> frozenset[str]:
        """Who has handled the application behind a proposal; nobody where there is none."""
        return self._handlers.get(proposal.id, frozenset())

    def is_contact(self, person: str, investor: str) -> bool:
        """Whether somebody is named as an investor's contact."""
        if person not in self._contacts:
            self._contacts[person] = contacts.contact_of(self._connection, person, self._concerned, self._now)
        return investor in self._contacts[person]

    def current(self, wanted: Change) -> tuple[int | None, Change | None]:
        """The row and the value that a change would replace."""
        if isinstance(wanted, PublicationChange):
            return self._bases.get(wanted.version), None
        key = key_of(wanted)
        return self._current.get(key, (None, None)) if key else super().current(wanted)

    def version(self, id_: str) -> Any:
        """One version's metadata."""
        return self._versions.get(id_)

    def is_approved(self, version: str) -> bool:
        """Whether a version was approved for release."""
        return version in self._approved

    def stopped_by(self, version: str) -> int | None:
        """The entry by which the report of a version was stopped last."""
        return self._stops.get(version)

    def duplicates(self, version: str) -> list[Duplicate]:
        """The earlier reports that a version repeats."""
        return self._duplicates.get(version, [])

    def findings(self, version: str) -> list[Any]:
        """What a careful person would raise about a version."""
        return self._findings.get(version, [])


def key_of(wanted: Change) -> Key | None:
    """What tells the current row of a change from others: the key under which its own table keeps it; None for other tables."""
    match wanted:
        case ClassChange() | CategoryChange() | LowestChange():
            return type(wanted).__name__, wanted.investor
        case ObjectivesChange():
            return "objectives", wanted.investor
        case StandingChange():
            return "standing", wanted.investor
        case MandateChange():
            return "mandate", wanted.investor, wanted.person
        case _:
            return None


def currents(connection: Connection, wanted: Iterable[Change], now: datetime) -> dict[Key, tuple[int, Change]]:
    """The current rows that changes to investors' files would replace, by ``key_of``: the highest id of each that applies."""
    now += investors.CLOCKS_DIFFER
    keys = [key for each in wanted if (key := key_of(each))]
    found: dict[Key, tuple[int, Change]] = {}
    tables: tuple[tuple[Any, Any, bool], ...] = (
        (Classification, classification_of, any(key[0].endswith("Change") for key in keys)),
        (ObjectivesRow, objectives_of, any(key[0] == "objectives" for key in keys)),
        (StandingRow, standing_of, any(key[0] == "standing" for key in keys)),
        (Mandate, mandate_of, any(key[0] == "mandate" for key in keys)),
    )
    concerned = sorted({key[1] for key in keys})
    for table, read, is_asked in tables:
        if is_asked:
            mark = aliased(table)
            in_error = select(mark.id).where(mark.corrects_id == table.id).exists()
            query = select(table.__table__).where(table.investor_id.in_(concerned), table.valid_from <= now)
            for row in connection.execute(query.where(states(table), ~in_error).order_by(table.id)):
                change = read(row)
                found[key_of(change) or ()] = row.id, change
    return found


def _lowered(connection: Connection, rows: Sequence[Any]) -> set[tuple[str, datetime]]:
    """The acts that made these proposals and lowered something too, by their investor and time."""
    acts = sorted({(row.investor_id, row.proposed_at) for row in rows})
    if not acts:
        return set()
    either = or_(*(and_(LedgerEntry.investor == investor, LedgerEntry.at == at) for investor, at in acts))
    query = select(LedgerEntry.investor, LedgerEntry.at).where(either, LedgerEntry.kind.endswith(".lowered"))
    return {(row.investor, row.at) for row in connection.execute(query)}
