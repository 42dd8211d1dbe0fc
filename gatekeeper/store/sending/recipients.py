"""To whom a report may be sent: every person with each investor for whom the person acts, told apart by what decides.

A hundred thousand of them come to some dozens of groups in one statement (``rehearsal``), each group decided once: so a preview
takes a second or two. When a report is sent, each recipient is decided alone, by the rows that the entry then names.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    String,
    and_,
    bindparam,
    false,
    func,
    insert,
    literal,
    or_,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import aliased

from gatekeeper.rules.assessing.matching import Strictness
from gatekeeper.rules.changing.rehearsal import Lens, lens
from gatekeeper.rules.facts import Facts, InvestorFacts
from gatekeeper.rules.messages.distribution import Choice, Result, To
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.risk import Action, Initiative, InvestorClass, RiskCategory
from gatekeeper.rules.roles import Role
from gatekeeper.store.accounts.people import (
    Classification,
    Investor,
    Mandate,
    ObjectivesRow,
    Person,
    RoleGrant,
    StandingRow,
)
from gatekeeper.store.base import NOW, UtcTime, current_id
from gatekeeper.store.messages.outbox import MailAddress
from gatekeeper.store.reading import subscriptions
from gatekeeper.store.reading.access import current_policy
from gatekeeper.store.reading.consent import Acknowledgement
from gatekeeper.store.reading.subscriptions import Topics
from gatekeeper.store.sending.distributions import DistributionRecipient, ReceivedReport, initiative_of
from gatekeeper.store.suitability.rehearsal import KEY, bound, current, facts_under, filed, looked_up

_VERSION = bindparam("version", type_=String)


@dataclass(frozen=True, slots=True)
class Scene:
    """What a list is made of: a report version, what it is about, to whom it goes, and what the policy reads at this instant."""

    version: str
    topics: Topics
    choice: Choice
    lens: Lens

    @property
    def values(self) -> dict[str, Any]:
        """The parameters of its statements."""
        return bound(self.lens) | subscriptions.wished(self.topics) | {"version": self.version}


def scene(connection: Connection, version: Any, choice: Choice, now: datetime) -> Scene:
    """The list of a version (a row with ``id``) as things stand now."""
    found = current_policy(connection, now)
    return Scene(version.id, subscriptions.topics_of(version), choice, lens_of(found[1] if found else None, now))


def lens_of(policy: Policy | None, moment: datetime) -> Lens:
    """What a policy reads of a file, whoever moves first."""
    found = lens((policy,), moment)
    if policy is None:
        return found
    term, variety = (
        any(each[who] is Strictness.DENY for who in Initiative) for each in (policy.matching.term, policy.matching.variety)
    )
    return replace(found, by_term=term, by_variety=variety)


def _acting() -> Any:
    """Every person with each investor for whom the person acts now."""
    last = select(func.max(Mandate.id).label("id")).where(*current(Mandate)).group_by(Mandate.person_id, Mandate.investor_id)
    newest, live = last.subquery("newest_of_pair"), aliased(Mandate, name="acts")
    found: Any = select(live.person_id, live.investor_id).join(newest, newest.c.id == live.id)
    return found.where(live.live, or_(live.valid_before.is_(None), live.valid_before > NOW)).subquery("pair")


_PAIR = _acting()


def _newest_of(table: Any, key: Any, *where: ColumnElement[bool]) -> Any:
    """The current row's id for each value of a key, all at once."""
    return select(func.max(table.id)).where(*current(table), *where).group_by(key)


def _chosen(scene: Scene, pair: Any) -> Any:
    """Who is on the list, as a condition on a person and an investor."""
    match scene.choice.to:
        case To.CLIENTS:
            return true()
        case To.SUBSCRIBERS:
            return subscriptions.wished_by(pair, scene.topics)
        case To.NUMBERS:
            named = select(Investor.id).where(Investor.client_number.in_(scene.choice.numbers))
            return pair.investor_id.in_(named)
        case _:
            return pair.investor_id.in_(_on_file(scene.choice))


