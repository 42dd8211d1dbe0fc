"""A question as an operator asks it for somebody else, in one line: a test names persons and reports by their ids."""

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from gatekeeper.actions.reading import decisions
from gatekeeper.actions.reading.decisions import Question, Single
from gatekeeper.ledger.caller import Caller
from gatekeeper.ledger.record import Asked
from gatekeeper.rules.risk import Action, Initiative
from gatekeeper.store.reading.meant import Meant


def ask_for(
    connection: Connection,
    caller: Caller,
    person: str,
    investor: str | None,
    report: str,
    now: datetime,
    zone: ZoneInfo,
    *,
    action: Action = Action.READ,
    initiative: Initiative = Initiative.PULL,
    as_of: datetime | None = None,
) -> Asked[Single]:
    """Decide for another person, as the command line does."""
    question = Question(None, report, action, initiative)
    return decisions.ask_for(connection, caller, Meant(person, investor), question, now, zone, as_of=as_of)
