"""What a view may ask of its request: who, from where, in which language, when, and with which services."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import cast

from flask import current_app, g, request, url_for
from flask_login import current_user

from gatekeeper import language
from gatekeeper.database import Database
from gatekeeper.ledger.caller import Caller
from gatekeeper.passwords import Passwords
from gatekeeper.rules.errors import Fault
from gatekeeper.settings import Settings
from gatekeeper.store.accounts.sessions import Visitor

EXTENSION = "gatekeeper"
LANGUAGE_COOKIE = "language"


@dataclass(frozen=True, slots=True)
class Services:
    """What one application is made of."""

    settings: Settings
    database: Database
    passwords: Passwords
    clock: Callable[[], datetime]


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
    while forwarded and _is_in(found, trusted):
        found = forwarded.pop()
    return str(_parsed(found) or found)[:64]


def _is_in(text: str, networks: tuple[object, ...]) -> bool:
    found = _parsed(text)
    return found is not None and any(found in network for network in networks)  # type: ignore[operator]  # networks of both kinds


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address; where both kinds come in at one socket, one of IPv4 stands inside one of IPv6."""
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


def outside(endpoint: str, **values: str) -> str:
    """The whole address of a page, for somebody who is not here yet: HTTPS unless this is a trial without it."""
    scheme = "https" if services().settings.secure_cookies else request.scheme
    return url_for(endpoint, _external=True, _scheme=scheme, **values)


def visitor() -> Visitor | None:
    """The signed-in person, or None. Asked once a request: if the database fails meanwhile, its error page has a stranger."""
    if "visitor" not in g:
        g.visitor = None
        g.visitor = getattr(current_user, "visitor", None)
    return cast("Visitor | None", g.visitor)


def signed_in() -> Visitor:
    """The signed-in person of a view that only signed-in people reach."""
    found = visitor()
    if found is None:  # guards let nobody through to here
        message = "a view that needs a visitor was reached without one"
        raise RuntimeError(message)
    return found


def caller() -> Caller:
    """Who asks and from where, for the ledger."""
    found = visitor()
    origin = Caller(
        actor="system",
        channel="web",
        request_id=request_id(),
        address=address(),
        device=(request.user_agent.string or "")[:200],
    )
    if found is None:
        return origin
    return Caller(
        actor=f"person:{found.person}",
        person=found.person,
        investor=found.investor,
        session=found.session,
        channel=origin.channel,
        request_id=origin.request_id,
        address=origin.address,
        device=origin.device,
    )


def tag() -> str:
    """The language of this answer: the one chosen in this browser, else what the browser asks for."""
    kept = cast("str | None", g.get("language"))
    if kept is None:
        chosen = request.cookies.get(LANGUAGE_COOKIE)
        kept = chosen if chosen in language.SUPPORTED else language.negotiate(request.headers.get("Accept-Language", ""))
        g.language = kept
    return kept


def translated(message: str, **values: object) -> str:
    """A sentence in the language of this answer."""
    return language.translate(tag(), message, **values)


def told(fault: Fault) -> str:
    """A fault as the person reads it."""
    return language.translate(tag(), fault.message, **fault.values)
