"""What waits, in a few numbers, and what a probe asks of the database. Nothing of it names anybody."""

from datetime import datetime

from sqlalchemy import Connection, func, select, text

from gatekeeper.store.accounts.access_requests import AccessAnswer, AccessRequest
from gatekeeper.store.jobs import Job
from gatekeeper.store.messages.outbox import Outbox
from gatekeeper.store.proof.ledger import LedgerPending
from gatekeeper.store.proposals import Proposal
from gatekeeper.store.sending.distributions import Distribution

REVISION_TABLE = "alembic_version"
_REVISION = text(f"SELECT version_num FROM {REVISION_TABLE}")  # noqa: S608  (a name of ours)
_QUEUES = {
    "jobs": select(func.count()).select_from(Job).where(Job.ended_at.is_(None)),
    "mails": select(func.count()).select_from(Outbox).where(Outbox.state == "WAITING"),
    "proposals": select(func.count()).select_from(Proposal).where(Proposal.state == "PENDING"),
    "distributions": select(func.count()).select_from(Distribution).where(Distribution.state == "RUNNING"),
    "access_requests": select(func.count())
    .select_from(AccessRequest)
    .where(~select(AccessAnswer.request_id).where(AccessAnswer.request_id == AccessRequest.id).exists()),
}
_OLDEST_UNSEALED = select(LedgerPending.recorded_at).order_by(LedgerPending.entry_id).limit(1)


def revision(connection: Connection) -> str | None:
    """The version of the tables that the database has; None where they were all taken down."""
    found: str | None = connection.execute(_REVISION).scalar()
    return found


def oldest_unsealed(connection: Connection) -> datetime | None:
    """When the entry was recorded that has waited longest to be sealed; its row is found at once, however many wait."""
    found: datetime | None = connection.execute(_OLDEST_UNSEALED).scalar()
    return found


def queues(connection: Connection) -> dict[str, int]:
    """How much waits of each sort."""
    return {name: int(connection.execute(query).scalar_one()) for name, query in _QUEUES.items()}
