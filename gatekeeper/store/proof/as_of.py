"""Who acted for whom, and which reports were out, at an instant gone by: the current rows as of then.

Two views of the same instant. *Corrected* is what the files say today about it: a row marked as entered in error, whenever that
was, is left out. *Known then* is what stood in the files at that instant: marks made later do not count.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Boolean, Connection, String, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import aliased

from gatekeeper.rules.assessing.cool_off import LONGEST
from gatekeeper.rules.consent import Acceptance
from gatekeeper.rules.suitability import Admission
from gatekeeper.store.accounts.people import Classification, Investor, Mandate, ObjectivesRow, Person, StandingRow
from gatekeeper.store.base import NOW, UtcTime, current_id, states
from gatekeeper.store.publishing.library import admitted_condition
from gatekeeper.store.publishing.reports import Grading, Release, Report, ReportVersion
from gatekeeper.store.reading.access import Case
from gatekeeper.store.reading.consent import Acknowledgement

_MOMENT: Any = bindparam("moment", type_=UtcTime())
_IS_KNOWN_THEN: Any = bindparam("known", type_=Boolean())
_VERSION: Any = bindparam("version", type_=String())


def id_then(table: type[Any], *keys: tuple[Any, Any]) -> Any:
    """``current_id`` as of the moment, for either view."""
    row, mark = aliased(table, name="this"), aliased(table, name="mark")
    matches = [getattr(row, column.key) == value for column, value in keys]
    counts = or_(~_IS_KNOWN_THEN, mark.valid_from <= _MOMENT)
    in_error = select(mark.id).where(mark.corrects_id == row.id, counts).exists()
    found = select(row.id).where(*matches, row.valid_from <= _MOMENT, states(row), ~in_error)
    return found.order_by(row.id.desc()).limit(1).scalar_subquery()


def _acceptance(person: Any, investor: Any, version: Any) -> Any:
    row = aliased(Acknowledgement, name="accepted")
    mine = (row.person_id == person, row.investor_id == investor, row.version_id == version, row.accepted_at <= _MOMENT)
    return select(func.max(row.id)).where(*mine).scalar_subquery()


def _people() -> Any:
    class_, category, lowest = (aliased(Classification, name=name) for name in ("the_class", "the_category", "the_lowest"))

    def applies(row: Any, aspect: str) -> Any:
        return row.id == id_then(Classification, (Classification.investor_id, Investor.id), (Classification.aspect, aspect))

    own = ((Mandate.person_id, Mandate.person_id), (Mandate.investor_id, Mandate.investor_id))
    return (
        select(
            Investor.client_number,
            Investor.id.label("investor"),
            Investor.name.label("investor_name"),
            Investor.kind,
            Person.id.label("person"),
            Person.name.label("person_name"),
            Person.login,
            Mandate.id.label("mandate"),
            Mandate.capacity,
            StandingRow.id.label("standing"),
            StandingRow.client,
            StandingRow.profile_complete,
            StandingRow.suspended,
            StandingRow.closed,
            StandingRow.contract_from,
            StandingRow.contract_before,
            class_.id.label("class_"),
            class_.investor_class,
            class_.valid_before.label("class_before"),
            category.id.label("category_"),
            category.category,
            category.valid_before.label("category_before"),
            category.rose_from,
            category.rose_at,
            lowest.id.label("lowest_"),
            lowest.lowest,
            lowest.rose_at.label("lifted_at"),
            ObjectivesRow.id.label("objectives"),
            ObjectivesRow.term,
            ObjectivesRow.varieties,
            Acknowledgement.id.label("acceptance"),
            Acknowledgement.accepted_at,
            Acknowledgement.statement_id.label("accepted_statement"),
            Acknowledgement.profile,
        )
        .select_from(Investor)
        .join(Mandate, and_(Mandate.investor_id == Investor.id, Mandate.id == id_then(Mandate, *own)))
        .join(Person, Person.id == Mandate.person_id)
        .outerjoin(StandingRow, StandingRow.id == id_then(StandingRow, (StandingRow.investor_id, Investor.id)))
        .outerjoin(class_, applies(class_, "CLASS"))
        .outerjoin(category, applies(category, "CATEGORY"))
        .outerjoin(lowest, applies(lowest, "LOWEST"))
        .outerjoin(ObjectivesRow, ObjectivesRow.id == id_then(ObjectivesRow, (ObjectivesRow.investor_id, Investor.id)))
        .outerjoin(Acknowledgement, Acknowledgement.id == _acceptance(Mandate.person_id, Investor.id, _VERSION))
        .where(Mandate.live, or_(Mandate.valid_before.is_(None), Mandate.valid_before > _MOMENT))
        .order_by(Investor.client_number, Person.id)
    )


_PEOPLE = _people()


def _alike() -> Any:
    """Those people by what a decision reads of them, and how many there are of each sort.

    Of a day on which something ends or begins a decision asks only whether it lies ahead: that is all that is left of it here.
    """
    each = _PEOPLE.order_by(None).subquery("each")

    def ahead(name: str) -> Any:
        day = each.c[name]
        return case((day.is_(None), None), (day > _MOMENT, bindparam("later", type_=UtcTime())), else_=_MOMENT).label(name)

    def there(name: str) -> Any:
        return case((each.c[name].is_not(None), 1)).label(name)

    def lately(name: str) -> Any:
        return case((each.c[name] > bindparam("cooled", type_=UtcTime()), each.c[name])).label(name)

    same = (
        *("kind", "client", "profile_complete", "suspended", "closed", "investor_class", "category", "lowest"),
        *("term", "varieties", "rose_from"),
    )
    accepted = ("accepted_at", "accepted_statement", "profile")
    columns = [
        *(each.c[name] for name in (*same, *accepted)),
        *map(there, ("standing", "acceptance")),
        *map(lately, ("rose_at", "lifted_at")),
        *map(ahead, ("contract_from", "contract_before", "class_before", "category_before")),
    ]
    inner = select(*columns).subquery("alike")
    return select(*inner.c, func.count().label("number")).group_by(*inner.c)


_ALIKE = _alike()
_MARKED: tuple[type[Any], ...] = (Mandate, StandingRow, Classification)
Key = tuple[str, str]
"""A place in the list of people: the client number of their investor, and the person's id."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Which instant, and in which of the two views."""

    moment: datetime
    known_then: bool = False


