"""How many reports are out, by the few facts on which an admission turns: the same for everybody, so it is counted once.

Ten thousand reports take a database forty milliseconds; they are released or regraded a few times a day, and listed all day long.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, case, func, select, union_all

from gatekeeper.rules.risk import Audience, Objectives, RiskGrade
from gatekeeper.rules.suitability import Admission, admits
from gatekeeper.store.base import NOW
from gatekeeper.store.prepared import Prepared
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.store.publishing.library import RELEASED, joined
from gatekeeper.store.publishing.reports import Grading, Release, ReportVersion
from gatekeeper.store.reading.access import categories_of, objectives

_FACTS = (
    *(Grading.grade, Grading.professional, Grading.categories, Grading.clients_only, Grading.contract_clients_only),
    *(Grading.term, Grading.varieties),
)
_GROUPS = joined(select(*_FACTS, ReportVersion.conflict, func.count().label("number"))).where(RELEASED)
_GROUPS = _GROUPS.group_by(*_FACTS, ReportVersion.conflict)
_MOST = 16
_LAST = datetime.max.replace(tzinfo=UTC)

Group = tuple[RiskGrade, Audience, Objectives, bool, int]
"""Grade, audience, term and varieties, whether the notice contradicts itself, and how many reports are alike in these."""


def _written(table: Any) -> tuple[Any, Any]:
    newest = select(table.entry_id).order_by(table.id.desc()).limit(1).scalar_subquery()
    code = select(LedgerEntry.code).where(LedgerEntry.id == newest)
    return select(func.count()).select_from(table).scalar_subquery(), code.scalar_subquery()


_releases, _release = _written(Release)
_gradings, _grading = _written(Grading)
_STATE = Prepared(
    select(_releases.label("releases"), _release.label("release"), _gradings.label("gradings"), _grading.label("grading"))
)
"""Their rows are only ever added, so as many rows are the same rows; an entry's random code tells one database from another."""

_STARTS = union_all(select(Release.valid_from), select(Grading.valid_from)).subquery()
_PERIOD = select(
    func.max(case((_STARTS.c.valid_from <= NOW, _STARTS.c.valid_from))).label("since"),
    func.min(case((_STARTS.c.valid_from > NOW, _STARTS.c.valid_from))).label("before"),
)


@dataclass(frozen=True, slots=True)
class _Out:
    """What is out from the last moment at which a row began to apply until the next one."""

    since: datetime | None
    before: datetime
    groups: tuple[Group, ...]

    def holds(self, now: datetime) -> bool:
        return (self.since is None or self.since <= now) and now < self.before


_KNOWN: dict[Any, _Out] = {}


def counts(connection: Connection, admitted: Admission | None, now: datetime) -> tuple[int, int]:
    """How many reports are out, and how many of them this investor may be shown. Search and filters have no part in it."""
    groups = _groups(connection, now)
    shown = sum(each[-1] for each in groups if admitted is not None and _is_shown(admitted, each))
    return sum(each[-1] for each in groups), shown


def _is_shown(admitted: Admission, group: Group) -> bool:
    grade, audience, about, conflict, _ = group
    return not conflict and not admits(admitted, grade, audience, about)


def _groups(connection: Connection, now: datetime) -> tuple[Group, ...]:
    state = tuple(_STATE.one(connection))
    known = _KNOWN.get(state)
    if known is None or not known.holds(now):
        known = _count(connection, now)
        if len(_KNOWN) >= _MOST:
            _KNOWN.clear()
        _KNOWN[state] = known
    return known.groups


def _count(connection: Connection, now: datetime) -> _Out:
    period = connection.execute(_PERIOD, {"now": now}).one()
    rows = connection.execute(_GROUPS, {"now": now})
    groups = tuple(
        (row.grade, _audience(row), objectives(row.term, row.varieties), bool(row.conflict), row.number) for row in rows
    )
    return _Out(period.since, period.before or _LAST, groups)


def _audience(row: Any) -> Audience:
    return Audience(
        professional=row.professional,
        categories=categories_of(row.categories),
        clients_only=row.clients_only,
        contract_clients_only=row.contract_clients_only,
    )
