"""A client reads a report page by page and takes a copy; the copy turns up where it should not."""

from collections.abc import Callable
from datetime import timedelta

from gatekeeper import language
from gatekeeper.actions.accounts import sign_in
from gatekeeper.actions.reading import access
from gatekeeper.actions.reading import readings as ending
from gatekeeper.demo.cast import CAST
from gatekeeper.demo.stage import Stage
from gatekeeper.files import originals
from gatekeeper.files.viewing import copies, signs
from gatekeeper.files.viewing.copies import About
from gatekeeper.files.viewing.marks import Mark
from gatekeeper.ledger.caller import Caller
from gatekeeper.rules.risk import Action
from gatekeeper.rules.suitability import Permit
from gatekeeper.store.publishing import library, report_files
from gatekeeper.store.reading import readings
from gatekeeper.store.reading.readings import Part

LEAKED = "leaked-copy.pdf"
"""The copy as somebody found it, in the demonstration's folder: to be handed in where leaks are traced."""

_REPORT, _READER = "r3-energy-storage", "client-c4"
_LEGAL = "仅供本人阅读，请勿转发"


def _read(stage: Stage, known: dict[str, str]) -> None:
    """The statement at the first visit; at the second the pages, all but the last, and the copy."""
    report = known.get(_REPORT)
    if report is None:
        return
    stage.visit(_READER, [report])
    caller = stage.caller(_READER, stage.sign_in(_READER))
    opened = stage.database.record(access.open_report, caller, report, stage.now, stage.zone)
    if opened.permit is None:
        return
    with stage.database.reading() as connection:
        turned = access.turn(connection, caller, report, opened.code, stage.now, stage.zone)
        file = report_files.original(connection, opened.permit)
    if file is None or not file.pages:
        return
    for page in range(1, file.pages):
        stage.forward(stage.moment + timedelta(minutes=2))
        stage.database.note(readings.keep, turned.entry, caller.session, Part.PAGE, page, stage.now)
    copied = stage.database.record(access.open_report, caller, report, stage.now, stage.zone, action=Action.USE)
    stage.database.transact(sign_in.sign_out, caller, stage.now)
    stage.database.transact(ending.end, Caller(actor="system", channel="work"), turned.entry, stage.now)
    if copied.permit is not None:
        _leak(stage, copied.permit, file.sha256)


def _leak(stage: Stage, permit: Permit, digest: str) -> None:
    """The copy that the reader was given, left in the folder."""
    reader = next(each for each in CAST if each.login == _READER)
    when = language.format_time("zh_CN", permit.at, stage.zone, seconds=False)
    lines = (f"{reader.name[0]}*{signs.BETWEEN}{reader.number}", f"{when}{signs.BETWEEN}{permit.code}", _LEGAL)
    with stage.database.reading() as connection:
        content = library.content(connection, permit)
    data = originals.read(stage.data_dir, digest)
    made = copies.make(data, Mark(lines, permit.code), About(content.title, content.issuer, permit.at))
    (stage.data_dir / LEAKED).write_bytes(made)


SCENES: tuple[tuple[int, int, Callable[[Stage, dict[str, str]], None]], ...] = ((3, 11, _read),)
"""How many days ago, at what hour, and what was read."""
