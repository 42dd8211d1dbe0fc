"""Who may have a report: investors looked at one piece after the other, those who are alike decided once."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.entitling.wanted import Found, Hit, Page, Wish
from gatekeeper.rules.changing.rehearsal import lens
from gatekeeper.rules.facts import Facts
from gatekeeper.rules.risk import Initiative
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
    )


@dataclass(slots=True)
class _Judge:
    """Decides persons by the keys of what is on file."""

    common: Facts
    wish: Wish
    asking: Asking
    _alike: dict[tuple[str, Initiative], tuple[Facts, Decision]] = field(default_factory=dict)

    def permitted(self, rows: Sequence[Any]) -> Iterator[Hit]:
        for row in rows:
            if row.is_ahead:
                initiative = self.wish.initiative or self.wish.moved(subscribes=row.pull)
                decision = self._decided(row, initiative)
                if decision.outcome is Outcome.PERMIT:
                    yield Hit(row, initiative, decision)

    def _decided(self, row: Any, initiative: Initiative) -> Decision:
        seen, alike = self.asking.lens, self._alike.get((row.key, initiative))
        if alike is None:
            facts = replace(self.common, investor=facts_under(row.key, seen), initiative=initiative)
            alike = self._alike[row.key, initiative] = facts, decide(facts, seen.moment)
        if not self.asking.accepted or row.acceptance is None:
            return alike[1]
        return decide(replace(alike[0], acceptance=access.acceptance_of(row)), seen.moment)
