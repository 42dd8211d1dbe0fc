"""``gatekeeper people assign``: an investor's category, class or lowest flag, by one person or, where it raises, by two."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import click
from sqlalchemy import Connection

from gatekeeper.actions.clients import investors
from gatekeeper.cli import screen, words
from gatekeeper.cli.arguments import Day, Name, as_json, as_person
from gatekeeper.cli.clients import lookup
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _
from gatekeeper.rules.changes import CategoryChange, ClassChange, InvestorChange, LowestChange, to_data
from gatekeeper.rules.errors import N_, Fault, Invalid, Unavailable
from gatekeeper.rules.policy import Policy, last_day_after, valid_before
from gatekeeper.rules.risk import InvestorClass, RiskCategory
from gatekeeper.store.reading.access import current_policy

_ONE = N_("Give exactly one of --category, --class, --lowest and --not-lowest.")


@dataclass(frozen=True, slots=True)
class Periods:
    """Until when what is set today is valid, unless a day is given."""

    policy: Policy
    today: date
    zone: ZoneInfo

    def category(self, through: date | None) -> datetime:
        """The end of a category."""
        return valid_before(through or last_day_after(self.today, self.policy.assessment_months), self.zone)

    def class_(self, through: date | None) -> datetime:
        """The end of a professional status."""
        return valid_before(through or last_day_after(self.today, self.policy.professional_months), self.zone)


def periods(desk: Desk, connection: Connection, now: datetime) -> Periods:
    """The periods of the policy in force."""
    found = current_policy(connection, now)
    if found is None:
        raise Unavailable(N_("No policy is in force. Run: gatekeeper db upgrade"))
    return Periods(found[1], now.astimezone(desk.zone).date(), desk.zone)


@click.command("assign", help=_("Set category, class or lowest flag of an investor. Lowering acts at once, raising waits."))
@click.argument("investor", metavar="LOGIN|NUMBER")
@as_person
@click.option("--category", type=Name(RiskCategory), help=_("The category of an ordinary investor."))
@click.option("--class", "class_", type=Name(InvestorClass), help=_("The class."))
@click.option("--ground", default="", help=_("The article on which a professional status rests."))
@click.option("--valid-through", type=Day(), metavar="DAY", help=_("The last valid day; by the policy unless given."))
@click.option("--lowest/--not-lowest", default=None, help=_("Whether the investor is of the lowest category."))
@click.option("--reason", required=True, help=_("Why; kept with the entry."))
@click.option("--evidence", required=True, help=_("Where the evidence is kept."))
@as_json
def assign(investor: str, login: str, password_fd: int | None, **options: Any) -> None:
    """Change the file as this person."""
    if sum(options[name] is not None for name in ("category", "class_", "lowest")) != 1:
        raise Invalid(Fault(_ONE))
    with at_desk() as desk:
        now = desk.now()
        with desk.database.reading() as connection:
            found = lookup.investor(connection, investor, now)
            wanted = _wanted(found.id, periods(desk, connection, now), options)
        caller = desk.person(login, password_fd)
        changed = desk.database.transact(
            investors.change, caller, found.id, [wanted], options["reason"], options["evidence"], desk.now()
        )
    put_changed(desk, changed, as_json=options["as_json"])


def _wanted(investor: str, ends: Periods, options: dict[str, Any]) -> InvestorChange:
    through: date | None = options["valid_through"]
    if options["category"] is not None:
        return CategoryChange(investor=investor, category=options["category"], before=ends.category(through))
    if options["class_"] is not None:
        return class_change(investor, options["class_"], options["ground"], ends, through)
    return LowestChange(investor=investor, lowest=options["lowest"])


def class_change(investor: str, class_: InvestorClass, ground: str, ends: Periods, through: date | None) -> ClassChange:
    """The change to a class; an ordinary investor's never ends."""
    professional = class_.is_professional
    return ClassChange(
        investor=investor,
        investor_class=class_,
        ground=ground if professional else "",
        before=ends.class_(through) if professional else None,
    )


def put_changed(desk: Desk, changed: investors.Changed, *, as_json: bool, **more: Any) -> None:
    """Show what acts already and what waits for a second person."""
    if as_json:
        data = {
            "lowered": [to_data(each) for each in changed.lowered],
            "waiting": [to_data(each) for each in changed.raised],
            "proposal": changed.proposal,
            "codes": changed.codes,
        }
        screen.put_json(data | more)
        return
    for each in changed.lowered:
        screen.put(_(N_("In force now: %(change)s"), change=words.change(each, desk.zone)))
    for each in changed.raised:
        screen.put(_(N_("Waits for a second person: %(change)s"), change=words.change(each, desk.zone)))
    if changed.proposal:
        screen.put(_(N_("Proposal %(id)s"), id=changed.proposal))
