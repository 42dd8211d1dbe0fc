"""What people read for the kinds of notices, the channels, and what became of a delivery."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from gatekeeper.rules.errors import N_
from gatekeeper.rules.messages.deliveries import Channel, NoticeKind, State, Trouble

TITLES: Final[Mapping[type[Enum], Mapping[Any, str]]] = {
    Channel: {Channel.MAIL: N_("Mail"), Channel.WEBHOOK: N_("Short message or WeChat")},
    State: {
        State.WAITING: N_("Waits to be sent"),
        State.ATTEMPTED: N_("Being sent"),
        State.SENT: N_("Sent"),
        State.FAILED: N_("Not delivered"),
        State.UNCERTAIN: N_("Uncertain"),
        State.NO_ADDRESS: N_("No address on file"),
        State.DROPPED: N_("Not sent: may not act any more"),
        State.ARRIVED: N_("Arrived"),
    },
    NoticeKind: {
        NoticeKind.APPLICATION: N_("Application rejected"),
        NoticeKind.CHANGE: N_("Change of the file"),
        NoticeKind.EXPIRING: N_("Expires soon"),
        NoticeKind.POLICY: N_("New policy"),
        NoticeKind.REPORT: N_("Report no longer readable"),
        NoticeKind.VERSION: N_("New version of a report"),
    },
    Trouble: {
        Trouble.FAILED: N_("Three times a notice was not taken"),
        Trouble.UNCERTAIN: N_("Nobody knows whether a notice arrived"),
        Trouble.NO_ADDRESS: N_("There is no address to send a notice to"),
    },
}
"""By the enum's type."""
