"""Writing what a change says as new dated rows. The entry of the act comes first; its id stands in every row."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from gatekeeper.rules.changes import (
    CategoryChange,
    Change,
    ClassChange,
    LowestChange,
    MandateChange,
    PublicationChange,
    RoleChange,
    StandingChange,
)
from gatekeeper.store.access import mask_of
from gatekeeper.store.people import Classification, Mandate, RoleGrant, StandingRow
from gatekeeper.store.reports import Grading, Publication, SettlementRow


def apply(connection: Connection, change: Change, entry_id: int, now: datetime) -> None:
    """Write the rows of one change, in force from ``now``."""
    dated: dict[str, Any] = {"valid_from": now, "entry_id": entry_id}
    match change:
        case ClassChange() | CategoryChange() | LowestChange():
            connection.execute(insert(Classification).values(**_classification(change), **dated))
        case StandingChange():
            connection.execute(insert(StandingRow).values(**_standing(change), **dated))
        case MandateChange():
            connection.execute(insert(Mandate).values(**_mandate(change, now), **dated))
        case RoleChange():
            grants = " ".join(sorted(change.grants))
            connection.execute(
                insert(RoleGrant).values(person_id=change.person, role=change.role, grants=grants, live=change.live, **dated)
            )
        case PublicationChange():
            _publication(connection, change, entry_id, now)


def _classification(change: ClassChange | CategoryChange | LowestChange) -> dict[str, Any]:
    match change:
        case ClassChange():
            return {
                "investor_id": change.investor,
                "aspect": "CLASS",
                "investor_class": change.investor_class,
                "ground": change.ground,
                "valid_before": change.before,
            }
        case CategoryChange():
            return {
                "investor_id": change.investor,
                "aspect": "CATEGORY",
                "category": change.category,
                "valid_before": change.before,
            }
        case LowestChange():
            return {"investor_id": change.investor, "aspect": "LOWEST", "lowest": change.lowest}


def _standing(change: StandingChange) -> dict[str, Any]:
    return {
        "investor_id": change.investor,
        "client": change.client,
        "profile_complete": change.profile_complete,
        "suspended": change.suspended,
        "closed": change.closed,
        "contract_from": change.contract_from,
        "contract_before": change.contract_before,
        "branch": change.branch,
        "contact": change.contact,
    }


def _mandate(change: MandateChange, now: datetime) -> dict[str, Any]:
    lapsed = change.before is not None and change.before <= now
    return {
        "investor_id": change.investor,
        "person_id": change.person,
        "capacity": change.capacity,
        "live": change.live and not lapsed,
        "valid_before": None if lapsed else change.before,
    }


def _publication(connection: Connection, change: PublicationChange, entry_id: int, now: datetime) -> None:
    connection.execute(
        insert(Grading).values(
            version_id=change.version,
            grade=change.grade,
            professional=change.professional,
            categories=mask_of(change.categories),
            clients_only=change.clients_only,
            contract_clients_only=change.contract_clients_only,
            valid_from=now,
            entry_id=entry_id,
        )
    )
    for each in change.settlements:
        connection.execute(
            insert(SettlementRow).values(
                issuer=change.issuer,
                report_kind=change.report_kind,
                code=each.code,
                key=each.key,
                cited=each.cited,
                valid_from=now,
                valid_before=each.before,
                entry_id=entry_id,
            )
        )
    connection.execute(insert(Publication).values(version_id=change.version, approved_at=now, entry_id=entry_id))
