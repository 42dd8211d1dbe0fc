"""Where a day at the desk begins. It shows names and numbers out of files and log, so each look at it is recorded."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.ledger.acts.second_person import APPROVERS
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked, Event
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.events import Kind
from gatekeeper.rules.roles import Permission
from gatekeeper.store import home
from gatekeeper.store.accounts import access_requests, sessions
from gatekeeper.store.clients import declarations, investors
from gatekeeper.store.home import DAYS, LAPSES, RefusedMost
from gatekeeper.store.messages import deliveries, outbox
from gatekeeper.store.publishing import library
from gatekeeper.store.suitability import applications

MOST = 5
"""How many reports and reasons are named as refused most."""
PAGE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """What somebody's day begins with; None for what is not theirs to see.

    ``own`` counts the caller's own proposals that wait, ``expired`` those that ended by themselves lately.

    ``reports`` are those refused most with title and number, ``reasons`` the reasons with theirs; ``is_all`` says whether every
    refusal of the time was looked through; ``unreached`` are colleagues whom the last mail did not reach; ``notices`` says how
    many notices to clients wait to be sent, and whom somebody must call back; ``declared`` counts what nobody has looked at,
    ``asked`` what other systems have asked and how much of it is overdue.
    """

    for_me: int
    own: int
    expired: int
    to_publish: int | None
    applications: int | None
    lapsing: dict[str, tuple[int, ...]] | None
    never_activated: int | None
    reports: list[tuple[str, str, int]] | None
    reasons: list[tuple[str, int]] | None
    is_all: bool
    unreached: list[Any] | None
    notices: dict[str, int] | None
    declared: int | None
    asked: tuple[int, int] | None


def view(connection: Connection, caller: Caller, now: datetime) -> Asked[Home]:
    """What waits for the caller, what lapses soon, who never came, and what was refused most."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_PROPOSALS, now)
    person = caller.person or ""
    account = sessions.account_of(connection, person, now)
    may = account.permissions if account else frozenset()
    acts_for = [row.investor_id for row in investors.mandates_of(connection, now, person=person)]
    kinds = [kind for kind, needed in APPROVERS.items() if needed in may]
    for_me, own = home.waiting(connection, person, kinds, acts_for)
    sees_files, sees_reports = Permission.SEE_INVESTORS in may, Permission.SEE_REPORTS in may
    refused = home.refused_most(connection, MOST, now) if sees_files or sees_reports else RefusedMost([], [], 0)
    found = Home(
        for_me=for_me,
        own=own,
        expired=home.expired(connection, person, now - home.REFUSED_FOR),
        to_publish=library.count_to_publish(connection, home.COUNTED + 1, now) if Permission.CHANGE_REPORTS in may else None,
        applications=applications.count_to_act(connection, home.COUNTED + 1) if Permission.CHANGE_INVESTORS in may else None,
        lapsing=home.lapsing(connection, now) if sees_files else None,
        never_activated=home.count_never_activated(connection, now) if sees_files else None,
        reports=_reports(connection, refused.reports) if sees_reports else None,
        reasons=refused.reasons if sees_files else None,
        is_all=refused.number < home.LOOKED_THROUGH,
        notices=deliveries.counts(connection) if sees_files else None,
        asked=access_requests.count_waiting(connection, home.COUNTED + 1, now) if sees_files else None,
        declared=declarations.count_waiting(connection, home.COUNTED + 1) if sees_files else None,
        unreached=outbox.unreached(connection) if Permission.SEE_STAFF in may else None,
    )
    return Asked(found, (_looked(caller, now, "home", None),))


def _looked(caller: Caller, now: datetime, what: str, rows: int | None) -> Event:
    return caller.event(Kind.HOME_VIEWED, now, person=None, investor=None, data={"list": what, "rows": rows})


def _reports(connection: Connection, counted: list[tuple[str, int]]) -> list[tuple[str, str, int]]:
    titles = library.titles(connection, [report for report, _ in counted])
    return [(report, titles.get(report, report), number) for report, number in counted]


@dataclass(frozen=True, slots=True)
class Listed:
    """A page of the list behind a number, and whether it goes on."""

    rows: list[Any]
    has_more: bool


def lapsing(
    connection: Connection, caller: Caller, what: str, days: int, after: tuple[datetime, str] | None, now: datetime
) -> Asked[Listed]:
    """Whose category, professional status or contract lapses within so many days."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    if what not in LAPSES or days not in DAYS:
        raise NotFound(_NO_LIST)
    rows = home.lapsing_list(connection, what, days, after, PAGE + 1, now)
    return Asked(_listed(rows), (_looked(caller, now, f"lapsing {what} {days}", len(rows[:PAGE])),))


def never_activated(connection: Connection, caller: Caller, after: tuple[datetime, str] | None, now: datetime) -> Asked[Listed]:
    """Which clients never set a password, the longest waiting first."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    rows = home.never_activated(connection, after, PAGE + 1, now)
    return Asked(_listed(rows), (_looked(caller, now, "never activated", len(rows[:PAGE])),))


def _listed(rows: list[Any]) -> Listed:
    return Listed(rows[:PAGE], len(rows) > PAGE)


_NO_LIST = N_("There is no such list.")


@dataclass(frozen=True, slots=True)
class Refused:
    """An investor who was refused for one reason: how often, and when last."""

    investor: str
    name: str
    number: int
    last: datetime


def refused(connection: Connection, caller: Caller, reason: str, now: datetime) -> Asked[list[Refused]]:
    """Which investors were refused for a reason in the last thirty days, the most often refused first."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_INVESTORS, now)
    found = home.refused_for(connection, reason, PAGE, now)
    names = investors.names(connection, investors=[row.id for row in found])
    rows = [Refused(row.id, names.get(row.id, row.id), row.number, row.last) for row in found]
    return Asked(rows, (_looked(caller, now, f"refused {reason}"[:60], len(rows)),))


_LONGEST_ADDRESS = 500


def look(connection: Connection, caller: Caller, page: str, address: str, now: datetime) -> Asked[None]:
    """That somebody whose every look is recorded looked at a page. The address may hold words searched for, so it is private."""
    sessions.require(connection, caller.person, caller.session, Permission.SEE_OWN_ACCOUNT, now)
    private = {"words": "".join(filter(str.isprintable, address))[:_LONGEST_ADDRESS]}
    event = caller.event(Kind.PAGE_VIEWED, now, person=None, investor=None, data={"page": page}, private=private)
    return Asked(None, (event,))
