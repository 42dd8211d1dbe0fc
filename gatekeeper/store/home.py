"""What a day at the desk begins with: what waits, what lapses soon, who never came, what was refused most.

Every number is counted to a limit, along an index, so that the page is as quick with a hundred thousand investors as with ten.
The statements are built once: at that size building them takes longer than the databases do.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    String,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
    text,
    true,
    union_all,
)
from sqlalchemy.orm import aliased

from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Role
from gatekeeper.store.accounts.people import Classification, Investor, Mandate, Person, RoleGrant, StandingRow
from gatekeeper.store.base import NOW, UtcTime, current_id, states
from gatekeeper.store.prepared import Prepared
from gatekeeper.store.proof.ledger import RARE, LedgerEntry
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


def expired(connection: Connection, person: str, since: datetime) -> int:
    """How many proposals of a person ended by themselves since an instant."""
    count = select(func.count()).where(Proposal.state == "EXPIRED", Proposal.proposed_by == person, Proposal.decided_at >= since)
    return int(connection.execute(count).scalar_one())


_BEFORE: Any = bindparam("before", type_=UtcTime())
_AFTER: Any = bindparam("after", type_=UtcTime())
_AFTER_ID: Any = bindparam("after_id", type_=String)
_BY_DAYS: dict[int, Any] = {days: bindparam(f"before_{days}", type_=UtcTime()) for days in DAYS}


def lapsing(connection: Connection, now: datetime) -> dict[str, tuple[int, ...]]:
    """How many lapse within each number of days, by what lapses; ``COUNTED`` + 1 stands for more."""
    ends = {f"before_{days}": now + timedelta(days=days) for days in DAYS}
    numbers = _COUNTED_LAPSES.one(connection, now=now, **ends)
    return {what: tuple(getattr(numbers, f"{what}_{days}") for days in DAYS) for what in LAPSES}


def lapsing_list(
    connection: Connection, what: str, days: int, after: tuple[datetime, str] | None, limit: int, now: datetime
) -> list[Any]:
    """Whose category, status or contract lapses within so many days, the nearest first."""
    values: dict[str, Any] = {"now": now, "before": now + timedelta(days=days)}
    if after:
        values["after"], values["after_id"] = after
    return list(connection.execute(_listed_lapses(what, is_further=after is not None).limit(limit), values))


@lru_cache(maxsize=16)
def _listed_lapses(what: str, *, is_further: bool) -> Select[Any]:
    query = _lapsing(what, _BEFORE)
    ends, investor = query.selected_columns["ends"], query.selected_columns["id"]
    if is_further:
        query = query.where(or_(ends > _AFTER, and_(ends == _AFTER, investor > _AFTER_ID)))
    return query.order_by(ends, investor)


def _lapsing(what: str, before: Any) -> Select[Any]:
    row: Any = aliased(StandingRow, name="lapses") if what == "contract" else aliased(Classification, name="lapses")
    ends = row.contract_before if what == "contract" else row.valid_before
    standing = aliased(StandingRow, name="stands")
    conditions = [ends >= NOW, ends < before, standing.client, standing.closed.is_(False)]
    if what == "contract":
        conditions.append(row.id == current_id(StandingRow, NOW, (StandingRow.investor_id, row.investor_id)))
    else:
        keys = (Classification.investor_id, row.investor_id), (Classification.aspect, what.upper())
        conditions += [row.aspect == what.upper(), row.id == current_id(Classification, NOW, *keys)]
    return (
        select(row.investor_id.label("id"), ends.label("ends"), Investor.name, Investor.client_number, standing.branch)
        .join(Investor, Investor.id == row.investor_id)
        .join(standing, standing.id == current_id(StandingRow, NOW, (StandingRow.investor_id, row.investor_id)))
        .where(*conditions)
    )


def _counted_lapses() -> Select[Any]:
    """One walk for each of what lapses, the nearest first: what ends in the longest time, and how much of it sooner."""
    counts = []
    for what in LAPSES:
        query = _lapsing(what, _BY_DAYS[max(DAYS)])
        ends = query.selected_columns["ends"]
        nearest = query.with_only_columns(ends).order_by(ends).limit(COUNTED + 1).subquery()
        within = [func.count(case((nearest.c.ends < _BY_DAYS[days], 1))).label(f"{what}_{days}") for days in DAYS]
        counts.append(select(*within).subquery(what))
    together: Any = counts[0]
    for each in counts[1:]:
        together = together.join(each, true())
    return select(*(column for each in counts for column in each.c)).select_from(together)


_COUNTED_LAPSES = Prepared(_counted_lapses())


def never_activated(connection: Connection, after: tuple[datetime, str] | None, limit: int, now: datetime) -> list[Any]:
    """Clients with a live account and somebody to read for who never set a password, the longest waiting first."""
    if after is None:
        return list(connection.execute(_NEVER_ACTIVATED.limit(limit), {"now": now}))
    further = or_(Person.created_at > _AFTER, and_(Person.created_at == _AFTER, Person.id > _AFTER_ID))
    values = {"now": now, "after": after[0], "after_id": after[1]}
    return list(connection.execute(_NEVER_ACTIVATED.where(further).limit(limit), values))


def count_never_activated(connection: Connection, now: datetime) -> int:
    """How many they are; ``COUNTED`` + 1 stands for more."""
    return int(_COUNTED_NEVER.one(connection, now=now).number)


def _never_activated() -> Select[Any]:
    grant, mandate = aliased(RoleGrant), aliased(Mandate)
    keys = (Mandate.person_id, mandate.person_id), (Mandate.investor_id, mandate.investor_id)
    acts = (
        select(mandate.investor_id)
        .where(mandate.person_id == Person.id, mandate.live, mandate.valid_from <= NOW, states(mandate))
        .where(or_(mandate.valid_before.is_(None), mandate.valid_before > NOW))
        .where(mandate.id == current_id(Mandate, NOW, *keys))
        .order_by(mandate.id)
        .limit(literal_column("1"))
        .scalar_subquery()
    )
    return (
        select(Person.id, Person.name, Person.login, Person.created_at, acts.label("investor"))
        .join(grant, grant.id == current_id(RoleGrant, NOW, (RoleGrant.person_id, Person.id)))
        .where(text("password_hash IS NULL"), grant.role == Role.CLIENT, grant.live, acts.is_not(None))
        .order_by(Person.created_at, Person.id)
    )


_NEVER_ACTIVATED = _never_activated()
_never = _NEVER_ACTIVATED.with_only_columns(Person.id).limit(COUNTED + 1).subquery()
_COUNTED_NEVER = Prepared(select(func.count().label("number")).select_from(_never))


def _refusals() -> Any:
    """The newest refusals since a moment, at most ``LOOKED_THROUGH``, numbered from the newest."""
    newest = (LedgerEntry.at.desc(), LedgerEntry.id.desc())
    return (
        select(
            LedgerEntry.report,
            LedgerEntry.investor,
            LedgerEntry.reason,
            LedgerEntry.at,
            func.row_number().over(order_by=newest).label("place"),
        )
        .where(text(RARE), LedgerEntry.kind == Kind.REPORT_REFUSED.value)
        .where(LedgerEntry.at >= bindparam("since", type_=UtcTime()))
        .order_by(*newest)
        .limit(LOOKED_THROUGH)
        .cte("refusal")
    )


_REFUSAL = _refusals()
_OFTEN = func.count().label("number"), func.min(_REFUSAL.c.place).label("newest")
_FIRST: tuple[Any, ...] = literal_column("number").desc(), literal_column("newest")
"""The most often refused first; of those refused equally often, the last refused."""


def _most(column: Any) -> Any:
    what = literal_column(f"'{column.key}'", String).label("what")
    found = select(what, column.label("word"), *_OFTEN).where(column.is_not(None)).group_by(column).order_by(*_FIRST)
    return select(found.limit(bindparam("most")).subquery())


_all = select(literal_column("'all'", String), null(), func.count(), func.count()).select_from(_REFUSAL)
_REFUSED_MOST = union_all(_most(_REFUSAL.c.report), _most(_REFUSAL.c.reason), _all)
_REFUSED_FOR = (
    select(_REFUSAL.c.investor.label("id"), func.max(_REFUSAL.c.at, type_=UtcTime()).label("last"), *_OFTEN)
    .where(_REFUSAL.c.reason == bindparam("reason"), _REFUSAL.c.investor.is_not(None))
    .group_by(_REFUSAL.c.investor)
    .order_by(*_FIRST)
    .limit(bindparam("most"))
)


@dataclass(frozen=True, slots=True)
class RefusedMost:
    """Which reports and reasons the newest refusals of the last thirty days name most often; how many were looked through."""

    reports: list[tuple[str, int]]
    reasons: list[tuple[str, int]]
    number: int


def refused_most(connection: Connection, most: int, now: datetime) -> RefusedMost:
    """Count the newest refusals of the last thirty days, at most ``LOOKED_THROUGH``."""
    found = connection.execute(_REFUSED_MOST, {"since": now - REFUSED_FOR, "most": most})
    rows = sorted(found, key=lambda row: (-row.number, row.newest))
    reports, reasons = ([(row.word, row.number) for row in rows if row.what == what] for what in ("report", "reason"))
    return RefusedMost(reports, reasons, next(row.number for row in rows if row.what == "all"))


def refused_for(connection: Connection, reason: str, most: int, now: datetime) -> list[Any]:
    """Which investors the same refusals name for this reason: how often, and when last."""
    return list(connection.execute(_REFUSED_FOR, {"since": now - REFUSED_FOR, "reason": reason, "most": most}))
