"""Reports as a list shows them to one reader: the policy's condition in the query, the acceptance row by row."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection

from gatekeeper.rules import consent
from gatekeeper.rules.risk import Action
from gatekeeper.rules.suitability import Eligibility, Outcome, eligibility
from gatekeeper.store.publishing import library
from gatekeeper.store.publishing.library import Wanted
from gatekeeper.store.publishing.search import Serving
from gatekeeper.store.reading.access import Case


@dataclass(frozen=True, slots=True)
class Listed:
    """One report on a list, with what reading it takes.

    ``is_new`` says that it has come out since the reader's last visit and that they have not met it yet: a report whose statement
    they have accepted is no news.
    """

    report: str
    title: str
    subtitle: str
    issuer: str
    kind: str
    rating: str
    grade: Any
    released_at: datetime
    outcome: Outcome
    is_new: bool = False


def eligible(case: Case, now: datetime) -> Eligibility | None:
    """The investor's side of every decision; None where there is no investor, policy or statement to decide on."""
    found = case.facts
    return eligibility(found.investor, found.policy, now) if found.investor and found.policy and found.statement_id else None


def readable(connection: Connection, person: str, case: Case, wanted: Wanted, now: datetime) -> tuple[Listed, ...]:
    """What this person may read for the investor of a case."""
    found = eligible(case, now)
    admitted = found.open_admission if found else None
    if admitted is None or not wanted.limit:
        return ()
    rows = library.readable(connection, admitted, wanted, person=person, investor=case.investor or "", now=now)
    return tuple(listed(row, case, admitted.profile, now) for row in rows)


def shown(reports: Iterable[Listed]) -> list[list[str]]:
    """What an entry says of them."""
    return [[each.report, each.outcome.value] for each in reports]


def listed(row: Any, case: Case, profile: str, now: datetime, visit: datetime | None = None) -> Listed:
    """One row of ``library.readable``: whether it opens at once turns on the acceptance."""
    found = case.facts
    accepted = row.acceptance and consent.Acceptance(row.acceptance, row.accepted_at, row.accepted_statement, row.profile)
    policy, statement_id = found.policy, found.statement_id
    good = (
        accepted is not None
        and policy is not None
        and statement_id is not None
        and consent.is_good(accepted, statement_id=statement_id, profile=profile, policy=policy, now=now, zone=found.zone)
    )
    needed = policy is None or Action.READ in policy.acknowledged_actions
    return Listed(
        report=row.report_id,
        title=row.title,
        subtitle=row.subtitle,
        issuer=row.issuer,
        kind=row.kind,
        rating=row.rating,
        grade=row.grade,
        released_at=row.released_at,
        outcome=Outcome.ACKNOWLEDGE if needed and not good else Outcome.PERMIT,
        is_new=visit is not None and row.released_at > visit and not good,
    )


def serving(case: Case, profile: str, now: datetime) -> Serving | None:
    """What makes an acceptance serve now, for a whole list at once; None where reading needs none."""
    policy, statement_id = case.facts.policy, case.facts.statement_id
    if policy is None or statement_id is None or Action.READ not in policy.acknowledged_actions:
        return None
    zone = case.facts.zone
    first = consent.first_day_serving(now.astimezone(zone).date(), policy.acknowledgement_months)
    return Serving(statement_id, profile, datetime.combine(first, time(), zone))
