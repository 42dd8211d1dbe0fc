"""The watched folder: reports that are put into it come in, each once, and go to ``done`` or ``refused`` with a word on it.

1. A file is taken once it has not changed for some seconds. It is moved aside first: a move is done by one process alone, and
   whoever goes on writing then is found out, for the file differs after it was read.
2. What a process that died had taken is taken again after a while. A file that has come in by then is done.
3. Nothing outside the folder is read: no link is followed, nothing but plain files is opened.
"""

import json
import logging
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from gatekeeper.actions.publishing import reports
from gatekeeper.actions.publishing.reports import Imported
from gatekeeper.files import originals
from gatekeeper.files.prepare import Prepared, prepare
from gatekeeper.files.reading.source import refuse_large
from gatekeeper.language import SUPPORTED, translate
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, Unavailable
from gatekeeper.store.publishing import library
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task

_LOG = logging.getLogger(__name__)
SETTLED = timedelta(seconds=5)
"""So long a file must not have changed."""
GIVEN_UP = timedelta(minutes=10)
"""What was taken so long ago belongs to a process that died: no file takes longer."""
_OTHER_CLOCK = timedelta(minutes=1)
"""A file that is so far ahead bears the time of another clock, and would wait for ever."""
DONE, REFUSED, TAKEN = "done", "refused", ".taken"
_LONGEST_NAME = 200

_IS_IN = N_("The report has come in: %(report)s. Nothing is published yet; please look at it under Reports.")
_WAS_IN = N_("This file had come in before: %(report)s. Nothing was done.")
_NO_FILE = N_("This is a link or no plain file, and was not read. Please put the file itself here.")


class _ChangingError(Exception):
    """Somebody goes on writing the file."""


@dataclass(frozen=True, slots=True)
class _Told:
    """Where a file goes, and what is said of it."""

    folder: str
    faults: tuple[Fault, ...]


def look(office: Office) -> None:
    """Bring in what lies in the folder."""
    inbox = office.settings.inbox
    if inbox is None:
        return
    for folder in (DONE, REFUSED, TAKEN):
        (inbox / folder).mkdir(exist_ok=True)
    now = office.now().timestamp()
    for path, was_taken in (*_given_up(inbox, now), *_settled(inbox, now)):
        if office.stopping.is_set():
            return
        taken = _take(inbox, path)
        if taken is not None:
            _bring_in(office, inbox, taken, path.name, was_taken=was_taken)


def _settled(inbox: Path, now: float) -> Iterator[tuple[Path, bool]]:
    """What lies there and has not changed for a while; a hidden name belongs to a program that is still writing."""
    for path in sorted(inbox.iterdir()):
        age = _age(path, now)
        is_settled = age >= SETTLED.total_seconds() or age < -_OTHER_CLOCK.total_seconds()
        if is_settled and not path.name.startswith(".") and not _is_folder(path):
            yield path, False


def _given_up(inbox: Path, now: float) -> Iterator[tuple[Path, bool]]:
    for path in sorted((inbox / TAKEN).iterdir()):
        if _age(path, now, moved=True) >= GIVEN_UP.total_seconds():
            yield path, True


def _age(path: Path, now: float, *, moved: bool = False) -> float:
    """How many seconds ago a file was changed, or moved; none for one that is gone."""
    try:
        found = path.lstat()
    except OSError:
        return -1.0
    return now - (found.st_ctime if moved else found.st_mtime)


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _take(inbox: Path, path: Path) -> Path | None:
    """Move a file aside; None where another process was faster."""
    taken = inbox / TAKEN / path.name
    try:
        if path.parent != taken.parent:
            return path.rename(_free(taken))
        again = _free(taken.with_name(f"{path.name[:_LONGEST_NAME]}~"))
        return path.rename(again)
    except FileNotFoundError:
        return None


def _bring_in(office: Office, inbox: Path, path: Path, name: str, *, was_taken: bool) -> None:
    name = name.rstrip("~") if was_taken else name
    try:
        told = _import(office, path, name, was_taken=was_taken)
    except (_ChangingError, Unavailable):
        path.rename(_free(inbox / name))
        return
    target = _free(inbox / told.folder / name)
    path.rename(target)
    _note(target, told.faults)
    _LOG.info("inbox.done", extra={"folder": told.folder})


def _import(office: Office, path: Path, name: str, *, was_taken: bool) -> _Told:
    try:
        data, owner = _read(path, name)
        prepared = prepare(data, name)
    except Invalid as error:
        return _Told(REFUSED, error.faults)
    originals.keep(office.settings.data_dir, data)
    caller = Caller(actor="system", channel="inbox", os_user=owner)
    try:
        imported = office.database.transact(reports.import_report, caller, prepared, office.now())
    except Conflict as error:
        known = _known(office, prepared.sha256)
        if known is None:
            return _Told(REFUSED, (error.fault,))
        return _Told(DONE if was_taken else REFUSED, (Fault(_IS_IN if was_taken else _WAS_IN, report=known),))
    return _Told(DONE, tuple(_said(prepared, imported)))


def _said(prepared: Prepared, imported: Imported) -> Iterator[Fault]:
    yield Fault(_IS_IN, report=imported.report)
    for each in prepared.findings:
        yield Fault(each["message"], **json.loads(each["details"]))


def _known(office: Office, sha256: str) -> str | None:
    with office.database.reading() as connection:
        found = library.version_by_source(connection, sha256)
    return found.report_id if found else None


def _read(path: Path, name: str) -> tuple[bytes, str]:
    """A plain file's bytes, and whose it is. Its size is looked at before it is read, and again when it has been."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        raise Invalid(Fault(_NO_FILE)) from error
    with os.fdopen(file, "rb") as opened:
        before = os.fstat(file)
        if not stat.S_ISREG(before.st_mode):
            raise Invalid(Fault(_NO_FILE))
        refuse_large(before.st_size, name)
        data = opened.read(before.st_size + 1)
        after = os.fstat(file)
    if len(data) != before.st_size or after.st_mtime_ns != before.st_mtime_ns:
        raise _ChangingError
    return data, _owner(path, before.st_uid)


def _owner(path: Path, number: int) -> str:
    try:
        return path.owner()
    except (KeyError, NotImplementedError, OSError):
        return str(number)


def _note(target: Path, faults: tuple[Fault, ...]) -> None:
    """What became of the file, beside it, in each language."""
    parts = ["\n".join(translate(tag, each.message, **each.values) for each in faults) for tag in SUPPORTED]
    target.with_name(f"{target.name[:_LONGEST_NAME]}.txt").write_text("\n\n".join(parts) + "\n", "utf-8")


def _free(target: Path) -> Path:
    """A name at which nothing lies yet."""
    number = 1
    found = target
    while os.path.lexists(found):
        number += 1
        found = target.with_name(f"{target.stem[:_LONGEST_NAME]} ({number}){target.suffix}")
    return found


TASK = Task("reports from the folder", timedelta(seconds=3), look)
