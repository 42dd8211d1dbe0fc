"""Roles, the index, partitions, erasures and legal holds at the command line."""

from datetime import timedelta

import pytest

from gatekeeper.rules.risk import RiskCategory
from gatekeeper.store.publishing.report_index import AT_ONCE
from tests.ledger.raw import ON_POSTGRESQL, ON_SQLITE, opened
from tests.library import release

HUNDRED_YEARS = timedelta(days=36_525)


@ON_SQLITE
def test_on_sqlite_roles_and_partitions_are_one_sentence(gk):
    for words in (["roles"], ["roles", "--apply"], ["partitions"]):
        ran = gk("db", *words)
        assert (ran.code, ran.out.count("\n")) == (0, 1)
        assert "SQLite has neither roles nor partitions" in ran.out


@ON_POSTGRESQL
def test_the_sql_for_the_administrator_is_the_sql_that_is_applied(gk, database_url):
    printed = gk("db", "roles").out
    assert printed.startswith("BEGIN;\n")
    assert printed.endswith("COMMIT;\n")
    assert "GRANT SELECT, INSERT (" in printed
    with opened(database_url[0]) as raw:
        raw.execute(printed)
        raw.execute(printed)
        owner = raw.one("SELECT pg_get_userbyid(relowner) AS owner FROM pg_class WHERE relname = 'ledger_entry_p0000'")
    assert owner == "gk_owner"

    applied = gk("db", "roles", "--apply")
    assert applied.code == 0, applied.err
    assert "gk_owner, gk_app, gk_sealer, gk_auditor, gk_privacy" in applied.out


def test_what_is_not_indexed_yet_is_indexed_at_once(gk, world):
    for number in range(2):
        release(world, title=f"长篇{number}", paragraph="储" * AT_ONCE)

    assert gk("db", "index").out == "Report versions indexed: 2\n"
    assert gk("db", "index", "--json").json == {"indexed": 0}


@ON_POSTGRESQL
def test_partitions_are_counted_and_a_near_end_is_an_exit_code(gk, database_url):
    made = gk("db", "partitions", "--ahead", 9, "--json").json
    assert (len(made["made"]), made["partitions"], made["ahead"], made["unguarded"]) == (2, 10, 9, [])
    assert "empty partitions stand ready" in gk("db", "partitions", "--check").out

    with opened(database_url[0]) as raw:
        raw.execute("SELECT setval('ledger_entry_id_seq', 95000000)")
    near = gk("db", "partitions", "--check")
    assert near.code == 1
    assert "4,999,999 more entries fit" in near.out
    assert "The last partition is near" in near.err
    assert gk("db", "partitions").code == 0
    assert gk("db", "partitions", "--check").code == 0


def test_erasing_waits_for_its_time_for_holds_and_for_a_yes(gk, world, travel):
    world.client("c3", RiskCategory.C3)
    whose = ("--person", "c3", "--reason", "申请 7", "--yes")

    early = gk("ledger", "erase", *whose)
    assert early.code == 1
    assert "Nothing was erased: there is nothing to erase from before 2006-11-23" in early.err
    young = gk("ledger", "erase", "--before", "2026-11-23", "--reason", "x", "--yes")
    assert (young.code, young.err.startswith("Nothing was erased: entries since")) == (1, True)
    assert gk("ledger", "erase", "--reason", "x", "--yes").err.startswith("Say whose values")

    for given in ((), ("--person", "c3", "--report", "abcdef")):
        ran = gk("ledger", "hold", "set", "--reason", "x", *given)
        assert (ran.code, ran.err) == (1, "Name one person, one investor or one report.\n")
    assert gk("ledger", "hold", "set", "--person", "c3", "--reason", "（2046）京01民初1号").code == 0
    [held] = gk("ledger", "hold", "list", "--json").json["holds"]
    assert (held["person"], held["reason"]) == ("c3", "（2046）京01民初1号")
    travel(HUNDRED_YEARS)
    assert gk("ledger", "erase", *whose).err == "Nothing was erased: this is under a legal hold.\n"
    assert gk("ledger", "hold", "lift", "--person", "c3", "--reason", "已结案").code == 0
    assert gk("ledger", "hold", "list").out == "No legal hold is in force.\n"

    unsure = gk("ledger", "erase", *whose[:-1], typed="n\n")
    assert unsure.code == 130
    done = gk("ledger", "erase", *whose)
    assert (done.code, done.out.startswith("Erased: ")) == (0, True)
    assert gk("ledger", "erase", *whose).code == 1
    kinds = {each["kind"] for each in gk("ledger", "search", "--json", "--limit", 1000).json["entries"]}
    assert {"privacy.erased", "erasure.refused", "legal_hold.set", "legal_hold.lifted"} <= kinds


@pytest.mark.parametrize(("years", "is_taken"), [("19", False), ("0", False), ("20", True), ("30", True), ("x", False)])
def test_no_setting_shortens_the_years_of_keeping(bare, years, is_taken):
    bare.variables["GATEKEEPER_RETENTION_YEARS"] = years
    ran = bare("settings")

    assert ("GATEKEEPER_RETENTION_YEARS must be" not in ran.err + ran.out) is is_taken
