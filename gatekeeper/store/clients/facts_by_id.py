"""The facts of a decision put together again from the rows that it names: by their ids, never by their times."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from gatekeeper.rules import policy as policies
from gatekeeper.rules.consent import Acceptance
from gatekeeper.rules.facts import Facts, InvestorFacts, ReleaseState, ReportFacts, Standing
from gatekeeper.rules.policy import Policy
from gatekeeper.rules.risk import Action, Audience, Initiative, InvestorKind, Objectives
from gatekeeper.store.accounts.people import Classification, Investor, Mandate, ObjectivesRow, StandingRow
from gatekeeper.store.publishing.reports import Grading, Release, ReportVersion
from gatekeeper.store.reading.access import audience, objectives, rise
from gatekeeper.store.reading.consent import Acknowledgement, PolicyRow, StatementRow

_PIECE = 500
_MOST = 2**63
"""No database holds a number as large as this, and whoever forges an entry may name one."""
_COLUMNS: dict[str, tuple[Any, ...]] = {
    "mandate": tuple(Mandate.__table__.columns),
    "standing": tuple(StandingRow.__table__.columns),
    "classification": tuple(Classification.__table__.columns),
    "objectives": tuple(ObjectivesRow.__table__.columns),
    "release": tuple(Release.__table__.columns),
    "version": (ReportVersion.id, ReportVersion.report_id, ReportVersion.conflict, ReportVersion.entry_id),
    "grading": tuple(Grading.__table__.columns),
    "acceptance": tuple(Acknowledgement.__table__.columns),
    "policy": (PolicyRow.id, PolicyRow.valid_from, PolicyRow.entry_id, PolicyRow.sha256, PolicyRow.text),
    "statement": (StatementRow.id, StatementRow.valid_from, StatementRow.entry_id),
}
_ASPECTS = ("class", "category", "lowest")
FACTS = ("mandate", "standing", *_ASPECTS, "objectives", "release", "version", "grading", "acceptance", "policy", "statement")
"""Every name that a decision may give to a row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """A decision as its entry names it: whom and what it was about, and the rows that it used.

    ``entry_id`` is the entry's own: every row stood before it. ``is_scheduled`` says that the report was approved and dated.
    """

    used: Mapping[str, int | str]
    person: str | None
    investor: str | None
    report: str | None
    policy: str | None
    moment: datetime
    entry_id: int
    zone: ZoneInfo
    action: Action | None
    initiative: Initiative = Initiative.PULL
    is_scheduled: bool = False


@dataclass(slots=True)
class Rows:
    """The rows that some decisions name, fetched together; parsed policies are kept from one batch to the next."""

    by_name: dict[str, dict[Any, Any]]
    kinds: dict[str, InvestorKind]
    scheduled: set[tuple[str, int]] = field(default_factory=set)

    def get(self, name: str, id_: Any) -> Any:
        """One row by the name that decisions give it and its id; None where there is no such row."""
        return self.by_name["classification" if name in _ASPECTS else name].get(id_)


def fetch(connection: Connection, decisions: Iterable[Named]) -> Rows:
    """Every row that these decisions name, in a few statements."""
    wanted: dict[str, set[Any]] = {name: set() for name in _COLUMNS}
    investors, waiting = set(), set()
    for each in decisions:
        for name, id_ in each.used.items():
            if name in FACTS:
                wanted["classification" if name in _ASPECTS else name].add(id_)
        investors.add(each.investor)
        if each.is_scheduled:
            waiting.add(each.report)
    by_name = {name: _by_id(connection, _COLUMNS[name], ids) for name, ids in wanted.items()}
    kinds = _by_id(connection, (Investor.id, Investor.kind), investors)
    embargoed = _by_id(connection, (Release.id, Release.report_id, Release.entry_id), waiting, "report_id")
    return Rows(
        by_name,
        {id_: row.kind for id_, row in kinds.items()},
        {(row.report_id, row.entry_id) for row in embargoed.values()},
    )


def _by_id(connection: Connection, columns: tuple[Any, ...], ids: set[Any], key: str = "id") -> dict[Any, Any]:
    column = next(each for each in columns if each.key == key)
    kind = column.type.python_type
    listed = sorted(id_ for id_ in ids if type(id_) is kind and (kind is str or 0 < id_ < _MOST))
    found: dict[Any, Any] = {}
    for first in range(0, len(listed), _PIECE):
        which = column.in_(listed[first : first + _PIECE])
        found |= {row.id: row for row in connection.execute(select(*columns).where(which))}
    return found


_PARSED: dict[str, Policy] = {}


