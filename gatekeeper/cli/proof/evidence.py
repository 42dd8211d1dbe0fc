"""``gatekeeper ledger prove | export | export-tiles``: parts of the log for somebody who trusts nobody here.

The file is made under a passing name, recorded with its digest, and only then it gets its own.
"""

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Connection

from gatekeeper.actions.proof import evidence as actions
from gatekeeper.actions.proof.evidence import Taken
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Moment, When, as_json
from gatekeeper.cli.clients import lookup
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _
from gatekeeper.ledger import evidence, periods
from gatekeeper.ledger.evidence import Head, Made, Plan
from gatekeeper.rules.errors import N_, Conflict, Fault, GatekeeperError, Invalid, NotFound, Unavailable
from gatekeeper.rules.events import Kind
from gatekeeper.rules.reading.codes import code_of
from gatekeeper.store.proof.filtering import Filter
from gatekeeper.work.sealer import seal_waiting
from gatekeeper.work.sending.office import Office

_TOLD_EVERY = 10_000
_RANGE = re.compile("([0-9]{1,18}):([0-9]{1,18})")
_TIME = "[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:[0-9]{2})?)?"
_PERIOD = re.compile(f"({_TIME}):({_TIME})")
_NAMES = re.compile("[a-z_]+(,[a-z_]+)*")
_EXISTS = N_("%(path)s is there already. Evidence never overwrites anything.")
_CANNOT = N_("%(path)s cannot be written: %(detail)s")
_UNREADABLE = N_("%(path)s cannot be read: %(detail)s")
_BAD_RANGE = N_("A range is FIRST:LAST, two places in the log or two days or times, for example 0:99 or 2026-01-01:2026-01-31.")
_BACKWARDS = N_("The range ends before it begins.")
_BAD_NAMES = N_("Private names are separated by commas, for example address,device.")
_MIXED = N_("A whole range has no filter: an auditor filters for himself, so that nothing can be left out.")
_NOTHING = N_("No sealed entry matches, so there is nothing to prove.")
_UNCOVERED = N_("Not covered: %(count)s matching entries are newer than the checkpoint. Run: gatekeeper ledger seal")
_ELSEWHERE = N_("Not covered: %(count)s matching entries stand in logs that were closed earlier. Export those with --log.")
_NOT_ALL = N_("This proves what is in it, not that it is all. For that export a whole range with --whole.")
_KEY = N_("Give the auditor the log's public key by another way than this file.")
_KEYS = (
    ("file", N_("File")),
    ("entries", N_("Entries")),
    ("whole", N_("Whole range")),
    ("size", N_("Checkpoint at")),
    ("sha256", N_("SHA-256")),
    ("code", N_("Recorded under code")),
)


@click.command("prove", help=_("Prove one entry: a C2SP tlog-proof, which holds the entry, its place and the checkpoint."))
@click.argument("code")
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="FILE", help=_("Write here instead of to the terminal."))
def prove(code: str, output: Path | None) -> None:
    """Make the proof, record it, and only then show it."""
    with at_desk() as desk:
        kept = code_of(code) or code[:40]
        seal(desk)
        with desk.database.reading() as connection:
            text, size = evidence.proof_of_code(connection, kept)
        digest = sha256(text.encode()).hexdigest()
        taken = Taken(form="tlog-proof", size=size, rows=1, sha256=digest, first=kept, last=kept)
        if output is None:
            _record(desk, Filter(code=kept), taken)
            click.echo(text, nl=False)
            return
        with under_way(output) as passing:
            passing.write_text(text, encoding="utf-8")
            recorded = _record(desk, Filter(code=kept), taken)
    _put({"file": str(output), "entries": 1, "size": size, "sha256": digest, "code": recorded})


