"""Service accounts in a test's world, by the real actions: proposed by one, approved by another, with a token."""

import secrets
from typing import Any

from gatekeeper.actions import proposals
from gatekeeper.actions.accounts import access_requests, services
from gatekeeper.actions.accounts.access_requests import Terms, Wanted
from gatekeeper.actions.accounts.services import NewToken
from gatekeeper.actions.reading import decisions
from gatekeeper.actions.reading.decisions import Question
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.accounts.scopes import Register, Scope
from gatekeeper.rules.changes import ServiceChange
from gatekeeper.rules.risk import Action
from gatekeeper.rules.roles import Grant, Role
from gatekeeper.store.accounts import services as store
from gatekeeper.store.accounts.services import Token, new_token, shown
from gatekeeper.store.accounts.sessions import token_hash
from gatekeeper.store.base import new_id
from gatekeeper.store.reading.meant import Whom
from tests.world import ZONE, World

ADMIN = "services"


def scope(**wanted: Any) -> ServiceChange:
    """A wide scope, or what a test makes of it."""
    stated: dict[str, Any] = {
        "service": "",
        "actions": tuple(Action),
        "register": Register.STAFF,
        "networks": (),
        "per_minute": 10_000,
        "token_days": 90,
        "contact": "it@securities.example",
        **wanted,
    }
    return ServiceChange(**stated)


def an_admin(world: World) -> None:
    """Somebody who looks after service accounts."""
    if ADMIN not in world.people:
        world.staff(ADMIN, Role.ADMIN, Grant.SERVICES)


def an_account(world: World, name: str = "", **wanted: Any) -> str:
    """An approved service account without a token; return its id."""
    an_admin(world)
    name = name or f"系统 {secrets.token_hex(4)}"
    created = world.database.transact(
        services.create, world.caller(ADMIN), name, "邮件网关在投递前询问", scope(**wanted), "上线", world.now
    )
    assert created.proposal
    world.database.transact(proposals.approve, world.caller("compliance"), created.proposal, "同意", world.now)
    return created.service


def a_token(world: World, account: str) -> str:
    """A token of an account, as whoever asked for it saw it."""
    token = new_token()
    found = tokens(world, account)
    new = NewToken(token_hash=token_hash(token), shown=shown(token), after=found[0].id if found else 0)
    world.database.transact(services.make_token, world.caller(ADMIN), account, new, world.now)
    return token


def a_service(world: World, name: str = "", **wanted: Any) -> str:
    """A token of a new service account with this scope; what isn't said is wide."""
    return a_token(world, an_account(world, name, **wanted))


def tokens(world: World, account: str) -> list[Token]:
    """The tokens of an account, newest first."""
    with world.database.reading() as connection:
        return store.tokens(connection, [account])


def end_token(world: World, account: str, reason: str = "不再使用") -> None:
    """Revoke the newest token of an account, made for that if there is none."""
    if not tokens(world, account):
        a_token(world, account)
    newest = tokens(world, account)[0].id
    world.database.transact(services.end_token, world.caller(ADMIN), account, newest, reason, world.now)


def a_request(world: World, account: str, name: str, report: str) -> str:
    """What an account asks people about, after it was refused a report for somebody; return the request's id."""
    caller = Caller(actor=f"service:{account}", channel="api")
    wide = Scope(actions=frozenset(Action), register=Register.STAFF, networks=(), per_minute=10_000)
    whom, act, terms = Whom(f"N-{name}"), access_requests.ask, Terms(answer_days=5, open_days=30)
    refused = world.database.record(decisions.ask, caller, wide, Question(whom, report, Action.READ), world.now, ZONE)
    wanted = Wanted(whom=whom, report=report, action=Action.READ, evaluation=refused.code, body=b"", key=new_id().encode()[:32])
    id_: str = world.database.transact(act, caller, wide, wanted, world.now, ZONE, terms).row.id
    return id_
