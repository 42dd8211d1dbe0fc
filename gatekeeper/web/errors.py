"""The only place that turns an error into an answer: a status and a page in the person's language, never a traceback."""

import logging
from http import HTTPStatus

from flask import Flask, render_template
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from gatekeeper import services
from gatekeeper.rules.errors import N_, GatekeeperError, Invalid
from gatekeeper.web import context

_LOG = logging.getLogger(__name__)

_TITLES = {
    HTTPStatus.BAD_REQUEST: N_("This could not be used"),
    HTTPStatus.FORBIDDEN: N_("Not permitted"),
    HTTPStatus.NOT_FOUND: N_("Not found"),
    HTTPStatus.METHOD_NOT_ALLOWED: N_("Not possible here"),
    HTTPStatus.CONFLICT: N_("This was not done"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: N_("Too large"),
    HTTPStatus.SERVICE_UNAVAILABLE: N_("Not available at the moment"),
    HTTPStatus.INTERNAL_SERVER_ERROR: N_("Something went wrong"),
}
_SENTENCES = {
    HTTPStatus.BAD_REQUEST: N_("The request could not be understood. Please go back and try again."),
    HTTPStatus.FORBIDDEN: N_("Your account does not permit this."),
    HTTPStatus.NOT_FOUND: N_("There is no such page. It may have moved, or the address is incomplete."),
    HTTPStatus.METHOD_NOT_ALLOWED: N_("This address cannot be used in that way."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: N_(
        "What you sent is too large. Please send fewer or smaller files: a report may have at most 50 MB as PDF."
    ),
    HTTPStatus.INTERNAL_SERVER_ERROR: N_("Nothing was changed. If it happens again, tell us the code below."),
}
_EXPIRED = N_("The page was open for too long or in another window. Please go back, load it again and repeat your entry.")


def init_app(app: Flask) -> None:
    """Answer every error of an application."""
    app.register_error_handler(GatekeeperError, _expected)
    app.register_error_handler(CSRFError, _expired)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def page(status: HTTPStatus, sentence: str) -> tuple[str, int]:
    """An error page with its status."""
    title = _TITLES.get(status, _TITLES[HTTPStatus.BAD_REQUEST])
    body = render_template(
        "error.html", error_title=context.translated(title), sentence=sentence, code=context.request_id(), status=status.value
    )
    return body, status.value


def _expected(error: GatekeeperError) -> ResponseReturnValue:
    status = services.status_of(error)
    sentences = [context.told(fault) for fault in error.faults] if isinstance(error, Invalid) else [context.told(error.fault)]
    body, code = page(status, " ".join(sentences))
    return (body, code, {"Retry-After": "60"}) if status is HTTPStatus.SERVICE_UNAVAILABLE else (body, code)


def _expired(_: CSRFError) -> ResponseReturnValue:
    return page(HTTPStatus.BAD_REQUEST, context.translated(_EXPIRED))


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.code is None or error.code < HTTPStatus.BAD_REQUEST:
        return error.get_response()
    status = HTTPStatus(error.code)
    sentence = _SENTENCES.get(status, _SENTENCES[HTTPStatus.BAD_REQUEST])
    body, code = page(status, context.translated(sentence))
    headers = {name: value for name, value in error.get_headers() if name in {"Allow", "Retry-After"}}
    return body, code, headers


def _unexpected(error: Exception) -> ResponseReturnValue:
    _LOG.error("request.failed", exc_info=error, extra={"request_id": context.request_id()})
    return page(HTTPStatus.INTERNAL_SERVER_ERROR, context.translated(_SENTENCES[HTTPStatus.INTERNAL_SERVER_ERROR]))
