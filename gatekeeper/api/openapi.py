"""The description of this door in OpenAPI 3.1, made from its addresses, its types and the table of operations."""

import json
import re
from collections.abc import Callable, Iterator
from functools import cache, partial
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request
from pydantic import TypeAdapter
from werkzeug.routing import Rule

from gatekeeper import __version__, services
from gatekeeper.api import guard, problems, replies
from gatekeeper.api.operations import ACCOUNT, JSON, OPERATIONS, SCHEMES, TAGS, Operation
from gatekeeper.rules.errors import N_

bp = Blueprint("openapi", __name__, url_prefix="/access/v1")

Json = dict[str, Any]

_REF = "#/components/schemas/{model}"
_FRESH = "public, max-age=3600"
_ABOUT = N_(
    "Whether a person may read, bookmark, receive or use a research report now, asked as in OpenID AuthZEN 1.0. It is the "
    "decision that the pages make, on the same stored facts, with the same record; nothing that a caller sends improves it. An "
    "error is never a permit."
)
STATUSES = {
    HTTPStatus.OK: N_("An answer."),
    HTTPStatus.ACCEPTED: N_("A request that people are to answer."),
    HTTPStatus.BAD_REQUEST: N_(
        "The request cannot be used; “errors” names every member that is wrong. Mend it before asking again."
    ),
    HTTPStatus.UNAUTHORIZED: N_("There is no token, or it is not valid any more. Ask whoever looks after the service accounts."),
    HTTPStatus.FORBIDDEN: N_("The account may not ask this, or not from this network."),
    HTTPStatus.NOT_FOUND: N_("There is nothing at this address."),
    HTTPStatus.CONFLICT: N_("It stands otherwise by now, or the key was used for something else; “detail” says what to do."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: N_(
        "The body is too large, or asks for more decisions at once than the account has a minute."
    ),
    HTTPStatus.TOO_MANY_REQUESTS: N_("The account has asked as much as it may this minute. Retry-After says when to come again."),
    HTTPStatus.INTERNAL_SERVER_ERROR: N_("A fault of ours. Nothing was answered; tell us the request id."),
    HTTPStatus.SERVICE_UNAVAILABLE: N_(
        "The decision cannot be made or cannot be recorded, so there is none. Retry-After says when."
    ),
}
_GOOD = frozenset({HTTPStatus.OK, HTTPStatus.ACCEPTED})
HEADERS = {
    "X-Request-ID": N_("The caller's name for the request, sent back as it came; ours where it sent none."),
    "X-Decision-Id": N_("The codes of the entries in the ledger that hold the decisions."),
    "RateLimit-Limit": N_("Decisions that the account may ask for in a minute."),
    "RateLimit-Remaining": N_("What is left of them."),
    "RateLimit-Reset": N_("Seconds until the next minute begins."),
    "Retry-After": N_("Seconds after which to come again."),
    "WWW-Authenticate": N_("How to authenticate."),
}
_PARAMETERS = {
    "X-Request-ID": HEADERS["X-Request-ID"],
    "Accept-Language": N_("The language in which errors are told: zh or en."),
}
_WITH_BODY = (HTTPStatus.BAD_REQUEST, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
_WITH_TOKEN = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)
_ALWAYS = (HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.SERVICE_UNAVAILABLE)
_LIMITS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
_OF_STATUS = {
    HTTPStatus.UNAUTHORIZED: ("WWW-Authenticate",),
    HTTPStatus.TOO_MANY_REQUESTS: ("Retry-After",),
    HTTPStatus.SERVICE_UNAVAILABLE: ("Retry-After",),
}
_NUMBERS = frozenset({*_LIMITS, "Retry-After"})


def init_app(app: Flask) -> None:
    """Let both doors show the description; it is made when somebody first asks for it."""
    app.extensions[services.DESCRIPTION] = cache(partial(document, app))


@bp.get("/openapi.json")
@guard.public
def show() -> Response:
    """The description, with the address from the settings as its server."""
    made: Json = current_app.extensions[services.DESCRIPTION]()
    told = made | {"servers": [{"url": services.services().settings.public_url or "/"}]}
    answer = Response(json.dumps(told, ensure_ascii=False), mimetype="application/json")
    answer.headers["Cache-Control"] = _FRESH
    answer.add_etag()
    answer.make_conditional(request)
    return answer


def document(app: Flask) -> Json:
    """Describe every view of an application that the table of operations names."""
    described = {name: each for name, each in OPERATIONS.items() if name in app.view_functions}
    schemas, components = _schemas(described)
    paths: Json = {}
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: each.rule):
        if rule.endpoint in described:
            told = _operation(
                rule, described[rule.endpoint], schemas, is_public=guard.is_public(app.view_functions[rule.endpoint])
            )
            path = paths.setdefault(re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"{\1}", rule.rule), {})
            path |= {method.lower(): told for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Gatekeeper", "version": __version__, "description": _ABOUT, "license": {"name": "Apache-2.0"}},
        "tags": [{"name": each} for each in TAGS],
        "paths": paths,
        "components": components,
    }


