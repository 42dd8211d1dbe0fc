"""What a system asks people to look at in the demonstration: two requests that wait for an answer, and one that was declined."""

from collections.abc import Callable
from functools import partial

from gatekeeper.actions.accounts import access_requests
from gatekeeper.actions.accounts.access_requests import Terms, Wanted
from gatekeeper.actions.reading import decisions
from gatekeeper.actions.reading.decisions import Question
from gatekeeper.demo.cast import CLIENTS
from gatekeeper.demo.services import APP
from gatekeeper.demo.stage import Stage
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.accounts.access_requests import State
from gatekeeper.rules.accounts.scopes import Register, Scope
from gatekeeper.rules.risk import Action
from gatekeeper.store.reading.meant import Whom

_REPORT = "r3-innovative-drugs"
"""It is for clients with a service contract alone."""
_SCOPE = Scope(actions=frozenset({Action.READ}), register=Register.CLIENT, networks=(), per_minute=6000)
_TERMS = Terms(answer_days=5, open_days=30)
_DECLINED = "client-c5"


def _ask(login: str, why: str, stage: Stage, known: dict[str, str]) -> None:
    """The app is refused a report for a client without a contract, and asks on."""
    service = stage.ids.get(APP)
    if _REPORT not in known or service is None:
        return
    caller, whom = Caller(actor=f"service:{service}", channel="api"), Whom(login)
    question = Question(whom, known[_REPORT], Action.READ)
    refused = stage.database.record(decisions.ask, caller, _SCOPE, question, stage.now, stage.zone)
    wanted = Wanted(whom=whom, report=known[_REPORT], action=Action.READ, evaluation=refused.code, body=b"", why=why)
    asked = stage.database.transact(access_requests.ask, caller, _SCOPE, wanted, stage.now, stage.zone, _TERMS)
    stage.ids[f"request of {login}"] = asked.row.id


def _decline(stage: Stage, _known: dict[str, str]) -> None:
    if id_ := stage.ids.get(f"request of {_DECLINED}"):
        act, reason = access_requests.answer, "客户暂不签署研究服务合同"
        stage.database.transact(act, stage.caller(CLIENTS), id_, State.DECLINED, reason, stage.now, stage.zone)


SCENES: tuple[tuple[int, int, Callable[[Stage, dict[str, str]], None]], ...] = (
    (9, 10, partial(_ask, _DECLINED, "客户在应用内询问")),
    (8, 15, _decline),
    (7, 11, partial(_ask, "client-c3", "客户来电，称合同已在办理")),
    (2, 16, partial(_ask, "client-pro-c", "客户经理反馈合同已签署")),
)
"""How many days ago, at what hour, what was asked and what was answered."""
