"""``gatekeeper ask`` against servers elsewhere: what it shows, and the code with which it ends."""

import json

import pytest
from click.testing import CliRunner

from gatekeeper.cli.root import gatekeeper
from tests.cli.conftest import Ran
from tests.scripted import TOKEN, permit, serving

QUESTION = ("6010000017", "read", "r1")


def ask(*arguments: object, server=None, token: str = TOKEN, typed: str | bytes = "", lang: str = "en") -> Ran:
    variables = {"GATEKEEPER_TOKEN": token, "LANG": lang} | ({"GATEKEEPER_SERVER": server.url} if server else {})
    result = CliRunner(env=variables).invoke(gatekeeper, ["ask", *map(str, arguments)], input=typed, prog_name="gatekeeper")
    assert "Traceback" not in result.output
    assert not token or token not in result.output
    return Ran(result.exit_code, result.stdout, result.stderr)


def answers(*bodies: dict):
    return [lambda request, body=body: request.answer(json.dumps(body).encode(), X_Decision_Id="A1B2C3D4E5F6") for body in bodies]


REFUSED = {
    "decision": False,
    "context": {"reasons": ["category_below_grade"], "reason_user": {"en": "Not for this category.", "zh-CN": "类别不匹配。"}},
}
WORDS_DUE = {
    "decision": False,
    "context": {
        "reasons": ["acknowledgement_required"],
        "obligations": [
            {"id": "accept_statement", "type": "step-up", "properties": {"accept_url": "https://research.example/s"}}
        ],
    },
}


def test_the_exit_code_is_the_answer():
    with serving(permit, *answers(REFUSED, WORDS_DUE)) as server:
        permitted, refused, due = (ask(*QUESTION, server=server) for _ in range(3))

    assert (permitted.code, permitted.out.splitlines()[0]) == (0, "Permitted")
    assert (refused.code, refused.out.splitlines()[:2]) == (
        1,
        ["Refused", "  category_below_grade  Category does not match the risk grade"],
    )
    assert "  Not for this category.\n" in refused.out
    assert "A1B2C3D4E5F6" in refused.out
    assert (due.code, due.out.splitlines()[0]) == (1, "Statement first")
    assert "https://research.example/s" in due.out
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_it_is_told_in_the_operators_language():
    with serving(*answers(REFUSED)) as server:
        refused = ask(*QUESTION, server=server, lang="zh_CN.UTF-8")
        unreachable = ask(*QUESTION, "--server", "http://127.0.0.1:1", lang="zh_CN.UTF-8")

    assert refused.out.splitlines()[:2] == ["拒绝", "  category_below_grade  风险承受能力等级与报告风险等级不匹配"]
    assert server.requests[0].headers["accept-language"] == "zh"
    assert unreachable.code == 2
    assert unreachable.err.startswith("没有得到答复")


def test_for_programs_there_is_json():
    with serving(*answers(REFUSED)) as server:
        ran = ask("zhou", "RECEIVE", "r1", "--initiative", "push", "--investor", "601", "--json", server=server)

    told = json.loads(ran.out)
    assert ran.code == 1
    assert told.pop("request_id")
    assert told == {"subject": "zhou", "action": "receive", "report": "r1", **REFUSED, "decision_id": "A1B2C3D4E5F6"}
    assert server.requests[0].json["context"] == {"initiative": "push"}
    assert server.requests[0].json["subject"]["properties"] == {"investor": "601"}


