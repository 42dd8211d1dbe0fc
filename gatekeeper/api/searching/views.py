"""The three searches of AuthZEN: who may have a report, which reports somebody may have, and what may be done with one.

1. A result is what would be answered with true if this caller asked for it alone, at the moment of its page.
2. Each page is found as things then stand. What may be had all the while is met exactly once, by the order of ids.
3. A search spends as many decisions as it gives results, and at least one.
"""

import json
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response

from gatekeeper import services
from gatekeeper.actions.reading import entitled
from gatekeeper.actions.reading.entitled import Asker
from gatekeeper.api import bodies, guard
from gatekeeper.api.evaluations import ACTIONS, DECISION_ID, RESOURCE, SUBJECT, action_of, report_of, whom_of
from gatekeeper.api.models import ActionSearch, Deed, ResourceSearch, Search, SubjectSearch
from gatekeeper.api.searching import tokens
from gatekeeper.ledger.entitling.wanted import Found, Page, Wish
from gatekeeper.rules.errors import N_, NotPermitted
from gatekeeper.rules.risk import Action
from gatekeeper.store.reading.entitled import Place
from gatekeeper.store.reading.meant import Whom

bp = Blueprint("searching", __name__, url_prefix="/access/v1/search")

_MOST = 1000
"""The most results of a page: ten entries of the ledger."""
_MAY_NOT = N_("This account may not search.")
_NAMES = {action: name for name, action in ACTIONS.items()}


@bp.post("/subject")
def subject() -> Response:
    """Who may have a report: client numbers, each with the login beside it where the number alone would not tell who is meant."""
    asked, asker = bodies.read(SubjectSearch), _asker()
    report = report_of(asked.resource) if asked.subject.type == SUBJECT else ""
    wish, page = _wish(asked.action, asked), _page(asked, Place, Place())
    found = services.database().record(entitled.persons, asker, report, wish, page, services.now())
    place = (found.following.investor, found.following.person) if found.following is not None else None
    return _answer(asked, page, found, [_named(each) for each in found.results], place)


@bp.post("/resource")
def resource() -> Response:
    """Which reports somebody may have."""
    asked, asker = bodies.read(ResourceSearch), _asker()
    whom = whom_of(asked.subject) if asked.resource.type == RESOURCE else None
    wish, page = _wish(asked.action, asked), _page(asked, str, "")
    found = services.database().record(entitled.reports, asker, whom, wish, page, services.now())
    place = (found.following,) if found.following is not None else None
    return _answer(asked, page, found, [{"type": RESOURCE, "id": report} for report in found.results], place)


@bp.post("/action")
def action() -> Response:
    """What somebody may do with a report, of what this caller may ask about."""
    asked, asker = bodies.read(ActionSearch), _asker()
    scope, told, page = guard.service().scope, asked.context.told, _page(asked, str, "")
    wishes = [Wish(each, scope.moves_first(each, told)) for each in Action if each in scope.actions]
    whose = whom_of(asked.subject), report_of(asked.resource)
    found = services.database().record(entitled.actions, asker, *whose, wishes, page, services.now())
    place = (found.following,) if found.following is not None else None
    return _answer(asked, page, found, [{"name": _NAMES[each]} for each in found.results], place)


def _asker() -> Asker:
    service = guard.service()
    if not service.scope.may_search:
        raise NotPermitted(_MAY_NOT)
    return Asker(guard.caller(), service.scope.branches, services.services().settings.time_zone)


def _wish(wanted: Deed, asked: Search) -> Wish:
    scope = guard.service().scope
    known = action_of(wanted, scope)
    return Wish(known, scope.moves_first(known, asked.context.told))


def _page(asked: Search, placed: Callable[..., Any], start: Any) -> Page[Any]:
    """The page that is wanted, after the place that the token names; without a limit it is as long as the one before."""
    limit, after = asked.page.limit, start
    if asked.page.token:
        kept, *place = tokens.read(_secret(), _question(asked), asked.page.token, services.now())
        limit = limit if "limit" in asked.page.model_fields_set else int(kept)
        after = placed(*place)
    return Page(_bounded(limit), after)


def _bounded(limit: int) -> int:
    """No more results than a page has, or than the account may be given in a minute."""
    return min(limit, _MOST, guard.service().scope.per_minute)


def _question(asked: Search) -> Any:
    """What must stay the same from page to page: who asks, and all that is asked but the page."""
    return [guard.service().id, type(asked).__name__, asked.model_dump(mode="json", exclude={"page"}, exclude_unset=True)]


def _secret() -> str:
    return services.services().settings.secret_key


def _named(whom: Whom) -> dict[str, Any]:
    """A subject that means this person and nobody else when it is sent back."""
    more = {"properties": {"investor": whom.number, "login": whom.login}} if whom.login is not None else {}
    return {"type": SUBJECT, "id": whom.name, **more}


def _answer(
    asked: Search, page: Page[Any], found: Found[Any, Any], results: list[dict[str, Any]], place: Sequence[str] | None
) -> Response:
    guard.spend(max(1, len(results)))
    token = ""
    if place is not None:
        token = tokens.make(_secret(), _question(asked), (str(page.limit), *place), services.now())
    body = {"page": {"next_token": token}, "results": results}
    answer = Response(json.dumps(body, ensure_ascii=False, separators=(",", ":")), mimetype="application/json")
    answer.headers[DECISION_ID] = ", ".join(found.codes)
    return answer
