"""From what an operator types to the one thing that is meant: logins, client numbers, beginnings of ids."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from gatekeeper.rules.errors import N_, Fault, Invalid, NotFound
from gatekeeper.store import proposals
from gatekeeper.store.clients import investors
from gatekeeper.store.publishing import library
from gatekeeper.store.sending import distributions

_LEAST = 6
_ID_LENGTH = 26
_SHORT = N_("%(value)s is too short: at least %(least)s characters of an id are needed.")
_SEVERAL = N_("%(value)s is the beginning of several ids. Give more of it.")
_SEVERAL_INVESTORS = N_("%(login)s acts for several investors. Name one by its client number: %(numbers)s")


def person(connection: Connection, word: str) -> Any:
    """A person by login name or id."""
    found = investors.person_by_login(connection, word) or investors.person(connection, word)
    if found is None:
        raise NotFound(N_("No person has the login name %(login)s."), login=word)
    return found


def investor(connection: Connection, word: str, now: datetime) -> Any:
    """An investor by client number, or by the login of a person who acts for no other."""
    found = investors.investor_by_number(connection, word)
    if found is not None:
        return found
    acting = investors.person_by_login(connection, word)
    if acting is None:
        raise NotFound(N_("No investor has the client number, and no person the login name, %(word)s."), word=word)
    id_ = investor_of(connection, acting.id, word, now)
    if id_ is None:
        raise NotFound(N_("%(login)s acts for no investor."), login=word)
    return investors.investor(connection, id_)


def investor_of(connection: Connection, person_id: str, login: str, now: datetime) -> str | None:
    """The one investor for whom a person acts, or None; several must be told apart by their numbers."""
    mandates = investors.mandates_of(connection, now, person=person_id)
    if len(mandates) > 1:
        numbers = ", ".join(sorted(row.client_number for row in mandates))
        raise Invalid(Fault(_SEVERAL_INVESTORS, login=login, numbers=numbers))
    return str(mandates[0].investor_id) if mandates else None


def investor_by_number(connection: Connection, number: str) -> str:
    """An investor's id by client number."""
    found = investors.investor_by_number(connection, number)
    if found is None:
        raise NotFound(N_("No investor has the client number %(number)s."), number=number)
    return str(found.id)


def report(connection: Connection, word: str) -> str:
    """A report's id by its beginning."""
    found = report_or_none(connection, word)
    if found is None:
        raise NotFound(N_("No report has an id that begins with %(word)s."), word=word)
    return found


def report_or_none(connection: Connection, word: str) -> str | None:
    """A report's id by its beginning, or None where there is none."""
    return _one(library.reports_beginning, connection, word)


def distribution(connection: Connection, word: str) -> str:
    """A distribution's id by its beginning."""
    found = _one(distributions.beginning, connection, word)
    if found is None:
        raise NotFound(N_("No distribution has an id that begins with %(word)s."), word=word)
    return found


def proposal(connection: Connection, word: str) -> str:
    """A proposal's id by its beginning."""
    found = _one(proposals.beginning, connection, word)
    if found is None:
        raise NotFound(N_("No proposal has an id that begins with %(word)s."), word=word)
    return found


def _one(find: Callable[[Connection, str, int], list[str]], connection: Connection, word: str) -> str | None:
    prefix = word.strip().casefold()[:_ID_LENGTH]
    if len(prefix) < _LEAST:
        raise Invalid(Fault(_SHORT, value=word, least=_LEAST))
    found = find(connection, prefix, 2)
    if len(found) > 1:
        raise Invalid(Fault(_SEVERAL, value=word))
    return found[0] if found else None
