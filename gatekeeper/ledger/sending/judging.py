"""Recipients of a report decided, each by the rows that are on file about it, and where each stands by it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger.sending.answers import Answer
from gatekeeper.rules.facts import Facts
from gatekeeper.rules.messages.distribution import Result
from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.rules.roles import Role
from gatekeeper.rules.suitability import Outcome, decide
from gatekeeper.store.proof.several import OF_EACH
from gatekeeper.store.publishing import library
from gatekeeper.store.reading import access, subscriptions
from gatekeeper.store.reading.access import Case
from gatekeeper.store.sending import distributions

_COLUMNS = {"class": "class_", "category": "category_", "lowest": "lowest_"}
"""Where a row keeps an id under another name than an entry."""


def report_case(connection: Connection, report: str, now: datetime, zone: ZoneInfo) -> Case:
    """A report, the policy and the statement as they stand now: what is the same for all recipients."""
    return access.load(connection, person="", investor=None, report=report, action=Action.RECEIVE, zone=zone, now=now)


def facts_of(common: Facts, row: Any, initiative: Initiative, now: datetime) -> Facts:
    """What one recipient is decided on."""
    acts = bool(row.mandate and row.live and (row.mandate_before is None or now < row.mandate_before))
    return Facts(
        investor=access.investor_facts(row, row.standing) if acts else None,
        report=common.report,
        policy=common.policy,
        zone=common.zone,
        statement_id=common.statement_id,
        acceptance=access.acceptance_of(row),
        action=Action.RECEIVE,
        initiative=initiative,
    )


def signs_in(row: Any, now: datetime) -> bool:
    """Whether a recipient can sign in as a client: a link is of no use to anybody else."""
    is_live = bool(row.role_live) and (row.role_before is None or now < row.role_before)
    return is_live and row.role is Role.CLIENT and bool(row.active)


@dataclass(slots=True)
class Piece:
    """Some recipients of a report: who of them asks for it, what was decided of each, and where each stands."""

    common: Case
    asking: set[tuple[str, str]]
    now: datetime
    answers: list[Answer] = field(default_factory=list)
    _states: dict[int, tuple[Result, str, Initiative | None]] = field(default_factory=dict)

    @classmethod
    def of(cls, connection: Connection, common: Case, rows: Sequence[Any], now: datetime) -> "Piece":
        """Begin with these recipients."""
        version = library.version(connection, common.version) if common.version else None
        topics = subscriptions.topics_of(version) if version is not None else {}
        return cls(common, subscriptions.asking(connection, topics, {row.person_id for row in rows}, now), now)

    def judge(self, row: Any, state: Result) -> bool:
        """Decide one recipient: refused, or in this state; say whether the report may be received."""
        initiative = distributions.initiative_of((row.person_id, row.investor_id) in self.asking)
        decision = decide(facts_of(self.common.facts, row, initiative, self.now), self.now)
        ids = {name: getattr(row, _COLUMNS.get(name, name)) for name in OF_EACH}
        used = {name: id_ for name, id_ in ids.items() if id_ is not None}
        self.answers.append(Answer(row.number, row.person_id, row.investor_id, initiative, used, decision))
        is_refused = decision.outcome is Outcome.DENY
        reason = decision.reason.value if is_refused and decision.reason else ""
        self._states[row.number] = Result.REFUSED if is_refused else state, reason, initiative
        return not is_refused

    def skip(self, row: Any, state: Result) -> None:
        """Leave out a recipient about whom nothing is to be decided."""
        self._states[row.number] = state, "", None

    def skipped(self, numbers: Iterable[int]) -> dict[str, list[int]]:
        """Of these recipients those about whom nothing was decided, by where they stand."""
        decided, found = {each.number for each in self.answers}, dict[str, list[int]]()
        for number in numbers:
            if number not in decided:
                found.setdefault(self._states[number][0].value, []).append(number)
        return found

    def write(self, connection: Connection, distribution: str, entry_id: int, numbers: Iterable[int], **more: Any) -> None:
        """Write where these recipients stand, those who stand alike together."""
        alike: dict[tuple[Result, str, Initiative | None], list[int]] = {}
        for number in numbers:
            alike.setdefault(self._states[number], []).append(number)
        common = {"changed_at": self.now, "last_entry_id": entry_id, **more}
        for (state, reason, initiative), some in alike.items():
            of = {"state": state.value, "reason": reason, "initiative": initiative.value if initiative else None}
            distributions.set_state(connection, distribution, some, **common, **of)
