"""What a view may ask of its request: who, from where, in which language, when, and with which services."""

from typing import cast

from flask import g, request, url_for
from flask_login import current_user

from gatekeeper import language
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.errors import Fault
from gatekeeper.services import address, database, now, request_id, services
from gatekeeper.store.accounts.sessions import Visitor

__all__ = [
    "address",
    "caller",
    "database",
    "now",
    "outside",
    "request_id",
    "services",
    "signed_in",
    "tag",
    "told",
    "translated",
    "visitor",
]

LANGUAGE_COOKIE = "language"


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
