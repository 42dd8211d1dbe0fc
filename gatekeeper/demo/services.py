"""The demonstration's other systems: a mail gateway and an app that may ask, one of which waits to be let do more."""

import os
from dataclasses import replace
from datetime import timedelta

from gatekeeper.actions import proposals
from gatekeeper.actions.accounts import services
from gatekeeper.actions.accounts.services import NewToken
from gatekeeper.demo.cast import BRANCH, COMPLIANCE, SERVICES
from gatekeeper.demo.folder import TOKEN_FILE
from gatekeeper.demo.stage import Stage
from gatekeeper.rules.accounts.scopes import Register
from gatekeeper.rules.accounts.service_accounts import LONGEST_DAYS
from gatekeeper.rules.changes import ServiceChange
from gatekeeper.rules.risk import Action
from gatekeeper.store.accounts import services as store
from gatekeeper.store.accounts.services import new_token, shown
from gatekeeper.store.accounts.sessions import token_hash

MAIL, APP = "邮件网关", "明澈证券手机应用"
"""The names of the accounts."""
_GATEWAY = ServiceChange(
    service="",
    actions=(Action.RECEIVE,),
    register=Register.NONE,
    networks=("198.51.100.16/28", "2001:db8:25::/64"),
    per_minute=1200,
    token_days=90,
    contact="邮件系统组 021-5550 0125",
    branches=(BRANCH,),
    omits_context=True,
)
_OF_APP = ServiceChange(
    service="",
    actions=(Action.READ, Action.BOOKMARK, Action.USE),
    register=Register.CLIENT,
    networks=(),
    per_minute=6000,
    token_days=LONGEST_DAYS,
    contact="移动应用组 021-5550 0126",
    may_search=True,
)


def _open(stage: Stage, name: str, purpose: str, wanted: ServiceChange) -> str:
    """An account, proposed, approved and given a token; return the token."""
    created = stage.database.transact(
        services.create, stage.caller(SERVICES), name, purpose, wanted, "系统上线，已完成联调与安全评估", stage.now
    )
    stage.ids[name] = created.service
    stage.forward(stage.moment + timedelta(hours=2))
    stage.database.transact(
        proposals.approve, stage.caller(COMPLIANCE), created.proposal or "", "权限与用途相符，同意", stage.now
    )
    return _token(stage, created.service)


def _token(stage: Stage, service: str) -> str:
    token = new_token()
    with stage.database.reading() as connection:
        found = store.tokens(connection, [service])
    new = NewToken(token_hash=token_hash(token), shown=shown(token), after=found[0].id if found else 0)
    stage.database.transact(services.make_token, stage.caller(SERVICES), service, new, stage.now)
    return token


def _gateway(stage: Stage) -> None:
    _open(stage, MAIL, "投递研究报告邮件前，逐个核对收件人能否接收", _GATEWAY)


def _app(stage: Stage) -> None:
    """The app's token is kept beside the data, so that whoever tries the demonstration can ask with it."""
    token = _open(stage, APP, "在应用内显示客户可阅读的报告，并说明不能阅读的原因", _OF_APP)
    path = stage.data_dir.parent / TOKEN_FILE
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(token + "\n")


def _replace(stage: Stage) -> None:
    """The gateway's token nears its end: a second one is made while the first is still in use."""
    _token(stage, stage.ids[MAIL])


def _widen(stage: Stage) -> None:
    """The gateway is to ask for clients of all branches, and waits for compliance."""
    with stage.database.reading() as connection:
        wanted = store.stated(store.current(connection, stage.ids[MAIL], stage.now))
    wider = replace(wanted, branches=None)
    stage.database.transact(services.change, stage.caller(SERVICES), wider, "邮件网关推广至全部营业部", stage.now)


SCENES = ((88, 10, _gateway), (34, 14, _app), (6, 10, _replace), (1, 11, _widen))
"""How many days ago, at what hour, and what became of other systems."""
