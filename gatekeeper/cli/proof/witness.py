"""``gkwitness``: run a witness of ledgers. It needs neither the ledger's database nor its settings."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click
from granian import Granian
from granian.constants import Interfaces

from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Whole
from gatekeeper.cli.running import server
from gatekeeper.cli.screen import _
from gatekeeper.ledger import keys
from gatekeeper.rules.errors import N_, Fault, GatekeeperError, Invalid
from gatekeeper.rules.note import COSIGNATURE, BadNote, Verifier
from gatekeeper.watching import logs
from gatekeeper.witness import Witness, application, cosigner

_TARGET = "gatekeeper.cli.proof.witness:make"
_PREFIX = "GKWITNESS_"
_NO_LOG = N_("This is not the public key of a log: %(key)s")
_FILE = click.Path(path_type=Path)


@click.command("gkwitness", help=_("Sign the checkpoints of ledgers that only ever go on. Run it where their owner has no say."))
@click.option("--name", required=True, help=_("The witness's name, for example witness.example.org."))
@click.option("--key", required=True, type=_FILE, metavar="FILE", help=_("Its key; made if it is not there."))
@click.option("--seen", required=True, type=_FILE, metavar="FILE", help=_("What it has seen: one file that is never put back."))
@click.option("--log", "watched", multiple=True, required=True, metavar="KEY", help=_("The public key of a log to watch."))
@click.option("--host", default="127.0.0.1", help=_("Address that it binds to."))
@click.option("--port", type=Whole(0, 65_535), default=8088, help=_("Port that it binds to; 0 picks a free one."))
def gkwitness(name: str, key: Path, seen: Path, watched: tuple[str, ...], host: str, port: int) -> None:
    """Say the public key, and serve."""
    signer = _signer(key, name)
    _logs(watched)
    port = server.free_port(host, port, "--port %s")
    screen.put_pairs([(_(N_("Public key")), signer.verifier().vkey()), (_(N_("Address")), f"http://{host}:{port}")])
    settings = {"NAME": name, "KEY": str(key), "SEEN": str(seen), "LOGS": " ".join(watched)}
    server.environment({f"{_PREFIX}{each}": value for each, value in settings.items()}, _PREFIX)
    Granian(
        _TARGET,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        factory=True,
        workers=1,
        blocking_threads=2,
        websockets=False,
        log_dictconfig=logs.configuration("WARNING"),
    ).serve()


def main() -> None:
    """Run it; what is wrong is said in one sentence."""
    try:
        gkwitness(standalone_mode=False)
    except (click.ClickException, GatekeeperError) as error:
        for sentence in screen.told(error) if isinstance(error, GatekeeperError) else [error.format_message()]:
            screen.warn(sentence)
        sys.exit(1)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)


def make() -> Callable[..., object]:
    """The application of a worker, from what the command left in the environment."""
    found = {each: os.environ[f"{_PREFIX}{each}"] for each in ("NAME", "KEY", "SEEN", "LOGS")}
    signer = keys.load(Path(found["KEY"]), found["NAME"], COSIGNATURE)
    return application(Witness(Path(found["SEEN"]), cosigner(signer), _logs(found["LOGS"].split())))


def _signer(path: Path, name: str) -> keys.Ed25519Signer:
    return keys.load(path, name, COSIGNATURE) if path.exists() else keys.generate(path, name, COSIGNATURE)


def _logs(vkeys: Sequence[str]) -> dict[str, list[Verifier]]:
    """The logs to watch by their names, which are those of their keys; one that renews its key has two."""
    found: dict[str, list[Verifier]] = {}
    for each in vkeys:
        try:
            verifier = keys.parse_vkey(each)
        except BadNote as error:
            raise Invalid(Fault(_NO_LOG, key=each)) from error
        if verifier.check is None:
            raise Invalid(Fault(keys.NO_ML_DSA))
        found.setdefault(verifier.name, []).append(verifier)
    return found
