"""What is sent to hurt is refused at every address that takes a body: clearly, and at the price of proving the token."""

import io
import json

import pytest
from sqlalchemy import event

from gatekeeper.api.operations import OPERATIONS
from tests.api.asking import last

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

WHOLE = {
    "subject": {"type": "user", "id": "N-anna"},
    "action": {"name": "read"},
    "resource": {"type": "report", "id": "0123456789abcdefghjkmnpqrs"},
}
DEEP = 100_000


def whole(member: str) -> bytes:
    """A question with one more member that stands as it is written."""
    return json.dumps(WHOLE)[:-1].encode() + b", " + member.encode() + b"}"


REFUSED = {
    "ten megabytes": (413, b'{"subject": "' + b"x" * 10_000_000 + b'"}'),
    "nested lists": (400, b'{"subject": ' + b"[" * DEEP + b"]" * DEEP + b"}"),
    "nested objects": (400, b'{"subject": ' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}"),
    "nested and open": (400, b"[" * DEEP),
    "a member twice": (400, whole('"subject": {"type": "user", "id": "N-bert"}')),
    "a member twice inside": (400, b'{"subject": {"type": "user", "id": "N-anna", "id": "N-bert"}}'),
    "a list": (400, b"[]"),
    "wrong types": (400, b'{"subject": 1, "action": true, "resource": null, "evaluations": {}, "page": [], "context": "x"}'),
    "lone surrogates": (400, whole('"x": 1').replace(b"N-anna", b"\\ud800")),
    "half a character": (400, b'{"subject": "\xe4\xb8"}'),
    "a number of 10,000 digits": (400, whole('"x": ' + "9" * 10_000)),
    "no number": (400, whole('"x": NaN')),
    "no end of numbers": (400, whole('"x": -Infinity')),
    "nothing": (400, b""),
    "only white space": (400, b" " * 100_000),
    "another encoding": (400, json.dumps(WHOLE).encode("utf-16")),
}
HUGE = {
    "a hundred thousand items": b'{"evaluations": [' + b",".join([b"{}"] * 100_000) + b"]}",
    "a limit beyond all": b'{"page": {"limit": 1e400}}',
}


class Counted(io.BytesIO):
    """A body that knows how much of it was taken."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        self.taken += len(found)
        return found


@pytest.fixture
def statements(world):
    """What the database is asked, in words."""
    said: list[str] = []

    def hear(_connection, _cursor, statement, *_rest) -> None:
        said.append(statement)

    database = world.database
    engines = {database._reader, database._recorder, database._writer}
    for engine in engines:
        event.listen(engine, "before_cursor_execute", hear)
    yield said
    for engine in engines:
        event.remove(engine, "before_cursor_execute", hear)


@pytest.fixture
def paths(app):
    described = app.test_client().get("/access/v1/openapi.json").json["paths"]
    found = [path for path, methods in described.items() if "requestBody" in methods.get("post", {})]
    assert len(found) == sum(each.body is not None for each in OPERATIONS.values())
    return found


def test_it_is_refused_clearly_at_the_price_of_the_token(world, api, service, statements, paths):
    service(may_search=True)
    api.post(paths[0], {})  # the first call of a minute takes a part of it
    before = last(world)
    statements.clear()
    for path in paths:
        for name, (status, sent) in REFUSED.items():
            body = Counted(sent)
            answer = api.client.post(
                path,
                input_stream=body,
                content_length=len(sent),
                content_type="application/json",
                headers={"Authorization": f"Bearer {api.token}", "Accept-Language": "en"},
            )
            told = answer.get_json()

            assert (answer.status_code, answer.mimetype) == (status, "application/problem+json"), (path, name)
            assert told["detail"], (path, name)
            assert len(answer.data) < 4096, (path, name)
            assert body.taken <= 1024 * 1024, (path, name)
            assert len(statements) <= 1, (path, name, statements)
            statements.clear()
    assert last(world).id == before.id


def test_a_nul_is_a_character_like_any_other_that_names_nobody(api, service, paths):
    service(may_search=True)
    for path in paths:
        for place in ("N-anna", "0123456789abcdefghjkmnpqrs", "read", "user", "report"):
            sent = json.dumps(WHOLE).replace(f'"{place}"', f'"{place}\\u0000"')
            answer = api.client.post(
                path, data=sent, content_type="application/json", headers={"Authorization": f"Bearer {api.token}"}
            )

            assert answer.status_code in {200, 400}, (path, place, answer.data)
            assert answer.json.get("decision") is not True, (path, place)


@pytest.mark.parametrize("name", HUGE)
def test_what_would_take_long_is_refused_before_anything_is_judged(world, api, service, statements, paths, name):
    service(may_search=True, per_minute=60_000)
    api.post(paths[0], {})
    statements.clear()
    wanted = "/access/v1/evaluations" if name == "a hundred thousand items" else None
    for path in (each for each in paths if wanted is None or each == wanted):
        answer = api.client.post(
            path, data=HUGE[name], content_type="application/json", headers={"Authorization": f"Bearer {api.token}"}
        )

        assert (answer.status_code, answer.mimetype) == (400, "application/problem+json"), (path, answer.data)
        assert len(statements) <= 1
        statements.clear()
