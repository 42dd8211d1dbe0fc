"""What may stand on the command line: days, times, names of values. What cannot be read is refused in one sentence."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from enum import Enum
from typing import Any, TypeVar

import click

from gatekeeper.cli.screen import _
from gatekeeper.rules.errors import N_

_BAD_DAY = N_("%(value)s is not a day like 2026-11-23.")
_BAD_TIME = N_("%(value)s is not a day or time like 2026-11-23 or 2026-11-23T14:30.")
_BAD_NAME = N_("%(value)s is none of %(names)s.")
_BAD_NUMBER = N_("%(value)s is not a whole number from %(least)s to %(most)s.")
_BAD_SETTLEMENT = N_("%(value)s is not a finding and the last day for which it is settled, like no_title=2027-11-23.")

_FIRST_YEAR, _LAST_YEAR = 1900, 2199

Command = TypeVar("Command", bound=Callable[..., Any])


class _Type(click.ParamType):  # type: ignore[type-arg]  # generic in newer versions of click only
    """A parameter type of ours: its refusals are in the operator's language."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A day or a time as it was typed. Without an offset it is the firm's; ``step`` is how long the smallest part typed lasts."""

    value: datetime
    step: timedelta

    def start(self, zone: tzinfo) -> datetime:
        """The instant at which it begins."""
        return self._in(zone, self.value)

    def end(self, zone: tzinfo) -> datetime:
        """The instant at which it has passed: a day is over at midnight."""
        return self._in(zone, self.value + self.step)

    @staticmethod
    def _in(zone: tzinfo, value: datetime) -> datetime:
        return (value if value.tzinfo else value.replace(tzinfo=zone)).astimezone(UTC)


Date = TypeVar("Date", bound=date)


def _sensible(day: Date) -> Date:
    """Refuse years that calendars of other time zones cannot reach."""
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        raise ValueError(day)
    return day


class Day(_Type):
    """A calendar day in the firm's zone."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Read ``2026-11-23``."""
        if isinstance(value, date):
            return value
        try:
            return _sensible(date.fromisoformat(value))
        except ValueError:
            self.fail(_(_BAD_DAY, value=value), param, ctx)


class When(_Type):
    """A day or a time, in the firm's zone unless it says another."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Moment:
        """Read a day, minutes, seconds, with or without an offset."""
        if isinstance(value, Moment):
            return value
        try:
            parsed = _sensible(datetime.fromisoformat(value.strip().replace(" ", "T", 1)))
        except ValueError:
            self.fail(_(_BAD_TIME, value=value), param, ctx)
        if ":" not in value:
            return Moment(parsed, timedelta(days=1))
        clock = re.split("[-+Zz]", value.strip().replace(" ", "T", 1).partition("T")[2])[0]
        return Moment(parsed, timedelta(seconds=1) if clock.count(":") > 1 else timedelta(minutes=1))


Member = TypeVar("Member", bound=Enum)


class Name(_Type):
    """One of an enum's names, however it is capitalised."""

    name = "name"

    def __init__(self, kind: type[Member], *, without: tuple[Enum, ...] = ()) -> None:
        self._members = {member.name: member for member in kind if member not in without}

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Enum:
        """Find the member."""
        if isinstance(value, Enum):
            return value
        found = self._members.get(value.strip().upper().replace("-", "_"))
        if found is None:
            self.fail(_(_BAD_NAME, value=value, names=", ".join(self._members)), param, ctx)
        return found

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002  (click's signature)
        """What may be typed."""
        return "|".join(self._members)


class Names(Name):
    """Several of an enum's names, separated by commas."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Find all of them."""
        if not isinstance(value, str):
            return value
        return tuple(super(Names, self).convert(part, param, ctx) for part in value.split(",") if part.strip())

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What may be typed."""
        return super().get_metavar(param, ctx).replace("|", ",")


class Whole(_Type):
    """A whole number within limits."""

    name = "number"

    def __init__(self, least: int, most: int) -> None:
        self._least, self._most = least, most

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Read the number."""
        try:
            number = int(value)
        except ValueError:
            number = self._least - 1
        if not self._least <= number <= self._most:
            self.fail(_(_BAD_NUMBER, value=value, least=self._least, most=self._most), param, ctx)
        return number


class Settled(_Type):
    """``CODE=DAY``: a finding, by code or number, and the last day for which it is settled."""

    name = "code=day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, date]:
        """Read both halves."""
        if isinstance(value, tuple):
            return value
        code, _sign, day = value.partition("=")
        try:
            last_day = _sensible(date.fromisoformat(day.strip()))
        except ValueError:
            last_day = None
        if last_day is None or not code.strip():
            self.fail(_(_BAD_SETTLEMENT, value=value), param, ctx)
        return code.strip(), last_day


def as_json(command: Command) -> Command:
    """Give a command the option to answer as JSON."""
    return click.option("--json", "as_json", is_flag=True, help=_("Answer as JSON with stable keys."))(command)


def as_person(command: Command) -> Command:
    """Give a command the options that say who acts and where the password comes from. It is never an argument."""
    for_login = click.option(
        "--as", "login", required=True, metavar="LOGIN", help=_("Who does this. The password is asked for at the terminal.")
    )
    for_password = click.option(
        "--password-fd",
        type=Whole(0, 1_000_000),
        metavar="N",
        help=_("Read the password from this file descriptor instead."),
    )
    return for_login(for_password(command))
