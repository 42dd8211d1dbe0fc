"""The whole lists of a rehearsal, page by page and as a file: who gains, who loses, which past readings would be refused.

Each page and each file is made on a snapshot of its own, by the files as they are then, and recorded before it leaves.
"""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from gatekeeper.actions.suitability import policies, rehearsal
from gatekeeper.actions.suitability.rehearsal import Found, Question
from gatekeeper.files.made.sheets import FORMATS, Column
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, guards, telling
from gatekeeper.web.paging import key
from gatekeeper.web.proof import made

bp = Blueprint("rehearsals", __name__, url_prefix="/policy/rehearsal")

PAGE = 50
_PIECE = 1000
_TITLES = {
    "gain": N_("They gain"),
    "lose": N_("They lose"),
    "readings": N_("Readings that it would refuse, the newest first"),
}
_FORMS = ("csv", "xlsx")


@bp.get("/<proposal>/<what>")
@guards.requires(Permission.CHANGE_STATEMENTS)
def page(proposal: str, what: str) -> ResponseReturnValue:
    """One page of one list."""
    question, after = _question(key(proposal), what), key(request.args.get("after", ""))
    now, caller = context.now(), context.caller()
    with context.database().snapshot() as connection:
        found = rehearsal.try_out(connection, caller, question, now, context.services().settings.time_zone)
        rows = rehearsal.listed(connection, found, what, after, PAGE + 1)
    shown = rows[:PAGE]
    code = context.database().record(rehearsal.rehearsed, caller, found, len(shown), now, {"list": what})
    following = url_for(".page", proposal=proposal, what=what, after=_place(what, shown[-1])) if len(rows) > PAGE else None
    return render_template(
        "policies/rehearsal_list.html",
        proposal=proposal,
        what=what,
        title=context.translated(_TITLES[what]),
        found=found,
        rows=shown,
        all=_number(found, what),
        code=code,
        following=following,
        beginning=url_for(".page", proposal=proposal, what=what) if after else None,
        files=[(form.upper(), url_for(".file", proposal=proposal, what=what, form=form)) for form in _FORMS],
    )


@bp.get("/<proposal>/<what>/<form>")
@guards.requires(Permission.CHANGE_STATEMENTS)
def file(proposal: str, what: str, form: str) -> ResponseReturnValue:
    """One list as a file: made, recorded with its digest, and only then sent."""
    question = _question(key(proposal), what)
    if form not in _FORMS:
        raise NotFound(N_("There is no such list."))
    now, caller, zone = context.now(), context.caller(), context.services().settings.time_zone
    with context.database().snapshot() as connection:
        found = rehearsal.try_out(connection, caller, question, now, zone)
        columns, rows = _columns(what), list(_everything(connection, found, what))
    finished = made.make(lambda out: FORMATS[form][0](out, columns, rows, lambda: _about(found, what, len(rows))))
    more = {"list": what, "format": form, "sha256": finished.sha256}
    code = made.recorded(finished, lambda: context.database().record(rehearsal.rehearsed, caller, found, len(rows), now, more))
    return made.sending(finished, f"policy-rehearsal-{what}-{now:%Y%m%d}-{len(rows)}-{code}.{form}", FORMATS[form][1])


def _question(proposal: str, what: str) -> Question:
    """What a proposal holds, as of now or of when it would begin."""
    if what not in rehearsal.LISTS:
        raise NotFound(N_("There is no such list."))
    now = context.now()
    with context.database().reading() as connection:
        wanted = policies.proposed(connection, context.caller(), proposal, now)
    return Question(text=wanted.text, moment=max(now, wanted.effective or now))


def _everything(connection: Any, found: Found, what: str) -> Iterator[dict[str, Any]]:
    after = ""
    while rows := rehearsal.listed(connection, found, what, after, _PIECE):
        for row in rows:
            yield _line(row, what)
        after = _place(what, rows[-1])


def _place(what: str, row: Any) -> str:
    return str(row.id) if what == "readings" else row.client_number


def _number(found: Found, what: str) -> int:
    return {
        "gain": found.counts["investors_gained"],
        "lose": found.counts["investors_lost"],
        "readings": found.counts["readings_lost"],
    }[what]


def _columns(what: str) -> list[Column]:
    say = context.translated
    who = [
        Column("client_number", say(N_("Client number")), say(N_("The investor's number at the firm.")), 24),
        Column("name", say(N_("Investor")), say(N_("The investor by name today.")), 24),
    ]
    if what != "readings":
        return who
    return [
        Column("code", say(N_("Code")), say(N_("The entry's name outside; look it up in the access log.")), 16),
        Column("at", say(N_("Time")), say(N_("When it was read.")), 34, is_plain=True),
        *who,
        Column("grade", say(N_("Grade")), say(N_("The report's grade today.")), 8, is_plain=True),
        Column("title", say(N_("Report")), say(N_("The title of the report's newest version.")), 44),
    ]


def _line(row: Any, what: str) -> dict[str, Any]:
    who = {"client_number": row.client_number, "name": row.name}
    if what != "readings":
        return who
    return who | {"code": row.code, "at": telling.seconds(row.at), "grade": row.grade.name, "title": row.title}


def _about(found: Found, what: str, rows: int) -> list[tuple[str, str]]:
    say = context.translated
    return [
        (say(N_("What this policy would change")), say(_TITLES[what])),
        (say(N_("Policy (SHA-256)")), found.candidate.digest),
        (say(N_("As of")), telling.seconds(found.rehearsal.moment) or ""),
        (say(N_("Exported by")), context.signed_in().name),
        (say(N_("Rows")), str(rows)),
    ]
