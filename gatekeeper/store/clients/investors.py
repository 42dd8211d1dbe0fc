"""Investors and persons: what is on file, what applies now, and what has been."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select
from sqlalchemy.orm import aliased

from gatekeeper.rules.changes import (
    CategoryChange,
    Change,
    ClassChange,
    Correction,
    InvestorChange,
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
    SettlementChange,
    StandingChange,
    StatementChange,
)
from gatekeeper.rules.changing.raising import absent
from gatekeeper.rules.importing.change import ImportChange
from gatekeeper.rules.roles import Role
from gatekeeper.store.accounts import services
from gatekeeper.store.accounts.people import Classification, Investor, Mandate, ObjectivesRow, Person, RoleGrant, StandingRow
from gatekeeper.store.base import NOW, current_id, current_row, states
from gatekeeper.store.clients.stated import (
    by_row,
    classification_of,
    mandate_of,
    objectives_of,
    questionnaire_of,
    role_of,
    standing_of,
)
from gatekeeper.store.publishing import settlements, versions
from gatekeeper.store.reading.consent import StatementRow
from gatekeeper.store.reading.words import newest_policy
from gatekeeper.store.suitability.questionnaires import newest

_ASPECTS: dict[type, str] = {ClassChange: "CLASS", CategoryChange: "CATEGORY", LowestChange: "LOWEST"}
CLOCKS_DIFFER = timedelta(minutes=5)
"""The most by which the clocks of two that write at once may differ; more is a finding in the ledger."""


def current(connection: Connection, wanted: Change, now: datetime) -> tuple[int | None, Change | None]:
    """The row and the value that ``wanted`` would replace: None and None where nothing is on file.

    A request that waited for another one's lock finds that one's rows although its own clock was read a moment earlier.
    """
    now += CLOCKS_DIFFER
    match wanted:
        case ClassChange() | CategoryChange() | LowestChange():
            return _current_classification(connection, wanted, now)
        case StandingChange():
            return _current_standing(connection, wanted.investor, now)
        case MandateChange():
            return _current_mandate(connection, wanted, now)
        case RoleChange():
            return _current_role(connection, wanted.person, now)
        case ResetChange():  # it replaces nothing, but was proposed for an account as it stood
            return _current_role(connection, wanted.person, now)[0], None
        case _:
            return _current_other(connection, wanted, now)


def stated(connection: Connection, wanted: Change) -> Change | None:
    """What would be on file after a change: for a correction, what the row says that applies again; None for nothing at all."""
    if not isinstance(wanted, Correction):
        return wanted
    again = by_row(connection, wanted.of, wanted.again)
    wrong = by_row(connection, wanted.of, wanted.row)
    return again or (absent(wrong) if wrong else None)


def _current_other(connection: Connection, wanted: OtherChange, now: datetime) -> tuple[int | None, Change | None]:
    if isinstance(wanted, PublicationChange):  # it replaces nothing, but is proposed beside what of its report is out
        return versions.bases(connection, [wanted.version]).get(wanted.version), None
    if isinstance(wanted, ResetChange | ImportChange):
        return None, None
    if isinstance(wanted, SettlementChange):
        return settlements.current(connection, wanted, now)
    if isinstance(wanted, ObjectivesChange | ServiceChange):
        return _current_small(connection, wanted, now)
    if isinstance(wanted, Correction):
        wrong = by_row(connection, wanted.of, wanted.row)
        return current(connection, wrong, now - CLOCKS_DIFFER) if wrong else (None, None)
    if isinstance(wanted, PolicyChange):
        policy = newest_policy(connection)
        return (policy.id, PolicyChange(text=policy.text, effective=policy.valid_from)) if policy else (None, None)
    if isinstance(wanted, QuestionnaireChange):
        asked = newest(connection, wanted.track)
        return (asked.id, questionnaire_of(asked)) if asked else (None, None)
    row = current_row(connection, StatementRow, now)
    return (row.id, StatementChange(text_zh=row.text_zh, text_en=row.text_en)) if row else (None, None)


def _current_classification(connection: Connection, wanted: InvestorChange, now: datetime) -> tuple[int | None, Change | None]:
    row = current_row(connection, Classification, now, investor_id=wanted.investor, aspect=_ASPECTS[type(wanted)])
    return (row.id, classification_of(row)) if row else (None, None)


def _current_small(
    connection: Connection, wanted: ObjectivesChange | ServiceChange, now: datetime
) -> tuple[int | None, Change | None]:
    if isinstance(wanted, ServiceChange):
        row = services.current(connection, wanted.service, now)
        return (row.id, services.stated(row)) if row else (None, None)
    row = current_row(connection, ObjectivesRow, now, investor_id=wanted.investor)
    return (row.id, objectives_of(row)) if row else (None, None)


def _current_standing(connection: Connection, investor: str, now: datetime) -> tuple[int | None, Change | None]:
    row = current_row(connection, StandingRow, now, investor_id=investor)
    return (row.id, standing_of(row)) if row else (None, None)


def _current_mandate(connection: Connection, wanted: MandateChange, now: datetime) -> tuple[int | None, Change | None]:
    row = current_row(connection, Mandate, now, person_id=wanted.person, investor_id=wanted.investor)
    return (row.id, mandate_of(row)) if row else (None, None)


def _current_role(connection: Connection, person: str, now: datetime) -> tuple[int | None, Change | None]:
    row = current_row(connection, RoleGrant, now, person_id=person)
    return (row.id, role_of(row)) if row else (None, None)


def create_investor(connection: Connection, **columns: Any) -> None:
    """Write a new investor: an identity alone, which permits nothing."""
    connection.execute(insert(Investor).values(**columns))


def create_person(connection: Connection, **columns: Any) -> None:
    """Write a new person: an identity alone, who cannot sign in."""
    connection.execute(insert(Person).values(**columns))


def investor(connection: Connection, id_: str) -> Any:
    """One investor's identity, or None."""
    return connection.execute(select(Investor.__table__).where(Investor.id == id_)).first()


