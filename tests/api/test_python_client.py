"""The client for other programs against servers that say anything at all: no fault of any of them becomes a permit."""

import json
import os
import shutil
import ssl
import subprocess
import sys
import threading
from dataclasses import replace
from socket import create_server
from time import monotonic

import pytest

from gatekeeper import client as program
from gatekeeper.client import Answer, Denied, Gatekeeper, GatekeeperUnavailable, NoAnswer, Question, RequestRefused, Subject
from tests.scripted import PERMIT, TOKEN, Request, Script, Server, permit, serving


def ask(server: Server, **how):
    with Gatekeeper(server.url, TOKEN, **{"timeout": 2.0, "patience": 0.0} | how) as gatekeeper:
        return gatekeeper.may("6010000017", "read", "r1")


def test_an_answer_is_true_only_where_it_permits():
    body = {
        "decision": False,
        "context": {
            "reasons": ["category_below_grade", "push_mismatch"],
            "reason_user": {"en": "No.", "zh-CN": "不。"},
            "obligations": [{"id": "accept", "type": "step-up", "properties": {"accept_url": "https://x"}}],
        },
    }
    question = Question(subject="zhou", action="receive", resource="r1", initiative="push", investor="601")
    told = json.dumps(body).encode()
    with (
        serving(permit, lambda request: request.answer(told, X_Decision_Id="A1B2C3D4E5F6")) as server,
        Gatekeeper(server.url, TOKEN) as gatekeeper,
    ):
        assert gatekeeper.may("6010000017", "read", "r1")

        refused = gatekeeper.ask(question, request_id="mail-7")

    assert not refused
    assert refused.reasons == ("category_below_grade", "push_mismatch")
    assert refused.told["zh-CN"] == "不。"
    assert refused.obligations[0].properties == {"accept_url": "https://x"}
    assert (refused.decision_id, refused.request_id) == ("A1B2C3D4E5F6", "mail-7")
    assert server.requests[1].json == {
        "subject": {"type": "user", "id": "zhou", "properties": {"investor": "601"}},
        "action": {"name": "receive"},
        "resource": {"type": "report", "id": "r1"},
        "context": {"initiative": "push"},
    }
    assert server.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert server.connections == 1


def test_what_is_required_and_refused_is_an_exception_that_holds_the_answer():
    refusal = b'{"decision": false, "context": {"reasons": ["not_assessed"]}}'
    with (
        serving(lambda request: request.answer(refusal)) as server,
        Gatekeeper(server.url, TOKEN) as gatekeeper,
        pytest.raises(Denied, match="not_assessed") as caught,
    ):
        gatekeeper.require("6010000017", "read", "r1")

    assert not caught.value.answer


NOT_ANSWERS = {
    "hangs up": lambda _request: None,
    "no HTTP": lambda _request: b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "an empty body": lambda request: request.answer(b""),
    "a page": lambda request: request.answer(b"<html>permit</html>", Content_Type="text/html"),
    "JSON under another name": lambda request: request.answer(Content_Type="text/plain"),
    "a list": lambda request: request.answer(b"[true]"),
    "true alone": lambda request: request.answer(b"true"),
    "no decision": lambda request: request.answer(b"{}"),
    "a decision that is a text": lambda request: request.answer(b'{"decision": "true"}'),
    "a decision that is one": lambda request: request.answer(b'{"decision": 1}'),
    "no decision but null": lambda request: request.answer(b'{"decision": null}'),
    "two decisions": lambda request: request.answer(b'{"decision": false, "decision": true}'),
    "cut off": lambda request: request.answer(PERMIT, Content_Length="400", Connection="close"),
    "cut short": lambda request: request.answer(PERMIT, Content_Length="17"),
    "more than anyone reads": lambda request: request.answer(PERMIT, Content_Length="99999999999"),
    "a context that is a text": lambda request: request.answer(b'{"decision": true, "context": "fine"}'),
    "reasons that cannot be read": lambda request: request.answer(b'{"decision": true, "context": {"reasons": [{}]}}'),
    "obligations that cannot be read": lambda request: request.answer(b'{"decision": true, "context": {"obligations": [1]}}'),
    "not a number": lambda request: request.answer(b'{"decision": true, "context": {"a": NaN}}'),
    "nested without end": lambda request: request.answer(b'{"decision": true, "context": ' + b'{"a":' * 20000),
    "of another request": lambda request: request.answer(X_Request_ID="another"),
    "of no request": lambda request: request.answer(X_Request_ID=""),
    "moved": lambda request: request.answer(PERMIT, "302 Found", Location="http://127.0.0.1:1/"),
    "moved for good": lambda request: request.answer(PERMIT, "308 Permanent Redirect", Location="http://evil.example/"),
    "a fault of the server": lambda request: request.answer(PERMIT, "500 Internal Server Error"),
    "a gateway without a server": lambda request: request.answer(PERMIT, "502 Bad Gateway"),
    "created": lambda request: request.answer(PERMIT, "201 Created"),
    "later": lambda request: request.answer(PERMIT, "503 Service Unavailable", Retry_After="99999"),
    "much too often": lambda request: request.answer(PERMIT, "429 Too Many Requests", Retry_After="99999"),
    "when nobody knows": lambda request: request.answer(PERMIT, "503 Service Unavailable", Retry_After="soon"),
}