@click.command("export", help=_("Export entries as evidence that anybody can check with the gkverify.py in it."))
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, metavar="FILE", help=_("The archive to make."))
@click.option("--from", "since", type=When(), metavar="TIME", help=_("Entries from this day or time on."))
@click.option("--to", "until", type=When(), metavar="TIME", help=_("Entries up to and including this day or time."))
@click.option("--person", metavar="LOGIN", help=_("The person concerned, or who did it."))
@click.option("--investor", metavar="NUMBER", help=_("The investor, by client number."))
@click.option("--report", metavar="REPORT", help=_("The report, by its id or its beginning."))
@click.option("--kind", metavar="KIND", help=_("What happened, for example report.opened."))
@click.option("--whole", metavar="FIRST:LAST", help=_("Instead of a filter: every entry from one place, day or time to another."))
@click.option("--open", "opened", metavar="NAMES", help=_("Private values to show, by name: address,device. Others stay sealed."))
@click.option("--known", type=click.Path(path_type=Path), metavar="FILE", help=_("A checkpoint that the auditor kept."))
@click.option("--log", "origin", metavar="ORIGIN", help=_("A log that was closed earlier, by its name."))
@click.option("--witnessed", is_flag=True, help=_("Against the newest checkpoint that a witness has signed."))
@as_json
def export(output: Path, as_json: bool, **asked: Any) -> None:  # noqa: FBT001  (click passes it so)
    """Make the archive, record it, and only then give it its name."""
    with at_desk() as desk:
        seal(desk)
        with desk.database.reading() as connection:
            wanted = _filter(desk, connection, asked)
            period = _period(desk, asked["whole"])
            plan = _plan(connection, wanted, period, asked)
            with under_way(output) as passing:
                made, digest = _write(connection, desk, plan, passing)
                taken = Taken(
                    form="bundle",
                    size=plan.head.size,
                    rows=made.rows,
                    sha256=digest,
                    first=made.first,
                    last=made.last,
                    whole=_ends(plan),
                    opened=plan.opened,
                    openings=made.openings,
                )
                code = _record(desk, period or wanted, taken)
    said = {"file": str(output), "entries": made.rows, "size": plan.head.size, "sha256": digest, "code": code}
    said |= {"whole": "{}:{}".format(*taken.whole)} if taken.whole else {}
    _put(said | {"not_covered": plan.uncovered, "in_other_logs": plan.elsewhere}, as_json=as_json)
    if not as_json:
        _warn(plan)


@click.command("export-tiles", help=_("Export the whole log as tlog-tiles (C2SP), a folder that other people's programs read."))
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--log", "origin", metavar="ORIGIN", help=_("A log that was closed earlier, by its name."))
def export_tiles(folder: Path, origin: str | None) -> None:
    """Make the folder, record it by its checkpoint's digest, and only then give it its name."""
    with at_desk() as desk:
        seal(desk)
        with desk.database.reading() as connection, under_way(folder, is_folder=True) as passing:
            head = evidence.head(connection, origin)
            evidence.write_tiles(connection, head, passing)
            digest = sha256(head.note.encode()).hexdigest()
            code = _record(desk, Filter(), Taken(form="tlog-tiles", size=head.size, rows=head.size, sha256=digest))
    _put({"file": str(folder), "entries": head.size, "size": head.size, "sha256": digest, "code": code})


def seal(desk: Desk) -> None:
    """Let the newest checkpoint cover everything so far. Where nothing can be signed the last one serves, and it is said why."""
    if desk.settings.ledger_key is None:
        return
    try:
        seal_waiting(Office(desk.settings, desk.database), publish_every=timedelta(0))
    except GatekeeperError as error:
        for sentence in screen.told(error):
            screen.warn(sentence)


def _filter(desk: Desk, connection: Connection, asked: dict[str, Any]) -> Filter:
    since: Moment | None = asked["since"]
    until: Moment | None = asked["until"]
    kind, person, investor, report = (asked[name] for name in ("kind", "person", "investor", "report"))
    if kind is not None and kind not in list(Kind):
        raise NotFound(N_("The ledger knows no entries of the kind %(kind)s."), kind=kind)
    return Filter(
        since=since.start(desk.zone) if since else None,
        before=until.end(desk.zone) if until else None,
        kind=kind,
        person=lookup.person(connection, person).id if person else None,
        investor=lookup.investor_by_number(connection, investor) if investor else None,
        report=lookup.report(connection, report) if report else None,
    )


