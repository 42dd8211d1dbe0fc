"""The tasks that tell investors of what comes by itself: what expires soon, and what a policy or a report's new grade changes."""

from datetime import timedelta

from gatekeeper.actions.messages import reminders
from gatekeeper.actions.suitability import rematching
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task


def expiring(office: Office) -> None:
    """Tell of what expires soon, a piece at a time."""
    zone = office.settings.time_zone
    with office.database.reading() as connection:
        due = reminders.due(connection, office.now(), zone)
    for begin in range(0, len(due), reminders.MOST):
        if office.stopping.is_set():
            return
        office.database.transact(reminders.announce, due[begin : begin + reminders.MOST], office.now(), zone)


def rematch(office: Office) -> None:
    """Tell whom policies, releases and gradings touch that began to decide, one after another."""
    with office.database.reading() as connection:
        waiting = rematching.waiting(connection, office.now())
    for cause in waiting:
        with office.database.snapshot() as connection:
            plan = rematching.plan(connection, cause, office.settings.time_zone)
        while not office.stopping.is_set() and office.database.transact(rematching.step, plan, office.now()):
            pass
        if office.stopping.is_set():
            return


TASKS = (Task("expiring", timedelta(minutes=5), expiring), Task("rematching", timedelta(seconds=30), rematch))
