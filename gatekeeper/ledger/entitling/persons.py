"""Who may have a report: investors looked at one piece after the other, those who are alike decided once."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.entitling.wanted import Found, Hit, Page, Wish
from gatekeeper.rules.changing.rehearsal import lens
from gatekeeper.rules.facts import Facts, InvestorFacts, Standing
from gatekeeper.rules.risk import Initiative, InvestorClass, InvestorKind, Objectives, RiskCategory, Term, Variety
from gatekeeper.rules.suitability import Decision, Outcome, Reason, decide
from gatekeeper.store.publishing import library
from gatekeeper.store.reading import access, entitled, subscriptions
from gatekeeper.store.reading.access import Case
from gatekeeper.store.reading.entitled import Asking, Place
from gatekeeper.store.suitability.rehearsal import facts_under

MOST = 20_000
"""So many investors are looked at for one page, within a second: then it ends, shorter than asked, and the next one goes on."""
_AT_LEAST = 8
_SOME = 8
_GROWS = 4
_ALL_BUT_THE_INVESTOR = (Reason.INVESTOR_UNKNOWN,)


def permitted(
    connection: Connection, case: Case, wish: Wish, page: Page[Place], now: datetime, branches: Collection[str] | None
) -> Found[Hit, Place]:
    """Those who may have the report of a case without an investor, of these branches."""
    if case.version is None or decide(case.facts, now).reasons != _ALL_BUT_THE_INVESTOR:
        return Found((), None)
    if not page.limit:
        return Found((), page.after)
    judge = _Judge(case.facts, wish, _asking(connection, case, case.version, wish, now, branches))
    hits: list[Hit] = []
    looked, after = 0, page.after
    while True:
        size = min(_size(page.limit + 1 - len(hits), len(hits), looked), MOST - looked)
        piece = entitled.people(connection, judge.asking, after, size)
        hits += judge.permitted(piece.rows)
        looked += size
        if len(hits) > page.limit:
            last = hits[page.limit - 1].row
            return Found(tuple(hits[: page.limit]), Place(last.investor, last.person))
        if piece.following is None or looked >= MOST:
            return Found(tuple(hits), piece.following)
        after = piece.following


def _size(wanted: int, found: int, looked: int) -> int:
    """How many more investors to look at: as many as so far it took to find that many, and some. At first, all may fit."""
    if not looked:
        return wanted + wanted // _SOME + _AT_LEAST
    return (wanted * looked * (_SOME + 1)) // (found * _SOME) + _AT_LEAST if found else looked * _GROWS


def _asking(
    connection: Connection, case: Case, version: str, wish: Wish, now: datetime, branches: Collection[str] | None
) -> Asking:
    policy = case.facts.policy
    topics = subscriptions.topics_of(library.version(connection, version)) if wish.initiative is None else None
    return Asking(
        version=version,
        lens=replace(lens((policy,), now), by_term=True, by_variety=True),
        accepted=policy is not None and wish.action in policy.acknowledged_actions,
        topics=topics,
        branches=branches,
        categories=_categories(case.facts, wish, now),
    )


def _categories(facts: Facts, wish: Wish, now: datetime) -> frozenset[RiskCategory] | None:
    """Of which categories an ordinary investor may have the report, everything else on the file being as good as can be.

    None where even the lowest category may: that stands apart from the others, and then all are looked at.
    """
    initiatives = [wish.initiative] if wish.initiative else list(Initiative)
    best = InvestorFacts(InvestorKind.INDIVIDUAL, _BEST_STANDING, InvestorClass.ORDINARY, None, None, None, lowest=False)
    best = replace(best, objectives=Objectives(Term.LONG, frozenset(Variety)))

    def may(investor: InvestorFacts) -> bool:
        asked = (
            replace(facts, investor=replace(investor, kind=kind), initiative=each)
            for kind in InvestorKind
            for each in initiatives
        )
        return any(decide(each, now).outcome is not Outcome.DENY for each in asked)

    if may(replace(best, lowest=True)) or may(replace(best, lowest=True, category=RiskCategory.C1)):
        return None
    return frozenset(each for each in RiskCategory if may(replace(best, category=each)))


_BEST_STANDING = Standing(
    client=True, profile_complete=True, suspended=False, closed=False, contract_from=datetime.min.replace(tzinfo=UTC)
)


@dataclass(slots=True)
class _Judge:
    """Decides persons by the keys of what is on file."""

    common: Facts
    wish: Wish
    asking: Asking
    _alike: dict[tuple[str, bool], tuple[Initiative, Facts, Decision]] = field(default_factory=dict)

    def permitted(self, rows: Sequence[Any]) -> Iterator[Hit]:
        is_told, accepted = self.wish.initiative is None, self.asking.accepted
        for row in rows:
            if row.is_ahead:
                subscribes = is_told and bool(row.pull)
                initiative, facts, decision = self._alike.get((row.key, subscribes)) or self._judged(row.key, subscribes)
                if accepted and row.acceptance is not None:
                    decision = decide(replace(facts, acceptance=access.acceptance_of(row)), self.asking.lens.moment)
                if decision.outcome is Outcome.PERMIT:
                    yield Hit(row, initiative, decision)

    def _judged(self, key: str, subscribes: bool) -> tuple[Initiative, Facts, Decision]:  # noqa: FBT001  (as the key has it)
        seen, initiative = self.asking.lens, self.wish.moved(subscribes=subscribes)
        facts = replace(self.common, investor=facts_under(key, seen), initiative=initiative)
        found = self._alike[key, subscribes] = initiative, facts, decide(facts, seen.moment)
        return found
