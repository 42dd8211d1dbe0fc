"""``gatekeeper ledger seal | keygen | status | checkpoint``: the tree over the ledger, and what is signed of it."""

import logging.config
import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import Row

from gatekeeper.actions.proof import sealing
from gatekeeper.cli import desk, screen
from gatekeeper.cli.arguments import Whole, as_json
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _
from gatekeeper.database import Database
from gatekeeper.ledger import keys, ml_dsa, tree
from gatekeeper.ledger.seal import Sealed
from gatekeeper.paths import newest_migration
from gatekeeper.rules.errors import N_, Fault, GatekeeperError, Invalid, NotFound, Unavailable
from gatekeeper.rules.note import Verifier
from gatekeeper.settings import Settings
from gatekeeper.watching import logs
from gatekeeper.work import loop
from gatekeeper.work.sealer import SEALER, seal_waiting
from gatekeeper.work.sending.office import Office

_NO_KEY = N_("No key is set, so nothing is signed. Set GATEKEEPER_LEDGER_KEY, then run: gatekeeper ledger keygen")
_LATE = timedelta(seconds=60)


@click.command("seal", help=_("Add what waits to the ledger's tree and sign it. `serve` does this by itself."))
@click.option("--once/--loop", default=True, help=_("Seal what waits and end, or go on every second until stopped."))
def seal(once: bool) -> None:  # noqa: FBT001  (click passes it so)
    """Seal, and say how far the log is sealed."""
    with at_desk() as at:
        office = Office(at.settings, at.database)
        if not once:
            logging.config.dictConfig(logs.configuration("INFO"))
            loop.run(office, [SEALER])
            return
        done = seal_waiting(office, publish_every=timedelta(0))
        if not done:
            screen.put(_(N_("Another sealer is at work.")))
            return
        _put_sealed(at, done)


def _put_sealed(at: Desk, done: list[Sealed]) -> None:
    added = sum(each.sealed for each in done)
    screen.put(_(N_("%(added)s entries were sealed. The log has %(size)s leaves."), added=added, size=done[-1].size))
    if note := next((each.checkpoint for each in reversed(done) if each.checkpoint), None):
        screen.put()
        click.echo(note, nl=False)
    elif at.settings.ledger_key is None:
        screen.warn(_(_NO_KEY))


@click.command("keygen", help=_("Make the key that signs the ledger's checkpoints, and list its public half beside it."))
@click.option("--key", type=click.Path(path_type=Path), metavar="FILE", help=_("The file; GATEKEEPER_LEDGER_KEY if not given."))
@click.option("--list", "only_list", is_flag=True, help=_("Only list the public half of a key that is there."))
@click.option("--post-quantum", is_flag=True, help=_("Make an ML-DSA-44 key too, which signs beside it; also later."))
def keygen(key: Path | None, only_list: bool, post_quantum: bool) -> None:  # noqa: FBT001  (click passes it so)
    """Make a key; nothing is ever overwritten."""
    settings = Settings.from_env(os.environ)
    path = key or settings.ledger_key
    if path is None:
        raise Invalid(Fault(_NO_KEY))
    name = _origin(settings)
    if post_quantum and not only_list and not ml_dsa.available():
        raise Unavailable(keys.NO_ML_DSA)
    if only_list or (post_quantum and path.exists()):
        verifier = keys.list_again(path, name).verifier()
    else:
        verifier = keys.generate(path, name).verifier()
    made = keys.generate_second(path, name) if post_quantum and not only_list else _second(path, name)
    _put_key(_(N_("Key")), path, verifier)
    if made is not None:
        screen.put()
        _put_key(_(N_("Second key (ML-DSA-44)")), keys.second_path(path), made)
    screen.put(_(N_("Give the public key to everyone who will check the ledger, and keep a copy of the key's file elsewhere.")))


def _put_key(what: str, path: Path, verifier: Verifier) -> None:
    screen.put_pairs(
        [(what, str(path)), (_(N_("Fingerprint")), keys.fingerprint(verifier)), (_(N_("Public key")), verifier.vkey())]
    )


def _second(path: Path, name: str) -> Verifier | None:
    """The second key; a warning says why there is none to show."""
    try:
        return keys.second(path, name)
    except GatekeeperError as error:
        for sentence in screen.told(error):
            screen.warn(sentence)
        return None


@click.group("key", help=_("Change the key that signs."))
def key_group() -> None:
    """Nothing by itself."""


@key_group.command("rotate", help=_("Sign with a new key from now on; the one before signs too until its file is deleted."))
def _rotate() -> None:
    with at_desk() as at:
        path = at.settings.ledger_key
        if path is None:
            raise Invalid(Fault(_NO_KEY))
        pairs = keys.prepare_change(path, _origin(at.settings))
        at.database.transact(sealing.change_key, at.operator(), pairs, at.now())
        keys.change(path)
        if len(pairs) == 1 and keys.second_path(path).exists():
            screen.warn(_(keys.NO_ML_DSA))
            screen.warn(_(N_("The second key was not changed.")))
    for what, (before, after) in zip([_(N_("Key")), _(N_("Second key (ML-DSA-44)"))], pairs, strict=False):
        screen.put_pairs(
            [
                (_(N_("Key before")), keys.fingerprint(before)),
                (what, keys.fingerprint(after)),
                (_(N_("Public key")), after.vkey()),
            ]
        )
    screen.put(
        _(N_("Both sign. Give the new public key to everyone who checks; after a month delete %(path)s.before."), path=path)
    )
    if len(pairs) > 1:
        screen.put(_(N_("Delete %(path)s.before.mldsa with it."), path=path))