def _on_file(choice: Choice) -> Any:
    """The investors whose file says this now."""
    if choice.to is To.BRANCH:
        newest = _newest_of(StandingRow, StandingRow.investor_id)
        return select(StandingRow.investor_id).where(StandingRow.id.in_(newest), StandingRow.branch == choice.value)
    aspect = Classification.aspect == choice.to.value
    newest = _newest_of(Classification, Classification.investor_id, aspect)
    if choice.to is To.CLASS:
        says = Classification.investor_class == InvestorClass(choice.value)
    else:
        says = Classification.category == RiskCategory[choice.value]
    return select(Classification.investor_id).where(Classification.id.in_(newest), says)


def numbers_on_file(connection: Connection, numbers: Sequence[str]) -> set[str]:
    """Which of these client numbers there are."""
    query = select(Investor.client_number).where(Investor.client_number.in_(numbers))
    return set(connection.execute(query).scalars()) if numbers else set()


def branches(connection: Connection, now: datetime) -> list[str]:
    """Every branch that a file names now."""
    newest = _newest_of(StandingRow, StandingRow.investor_id)
    query = select(StandingRow.branch).where(StandingRow.id.in_(newest), StandingRow.branch != "").distinct()
    return list(connection.execute(query.order_by(StandingRow.branch), {"now": now}).scalars())


def freeze(connection: Connection, scene: Scene, distribution: str, entry_id: int) -> int:
    """Write who is on the list of a distribution, in one statement; return how many they are."""
    now = scene.lens.moment
    moment = literal(now, UtcTime())
    number = func.row_number().over(order_by=(_PAIR.c.person_id, _PAIR.c.investor_id))
    same = {"state": Result.PLANNED.value, "reason": "", "tries": 0, "why": "", "entry_id": entry_id}
    columns = {"distribution_id": literal(distribution), "number": number, "person_id": _PAIR.c.person_id}
    columns |= {"investor_id": _PAIR.c.investor_id, "due_at": moment, "changed_at": moment}
    columns |= {name: literal(value) for name, value in same.items()}
    query = select(*columns.values()).where(_chosen(scene, _PAIR.c))
    connection.execute(insert(DistributionRecipient).from_select(list(columns), query), scene.values)
    count = select(func.count()).where(DistributionRecipient.distribution_id == distribution)
    return connection.execute(count).scalar_one()


@dataclass(frozen=True, slots=True)
class Group:
    """Recipients who are alike in everything that decides, and how many they are."""

    key: str
    facts: InvestorFacts
    pull: bool
    signs_in: bool
    has_it: bool
    has_address: bool
    number: int


def facts_of_group(common: Facts, group: Group) -> Facts:
    """What one of a group is decided on. No acceptance is among it: a link is received without one."""
    return replace(common, investor=group.facts, initiative=initiative_of(group.pull), action=Action.RECEIVE)


def _told_apart(scene: Scene, pair: Any) -> dict[str, ColumnElement[bool]]:
    """What tells recipients apart beside the key: of a person with an investor, with ``_ROLE`` and address joined."""
    holding = select(literal(1)).where(
        ReceivedReport.version_id == _VERSION,
        ReceivedReport.person_id == pair.person_id,
        ReceivedReport.investor_id == pair.investor_id,
    )
    unended = or_(_ROLE.valid_before.is_(None), _ROLE.valid_before > NOW)
    live = and_(_ROLE.live.is_(true()), _ROLE.role == Role.CLIENT, unended)
    return {
        "pull": subscriptions.wished_by(pair, scene.topics),
        "signs_in": and_(Person.password_hash.is_not(None), func.coalesce(live, false())),
        "has_it": holding.exists(),
        "has_address": MailAddress.person_id.is_not(None),
    }


_ROLE = aliased(RoleGrant, name="role")


