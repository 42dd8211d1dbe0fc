"""What one application is made of, and what is the same for every request of it, be it a person's or another system's.

Shared by the two doors that speak HTTP, which never import each other.
"""

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, cast
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask, current_app, g, request

from gatekeeper.database import Database
from gatekeeper.passwords import Passwords
from gatekeeper.rules.errors import Conflict, GatekeeperError, Invalid, NotFound, NotPermitted, Unavailable
from gatekeeper.settings import Settings
from gatekeeper.store.accounts.budgets import Budgets, Strangers

EXTENSION = "gatekeeper"
_SECURE = ("Strict-Transport-Security", "max-age=31536000")
DESCRIPTION = "gatekeeper.description"
"""Where an application keeps what makes the description of the API: the door for systems makes it, that for people shows it."""

_STATUS: dict[type[GatekeeperError], HTTPStatus] = {
    Invalid: HTTPStatus.BAD_REQUEST,
    NotFound: HTTPStatus.NOT_FOUND,
    NotPermitted: HTTPStatus.FORBIDDEN,
    Conflict: HTTPStatus.CONFLICT,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}


class Door(Flask):
    """An application whose views and hooks are all plain functions: Flask would look at ten of them a request for coroutines."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function itself."""
        return func


@dataclass(frozen=True, slots=True)
class Services:
    """What one application is made of."""

    settings: Settings
    database: Database
    passwords: Passwords
    clock: Callable[[], datetime]
    budgets: Budgets = field(default_factory=Budgets)
    strangers: Strangers = field(default_factory=Strangers)


def services() -> Services:
    """The services of the running application."""
    return cast("Services", current_app.extensions[EXTENSION])


def database() -> Database:
    """The one way to the data."""
    return services().database


def now() -> datetime:
    """When this request began: one reading of the clock for all that it does."""
    kept = cast("datetime | None", g.get("now"))
    if kept is None:
        kept = g.now = services().clock()
    return kept


def seal(app: Flask, headers: Mapping[str, str]) -> None:
    """Let every answer of an application bear these headers where a view has not set its own.

    They are put behind all others as the answer leaves: a response that is asked to set them looks through its own for each.
    """
    inner, made_of = app.wsgi_app, app.extensions

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        def begin(status: str, own: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            taken = {name for name, _ in own}
            own.extend(each for each in headers.items() if each[0] not in taken)
            if made_of[EXTENSION].settings.secure_cookies:
                own.append(_SECURE)
            return start(status, own, *error)

        return inner(environ, begin)

    app.wsgi_app = answer  # type: ignore[method-assign,assignment]  # as Flask's own documentation has it


def request_id() -> str:
    """The name of this request in entries, logs and answers."""
    if "request_id" not in g:
        g.request_id = secrets.token_hex(10)
    return cast("str", g.request_id)


def address() -> str:
    """Where the request comes from. A forwarded address counts only when a trusted proxy says so."""
    trusted = services().settings.trusted_proxies
    found = request.remote_addr or ""
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
    while forwarded and is_in(found, trusted):
        found = forwarded.pop()
    return str(_parsed(found) or found)[:64]


def is_in(text: str, networks: tuple[object, ...]) -> bool:
    """Whether an address lies in one of these networks."""
    found = _parsed(text)
    return found is not None and any(found in network for network in networks)  # type: ignore[operator]  # networks of both kinds


@lru_cache(maxsize=4096)
def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address; where both kinds come in at one socket, one of IPv4 stands inside one of IPv6."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def status_of(error: GatekeeperError) -> HTTPStatus:
    """The status that tells an error."""
    return next(status for kind, status in _STATUS.items() if isinstance(error, kind))
