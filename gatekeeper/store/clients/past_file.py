"""An investor's file as it stood at an instant gone by, in either of the two views of ``store.as_of``.

Told is the file of then as corrected since, and beside it, where that was something else, what was known at the time.
"""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, or_, select
from sqlalchemy.orm import aliased

from gatekeeper.rules.changes import Change, MandateChange, from_data
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.suitability import Eligibility, eligibility
from gatekeeper.store.accounts.people import Investor, Person
from gatekeeper.store.clients import investor_file, investors
from gatekeeper.store.messages.notices import Notice, NoticeAcknowledgement
from gatekeeper.store.proof import as_of
from gatekeeper.store.proof.as_of import View, id_then
from gatekeeper.store.proposals import Proposal
from gatekeeper.store.reading import access
from gatekeeper.store.suitability.assessments import Assessment, AssessmentAcknowledgement, AssessmentResult

SHOWN = 10
"""How many assessments and notices are shown, the newest of that time first."""


@dataclass(frozen=True, slots=True)
class Then:
    """One view of the file: what applied, who acted, and what could be read by it; no eligibility without a policy."""

    overview: Any
    mandates: list[Any]
    eligibility: Eligibility


@dataclass(frozen=True, slots=True, kw_only=True)
class PastFile:
    """The file at an instant. ``corrected`` is None where it was not opened yet; ``known`` is the other view, if it differs.

    ``waiting`` are changes that were proposed and not decided by then, with who had proposed each.
    """

    investor: Any
    moment: datetime
    policy: Policy | None
    corrected: Then | None
    known: Then | None
    assessments: list[Any]
    notices: list[Any]
    waiting: list[tuple[Any, Change]]
    names: dict[str, str]


_WHOLE = investors.overview_by(id_then).where(Investor.id == bindparam("investor"))


def overview(connection: Connection, view: View, investor: str) -> Any:
    """An investor with everything that applied, as ``investors.overview`` has it of now; None where there is no such investor."""
    bound = {"investor": investor, "moment": view.moment, "known": view.known_then}
    return connection.execute(_WHOLE, bound).first()


def ids(row: Any) -> tuple[Any, ...]:
    """The rows behind an overview, to tell whether two views of it are the same."""
    return row.standing_id, row.class_id, row.category_id, row.lowest_id, row.objectives_id


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


def read(connection: Connection, investor: str, moment: datetime) -> PastFile | None:
    """Put it together, None where there is no such investor. Nothing of it may be shown without an entry of whoever asks."""
    row = investors.investor(connection, investor)
    if row is None:
        return None
    policy = access.current_policy(connection, moment)
    in_force = policy[1] if policy else None
    both = [_then(connection, View(moment=moment, known_then=known), investor, in_force) for known in (False, True)]
    pending = [(each, from_data(one)) for each in waiting(connection, investor, moment) for one in _changes(each)]
    persons = {each.proposed_by for each, _ in pending}
    persons |= {change.person for _, change in pending if isinstance(change, MandateChange)}
    was_open = row.created_at <= moment
    return PastFile(
        investor=row,
        moment=moment,
        policy=in_force,
        corrected=both[0] if was_open else None,
        known=both[1] if was_open and _ids(both[0]) != _ids(both[1]) else None,
        assessments=assessments(connection, investor, moment, SHOWN),
        notices=notices(connection, investor, moment, SHOWN),
        waiting=pending,
        names=investors.names(connection, sorted(persons)),
    )


def _then(connection: Connection, view: View, investor: str, policy: Policy | None) -> Then:
    row = overview(connection, view, investor)
    can = eligibility(investor_file.facts(row), policy, view.moment)
    return Then(row, as_of.of_investor(connection, view, investor), can)


def _ids(then: Then) -> tuple[Any, ...]:
    return ids(then.overview), tuple(sorted(row.mandate for row in then.mandates))


def _changes(proposal: Any) -> list[dict[str, Any]]:
    changes: list[dict[str, Any]] = json.loads(proposal.payload)
    return changes
