"""What waits for a second person."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CheckConstraint, Connection, ForeignKey, Index, String, and_, func, insert, or_, select, text, update
from sqlalchemy.orm import Mapped, mapped_column

from gatekeeper.rules.changes import Change, MandateChange, ResetChange, RoleChange, ServiceChange, from_data
from gatekeeper.store.accounts import services
from gatekeeper.store.base import Base, Body, EntryId, Key, Sha256
from gatekeeper.store.clients import investors
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.publishing.reports import ReportVersion


class Proposal(Base):
    """Changes that raise, waiting. ``base`` names the rows they were made against; once one has moved, nobody can approve.

    The state is the one part that changes, once, under the row's lock.
    """

    __tablename__ = "proposal"
    __table_args__ = (
        Index(None, "state", "proposed_at", "id"),
        Index(None, "investor_id"),
        Index(None, "version_id"),
        Index(
            "uq_proposal_pending",
            "payload_sha256",
            unique=True,
            sqlite_where=text("state = 'PENDING'"),
            postgresql_where=text("state = 'PENDING'"),
        ),
        CheckConstraint(
            "kind IN ('classification', 'import', 'policy', 'publication', 'questionnaire', 'service', 'staff', 'statement')",
            name="kind",
        ),
        CheckConstraint("state IN ('PENDING', 'APPROVED', 'REJECTED', 'WITHDRAWN', 'EXPIRED')", name="state"),
        CheckConstraint("(state = 'PENDING') = (decided_at IS NULL)", name="decided"),
    )
    id: Mapped[Key] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    investor_id: Mapped[str | None] = mapped_column(String(26), ForeignKey("investor.id"))
    person_id: Mapped[str | None] = mapped_column(String(26), ForeignKey("person.id"))
    version_id: Mapped[str | None] = mapped_column(String(26), ForeignKey("report_version.id"))
    payload: Mapped[Body]
    payload_sha256: Mapped[Sha256]
    base: Mapped[Body]
    reason: Mapped[Body]
    evidence: Mapped[str]
    proposed_by: Mapped[Key] = mapped_column(ForeignKey("person.id"))
    proposed_at: Mapped[datetime]
    entry_id: Mapped[EntryId]
    state: Mapped[str] = mapped_column(String(16))
    decided_by: Mapped[str | None] = mapped_column(String(26), ForeignKey("person.id"))
    decided_at: Mapped[datetime | None]
    decided_reason: Mapped[Body | None]
    decided_entry_id: Mapped[int | None] = mapped_column(ForeignKey("ledger_entry.id"))


def put(connection: Connection, **columns: Any) -> None:
    """Write a new proposal."""
    connection.execute(insert(Proposal).values(state="PENDING", **columns))


def get(connection: Connection, id_: str, *, for_update: bool = False) -> Any:
    """One proposal, or None; locked until the transaction ends if asked."""
    if not (id_.isascii() and id_.isalnum()):  # PostgreSQL would stumble over a NUL in an address
        return None
    query = select(Proposal.__table__).where(Proposal.id == id_)
    return connection.execute(query.with_for_update() if for_update else query).first()


def payload_of(row: Any) -> list[dict[str, Any]]:
    """The changes of a proposal as plain values."""
    found: list[dict[str, Any]] = json.loads(row.payload)
    return found


def changes_of(row: Any) -> list[Change]:
    """The changes that a proposal holds."""
    return [from_data(each) for each in payload_of(row)]


def of_ids(connection: Connection, ids: Collection[str]) -> list[Any]:
    """The proposals with these ids."""
    known = sorted({each for each in ids if each.isascii() and each.isalnum()})
    return list(connection.execute(select(Proposal.__table__).where(Proposal.id.in_(known)))) if known else []


def decide(connection: Connection, id_: str, **columns: Any) -> None:
    """Write how a proposal ended."""
    connection.execute(update(Proposal).where(Proposal.id == id_, Proposal.state == "PENDING").values(**columns))


def open_since_before(connection: Connection, moment: datetime, limit: int) -> list[str]:
    """The ids of proposals that wait and were made before this instant, the oldest first."""
    query = select(Proposal.id).where(Proposal.state == "PENDING", Proposal.proposed_at < moment)
    return list(connection.execute(query.order_by(Proposal.proposed_at, Proposal.id).limit(limit)).scalars())


def pending(connection: Connection, payload_sha256: str) -> Any:
    """The proposal that waits with this very payload, or None."""
    return connection.execute(
        select(Proposal.__table__).where(Proposal.payload_sha256 == payload_sha256, Proposal.state == "PENDING")
    ).first()


def listed(
    connection: Connection,
    kinds: list[str],
    *,
    waiting: bool,
    after: tuple[datetime, str] | None,
    limit: int,
    back: bool = False,
) -> list[Any]:
    """Proposals of these kinds: the waiting ones oldest first, the ended ones newest first; ``back`` gives the page before."""
    rising = waiting != back
    state = Proposal.state == "PENDING" if waiting else Proposal.state != "PENDING"
    query = select(Proposal.__table__).where(Proposal.kind.in_(kinds), state)
    at, id_ = Proposal.proposed_at, Proposal.id
    if after and rising:
        query = query.where(or_(at > after[0], and_(at == after[0], id_ > after[1])))
    elif after:
        query = query.where(or_(at < after[0], and_(at == after[0], id_ < after[1])))
    query = query.order_by(at, id_) if rising else query.order_by(at.desc(), id_.desc())
    rows = list(connection.execute(query.limit(limit)))
    return rows[::-1] if back else rows


def about(connection: Connection, *, investor: str | None = None, version: str | None = None) -> list[Any]:
    """What waits about one investor or one report version, newest first."""
    which = Proposal.investor_id == investor if investor else Proposal.version_id == version
    return list(
        connection.execute(
            select(Proposal.__table__).where(which, Proposal.state == "PENDING").order_by(Proposal.proposed_at.desc())
        )
    )


def waiting_count(connection: Connection, kinds: list[str]) -> int:
    """How many proposals of these kinds wait."""
    count = select(func.count()).select_from(Proposal).where(Proposal.kind.in_(kinds), Proposal.state == "PENDING")
    return int(connection.execute(count).scalar_one())


def names(connection: Connection, rows: Sequence[Any], changes: Sequence[Change]) -> dict[str, str]:
    """Names of everybody in proposals and their changes, and titles of the report versions, by the ids that stand in them."""
    persons = {id_ for row in rows for id_ in (row.person_id, row.proposed_by, row.decided_by) if id_}
    persons |= {each.person for each in changes if isinstance(each, MandateChange | RoleChange | ResetChange)}
    found = investors.names(connection, sorted(persons), sorted({row.investor_id for row in rows if row.investor_id}))
    versions = {row.version_id for row in rows if row.version_id}
    titles = connection.execute(select(ReportVersion.id, ReportVersion.title).where(ReportVersion.id.in_(versions)))
    accounts = services.names(connection, {each.service for each in changes if isinstance(each, ServiceChange)})
    return found | accounts | {row.id: row.title for row in titles}


def beginning(connection: Connection, prefix: str, limit: int) -> list[str]:
    """The ids of proposals that begin with these characters."""
    query = select(Proposal.id).where(Proposal.id.startswith(prefix, autoescape=True)).order_by(Proposal.id).limit(limit)
    return list(connection.execute(query).scalars())


def has_lowered(connection: Connection, proposal: Any) -> bool:
    """Whether the act that made a proposal lowered something too: a mixed change, of which only the raising part waits."""
    entry = LedgerEntry
    lowered = (entry.investor == proposal.investor_id, entry.at == proposal.proposed_at, entry.kind.endswith(".lowered"))
    return proposal.investor_id is not None and connection.execute(select(entry.id).where(*lowered).limit(1)).first() is not None
