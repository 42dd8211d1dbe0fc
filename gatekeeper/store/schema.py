"""Every table, for migrations and their check."""

from sqlalchemy import ForeignKeyConstraint, MetaData
from sqlalchemy.schema import SchemaItem

from gatekeeper.store import jobs, proposals
from gatekeeper.store.accounts import access_requests, people, privacy, services
from gatekeeper.store.base import Base
from gatekeeper.store.clients import declarations, evidence_files, imports
from gatekeeper.store.messages import addresses, deliveries, notices, outbox, reminders
from gatekeeper.store.proof import answers, daily, ledger, retention, views
from gatekeeper.store.publishing import report_index, reports
from gatekeeper.store.reading import bookmarks, consent, readings, subscriptions
from gatekeeper.store.sending import distributions
from gatekeeper.store.suitability import applications, assessments, papers, questionnaires, rematches

TABLES = (
    access_requests,
    answers,
    applications,
    assessments,
    bookmarks,
    consent,
    daily,
    declarations,
    evidence_files,
    addresses,
    deliveries,
    distributions,
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
    readings,
    rematches,
    reminders,
    report_index,
    reports,
    retention,
    services,
    subscriptions,
    views,
)
"""The modules that declare tables; importing them fills the metadata."""

metadata: MetaData = Base.metadata

_PARTITION = "ledger_entry_p"
_LOOKED_UP = "report_index_fts"
_LOOKED_UP_BY = frozenset({"ix_report_index_name_terms", "ix_report_index_terms"})


def include_object(item: SchemaItem, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:  # noqa: FBT001  (Alembic calls it so)
    """What Alembic compares: not the ledger's partitions, nor the foreign keys that PostgreSQL repeats for each.

    Nor what each database looks terms up by: it is another thing in either.
    """
    if kind == "table":
        return not str(name).startswith((_PARTITION, _LOOKED_UP))
    if kind == "index":
        return name not in _LOOKED_UP_BY
    if isinstance(item, ForeignKeyConstraint):
        return not item.elements[0].target_fullname.startswith(_PARTITION)
    return True
