"""What a day at the desk begins with: what waits, what lapses soon, who never came, what was refused most.

Every number is counted to a limit, along an index, so that the page is as quick with a hundred thousand investors as with ten.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, and_, func, literal_column, or_, select, text
from sqlalchemy.orm import aliased

from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Role
from gatekeeper.store.base import current_id, states
from gatekeeper.store.ledger import RARE, LedgerEntry
from gatekeeper.store.people import Classification, Investor, Mandate, Person, RoleGrant, StandingRow
from gatekeeper.store.proposals import Proposal

COUNTED = 1000
"""The most that is counted of anything; the page then says "more than"."""
LOOKED_THROUGH = 5000
"""The most refusals, newest first, that are looked through for the reports and reasons refused most."""
DAYS = (30, 60, 90)
REFUSED_FOR = timedelta(days=30)
LAPSES = ("category", "class", "contract")
"""What lapses: the category, the professional status, the service contract."""


def waiting(connection: Connection, person: str, kinds: Collection[str], investors: Collection[str]) -> tuple[int, int]:
    """How many proposals of these kinds wait for this person, who acts for these investors; and how many of the person's own."""
    concerned = or_(Proposal.investor_id.in_(investors), Proposal.person_id == person)
    theirs = and_(Proposal.proposed_by != person, Proposal.kind.in_(kinds), func.coalesce(concerned, False).is_(False))
    own = select(func.count()).where(Proposal.state == "PENDING", Proposal.proposed_by == person)
    for_me = select(func.count()).where(Proposal.state == "PENDING", theirs)
    row = connection.execute(select(for_me.scalar_subquery().label("mine"), own.scalar_subquery().label("own"))).one()
    return row.mine, row.own


def lapsing(connection: Connection, now: datetime) -> dict[str, tuple[int, ...]]:
    """How many lapse within each number of days, by what lapses; ``COUNTED`` + 1 stands for more."""
    columns = []
    for what in LAPSES:
        for days in DAYS:
            found = _lapsing(what, now, now + timedelta(days=days)).limit(COUNTED + 1).subquery()
            columns.append(select(func.count()).select_from(found).scalar_subquery())
    numbers = list(connection.execute(select(*columns)).one())
    return {what: tuple(numbers[place * len(DAYS) : (place + 1) * len(DAYS)]) for place, what in enumerate(LAPSES)}


def lapsing_list(
    connection: Connection, what: str, days: int, after: tuple[datetime, str] | None, limit: int, now: datetime
) -> list[Any]:
    """Whose category, status or contract lapses within so many days, the nearest first."""
    query = _lapsing(what, now, now + timedelta(days=days), after)
    ends = query.selected_columns["ends"]
    return list(connection.execute(query.order_by(ends, query.selected_columns["id"]).limit(limit)))


def _lapsing(what: str, now: datetime, before: datetime, after: tuple[datetime, str] | None = None) -> Select[Any]:
    row: Any = aliased(StandingRow, name="lapses") if what == "contract" else aliased(Classification, name="lapses")
    ends = row.contract_before if what == "contract" else row.valid_before
    standing = aliased(StandingRow, name="stands")
    conditions = [ends >= now, ends < before, standing.client, standing.closed.is_(False)]
    if what == "contract":
        conditions.append(row.id == current_id(StandingRow, now, (StandingRow.investor_id, row.investor_id)))
    else:
        keys = (Classification.investor_id, row.investor_id), (Classification.aspect, what.upper())
        conditions += [row.aspect == what.upper(), row.id == current_id(Classification, now, *keys)]
    if after:
        conditions.append(or_(ends > after[0], and_(ends == after[0], row.investor_id > after[1])))
    return (
        select(row.investor_id.label("id"), ends.label("ends"), Investor.name, Investor.client_number, standing.branch)
        .join(Investor, Investor.id == row.investor_id)
        .join(standing, standing.id == current_id(StandingRow, now, (StandingRow.investor_id, row.investor_id)))
        .where(*conditions)
    )


def never_activated(connection: Connection, after: tuple[datetime, str] | None, limit: int, now: datetime) -> list[Any]:
    """Clients with a live account and somebody to read for who never set a password, the longest waiting first."""
    grant, mandate = aliased(RoleGrant), aliased(Mandate)
    acts = (
        select(mandate.investor_id)
        .where(mandate.person_id == Person.id, mandate.live, mandate.valid_from <= now, states(mandate))
        .where(or_(mandate.valid_before.is_(None), mandate.valid_before > now))
        .where(mandate.id == current_id(Mandate, now, (Mandate.person_id, Person.id), (Mandate.investor_id, mandate.investor_id)))
        .order_by(mandate.id)
        .limit(literal_column("1"))
        .scalar_subquery()
    )
    query = (
        select(Person.id, Person.name, Person.login, Person.created_at, acts.label("investor"))
        .join(grant, grant.id == current_id(RoleGrant, now, (RoleGrant.person_id, Person.id)))
        .where(text("password_hash IS NULL"), grant.role == Role.CLIENT, grant.live, acts.is_not(None))
    )
    if after:
        at, id_ = after
        query = query.where(or_(Person.created_at > at, and_(Person.created_at == at, Person.id > id_)))
    return list(connection.execute(query.order_by(Person.created_at, Person.id).limit(limit)))


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refusal: which report, which investor, why, and when."""

    report: str | None
    investor: str | None
    reason: str | None
    at: datetime


def refusals(connection: Connection, now: datetime) -> list[Refusal]:
    """The newest refusals of the last thirty days, at most ``LOOKED_THROUGH``."""
    query = (
        select(LedgerEntry.report, LedgerEntry.investor, LedgerEntry.reason, LedgerEntry.at)
        .where(text(RARE), LedgerEntry.kind == Kind.REPORT_REFUSED.value, LedgerEntry.at >= now - REFUSED_FOR)
        .order_by(LedgerEntry.at.desc(), LedgerEntry.id.desc())
        .limit(LOOKED_THROUGH)
    )
    return [Refusal(row.report, row.investor, row.reason, row.at) for row in connection.execute(query)]