@pytest.mark.parametrize("name", NOT_ANSWERS)
def test_what_is_no_answer_is_no_permit(name):
    with serving(NOT_ANSWERS[name]) as server, pytest.raises(GatekeeperUnavailable) as caught:
        ask(server)

    assert TOKEN not in repr(caught.value) + str(caught.value)
    assert caught.value.request_id


@pytest.mark.parametrize("status", ["400 Bad Request", "401 Unauthorized", "403 Forbidden", "404 Not Found", "413 Too Large"])
def test_what_the_server_refuses_to_answer_is_said_in_its_words(status):
    problem = json.dumps({"title": "Not permitted", "detail": "此账户不能询问这项操作。", "decision": True}).encode()
    with (
        serving(lambda request: request.answer(problem, status, Content_Type="application/problem+json")) as server,
        pytest.raises(RequestRefused, match="此账户不能询问这项操作") as caught,
    ):
        ask(server, patience=5.0)

    assert caught.value.status == int(status[:3])
    assert caught.value.problem["title"] == "Not permitted"
    assert len(server.requests) == 1


def test_a_server_that_says_when_to_come_again_is_asked_again_then_and_no_later_than_patience_allows():
    def busy(request: Request) -> bytes:
        return request.answer(b"", "503 Service Unavailable", Retry_After="0")

    def limited(request: Request) -> bytes:
        return request.answer(b"", "429 Too Many Requests", Retry_After="Wed, 21 Oct 2015 07:28:00 GMT")

    with serving(busy, limited, permit) as server:
        assert ask(server, patience=2.0)
        assert len(server.requests) == 3
        assert len({request.headers["x-request-id"] for request in server.requests}) == 1

    with serving(lambda request: request.answer(b"", "503 Service Unavailable", Retry_After="1")) as server:
        with pytest.raises(GatekeeperUnavailable):
            ask(server, patience=0.5)
        assert len(server.requests) == 1


def test_a_connection_that_was_closed_meanwhile_is_opened_again():
    with serving(permit, lambda _request: None, permit) as server, Gatekeeper(server.url, TOKEN) as gatekeeper:
        assert gatekeeper.may("6010000017", "read", "r1")
        assert gatekeeper.may("6010000017", "read", "r1")

        assert server.connections == 2


def test_a_server_that_closes_after_each_answer_is_a_server():
    def last(request: Request) -> bytes:
        return request.answer(Connection="close")

    with serving(last) as server, Gatekeeper(server.url, TOKEN) as gatekeeper:
        assert [bool(gatekeeper.may("6010000017", "read", "r1")) for _ in range(3)] == [True] * 3
        assert server.connections == 3


def test_a_server_that_sends_a_byte_now_and_then_is_waited_for_no_longer_than_said():
    stop = threading.Event()
    listening = create_server(("127.0.0.1", 0))

    def drip() -> None:
        line, _ = listening.accept()
        with line:
            for byte in b"HTTP/1.1 200 OK\r\n" + b"X-Slow: 1\r\n" * 1000:
                if stop.wait(0.05):
                    return
                line.sendall(bytes([byte]))

    thread = threading.Thread(target=drip)
    thread.start()
    began = monotonic()
    try:
        with pytest.raises(GatekeeperUnavailable):
            Gatekeeper(f"http://127.0.0.1:{listening.getsockname()[1]}", TOKEN, timeout=0.4).may("6010000017", "read", "r1")
    finally:
        stop.set()
        thread.join()
        listening.close()
    assert monotonic() - began < 5


