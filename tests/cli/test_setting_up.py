"""From nothing to the first two people: settings, tables, bootstrap."""

import json

import pytest

from tests.world import PASSWORD

FIRST = ("--admin-name", "何静怡", "--admin-login", "first-admin", "--compliance-name", "沈知微", "--compliance-login", "officer")
PASSWORDS = {"--admin-password-fd": PASSWORD, "--compliance-password-fd": f"{PASSWORD} too"}


def test_an_empty_database_becomes_ready_and_is_bootstrapped_once(bare):
    assert bare("db", "check").code == 1
    assert bare("people", "list").err == "The database does not have this version's tables. Run: gatekeeper db upgrade\n"
    done = bare("db", "upgrade", "--json").json
    assert done["before"] is None
    assert [each.split()[0] for each in done["installed"]] == [
        "ledger",
        "policy",
        "statement",
        "privacy",
        "questionnaire",
        "questionnaire",
    ]
    assert bare("db", "upgrade", "--json").json["installed"] == []
    assert bare("db", "check").code == 0

    assert bare("people", "bootstrap", *FIRST, "--json", passwords=PASSWORDS).json == {
        "admin": "first-admin",
        "compliance": "officer",
    }
    again = bare("people", "bootstrap", *FIRST, passwords=PASSWORDS)
    assert (again.code, again.err.count("\n")) == (1, 1)
    assert [each["role"] for each in bare("people", "list", "--json").json["staff"]] == ["ADMIN", "COMPLIANCE"]


def test_bootstrap_asks_for_what_is_not_given(bare):
    bare("db", "upgrade")
    first, second = "unrelated words here", "other unrelated words"
    typed = f"何静怡\nfirst-admin\n{first}\n{first}\n沈知微\nofficer\n{second}\n{second}\n"

    ran = bare("people", "bootstrap", typed=typed)

    assert ran.code == 0, ran.err
    assert first not in ran.out + ran.err


def test_a_weak_password_is_refused(bare):
    bare("db", "upgrade")
    ran = bare("people", "bootstrap", *FIRST, passwords=PASSWORDS | {"--admin-password-fd": "short"})

    assert (ran.code, ran.err) == (1, "A password has 12 to 128 characters.\n")


def test_a_database_from_elsewhere_is_found_out(bare, tmp_path):
    bare.variables["GATEKEEPER_DATABASE_URL"] = f"sqlite:///{tmp_path}/nowhere/new.db"
    assert bare("db", "check").code == 1
    assert bare("db", "upgrade").err == "The database cannot be opened: unable to open database file\n"
    (tmp_path / "text.db").write_text("not a database " * 100)
    bare.variables["GATEKEEPER_DATABASE_URL"] = f"sqlite:///{tmp_path}/text.db"
    assert bare("people", "list").err == "The database cannot be opened: file is not a database\n"
    bare.variables["GATEKEEPER_DATABASE_URL"] = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    assert bare("ledger", "tail").code == 1


def test_every_fault_of_the_settings_is_told_at_once(bare):
    bare.variables |= {
        "GATEKEEPER_SECRET_KEY": "short",
        "GATEKEEPER_PORT": "0",
        "GATEKEEPER_TYPO": "1",
        "GATEKEEPER_LOG_ORIGIN": None,
    }
    ran = bare("serve")

    assert ran.code == 1
    told = ran.err.splitlines()
    assert len(told) == 4
    for name in ("SECRET_KEY", "PORT", "TYPO", "LOG_ORIGIN"):
        assert any(line.startswith(f"GATEKEEPER_{name} ") for line in told)


def test_settings_are_listed_with_their_sources_and_without_their_secrets(bare):
    bare.variables["GATEKEEPER_LOG_ORIGIN"] = None
    ran = bare("settings", "--json")
    rows = {row["name"]: row for row in json.loads(ran.out)["settings"]}

    assert rows["GATEKEEPER_SECRET_KEY"] == {**rows["GATEKEEPER_SECRET_KEY"], "value": "***", "source": "environment"}
    assert rows["GATEKEEPER_TIME_ZONE"] == {**rows["GATEKEEPER_TIME_ZONE"], "value": "Asia/Shanghai", "source": "default"}
    assert rows["GATEKEEPER_LOG_ORIGIN"]["source"] == "not set"
    assert json.loads(ran.out)["faults"] == ["GATEKEEPER_LOG_ORIGIN is not set."]
    assert bare.variables["GATEKEEPER_SECRET_KEY"] not in bare("settings").out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([], 2),
        (["nonsense"], 2),
        (["db"], 2),
        (["db", "nonsense"], 2),
        (["db", "upgrade", "more"], 2),
        (["--nonsense"], 2),
        (["decide"], 2),
        (["decide", "x", "y", "--action", "FLY"], 2),
        (["decide", "x", "y", "--at", "yesterday"], 2),
        (["decide", "x", "y", "--at", "0001-01-01"], 2),
        (["decide", "x", "y", "--at"], 2),
        (["ledger", "tail", "-n", "0"], 2),
        (["ledger", "search", "--outcome", "MAYBE"], 2),
        (["reports", "propose", "x", "--as", "y", "--grade", "R9", "--reason", "z"], 2),
        (["reports", "propose", "x", "--as", "y", "--grade", "R1", "--reason", "z", "--settle", "code"], 2),
        (["reports", "import"], 2),
        (["people", "assign", "x", "--as", "y", "--reason", "z"], 2),
        (["people", "add", "--as", "y", "--valid-through", "9999-12-31"], 2),
    ],
)
def test_a_command_line_that_cannot_be_read_is_one_sentence(bare, arguments, code):
    ran = bare(*arguments)

    assert ran.code == code
    assert ran.out == ""
    if arguments and arguments != ["db"]:
        assert ran.err.count("\n") == 1, ran.err
