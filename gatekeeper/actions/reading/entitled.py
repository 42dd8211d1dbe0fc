"""Searching for who may have what: the persons who may have a report, the reports that somebody may have, and what may be done.

A result is what a decision of its own would permit at this instant. Nothing here changes anything, and no permit comes of it.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.ledger import batches
from gatekeeper.ledger.batches import Given, Head
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.entitling import persons as by_report
from gatekeeper.ledger.entitling import reports as by_person
from gatekeeper.ledger.entitling.wanted import Found, Hit, Page, Wish
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.events import Kind
from gatekeeper.rules.risk import Action
from gatekeeper.rules.suitability import Outcome, decide
from gatekeeper.store.clients import investors
from gatekeeper.store.proof.several import OF_INVESTOR, OF_REPORT
from gatekeeper.store.publishing import library
from gatekeeper.store.reading import access, meant
from gatekeeper.store.reading.access import Case
from gatekeeper.store.reading.entitled import Place
from gatekeeper.store.reading.meant import NOBODY, Meant, Whom

Branches = Collection[str] | None
"""Of which branches investors may be asked about; None for all."""

_LONGEST = 64
_COLUMNS = {"class": "class_"}
"""Where a row keeps an id under another name than an entry."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Who searches, of which branches investors may be found, and in which zone days are counted."""

    caller: Caller
    branches: Branches
    zone: ZoneInfo


def persons(
    connection: Connection, asker: Asker, report: str, wish: Wish, page: Page[Place], now: datetime
) -> Asked[Found[Whom, Place]]:
    """Who may have a report: each person with each investor for whom the person acts, by a name that means nobody else."""
    case = _case(connection, asker, NOBODY, report, wish.action, now)
    found = by_report.permitted(connection, case, wish, page, now, asker.branches)
    given = [
        Given(
            place,
            hit.row.person,
            _of_hit(case, hit, OF_INVESTOR, investor=hit.row.investor, report=case.report),
            hit.decision,
            "",
        )
        for place, hit in enumerate(found.results)
    ]
    named = Found(_names(connection, found.results, asker.branches, now), found.following)
    about = {"report": case.report, "action": wish.action}
    return _recorded(asker, case, given, named, now, _head("persons", given, named, about, _unknown(case, report)))


def _names(connection: Connection, hits: Sequence[Hit], branches: Branches, now: datetime) -> tuple[Whom, ...]:
    """The client number of each; where that alone does not mean this person, the login with it."""
    short = [Whom(hit.row.client_number) for hit in hits]
    whom = meant.many(connection, short, branches, now)
    unclear = [hit.row.person for name, hit in zip(short, hits, strict=True) if whom[name].mandate != hit.row.mandate]
    logins = investors.logins(connection, unclear)
    return tuple(
        name if whom[name].mandate == hit.row.mandate else Whom(name.name, number=name.name, login=logins[hit.row.person])
        for name, hit in zip(short, hits, strict=True)
    )


def reports(
    connection: Connection, asker: Asker, whom: Whom | None, wish: Wish, page: Page[str], now: datetime
) -> Asked[Found[str, str]]:
    """Which reports somebody may have. Whoever is not known, or not of these branches, may have none."""
    who = meant.one(connection, whom, asker.branches, now) if whom else NOBODY
    case = _case(connection, asker, who, None, wish.action, now)
    found = by_person.permitted(connection, who.person or "", case, wish, page, now)
    given = [
        Given(place, who.person, _of_hit(case, hit, OF_REPORT, investor=case.investor, report=hit.row.report), hit.decision, "")
        for place, hit in enumerate(found.results)
    ]
    named = Found(tuple(hit.row.report for hit in found.results), found.following)
    about = {"person": who.person, "investor": case.investor, "action": wish.action}
    return _recorded(asker, case, given, named, now, _head("reports", given, named, about, _outside(who)))


def actions(
    connection: Connection, asker: Asker, whom: Whom | None, report: str, wishes: Sequence[Wish], page: Page[str], now: datetime
) -> Asked[Found[Action, str]]:
    """What of this somebody may do with a report, in the order in which it is asked."""
    who = meant.one(connection, whom, asker.branches, now) if whom else NOBODY
    case = _case(connection, asker, who, report, Action.READ, now)
    subscribes = any(wish.initiative is None for wish in wishes) and _subscribes(connection, who, case, now)
    given: list[Given] = []
    for wish in wishes:
        own = replace(case, facts=replace(case.facts, action=wish.action, initiative=wish.moved(subscribes=subscribes)))
        decision = decide(own.facts, now)
        if decision.outcome is Outcome.PERMIT:
            given.append(Given(len(given), who.person, own, decision, ""))
    found = _part([each.case.facts.action for each in given if each.case.facts.action], page)
    given = [each for each in given if each.case.facts.action in found.results]
    about = {"person": who.person, "investor": case.investor, "report": case.report}
    private = {**_outside(who), **_unknown(case, report)}
    return _recorded(asker, case, given, found, now, _head("actions", given, found, about, private))


def _part(may: Sequence[Action], page: Page[str]) -> Found[Action, str]:
    """A page of the few things that may be done; it begins after an action by its place in the order of all."""
    order = list(Action)
    rest = [each for each in may if not page.after or order.index(each) > order.index(Action(page.after))]
    given = rest[: page.limit]
    return Found(tuple(given), (given[-1].value if given else page.after) if len(rest) > len(given) else None)


def _subscribes(connection: Connection, who: Meant, case: Case, now: datetime) -> bool:
    if who.person is None or case.investor is None or case.version is None:
        return False
    asked = by_person.asked_for(connection, who.person, case.investor, now)
    return by_person.is_asked_for(library.version(connection, case.version), asked)


def _case(connection: Connection, asker: Asker, who: Meant, report: str | None, action: Action | None, now: datetime) -> Case:
    """What is on file about somebody's investor, and about a report."""
    known = report if report and report.isprintable() and len(report) <= _LONGEST else None
    return access.load(
        connection,
        person=who.person or "",
        investor=who.investor,
        report=known,
        action=action,
        zone=asker.zone,
        now=now,
    )


def _of_hit(common: Case, hit: Hit, names: Sequence[str], *, investor: str | None, report: str | None) -> Case:
    """The case of one result, with the ids of its own rows beside those that all share."""
    own = {name: getattr(hit.row, _COLUMNS.get(name, name), None) for name in (*names, "acceptance")}
    used = {**common.used, **{name: id_ for name, id_ in own.items() if id_ is not None}}
    facts = replace(common.facts, initiative=hit.initiative)
    return replace(common, facts=facts, used=used, investor=investor, report=report)


def _unknown(case: Case, report: str) -> dict[str, str]:
    return {} if case.report else {"report_asked_for": "".join(each for each in report[:_LONGEST] if each.isprintable())}


def _outside(who: Meant) -> dict[str, str]:
    return {"subject_outside": who.outside} if who.outside else {}


def _head(sought: str, given: Sequence[Given], found: Found[Any, Any], about: dict[str, Any], private: dict[str, str]) -> Head:
    """What the entries of a page bear, also where nothing was found."""
    more = {"sought": sought, "found": len(given), "goes_on": found.following is not None}
    return Head(kind=Kind.ENTITLED_SEARCHED, more=more, about=about, private=private)


def _recorded(
    asker: Asker, common: Case, given: Sequence[Given], found: Found[Any, Any], now: datetime, head: Head
) -> Asked[Any]:
    events = batches.asked(asker.caller, given, common, now, head)
    return Asked(replace(found, codes=tuple(event.code for event in events)), events)
