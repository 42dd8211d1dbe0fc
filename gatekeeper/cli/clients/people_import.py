"""``gatekeeper people import | import-confirm | import-status``: a file of people, checked and put in force here and now."""

from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from gatekeeper.actions.clients import imports
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import as_json, as_person
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _
from gatekeeper.files import originals
from gatekeeper.files.importing import table
from gatekeeper.ledger.acts.importing import Progress, State, progress
from gatekeeper.rules.errors import N_, Conflict, Fault, Invalid, NotFound
from gatekeeper.rules.importing.columns import BY_KEY
from gatekeeper.store.clients import imports as store
from gatekeeper.store.clients.imports import Step
from gatekeeper.work import importing
from gatekeeper.work.importing import Bench

_SHOWN = 20
_UNREADABLE = N_("The file %(name)s cannot be read: %(detail)s")
_NO_IMPORT = N_("No import begins with %(value)s.")
_SEVERAL = N_("%(value)s is the beginning of several ids. Give more of it.")
_IN_HAND = N_("The work process has this import in hand. Look again in a moment: gatekeeper people import-status %(id)s")
_STATES = {
    State.CHECKING: N_("being checked"),
    State.FAILED: N_("not usable"),
    State.CHECKED: N_("to be confirmed"),
    State.DISCARDED: N_("discarded"),
    State.LOWERING: N_("what lowers takes effect"),
    State.WAITING: N_("waits for a second person"),
    State.REJECTED: N_("rejected"),
    State.WITHDRAWN: N_("withdrawn"),
    State.RAISING: N_("what raises takes effect"),
    State.FINISHED: N_("done"),
}


