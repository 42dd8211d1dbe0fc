"""What is sent is read strictly and refused cheaply; a request keeps its name; the metadata says what is offered."""

import io
import json
import time
from dataclasses import replace
from typing import cast

import pytest
from flask import Flask, Response, request
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from gatekeeper import services
from gatekeeper.api import bodies, problems, request_ids
from gatekeeper.api.models import Evaluation, Evaluations
from gatekeeper.services import EXTENSION

SUBJECT = {"type": "user", "id": "anna"}
ACTION = {"name": "read"}
RESOURCE = {"type": "report", "id": "0123456789abcdefghjkmnpqrs"}
WHOLE = {"subject": SUBJECT, "action": ACTION, "resource": RESOURCE}
UUID = "bfe9eb29-ab87-4ca3-be83-a1d5d8305716"

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture(scope="module")
def reader() -> FlaskClient:
    """An application that reads bodies and gives back what it read."""
    app = Flask("reader", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=1024 * 1024)
    app.request_class = request_ids.Named
    app.after_request(given_back)
    problems.init_app(app)
    app.add_url_rule("/one", view_func=lambda: bodies.read(Evaluation).model_dump(), endpoint="one", methods=["POST"])
    app.add_url_rule("/many", view_func=lambda: bodies.read(Evaluations).model_dump(), endpoint="many", methods=["POST"])
    app.add_url_rule("/name", view_func=lambda: {"kept": services.request_id()}, endpoint="name")
    return app.test_client()


def given_back(answer: Response) -> Response:
    answer.headers[request_ids.HEADER] = cast("request_ids.Named", request).echo
    return answer


def post(
    reader: FlaskClient, body: bytes | str, kind: str = "application/json", path: str = "/one", **headers: str
) -> TestResponse:
    return reader.post(path, data=body, content_type=kind, headers={"Accept-Language": "en", **headers})


def faults(answer: TestResponse) -> list[tuple[str, str]]:
    """Each fault by its pointer and sentence; a body that is no problem has none."""
    assert (answer.status_code, answer.mimetype) == (400, "application/problem+json")
    return [(each.get("pointer", ""), each["detail"]) for each in answer.get_json()["errors"]]


def whole(**instead: object) -> str:
    return json.dumps({**WHOLE, **instead})


@pytest.mark.parametrize("kind", ["application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8"])
def test_json_is_taken_with_and_without_its_charset(reader: FlaskClient, kind: str) -> None:
    assert post(reader, whole(), kind).status_code == 200


def test_members_nobody_knows_are_left_aside(reader: FlaskClient) -> None:
    sent = whole(now="1999-01-01", subject={**SUBJECT, "category": "C5", "properties": {"class": "PROFESSIONAL_A"}})

    read = post(reader, sent).get_json()

    assert "now" not in read
    assert read["subject"] == {**SUBJECT, "properties": {"class": "PROFESSIONAL_A"}}


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("text/plain", whole()),
        ("", whole()),
        ("application/json; charset=gbk", whole()),
        ("application/json", ""),
        ("application/json", "{"),
        ("application/json", "[]"),
        ("application/json", "null"),
        ("application/json", '"text"'),
        ("application/json", whole().encode("utf-16")),
        ("application/json", b"\xef\xbb\xbf" + whole().encode()),
        ("application/json", b'{"a": "\xff"}'),
        ("application/json", '{"a": NaN}'),
        ("application/json", '{"a": %s}' % ("9" * 5000)),
        ("application/json", whole() + "{}"),
    ],
)
def test_what_is_not_one_json_object_is_refused(reader: FlaskClient, kind: str, body: bytes | str) -> None:
    assert len(faults(post(reader, body, kind))) == 1


