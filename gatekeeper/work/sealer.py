"""Sealing as it falls due: every second, and at once again while much waits."""

from datetime import timedelta

from gatekeeper.ledger import keys, seal, tree
from gatekeeper.ledger.seal import Halted, Outside, Sealed
from gatekeeper.rules.errors import GatekeeperError
from gatekeeper.rules.note import Signer
from gatekeeper.work import anchoring
from gatekeeper.work.sending.office import Office
from gatekeeper.work.tasks import Task

_AT_ONCE = 1_000


def seal_waiting(office: Office, *, publish_every: timedelta = seal.PUBLISH_EVERY) -> list[Sealed]:
    """Seal what waits, batch by batch; what is there no key for is sealed all the same, and then the key's error is raised.

    Returns what each batch came to. Nothing, if another sealer is at work.
    """
    signers, trouble = _signers(office)
    outside = _outside(office) if signers else seal.NOTHING_OUTSIDE
    done: list[Sealed] = []
    try:
        while not office.stopping.is_set():
            batch = office.database.transact(seal.seal, signers, office.now(), publish_every=publish_every, outside=outside)
            if batch is None:
                break
            done.append(batch)
            if batch.sealed < _AT_ONCE:
                break
    except Halted as halted:
        office.database.transact(seal.raise_alarm, halted, office.now())
        raise
    if trouble is not None:
        raise trouble
    return done


def _signers(office: Office) -> tuple[list[Signer], GatekeeperError | None]:
    """Who signs; nobody where no key is set, or where it cannot be used, and then why."""
    if office.settings.ledger_key is None:
        return [], None
    with office.database.reading() as connection:
        origin = tree.log_of(connection).origin
    try:
        return keys.signers(office.settings.ledger_key, origin, office.now), None
    except GatekeeperError as error:
        return [], error


def _outside(office: Office) -> Outside:
    path = office.settings.ledger_key
    return Outside(anchoring.known(office.settings), keys.verifiers(path) if path else [])


SEALER = Task("seal", timedelta(seconds=1), seal_waiting)
