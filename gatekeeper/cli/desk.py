"""What a command works with: the settings, the database, the time, and who is asking."""

import getpass
import os
import pwd
import secrets
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy import create_engine, inspect, make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from gatekeeper import clock, language
from gatekeeper.actions.accounts import sign_in
from gatekeeper.cli import screen
from gatekeeper.cli.screen import _
from gatekeeper.database import Database
from gatekeeper.ledger.caller import Caller
from gatekeeper.passwords import Passwords
from gatekeeper.paths import newest_migration
from gatekeeper.rules.errors import N_, Fault, Invalid, NotPermitted, Unavailable
from gatekeeper.settings import Settings
from gatekeeper.store import waiting
from gatekeeper.store.accounts.attempts import attempt_of

_SOURCE = "command line"
_LONGEST_LINE = 4096
_WRONG = N_("This login name and password do not belong together.")
_LOCKED = N_("Too many wrong tries from here. You can try again after %(time)s.")
_BEHIND = N_("The database does not have this version's tables. Run: gatekeeper db upgrade")
_UNREACHABLE = N_("The database cannot be opened: %(detail)s")
_NO_DRIVER = N_("PostgreSQL needs its driver: pip install 'gatekeeper[postgres]'")
_NO_TERMINAL = N_("There is no terminal at which to ask for a password. Give it through --password-fd.")
_NO_DESCRIPTOR = N_("No password can be read from the file descriptor %(number)s.")


@dataclass(frozen=True, slots=True)
class Desk:
    """One command's surroundings. All its entries have one request id."""

    settings: Settings
    database: Database
    passwords: Passwords
    request_id: str = field(default_factory=lambda: secrets.token_hex(10))

    @property
    def zone(self) -> ZoneInfo:
        """The firm's time zone."""
        return self.settings.time_zone

    @staticmethod
    def now() -> datetime:
        """The present."""
        return clock.now()

    def operator(self) -> Caller:
        """Whoever may use this machine's command line."""
        return Caller(actor="operator", channel="cli", request_id=self.request_id, os_user=os_user())

    def person(self, login: str, password_fd: int | None) -> Caller:
        """The person of this login name, proven by the password. Tries count as they do on the sign-in page."""
        password = ask_password(_("Password of %(login)s", login=login), password_fd)
        attempt = attempt_of(self.settings.secret_key, login, _SOURCE)
        now = self.now()
        with self.database.reading() as connection:
            found = sign_in.look_up(connection, login, attempt, now)
        if found.locked_until:
            raise NotPermitted(_LOCKED, time=self.clock_time(found.locked_until))
        time.sleep(found.delay.total_seconds())
        account = found.account
        right = self.passwords.verify(account.password_hash if account else None, password)
        if account is None or not right:
            finished = self.database.transact(sign_in.fail, self.operator(), account.person if account else None, attempt, now)
            if finished.locked_until:
                raise NotPermitted(_LOCKED, time=self.clock_time(finished.locked_until))
            raise NotPermitted(_WRONG)
        return self.operator().acting_as(account.person)

    def clock_time(self, when: datetime) -> str:
        """A time of day as the operator reads it."""
        return language.format_time(screen.tag(), when, self.zone, seconds=False)


@contextmanager
def at_desk() -> Iterator[Desk]:
    """Sit down: the settings are complete and the database has this version's tables, or nothing begins."""
    settings = Settings.from_env(os.environ)
    refuse_behind(settings.database_url)
    database = Database(settings.database_url, threads=2)
    try:
        yield Desk(settings, database, Passwords(settings.password_rounds))
    finally:
        database.dispose()


def refuse_behind(url: str) -> None:
    """Raise ``Unavailable`` unless the database has exactly this version's tables."""
    if revision(url) != newest_migration():
        raise Unavailable(_BEHIND)


def revision(url: str) -> str | None:
    """The database's revision; looking at a SQLite file that is not there does not make one."""
    with reachable():
        parsed = make_url(url)
        if parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").is_file():
            return None
        with create_engine(url, poolclass=NullPool).connect() as connection:
            return waiting.revision(connection) if inspect(connection).has_table(waiting.REVISION_TABLE) else None


@contextmanager
def reachable() -> Iterator[None]:
    """Say in a sentence why a database cannot be opened."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise Unavailable(_NO_DRIVER) from error
    except (SQLAlchemyError, OSError) as error:
        detail = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise Unavailable(_UNREACHABLE, detail=detail) from error


def os_user() -> str:
    """The operating system's user, by its own account and not by what the environment claims."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return f"uid {os.getuid()}"


def ask_password(question: str, descriptor: int | None, *, twice: bool = False) -> str:
    """Read a password from a file descriptor, or ask for it without showing it."""
    if descriptor is not None:
        return _from_descriptor(descriptor)
    with warnings.catch_warnings():
        warnings.simplefilter("error", getpass.GetPassWarning)
        try:
            answer: str = click.prompt(
                question, hide_input=True, err=True, confirmation_prompt=_("Once more") if twice else False
            )
        except getpass.GetPassWarning as error:
            raise Invalid(Fault(_NO_TERMINAL, field="password")) from error
    return answer


def _from_descriptor(descriptor: int) -> str:
    """One line, byte by byte, so that a second password may follow it on the same descriptor."""
    line = bytearray()
    try:
        while (byte := os.read(descriptor, 1)) not in {b"", b"\n"} and len(line) < _LONGEST_LINE:
            line += byte
        password = line.decode("utf-8").rstrip("\r")
    except (OSError, UnicodeDecodeError) as error:
        raise Invalid(Fault(_NO_DESCRIPTOR, field="password", number=descriptor)) from error
    if not password:
        raise Invalid(Fault(_NO_DESCRIPTOR, field="password", number=descriptor))
    return password
