"""Many rows with many faults, by a process that is killed at any point: every row accounted for, and none done twice."""

import json
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from gatekeeper.actions import proposals
from gatekeeper.actions.clients import imports
from gatekeeper.ledger.acts.importing import State
from gatekeeper.ledger.verify import Check, Wanted, verify
from gatekeeper.rules.errors import Conflict
from gatekeeper.store import jobs
from gatekeeper.store.accounts.people import Investor, Mandate, Person
from gatekeeper.store.clients import imports as store
from gatekeeper.store.proof.ledger import LedgerEntry
from gatekeeper.work import importing
from gatekeeper.work.sending.office import Office
from tests.imported import Importer, csv_of, row
from tests.processes import FORKS
from tests.work import importing_worker
from tests.work.importing_worker import Killed

BAD = (
    {"category": "C9"},
    {"evidence": ""},
    {"category_until": "46000"},
    {"client_number": "=1+1"},
    {"client_number": "１２３"},
    {"name": ""},
    {"login": "two words"},
    {"login": "compliance"},
    {"category_until": "2020-01-01"},
    {"client_number": "000001"},
)
"""Each makes a good row one that is refused; the last repeats another client's number."""


def first(rows: int):
    """New clients, of whom every tenth cannot be taken."""
    for number in range(rows):
        good = row(client_number=f"{number:06}", name=f"客户{number}", login=f"u{number}", category=f"C{2 + number % 3}")
        yield {**good, **BAD[number // 10 % len(BAD)]} if number % 10 == 9 else good


def second(rows: int):
    """The same clients once more: one in three lowered, one raised, one raised as to the end and lowered as to the category."""
    for number in range(rows):
        until, now = ("2028-11-23", "2027-11-23", "2029-11-23")[number % 3], 2 + number % 3
        category = (now + 1, now - 1, now - 1)[number % 3] if number % 10 != 9 else 9
        yield {"client_number": f"{number:06}", "category": f"C{category}", "category_until": until, "evidence": "测评 2"}


class Mortal(Importer):
    """Its work process dies before some statement again and again."""

    def __init__(self, world, folder, url, statements):
        super().__init__(world, folder)
        self.url, self.statements, self.died = url, statements, 0

    def work(self):
        told = self.office.settings.data_dir / "told"
        plan = Killed(self.url, str(self.office.settings.data_dir), self.world.now, self.statements, str(told))
        process = FORKS.Process(target=importing_worker.until_done, args=(plan,))
        process.start()
        process.join(3600)
        assert process.exitcode == 0
        died = int(told.read_text())
        self.died += died
        self.world.clock.forward((died + 1) * (jobs.GIVEN_UP + timedelta(seconds=1)))


SIZES = [pytest.param(2000, 60, id="2000"), pytest.param(100_000, 100_000, id="100000", marks=pytest.mark.long)]


@pytest.mark.takes_long
@pytest.mark.own_database
@pytest.mark.parametrize(("rows", "again"), SIZES)
def test_every_row_is_accounted_for_and_none_is_done_twice_whenever_the_process_dies(world, tmp_path, database_url, rows, again):
    importer = Mortal(world, tmp_path, database_url[0], rows * 2)
    id_ = importer.check(csv_of(list(first(rows)), "gb18030"))

    bad = rows // 10
    assert Counter(importer.verdicts(id_).values()) == {"NEW": rows - bad, "REFUSED": bad}
    importer.approve(importer.confirm(id_))

    assert importer.progress(id_).state is State.FINISHED
    assert Counter(importer.outcomes(id_).values()) == {"APPLIED": rows - bad}
    assert importer.died > 3
    with world.database.reading() as connection:
        found = [connection.execute(select(func.count()).select_from(each)).scalar_one() for each in (Investor, Mandate)]
        clients = connection.execute(select(func.count()).where(Person.login.startswith("u"))).scalar_one()
    assert (*found, clients) == (rows - bad, rows - bad, rows - bad)

    if again < rows:  # the short form has processes to wait for only once
        importer = Importer(world, tmp_path)
    id_ = importer.check(list(second(again)))
    importer.approve(importer.confirm(id_))

    outcomes = importer.outcomes(id_)
    parts = Counter(part for _, part in outcomes)
    told = importer.progress(id_).told(store.Step.CHECKED)
    assert set(outcomes.values()) == {"APPLIED"}
    assert (parts["LOWER"], parts["RAISE"]) == (told["lowers"], told["raises"])
    assert sum(told["verdicts"].values()) == told["rows"] == again
    check_log(world, id_, told)


def check_log(world, id_, told):
    """One entry for each part of each row, and nothing that the ledger's own verification finds wrong with the rows."""
    with world.database.reading() as connection:
        kinds = LedgerEntry.kind.in_(("investor.imported", "classification.lowered"))
        leaves = connection.execute(select(LedgerEntry.leaf).where(kinds)).scalars()
        done = Counter((data["import"], data["row"], kind) for kind, data in map(_data, leaves))
        findings = verify(connection, Wanted(), world.now).findings.counts
    assert set(done.values()) == {1}
    assert sum(1 for import_, _, _ in done if import_ == id_) == told["lowers"] + told["raises"]
    assert not {Check.ACT_OF_OTHER_KIND, Check.ACT_ABOUT_OTHER, Check.ACT_WITHOUT_ENTRY} & set(findings)


def _data(leaf):
    found = json.loads(leaf)
    return found["kind"], found["data"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_process_that_is_told_to_stop_leaves_the_rest_to_another_at_once(world, tmp_path, monkeypatch):
    importer, looks = Importer(world, tmp_path), []
    monkeypatch.setattr("gatekeeper.actions.clients.import_checks.PIECE", 2)
    id_ = importer.hand_in([row(client_number=str(number), login=f"u{number}") for number in range(5)])

    def now():
        looks.append(1)
        if len(looks) == 3:  # while the first rows are looked at
            importer.office.stopping.set()
        return world.now

    stopped = Office(importer.office.settings, world.database, now, importer.office.stopping)
    importing.import_if_asked(stopped)
    importing.import_if_asked(stopped)
    assert len(importer.verdicts(id_)) == 2
    importer.office.stopping.clear()
    importer.work()

    assert len(importer.verdicts(id_)) == 5
    assert importer.progress(id_).state is State.CHECKED


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_original_that_was_changed_is_not_read(world, tmp_path):
    importer = Importer(world, tmp_path)
    id_ = importer.hand_in([row()])
    [path] = (tmp_path / "originals").glob("*/*")
    path.write_bytes(csv_of([row(category="C5")]))

    importer.work()

    assert importer.verdicts(id_) == {}
    assert importer.progress(id_).state is State.CHECKING


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_not_lowered_yet_keeps_the_rise_from_being_approved(world, tmp_path):
    importer = Importer(world, tmp_path)
    world.client("c4")
    file = [{"client_number": "N-c4", "category": "C2", "category_until": "2028-11-23", "evidence": "1"}, row()]
    id_ = importer.check(file)
    confirmed = world.database.transact(imports.confirm, world.caller("clients"), id_, world.now)

    with pytest.raises(Conflict):
        world.database.transact(proposals.approve, world.caller("compliance"), confirmed.proposal, "", world.now)
    importer.work()
    importer.approve(confirmed.proposal)

    assert importer.progress(id_).state is State.FINISHED
