"""What one application is made of, and what is the same for every request of it, be it a person's or another system's.

Shared by the two doors that speak HTTP, which never import each other.
"""

import secrets
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Generic, TypeVar, cast, overload
from wsgiref.types import StartResponse, WSGIEnvironment

from flask import Flask, Request, current_app, request

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


Found = TypeVar("Found")


class once(Generic[Found]):  # noqa: N801  (a decorator like property)
    """A member of a request that is found when it is first asked for, and from then on is an attribute like any other.

    Python's own holds a lock for it in 3.11, the same for all requests; Werkzeug's is a call each time.
    """

    def __init__(self, find: Callable[[Any], Found]) -> None:
        self._find = find
        self.__doc__ = find.__doc__

    @overload
    def __get__(self, request: None, owner: type) -> "once[Found]": ...
    @overload
    def __get__(self, request: object, owner: type) -> Found: ...
    def __get__(self, request: object | None, owner: type) -> "once[Found] | Found":
        """Find it, and leave it where it is looked for first."""
        if request is None:
            return self
        found = vars(request)[self._find.__name__] = self._find(request)
        return found


class Call(Request):
    """A request, with what is the same for all that is done for it. What a door alone knows stands in a kind of its own."""

    begun = 0.0
    codes: tuple[str, ...] = ()
    """When it came in, and the entries that were made for it: for its line in the log."""

    @once
    def services(self) -> Services:
        """The services of the running application."""
        return cast("Services", current_app.extensions[EXTENSION])

    @once
    def now(self) -> datetime:
        """When it began: one reading of the clock for all that it does."""
        return self.services.clock()

    @once
    def id(self) -> str:
        """Its name in entries, logs and answers."""
        return secrets.token_hex(10)

    @once
    def address(self) -> str:
        """Where it comes from. A forwarded address counts only when a trusted proxy says so."""
        trusted = self.services.settings.trusted_proxies
        found = self.remote_addr or ""
        if trusted:
            forwarded = [part.strip() for part in self.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
            while forwarded and is_in(found, trusted):
                found = forwarded.pop()
        return _written(found)

    @once
    def device(self) -> str:
        """What it says of the program that sent it."""
        return self.headers.get("User-Agent", "")[:200]


def call() -> Call:
    """The request that is being answered: itself, since each look through Flask's stand-in costs a microsecond."""
    return cast("Call", request._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001  (as Flask's documentation has it)


def services() -> Services:
    """The services of the running application."""
    return call().services


def database() -> Database:
    """The one way to the data."""
    return call().services.database


def now() -> datetime:
    """When this request began."""
    return call().now


def seal(app: Flask, headers: Callable[[Any, Collection[str]], dict[str, str]]) -> None:
    """Let every answer of an application bear these headers; they are told the request and the names that the answer has set.

    They are put there as the answer leaves: a response that is asked to set them looks through its own for each.
    """
    inner, made_of = app.wsgi_app, app.extensions

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        def begin(status: str, own: list[tuple[str, str]], *error: Any) -> Callable[[bytes], object]:
            sealed = headers(environ["werkzeug.request"], [name for name, _ in own])
            told = [each for each in own if each[0] not in sealed]
            told.extend(sealed.items())
            if made_of[EXTENSION].settings.secure_cookies:
                told.append(_SECURE)
            return start(status, told, *error)

        return inner(environ, begin)

    app.wsgi_app = answer  # type: ignore[method-assign,assignment]  # as Flask's own documentation has it


def request_id() -> str:
    """The name of this request in entries, logs and answers."""
    return call().id


def address() -> str:
    """Where the request comes from."""
    return call().address


def is_in(text: str, networks: tuple[object, ...]) -> bool:
    """Whether an address lies in one of these networks."""
    found = _parsed(text)
    return found is not None and any(found in network for network in networks)  # type: ignore[operator]  # networks of both kinds


@lru_cache(maxsize=4096)
def _written(address: str) -> str:
    """An address as it is kept."""
    return str(_parsed(address) or address)[:64]


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