def test_every_fault_is_told_at_its_place(reader: FlaskClient) -> None:
    sent = json.dumps({"subject": {"type": 5, "id": None}, "action": "read", "resource": {"type": "report", "properties": []}})

    assert faults(post(reader, sent)) == [
        ("#/subject/type", "subject/type must be a text."),
        ("#/subject/id", "subject/id must be a text."),
        ("#/action", "action must be an object."),
        ("#/resource/id", "resource/id is missing."),
        ("#/resource/properties", "resource/properties must be an object."),
    ]


@pytest.mark.parametrize(
    ("context", "told"),
    [
        ({"initiative": "both"}, "context/initiative must be one of: pull, push."),
        ({"initiative": None}, "context/initiative must be one of: pull, push."),
        ({"initiative": ""}, "context/initiative must be one of: pull, push."),
        ("pull", "context must be an object."),
        (None, "context must be an object."),
    ],
)
def test_an_initiative_is_one_of_two_words(reader: FlaskClient, context: object, told: str) -> None:
    assert [sentence for _, sentence in faults(post(reader, whole(context=context)))] == [told]


def test_faults_are_told_in_the_callers_language(reader: FlaskClient) -> None:
    answer = reader.post("/one", json={"action": ACTION, "resource": RESOURCE})

    assert answer.headers["Content-Language"] == "zh-CN"
    assert answer.get_json()["errors"] == [{"detail": "缺少 subject。", "pointer": "#/subject"}]


@pytest.mark.parametrize("place", ["%s", '{"subject": {"properties": {"deep": [%s]}}}'])
def test_a_member_that_stands_twice_is_refused(reader: FlaskClient, place: str) -> None:
    twice = '{"id": "anna", "type": "user", "id": "bert"}'

    assert faults(post(reader, place % twice)) == [("", "“id” stands twice in one object.")]


def test_a_body_of_ten_megabytes_is_refused_without_being_read(reader: FlaskClient) -> None:
    class Counted(io.BytesIO):
        taken = 0

        def read(self, size: int | None = -1, /) -> bytes:
            found = super().read(size)
            Counted.taken += len(found)
            return found

    body = Counted(b" " * 10_000_000)
    answer = reader.post("/one", input_stream=body, content_length=10_000_000, content_type="application/json")

    assert (answer.status_code, answer.mimetype) == (413, "application/problem+json")
    assert Counted.taken <= 1024 * 1024


@pytest.mark.parametrize("depth", [33, 900, 20_000, 150_000])
@pytest.mark.parametrize(("opens", "closes"), [("[", "]"), ('{"a":', "}")])
def test_what_is_nested_too_deeply_is_refused(reader: FlaskClient, depth: int, opens: str, closes: str) -> None:
    inner = opens * depth + "1" + closes * depth

    assert [told for _, told in faults(post(reader, f'{{"subject": {inner}}}'))] == [
        "Objects and lists may stand at most 32 deep in each other."
    ]


def test_a_hundred_thousand_items_are_refused_at_once(reader: FlaskClient) -> None:
    sent = json.dumps({"evaluations": [{}] * 100_000})
    began = time.perf_counter()
    answer = post(reader, sent, path="/many")

    assert faults(answer) == [("#/evaluations", "evaluations may have at most 1000 items. Please ask in several requests.")]
    assert time.perf_counter() - began < 2  # it takes a tenth of that; judging them would take minutes


def test_parts_of_a_batch_may_be_missing_but_not_wrong(reader: FlaskClient) -> None:
    lacking = {"evaluations": [{}, {"subject": {"type": "user"}}, {"action": {}}], "resource": {"id": "x"}}

    assert post(reader, json.dumps(lacking), path="/many").status_code == 200
    assert [place for place, _ in faults(post(reader, '{"evaluations": [{}, 5, {"subject": []}]}', path="/many"))] == [
        "#/evaluations/1",
        "#/evaluations/2/subject",
    ]
    assert [place for place, _ in faults(post(reader, '{"options": {"evaluations_semantic": "all"}}', path="/many"))] == [
        "#/options/evaluations_semantic"
    ]


# ------------------------------------------------------------------------------------------------------- the name of a request


