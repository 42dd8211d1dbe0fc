"""Files that come in at a page, one by one, and what the forms about reports say of days and times."""

from datetime import date, datetime
from hashlib import file_digest
from time import monotonic
from typing import Any

from flask import request
from werkzeug.datastructures import FileStorage

from gatekeeper.actions.publishing import reports
from gatekeeper.files import originals
from gatekeeper.files.prepare import prepare
from gatekeeper.files.reading.source import MOST_BYTES
from gatekeeper.rules.errors import N_, Conflict, Fault, GatekeeperError, Invalid
from gatekeeper.rules.policy import valid_before
from gatekeeper.store.publishing import library
from gatekeeper.web import context

MOST_FILES = 30
"""Twice the busiest morning; each file is read within bounds of its own."""
MOST_SENT = 150 * 1024 * 1024
"""The most bytes of one form: thirty usual reports, or three of the largest."""
MOST_SECONDS = 90.0
"""How long one request reads files: those that are left then are told, and none that came in is lost."""
_LEFT = N_("This file was not read: at most %(most)s files are taken at once. Drop it again.")
_LATE = N_("This file was not read, for the others took too long. Drop it again.")


def all_brought_in() -> list[dict[str, Any]]:
    """What became of each file of a form; none keeps another from coming in, and none is left out in silence."""
    files = [file for file in request.files.getlist("files") if file.filename]
    begun, results = monotonic(), []
    for number, file in enumerate(files):
        if number < MOST_FILES and monotonic() - begun <= MOST_SECONDS:
            results.append(brought_in(file))
            continue
        why = context.translated(_LEFT if number >= MOST_FILES else _LATE, most=MOST_FILES)
        results.append({"name": (file.filename or "")[-100:], "problem": why, "report": None, "known": None})
    nothing = {"name": "", "problem": context.translated(N_("Please choose at least one file.")), "report": None, "known": None}
    return results or [nothing]


def brought_in(file: FileStorage) -> dict[str, Any]:
    """What became of a file: its name with the report, or with what is wrong with it; ``known`` is made of the same bytes."""
    name = (file.filename or "")[-100:]
    try:
        imported, title = bring_in(file)
    except GatekeeperError as error:
        faults = error.faults if isinstance(error, Invalid) else (error.fault,)
        known = _known(file) if isinstance(error, Conflict) else None
        return {"name": name, "problem": " ".join(map(context.told, faults)), "report": None, "known": known}
    return {"name": name, "problem": None, "report": imported.report, "known": None, "title": title}


def bring_in(file: FileStorage, corrects: str | None = None) -> tuple[reports.Imported, str]:
    """Read a file and keep it, as a report of its own or as the corrected file of one; return it with its title."""
    content = file.stream.read(MOST_BYTES + 1)
    prepared = prepare(content, (file.filename or "")[-100:])
    originals.keep(context.services().settings.data_dir, content)
    act, now = reports.import_report, context.now()
    imported = context.database().transact(act, context.caller(), prepared, now, corrects=corrects)
    return imported, prepared.metadata["title"]


def _known(file: FileStorage) -> Any:
    """The report that was made of these very bytes."""
    file.stream.seek(0)
    digest = file_digest(file.stream, "sha256").hexdigest()  # type: ignore[arg-type]  # a file of Werkzeug's, open for reading
    with context.database().reading() as connection:
        return library.version_by_source(connection, digest)


def settled_days(faults: list[Fault]) -> dict[int, datetime]:
    """Until when each finding is accepted whose box was ticked, by its id; a day that is none is one more fault."""
    form, zone = request.form, context.services().settings.time_zone
    settled: dict[int, datetime] = {}
    for name, value in form.items():
        key = name.removeprefix("settled-")
        if key != name and key.isdecimal() and form.get(f"accept-{key}"):
            try:
                settled[int(key)] = valid_before(date.fromisoformat(value), zone)
            except (ValueError, OverflowError):
                faults.append(Fault(N_("Please give a date as year, month and day."), field=name))
    return settled


def instant(name: str) -> datetime | None:
    """A local date and time of the form, in the firm's zone; None for at once."""
    text = request.form.get(name, "").strip()
    if not text:
        return None
    try:
        local = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(Fault(N_("Please give date and time, for example 2026-11-24 07:30."), field=name)) from None
    if local.tzinfo is not None:
        raise Invalid(Fault(N_("Please give date and time, for example 2026-11-24 07:30."), field=name))
    return local.replace(tzinfo=context.services().settings.time_zone)