def parsed(row: Any) -> Policy:
    """A policy by its row. What its text says now counts, not the digest beside it."""
    policy = _PARSED.get(row.text)
    if policy is None:
        policy = _PARSED[row.text] = policies.parse(row.text)
    return policy


def facts(rows: Rows, named: Named, instead: Policy | None = None) -> Facts:
    """The facts of one decision, as far as its rows are there; ``instead`` is a policy that takes the place of its own."""
    mandate = _row(rows, named, "mandate")
    is_mandated = mandate is not None and mandate.live and _is_live(mandate.valid_before, named.moment)
    policy, statement, acceptance = (_row(rows, named, name) for name in ("policy", "statement", "acceptance"))
    return Facts(
        investor=_investor(rows, named) if is_mandated else None,
        report=_report(rows, named),
        policy=instead or (parsed(policy) if policy is not None else None),
        zone=named.zone,
        statement_id=statement.id if statement is not None else None,
        acceptance=None
        if acceptance is None
        else Acceptance(acceptance.id, acceptance.accepted_at, acceptance.statement_id, acceptance.profile),
        action=named.action,
        initiative=named.initiative,
    )


def astray(rows: Rows, named: Named) -> tuple[str, ...]:
    """The names of rows that are gone, belong to somebody or something else, or were written only after the decision."""
    return tuple(name for name in named.used if name not in FACTS or not _fits(rows, named, name))


def _fits(rows: Rows, named: Named, name: str) -> bool:
    row = rows.get(name, named.used[name])
    if row is None or row.entry_id >= named.entry_id:
        return False
    if getattr(row, "valid_from", named.moment) > named.moment or getattr(row, "corrects_id", None) is not None:
        return False
    belongs_to = {
        "person_id": named.person,
        "investor_id": named.investor,
        "report_id": named.report,
        "version_id": named.used.get("version"),
        "aspect": name.upper(),
        "sha256": named.policy,
    }
    is_its_own = all(getattr(row, column, whose) == whose for column, whose in belongs_to.items())
    return is_its_own and (name != "policy" or parsed(row).digest == named.policy)


def _row(rows: Rows, named: Named, name: str) -> Any:
    return rows.get(name, named.used[name]) if name in named.used else None


def _is_live(before: datetime | None, moment: datetime) -> bool:
    return before is None or moment < before


def _investor(rows: Rows, named: Named) -> InvestorFacts | None:
    kind = rows.kinds.get(named.investor or "")
    if kind is None:
        return None
    standing, class_, category, lowest, wish = (_row(rows, named, name) for name in ("standing", *_ASPECTS, "objectives"))
    return InvestorFacts(
        kind=kind,
        standing=None
        if standing is None
        else Standing(
            client=standing.client,
            profile_complete=standing.profile_complete,
            suspended=standing.suspended,
            closed=standing.closed,
            contract_from=standing.contract_from,
            contract_before=standing.contract_before,
        ),
        investor_class=class_.investor_class if class_ is not None else None,
        class_before=class_.valid_before if class_ is not None else None,
        category=category.category if category is not None else None,
        category_before=category.valid_before if category is not None else None,
        lowest=bool(lowest is not None and lowest.lowest),
        objectives=objectives(wish.term, wish.varieties) if wish is not None else Objectives(),
        rise=rise(
            category.rose_from if category is not None else None,
            category.rose_at if category is not None else None,
            lowest.rose_at if lowest is not None else None,
        ),
    )


def _report(rows: Rows, named: Named) -> ReportFacts | None:
    version, release, grading = (_row(rows, named, name) for name in ("version", "release", "grading"))
    if named.report is None or version is None:
        return None
    state = ReleaseState(release.state) if release is not None else ReleaseState.UNRELEASED
    is_dated = any(report == named.report and entry < named.entry_id for report, entry in rows.scheduled)
    if state is ReleaseState.UNRELEASED and named.is_scheduled and is_dated:
        state = ReleaseState.SCHEDULED
    return ReportFacts(
        state=state,
        grade=grading.grade if grading is not None else None,
        audience=audience(grading) if grading is not None else Audience(),
        conflict=bool(version.conflict),
        about=objectives(grading.term, grading.varieties) if grading is not None else Objectives(),
    )


def policies_of(connection: Connection, *, number: int | None = None, digest: str = "") -> list[Any]:
    """Policies by their row's id or by the beginning of their digest, whether or not one is in force."""
    which = PolicyRow.id == number if number is not None else PolicyRow.sha256.startswith(digest, autoescape=True)
    return list(connection.execute(select(*_COLUMNS["policy"]).where(which).order_by(PolicyRow.id)))
