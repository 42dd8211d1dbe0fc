"""``gatekeeper ledger accesses``: the access list of a report or a person as a file for a court."""

from datetime import timedelta

import pytest

from gatekeeper.rules.risk import RiskCategory, RiskGrade
from tests.ledger.test_replay import ask, read
from tests.library import release
from tests.web.test_accesses import grid

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@sqlite
def test_the_list_is_recorded_and_written_and_never_over_another(gk, world, travel, tmp_path):
    world.client("c3", RiskCategory.C3)
    world.client("c2", RiskCategory.C2)
    report = release(world, RiskGrade.R3)
    read(world, "c3", report)
    ask(world, "c2", report)
    travel(timedelta(days=1))
    days = ("--from", "2026-11-23", "--to", "2026-11-24")
    book, paper = tmp_path / "list.xlsx", tmp_path / "list.pdf"

    told = gk("ledger", "accesses", "--report", report, *days, "-o", book)
    assert told.code == 0, told.err
    assert "拒绝" in {row["结果"] for row in grid(book.read_bytes())}
    assert gk("ledger", "accesses", "--person", "c3", *days, "-o", paper).code == 0
    assert paper.read_bytes().startswith(b"%PDF")
    [entry, *_] = gk("ledger", "search", "--kind", "ledger.exported", "--json").json["entries"]
    assert entry["actor"] == "operator"

    again = gk("ledger", "accesses", "--report", report, *days, "-o", book)
    assert (again.code, "is there already" in again.err) == (1, True)
    assert gk("ledger", "accesses", "--report", report, *days, "-o", tmp_path / "list.txt").code == 1
    assert gk("ledger", "accesses", *days, "-o", tmp_path / "list2.pdf").code == 1
    assert sorted(each.name for each in tmp_path.iterdir() if each.suffix in {".pdf", ".xlsx", ".txt"}) == [
        "list.pdf",
        "list.xlsx",
    ]
