"""What became of a notice beside the inbox, in words."""

from collections.abc import Sequence
from typing import Any

from gatekeeper.rules.deliveries import Channel, NoticeKind, State, Trouble
from gatekeeper.rules.errors import N_
from gatekeeper.web import context

_CHANNELS = {Channel.MAIL: N_("Mail"), Channel.WEBHOOK: N_("Short message or WeChat")}
_STATES = {
    State.WAITING: (N_("Waits to be sent"), "info"),
    State.ATTEMPTED: (N_("Being sent"), "info"),
    State.SENT: (N_("Sent"), "good"),
    State.FAILED: (N_("Not delivered"), "bad"),
    State.UNCERTAIN: (N_("Uncertain"), "warn"),
    State.NO_ADDRESS: (N_("No address on file"), "bad"),
    State.DROPPED: (N_("Not sent: may not act any more"), "info"),
    State.ARRIVED: (N_("Arrived"), "good"),
}
_KINDS = {
    NoticeKind.APPLICATION: N_("Application rejected"),
    NoticeKind.CHANGE: N_("Change of the file"),
    NoticeKind.EXPIRING: N_("Expires soon"),
    NoticeKind.POLICY: N_("New policy"),
    NoticeKind.REPORT: N_("Report no longer readable"),
}
_TROUBLES = {
    Trouble.FAILED: N_("Three times a notice was not taken"),
    Trouble.UNCERTAIN: N_("Nobody knows whether a notice arrived"),
    Trouble.NO_ADDRESS: N_("There is no address to send a notice to"),
}


def kind(name: str) -> str:
    """What a notice is about."""
    return context.translated(_KINDS[NoticeKind(name)])


def trouble(name: str) -> str:
    """Why somebody is to be called back."""
    return context.translated(_TROUBLES[Trouble(name)])


def line(row: Any) -> dict[str, Any]:
    """One delivery: by which channel, where it stands, since when."""
    word, colour = _STATES[State(row.state)]
    return {
        "row": row,
        "channel": context.translated(_CHANNELS[Channel(row.channel)]),
        "state": (context.translated(word), colour),
        "doubtful": row.state == State.UNCERTAIN.value,
    }


def lines(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Deliveries, one after another."""
    return [line(row) for row in rows]
