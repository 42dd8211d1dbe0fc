"""Adding sealed decisions to the sums by day, which the figures are read from. It takes nothing from those who decide."""

from collections.abc import Callable
from datetime import timedelta, tzinfo

from gatekeeper import clock
from gatekeeper.actions.proof import counting
from gatekeeper.actions.proof.counting import Recounted, Tally
from gatekeeper.database import Database
from gatekeeper.ledger.caller import Caller
from gatekeeper.store.proof import daily
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task

PIECE = 5_000
"""So many leaves are read at once, outside any transaction that writes; a piece then adds some hundred sums."""


def count(office: Office) -> None:
    """Add what was sealed since."""
    count_all(office.database, office.settings.time_zone, office.stopping.is_set)


def count_all(database: Database, zone: tzinfo, is_stopping: Callable[[], bool] = lambda: False) -> int:
    """Add piece after piece; return how many leaves that were. Of several processes one adds each piece."""
    done = 0
    while not is_stopping():
        with database.reading() as connection:
            logs = daily.reach(connection, str(zone))
            behind = next((each for each in logs or () if each.counted < each.size), None)
            if behind is not None:
                end = min(behind.counted + PIECE, behind.size)
                piece = daily.piece(connection, behind.log, behind.counted, end, zone)
        if logs is None:
            database.transact(daily.forget)
        elif behind is None:
            break
        else:
            done += (piece.end - piece.begin) * database.transact(daily.put, piece)
    return done


def recount(database: Database, zone: tzinfo, caller: Caller) -> Recounted:
    """Work all sums out again from the entries, and put right what differs. Figures go on being read and added to meanwhile."""
    while True:
        tally = Tally(zone)
        _catch_up(database, tally)
        done = database.transact(counting.recounted, caller, tally, clock.now())
        if done is not None:
            return done


def _catch_up(database: Database, tally: Tally) -> None:
    """Add up anew all leaves that are in the sums."""
    while True:
        with database.reading() as connection:
            logs = daily.reach(connection, str(tally.zone)) or []
        goal = {each.log: each.counted for each in logs}
        if all(tally.reached.get(log, 0) >= end for log, end in goal.items()):
            return
        for log, end in goal.items():
            for begin in range(tally.reached.get(log, 0), end, PIECE):
                with database.reading() as connection:
                    tally.take(daily.piece(connection, log, begin, min(begin + PIECE, end), tally.zone))


TASK = Task("counting", timedelta(seconds=10), count)
