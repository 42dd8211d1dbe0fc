"""What dated rows about investors and persons state, as the changes that once wrote them."""

from collections.abc import Callable, Collection
from typing import Any

from sqlalchemy import Connection, select

from gatekeeper.rules.changes import (
    CategoryChange,
    Change,
    ClassChange,
    LowestChange,
    MandateChange,
    ObjectivesChange,
    QuestionnaireChange,
    RoleChange,
    StandingChange,
)
from gatekeeper.rules.roles import Grant
from gatekeeper.store.accounts import services
from gatekeeper.store.accounts.people import Classification, Mandate, ObjectivesRow, RoleGrant, StandingRow
from gatekeeper.store.base import varieties_of
from gatekeeper.store.suitability.questionnaires import QuestionnaireRow


def classification_of(row: Any) -> ClassChange | CategoryChange | LowestChange:
    """What a row of ``classification`` states."""
    match row.aspect:
        case "CLASS":
            return ClassChange(
                investor=row.investor_id, investor_class=row.investor_class, ground=row.ground or "", before=row.valid_before
            )
        case "CATEGORY":
            return CategoryChange(investor=row.investor_id, category=row.category, before=row.valid_before)
        case _:
            return LowestChange(investor=row.investor_id, lowest=row.lowest)


def objectives_of(row: Any) -> ObjectivesChange:
    """What a row of ``objectives`` states."""
    varieties = varieties_of(row.varieties) or frozenset()
    return ObjectivesChange(investor=row.investor_id, term=row.term, varieties=tuple(sorted(varieties)))


def standing_of(row: Any) -> StandingChange:
    """What a row of ``standing`` states."""
    return StandingChange(
        investor=row.investor_id,
        client=row.client,
        profile_complete=row.profile_complete,
        suspended=row.suspended,
        closed=row.closed,
        contract_from=row.contract_from,
        contract_before=row.contract_before,
        branch=row.branch,
        contact=row.contact,
    )


def mandate_of(row: Any) -> MandateChange:
    """What a row of ``mandate`` states."""
    return MandateChange(
        investor=row.investor_id, person=row.person_id, capacity=row.capacity, live=row.live, before=row.valid_before
    )


def role_of(row: Any) -> RoleChange:
    """What a row of ``role_grant`` states."""
    grants = tuple(Grant(name) for name in row.grants.split())
    return RoleChange(person=row.person_id, role=row.role, grants=grants, live=row.live, before=row.valid_before)


def questionnaire_of(row: Any) -> QuestionnaireChange:
    """What a row of ``questionnaire`` states."""
    return QuestionnaireChange(track=row.track, version=row.version, text=row.text, effective=row.valid_from)


TABLES: dict[str, tuple[type[Any], Callable[[Any], Change]]] = {
    "class": (Classification, classification_of),
    "category": (Classification, classification_of),
    "lowest": (Classification, classification_of),
    "objectives": (ObjectivesRow, objectives_of),
    "standing": (StandingRow, standing_of),
    "mandate": (Mandate, mandate_of),
    "role": (RoleGrant, role_of),
    "service": (services.ApiScope, services.stated),
    "questionnaire": (QuestionnaireRow, questionnaire_of),
}
"""Where the rows of each fact stand, by the name of the fact, and how they are read."""


def by_row(connection: Connection, fact: str, id_: int | None) -> Change | None:
    """What one row states; None for no row."""
    if id_ is None:
        return None
    table, read = TABLES[fact]
    row = connection.execute(select(table.__table__).where(table.id == id_)).first()
    return read(row) if row is not None else None


def by_rows(connection: Connection, wanted: Collection[tuple[str, int]]) -> dict[tuple[str, int], Change]:
    """What several rows state, each by the name of its fact and its id: a statement for each table."""
    found: dict[tuple[str, int], Change] = {}
    for table in (Classification, StandingRow, Mandate):
        ids = {id_: fact for fact, id_ in wanted if TABLES.get(fact, (None,))[0] is table}
        if not ids:
            continue
        for row in connection.execute(select(table.__table__).where(table.id.in_(sorted(ids)))):
            found[ids[row.id], row.id] = TABLES[ids[row.id]][1](row)
    return found
