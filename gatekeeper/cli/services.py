"""``gatekeeper services list | suspend``: the accounts of other systems. Tokens are made at a page, which shows them once."""

from datetime import datetime
from typing import Any

import click

from gatekeeper.actions.accounts import services
from gatekeeper.actions.accounts.services import Account
from gatekeeper.cli import screen
from gatekeeper.cli.arguments import as_json, as_person
from gatekeeper.cli.desk import Desk, at_desk
from gatekeeper.cli.screen import _, title
from gatekeeper.rules.changes import to_data
from gatekeeper.rules.errors import N_, NotFound
from gatekeeper.store.accounts import services as store


@click.group("services")
def group() -> None:
    """Nothing by itself."""


@group.command("list", help=_("List service accounts with what they may do and when they were last used."))
@as_json
def _list(as_json: bool) -> None:  # noqa: FBT001  (click passes it so)
    with at_desk() as desk:
        now = desk.now()
        with desk.database.reading() as connection:
            found = services.overview(connection, now).accounts
    if as_json:
        screen.put_json({"services": [_data(each, now) for each in found]})
    elif not found:
        screen.put(_(N_("No other system asks here yet.")))
    else:
        headings = [N_("Service account"), N_("Account"), N_("May ask about"), N_("Is told"), N_("Tokens"), N_("Last used")]
        screen.put_table([_(each) for each in headings], [_cells(desk, each, now) for each in found])


def _data(account: Account, now: datetime) -> dict[str, Any]:
    tokens = [
        {"token": each.shown, "made_at": each.made_at, "ends_at": each.ends_at, "used_at": each.used_at}
        for each in account.tokens
        if each.is_live(now)
    ]
    return {
        "service": account.row.id,
        "name": account.row.name,
        "purpose": account.row.purpose,
        "state": _state(account),
        "scope": to_data(account.scope) if account.scope else None,
        "tokens": tokens,
    }


def _state(account: Account) -> str:
    if account.scope is None:
        return "proposed"
    return "live" if account.is_live else "suspended"


_STATES = {"proposed": N_("Not approved yet"), "live": N_("In use"), "suspended": N_("Suspended")}


def _cells(desk: Desk, account: Account, now: datetime) -> list[str]:
    stated = account.scope
    used = [each.used_at for each in account.tokens if each.used_at]
    return [
        account.row.name,
        _(_STATES[_state(account)]),
        ", ".join(title(each) for each in stated.actions) if stated else "",
        title(stated.register) if stated else "",
        str(sum(each.is_live(now) for each in account.tokens)),
        screen.moment(max(used, default=None), desk.zone),
    ]


@group.command("suspend", help=_("Suspend a service account at once: its next call is refused."))
@click.argument("name")
@as_person
@click.option("--reason", required=True, help=_("Why; kept with the entry."))
@as_json
def _suspend(name: str, login: str, password_fd: int | None, reason: str, as_json: bool) -> None:  # noqa: FBT001
    with at_desk() as desk:
        with desk.database.reading() as connection:
            found = store.by_name(connection, name) or store.get(connection, name)
        if found is None:
            raise NotFound(N_("There is no such service account."))
        caller = desk.person(login, password_fd)
        code = desk.database.transact(services.suspend, caller, found.id, reason, desk.now())
    if as_json:
        screen.put_json({"service": found.id, "code": code})
    else:
        screen.put(_(N_("Suspended: %(name)s. Entry %(code)s"), name=found.name, code=code))
