"""What is on file about the rows of an import, read for many rows at once, and opening files for many."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from gatekeeper.rules.changes import Change, LowestChange, MandateChange, StandingChange
from gatekeeper.rules.roles import Role
from gatekeeper.store.accounts.people import Investor, Person, RoleGrant
from gatekeeper.store.base import NOW, current_id
from gatekeeper.store.beside import Key, currents

_ACCOUNTS = select(Person.id, Person.name, Person.login, RoleGrant.role, RoleGrant.live).join(
    RoleGrant, RoleGrant.id == current_id(RoleGrant, NOW, (RoleGrant.person_id, Person.id))
)


def investors_by_number(connection: Connection, numbers: Collection[str]) -> dict[str, Any]:
    """The investors on file with these client numbers."""
    query = select(Investor.__table__).where(Investor.client_number.in_(sorted(numbers)))
    return {row.client_number: row for row in connection.execute(query)}


def accounts_by_login(connection: Connection, logins: Collection[str], now: datetime) -> dict[str, Any]:
    """The accounts on file with these login names."""
    query = _ACCOUNTS.where(Person.login.in_(sorted(logins)))
    return {row.login: row for row in connection.execute(query, {"now": now})}


def lock_investors(connection: Connection, ids: Collection[str]) -> set[str]:
    """Hold the files of these investors until the transaction ends; return those that there are."""
    query = select(Investor.id).where(Investor.id.in_(sorted(ids))).order_by(Investor.id).with_for_update()
    return set(connection.execute(query).scalars())


def open_files(connection: Connection, investors: Sequence[dict[str, Any]], persons: Sequence[dict[str, Any]]) -> None:
    """Write new investors and new clients: identities alone, which permit nothing."""
    if investors:
        connection.execute(insert(Investor), list(investors))
    if persons:
        connection.execute(insert(Person), list(persons))
        grants = [
            {
                "person_id": each["id"],
                "role": Role.CLIENT,
                "grants": "",
                "live": True,
                "valid_from": each["created_at"],
                "entry_id": each["entry_id"],
            }
            for each in persons
        ]
        connection.execute(insert(RoleGrant), grants)


def on_file(connection: Connection, ids: Collection[str], now: datetime) -> dict[Key, tuple[int, Change]]:
    """Every fact on file about these investors, by ``beside.key_of``."""
    wanted: list[Change] = []
    for each in ids:
        wanted += LowestChange(investor=each, lowest=False), StandingChange(investor=each)
        wanted.append(MandateChange(investor=each, person="", capacity=""))
    return currents(connection, wanted, now) if wanted else {}


def facts_of(found: Mapping[Key, tuple[int, Change]], investor: str, person: str | None) -> dict[str, tuple[int, Change]]:
    """Of what ``on_file`` found, the facts of one investor and of one person's mandate, by their names."""
    keys = {
        "class": ("ClassChange", investor),
        "category": ("CategoryChange", investor),
        "lowest": ("LowestChange", investor),
        "standing": ("standing", investor),
        "mandate": ("mandate", investor, person or ""),
    }
    return {name: found[key] for name, key in keys.items() if key in found}