def test_where_nobody_listens_there_is_no_answer():
    with create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(GatekeeperUnavailable):
        Gatekeeper(f"http://127.0.0.1:{port}", TOKEN).may("6010000017", "read", "r1")


def many(decisions: list[bool]) -> Script:
    return lambda request: request.answer(json.dumps({"evaluations": [{"decision": each} for each in decisions]}).encode())


QUESTIONS = [Question(subject="601", action="read", resource=f"r{number}") for number in range(3)]


@pytest.mark.parametrize(
    ("semantic", "given", "wanted"),
    [
        ("execute_all", [True, False, True], [True, False, True]),
        ("execute_all", [True, False], None),
        ("execute_all", [True, True, True, True], None),
        ("deny_on_first_deny", [True, False], [True, False]),
        ("deny_on_first_deny", [True], None),
        ("deny_on_first_deny", [True, True, True], [True, True, True]),
        ("permit_on_first_permit", [False, True], [False, True]),
        ("permit_on_first_permit", [False], None),
        ("permit_on_first_permit", [False, False, False, True], None),
    ],
)
def test_many_answers_belong_to_their_questions_or_there_is_none(semantic, given, wanted):
    with serving(many(given)) as server, Gatekeeper(server.url, TOKEN) as gatekeeper:
        if wanted is None:
            with pytest.raises(GatekeeperUnavailable):
                gatekeeper.evaluate_many(QUESTIONS, semantic=semantic)
        else:
            assert [bool(each) for each in gatekeeper.evaluate_many(QUESTIONS, semantic=semantic)] == wanted


def test_more_than_a_request_holds_goes_in_several_and_nothing_is_asked_for_nothing():
    def echo(request: Request) -> bytes:
        given = ["7" in each["resource"]["id"] for each in request.json["evaluations"]]
        first = request.json["options"]["evaluations_semantic"] == "permit_on_first_permit"
        return many(given[: given.index(True) + 1] if first else given)(request)

    questions = [Question(subject="601", action="read", resource=str(number)) for number in range(234)]
    with serving(echo) as server, Gatekeeper(server.url, TOKEN) as gatekeeper:
        answers = gatekeeper.evaluate_many(questions)
        assert [bool(each) for each in answers] == ["7" in str(number) for number in range(234)]
        assert len(server.requests) == 3

        first = gatekeeper.evaluate_many(questions, semantic="permit_on_first_permit")
        assert [bool(each) for each in first] == [False] * 7 + [True]
        assert len(server.requests) == 4

        assert gatekeeper.evaluate_many([]) == []
        assert len(server.requests) == 4


def test_a_question_that_could_not_be_judged_is_a_refusal_with_an_error():
    body = {"evaluations": [{"decision": False, "context": {"error": {"status": 400, "message": "resource is missing"}}}]}
    with (
        serving(lambda request: request.answer(json.dumps(body).encode())) as server,
        Gatekeeper(server.url, TOKEN) as gatekeeper,
    ):
        [answer] = gatekeeper.evaluate_many(QUESTIONS[:1])

    assert not answer
    assert answer.error == "resource is missing"


def paged(request: Request) -> bytes:
    start = int(request.json.get("page", {}).get("token", "0"))
    results = [{"type": "report", "id": f"r{number}"} for number in range(start, start + 2)]
    return request.answer(json.dumps({"page": {"next_token": str(start + 2) if start < 4 else ""}, "results": results}).encode())


def test_a_search_goes_from_page_to_page_as_its_results_are_taken():
    with serving(paged) as server, Gatekeeper(server.url, TOKEN) as gatekeeper:
        found = gatekeeper.search_reports("601", "read", limit=2)
        assert [next(found), next(found)] == ["r0", "r1"]
        assert len(server.requests) == 1

        assert list(found) == ["r2", "r3", "r4", "r5"]
        assert [request.json["page"] for request in server.requests] == [
            {"limit": 2},
            {"limit": 2, "token": "2"},
            {"limit": 2, "token": "4"},
        ]


