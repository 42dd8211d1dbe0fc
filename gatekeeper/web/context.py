"""What a view may ask of its request: who, from where, in which language, when, and with which services."""

from typing import cast

from flask import session, url_for

from gatekeeper import language
from gatekeeper import services as here
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.errors import Fault
from gatekeeper.services import address, database, now, once, request_id, services
from gatekeeper.store.accounts import sessions
from gatekeeper.store.accounts.sessions import Visitor

__all__ = [
    "address",
    "call",
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
SIGNED_IN = "_user_id"
"""Under which name Flask-Login keeps in the cookie the token of whoever has signed in."""


class Call(here.Call):
    """A request for a page."""

    @once
    def visitor(self) -> Visitor | None:
        """The signed-in person, or None. Asked once: if the database fails meanwhile, the error page has a stranger."""
        vars(self)["visitor"] = None
        token = session.get(SIGNED_IN)
        if token is None:
            return None
        with self.services.database.looking() as connection:
            return sessions.visitor(connection, token, self.now)

    @once
    def tag(self) -> str:
        """The language of the answer: the one chosen in this browser, else what the browser asks for."""
        if LANGUAGE_COOKIE in self.cookies and (chosen := self.cookies[LANGUAGE_COOKIE]) in language.SUPPORTED:
            return chosen
        return language.negotiate(self.headers.get("Accept-Language", ""))


def call() -> Call:
    """The request that is being answered."""
    return cast("Call", here.call())


def outside(endpoint: str, **values: str) -> str:
    """The whole address of a page, for somebody who is not here yet: HTTPS unless this is a trial without it."""
    scheme = "https" if services().settings.secure_cookies else call().scheme
    return url_for(endpoint, _external=True, _scheme=scheme, **values)


def visitor() -> Visitor | None:
    """The signed-in person, or None."""
    return call().visitor


def signed_in() -> Visitor:
    """The signed-in person of a view that only signed-in people reach."""
    found = visitor()
    if found is None:  # guards let nobody through to here
        message = "a view that needs a visitor was reached without one"
        raise RuntimeError(message)
    return found


def caller() -> Caller:
    """Who asks and from where, for the ledger."""
    asking = call()
    found = asking.visitor
    return Caller(
        actor=f"person:{found.person}" if found else "system",
        person=found.person if found else None,
        investor=found.investor if found else None,
        session=found.session if found else None,
        channel="web",
        request_id=asking.id,
        address=asking.address,
        device=asking.device,
    )


def tag() -> str:
    """The language of this answer."""
    return call().tag


def translated(message: str, **values: object) -> str:
    """A sentence in the language of this answer."""
    return language.translate(tag(), message, **values)


def told(fault: Fault) -> str:
    """A fault as the person reads it."""
    return language.translate(tag(), fault.message, **fault.values)