def _origin(settings: Settings) -> str:
    """The name of the open log; of the one that is to be opened, where there is none yet."""
    if desk.revision(settings.database_url) != newest_migration():
        return settings.log_origin
    database = Database(settings.database_url, threads=1)
    try:
        with database.reading() as connection:
            return tree.log_of(connection).origin
    finally:
        database.dispose()


@click.command("status", help=_("Say how far the ledger is sealed, what waits, and what was signed last."))
@as_json
def status(as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    """Size, root, what waits, the last checkpoint, the key."""
    with at_desk() as at:
        with at.database.reading() as connection:
            log = tree.log_of(connection)
            count, oldest = tree.waiting(connection)
            last = tree.latest_checkpoint(connection, log.id)
        age = max(at.now() - oldest, timedelta(0)) if oldest else None
        key, second, trouble = _key(at.settings, log.origin)
        if as_json:
            screen.put_json(
                {
                    "origin": log.origin,
                    "size": log.size,
                    "root": log.root.hex(),
                    "waiting": count,
                    "waiting_since": oldest,
                    "waiting_seconds": round(age.total_seconds(), 3) if age is not None else None,
                    "checkpoint": _data(last) if last else None,
                    "key": key,
                    "second_key": second,
                }
            )
        else:
            _put_status(at, log, (count, age), last, (key, second))
    for each in trouble:
        screen.warn(each)
    if age is not None and age > _LATE:
        screen.warn(_(N_("Entries have waited for more than a minute: is the work process running?")))


def _key(settings: Settings, origin: str) -> tuple[str | None, str | None, list[str]]:
    """The fingerprints of the key that signs and of the second one, and why nothing is signed, or not with both."""
    path, found = settings.ledger_key, None
    if path is None:
        return None, None, [_(_NO_KEY)]
    try:
        found = keys.fingerprint(keys.load(path, origin).verifier())
        second = keys.second(path, origin)
    except GatekeeperError as error:
        return found, None, screen.told(error)
    return found, keys.fingerprint(second) if second else None, []


def _put_status(
    at: Desk, log: tree.Log, waiting: tuple[int, timedelta | None], last: Row[Any] | None, key: tuple[str | None, str | None]
) -> None:
    count, age = waiting
    waits = (
        _(N_("%(count)s, the oldest for %(seconds)s s"), count=count, seconds=int(age.total_seconds()))
        if age is not None
        else "0"
    )
    signed = _(N_("%(size)s leaves, %(time)s"), size=last.size, time=screen.moment(last.signed_at, at.zone)) if last else "–"
    screen.put_pairs(
        [
            (_(N_("Log")), log.origin),
            (_(N_("Leaves")), str(log.size)),
            (_(N_("Root")), log.root.hex()),
            (_(N_("Waiting to be sealed")), waits),
            (_(N_("Last checkpoint")), signed),
            (_(N_("Key")), key[0] or "–"),
            (_(N_("Second key (ML-DSA-44)")), key[1] or "–"),
        ]
    )


@click.group("checkpoint", help=_("Show what was signed."))
def checkpoint() -> None:
    """Nothing by itself."""


@checkpoint.command("show", help=_("Show a signed checkpoint: the last one, or the first with at least SIZE leaves."))
@click.argument("size", type=Whole(0, 2**62), required=False)
def _show(size: int | None) -> None:
    with at_desk() as at, at.database.reading() as connection:
        log = tree.log_of(connection)
        found = tree.latest_checkpoint(connection, log.id) if size is None else tree.first_checkpoint(connection, log.id, size)
    if found is None:
        raise NotFound(N_("There is no such checkpoint."))
    click.echo(found.note, nl=False)


@checkpoint.command("list", help=_("List the checkpoints, the newest first."))
@click.option("--limit", type=Whole(1, 1000), default=50, help=_("At most this many."))
@as_json
def _list(limit: int, as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    with at_desk() as at:
        with at.database.reading() as connection:
            rows = tree.checkpoints(connection, tree.log_of(connection).id, limit)
        if as_json:
            screen.put_json([_data(row) for row in rows])
        elif rows:
            headings = [_(N_("Leaves")), _(N_("Signed")), _(N_("Root"))]
            screen.put_table(headings, [[str(row.size), screen.moment(row.signed_at, at.zone), row.root.hex()] for row in rows])
        else:
            screen.put(_(N_("Nothing has been signed yet.")))


def _data(row: Row[Any]) -> dict[str, Any]:
    return {"size": row.size, "root": row.root.hex(), "signed_at": row.signed_at, "note": row.note}