def test_somebody_whom_a_search_found_is_told_apart():
    body = {"results": [{"type": "user", "id": "601"}, {"type": "user", "id": "602", "properties": {"login": "zhou"}}]}
    with (
        serving(lambda request: request.answer(json.dumps(body).encode())) as server,
        Gatekeeper(server.url, TOKEN) as gatekeeper,
    ):
        found = list(gatekeeper.search_subjects("receive", "r1", initiative="push"))

    assert found == [Subject("601"), Subject("602", login="zhou")]
    assert server.requests[0].json["context"] == {"initiative": "push"}


@pytest.mark.parametrize("body", [b"{}", b'{"results": {}}', b'{"results": [{"type": "report"}]}', b'{"results": ["r1"]}'])
def test_results_that_cannot_be_read_are_no_results(body):
    with (
        serving(lambda request: request.answer(body)) as server,
        Gatekeeper(server.url, TOKEN) as gatekeeper,
        pytest.raises(GatekeeperUnavailable),
    ):
        list(gatekeeper.search_subjects("receive", "r1"))


def test_pages_that_lead_back_end():
    body = b'{"page": {"next_token": "a"}, "results": [{"name": "read"}]}'
    with (
        serving(lambda request: request.answer(body)) as server,
        Gatekeeper(server.url, TOKEN) as gatekeeper,
        pytest.raises(GatekeeperUnavailable),
    ):
        list(gatekeeper.search_actions("601", "r1"))


def test_metadata_of_a_server_that_calls_itself_otherwise_is_not_taken():
    def described(request: Request) -> bytes:
        return request.answer(json.dumps({"policy_decision_point": f"http://{request.headers['host']}"}).encode())

    with serving(described) as server:
        with Gatekeeper(server.url + "/", TOKEN) as gatekeeper:
            assert gatekeeper.metadata()["policy_decision_point"] == server.url
        other = json.dumps({"policy_decision_point": "https://research.example"}).encode()
        server.scripts[:] = [lambda request: request.answer(other)]
        with Gatekeeper(server.url, TOKEN) as gatekeeper, pytest.raises(GatekeeperUnavailable):
            gatekeeper.metadata()


OFFERED = {
    "decision": False,
    "context": {
        "reasons": ["account_suspended"],
        "evaluation_id": "A1B2C3D4E5F6",
        "access_request": {"endpoint": "https://research.example/access/v1/requests", "binding_token": "1.f2"},
    },
}
TASK = {"task": {"id": "t1", "status": "pending", "due_at": "2026-11-28T02:00:00Z", "expires_at": "2026-12-23T02:00:00Z"}}


def test_people_are_asked_to_look_at_a_refusal_that_offers_it():
    said = json.dumps(TASK).encode()
    scripts = (
        lambda request: request.answer(json.dumps(OFFERED).encode()),
        lambda request: request.answer(b"", "503 Service Unavailable", Retry_After="0"),
        lambda request: request.answer(said, "202 Accepted"),
        lambda request: request.answer(said.replace(b"pending", b"approved")),
        permit,
    )
    question = Question(subject="601", action="read", resource="r1", initiative="pull")
    with serving(*scripts) as server, Gatekeeper(server.url, TOKEN) as gatekeeper:
        refusal = gatekeeper.ask(question)
        task = gatekeeper.request_access(question, refusal, "客户已补签合同")
        looked_at = gatekeeper.task(task.id)
        answer = gatekeeper.ask(replace(question, approval=task.id))

    assert (task.status, looked_at.status) == ("pending", "approved")
    assert answer
    tried, again = server.requests[1:3]
    assert tried.headers["idempotency-key"] == again.headers["idempotency-key"]
    assert again.json["denial"] == {"evaluation_id": "A1B2C3D4E5F6", "binding_token": "1.f2"}
    assert "context" not in again.json
    assert server.requests[3].line.startswith("GET /access/v1/requests/t1 ")
    assert server.requests[4].json["context"] == {"initiative": "pull", "approval": {"id": "t1"}}


