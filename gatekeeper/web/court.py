"""Sheets for a court as downloads: made first, then recorded with their digest, and only then sent."""

from typing import IO

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from gatekeeper import language
from gatekeeper.actions import sheets
from gatekeeper.files import court
from gatekeeper.files.court import TAG, Acceptance, say
from gatekeeper.rules.errors import N_
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, guards, made
from gatekeeper.web.paging import key
from gatekeeper.web.sheets import FORMATS, Column

bp = Blueprint("court", __name__, url_prefix="/log")

MADE = N_("Made for %(name)s at %(time)s.")


@bp.get("/<code>/acceptance")
@guards.requires(Permission.SEARCH_LEDGER)
def acceptance(code: str) -> ResponseReturnValue:
    """The sheet of one acceptance, as PDF or, with ``format=xlsx``, as a workbook; in Chinese whoever asks."""
    now, form = context.now(), "xlsx" if request.args.get("format") == "xlsx" else "pdf"
    with context.database().reading() as connection:
        found = sheets.acceptance(connection, context.caller(), key(code), now)
    file = made.make(lambda out: _write(out, found, form))
    call = (context.caller(), found, form, file.sha256, now)
    made.recorded(file, lambda: context.database().record(sheets.sent, *call))
    content_type = FORMATS["xlsx"][1] if form == "xlsx" else "application/pdf"
    return made.sending(file, f"acceptance-{found.code}.{form}", content_type)


def _write(out: IO[bytes], found: Acceptance, form: str) -> None:
    zone, firm = context.services().settings.time_zone, context.services().settings.firm
    by = say(MADE, name=context.signed_in().name, time=language.format_time(TAG, context.now(), zone))
    if form == "pdf":
        out.write(court.pdf(found, firm, zone, by))
        return
    label = Column("label", say(N_("What")), say(N_("What is told.")), 30, is_plain=True)
    value = Column("value", say(court.TITLE), say(N_("What the log holds of it.")), 110, is_plain=True)
    told = [*court.rows(found, zone), *((say(court.WORDS), line) for line in found.words.splitlines() if line.strip())]
    about = [(firm, by), *(("", line) for note in court.notes(found) for line in note.splitlines() if line.strip())]
    FORMATS["xlsx"][0](out, [label, value], [{"label": name, "value": text} for name, text in told], lambda: about)
