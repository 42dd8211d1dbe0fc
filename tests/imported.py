"""Files of people for tests: made from rows, handed in by the admin of clients, worked on as the work process does."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from gatekeeper.actions import proposals
from gatekeeper.actions.clients import imports
from gatekeeper.files import originals
from gatekeeper.ledger.acts.importing import Progress, progress
from gatekeeper.store.clients import imports as store
from gatekeeper.work import importing
from gatekeeper.work.sending.office import Office
from tests.world import World, settings

ADMIN = "clients"
COMPLETE = {
    "client_number": "000123",
    "kind": "个人",
    "name": "江南",
    "login": "jiangnan",
    "class_": "普通投资者",
    "category": "C3",
    "category_until": "2028-11-23",
    "client": "是",
    "profile_complete": "是",
    "evidence": "档案 1",
}
"""A new client who reads up to R3 once the row applies."""


def row(**changed: str) -> dict[str, str]:
    """A complete row with other values in some cells."""
    return {**COMPLETE, **changed}


def csv_of(rows: Sequence[Mapping[str, str]], encoding: str = "utf-8", separator: str = ",") -> bytes:
    """A CSV file with these rows, under the columns that any of them has."""
    columns = list(dict.fromkeys(key for each in rows for key in each))
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, delimiter=separator, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


class Importer:
    """An admin with a work process beside."""

    def __init__(self, world: World, folder: Path, login: str = ADMIN) -> None:
        self.world, self.login = world, login
        self.office = Office(settings("sqlite:///unused", folder), world.database, lambda: world.now)

    def hand_in(self, rows: Sequence[Mapping[str, str]] | bytes, name: str = "people.csv") -> str:
        """Hand a file in; the work process has not seen it yet."""
        content = rows if isinstance(rows, bytes) else csv_of(rows)
        path = originals.keep(self.office.settings.data_dir, content)
        file = {"name": name, "sha256": path.name, "size": len(content)}
        return self.world.database.transact(imports.start, self.world.caller(self.login), file, "年度批量更新", self.world.now)

    def work(self) -> None:
        """Let the work process do what waits."""
        importing.import_if_asked(self.office)

    def check(self, rows: Sequence[Mapping[str, str]] | bytes) -> str:
        """Hand a file in and have it checked."""
        id_ = self.hand_in(rows)
        self.work()
        return id_

    def confirm(self, id_: str) -> str | None:
        """Confirm, and let what lowers act; return the proposal."""
        caller = self.world.caller(self.login)
        confirmed = self.world.database.transact(imports.confirm, caller, id_, self.world.now)
        self.work()
        return confirmed.proposal

    def approve(self, proposal: str, login: str = "compliance") -> None:
        """Let another person approve, and let what raises act."""
        self.world.database.transact(proposals.approve, self.world.caller(login), proposal, "同意", self.world.now)
        self.work()

    def all(self, rows: Sequence[Mapping[str, str]] | bytes) -> str:
        """From the file to its end."""
        id_ = self.check(rows)
        proposal = self.confirm(id_)
        if proposal:
            self.approve(proposal)
        return id_

    def progress(self, id_: str) -> Progress:
        """How far an import is."""
        with self.world.database.reading() as connection:
            return progress(connection, [store.get(connection, id_)])[0]

    def verdicts(self, id_: str) -> dict[int, str]:
        """The verdict of each row, by its number in the file."""
        with self.world.database.reading() as connection:
            return {each.number: each.verdict for each in store.rows(connection, id_, after=0, limit=100_000)}

    def outcomes(self, id_: str) -> dict[tuple[int, str], str]:
        """What came of each part of each row."""
        with self.world.database.reading() as connection:
            numbers = [each.number for each in store.rows(connection, id_, after=0, limit=100_000)]
            return {key: each.outcome for key, each in store.results_of(connection, id_, numbers).items()}