def key(row: Any) -> Key:
    """Where a row of ``people`` stands in the list."""
    return row.client_number, row.person


def people(connection: Connection, view: View, version: str | None, after: Key | None, limit: int) -> list[Any]:
    """Everybody who acted for an investor, by client number, with the investor's file and their acceptance of a version."""
    query = _PEOPLE
    if after:
        number, person = after
        beyond = or_(Investor.client_number > number, Person.id > person)
        query = query.where(
            Investor.client_number >= number, beyond
        )  # a bound that the index can begin at, and what is left of it
    return list(connection.execute(query.limit(limit), _bound(view, version)))


def people_alike(connection: Connection, moment: datetime, version: str | None) -> list[Any]:
    """The same as the files are corrected, with a row for all who are alike in what a decision reads, and their ``number``."""
    bound = _bound(View(moment=moment), version) | {"later": moment + timedelta(days=1), "cooled": moment - LONGEST}
    return list(connection.execute(_ALIKE, bound))


def was_corrected_since(connection: Connection, moment: datetime) -> bool:
    """Whether anything in any file was marked as entered in error after this instant; if not, both views are one."""
    marks = (select(table.id).where(table.corrects_id.is_not(None), table.valid_from > moment).limit(1) for table in _MARKED)
    return any(connection.execute(mark).first() is not None for mark in marks)


def left_since(connection: Connection, moment: datetime) -> int:
    """How many acted for an investor by what was known at this instant, and by the files as corrected did not."""
    mark = aliased(Mandate, name="mark")
    query = select(Mandate.person_id, Mandate.investor_id).join(mark, mark.corrects_id == Mandate.id)
    found = set(map(tuple, connection.execute(query.where(mark.valid_from > moment))))
    both = (View(moment=moment, known_then=True), View(moment=moment))
    then, now = ({(row.person, row.investor) for each in found for row in of_person(connection, view, each[0])} for view in both)
    return len(found & then - now)


def in_order(connection: Connection, keys: Iterable[Key]) -> list[Key]:
    """Places in the list in the database's own order of client numbers, which need not be Python's."""
    wanted = list(keys)
    numbers = select(Investor.client_number).where(Investor.client_number.in_({number for number, _ in wanted}))
    rank = {number: place for place, number in enumerate(connection.execute(numbers.order_by(Investor.client_number)).scalars())}
    return sorted(wanted, key=lambda each: (rank[each[0]], each[1]))


