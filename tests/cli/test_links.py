"""Links on the command line: at once for clients, by two for staff, and the two are kept apart there too."""

from datetime import timedelta

import pytest

from gatekeeper.store.accounts import sessions
from tests import privacy
from tests.world import POLICIES, Grant, RiskCategory, Role

sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def test_a_client_gets_a_new_link_at_once_and_the_old_one_dies(gk, world):
    world.client("zhang")

    first = gk.by("clients", "people", "link", "zhang", "--json").json
    second = gk.by("clients", "people", "link", "zhang")

    assert first["activation_link"].startswith("/activate/")
    assert "good for 72 hours: /activate/" in second.out
    assert "Every older link of zhang is dead." in second.out
    refused = gk.by("compliance", "people", "link", "zhang")
    assert (refused.code, refused.err) == (1, "Your account does not permit this.\n")


def test_a_staff_member_s_link_is_proposed_and_its_approver_is_barred_for_thirty_days(gk, world, travel):
    world.client("c2", RiskCategory.C2)
    world.staff("clients-2", Role.ADMIN, Grant.CLIENTS)
    without = gk.by("staff-admin", "people", "link", "clients")
    assert (without.code, "needs a reason" in without.err) == (1, True)
    proposed = gk.by("staff-admin", "people", "link", "clients", "--reason", "忘记密码", "--json").json
    own = gk.by("staff-admin", "proposals", "approve", proposed["proposal"])
    assert own.code == 1
    given = gk.by("compliance", "proposals", "approve", proposed["proposal"], "--json").json
    assert given["activation_link"].startswith("/activate/")

    why = ("--reason", "测评", "--evidence", "档案 7", "--json")
    raised = gk.by("clients", "people", "assign", "c2", "--category", "C5", "--valid-through", "2028-11-23", *why).json

    for how in ("approve", "reject"):
        barred = gk.by("compliance", "proposals", how, raised["proposal"], "--reason", "同意")
        assert (barred.code, "one-time link in the last 30 days" in barred.err) == (1, True)
    travel(timedelta(days=29, hours=23))
    assert gk.by("compliance", "proposals", "approve", raised["proposal"]).code == 1
    assert gk.by("compliance-2", "proposals", "approve", raised["proposal"]).code == 0


@sqlite
def test_compliance_puts_a_new_privacy_notice_in_force(gk, world, tmp_path):
    privacy.install(world)
    zh, en = tmp_path / "zh.md", tmp_path / "en.md"
    zh.write_text("告知书\n新的目的。", "utf-8")
    en.write_text("Privacy notice\nA new purpose.", "utf-8")

    done = gk.by("compliance", "people", "privacy-notice", zh, en, "--reason", "业务变化")

    assert done.out == "The new privacy notice is in force. Clients are asked to read it at their next click.\n"
    assert gk.by("clients", "people", "privacy-notice", zh, en, "--reason", "x").code == 1
    again = gk.by("compliance", "people", "privacy-notice", zh, en, "--reason", "x")
    assert (again.code, again.err) == (1, "This is on file already; nothing was changed.\n")
    zh.write_bytes(b"\xff\xfe\x00")
    assert "is not UTF-8 text." in gk.by("compliance", "people", "privacy-notice", zh, en, "--reason", "x").err


def test_setting_up_puts_the_product_s_notice_in_force_once(bare):
    first, second = bare("db", "upgrade"), bare("db", "upgrade")

    assert "privacy notice" in first.out
    assert "privacy notice" not in second.out
    assert (POLICIES / "privacy.zh.md").is_file()
    assert sessions.name_of(b"x" * 32) != sessions.name_of(b"y" * 32)
