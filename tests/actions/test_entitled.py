"""Searches for who may have what find exactly what would be permitted if it were asked for alone."""

from dataclasses import replace
from datetime import datetime

import pytest

from gatekeeper.actions.reading import entitled
from gatekeeper.actions.reading.entitled import Asker, Branches
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.entitling.wanted import Page, Wish
from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.rules.suitability import Outcome, decide
from gatekeeper.store.publishing import library
from gatekeeper.store.reading import access, meant, subscriptions
from gatekeeper.store.reading.entitled import Place
from gatekeeper.store.reading.meant import Whom
from gatekeeper.store.sending.distributions import initiative_of
from tests.chance import BRANCHES, Chance, chance
from tests.world import ZONE, World

WISHES = tuple(Wish(action, initiative) for action in Action for initiative in (*Initiative, None))
Triple = tuple[str, str, str]


def one_by_one(made: Chance, now: datetime) -> dict[Wish, set[Triple]]:
    """Person, investor and report of all that is permitted, each decided alone."""
    found: dict[Wish, set[Triple]] = {wish: set() for wish in WISHES}
    with made.world.database.reading() as connection:
        for report in made.reports:
            asking: set[tuple[str, str]] | None = None
            for whose in made.acting:
                case = access.load(connection, person=whose[0], investor=whose[1], report=report, zone=ZONE, now=now)
                if asking is None:
                    topics = subscriptions.topics_of(library.version(connection, case.version)) if case.version else {}
                    asking = subscriptions.asking(connection, topics, set(made.logins), now)
                for wish in WISHES:
                    initiative = wish.initiative or initiative_of(whose in asking)
                    facts = replace(case.facts, action=wish.action, initiative=initiative)
                    if decide(facts, now).outcome is Outcome.PERMIT:
                        found[wish].add((*whose, report))
    return found


def named(made: Chance, person: str, investor: str) -> Whom:
    """A person with an investor, by everything that tells them from others."""
    return Whom(made.numbers[investor], number=made.numbers[investor], login=made.logins[person])


def asker(made: Chance, branches: Branches = None) -> Asker:
    return Asker(Caller(actor="service:1", channel="api"), branches, ZONE)


def found_by_report(
    made: Chance, wish: Wish, report: str, now: datetime, limit: int = 1000, branches: Branches = None
) -> list[Whom]:
    """Everybody whom a search finds for a report, page by page."""
    place: Place | None = Place()
    found: list[Whom] = []
    with made.world.database.reading() as connection:
        while place is not None:
            answer = entitled.persons(connection, asker(made, branches), report, wish, Page(limit, place), now).answer
            assert len(answer.results) <= limit
            found += answer.results
            place = answer.following
    return found


def found_by_person(made: Chance, wish: Wish, whom: Whom, now: datetime, limit: int = 1000) -> list[str]:
    """Every report that a search finds for somebody, page by page."""
    after: str | None = ""
    found: list[str] = []
    with made.world.database.reading() as connection:
        while after is not None:
            answer = entitled.reports(connection, asker(made), whom, wish, Page(limit, after), now).answer
            assert len(answer.results) <= limit
            found += answer.results
            after = answer.following
    return found


def the_same(made: Chance, now: datetime) -> int:
    """Hold every search against what is decided alone; return how much is permitted."""
    expected = one_by_one(made, now)
    with made.world.database.reading() as connection:
        for wish, triples in expected.items():
            for report in made.reports:
                found = found_by_report(made, wish, report, now)
                whose = [meant.one(connection, whom, None, now) for whom in found]
                assert {(each.person, each.investor) for each in whose} == {
                    (one, other) for one, other, of in triples if of == report
                }, wish
                assert len(set(found)) == len(found) == len(set(whose))
            for person, investor in made.acting:
                having = sorted(report for *whose, report in triples if whose == [person, investor])
                assert found_by_person(made, wish, named(made, person, investor), now) == having, wish
        wishes = [wish for wish in WISHES if wish.initiative is None]
        for person, investor in made.acting:
            for report in made.reports:
                whom, page = named(made, person, investor), Page(9, "")
                may = entitled.actions(connection, asker(made), whom, report, wishes, page, now).answer.results
                assert list(may) == [wish.action for wish in wishes if (person, investor, report) in expected[wish]]
    return sum(map(len, expected.values()))


@pytest.mark.takes_long
@pytest.mark.parametrize("seed", [1])
def test_a_search_finds_what_would_be_permitted_alone_and_nothing_else(world: World, seed: int):
    made = chance(world, seed, 14, 14)
    counts = [the_same(made, world.now)]
    for _ in range(2):
        made.move(40)
        counts.append(the_same(made, world.now))
    assert all(counts), counts


def test_pages_of_one_are_the_whole_in_the_same_order(world: World):
    made = chance(world, 2, 20, 20)
    now, wish = world.now, Wish(Action.BOOKMARK, Initiative.PULL)
    whole = {report: found_by_report(made, wish, report, now) for report in made.reports}
    report = max(whole, key=lambda each: len(whole[each]))
    assert len(whole[report]) > 5
    for limit in (1, 2, len(whole[report])):
        assert found_by_report(made, wish, report, now, limit) == whole[report]
    everybody = [named(made, *each) for each in made.acting]
    whom = max(everybody, key=lambda each: len(found_by_person(made, wish, each, now)))
    everything = found_by_person(made, wish, whom, now)
    assert len(everything) > 5
    for limit in (1, 2, len(everything)):
        assert found_by_person(made, wish, whom, now, limit) == everything


def test_only_investors_of_the_branches_asked_for_are_found(world: World):
    made = chance(world, 3, 20, 4)
    now, wish = world.now, Wish(Action.RECEIVE, None)
    numbers = {made.numbers[investor]: branch for investor, branch in made.branches.items()}
    for report in made.reports:
        everybody = found_by_report(made, wish, report, now)
        for branches in ([], BRANCHES[:1], BRANCHES):
            found = found_by_report(made, wish, report, now, branches=branches)
            assert found == [each for each in everybody if numbers[each.name] in branches]
