"""Reports sent to many in the demonstration: two clients subscribe, and one report went to everybody, not all of whom it fits."""

from collections.abc import Callable

from gatekeeper.actions.publishing import distributing, distributions
from gatekeeper.actions.reading import subscriptions
from gatekeeper.demo.cast import REPORTS
from gatekeeper.demo.stage import Stage
from gatekeeper.rules.messages.distribution import Choice, Interest, To

_REPORT = "r3-energy-storage"


def _subscribe(login: str, interest: Interest) -> Callable[[Stage, dict[str, str]], None]:
    """Somebody subscribes to the first thing of a kind that is offered."""

    def act(stage: Stage, _known: dict[str, str]) -> None:
        caller = stage.caller(login)
        with stage.database.reading() as connection:
            offered = subscriptions.overview(connection, caller, stage.now, stage.zone).offered
        value = next(iter(offered[interest]))
        stage.database.transact(subscriptions.add, caller, interest, value, stage.now, stage.zone)

    return act


def _send(stage: Stage, known: dict[str, str]) -> None:
    """What the work process does once a distribution is begun; the demonstration has no mail server."""
    if _REPORT not in known:
        return
    choice, zone = Choice(To.CLIENTS), stage.zone
    begun = stage.database.transact(distributions.start, stage.caller(REPORTS), known[_REPORT], choice, stage.now, zone)
    while stage.database.transact(distributing.go_on, begun.id, stage.now, zone, has_mail=False):
        pass
    stage.database.transact(distributing.finish, begun.id, stage.now)


SCENES: tuple[tuple[int, int, Callable[[Stage, dict[str, str]], None]], ...] = (
    (8, 9, _subscribe("client-c3", Interest.ANALYST)),
    (8, 10, _subscribe("client-c5", Interest.KIND)),
    (7, 14, _send),
)
"""How many days ago, at what hour, who subscribed and what was sent."""
