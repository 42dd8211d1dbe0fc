"""Every table, for migrations and their check."""

from sqlalchemy import ForeignKeyConstraint, MetaData
from sqlalchemy.schema import SchemaItem

from gatekeeper.store import (
    addresses,
    applications,
    assessments,
    bookmarks,
    consent,
    declarations,
    deliveries,
    evidence_files,
    imports,
    jobs,
    ledger,
    notices,
    outbox,
    papers,
    people,
    privacy,
    proposals,
    questionnaires,
    rematches,
    reminders,
    reports,
    retention,
    views,
)
from gatekeeper.store.base import Base

TABLES = (
    applications,
    assessments,
    bookmarks,
    consent,
    declarations,
    evidence_files,
    addresses,
    deliveries,
    imports,
    jobs,
    ledger,
    notices,
    outbox,
    papers,
    people,
    privacy,
    proposals,
    questionnaires,
    rematches,
    reminders,
    reports,
    retention,
    views,
)
"""The modules that declare tables; importing them fills the metadata."""

metadata: MetaData = Base.metadata

_PARTITION = "ledger_entry_p"


def include_object(item: SchemaItem, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:  # noqa: FBT001  (Alembic calls it so)
    """What Alembic compares: not the ledger's partitions, nor the foreign keys that PostgreSQL repeats for each."""
    if kind == "table":
        return not str(name).startswith(_PARTITION)
    if isinstance(item, ForeignKeyConstraint):
        return not item.elements[0].target_fullname.startswith(_PARTITION)
    return True
