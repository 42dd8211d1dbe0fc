"""The command ``gatekeeper``: finding its commands, and ending every failure in one sentence and an exit code.

Exit codes: 0 done, 1 not done (the sentence says why), 2 the command line cannot be read, 70 a fault of ours, 130 stopped.
"""

import errno
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from typing import Any

import click
from click.exceptions import BadOptionUsage, Exit, NoArgsIsHelpError

from gatekeeper import __version__, collecting
from gatekeeper.cli.commands import COMMANDS
from gatekeeper.cli.screen import _, told, warn
from gatekeeper.rules.errors import N_, GatekeeperError

_NOT_DONE, _USAGE, _OUR_FAULT, _STOPPED = 1, 2, 70, 130


class Root(click.Group):
    """The top command."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        """Every command, in order."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002  (the same)
        """Load one command: whoever lists settings need not wait for the database's libraries."""
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        with collecting.loading():
            found: click.Command = pkgutil.resolve_name(place.declared)
        found.help = _(place.help)
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List every command by its sentence, and load none."""
        named = [click.Command(name, help=_(place.help)) for name, place in COMMANDS.items()]
        click.Group(commands=named).format_commands(ctx, formatter)

    def main(  # type: ignore[override]  # click tells its two forms apart by standalone_mode, which is ours to set
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> Any:
        """Run, and exit with a code."""
        extra["standalone_mode"] = False
        try:
            code = super().main(args, prog_name or "gatekeeper", **extra)
        except NoArgsIsHelpError as error:
            click.echo(error.format_message(), err=True)
            code = _USAGE
        except click.ClickException as error:
            warn(_unreadable(error))
            code = error.exit_code
        except (click.Abort, KeyboardInterrupt):
            code = _STOPPED
        except GatekeeperError as error:
            for sentence in told(error):
                warn(sentence)
            code = _NOT_DONE
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what nobody foresaw ends in a sentence too."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.Abort, Exit, GatekeeperError):
            raise
        except OSError as error:
            if error.errno == errno.EPIPE:  # whoever was reading has seen enough
                raise
            _unforeseen(error, debug=ctx.params["debug"])
        except Exception as error:  # noqa: BLE001  (the outermost handler)
            _unforeseen(error, debug=ctx.params["debug"])


def _unforeseen(error: Exception, *, debug: bool) -> None:
    if debug:
        traceback.print_exception(error)
    warn(_(N_("This failed for a reason nobody foresaw (%(kind)s). --debug shows where."), kind=type(error).__name__))
    raise Exit(_OUR_FAULT)


def _unreadable(error: click.ClickException) -> str:
    """What is wrong with a command line. Our own parameter types speak the operator's language already."""
    match error:
        case click.MissingParameter():
            return _(N_("%(name)s is missing."), name=_name_of(error.param))
        case click.NoSuchOption():
            return _(N_("There is no option %(name)s here."), name=error.option_name)
        case click.UsageError() if hasattr(error, "command_name"):
            return _(N_("There is no command %(name)s."), name=error.command_name)
        case BadOptionUsage():
            return _(N_("The option %(name)s is not complete; --help shows how it is used."), name=error.option_name)
        case click.BadParameter():
            return _(N_("%(name)s: %(detail)s"), name=_name_of(error.param), detail=error.message)
        case _:
            return _(N_("The command line cannot be read: %(detail)s"), detail=error.format_message())


def _name_of(param: click.Parameter | None) -> str:
    if isinstance(param, click.Option):
        return max(param.opts, key=len)
    return (param.human_readable_name or "").upper() if param else ""


@click.command(
    cls=Root, help=_("Who may read which research report, and the proof of it."), context_settings={"max_content_width": 130}
)
@click.version_option(__version__, prog_name="gatekeeper", help=_("Show the version."))
@click.option("--debug", is_flag=True, help=_("Show where an unforeseen fault happened."))
def gatekeeper(debug: bool) -> None:  # noqa: FBT001  (read from the context; click passes it so)
    """Nothing by itself."""
