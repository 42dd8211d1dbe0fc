"""Writing what a change says as new dated rows. The entry of the act comes first; its id stands in every row."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert

from gatekeeper.rules.changes import (
    CategoryChange,
    Change,
    ClassChange,
    Correction,
    LowestChange,
    MandateChange,
    ObjectivesChange,
    OtherChange,
    PolicyChange,
    PublicationChange,
    QuestionnaireChange,
    ResetChange,
    RoleChange,
    ServiceChange,
    Settlement,
    SettlementChange,
    StandingChange,
    StatementChange,
)
from gatekeeper.rules.errors import N_, Conflict
from gatekeeper.rules.importing.change import ImportChange
from gatekeeper.rules.policy import parse
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store.accounts import services
from gatekeeper.store.accounts.people import Classification, Mandate, ObjectivesRow, RoleGrant, StandingRow
from gatekeeper.store.base import variety_mask
from gatekeeper.store.clients import corrections, imports
from gatekeeper.store.clients.investors import CLOCKS_DIFFER, lock_staff, staff
from gatekeeper.store.publishing.library import put_release, report_of
from gatekeeper.store.publishing.reports import Grading, Publication, SettlementRow
from gatekeeper.store.reading.access import mask_of
from gatekeeper.store.reading.words import put_policy, put_statement
from gatekeeper.store.suitability import rises
from gatekeeper.store.suitability.questionnaires import parsed, put_questionnaire

# Made once: an import writes hundreds of thousands of rows, and making a statement takes longer than the databases do.
_INTO_CLASSIFICATION, _INTO_STANDING, _INTO_MANDATE = (insert(each) for each in (Classification, StandingRow, Mandate))


def apply(connection: Connection, change: Change, entry_id: int, now: datetime) -> None:
    """Write the rows of one change, in force from ``now``.

    Raise ``Conflict`` for what has lapsed meanwhile, and for what would leave a grant to nobody.
    """
    before: datetime | None = getattr(change, "before", None)
    if before is not None and before <= now:
        raise Conflict(N_("The last valid day has passed meanwhile, so this cannot take effect any more."))
    dated: dict[str, Any] = {"valid_from": now, "entry_id": entry_id}
    match change:
        case ClassChange() | CategoryChange() | LowestChange():
            kept = rises.kept(connection, change, now)
            connection.execute(_INTO_CLASSIFICATION, {**_classification(change), **kept, **dated})
        case StandingChange():
            connection.execute(_INTO_STANDING, {**_standing(change), **dated})
        case MandateChange():
            connection.execute(_INTO_MANDATE, {**_mandate(change), **dated})
        case RoleChange():
            _keep_a_holder(connection, change, now)
            connection.execute(insert(RoleGrant).values(**_role(change), **dated))
        case _:
            _other(connection, change, entry_id, now)


def _other(connection: Connection, change: OtherChange, entry_id: int, now: datetime) -> None:
    match change:
        case ObjectivesChange() | ResetChange() | ServiceChange():
            _small(connection, change, entry_id, now)
        case PublicationChange() | SettlementChange():
            _report(connection, change, entry_id, now)
        case Correction():
            corrections.mark(connection, change, entry_id, now)
        case StatementChange():
            put_statement(connection, text_zh=change.text_zh, text_en=change.text_en, valid_from=now, entry_id=entry_id)
        case PolicyChange():
            begins, digest = max(now, change.effective or now), parse(change.text).digest
            put_policy(connection, text=change.text, sha256=digest, valid_from=begins, entry_id=entry_id)
        case QuestionnaireChange():
            columns = {"track": change.track, "version": change.version, "text": change.text}
            begins, digest = max(now, change.effective or now), parsed(change.text).digest
            put_questionnaire(connection, **columns, sha256=digest, valid_from=begins, entry_id=entry_id)
        case ImportChange():  # the work process does it, a piece at a time
            imports.ask(connection, change.id, imports.RAISE, entry_id, now)


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


def _small(connection: Connection, change: ObjectivesChange | ResetChange | ServiceChange, entry_id: int, now: datetime) -> None:
    if isinstance(change, ServiceChange):
        services.put_scope(connection, change, valid_from=now, entry_id=entry_id)
        return
    if isinstance(change, ResetChange):  # the link that is issued with it sets the password
        return
    stated = {"investor_id": change.investor, "term": change.term, "varieties": variety_mask(change.varieties)}
    connection.execute(insert(ObjectivesRow).values(**stated, valid_from=now, entry_id=entry_id))


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


def _mandate(change: MandateChange) -> dict[str, Any]:
    return {
        "investor_id": change.investor,
        "person_id": change.person,
        "capacity": change.capacity,
        "live": change.live,
        "valid_before": change.before,
    }


def _role(change: RoleChange) -> dict[str, Any]:
    return {
        "person_id": change.person,
        "role": change.role,
        "grants": " ".join(sorted(change.grants)),
        "live": change.live,
        "valid_before": change.before,
    }


def _keep_a_holder(connection: Connection, change: RoleChange, now: datetime) -> None:
    """The last holder of a grant, and the last compliance officer, cannot be removed. Holding it until a day does not count."""
    if change.person not in {row.id for row in staff(connection, now)}:
        return
    lock_staff(connection, change.person)
    lasting = {row.id: row for row in staff(connection, now + CLOCKS_DIFFER) if row.live and row.valid_before is None}
    held = _held(lasting[change.person].role, lasting[change.person].grants.split()) if change.person in lasting else set()
    kept = _held(change.role, change.grants) if change.live and change.before is None else set()
    others = {each for id_, row in lasting.items() if id_ != change.person for each in _held(row.role, row.grants.split())}
    for lost in sorted(held - kept - others):
        what = Role.COMPLIANCE if lost == Role.COMPLIANCE.value else Grant(lost)
        raise Conflict(N_("This is the last person with “%(grant)s”. Give it to another person first."), grant=what)


def _held(role: Role, grants: Iterable[str]) -> set[str]:
    return {Role.COMPLIANCE.value} if role is Role.COMPLIANCE else {str(grant) for grant in grants}


def _report(connection: Connection, change: PublicationChange | SettlementChange, entry_id: int, now: datetime) -> None:
    if isinstance(change, SettlementChange):
        _settle(connection, change, change.issuer, change.report_kind, entry_id, now)
    else:
        _publication(connection, change, entry_id, now)


def _publication(connection: Connection, change: PublicationChange, entry_id: int, now: datetime) -> None:
    connection.execute(
        insert(Grading).values(
            version_id=change.version,
            grade=change.grade,
            professional=change.professional,
            categories=mask_of(change.categories),
            clients_only=change.clients_only,
            contract_clients_only=change.contract_clients_only,
            term=change.term,
            varieties=variety_mask(change.varieties),
            covers=None if change.covers is None else " ".join(change.covers),
            valid_from=now,
            entry_id=entry_id,
        )
    )
    for each in change.settlements:
        _settle(connection, each, change.issuer, change.report_kind, entry_id, now)
    connection.execute(insert(Publication).values(version_id=change.version, approved_at=now, entry_id=entry_id))
    if change.release_at is not None:
        out = {"state": "RELEASED", "valid_from": max(now, change.release_at), "entry_id": entry_id}
        put_release(connection, report_id=report_of(connection, change.version), version_id=change.version, **out)


def _settle(
    connection: Connection, settled: Settlement | SettlementChange, issuer: str, kind: str, entry_id: int, now: datetime
) -> None:
    words = {"issuer": issuer, "report_kind": kind, "code": settled.code, "key": settled.key, "cited": settled.cited}
    query = insert(SettlementRow).values(**words, valid_from=now, valid_before=settled.before, entry_id=entry_id)
    connection.execute(query)
