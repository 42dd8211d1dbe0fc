"""An investor's file as it stood at an instant gone by, in either of the two views of ``store.as_of``."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, func, or_, select
from sqlalchemy.orm import aliased

from gatekeeper.store.as_of import View, id_then
from gatekeeper.store.assessments import Assessment, AssessmentAcknowledgement, AssessmentResult
from gatekeeper.store.notices import Notice, NoticeAcknowledgement
from gatekeeper.store.people import Classification, Investor, Person, StandingRow
from gatekeeper.store.proposals import Proposal


def _whole() -> Any:
    class_, category, lowest = (aliased(Classification, name=name) for name in ("the_class", "the_category", "the_lowest"))

    def applied(row: Any, aspect: str) -> Any:
        return row.id == id_then(Classification, (Classification.investor_id, Investor.id), (Classification.aspect, aspect))

    return (
        select(
            Investor.id,
            Investor.kind,
            Investor.name,
            Investor.client_number,
            Investor.created_at,
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
            lowest.id.label("lowest_id"),
            func.coalesce(lowest.lowest, False).label("lowest"),
        )
        .select_from(Investor)
        .outerjoin(StandingRow, StandingRow.id == id_then(StandingRow, (StandingRow.investor_id, Investor.id)))
        .outerjoin(class_, applied(class_, "CLASS"))
        .outerjoin(category, applied(category, "CATEGORY"))
        .outerjoin(lowest, applied(lowest, "LOWEST"))
        .where(Investor.id == bindparam("investor"))
    )


_WHOLE = _whole()


def overview(connection: Connection, view: View, investor: str) -> Any:
    """An investor with everything that applied, as ``investors.overview`` has it of now; None where there is no such investor."""
    bound = {"investor": investor, "moment": view.moment, "known": view.known_then}
    return connection.execute(_WHOLE, bound).first()


def ids(row: Any) -> tuple[Any, ...]:
    """The rows behind an overview, to tell whether two views of it are the same."""
    return row.standing_id, row.class_id, row.category_id, row.lowest_id


def assessments(connection: Connection, investor: str, moment: datetime, most: int) -> list[Any]:
    """The assessments begun by then, newest first, each with what had come of it by then."""
    handed = aliased(AssessmentResult, name="handed")
    taken = aliased(AssessmentAcknowledgement, name="taken")
    query = (
        select(
            Assessment.id,
            Assessment.begun_at,
            Person.name.label("person_name"),
            handed.score,
            handed.category,
            handed.lowest,
            handed.handed_in_at,
            taken.acknowledged_at,
        )
        .join(Person, Person.id == Assessment.person_id)
        .outerjoin(handed, (handed.assessment_id == Assessment.id) & (handed.handed_in_at <= moment))
        .outerjoin(taken, (taken.assessment_id == Assessment.id) & (taken.acknowledged_at <= moment))
        .where(Assessment.investor_id == investor, Assessment.begun_at <= moment)
        .order_by(Assessment.begun_at.desc(), Assessment.entry_id.desc())
    )
    return list(connection.execute(query.limit(most)))


def notices(connection: Connection, investor: str, moment: datetime, most: int) -> list[Any]:
    """The notices given by then, newest first, each with when it was acknowledged if it was by then."""
    taken = aliased(NoticeAcknowledgement, name="taken")
    query = (
        select(Notice.id, Notice.created_at, taken.acknowledged_at)
        .outerjoin(taken, (taken.notice_id == Notice.id) & (taken.acknowledged_at <= moment))
        .where(Notice.investor_id == investor, Notice.created_at <= moment)
        .order_by(Notice.created_at.desc(), Notice.id)
    )
    return list(connection.execute(query.limit(most)))


def waiting(connection: Connection, investor: str, moment: datetime) -> list[Any]:
    """What was proposed about the investor by then and had not been decided, oldest first."""
    open_ = or_(Proposal.decided_at.is_(None), Proposal.decided_at > moment)
    query = select(Proposal.__table__).where(Proposal.investor_id == investor, Proposal.proposed_at <= moment, open_)
    return list(connection.execute(query.order_by(Proposal.proposed_at)))