def _period(desk: Desk, typed: str | None) -> Filter | None:
    """The period, where a whole range is given by days or times; the last of them is in it."""
    found = _PERIOD.fullmatch(typed or "")
    if not found:
        return None
    since, until = (When().convert(each, None, None) for each in found.groups())
    start, end = since.start(desk.zone), until.end(desk.zone)
    if start >= end:
        raise Invalid(Fault(_BACKWARDS, field="whole"))
    return Filter(since=start, before=end)


def _plan(connection: Connection, wanted: Filter, period: Filter | None, asked: dict[str, Any]) -> Plan:
    head = evidence.head(connection, asked["origin"], witnessed=asked["witnessed"])
    whole, opened, known = asked["whole"], asked["opened"], asked["known"]
    if opened and not _NAMES.fullmatch(opened):
        raise Invalid(Fault(_BAD_NAMES, field="open"))
    names = tuple(sorted(set(opened.split(",")))) if opened else ()
    checkpoint = evidence.known(connection, head, _read(known)) if known else None
    if whole is None:
        plan = evidence.selected(connection, head, wanted)
    elif wanted != Filter():
        raise Invalid(Fault(_MIXED, field="whole"))
    else:
        plan = periods.whole(connection, head, period) if period else _whole(head, whole)
    if not plan.indexes:
        raise NotFound(_NOTHING)
    return evidence.with_more(plan, opened=names, known=checkpoint, said=actions.told(period or wanted))


def _whole(head: Head, typed: str) -> Plan:
    found = _RANGE.fullmatch(typed)
    if not found:
        raise Invalid(Fault(_BAD_RANGE, field="whole"))
    return evidence.whole(head, int(found[1]), int(found[2]))


def _ends(plan: Plan) -> tuple[int, int] | None:
    return (plan.indexes[0], plan.indexes[-1]) if plan.whole else None


def _write(connection: Connection, desk: Desk, plan: Plan, path: Path) -> tuple[Made, str]:
    """Write the archive and take its digest; large ones tell how far they are."""

    def tell(count: int) -> None:
        if count % _TOLD_EVERY == 0:
            screen.warn(_(N_("%(count)s of %(total)s entries"), count=count, total=len(plan.indexes)))

    with path.open("w+b") as file:
        made = evidence.write(connection, plan, file, desk.now(), tell=tell)
        file.seek(0)
        return made, file_digest(file, "sha256").hexdigest()


@contextmanager
def under_way(final: Path, *, is_folder: bool = False) -> Iterator[Path]:
    """A name beside the final one for what is being made. It becomes the final one if all goes well, and is gone if not."""
    if final.exists():
        raise Conflict(_EXISTS, path=final)
    try:
        with tempfile.TemporaryDirectory(prefix=f".{final.name}-", dir=final.resolve().parent) as place:
            passing = Path(place) / final.name
            if is_folder:
                passing.mkdir()
            yield passing
            passing.rename(final)
    except OSError as error:
        raise Unavailable(_CANNOT, path=final, detail=error.strerror) from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(Fault(_UNREADABLE, field="known", path=path, detail=error)) from error


def _record(desk: Desk, wanted: Filter, taken: Taken) -> str:
    return desk.database.record(actions.exported, desk.operator(), wanted, taken, desk.now())


def _put(said: dict[str, Any], *, as_json: bool = False) -> None:
    if as_json:
        screen.put_json(said)
    else:
        screen.put_pairs([(_(title), str(said[name])) for name, title in _KEYS if name in said])


def _warn(plan: Plan) -> None:
    """What the evidence does not show, and how its key must travel."""
    if plan.uncovered:
        screen.warn(_(_UNCOVERED, count=plan.uncovered))
    if plan.elsewhere:
        screen.warn(_(_ELSEWHERE, count=plan.elsewhere))
    if not plan.whole:
        screen.warn(_(_NOT_ALL))
    screen.warn(_(_KEY))
