"""Decisions, files and the ledger on the command line."""

import pytest

from gatekeeper import language
from tests import docxs, pdfs
from tests.plugins.live import demo_report
from tests.world import MandateChange, RiskCategory

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
UNKNOWN = "0" * 26


def test_a_decision_about_nothing_is_a_refusal_and_recorded(gk, world):
    world.client("c3")
    answer = gk("decide", "c3", UNKNOWN, "--json").json

    assert (answer["outcome"], answer["reason"], answer["report"]) == ("DENY", "report_unknown", None)
    [entry] = gk("ledger", "search", "--code", answer["code"], "--json").json["entries"]
    assert (entry["kind"], entry["person"], entry["actor"]) == ("decision.asked", world.people["c3"], "operator")


@sqlite
def test_the_answer_as_json_has_its_keys_and_facts_only_when_asked(gk, world):
    world.client("c3", lowest=True)
    plain = gk("decide", "c3", UNKNOWN, "--json", "--at", "2026-11-24").json
    explained = gk("decide", "c3", UNKNOWN, "--json", "--explain").json

    assert sorted(plain) == [
        "action", "as_of", "at", "client_number", "code", "initiative", "investor", "login", "obligations", "outcome", "person",
        "policy", "reason", "reasons", "report", "version", "warnings",
    ]  # fmt: skip
    assert plain["as_of"] == "2026-11-23T16:00:00Z"
    assert explained["facts"]["investor"]["lowest"] is True
    assert {"mandate", "standing", "class", "category", "lowest", "policy"} <= set(explained["rows"])


@sqlite
def test_who_acts_for_several_must_be_asked_about_one(gk, world):
    world.client("c3")
    world.client("other", RiskCategory.C1)
    world.change("other", MandateChange(investor=world.investors["other"], person=world.people["c3"], capacity="代理人"))

    several = gk("decide", "c3", UNKNOWN)
    assert (several.code, several.err) == (
        1,
        "c3 acts for several investors. Name one by its client number: N-c3, N-other\n",
    )
    assert gk("decide", "c3", UNKNOWN, "--investor", "N-other", "--json").json["investor"] == world.investors["other"]
    assert gk("decide", "c3", UNKNOWN, "--investor", "N-none").code == 1


@sqlite
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"   \n", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"\x00\x01\x02\x03" * 50, "not text"),
        ("特别声明".encode()[:-1] + b"\xff\xff\xff", "neither UTF-8"),
        (b"x" * (50 * 1024 * 1024), "50.0 MiB"),
    ],
    ids=["empty", "blank", "pdf", "binary", "broken", "50 MB"],
)
def test_one_bad_file_does_not_stop_the_others(gk, tmp_path, content, words):
    bad, good = tmp_path / "bad.txt", tmp_path / "good.txt"
    bad.write_bytes(content)
    good.write_text("一份没有任何特别声明的报告\n\n正文。\n", "utf-8")

    ran = gk("reports", "import", bad, tmp_path / "none.txt", tmp_path, good, good)

    assert ran.code == 1
    told = ran.err.splitlines()
    assert len(told) == 4  # bad, absent, a folder, and twice the same
    assert words in told[0]
    assert [each["title"] for each in gk("reports", "list", "--json").json["reports"]] == ["一份没有任何特别声明的报告"]


@sqlite
def test_a_line_for_each_file_of_whatever_kind(gk, tmp_path):
    report = (pdfs.REPORTS / "r3-toll-roads.txt").read_text("utf-8")
    for name, data in (("a.pdf", pdfs.demo("r3-energy-storage")), ("b.docx", docxs.report(report)), ("c.pdf", b"%PDF-1.7 ...")):
        (tmp_path / name).write_bytes(data)

    ran = gk("reports", "import", "--brief", *(tmp_path / name for name in ("a.pdf", "c.pdf", "b.docx")))

    assert ran.code == 1
    lines = ran.out.splitlines()
    assert [line.split("  ")[0].rsplit("/", 1)[1] for line in lines] == ["a.pdf", "b.docx"]
    assert lines[0].split("  ")[2:] == ["R3", "findings: 0"]
    assert "is damaged" in ran.err


@sqlite
def test_two_grades_in_one_notice_block(gk, tmp_path):
    file = tmp_path / "two.txt"
    notice = "特别声明\n明澈证券评定此研报的风险等级为 R3（高风险），适用于风险承受能力为 C3、C4、C5 的普通投资者。\n"
    file.write_text(f"标题一行\n\n{notice}", "utf-8")
    [read] = gk("reports", "import", file, "--json").json["files"]

    assert any(each["blocking"] for each in read["findings"])
    settled = [word for each in read["findings"] for word in ("--settle", f"{each['code']}=2027-01-01") if not each["blocking"]]
    ran = gk.by("reports", "reports", "propose", read["report"], "--grade", "R5", "--reason", "x", *settled)
    assert ran.code == 1
    assert "contradicts itself" in ran.err


