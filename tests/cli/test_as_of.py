"""``gatekeeper ledger access``: who could have read what as of an earlier day."""

from datetime import timedelta

import pytest

from gatekeeper.rules.changes import CategoryChange
from gatekeeper.rules.risk import RiskCategory, RiskGrade
from tests.ledger.test_replay import END, correct, mistaken, read
from tests.library import release

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@sqlite
def test_who_could_and_what_somebody_could_read(gk, world, travel):
    world.client("c2", RiskCategory.C2)
    world.client("c4", RiskCategory.C4)
    report = release(world, RiskGrade.R4)
    wrong = mistaken(world, "c2", CategoryChange(investor=world.investors["c2"], category=RiskCategory.C5, before=END))
    world.clock.forward(timedelta(days=3))
    correct(world, "c2", wrong)
    travel(timedelta(days=4))

    answer = gk("ledger", "access", "--report", report, "--at", "2026-11-23", "--json").json
    assert answer["as_of"] == "2026-11-23T15:59:59.999999Z"
    assert answer["counts"] == {"ACKNOWLEDGE": 1, "DENY": 1}
    assert [
        (each["login"], each["decision"]["outcome"], each["known_then"] and each["known_then"]["outcome"])
        for each in answer["readers"]
    ] == [("c2", "DENY", "ACKNOWLEDGE"), ("c4", "ACKNOWLEDGE", None)]
    [entry] = gk("ledger", "search", "--code", answer["code"], "--json").json["entries"]
    assert (entry["kind"], entry["report"]) == ("access.looked_back", report)
    told = gk("ledger", "access", "--report", report, "--at", "2026-11-23").out
    assert "category_below_grade" in told.splitlines()[1]

    reading = gk("ledger", "access", "--person", "c4", "--at", "2026-11-24T09:30", "--json").json
    assert [each["report"] for each in reading["reports"]] == [report]
    assert gk("ledger", "access", "--person", "c4", "--at", "2026-11-01").out.startswith("Nobody and nothing as of then.\n")
    assert gk("ledger", "access", "--person", "c4", "--report", report, "--at", "2026-11-24").code == 1
    assert gk("ledger", "access", "--at", "2026-11-24").code == 1
    future = gk("ledger", "access", "--person", "c4", "--at", "2027-01-01")
    assert future.err == "--at: Please choose a day that has come already.\n"
    assert gk("ledger", "access", "--report", "0" * 26, "--at", "2026-11-24").code == 1


@sqlite
def test_the_sheet_of_an_acceptance_is_written_once(gk, world, tmp_path):
    world.client("c3")
    read(world, "c3", release(world, RiskGrade.R3))
    code = gk("ledger", "search", "--kind", "statement.accepted", "--json").json["entries"][0]["code"]
    path = tmp_path / "sheet.pdf"

    written = gk("ledger", "sheet", code, "-o", path)
    assert (written.code, path.read_bytes()[:4]) == (0, b"%PDF")
    assert gk("ledger", "sheet", code, "-o", path).code == 1
    assert len(gk("ledger", "search", "--kind", "ledger.exported", "--json").json["entries"]) == 1
    assert gk("ledger", "sheet", "0" * 12, "-o", tmp_path / "no.pdf").code == 1
