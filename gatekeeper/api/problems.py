"""Every error of this door as a problem of RFC 9457: what is wrong and what to do, in the caller's language; no traceback."""

import json
import logging
from http import HTTPStatus

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from gatekeeper import language, services
from gatekeeper.rules.errors import N_, Fault, GatekeeperError, Invalid

_LOG = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
_TITLES = {
    HTTPStatus.BAD_REQUEST: N_("The request cannot be used"),
    HTTPStatus.UNAUTHORIZED: N_("Not authenticated"),
    HTTPStatus.FORBIDDEN: N_("Not permitted"),
    HTTPStatus.NOT_FOUND: N_("Not found"),
    HTTPStatus.METHOD_NOT_ALLOWED: N_("Not possible here"),
    HTTPStatus.CONFLICT: N_("This was not done"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: N_("Too large"),
    HTTPStatus.TOO_MANY_REQUESTS: N_("Too many requests"),
    HTTPStatus.SERVICE_UNAVAILABLE: N_("Not available at the moment"),
    HTTPStatus.INTERNAL_SERVER_ERROR: N_("Something went wrong"),
}
_SENTENCES = {
    HTTPStatus.NOT_FOUND: N_("There is no such address. The metadata says what is offered, and where."),
    HTTPStatus.METHOD_NOT_ALLOWED: N_("This address cannot be used in that way. Questions are sent with POST."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: N_("A body may have at most 1 MB. Please ask in several requests."),
}
_KEPT = frozenset({"Allow", "Retry-After", "WWW-Authenticate"})


def init_app(app: Flask) -> None:
    """Answer every error of an application."""
    app.register_error_handler(GatekeeperError, _expected)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def problem(status: HTTPStatus, *faults: Fault, headers: dict[str, str] | None = None) -> Response:
    """The answer to a request that has none. Each fault is told; ``errors`` also says to which member it belongs."""
    tag = language.negotiate(request.headers.get("Accept-Language", ""))
    told = [(fault.field, language.translate(tag, fault.message, **fault.values)) for fault in faults]
    body: dict[str, object] = {
        "type": "about:blank",
        "title": language.translate(tag, _TITLES.get(status, _TITLES[HTTPStatus.BAD_REQUEST])),
        "status": status.value,
        "request_id": services.request_id(),
    }
    if told:
        body["detail"] = " ".join(sentence for _, sentence in told)
        body["errors"] = [{"detail": sentence, **({"pointer": field} if field else {})} for field, sentence in told]
    answer = Response(json.dumps(body, ensure_ascii=False), status.value, mimetype=MEDIA_TYPE)
    answer.headers["Content-Language"] = tag.replace("_", "-")
    answer.headers.update(headers or {})
    return answer


def _expected(error: GatekeeperError) -> Response:
    status = services.status_of(error)
    faults = error.faults if isinstance(error, Invalid) else (error.fault,)
    return problem(status, *faults, headers={"Retry-After": "60"} if status is HTTPStatus.SERVICE_UNAVAILABLE else None)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    status = HTTPStatus(error.code)
    faults = [Fault(_SENTENCES[status])] if status in _SENTENCES else []
    return problem(status, *faults, headers={name: value for name, value in error.get_headers() if name in _KEPT})


def _unexpected(error: Exception) -> Response:
    _LOG.error("request.failed", exc_info=error, extra={"request_id": services.request_id()})
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR)
