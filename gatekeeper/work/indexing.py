"""The index of what reports say, for versions without a row: long ones, and those that came in before there was an index."""

from collections.abc import Callable
from datetime import timedelta

from gatekeeper.database import Database
from gatekeeper.store.publishing import report_index
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task


def index(office: Office) -> None:
    """One version after another, each in a transaction of its own."""
    index_all(office.database, office.stopping.is_set)


def index_all(database: Database, is_stopping: Callable[[], bool]) -> int:
    """Index what waits; return how many versions that were. The words are taken apart between the transactions."""
    done = 0
    while not is_stopping():
        with database.reading() as connection:
            waiting = report_index.next_without(connection)
        if waiting is None:
            break
        database.transact(report_index.put, report_index.row_of(waiting))
        done += 1
    return done


TASK = Task("indexing", timedelta(minutes=1), index)
