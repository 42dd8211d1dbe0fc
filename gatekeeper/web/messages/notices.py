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
    return {"row": each.row, "lines": lines}


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
    return context.translated(_NO_MORE, title=words["title"]), context.translated(why, grade=after)


def _said(change: Change | None) -> str:
    return telling.summary(change, {}) if change else context.translated(N_("Nothing on file"))
