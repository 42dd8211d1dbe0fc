"""The real sample on the command line: it comes in, is settled, approved, published, and decided for four readers."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from tests.world import InvestorClass, RiskCategory

SAMPLE = Path(__file__).parents[3] / "shared" / "samples" / "000_cf454c4bef53ffae.txt"
needs_sample = pytest.mark.skipif(not SAMPLE.is_file(), reason="../shared/samples is absent")
SETTLED = [
    word
    for code in ("no_research_words", "no_publication_date", "disclaimer_denies_suitability")
    for word in ("--settle", f"{code}=2027-11-23")
]


@pytest.fixture
def readers(world):
    world.client("c2", RiskCategory.C2)
    world.client("c3", RiskCategory.C3)
    world.client("pro", None, investor_class=InvestorClass.PROFESSIONAL_A)
    world.client("c4-lapsed", RiskCategory.C4, last_day=date(2026, 11, 23))


@needs_sample
def test_the_sample_is_read_as_a_careful_person_reads_it(gk):
    [read] = gk("reports", "import", SAMPLE, "--json").json["files"]

    assert (read["issuer"], read["kind"], read["rating"]) == ("诚通证券", "行业点评", "推荐（维持评级）")
    assert (read["grade"], read["label"]) == ("R3", "中风险")
    assert read["audience"] == {
        "professional": "ANY",
        "categories": ["C3", "C4", "C5"],
        "clients_only": True,
        "contract_clients_only": False,
    }
    assert read["denied_actions"] == ["READ", "BOOKMARK", "RECEIVE", "USE"]
    [analyst] = read["analysts"]
    assert (analyst["name"], analyst["certificate"]) == ("赵绮晖", "S0280525030001")
    assert analyst["email"].endswith("@cctgsc.com.cn")
    assert [each["date"] for each in read["related"]] == ["2025-04-08", "2025-03-11", "2024-12-30", "2021-09-05", "2021-09-05"]
    assert len(read["sections"]) == 5
    assert {"risk_notice", "rating_definitions", "disclaimer"} <= set(read["texts"])
    codes = [each["code"] for each in read["findings"]]
    assert codes == ["no_research_words", "no_publication_date", "disclaimer_denies_suitability"]


@needs_sample
def test_from_the_file_to_four_decisions_with_two_people(gk, world, readers, travel):
    [read] = gk("reports", "import", SAMPLE, "--json").json["files"]
    report = read["report"]
    propose = ("reports", "propose", report[:8], "--grade", "R3", "--reason", "与印明一致")

    unsettled = gk.by("reports", *propose)
    assert unsettled.code == 1
    assert "no_publication_date" in unsettled.err
    assert gk.by("reports", *propose, *SETTLED).code == 0
    assert gk.by("reports", "reports", "publish", report).code == 1  # not approved yet
    own = gk.by("reports", "reports", "approve", report)
    assert (own.code, own.err.splitlines()[-1]) == (1, "Your account does not permit this.")
    read = "grade R3 for Professional investors; C3, C4, C5; clients only; term and kinds: Up to 1 year; Equity"
    assert f"{read}; settled: no_research_words" in own.err
    assert gk.by("compliance", "reports", "approve", report, "--reason", "同意").code == 0
    assert gk.by("reports", "reports", "publish", report).code == 0
    travel(timedelta(days=1))

    def decided(login, *more):
        answer = gk("decide", login, report[:6], "--json", *more).json
        return answer["outcome"], answer["reason"]

    assert decided("c2") == ("DENY", "category_below_grade")
    assert decided("c3") == ("ACKNOWLEDGE", "acknowledgement_required")
    assert decided("pro") == ("ACKNOWLEDGE", "acknowledgement_required")
    assert decided("c4-lapsed") == ("DENY", "assessment_expired")
    assert decided("c4-lapsed", "--at", "2026-11-23T23:59:59") == ("ACKNOWLEDGE", "acknowledgement_required")
    assert decided("c3", "--action", "bookmark") == ("PERMIT", None)

    found = gk("ledger", "search", "--report", report, "--json").json["entries"]
    kinds = [each["kind"] for each in found]
    assert kinds.count("decision.asked") == 6
    assert {"report.imported", "publication.proposed", "publication.approved", "report.published"} <= set(kinds)
    refused = gk("ledger", "search", "--report", report, "--outcome", "deny", "--json").json["entries"]
    assert {each["reason"] for each in refused} == {"category_below_grade", "assessment_expired"}


@needs_sample
def test_the_import_tells_everything_on_the_screen(gk):
    ran = gk("reports", "import", SAMPLE)

    for words in ("诚通证券", "R3 (中风险)", "C3, C4, C5", "赵绮晖 S0280525030001", "not the risk grade", "2025-04-08"):
        assert words in ran.out
    assert "1  no_research_words:" in ran.out
    assert "“诚通证券不需要采取任何行动以确保本报告涉及的内容适合于客户。”" in ran.out


@needs_sample
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_withdrawn_report_is_refused(gk, world, readers):
    [read] = gk("reports", "import", SAMPLE, "--json").json["files"]
    report = read["report"]
    numbered = [word for number in (1, 2, 3) for word in ("--settle", f"{number}=2027-11-23")]
    gk.by("reports", "reports", "propose", report, "--grade", "R3", "--reason", "是", *numbered)
    gk.by("compliance-2", "reports", "approve", report)
    scheduled = gk.by("reports", "reports", "publish", report, "--at", "2026-11-24 08:30", "--json").json

    assert scheduled["released_at"] == "2026-11-24T00:30:00Z"
    assert gk("reports", "list", "--json").json["reports"][0]["state"] == "scheduled"
    assert gk("decide", "c3", report, "--json").json["reason"] == "report_embargoed"
    assert gk.by("reports", "reports", "withdraw", report, "--reason", "数据有误").code == 0
    assert gk("decide", "c3", report, "--json").json["reason"] == "report_withdrawn"
    assert gk("reports", "list", "--json").json["reports"][0]["state"] == "withdrawn"