@sqlite
def test_a_proposal_names_the_time_at_which_a_report_is_to_be_out(gk, tmp_path):
    file = tmp_path / "report.txt"
    file.write_bytes(demo_report("r3-energy-storage"))
    [read] = gk("reports", "import", file, "--json").json["files"]
    wish = ("reports", "propose", read["report"], "--grade", "R3", "--reason", "与印刷一致")
    late = gk.by("reports", *wish, "--at", "2026-11-22 07:30")
    assert late.code == 1
    assert "past" in late.err

    proposed = gk.by("reports", *wish, "--at", "2026-11-24 07:30", "--json").json
    assert proposed["release_at"] == "2026-11-23T23:30:00Z"
    seen = gk.by("compliance", "reports", "approve", read["report"])
    assert "out from 2026-11-24 07:30" in seen.err

    [listed] = gk("reports", "list", "--json").json["reports"]
    assert (listed["state"], listed["released_at"]) == ("scheduled", proposed["release_at"])


def test_the_ledger_is_read_by_days_of_the_firm_and_to_is_inclusive(gk, world):
    world.client("c3")
    gk("decide", "c3", UNKNOWN)

    def count(*filters):
        return len(gk("ledger", "search", "--kind", "decision.asked", "--json", *filters).json["entries"])

    assert count() == 1
    assert count("--from", "2026-11-23", "--to", "2026-11-23") == 1
    assert count("--to", "2026-11-22") == 0
    assert count("--from", "2026-11-24") == 0
    assert count("--to", "2026-11-23T11:00") == 1
    assert count("--from", "2026-11-23T11:00:00+08:00", "--to", "2026-11-23 03:01Z") == 1
    assert count("--person", "c3", "--investor", "N-c3", "--outcome", "DENY", "--reason", "report_unknown") == 1


def test_whoever_reads_the_ledger_is_in_it_and_pages_follow_each_other(gk, world):
    world.client("c3")
    first = gk("ledger", "search", "--limit", "5", "--json").json
    assert first["more"]
    second = gk("ledger", "search", "--limit", "5", "--older-than", first["entries"][-1]["code"], "--json").json

    codes = [each["code"] for each in first["entries"] + second["entries"]]
    assert len(set(codes)) == 10
    newest = gk("ledger", "tail", "-n", "1", "--json").json["entries"]
    assert [(each["kind"], each["actor"]) for each in newest] == [("ledger.searched", "operator")]
    assert gk("ledger", "tail", "-n", "3").out.splitlines()[0].startswith("Time")


@sqlite
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["ledger", "search", "--kind", "report.eaten"], "report.eaten"),
        (["ledger", "search", "--person", "nobody"], "nobody"),
        (["ledger", "search", "--investor", "N-none"], "N-none"),
        (["ledger", "search", "--report", "zzzzzz"], "zzzzzz"),
        (["ledger", "search", "--older-than", "zzz"], "zzz"),
        (["decide", "nobody", UNKNOWN], "nobody"),
        (["decide", "compliance", "abc"], "abc"),
        (["reports", "approve", "zzzzzz", "--as", "compliance"], "zzzzzz"),
        (["proposals", "approve", "zzzzzz", "--as", "compliance"], "zzzzzz"),
        (["people", "suspend", "nobody", "--as", "clients", "--reason", "x"], "nobody"),
        (["people", "assign", "nobody", "--as", "clients", "--lowest", "--reason", "x", "--evidence", "y"], "nobody"),
    ],
)
def test_what_is_not_there_is_one_sentence(gk, arguments, words):
    ran = gk(*arguments)

    assert ran.code == 1
    assert ran.err.count("\n") == 1
    assert words in ran.err


@sqlite
def test_chinese_is_spoken_where_the_environment_asks_for_it(gk, world):
    gk.variables["LANG"] = "zh_CN.UTF-8"
    assert gk("decide", "compliance", UNKNOWN, "--explain").out.startswith(language.translate("zh_CN", "Refused"))
    gk.variables["LANGUAGE"] = "en_GB:zh"
    assert gk("decide", "compliance", UNKNOWN).out.startswith("Refused")


@sqlite
def test_what_nobody_foresaw_is_a_sentence_and_a_code_of_its_own(gk, monkeypatch):
    def broken(*_, **__):
        raise LookupError("secret details")

    monkeypatch.setattr("gatekeeper.store.publishing.library.for_staff", broken)
    ran = gk("reports", "list")

    assert ran.code == 70
    assert "LookupError" in ran.err
    assert "secret details" not in ran.err
