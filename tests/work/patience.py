"""How often processes may be killed before one of them gets on: a step that takes longer than any of them lives never ends."""

from sqlalchemy import func, select

from gatekeeper.database import Database
from gatekeeper.store.proof.ledger import LedgerEntry

MOST = 100


class Patience:
    """Counts deaths after which nothing new stands in the ledger, and ends the test with a clear line when they are too many."""

    def __init__(self) -> None:
        self._newest, self._deaths = 0, 0

    def died(self, database: Database) -> None:
        with database.reading() as connection:
            newest = connection.execute(select(func.max(LedgerEntry.id))).scalar_one() or 0
        self._deaths = self._deaths + 1 if newest <= self._newest else 0
        self._newest = newest
        if self._deaths >= MOST:
            raise AssertionError(f"{MOST} processes died in a row and nothing was done: none lives for as long as a step")
