"""Who is meant when a system names somebody: by a client number or a login, to the person and the investor of one live mandate.

1. A client number means the one person who acts for that investor, a login the one investor for whom that person acts. Where
   there are several, the other one must be named too. Whoever is not meant beyond doubt is nobody.
2. A system that may ask about some branches alone finds nobody of another one: not even that there are several.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, String, bindparam, select

from gatekeeper.store.accounts.people import Investor, Mandate, Person, StandingRow
from gatekeeper.store.among import among
from gatekeeper.store.base import NOW, current_id
from gatekeeper.store.prepared import Prepared


@dataclass(frozen=True, slots=True)
class Whom:
    """Whom a caller names: by client number or login, and by the other one where that is needed."""

    name: str
    number: str | None = None
    login: str | None = None


@dataclass(frozen=True, slots=True)
class Meant:
    """The person, the investor and the mandate that are meant; ``outside`` is who would be, in a branch not asked about."""

    person: str | None = None
    investor: str | None = None
    mandate: int | None = None
    outside: str | None = None


NOBODY = Meant()


def _found(by_number: Any, by_login: Any) -> Any:
    """Every mandate, live or not, on an investor of this number or of a person with this login; one that is both comes twice."""
    standing = current_id(StandingRow, NOW, (StandingRow.investor_id, Mandate.investor_id))
    newest = current_id(Mandate, NOW, (Mandate.person_id, Mandate.person_id), (Mandate.investor_id, Mandate.investor_id))

    def some(which: ColumnElement[bool]) -> Any:
        return (
            select(
                Mandate.id,
                Mandate.person_id,
                Mandate.investor_id,
                Mandate.live,
                Mandate.valid_before,
                Person.login,
                Investor.client_number,
                StandingRow.branch,
            )
            .join(Person, Person.id == Mandate.person_id)
            .join(Investor, Investor.id == Mandate.investor_id)
            .outerjoin(StandingRow, StandingRow.id == standing)
            .where(which, Mandate.id == newest)
        )

    return some(by_number).union_all(some(by_login))


_ONE = Prepared(
    _found(Investor.client_number == bindparam("name", type_=String), Person.login == bindparam("login", type_=String))
)
_MANY = Prepared(_found(among(Investor.client_number, "names"), among(Person.login, "logins")))


def one(connection: Connection, whom: Whom, branches: Collection[str] | None, now: datetime) -> Meant:
    """Who is meant, in one statement."""
    if not _is_name(whom.name):
        return NOBODY
    return _choose(whom, _ONE.all(connection, name=whom.name, login=whom.name.casefold(), now=now), branches, now)


def many(connection: Connection, those: Iterable[Whom], branches: Collection[str] | None, now: datetime) -> Mapping[Whom, Meant]:
    """Who each of these is, in one statement for all."""
    wanted = dict.fromkeys(those)
    names = sorted({each.name for each in wanted if _is_name(each.name)})
    values: dict[str, Any] = {"names": names, "logins": [name.casefold() for name in names], "now": now}
    by_name: dict[str, list[Any]] = {}
    for row in _MANY.all(connection, **values) if names else ():
        for name in {row.client_number, row.login}:
            by_name.setdefault(name, []).append(row)
    return {each: _choose(each, _rows(by_name, each.name), branches, now) for each in wanted}


def _rows(by_name: Mapping[str, list[Any]], name: str) -> list[Any]:
    folded = name.casefold()
    rows = [*by_name.get(name, ()), *(by_name.get(folded, ()) if folded != name else ())]
    return [row for row in rows if row.client_number == name or row.login == folded]


def _is_name(name: str) -> bool:
    """Whether any database could hold this name."""
    return name.isprintable() and name != ""


def _choose(whom: Whom, rows: Iterable[Any], branches: Collection[str] | None, now: datetime) -> Meant:
    found = [
        row
        for _, row in sorted({row.id: row for row in rows}.items())
        if row.live
        and (row.valid_before is None or now < row.valid_before)
        and whom.number in (None, row.client_number)
        and (whom.login is None or whom.login.casefold() == row.login)
    ]
    within = [row for row in found if branches is None or row.branch in branches]
    if len(within) == 1:
        row = within[0]
        return Meant(row.person_id, row.investor_id, row.id)
    return Meant(outside=f"{found[0].person_id} {found[0].investor_id}") if found and not within else NOBODY
