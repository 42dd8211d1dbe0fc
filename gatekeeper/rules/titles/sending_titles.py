"""What people read for whom a report is sent to, what became of each, and what subscriptions are about."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, Final

from gatekeeper.rules.errors import N_
from gatekeeper.rules.messages.distribution import Interest, Progress, Result, To

TITLES: Final[Mapping[type[Enum], Mapping[Any, str]]] = {
    To: {
        To.SUBSCRIBERS: N_("Those who subscribe to it"),
        To.CLIENTS: N_("Everybody who may receive it"),
        To.BRANCH: N_("Clients of a branch"),
        To.CLASS: N_("Investors of a class"),
        To.CATEGORY: N_("Investors of a category"),
        To.NUMBERS: N_("A list of client numbers"),
    },
    Progress: {
        Progress.RUNNING: N_("Under way"),
        Progress.HALTED: N_("Halted"),
        Progress.DONE: N_("Done"),
    },
    Result: {
        Result.PLANNED: N_("Not decided yet"),
        Result.WAITING: N_("In the inbox; the letter waits"),
        Result.ATTEMPTED: N_("Letter being sent"),
        Result.SENT: N_("Sent by mail and inbox"),
        Result.INBOX: N_("In the inbox; no mail is set up"),
        Result.REFUSED: N_("Refused"),
        Result.HAS_IT: N_("Skipped: has it already"),
        Result.NO_SIGN_IN: N_("Skipped: cannot sign in"),
        Result.NO_ADDRESS: N_("No letter: no mail address; in the inbox"),
        Result.ONE_LETTER: N_("No second letter to the same person; in the inbox"),
        Result.UNCERTAIN: N_("Uncertain whether the letter went out; in the inbox"),
        Result.FAILED: N_("Letter not taken by the mail server; in the inbox"),
    },
    Interest: {
        Interest.ANALYST: N_("Analyst"),
        Interest.INDUSTRY: N_("Industry"),
        Interest.ISSUER: N_("Issuer"),
        Interest.KIND: N_("Kind of report"),
    },
}
"""By the enum's type."""