def lock_staff(connection: Connection, person: str) -> None:
    """Hold the rows of a person and of all staff until the transaction ends: changes to who may do what follow each other."""
    staff = select(RoleGrant.person_id).where(RoleGrant.role != Role.CLIENT)
    which = or_(Person.id == person, Person.id.in_(staff))
    connection.execute(select(Person.id).where(which).order_by(Person.id).with_for_update(key_share=True)).all()


def lock_investor(connection: Connection, id_: str) -> bool:
    """Hold an investor's row until the transaction ends: changes to one file follow each other. False if there is none."""
    return connection.execute(select(Investor.id).where(Investor.id == id_).with_for_update()).first() is not None


def person(connection: Connection, id_: str) -> Any:
    """One person's identity, or None."""
    return connection.execute(select(Person.__table__).where(Person.id == id_)).first()


def person_by_login(connection: Connection, login: str) -> Any:
    """One person's identity by login name, or None."""
    return connection.execute(select(Person.__table__).where(Person.login == login.casefold())).first()


def investor_by_number(connection: Connection, number: str) -> Any:
    """One investor's identity by client number, or None."""
    return connection.execute(select(Investor.__table__).where(Investor.client_number == number)).first()


def names(connection: Connection, persons: Sequence[str] = (), investors: Sequence[str] = ()) -> dict[str, str]:
    """Display names by id."""
    found: dict[str, str] = {}
    if persons:
        found |= {row.id: row.name for row in connection.execute(select(Person.id, Person.name).where(Person.id.in_(persons)))}
    if investors:
        rows = connection.execute(select(Investor.id, Investor.name).where(Investor.id.in_(investors)))
        found |= {row.id: row.name for row in rows}
    return found


def logins(connection: Connection, persons: Sequence[str]) -> dict[str, str]:
    """Login names by id."""
    query = select(Person.id, Person.login).where(Person.id.in_(persons))
    return {row.id: row.login for row in connection.execute(query)} if persons else {}


def _in_error(row: Any) -> Any:
    marker = aliased(Mandate)
    return select(marker.id).where(marker.corrects_id == row.id).exists()


def _newer() -> Any:
    other = aliased(Mandate)
    same = (other.person_id == Mandate.person_id, other.investor_id == Mandate.investor_id)
    return (
        select(other.id).where(*same, other.id > Mandate.id, other.valid_from <= NOW, states(other), ~_in_error(other)).exists()
    )


_MANDATES = (
    select(
        Mandate.person_id,
        Mandate.investor_id,
        Mandate.capacity,
        Mandate.valid_before,
        Person.name.label("person_name"),
        Person.login,
        Investor.name.label("investor_name"),
        Investor.client_number,
        Investor.kind,
    )
    .join(Person, Person.id == Mandate.person_id)
    .join(Investor, Investor.id == Mandate.investor_id)
    .where(
        Mandate.live,
        Mandate.valid_from <= NOW,
        or_(Mandate.valid_before.is_(None), Mandate.valid_before > NOW),
        states(Mandate),
        ~_in_error(Mandate),
        ~_newer(),
    )
    .order_by(Investor.name, Mandate.id)
)


def mandates_of(connection: Connection, now: datetime, *, person: str | None = None, investor: str | None = None) -> list[Any]:
    """The live mandates of a person, or on an investor, with both names."""
    which = Mandate.person_id == person if person is not None else Mandate.investor_id == investor
    return list(connection.execute(_MANDATES.where(which), {"now": now}))