def _schemas(described: dict[str, Operation]) -> tuple[Callable[[str, str], Json], Json]:
    """Every shape once, and where the shapes of an operation are found."""
    wanted = {(name, kind): getattr(each, kind) for name, each in described.items() for kind in ("body", "answer")}
    adapters = [(key, "validation", TypeAdapter(shape)) for key, shape in wanted.items() if shape is not None]
    adapters.append((("", "problem"), "validation", TypeAdapter(replies.Problem)))
    made, shared = TypeAdapter.json_schemas(adapters, ref_template=_REF)  # type: ignore[arg-type]  # any hashable is a key
    shapes = {name: _tidy(schema, is_ours=hasattr(replies, name)) for name, schema in shared["$defs"].items()}
    components = {
        "schemas": shapes,
        "securitySchemes": {name: {"type": "http", "scheme": "bearer", "description": text} for name, text in SCHEMES.items()},
        "headers": {
            name: {"description": text, "schema": {"type": "integer"} if name in _NUMBERS else {"type": "string"}}
            for name, text in HEADERS.items()
        },
        "parameters": {
            name: {"name": name, "in": "header", "description": text, "schema": {"type": "string"}}
            for name, text in _PARAMETERS.items()
        },
        "responses": {f"{status.value}": _problem(status) for status in STATUSES if status not in _GOOD},
    }
    return lambda name, kind: _tidy(made[((name, kind), "validation")]), components


def _tidy(schema: Json, *, is_ours: bool = False) -> Json:
    """A schema without the titles that are the names once more. What we answer holds nothing that is not described."""
    told = {name: value for name, value in schema.items() if name != "title"}
    if "properties" in told:
        told["properties"] = {name: _tidy(each) for name, each in told["properties"].items()}
        if is_ours:
            told["additionalProperties"] = False
    if "items" in told:
        told["items"] = _tidy(told["items"])
    return told


def _operation(rule: Rule, told: Operation, schema: Callable[[str, str], Json], *, is_public: bool) -> Json:
    content: Json = {"schema": schema(rule.endpoint, "answer")}
    found: Json = {
        "operationId": "_".join([*rule.endpoint.split("."), *sorted(rule.arguments)]),
        "tags": [told.tag],
        "summary": told.title,
        "description": told.text,
        "parameters": list(_parameters(rule)),
        "security": _security(told, is_public=is_public),
    }
    if told.body is not None:
        asked: Json = {"schema": schema(rule.endpoint, "body")}
        if told.examples:
            asked["examples"] = _examples(told, "asked")
            content["examples"] = _examples(told, "answered")
        found["requestBody"] = {"required": True, "content": {JSON: asked}}
    headers = ["X-Request-ID", *(["X-Decision-Id"] * told.is_recorded), *([] if is_public else _LIMITS)]
    answered = {"description": STATUSES[told.status], "headers": _headers(headers), "content": {told.media_type: content}}
    statuses = [*told.errors, *_ALWAYS, *(_WITH_BODY if told.body is not None else ()), *(() if is_public else _WITH_TOKEN)]
    others: Json = {f"{each.value}": {"$ref": f"#/components/responses/{each.value}"} for each in sorted(statuses)}
    for status in told.otherwise:
        others[f"{status.value}"] = answered | {"description": STATUSES[status]}
    return found | {"responses": {f"{told.status.value}": answered, **others}}


def _security(told: Operation, *, is_public: bool) -> list[Json]:
    if not is_public:
        return [{ACCOUNT: []}]
    return [{}, {told.more_with: []}] if told.more_with else []


def _parameters(rule: Rule) -> Iterator[Json]:
    for name in sorted(rule.arguments):
        yield {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
    for name in _PARAMETERS:
        yield {"$ref": f"#/components/parameters/{name}"}


def _examples(told: Operation, part: str) -> Json:
    return {f"{number}": {"summary": each.title, "value": getattr(each, part)} for number, each in enumerate(told.examples, 1)}


def _problem(status: HTTPStatus) -> Json:
    headers = _headers(["X-Request-ID", *_OF_STATUS.get(status, ())])
    content = {problems.MEDIA_TYPE: {"schema": {"$ref": _REF.format(model="Problem")}}}
    return {"description": STATUSES[status], "headers": headers, "content": content}


def _headers(names: list[str]) -> Json:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}