def of_person(connection: Connection, view: View, person: str) -> list[Any]:
    """The same for one person: each investor for whom they acted."""
    return list(connection.execute(_PEOPLE.where(Mandate.person_id == person), _bound(view, None)))


def of_investor(connection: Connection, view: View, investor: str) -> list[Any]:
    """The same for one investor: everybody who acted for it."""
    return list(connection.execute(_PEOPLE.where(Investor.id == investor), _bound(view, None)))


def _bound(view: View, version: str | None) -> dict[str, Any]:
    return {"moment": view.moment, "known": view.known_then, "version": version}


def ids(row: Any) -> tuple[Any, ...]:
    """The rows of the file behind a row of ``people``, to tell whether two views are the same."""
    return row.mandate, row.standing, row.class_, row.category_, row.lowest_, row.objectives


def _out(query: Any) -> Any:
    """A query over the reports that were out, each with its grading."""
    return (
        query.select_from(Release)
        .join(ReportVersion, ReportVersion.id == Release.version_id)
        .outerjoin(Grading, Grading.id == current_id(Grading, NOW, (Grading.version_id, ReportVersion.id)))
        .where(Release.state == "RELEASED", Release.id == current_id(Release, NOW, (Release.report_id, Release.report_id)))
    )


def _reports() -> Any:
    accepted = aliased(Acknowledgement, name="the_acceptance")
    columns = (
        Release.report_id.label("report"),
        Release.valid_from.label("released_at"),
        ReportVersion.title,
        ReportVersion.conflict,
        Grading.grade,
        Grading.professional,
        Grading.categories,
        Grading.clients_only,
        Grading.contract_clients_only,
        Grading.term,
        Grading.varieties,
        accepted.id.label("acceptance"),
        accepted.accepted_at,
        accepted.statement_id.label("accepted_statement"),
        accepted.profile,
    )
    newest = _acceptance(bindparam("person"), bindparam("investor"), ReportVersion.id)
    query = _out(select(*columns)).outerjoin(accepted, accepted.id == newest)
    return query.order_by(Release.valid_from.desc(), Release.report_id.desc())


_REPORTS = _reports()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which of the reports that were out: all, or those that one of these admissions lets through; a page of them."""

    admitted: tuple[Admission, ...] | None
    after: tuple[datetime, str] | None
    limit: int


def reports(connection: Connection, moment: datetime, person: str, investor: str, wanted: Wanted) -> list[Any]:
    """The reports that were out, newest first, with grade, audience and the person's acceptance as of then."""
    query = _REPORTS
    if wanted.admitted is not None:
        query = query.where(_any(wanted.admitted))
    if wanted.after:
        at, report = wanted.after
        query = query.where(or_(Release.valid_from < at, and_(Release.valid_from == at, Release.report_id < report)))
    bound = {"now": moment, "moment": moment, "person": person, "investor": investor}
    return list(connection.execute(query.limit(wanted.limit), bound))


def counts(connection: Connection, moment: datetime, admitted: Admission | None) -> tuple[int, int]:
    """How many reports were out, and how many of them this admission lets through."""
    shown = func.count(case((admitted_condition(admitted), 1)))
    row = connection.execute(_out(select(func.count(), shown)), {"now": moment}).one()
    return int(row[0]), int(row[1])


def _any(admitted: tuple[Admission, ...]) -> Any:
    return or_(admitted_condition(None), *(admitted_condition(each) for each in admitted))


def was_there(connection: Connection, report: str, moment: datetime) -> bool:
    """Whether a report had come into the system by then."""
    query = select(Report.id).where(Report.id == report, Report.created_at <= moment)
    return connection.execute(query).first() is not None


def accepted_by(connection: Connection, found: Case, person: str, moment: datetime) -> Case:
    """A case with the newest acceptance that had been given by then, in place of the newest one of today."""
    query = select(Acknowledgement.__table__).where(
        Acknowledgement.id == _acceptance(bindparam("person"), bindparam("investor"), _VERSION)
    )
    bound = {"person": person, "investor": found.investor, "version": found.version, "moment": moment}
    row = connection.execute(query, bound).first()
    used = {name: id_ for name, id_ in found.used.items() if name != "acceptance"}
    acceptance = Acceptance(row.id, row.accepted_at, row.statement_id, row.profile) if row is not None else None
    if row is not None:
        used["acceptance"] = row.id
    facts = replace(found.facts, acceptance=acceptance)
    return replace(found, facts=facts, used=used, serving=row.serving_id if row is not None else None)
