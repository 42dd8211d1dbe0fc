"""What a notice says, before and after, in a few words of Chinese, from the plain values that it keeps."""

from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from gatekeeper import language
from gatekeeper.files.made import change_words
from gatekeeper.files.made.court import TAG, say
from gatekeeper.rules.errors import N_
from gatekeeper.rules.messages.deliveries import Channel, NoticeKind, State

_REJECTED = N_("Application rejected")
_EXPIRES = N_("Expires soon: %(number)s days to go")
_WITHDRAWN = N_("Withdrawn")
_CORRECTED = N_("A corrected version is out")
_REGRADED = N_("Another grade or audience")
_UNOPENED = N_("A report that was sent and not opened")


def before_and_after(kind: str, kept: Any, zone: ZoneInfo) -> tuple[str, str]:
    """What was so, and what is so now."""
    match NoticeKind(kind):
        case NoticeKind.APPLICATION:
            return "", say(_REJECTED)
        case NoticeKind.CHANGE:
            before, after = ("\n".join(change_words.summary(pair[name], zone) for pair in kept) for name in ("before", "after"))
            return before, after
        case NoticeKind.EXPIRING:
            facts = "\n".join(change_words.summary(each["fact"], zone) for each in kept)
            return facts, "\n".join(say(_EXPIRES, number=each["left"]) for each in kept)
        case NoticeKind.POLICY:
            return kept["before"], kept["after"]
        case NoticeKind.REPORT:
            return f"{_title(kept)}\n{kept['before']}", kept["after"] or say(_WITHDRAWN)
        case NoticeKind.VERSION:
            what = say(_CORRECTED if kept["corrected"] else _REGRADED)
            return f"{_title(kept)}\n{kept['before'] or say(_WITHDRAWN)}", f"{what}\n{kept['after']}"


def _title(kept: Mapping[str, Any]) -> str:
    """The title under which the report was opened; who never opened it is told none."""
    return kept["title"] or say(_UNOPENED)


def deliveries(rows: Sequence[Mapping[str, Any]]) -> str:
    """By which channel a notice went to whom beside the inbox, and what became of it."""
    return "\n".join(
        f"{language.name_of(TAG, Channel(each['channel']))} {each['person_name']} {language.name_of(TAG, State(each['state']))}"
        for each in rows
    )