def _everybody(scene: Scene, columns: Sequence[Any]) -> Any:
    """Everybody on the list at once."""
    roles: Any = select(RoleGrant.person_id, func.max(RoleGrant.id).label("id")).where(*current(RoleGrant))
    roles = roles.group_by(RoleGrant.person_id).subquery("newest_role")
    return filed(
        select(*columns)
        .select_from(_PAIR)
        .join(Investor, Investor.id == _PAIR.c.investor_id)
        .join(Person, Person.id == _PAIR.c.person_id)
        .outerjoin(roles, roles.c.person_id == _PAIR.c.person_id)
        .outerjoin(_ROLE, _ROLE.id == roles.c.id)
        .outerjoin(MailAddress, MailAddress.person_id == _PAIR.c.person_id)
        .where(_chosen(scene, _PAIR.c))
    )


_ACTS = aliased(Mandate, name="acts")


def _one_by_one(scene: Scene, columns: Sequence[Any]) -> Any:
    """Everybody on the list, by client number and person: whoever takes the first of them does not wait for the last."""
    newest = current_id(Mandate, NOW, (Mandate.person_id, _ACTS.person_id), (Mandate.investor_id, _ACTS.investor_id))
    query = (
        select(*columns)
        .select_from(Investor)
        .join(_ACTS, _ACTS.investor_id == Investor.id)
        .join(Person, Person.id == _ACTS.person_id)
        .outerjoin(_ROLE, _ROLE.id == current_id(RoleGrant, NOW, (RoleGrant.person_id, _ACTS.person_id)))
        .outerjoin(MailAddress, MailAddress.person_id == _ACTS.person_id)
        .where(_ACTS.id == newest, _ACTS.live, or_(_ACTS.valid_before.is_(None), _ACTS.valid_before > NOW))
        .where(_chosen(scene, _ACTS))
    )
    return looked_up(query).order_by(Investor.client_number, Person.id)


def groups(connection: Connection, scene: Scene) -> list[Group]:
    """Everybody on the list, by what decides."""
    parts = _told_apart(scene, _PAIR.c)
    each = _everybody(scene, [KEY, *(part.label(name) for name, part in parts.items())]).subquery("each")
    told = [each.c.key, *(each.c[name] for name in parts)]
    query = select(*told, func.count().label("number")).group_by(*told)
    return [
        Group(
            key=row.key,
            facts=facts_under(row.key, scene.lens),
            pull=bool(row.pull),
            signs_in=bool(row.signs_in),
            has_it=bool(row.has_it),
            has_address=bool(row.has_address),
            number=row.number,
        )
        for row in connection.execute(query, scene.values)
    ]


def people_in(
    connection: Connection, scene: Scene, wanted: Sequence[Group], after: tuple[str, str] | None, limit: int
) -> list[Any]:
    """Who is in these groups, by client number and person. Walked is a piece at a time, until so many are found."""
    parts = _told_apart(scene, _ACTS)
    names = (Person.id, Person.name.label("person_name"), Investor.name.label("investor_name"), Investor.client_number)
    query = _one_by_one(scene, [*names, KEY, *(part.label(name) for name, part in parts.items())])
    groups = {(each.key, *(getattr(each, name) for name in parts)) for each in wanted}
    found: list[Any] = []
    place, size = after or _START, limit * _AT_FIRST
    while groups and len(found) < limit:
        beyond = Investor.client_number >= place[0], tuple_(Investor.client_number, Person.id) > tuple_(*place)
        rows = list(connection.execute(query.where(*beyond).limit(size), scene.values))
        found += [row for row in rows if (row.key, *(bool(getattr(row, name)) for name in parts)) in groups]
        if len(rows) < size:
            break
        place, size = (rows[-1].client_number, rows[-1].id), min(size * _GROWS, _MOST)
    return found[:limit]


