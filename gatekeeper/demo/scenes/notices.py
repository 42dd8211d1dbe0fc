"""Notices in the demonstration: what expires is told in time; one found no address to go to, so somebody must call.

The demonstration has no mail server. What is given to no channel stands in the inbox alone.
"""

from collections.abc import Callable

from gatekeeper.actions.messages import addresses, deliveries, reminders
from gatekeeper.actions.suitability import rematching
from gatekeeper.demo.cast import CLIENTS
from gatekeeper.demo.stage import Stage
from gatekeeper.rules.messages.deliveries import Channel

_DAYS = (61, 42, 36, 15)
"""How many days ago something came to be told."""


def _remind(stage: Stage) -> None:
    """What the work process does soon after midnight."""
    with stage.database.reading() as connection:
        due = reminders.due(connection, stage.now, stage.zone)
    stage.database.transact(reminders.announce, due, stage.now, stage.zone)


def _rematch(stage: Stage) -> None:
    """Whoever read a report that was stopped since is told."""
    with stage.database.reading() as connection:
        waiting = rematching.waiting(connection, stage.now)
    for cause in waiting:
        with stage.database.snapshot() as connection:
            plan = rematching.plan(connection, cause, stage.zone)
        while stage.database.transact(rematching.step, plan, stage.now):
            pass


def _inbox_alone(stage: Stage) -> None:
    while stage.database.transact(deliveries.give_out, (), stage.now):
        pass


def _mail(stage: Stage) -> None:
    """As if the firm had a mail server that day: what is new finds nobody's address."""
    stage.database.transact(deliveries.give_out, (Channel.MAIL,), stage.now)


def _address(stage: Stage) -> None:
    stage.database.transact(addresses.enter, stage.caller(CLIENTS), stage.ids["client-c3"], "client-c3@example.com", stage.now)


SCENES: tuple[tuple[int, int, Callable[[Stage], object]], ...] = (
    *((days, 0, _remind) for days in _DAYS),
    (39, 9, _inbox_alone),
    (37, 11, _mail),
    (0, 1, _rematch),
    (0, 1, _inbox_alone),
    (20, 9, _address),
)
"""How many days ago, at what hour, and what was told."""
