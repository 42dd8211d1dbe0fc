"""People on the command line: two persons for what raises, one for what lowers, passwords never in sight."""

import re
from datetime import timedelta

import pytest

from gatekeeper.actions.accounts import sign_in
from gatekeeper.store.proof import entries
from tests.world import CHEAP, PASSWORD, RiskCategory

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ADD = ("people", "add", "--name", "王小满", "--login-name", "xiaoman", "--number", "7001", "--category", "C3")
WHY = ("--reason", "测评", "--evidence", "档案 7")


def test_an_investor_is_added_by_one_and_approved_by_another(gk, world):
    added = gk.by("clients", *ADD, *WHY, "--json").json

    assert added["activation_link"].startswith("/activate/")
    assert [each["fact"] for each in added["waiting"]] == ["mandate", "standing", "class", "category"]
    own = gk.by("clients", "proposals", "approve", added["proposal"])
    assert (own.code, own.err.splitlines()[-1]) == (1, "You made this proposal yourself, so another person must decide it.")
    assert "  category C3 through 2028-11-23" in own.err.splitlines()
    assert gk.by("compliance", "proposals", "approve", added["proposal"][:7], "--reason", "同意").code == 0

    token = added["activation_link"].rpartition("/")[2]
    caller = world.caller("compliance")
    world.database.transact(sign_in.use_link, caller, token, CHEAP.hash(PASSWORD), world.now + timedelta(hours=2))
    [found] = gk("people", "list", "xiaoman", "--json").json["investors"]
    assert (found["category"], found["category_through"], found["class"]) == ("C3", "2028-11-23", "ORDINARY")
    assert [each["login"] for each in found["people"]] == ["xiaoman"]


@sqlite
def test_half_an_investor_is_never_left_behind(gk, world):
    world.client("taken")
    ran = gk.by("clients", *ADD[:4], "--login-name", "taken", "--number", "7002", *WHY)

    assert ran.code == 1
    assert "taken" in ran.err
    assert gk("people", "list", "王小满", "--json").json["investors"] == []


def test_lowering_acts_at_once_and_raising_waits(gk, world):
    world.client("c3", RiskCategory.C3)
    lowered = gk.by("clients", "people", "assign", "c3", "--category", "C1", *WHY, "--json").json
    assert [each["category"] for each in lowered["lowered"]] == ["C1"]

    raised = gk.by(
        "clients", "people", "assign", "N-c3", "--category", "C5", "--valid-through", "2028-11-23", *WHY, "--json"
    ).json
    assert raised["proposal"]
    assert gk("people", "list", "c3", "--json").json["investors"][0]["category"] == "C1"
    [waiting] = gk("proposals", "list", "--json").json["proposals"]
    assert (waiting["proposal"], waiting["about"], waiting["evidence"]) == (raised["proposal"], "c3", "档案 7")
    assert gk.by("compliance", "proposals", "reject", raised["proposal"], "--reason", "材料不足").code == 0
    assert gk("proposals", "list").out == "Nothing waits.\n"


@sqlite
def test_class_and_lowest_flag_are_assigned_too(gk, world):
    world.client("c3", RiskCategory.C3)
    lowest = gk.by("clients", "people", "assign", "c3", "--lowest", *WHY, "--json").json
    assert lowest["lowered"] == [{"fact": "lowest", "investor": world.investors["c3"], "lowest": True}]

    ground = ("--ground", "第八条第（四）项")
    class_ = gk.by("clients", "people", "assign", "c3", "--class", "professional_b", *ground, *WHY, "--json").json
    assert class_["waiting"][0]["before"] == "2027-11-23T16:00:00+00:00"
    both = gk.by("clients", "people", "assign", "c3", "--lowest", "--category", "C1", *WHY)
    assert (both.code, both.err.count("\n")) == (1, 1)


@sqlite
def test_staff_is_proposed_and_brought_in_by_a_link(gk, world):
    wanted = ("--name", "新人", "--login-name", "new-clients", "--role", "admin", "--grants", "clients", "--reason", "需要")
    proposed = gk.by("staff-admin", "people", "add", *wanted, "--json").json
    ended = gk.by("compliance", "proposals", "approve", proposed["proposal"], "--json").json

    assert ended["state"] == "APPROVED"
    assert re.fullmatch(r"/activate/[0-9a-z]{26}", ended["activation_link"])
    staff = gk("people", "list", "new-clients", "--json").json["staff"]
    assert [(each["login"], each["grants"], each["password_set"]) for each in staff] == [("new-clients", ["CLIENTS"], False)]


def test_who_is_suspended_can_do_nothing_more(gk, world):
    assert gk.by("staff-admin", "people", "suspend", "compliance-2", "--reason", "离职").code == 0

    refused = gk.by("compliance-2", "people", "suspend", "compliance", "--reason", "x")
    assert (refused.code, refused.err) == (1, "This login name and password do not belong together.\n")


def test_wrong_passwords_are_recorded_and_lock_for_a_time_that_is_told(gk, world):
    world.client("c3")
    for _ in range(4):
        assert gk.by("clients", "people", "suspend", "c3", "--reason", "x", password="wrong").code == 1
    locked = gk.by("clients", "people", "suspend", "c3", "--reason", "x", password="wrong")
    assert "You can try again after 2026-11-23 11:1" in locked.err
    assert gk.by("clients", "people", "suspend", "c3", "--reason", "x").code == 1

    entries = gk("ledger", "search", "--person", "clients", "--from", "2026-11-23", "--json").json["entries"]
    assert [each["kind"] for each in entries if "sign_in" in each["kind"]] == ["sign_in.locked", *["sign_in.failed"] * 4]
    assert {each["actor"] for each in entries if "sign_in" in each["kind"]} == {"operator"}


def test_the_entry_names_the_person_and_privately_the_operating_systems_user(gk, world):
    world.client("c3")
    code = gk.by("clients", "people", "suspend", "c3", "--reason", "失联", "--json").json["code"]

    [entry] = gk("ledger", "search", "--code", code.upper(), "--json").json["entries"]
    assert entry["actor"] == f"person:{world.people['clients']}"
    with world.database.reading() as connection:
        private = entries.private_of(connection, entries.by_code(connection, code)[0].id)
    assert private["os_user"]
    assert private["reason"] == "失联"


@sqlite
def test_a_password_may_be_typed_but_is_never_shown(gk, world):
    world.client("c3")
    ran = gk("people", "suspend", "c3", "--reason", "x", "--as", "clients", typed=f"{PASSWORD}\n")

    assert ran.code == 0
    assert "Password of clients" in ran.err


@sqlite
def test_nobody_answering_the_prompt_is_no_traceback(gk, world):
    assert gk("people", "suspend", "c3", "--reason", "x", "--as", "clients").code in {1, 130}


@sqlite
@pytest.mark.parametrize("descriptor", ["987654", "x", "-1"])
def test_a_descriptor_that_cannot_be_read_is_one_sentence(gk, world, descriptor):
    world.client("c3")
    ran = gk("people", "suspend", "c3", "--reason", "x", "--as", "clients", "--password-fd", descriptor)

    assert ran.code in {1, 2}
    assert ran.err.count("\n") == 1
    assert descriptor in ran.err