def test_nobody_is_asked_about_what_offers_nothing():
    with serving(permit) as server, Gatekeeper(server.url, TOKEN) as gatekeeper:
        question = Question(subject="601", action="read", resource="r1")
        with pytest.raises(ValueError, match="offers nobody"):
            gatekeeper.request_access(question, gatekeeper.ask(question))
        with pytest.raises(ValueError, match="visible ASCII"):
            gatekeeper.request_access(question, Answer(False, context=OFFERED["context"]), key="a\r\nb")

    assert len(server.requests) == 1


def test_an_answer_to_a_question_never_comes_as_accepted():
    with serving(lambda request: request.answer(PERMIT, "202 Accepted")) as server, pytest.raises(GatekeeperUnavailable):
        ask(server)


@pytest.mark.parametrize(
    "url",
    [
        "http://research.example",
        "http://127.0.0.1.evil.example",
        "ftp://research.example",
        "research.example",
        "https://",
        "https://user:secret@research.example",
        "https://research.example/?a=1",
        "https://research.example/#a",
    ],
)
def test_a_token_is_not_sent_where_anyone_could_read_it(url):
    with pytest.raises(ValueError, match=r"address of a server|https only") as caught:
        Gatekeeper(url, TOKEN)

    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("token", ["", " ", "a b", "a\r\nX-Evil: 1", "令牌"])
def test_what_is_no_token_is_not_sent(token):
    with pytest.raises(ValueError, match="token"):
        Gatekeeper("https://research.example", token)


def test_a_request_id_cannot_carry_headers():
    with serving(permit) as server, pytest.raises(ValueError, match="visible ASCII"):
        Gatekeeper(server.url, TOKEN).may("601", "read", "r1", request_id="a\r\nX-Evil: 1")

    assert server.requests == []


def test_a_certificate_that_nobody_vouches_for_is_not_trusted():
    with serving(permit) as server, pytest.raises(GatekeeperUnavailable) as caught:
        Gatekeeper(server.url.replace("http:", "https:"), TOKEN).may("601", "read", "r1")

    assert isinstance(caught.value.__cause__, ssl.SSLError | OSError)


def test_the_token_shows_nowhere():
    gatekeeper = Gatekeeper("https://research.example", TOKEN)

    assert TOKEN not in repr(gatekeeper) + str(gatekeeper)
    assert "research.example" in repr(gatekeeper)


def test_threads_share_one_and_each_gets_its_own_answer():
    def own(request: Request) -> bytes:
        return request.answer(json.dumps({"decision": request.json["resource"]["id"] == request.json["subject"]["id"]}).encode())

    with serving(own) as server, Gatekeeper(server.url, TOKEN) as gatekeeper:
        wrong: list[str] = []

        def work(name: str) -> None:
            given = [bool(gatekeeper.may(name, "read", name if number % 2 else "x")) for number in range(40)]
            if given != [bool(number % 2) for number in range(40)]:
                wrong.append(name)

        threads = [threading.Thread(target=work, args=(str(number),)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert wrong == []
        assert server.connections <= 8


def test_a_process_that_was_forked_opens_connections_of_its_own():
    with serving(permit) as server, Gatekeeper(server.url, TOKEN) as gatekeeper:
        assert gatekeeper.may("601", "read", "r1")
        gatekeeper._idle = [(os.getpid() + 1, connection) for _pid, connection in gatekeeper._idle]

        assert gatekeeper.may("601", "read", "r1")
        assert server.connections == 2


def test_every_error_is_a_kind_of_no_answer():
    assert {GatekeeperUnavailable.__base__, RequestRefused.__base__} == {NoAnswer}
    assert not issubclass(Denied, NoAnswer)


def test_the_file_works_alone_without_any_other_module_of_the_product(tmp_path):
    shutil.copy(program.__file__, tmp_path / "client.py")
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import client
with client.Gatekeeper(sys.argv[2], "token") as gatekeeper:
    answer = gatekeeper.may("601", "read", "r1")
loaded = {name.partition(".")[0] for name in sys.modules}
assert "gatekeeper" not in loaded and loaded - {"client", "__main__"} <= sys.stdlib_module_names, loaded
print(bool(answer))
"""
    with serving(permit) as server:
        command = [sys.executable, "-I", "-S", "-c", code, str(tmp_path), server.url]
        ran = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    assert (ran.stdout.strip(), ran.stderr) == ("True", "")
