"""Asking people to look at a refusal, after AuthZEN's draft of access requests: a task, and where it stands.

1. Only what a refusal offered is taken (``offers``), once, and only while the same is still refused on such a ground.
2. Approval is no permit: whoever quotes it asks for a new decision, which is made on what is on file alone.
"""

import json
import re
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from flask import Blueprint, Response, jsonify, request

from gatekeeper import services
from gatekeeper.actions.accounts import access_requests
from gatekeeper.actions.accounts.access_requests import Terms, Wanted
from gatekeeper.api import bodies, evaluations, guard
from gatekeeper.api.models import AccessRequest
from gatekeeper.api.requesting import offers
from gatekeeper.rules.errors import N_, Fault, Invalid, NotPermitted
from gatekeeper.store.accounts.access_requests import Standing

bp = Blueprint("access_requests", __name__, url_prefix=offers.PATH)

_KEY = "Idempotency-Key"
_VISIBLE = re.compile(r"[!-~]{1,128}")
_UNFIT_KEY = N_("Idempotency-Key must have 1 to 128 visible characters of ASCII.")
_UNBOUND = N_("%(member)s does not belong to this subject, resource, action and evaluation, or is too old. Ask again.")


@bp.post("")
def ask() -> Response:
    """Ask people to look at a refusal."""
    content = bodies.content()
    asked = bodies.fit(AccessRequest, content)
    settings, now, service = services.services().settings, services.now(), guard.service()
    wished = evaluations.question(asked.subject, asked.action, asked.resource, None, service.scope)
    if wished.whom is None or not offers.is_bound(asked, now):
        raise NotPermitted(_UNBOUND, field="#/denial/binding_token", member="denial/binding_token")
    guard.spend(1)
    wanted = Wanted(
        whom=wished.whom,
        report=wished.report,
        action=wished.action,
        evaluation=asked.denial.evaluation_id,
        body=sha256(json.dumps(content, sort_keys=True).encode()).digest(),
        key=_key(),
        why="".join(each for each in asked.justification if each.isprintable()).strip(),
    )
    terms = Terms(settings.access_answer_days, settings.access_open_days)
    act = access_requests.ask
    found = services.database().transact(act, guard.caller(), service.scope, wanted, now, settings.time_zone, terms)
    answer = jsonify({"task": _task(found)})
    answer.status_code = HTTPStatus.ACCEPTED
    answer.headers["Location"] = offers.address(found.row.id)
    return answer


@bp.get("/<request_id>")
def show(request_id: str) -> Response:
    """Where a request of the caller's own stands."""
    with services.database().reading() as connection:
        found = access_requests.status(connection, guard.service().id, request_id, services.now())
    return jsonify({"task": _task(found)})


def _key() -> bytes | None:
    """The digest of the key under which this call may be repeated."""
    sent = request.headers.get(_KEY)
    if sent is None:
        return None
    if not _VISIBLE.fullmatch(sent):
        raise Invalid(Fault(_UNFIT_KEY))
    return sha256(sent.encode()).digest()


def _task(found: Standing) -> dict[str, Any]:
    where = offers.address(found.row.id)
    return {
        "id": found.row.id,
        "status": found.state.value.lower(),
        "status_endpoint": where,
        "links": {"self": where},
        "due_at": offers.time(found.row.due_at),
        "expires_at": offers.time(found.row.lapses_at),
    }
