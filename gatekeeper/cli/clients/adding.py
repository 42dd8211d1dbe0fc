"""``gatekeeper people add``: an investor with the person who acts for it, or a staff member to be approved."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import click
from sqlalchemy import Connection

from gatekeeper.actions.accounts import people
from gatekeeper.actions.clients import investors
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Day, Name, Names, as_json, as_person
from gatekeeper.cli.clients.assigning import Periods, class_change, periods, put_changed
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.changes import CategoryChange, InvestorChange, LowestChange, MandateChange, StandingChange
from gatekeeper.rules.errors import N_, Fault, Invalid
from gatekeeper.rules.policy import valid_before
from gatekeeper.rules.risk import InvestorClass, InvestorKind, RiskCategory
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store.accounts.links import new_token
from gatekeeper.store.accounts.sessions import token_hash

_NO_NUMBER = N_("An investor needs a client number: --number. A staff member needs a role: --role.")
_NEEDS_ORDINARY = N_("A category is for ordinary investors; a professional investor has none.")


@click.command("add", help=_("Add an investor and the person who acts for it; or, with --role, propose a staff member."))
@as_person
@click.option("--name", required=True, help=_("The person's name."))
@click.option("--login-name", required=True, metavar="LOGIN", help=_("The name with which the person will sign in."))
@click.option("--role", type=Name(Role, without=(Role.CLIENT, Role.SERVICE)), help=_("Propose a staff member with this role."))
@click.option("--grants", type=Names(Grant), default=(), help=_("What an admin may change, separated by commas."))
@click.option("--number", metavar="NUMBER", help=_("The investor's client number."))
@click.option("--investor-name", metavar="NAME", help=_("The investor's name, where it is not the person's."))
@click.option("--kind", type=Name(InvestorKind), default=InvestorKind.INDIVIDUAL, help=_("What the investor is."))
@click.option("--capacity", default="本人", help=_("As what the person acts; 本人 unless given."))
@click.option("--class", "class_", type=Name(InvestorClass), default=InvestorClass.ORDINARY, help=_("The class."))
@click.option("--ground", default="", help=_("The article on which a professional status rests."))
@click.option("--category", type=Name(RiskCategory), help=_("The category of an ordinary investor."))
@click.option("--valid-through", type=Day(), metavar="DAY", help=_("The last valid day; by the policy unless given."))
@click.option("--lowest", is_flag=True, help=_("The investor is of the lowest category."))
@click.option("--branch", default="", help=_("Whom the investor may turn to."))
@click.option("--contact", default="", help=_("How to reach the branch."))
@click.option("--contract-from", type=Day(), metavar="DAY", help=_("The first day of a service contract."))
@click.option("--contract-through", type=Day(), metavar="DAY", help=_("The last day of a service contract."))
@click.option("--reason", required=True, help=_("Why; kept with the entry."))
@click.option("--evidence", default="", help=_("Where the evidence is kept."))
@as_json
def add(login: str, password_fd: int | None, **options: Any) -> None:
    """Add as this person."""
    if options["role"] is None and options["number"] is None:
        raise Invalid(Fault(_NO_NUMBER))
    if options["category"] is not None and options["class_"].is_professional:
        raise Invalid(Fault(_NEEDS_ORDINARY))
    with at_desk() as desk:
        with desk.database.reading() as connection:
            ends = periods(desk, connection, desk.now())
        caller = desk.person(login, password_fd)
        if options["role"] is not None:
            _propose_staff(desk, caller, options)
            return
        token = new_token()
        added = desk.database.transact(_add, caller, options, ends, token, desk.now())
    link = f"/activate/{token}"
    ids = {"investor": added.investor, "person": added.person, "activation_link": link}
    if not options["as_json"]:
        screen.put(_(N_("Added: %(name)s, client number %(number)s."), name=options["name"], number=options["number"]))
        screen.put(_(N_("One-time link to set the first password, good for 72 hours: %(link)s"), link=link))
    put_changed(desk, added.changed, as_json=options["as_json"], **ids)


def _propose_staff(desk: Desk, caller: Caller, options: dict[str, Any]) -> None:
    through: date | None = options["valid_through"]
    staffed = desk.database.transact(
        people.propose_staff,
        caller,
        options["name"],
        options["login_name"],
        options["role"],
        options["grants"],
        options["reason"],
        desk.now(),
        before=valid_before(through, desk.zone) if through else None,
    )
    lowered, raised = (tuple([each] if each else []) for each in (staffed.lowered, staffed.raised))
    put_changed(desk, investors.Changed(lowered, raised, staffed.id, (staffed.code,)), as_json=options["as_json"])


@dataclass(frozen=True, slots=True)
class _Added:
    investor: str
    person: str
    changed: investors.Changed


def _add(connection: Connection, caller: Caller, options: dict[str, Any], ends: Periods, token: str, now: datetime) -> _Added:
    """Everything in one transaction: half an investor helps nobody."""
    name = options["investor_name"] or options["name"]
    investor = investors.create_investor(connection, caller, options["kind"], name, options["number"], now)
    person = investors.create_person(connection, caller, options["name"], options["login_name"], now)
    wanted = _wanted(investor, person, options, ends)
    changed = investors.change(connection, caller, investor, wanted, options["reason"], options["evidence"], now)
    investors.issue_link(connection, caller, person, token_hash(token), now)
    return _Added(investor, person, changed)


def _wanted(investor: str, person: str, options: dict[str, Any], ends: Periods) -> list[InvestorChange]:
    through: date | None = options["valid_through"]
    begins, last = options["contract_from"], options["contract_through"]
    wanted: list[InvestorChange] = [
        MandateChange(investor=investor, person=person, capacity=options["capacity"]),
        StandingChange(
            investor=investor,
            client=True,
            profile_complete=True,
            contract_from=valid_before(begins - timedelta(days=1), ends.zone) if begins else None,
            contract_before=valid_before(last, ends.zone) if last else None,
            branch=options["branch"],
            contact=options["contact"],
        ),
        class_change(investor, options["class_"], options["ground"], ends, through),
    ]
    if options["category"] is not None:
        wanted.append(CategoryChange(investor=investor, category=options["category"], before=ends.category(through)))
    if options["lowest"]:
        wanted.append(LowestChange(investor=investor, lowest=True))
    return wanted