@pytest.mark.parametrize(
    ("sent", "comes_back", "is_kept"),
    [
        (UUID, True, True),
        ("01ARZ3NDEKTSV4RRFFQ69G5FAV", True, True),
        ("4bf92f3577b34da6a3ce929d0e0e4736", True, True),
        ("order-17", True, False),
        ("13812345678", True, False),
        ("110101199003070011", True, False),
        ("zhang.san@example.com", True, False),
        ("<script>", True, False),
        ("x" * 1024, True, False),
        ("x" * 1025, False, False),
        ("x" * 10_240, False, False),
        ("two words", False, False),
        ("caf\xe9", False, False),
        ("a\tb", False, False),
        ("", False, False),
        (None, False, False),
    ],
)
def test_a_request_keeps_its_name(reader: FlaskClient, sent: str | None, *, comes_back: bool, is_kept: bool) -> None:
    headers = {} if sent is None else {"X-Request-ID": sent}
    for path, status in (("/name", 200), ("/nowhere", 404), ("/one", 405)):
        answer = reader.get(path, headers=headers)

        named = answer.headers.getlist("X-Request-ID")
        kept = answer.get_json().get("kept") or answer.get_json()["request_id"]
        assert answer.status_code == status
        assert named == [sent if comes_back else kept]
        assert (kept == sent) is is_kept


@on_sqlite
def test_a_line_break_in_a_name_never_becomes_a_header(client: FlaskClient) -> None:
    for name in ("a\r\nSet-Cookie: x=1", "a\nb", "a\rb"):
        answer = client.open("/access/v1/nothing", environ_overrides={"HTTP_X_REQUEST_ID": name})

        assert answer.status_code in (401, 404)
        assert "Set-Cookie" not in answer.headers
        assert name not in answer.headers["X-Request-ID"]


# ---------------------------------------------------------------------------------------------------------------- the metadata

WELL_KNOWN = "/.well-known/authzen-configuration"


def configured(app: Flask, public_url: str) -> FlaskClient:
    """The application under a public address. The settings are the test's own and go with it."""
    found = app.extensions[EXTENSION]
    app.extensions[EXTENSION] = replace(found, settings=replace(found.settings, public_url=public_url))
    return app.test_client()


@on_sqlite
def test_the_metadata_comes_from_the_settings_and_never_from_the_host(app: Flask) -> None:
    client = configured(app, "https://research.example.com")

    answer = client.get(WELL_KNOWN, headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Request-ID": UUID})

    told = answer.get_json()
    assert (answer.status_code, answer.mimetype, answer.headers["X-Request-ID"]) == (200, "application/json", UUID)
    assert answer.headers["Cache-Control"] == "public, max-age=3600"
    assert told["policy_decision_point"] == "https://research.example.com"
    assert told["supported_obligations"] == ["step-up", "custom"]
    assert "evil" not in answer.text
    endpoints = [value for name, value in told.items() if name.endswith("_endpoint")]
    assert all(each.startswith("https://research.example.com/access/v1/") for each in endpoints)
    assert all(told.values())


@on_sqlite
def test_an_identifier_with_a_path_has_its_metadata_under_that_path(app: Flask) -> None:
    client = configured(app, "https://example.com/research/gk")

    assert client.get(f"{WELL_KNOWN}/research/gk").get_json()["policy_decision_point"] == "https://example.com/research/gk"
    for elsewhere in (WELL_KNOWN, f"{WELL_KNOWN}/research", f"{WELL_KNOWN}/other"):
        assert client.get(elsewhere).status_code == 404


@on_sqlite
@pytest.mark.parametrize("public_url", ["", "http://research.example.com"])
def test_without_a_public_address_there_is_no_metadata_and_it_says_why(app: Flask, public_url: str) -> None:
    answer = configured(app, public_url).get(WELL_KNOWN, headers={"Accept-Language": "en"})

    assert answer.status_code == 404
    assert "GATEKEEPER_PUBLIC_URL" in answer.get_json()["detail"]
