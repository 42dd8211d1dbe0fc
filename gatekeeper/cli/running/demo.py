"""``gatekeeper demo``: a filled system on this machine alone, to be looked at."""

import pkgutil
from pathlib import Path

import click
from granian.log import LogLevels
from werkzeug.serving import run_simple

from gatekeeper import clock
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import Whole
from gatekeeper.cli.running import server
from gatekeeper.cli.screen import _, title
from gatekeeper.demo import folder
from gatekeeper.demo.cast import ACCOUNTS, PASSWORD
from gatekeeper.rules.errors import N_
from gatekeeper.settings import PREFIX

_HOST = "127.0.0.1"
_THREADS = 4


@click.command("demo")
@click.option("--port", type=Whole(0, 65_535), default=8000, help=_("The port; 0 picks a free one."))
@click.option("--data", type=click.Path(path_type=Path), metavar="DIR", help=_("The folder in which the data lies."))
@click.option("--debug", is_flag=True, help=_("Use the development server, which shows faults at the terminal."))
def demo(port: int, data: Path | None, debug: bool) -> None:  # noqa: FBT001  (click passes it so)
    """Make the folder on the first start, say who may sign in, and serve."""
    port = server.free_port(_HOST, port, "--port %s")
    place = data or folder.usual_folder()
    variables = folder.ready(place, clock.now(), lambda message, **values: screen.warn(_(message, **values)))
    address = f"http://{_HOST}:{port}"
    server.environment(variables | {f"{PREFIX}PORT": str(port), f"{PREFIX}PUBLIC_URL": address}, PREFIX)
    _welcome(address, place.resolve())
    if debug:
        run_simple(_HOST, port, pkgutil.resolve_name(server.TARGET)(), threaded=True)
    else:
        server.run(_HOST, port, workers=1, threads=_THREADS, work=True, level=LogLevels.warning)


def _welcome(address: str, place: Path) -> None:
    screen.put()
    people = [[login, name, title(role), _(may)] for login, name, role, may in ACCOUNTS]
    screen.put_table([_(N_("Login")), _(N_("Name")), _(N_("Role")), _(N_("What the account may do"))], people)
    screen.put()
    screen.put_pairs(
        [
            (_(N_("Password of everybody")), PASSWORD),
            (_(N_("Data")), str(place)),
            (_(N_("Token of another system")), str(place / folder.TOKEN_FILE)),
            (_(N_("Address")), f"{address}/"),
        ]
    )
    screen.put(_(N_("Everybody and everything in it is made up. Stop it with Ctrl-C.")))
