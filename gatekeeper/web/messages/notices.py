"""The client's inbox: what changed in the file, before and after, and one button to take note."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask import Blueprint, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.messages import notices
from gatekeeper.actions.messages.notices import Told
from gatekeeper.rules.changes import Change, ClassChange
from gatekeeper.rules.errors import N_
from gatekeeper.rules.messages.deliveries import NoticeKind
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, guards, telling
from gatekeeper.web.paging import key

_BEFORE = N_("Before: %(was)s")
_CATEGORY = N_("After its last day, reports that need a category cannot be read. You can be assessed again before then.")
_STATUS = N_("After its last day it does not count any more. To keep it, turn to your branch before then.")
_REJECTED = N_("Your application for professional status was rejected.")
_REASONS = N_("The reasons stand under My record, Professional investor.")
_GAINED = N_("You may now read reports of these grades: %(grades)s")
_LOST = N_("You may no longer read reports of these grades: %(grades)s")
_NO_MORE = N_("You may no longer read “%(title)s”.")
_NO_MORE_SENT = N_("You may no longer read a report that was sent to you and that you had not opened.")
_CORRECTED = N_("A corrected version of “%(title)s” is out.")
_CORRECTED_SENT = N_("A corrected version is out of a report that was sent to you and that you had not opened.")
_READ_ANEW = N_("What you read before no longer holds. The new version opens as any report does.")
_CHANGED = N_("Grade or audience of “%(title)s” have changed; the text is the same.")
_CHANGED_SENT = N_("Grade or audience have changed of a report that was sent to you and that you had not opened.")
_AUDIENCE = N_("Its risk grade has not changed. You may still read it.")
_WITHDRAWN = N_("The report was withdrawn.")
_REGRADED = N_("Its risk grade is %(grade)s now.")
_NARROWED = N_("It is meant for other readers now.")

bp = Blueprint("notices", __name__, url_prefix="/notices")


@bp.get("")
@guards.requires(Permission.READ_AS_CLIENT)
def index() -> ResponseReturnValue:
    """What the firm told, what was not acknowledged first."""
    found = context.database().record(notices.inbox, context.caller(), context.now())
    return render_template("client/notices.html", found=[shown(each) for each in found])


@bp.post("/<notice>/acknowledgement")
@guards.requires(Permission.READ_AS_CLIENT)
def acknowledge(notice: str) -> ResponseReturnValue:
    """Take note of one."""
    context.database().transact(notices.acknowledge, context.caller(), key(notice), context.now())
    return redirect(url_for(".index"), 303)


def shown(each: Told) -> dict[str, Any]:
    """One notice in words: lines of what is so, each with what is to be known about it."""
    match each.kind:
        case NoticeKind.APPLICATION:
            lines = [(context.translated(_REJECTED), context.translated(_REASONS))]
        case NoticeKind.CHANGE:
            lines = [(_said(after), context.translated(_BEFORE, was=_said(before))) for before, after in each.changes]
        case NoticeKind.EXPIRING:
            lines = [(telling.summary(fact, {}), _left(fact, left)) for fact, left in each.expiring]
        case NoticeKind.POLICY:
            lines = _grades(each.words)
        case NoticeKind.REPORT:
            lines = [_lost(each.words)]
        case NoticeKind.VERSION:
            lines = [_superseded(each.words)]
    report = each.words.get("report") if each.kind is NoticeKind.VERSION else None
    return {"row": each.row, "lines": lines, "report": report}


def _left(fact: Change, left: int) -> str:
    """How long something still counts, and what happens then."""
    days = context.translated(N_("Days to go when this was told: %(number)s."), number=left)
    return f"{days} {context.translated(_STATUS if isinstance(fact, ClassChange) else _CATEGORY)}"


def _grades(words: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Which grades a policy gives and takes."""
    before, after = words["before"].split(), words["after"].split()
    moment = telling.seconds(datetime.fromisoformat(words["from"]))
    since = context.translated(N_("The firm's suitability policy has changed on %(time)s."), time=moment)
    changed = ((_GAINED, set(after) - set(before)), (_LOST, set(before) - set(after)))
    comma = context.translated(N_(", "))
    return [(context.translated(said, grades=comma.join(sorted(grades))), since) for said, grades in changed if grades]


def _lost(words: Mapping[str, Any]) -> tuple[str, str]:
    """Which report may not be read any more, and why."""
    after = words["after"]
    why = _WITHDRAWN if after is None else _REGRADED if after != words["before"] else _NARROWED
    return _about(words, _NO_MORE, _NO_MORE_SENT), context.translated(why, grade=after)


def _superseded(words: Mapping[str, Any]) -> tuple[str, str]:
    """Which report has come out in another version, and what is other about it."""
    if words["corrected"]:
        return _about(words, _CORRECTED, _CORRECTED_SENT), context.translated(_READ_ANEW)
    is_graded = words["after"] != words["before"]
    return _about(words, _CHANGED, _CHANGED_SENT), context.translated(_REGRADED if is_graded else _AUDIENCE, grade=words["after"])


def _about(words: Mapping[str, Any], titled: str, untitled: str) -> str:
    """A sentence about a report: under the title that the reader opened, or none where it was never opened."""
    return context.translated(titled, title=words["title"]) if words["title"] else context.translated(untitled)


def _said(change: Change | None) -> str:
    return telling.summary(change, {}) if change else context.translated(N_("Nothing on file"))