def test_many_questions_come_from_a_file(tmp_path):
    many = {"evaluations": [{"decision": True}, REFUSED]}
    path = tmp_path / "questions.csv"
    path.write_text("\ufeffsubject,action,report\n601,read,r1\n\n602, receive ,r1,push\n", "utf-8")
    with serving(*answers(many, many, {"evaluations": [{"decision": True}, {"decision": True}]})) as server:
        ran, piped, good = (
            ask("--csv", path, server=server),
            ask("--csv", "-", "--json", server=server, typed="601,read,r1\n602,receive,r1,push\n"),
            ask("--csv", path, server=server),
        )

    assert ran.code == 1
    assert ran.out.splitlines() == [
        "Subject  Action   Report  Answer     Reason",
        "601      Read     r1      Permitted",
        "602      Receive  r1      Refused    Category does not match the risk grade",
    ]
    assert [each["decision"] for each in json.loads(piped.out)] == [True, False]
    assert server.requests[0].json["evaluations"] == server.requests[1].json["evaluations"]
    assert server.requests[0].json["evaluations"][1]["context"] == {"initiative": "push"}
    assert good.code == 0


def test_a_question_among_many_that_could_not_be_judged_is_not_a_refusal_to_rely_on():
    error = {"decision": False, "context": {"error": {"status": 400, "message": "resource/id is missing."}}}
    with serving(*answers({"evaluations": [{"decision": True}, error]})) as server:
        ran = ask("--csv", "-", server=server, typed="601,read,r1\n601,read,r2\n")

    assert ran.code == 2
    assert "Not judged" in ran.out
    assert "resource/id is missing." in ran.out


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("601,read\n", "Line 1"),
        ("601,read,r1\n601,,r1\n", "Line 2"),
        ("601,read,r1,push,more\n", "Line 1"),
        ("", "no question"),
        ("subject,action,report\n", "no question"),
        (b"\xff\xfe6\x000\x00", "not CSV"),
    ],
)
def test_a_file_with_a_bad_line_asks_nothing(typed, words):
    with serving(permit) as server:
        ran = ask("--csv", "-", server=server, typed=typed)

    assert (ran.code, ran.out, server.requests) == (2, "", [])
    assert words in ran.err


@pytest.mark.parametrize(
    ("arguments", "token", "words"),
    [
        ((*QUESTION, "--server", "http://research.example"), TOKEN, "https://HOST"),
        ((*QUESTION, "--server", "https://a:b@research.example"), TOKEN, "https://HOST"),
        (QUESTION, TOKEN, "There is no server"),
        ((*QUESTION, "--server", "https://research.example"), "", "There is no token"),
        ((*QUESTION, "--server", "https://research.example"), "a b", "There is no token"),
        (("601", "read"), TOKEN, "SUBJECT, ACTION and REPORT"),
        ((*QUESTION, "--csv", "-"), TOKEN, "not both"),
        ((*QUESTION, "--initiative", "shove"), TOKEN, "PULL"),
        ((*QUESTION, "--token", "abc"), TOKEN, "no option --token"),
        ((*QUESTION, "--token-file", "/nowhere/token"), TOKEN, "--token-file"),
    ],
)
def test_what_cannot_be_asked_ends_with_two_and_a_sentence(arguments, token, words):
    ran = ask(*arguments, token=token, typed="601,read,r1\n")

    assert (ran.code, ran.out) == (2, "")
    assert words in ran.err


def test_the_token_may_lie_in_a_file(tmp_path):
    path = tmp_path / "token"
    path.write_text("gk_from_a_file\n")
    with serving(permit) as server:
        assert ask(*QUESTION, "--token-file", path, server=server, token="").code == 0

    assert server.requests[0].headers["authorization"] == "Bearer gk_from_a_file"


def test_what_the_server_says_about_the_request_is_told():
    problem = json.dumps({"title": "Not authenticated", "detail": "This token is not known."}).encode()
    with serving(lambda request: request.answer(problem, "401 Unauthorized", Content_Type="application/problem+json")) as server:
        ran = ask(*QUESTION, server=server)

    assert ran.code == 2
    assert "This token is not known. (HTTP 401, request " in ran.err


def test_the_list_of_settings_does_not_show_the_token(monkeypatch):
    monkeypatch.setenv("GATEKEEPER_TOKEN", TOKEN)
    result = CliRunner().invoke(gatekeeper, ["settings"], prog_name="gatekeeper")

    assert "GATEKEEPER_TOKEN" in result.output
    assert TOKEN not in result.output
