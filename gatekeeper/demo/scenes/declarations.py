"""Changed circumstances in the demonstration, which wait for somebody to look: a professional's finances, and a contact."""

from collections.abc import Callable

from gatekeeper.actions.clients import declarations
from gatekeeper.demo.stage import Stage
from gatekeeper.rules.assessing.declaration import ChangedTopic


def _declare(login: str, topic: ChangedTopic, details: str) -> Callable[[Stage], object]:
    """Somebody reads what it comes to, and confirms."""

    def act(stage: Stage) -> None:
        caller = stage.caller(login)
        asked = stage.database.record(declarations.preview, caller, (topic,), details, stage.now, stage.zone)
        stage.database.transact(declarations.declare, caller, (topic,), details, asked.seen, stage.now, stage.zone)

    return act


SCENES: tuple[tuple[int, int, Callable[[Stage], object]], ...] = (
    (2, 10, _declare("client-pro", ChangedTopic.FINANCES, "金融资产较认定时减少，请重新核对。")),
    (1, 15, _declare("client-c5", ChangedTopic.CONTACT, "手机号码已更换，请与我核对。")),
)
"""How many days ago, at what hour, who told what."""