_START = "", ""
"""Before everybody. Without a place to begin at SQLite would sort all instead of walking along the client numbers."""
_AT_FIRST, _GROWS, _MOST = 2, 4, 20_000


# --------------------------------------------------------------------------------------------------- one recipient after another

_row = DistributionRecipient


def _aspect(name: str) -> Any:
    return current_id(Classification, NOW, (Classification.investor_id, _row.investor_id), (Classification.aspect, name))


def _cases() -> Any:
    class_, category, lowest = (aliased(Classification, name=name) for name in ("the_class", "the_category", "the_lowest"))
    this = aliased(Acknowledgement, name="this")
    its_own = (this.person_id == _row.person_id, this.investor_id == _row.investor_id, this.version_id == _VERSION)
    newest = select(func.max(this.id)).where(*its_own).correlate(_row)
    mandate = current_id(Mandate, NOW, (Mandate.person_id, _row.person_id), (Mandate.investor_id, _row.investor_id))
    wishes = current_id(ObjectivesRow, NOW, (ObjectivesRow.investor_id, _row.investor_id))
    standing = current_id(StandingRow, NOW, (StandingRow.investor_id, _row.investor_id))
    return (
        select(
            *(_row.number, _row.person_id, _row.investor_id, _row.initiative, _row.tries, Investor.kind),
            *(Mandate.id.label("mandate"), Mandate.live, Mandate.valid_before.label("mandate_before")),
            *(StandingRow.id.label("standing"), StandingRow.client, StandingRow.profile_complete, StandingRow.suspended),
            *(StandingRow.closed, StandingRow.contract_from, StandingRow.contract_before),
            *(class_.id.label("class_"), class_.investor_class, class_.valid_before.label("class_before")),
            *(category.id.label("category_"), category.category, category.valid_before.label("category_before")),
            *(category.rose_from, category.rose_at, lowest.id.label("lowest_"), lowest.lowest),
            *(lowest.rose_at.label("lifted_at"), ObjectivesRow.id.label("objectives"), ObjectivesRow.term),
            *(ObjectivesRow.varieties, Acknowledgement.id.label("acceptance"), Acknowledgement.accepted_at),
            *(Acknowledgement.statement_id.label("accepted_statement"), Acknowledgement.profile),
            *(RoleGrant.role, RoleGrant.live.label("role_live"), RoleGrant.valid_before.label("role_before")),
            *(Person.password_hash.is_not(None).label("active"), MailAddress.address),
        )
        .join(Investor, Investor.id == _row.investor_id)
        .join(Person, Person.id == _row.person_id)
        .outerjoin(Mandate, Mandate.id == mandate)
        .outerjoin(StandingRow, StandingRow.id == standing)
        .outerjoin(class_, class_.id == _aspect("CLASS"))
        .outerjoin(category, category.id == _aspect("CATEGORY"))
        .outerjoin(lowest, lowest.id == _aspect("LOWEST"))
        .outerjoin(ObjectivesRow, ObjectivesRow.id == wishes)
        .outerjoin(Acknowledgement, Acknowledgement.id == newest.scalar_subquery())
        .outerjoin(RoleGrant, RoleGrant.id == current_id(RoleGrant, NOW, (RoleGrant.person_id, _row.person_id)))
        .outerjoin(MailAddress, MailAddress.person_id == _row.person_id)
        .where(_row.distribution_id == bindparam("distribution", type_=String))
        .order_by(_row.number)
    )


_CASES = _cases()


def cases(connection: Connection, distribution: str, version: str, state: Result, limit: int, now: datetime) -> list[Any]:
    """The next recipients in a state whose turn has come, each with everything that decides, held until the transaction ends.

    They have no reason yet: with that named, the index gives them in their order.
    """
    query = _CASES.where(_row.state == state.value, _row.reason == "", _row.due_at <= NOW).limit(limit).with_for_update(of=_row)
    return list(connection.execute(query, {"distribution": distribution, "version": version, "now": now}))
