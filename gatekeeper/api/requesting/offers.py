"""What a refusal offers where people can be asked to look at it: where, until when, and the token that binds the request to it.

The token binds caller, subject, resource, action and evaluation for a day. It holds nothing that could be read.
"""

import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any

from gatekeeper import services
from gatekeeper.api import guard
from gatekeeper.api.models import AccessRequest, Evaluation
from gatekeeper.rules.accounts.access_requests import grounds
from gatekeeper.rules.accounts.scopes import Register
from gatekeeper.rules.suitability import Decision

PATH = "/access/v1/requests"
_GOOD_FOR = timedelta(days=1)
_PURPOSE = b"gatekeeper: what a refusal offers"


def of(asked: Evaluation, decision: Decision, evaluation: str, now: datetime) -> dict[str, Any]:
    """What an answer holds besides, if people may be asked about it and the caller is told any grounds at all."""
    if guard.service().scope.register is Register.NONE or not grounds(decision):
        return {}
    ends = now.astimezone(UTC).replace(microsecond=0) + _GOOD_FOR
    offer = {"endpoint": address(), "expires_at": time(ends), "binding_token": _bound(_said(asked, evaluation), ends)}
    return {"evaluation_id": evaluation, "access_request": offer}


def is_bound(asked: AccessRequest, now: datetime) -> bool:
    """Whether a request bears the token of its own refusal, and it is still good."""
    token = asked.denial.binding_token
    seconds, _, mac = token.partition(".")
    is_own = hmac.compare_digest(mac.encode(), _mac(_said(asked, asked.denial.evaluation_id), seconds).encode())
    return is_own and now.timestamp() < int(seconds)


def address(request: str = "") -> str:
    """Where people are asked, or where one request stands."""
    return f"{services.services().settings.public_url}{PATH}" + (f"/{request}" if request else "")


def time(moment: datetime) -> str:
    """A time as answers write it."""
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _bound(said: bytes, ends: datetime) -> str:
    seconds = str(int(ends.timestamp()))
    return f"{seconds}.{_mac(said, seconds)}"


def _mac(said: bytes, seconds: str) -> str:
    key = hmac.digest(services.services().settings.secret_key.encode(), _PURPOSE, "sha256")
    return hmac.digest(key, seconds.encode() + b"\n" + said, "sha256").hex()


def _said(asked: Evaluation | AccessRequest, evaluation: str) -> bytes:
    """What a token binds: who asks, about whom, what and which act, and the evaluation."""
    members = [guard.service().id, evaluation, asked.subject.model_dump(), asked.action.name, asked.resource.model_dump()]
    return json.dumps(members, sort_keys=True).encode()