@click.command("import", help=_("Check a CSV or XLSX file of people and classifications. Nothing acts before it is confirmed."))
@click.argument("file", type=click.Path(path_type=Path))
@as_person
@click.option("--reason", required=True, help=_("Why; kept with the entry."))
@as_json
def import_(file: Path, login: str, password_fd: int | None, reason: str, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    """Hand the file in as this person, and check it."""
    with at_desk() as desk:
        content = _content(file)
        table.check(file)
        caller = desk.person(login, password_fd)
        path = originals.keep(desk.settings.data_dir, content)
        told = {"name": file.name, "sha256": path.name, "size": len(content)}
        id_ = desk.database.transact(imports.start, caller, told, reason, desk.now())
        _work(desk, id_)
        _put(desk, id_, as_json=as_json)


@click.command("import-confirm", help=_("Confirm an import: what lowers acts at once, everything that raises is one proposal."))
@click.argument("import_id", metavar="IMPORT")
@as_person
@as_json
def confirm(import_id: str, login: str, password_fd: int | None, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    """Confirm as this person, and let what lowers act."""
    with at_desk() as desk:
        with desk.database.reading() as connection:
            id_ = _found(connection, import_id)
        caller = desk.person(login, password_fd)
        desk.database.transact(imports.confirm, caller, id_, desk.now())
        _work(desk, id_)
        _put(desk, id_, as_json=as_json)


@click.command(
    "import-status", help=_("Say how far imports are; of one, also what was refused. What waits is done here and now.")
)
@click.argument("import_id", metavar="[IMPORT]", required=False)
@as_json
def status(import_id: str | None, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    """List the newest, or tell of one."""
    with at_desk() as desk:
        if import_id is None:
            _list(desk, as_json=as_json)
            return
        with desk.database.reading() as connection:
            id_ = _found(connection, import_id)
        _work(desk, id_)
        _put(desk, id_, as_json=as_json)


def _content(file: Path) -> bytes:
    try:
        table.refuse_large(file.stat().st_size)
        return file.read_bytes()
    except (OSError, ValueError) as error:
        detail = getattr(error, "strerror", None) or error
        raise Invalid(Fault(_UNREADABLE, field="file", name=file.name, detail=detail)) from error


def _found(connection: Connection, word: str) -> str:
    ids = store.beginning(connection, word.casefold(), 2)
    if len(ids) > 1:
        raise Invalid(Fault(_SEVERAL, value=word))
    if not ids:
        raise NotFound(_NO_IMPORT, value=word)
    return ids[0]


def _work(desk: Desk, id_: str) -> None:
    """Do what waits of this import, unless the work process was quicker."""
    importing.do(Bench(desk.database, desk.settings.data_dir, desk.zone, desk.now), only=id_)


def _put(desk: Desk, id_: str, *, as_json: bool) -> None:
    with desk.database.reading() as connection:
        [found] = progress(connection, [store.get(connection, id_)])
        refused = store.rows(connection, id_, after=0, limit=_SHOWN, only="refused")
        results = {f"{part} {outcome}": number for (part, outcome), number in store.results(connection, id_).items()}
    if as_json:
        screen.put_json({**_data(found), "results": results, "refused": [_refused(row) for row in refused]})
        return
    _put_progress(found, results)
    rows = [
        (str(row.number), row.client_number, column, sentence) for row in refused for column, sentence in _refused(row)["why"]
    ]
    if rows:
        screen.put()
        screen.put_table([_(N_("Row")), _(N_("Client number")), _(N_("Column")), _(N_("Reason"))], rows)
    if found.state is State.CHECKING:
        raise Conflict(_IN_HAND, id=id_[:8])


def _put_progress(found: Progress, results: dict[str, int]) -> None:
    pairs = [
        (_(N_("Import")), found.row.id),
        (_(N_("File")), found.row.file_name),
        (_(N_("State")), _(_STATES[found.state])),
        *((_(label), f"{number:,}") for label, number in _numbers(found)),
        *((name, f"{number:,}") for name, number in sorted(results.items())),
        *([(_(N_("Proposal")), found.proposal)] if found.proposal else []),
    ]
    screen.put_pairs(pairs)
    for message, values in found.told(Step.FAILED)["faults"] if Step.FAILED in found.steps else []:
        screen.warn(_(message, **values))


def _numbers(found: Progress) -> list[tuple[str, int]]:
    if Step.CHECKED not in found.steps:
        return []
    told = found.told(Step.CHECKED)
    verdicts = told["verdicts"]
    return [
        (N_("Rows"), told["rows"]),
        (N_("New investors"), verdicts["NEW"]),
        (N_("Changed"), verdicts["CHANGED"]),
        (N_("Unchanged"), verdicts["UNCHANGED"]),
        (N_("Refused"), verdicts["REFUSED"]),
        (N_("Rows that lower"), told["lowers"]),
        (N_("Rows that raise"), told["raises"]),
    ]


def _data(found: Progress) -> dict[str, Any]:
    return {
        "import": found.row.id,
        "file": found.row.file_name,
        "sha256": found.row.sha256,
        "state": found.state.value,
        "checked": found.told(Step.CHECKED) if Step.CHECKED in found.steps else None,
        "proposal": found.proposal,
        "faults": [message % values for message, values in found.told(Step.FAILED)["faults"]]
        if Step.FAILED in found.steps
        else [],
    }


def _refused(row: Any) -> dict[str, Any]:
    why = [(_heading(field), _(message, **values)) for message, field, values in store.faults_of(row)]
    return {"row": row.number, "client_number": row.client_number, "why": why}


def _heading(field: str | None) -> str:
    column = BY_KEY.get(field or "")
    return "" if column is None else column.zh if screen.tag() == "zh_CN" else column.en


def _list(desk: Desk, *, as_json: bool) -> None:
    with desk.database.reading() as connection:
        found = progress(connection, store.newest(connection, _SHOWN))
    if as_json:
        screen.put_json({"imports": [_data(each) for each in found]})
    elif not found:
        screen.put(_(N_("No file has been imported yet.")))
    else:
        headings = [_(N_("Import")), _(N_("Since")), _(N_("File")), _(N_("By")), _(N_("State"))]
        rows = [
            (
                each.row.id[:8],
                screen.moment(each.row.asked_at, desk.zone),
                each.row.file_name,
                each.row.asked_by_name,
                _(_STATES[each.state]),
            )
            for each in found
        ]
        screen.put_table(headings, rows)