def acting_for(connection: Connection, investors: Sequence[str], now: datetime) -> dict[str, frozenset[str]]:
    """Who acts for each of these investors."""
    found: dict[str, frozenset[str]] = {}
    if investors:
        for row in connection.execute(_MANDATES.where(Mandate.investor_id.in_(investors)), {"now": now}):
            found[row.investor_id] = found.get(row.investor_id, frozenset()) | {row.person_id}
    return found


def find(connection: Connection, words: str, after: tuple[str, str] | None, limit: int, now: datetime) -> list[Any]:
    """Investors by name or client number, or a person's name or login, in order of name; with everything that applies now."""
    conditions: list[ColumnElement[bool]] = []
    if words:
        by_person = (
            select(Mandate.investor_id)
            .join(Person, Person.id == Mandate.person_id)
            .where(or_(Person.login.icontains(words, autoescape=True), Person.name.icontains(words, autoescape=True)))
        )
        by_itself = select(Investor.id).where(
            or_(Investor.name.icontains(words, autoescape=True), Investor.client_number.icontains(words, autoescape=True))
        )
        conditions.append(Investor.id.in_(by_itself.union(by_person)))
    if after:
        conditions.append(or_(Investor.name > after[0], and_(Investor.name == after[0], Investor.id > after[1])))
    query = _OVERVIEW.where(*conditions).order_by(Investor.name, Investor.id).limit(limit)
    return list(connection.execute(query, {"now": now}))


def overview(connection: Connection, id_: str, now: datetime) -> Any:
    """One investor with everything that applies now."""
    return connection.execute(_OVERVIEW.where(Investor.id == id_), {"now": now}).first()


def overview_by(applying: Callable[..., Any]) -> Any:
    """Investors with everything that applies; ``applying`` gives the id of the row of a dated table that does, for these keys."""
    class_, category, lowest = (aliased(Classification, name=name) for name in ("the_class", "the_category", "the_lowest"))

    def applies(row: Any, aspect: str) -> Any:
        return row.id == applying(Classification, (Classification.investor_id, Investor.id), (Classification.aspect, aspect))

    return (
        select(
            Investor.id,
            Investor.kind,
            Investor.name,
            Investor.client_number,
            StandingRow.id.label("standing_id"),
            StandingRow.client,
            StandingRow.profile_complete,
            StandingRow.suspended,
            StandingRow.closed,
            StandingRow.contract_from,
            StandingRow.contract_before,
            StandingRow.branch,
            StandingRow.contact,
            class_.id.label("class_id"),
            class_.investor_class,
            class_.ground,
            class_.valid_before.label("class_before"),
            category.id.label("category_id"),
            category.category,
            category.valid_before.label("category_before"),
            category.rose_from,
            category.rose_at,
            lowest.rose_at.label("lifted_at"),
            ObjectivesRow.id.label("objectives_id"),
            ObjectivesRow.term,
            ObjectivesRow.varieties,
            lowest.id.label("lowest_id"),
            func.coalesce(lowest.lowest, False).label("lowest"),
        )
        .select_from(Investor)
        .outerjoin(StandingRow, StandingRow.id == applying(StandingRow, (StandingRow.investor_id, Investor.id)))
        .outerjoin(class_, applies(class_, "CLASS"))
        .outerjoin(category, applies(category, "CATEGORY"))
        .outerjoin(lowest, applies(lowest, "LOWEST"))
        .outerjoin(ObjectivesRow, ObjectivesRow.id == applying(ObjectivesRow, (ObjectivesRow.investor_id, Investor.id)))
    )


_OVERVIEW = overview_by(lambda table, *keys: current_id(table, NOW, *keys))


def staff(connection: Connection, now: datetime) -> list[Any]:
    """Everybody with a role other than client, live or not, by role and name."""
    key = current_id(RoleGrant, now, (RoleGrant.person_id, Person.id))
    return list(
        connection.execute(
            select(
                Person.id,
                Person.name,
                Person.login,
                Person.password_hash.is_not(None).label("active"),
                RoleGrant.role,
                RoleGrant.grants,
                RoleGrant.live,
                RoleGrant.valid_before,
            )
            .join(RoleGrant, RoleGrant.id == key)
            .where(RoleGrant.role != Role.CLIENT)
            .order_by(RoleGrant.role, Person.name)
        )
    )


def has_staff(connection: Connection) -> bool:
    """Whether anybody was ever given a staff role."""
    return connection.execute(select(RoleGrant.id).where(RoleGrant.role != Role.CLIENT).limit(1)).first() is not None
