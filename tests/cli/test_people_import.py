"""A file of people on the command line: handed in and confirmed by one, approved by another, done without a work process."""

import pytest

from gatekeeper.rules.risk import RiskCategory
from tests.imported import csv_of, row

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
WHY = ("--reason", "年度批量更新")


def test_a_file_is_imported_by_two_people(gk, world, tmp_path):
    world.client("low", RiskCategory.C4)
    lower = {"client_number": "N-low", "category": "C2", "category_until": "2028-11-23", "evidence": "档案 2"}
    (tmp_path / "people.csv").write_bytes(csv_of([row(), lower, {"client_number": "9", "category": "C9"}]))

    ran = gk.by("clients", "people", "import", tmp_path / "people.csv", *WHY)

    assert ran.code == 0, ran.err
    assert "to be confirmed" in ran.out
    assert "“C9” is no category" in ran.out
    checked = gk("people", "import-status", "--json").json["imports"][0]
    assert (checked["state"], checked["checked"]["verdicts"]["REFUSED"]) == ("CHECKED", 1)
    id_ = checked["import"]
    confirmed = gk.by("clients", "people", "import-confirm", id_[:8], "--json").json
    assert (confirmed["state"], confirmed["results"]) == ("WAITING", {"LOWER APPLIED": 1})
    approved = gk.by("compliance", "proposals", "approve", confirmed["proposal"])
    assert approved.code == 0
    assert "1 rows of an imported file, 1 of them new investors" in approved.err
    finished = gk("people", "import-status", id_, "--json").json
    assert (finished["state"], finished["results"]) == ("FINISHED", {"LOWER APPLIED": 1, "RAISE APPLIED": 1})
    assert gk("people", "list", "jiangnan", "--json").json["investors"][0]["client_number"] == "000123"
    assert "people.csv" in gk("people", "import-status").out


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("客户编号码,等级\n1,C3\n", "Is “客户编号” meant?"),
        ("", "The heading “客户编号” (Client number) is missing"),
        (None, "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence_and_no_import(gk, world, tmp_path, content, said):
    if content is not None:
        (tmp_path / "people.csv").write_text(content, "utf-8")

    ran = gk.by("clients", "people", "import", tmp_path / "people.csv", *WHY)

    assert ran.code == 1
    assert said in ran.err
    assert gk("people", "import-status").out == "No file has been imported yet.\n"


def test_an_import_that_is_not_there_is_one_sentence(gk, world):
    assert gk("people", "import-status", "zzzzzz").err.strip() == "No import begins with zzzzzz."
