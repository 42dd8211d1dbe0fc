"""Which reports somebody may have: what the policy's conditions leave, each decided."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.entitling.wanted import Found, Hit, Page, Wish
from gatekeeper.rules import consent
from gatekeeper.rules.facts import Facts
from gatekeeper.rules.messages.distribution import Interest
from gatekeeper.rules.risk import Initiative
from gatekeeper.rules.suitability import Admission, Outcome, decide, eligibility
from gatekeeper.store.reading import access, entitled, subscriptions
from gatekeeper.store.reading.access import Case
from gatekeeper.store.reading.entitled import Seeking

Wishes = frozenset[tuple[str, str]]
"""To what somebody has subscribed: topics with their values."""


def permitted(connection: Connection, person: str, case: Case, wish: Wish, page: Page[str], now: datetime) -> Found[Hit, str]:
    """What this person may have for the investor of a case."""
    admissions = _admissions(case.facts, wish, now)
    if case.investor is None or not admissions:
        return Found((), None)
    if not page.limit:
        return Found((), page.after)
    seeking = Seeking(
        person=person,
        investor=case.investor,
        admissions=admissions,
        since=_since(case.facts, now),
        about=wish.initiative is None,
    )
    asked = asked_for(connection, person, case.investor, now) if seeking.about else Wishes()
    hits: list[Hit] = []
    after, size = page.after, page.limit + 1
    while len(hits) <= page.limit:
        rows = entitled.reports(connection, seeking, after, size, now)
        found = (_decided(row, case.facts, wish, asked, now) for row in rows)
        hits += [hit for hit in found if hit.decision.outcome is Outcome.PERMIT]
        if len(rows) < size:
            return Found(tuple(hits[: page.limit]), hits[page.limit - 1].row.report if len(hits) > page.limit else None)
        after = rows[-1].report
    return Found(tuple(hits[: page.limit]), hits[page.limit - 1].row.report)


def _decided(row: Any, common: Facts, wish: Wish, asked: Wishes, now: datetime) -> Hit:
    initiative = wish.initiative or wish.moved(subscribes=is_asked_for(row, asked))
    facts = replace(common, report=access.released(row), acceptance=access.acceptance_of(row), initiative=initiative)
    return Hit(row, initiative, decide(facts, now))


def _admissions(facts: Facts, wish: Wish, now: datetime) -> list[Admission]:
    """What the investor may be given by asking, or by being sent it, as far as either may be so."""
    if facts.investor is None or facts.policy is None or facts.statement_id is None or facts.action is None:
        return []
    found: list[Admission] = []
    for each in [wish.initiative] if wish.initiative else Initiative:
        admitted = eligibility(facts.investor, facts.policy, now, each).open_admission
        if admitted is not None and admitted not in found:
            found.append(admitted)
    return found


def _since(facts: Facts, now: datetime) -> datetime | None:
    """From when on an acceptance serves; None where none is needed."""
    if facts.policy is None or facts.action not in facts.policy.acknowledged_actions:
        return None
    first = consent.first_day_serving(now.astimezone(facts.zone).date(), facts.policy.acknowledgement_months)
    return datetime.combine(first, time(), facts.zone)


def asked_for(connection: Connection, person: str, investor: str, now: datetime) -> Wishes:
    """To what somebody has subscribed for an investor."""
    return Wishes((row.topic, row.value) for row in subscriptions.of(connection, person, investor, now))


def is_asked_for(version: Any, asked: Wishes) -> bool:
    """Whether somebody who has subscribed to this has asked for a version."""
    topics: Mapping[Interest, Sequence[str]] = subscriptions.topics_of(version) if asked else {}
    return any((topic.value, value) in asked for topic, values in topics.items() for value in values)
