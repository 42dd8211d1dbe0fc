"""Other systems ask in the demonstration: the app before it shows a report, the mail gateway before it writes to many."""

import secrets
from collections.abc import Callable
from dataclasses import replace

from gatekeeper.actions.reading import decisions
from gatekeeper.actions.reading.decisions import Question
from gatekeeper.demo.cast import CAST
from gatekeeper.demo.services import APP, MAIL
from gatekeeper.demo.stage import Stage
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.accounts.scopes import Scope
from gatekeeper.rules.risk import Action
from gatekeeper.store.accounts import services as store
from gatekeeper.store.reading.meant import Whom

_REPORT = "r3-energy-storage"


def _system(stage: Stage, name: str) -> tuple[Caller, Scope]:
    """A system at the interface, with what it may ask at this moment."""
    id_ = stage.ids[name]
    with stage.database.reading() as connection:
        stated = store.stated(store.current(connection, id_, stage.now))
    scope = Scope(
        actions=frozenset(stated.actions),
        register=stated.register,
        networks=(),
        per_minute=stated.per_minute,
        branches=None if stated.branches is None else frozenset(stated.branches),
        omits_context=stated.omits_context,
    )
    origin = Caller(actor=f"service:{id_}", channel="api", address="198.51.100.18", device="demonstration")
    return replace(origin, request_id=secrets.token_hex(16)), scope


def _app(login: str, action: Action) -> Callable[[Stage, dict[str, str]], None]:
    """The app asks for one client."""

    def act(stage: Stage, known: dict[str, str]) -> None:
        if _REPORT in known:
            asked = Question(Whom(login), known[_REPORT], action)
            stage.database.record(decisions.ask, *_system(stage, APP), asked, stage.now, stage.zone)

    return act


def _gateway(stage: Stage, known: dict[str, str]) -> None:
    """The mail gateway asks for everybody at once, and for one who is no client."""
    if _REPORT in known:
        names = [*(client.login for client in CAST if client.login in stage.ids), "nobody"]
        asked = [Question(Whom(name), known[_REPORT], Action.RECEIVE) for name in names]
        stage.database.record(decisions.ask_many, *_system(stage, MAIL), asked, stage.now, stage.zone)


SCENES: tuple[tuple[int, int, Callable[[Stage, dict[str, str]], None]], ...] = (
    (6, 16, _app("client-c3", Action.READ)),
    (5, 9, _app("client-c2", Action.READ)),
    (5, 15, _gateway),
    (2, 11, _app("client-c5", Action.BOOKMARK)),
)
"""How many days ago, at what hour, and who asked."""
