"""What became of a notice beside the inbox, in words."""

from collections.abc import Sequence
from typing import Any

from gatekeeper.rules.messages.deliveries import TROUBLED, Channel, NoticeKind, State, Trouble
from gatekeeper.web import telling

_GOOD = frozenset({State.SENT, State.ARRIVED})


def kind(name: str) -> str:
    """What a notice is about."""
    return telling.named(NoticeKind(name))


def trouble(name: str) -> str:
    """Why somebody is to be called back."""
    return telling.named(Trouble(name))


def line(row: Any) -> dict[str, Any]:
    """One delivery: by which channel, where it stands with its colour, and whether somebody must say if it arrived."""
    state = State(row.state)
    colour = "good" if state in _GOOD else "warn" if state is State.UNCERTAIN else "bad" if state in TROUBLED else "info"
    return {
        "row": row,
        "channel": telling.named(Channel(row.channel)),
        "state": (telling.named(state), colour),
        "doubtful": state is State.UNCERTAIN,
    }


def lines(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Deliveries, one after another."""
    return [line(row) for row in rows]
