"""Who is asking: a token in ``Authorization``, proven in the database with each call. A view that is not ``public`` is closed.

Neither a cookie nor an address nor a body can carry a token. Whatever is refused here was looked at as little as possible.
"""

import re
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, NoReturn, TypeVar, cast

from flask import Flask, abort, current_app

from gatekeeper import services as here
from gatekeeper.actions.accounts import services as accounts
from gatekeeper.actions.accounts.services import Why
from gatekeeper.api.problems import problem
from gatekeeper.api.request_ids import Named
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.accounts.scopes import Service
from gatekeeper.rules.accounts.service_accounts import is_token
from gatekeeper.rules.errors import N_, Fault
from gatekeeper.store.accounts import budgets
from gatekeeper.store.accounts import services as store
from gatekeeper.store.accounts.attempts import attempt_of
from gatekeeper.store.accounts.budgets import MINUTE, Spent
from gatekeeper.store.accounts.services import Standing
from gatekeeper.store.accounts.sessions import token_hash

View = TypeVar("View", bound=Callable[..., Any])

_PUBLIC = "gatekeeper_public"
_BEARER = re.compile(r"Bearer +(\S+)", re.IGNORECASE | re.ASCII)
_MISSING = N_("Send the token of a service account as “Authorization: Bearer …”.")
_REFUSED = N_("This token is not valid, or not any more. Ask whoever looks after the service accounts.")
_ELSEWHERE = N_("This account is not used from here.")
_FLOOD = N_("Too many calls without a valid token came from this address. Please try again in a minute.")
_SPENT = N_("This account has asked as much as it may this minute. Please try again in %(seconds)s s.")
_TOO_MANY = N_("This asks for %(asked)s decisions at once, and the account may have %(most)s a minute. Ask in smaller parts.")


def public(view: View) -> View:
    """Declare that a view answers without a token."""
    setattr(view, _PUBLIC, True)
    return view


def is_public(view: Callable[..., Any]) -> bool:
    """Whether a view answers without a token."""
    return getattr(view, _PUBLIC, False)


def init_app(app: Flask) -> None:
    """Guard an application."""
    app.before_request(_admit)


class Call(Named):
    """A request to the door for systems: who asks it, and what is left of their minute."""

    service: Service
    spent: Spent | None = None


def call() -> Call:
    """The request that is being answered."""
    return cast("Call", here.call())


def service() -> Service:
    """The service account that is asking, with its scope as it stands now."""
    return call().service


def caller() -> Caller:
    """The service account that is asking, as entries name it."""
    return _origin(f"service:{service().id}")


def spend(decisions: int) -> None:
    """Count the decisions of this call against the account's limit; the first was counted when it came in."""
    most = service().scope.per_minute
    if decisions > most:
        _refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, Fault(_TOO_MANY, asked=decisions, most=most))
    if decisions > 1:
        _count(decisions - 1)


def _admit() -> None:
    asking = call()
    if asking.endpoint is None or is_public(current_app.view_functions[asking.endpoint]):
        return
    token = _token(asking)
    known = token_hash(token) if token else None
    if asking.services.strangers.is_flood(asking.address, known, asking.now):
        _refuse(HTTPStatus.TOO_MANY_REQUESTS, Fault(_FLOOD), retry=MINUTE - int(asking.now.timestamp()) % MINUTE)
    asking.service = _proven(asking, known)
    networks = asking.service.scope.networks
    if networks and not here.is_in(asking.address, networks):
        _record(Why.NETWORK, asking.service.id)
        _refuse(HTTPStatus.FORBIDDEN, Fault(_ELSEWHERE))
    _count(1)


def _token(asking: Call) -> str | None:
    """The token that a call bears. Of two headers WSGI makes one with a comma in it, which is none."""
    found = _BEARER.fullmatch(asking.headers.get("Authorization", "").strip())
    return found[1] if found and is_token(found[1]) else None


def _proven(asking: Call, known: bytes | None) -> Service:
    if known is None:
        _stranger(Why.NO_TOKEN if "Authorization" not in asking.headers else Why.UNKNOWN, None)
    own = asking.services
    with own.database.looking() as connection:
        found = store.proven(connection, known, asking.now)
    if found is None:
        _stranger(Why.UNKNOWN, None)
    if found.standing is not Standing.LIVE:
        own.strangers.forget(known)
        _stranger(Why.ENDED if found.standing is Standing.ENDED else Why.SUSPENDED, found.service.id)
    own.strangers.know(known)
    return found.service


def _stranger(why: Why, account: str | None) -> NoReturn:
    here.services().strangers.failed(here.address(), here.now())
    _record(why, account)
    told = _MISSING if why is Why.NO_TOKEN else _REFUSED
    challenge = 'Bearer realm="gatekeeper"' + ("" if why is Why.NO_TOKEN else ', error="invalid_token"')
    _refuse(HTTPStatus.UNAUTHORIZED, Fault(told), challenge=challenge)


def _record(why: Why, account: str | None) -> None:
    attempt = attempt_of(here.services().settings.secret_key, f"service {account or ''}", here.address())
    here.database().transact(accounts.refuse, _origin("system"), why, account, attempt, here.now())


def _origin(actor: str) -> Caller:
    asking = call()
    return Caller(actor=actor, channel="api", request_id=asking.id, address=asking.address, device=asking.device)


def _count(decisions: int) -> None:
    """Spend of the account's minute. A worker that has taken enough of it spends in memory."""
    asking = call()
    own, account, now = asking.services, asking.service, asking.now
    most = account.scope.per_minute

    def take(wanted: int) -> tuple[int, int]:
        return own.database.note(budgets.take, account.id, account.token, wanted, most, now)

    spent = asking.spent = own.budgets.spend(account.id, decisions, most, now, take)
    if not spent.is_granted:
        _refuse(HTTPStatus.TOO_MANY_REQUESTS, Fault(_SPENT, seconds=spent.reset), retry=spent.reset)


def _refuse(status: HTTPStatus, fault: Fault, *, retry: int | None = None, challenge: str | None = None) -> NoReturn:
    headers = {"Retry-After": str(retry)} if retry is not None else {}
    abort(problem(status, fault, headers=headers | ({"WWW-Authenticate": challenge} if challenge else {})))


def left(asking: Call) -> dict[str, str]:
    """The headers that say how much of the minute is left."""
    spent = asking.spent
    if spent is None:
        return {}
    return {
        "RateLimit-Limit": str(asking.service.scope.per_minute),
        "RateLimit-Remaining": str(spent.remaining),
        "RateLimit-Reset": str(spent.reset),
    }
