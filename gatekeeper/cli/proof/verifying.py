"""``gatekeeper ledger verify``: everything that the ledger says of itself, worked out again.

Exit codes: 0 nothing is wrong; 1 something is, or a seal, a key or an outside checkpoint is missing; 2 it could not be checked.
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.exceptions import Exit

from gatekeeper.actions.proof import verification
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Whole, as_json
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _
from gatekeeper.files import anchor_file
from gatekeeper.ledger import keys, scrubbed, tree
from gatekeeper.ledger.verify import Finding, Mode, Report, Wanted, verify
from gatekeeper.rules.errors import N_, Fault, GatekeeperError, Invalid, Unavailable

_FOUND, _COULD_NOT = 1, 2
_HELP = N_(
    "Work out again everything that the ledger says of itself: entries, leaves, tiles, roots, checkpoints, chains. Ends with 0 if"
    " nothing is wrong, 1 if something is or a seal, a key or an outside checkpoint is missing, 2 if it could not be checked."
)
_ONE_MODE = N_("Give one of --quick, --full, --since and --sample.")
_NO_FILE = N_("There is no checkpoint in %(path)s.")
_UNCHECKED = N_(
    "The signatures of %(name)s with the key %(fingerprint)s (ML-DSA-44) were left aside: this machine cannot check them."
)
_MOST, _LAST = 2**62, -1
_BEGINS = N_("Begins at %(size)s entries, up to which the log was verified before.")
_NEVER = N_("The log was never verified without a fault, so this begins at its first entry.")


class _Since(Whole):
    """A size of the log, or ``last``: up to where it was verified before."""

    def __init__(self) -> None:
        super().__init__(0, _MOST)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the size."""
        return _LAST if value == "last" else super().convert(value, param, ctx)


@click.command("verify", help=_(_HELP))
@click.option("--quick", is_flag=True, help=_("Only the newest checkpoint, the right edge of the tree and the queue."))
@click.option("--full", is_flag=True, help=_("Every entry, tile and checkpoint; this is what is done if nothing is said."))
@click.option(
    "--since", type=_Since(), metavar="SIZE", help=_("Only what came after the log had this size, or after the “last” one.")
)
@click.option("--sample", type=Whole(1, _MOST), metavar="N", help=_("The entries under so many tiles, picked at random."))
@click.option("--known", multiple=True, type=click.Path(path_type=Path), metavar="FILE", help=_("A checkpoint kept outside."))
@click.option("--vkey", multiple=True, metavar="KEY", help=_("Trust this public key, and not those listed on this machine."))
@as_json
def command(known: Sequence[Path], vkey: Sequence[str], as_json: bool, **mode: Any) -> None:  # noqa: FBT001  (click passes it so)
    """Verify in one snapshot, record that it was done, and only then show what came of it."""
    with _checked(), at_desk() as desk:
        wanted = _wanted(desk, known, vkey, mode)
        unchecked = [each for each in wanted.keys if each.check is None]
        if vkey and len(unchecked) == len(wanted.keys):
            raise Unavailable(keys.NO_ML_DSA)
        with desk.database.snapshot() as connection:
            report = verify(connection, wanted, desk.now(), _progress)
        code = desk.database.record(verification.finished, desk.operator(), report, desk.now())
        if as_json:
            screen.put_json(_data(report, code) | {"unchecked_keys": [keys.fingerprint(each) for each in unchecked]})
        else:
            _put(report, code)
            for each in unchecked:
                screen.warn(_(_UNCHECKED, name=each.name, fingerprint=keys.fingerprint(each)))
    if report.findings.count:
        raise Exit(_FOUND)


@contextmanager
def _checked() -> Iterator[None]:
    """What keeps a verification from being made is neither a pass nor a finding."""
    try:
        yield
    except GatekeeperError as error:
        for sentence in screen.told(error):
            screen.warn(sentence)
        raise Exit(_COULD_NOT) from error


def _wanted(desk: Desk, known: Sequence[Path], vkeys: Sequence[str], mode: dict[str, Any]) -> Wanted:
    asked = [Mode(name) for name, value in mode.items() if value is not None and value is not False]
    if len(asked) > 1:
        raise Invalid(Fault(_ONE_MODE))
    chosen = asked[0] if asked else Mode.FULL
    number = mode[chosen.value] if chosen in {Mode.SINCE, Mode.SAMPLE} else 0
    path = desk.settings.ledger_key
    return Wanted(
        mode=chosen,
        number=_borne_out(desk) if number == _LAST else number,
        keys=keys.parse_vkeys(vkeys, "--vkey") if vkeys else keys.verifiers(path) if path else (),
        known=_known(desk, known),
    )


def _borne_out(desk: Desk) -> int:
    """Up to where the log was verified before, said to whoever asked for that."""
    with desk.database.reading() as connection:
        size = scrubbed.borne_out(connection, tree.log_of(connection).origin)
    screen.warn(_(_BEGINS, size=size) if size else _(_NEVER))
    return size


def _known(desk: Desk, paths: Sequence[Path]) -> list[tuple[str, str]]:
    """The checkpoints from outside: those given, and the one in the anchor file."""
    found = []
    for path in paths:
        note = anchor_file.read(path)
        if note is None:
            raise Unavailable(_NO_FILE, path=path)
        found.append((str(path), note))
    anchor = desk.settings.anchor_file
    if anchor is not None and (note := anchor_file.read(anchor)) is not None:
        found.append((str(anchor), note))
    return found


def _progress(done: int, total: int) -> None:
    """How far it is, on a terminal and nowhere else."""
    if sys.stderr.isatty():
        click.echo(f"\r{done:>12,} / {total:,}", err=True, nl=done == total)


def _data(report: Report, code: str) -> dict[str, Any]:
    return {
        "mode": report.mode,
        "logs": [
            {
                "origin": each.origin,
                "size": each.size,
                "root": each.root.hex(),
                "leaves": each.leaves,
                "covered": each.covered,
                "closed": each.closed,
            }
            for each in report.logs
        ],
        "unsealed": report.unsealed,
        "count": report.findings.count,
        "findings": [
            {"check": each.check, "where": each.where, "sentence": _told(each), **each.values} for each in report.findings.first
        ],
        "code": code,
    }


def _told(finding: Finding) -> str:
    return _(finding.sentence, **finding.values)


def _put(report: Report, code: str) -> None:
    for each in report.logs:
        screen.put_pairs(
            [
                (_(N_("Log")), each.origin),
                (_(N_("Leaves")), str(each.size)),
                (_(N_("Root")), each.root.hex()),
                (_(N_("Worked out again")), str(each.leaves)),
                (_(N_("Borne out from outside, to")), "–" if each.covered is None else str(each.covered)),
            ]
        )
    screen.put()
    findings = report.findings
    for finding in findings.first:
        screen.put(_told(finding))
    if more := findings.count - len(findings.first):
        screen.put(_(N_("and %(count)s more"), count=more))
    screen.put(_(N_("Faults: %(count)s"), count=findings.count) if findings.count else _(N_("Nothing is wrong.")))
    screen.put_pairs([(_(N_("Entry")), code)])
