"""What this decision point offers and where: AuthZEN's metadata, made from settings and never from what a request says.

An identifier with a path has its metadata at ``/.well-known/authzen-configuration/PATH``. Without an https address among the
settings there is no identifier, and so no metadata.
"""

from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, jsonify

from gatekeeper import services
from gatekeeper.api import guard
from gatekeeper.rules.errors import N_, NotFound

bp = Blueprint("metadata", __name__)

_WHERE = "/.well-known/authzen-configuration"
_ENDPOINTS = {
    "access_evaluation_endpoint": "/access/v1/evaluation",
    "access_evaluations_endpoint": "/access/v1/evaluations",
    "search_subject_endpoint": "/access/v1/search/subject",
    "search_resource_endpoint": "/access/v1/search/resource",
    "search_action_endpoint": "/access/v1/search/action",
    "access_request_endpoint": "/access/v1/requests",
}
_CAPABILITIES = {"access_request_endpoint": "urn:openid:authzen:capability:access-request"}
_OBLIGATIONS = ("step-up", "custom")
_FRESH = "public, max-age=3600"


@bp.get(_WHERE)
@bp.get(f"{_WHERE}/<path:identifier>")
@guard.public
def show(identifier: str = "") -> Response:
    """The metadata of this decision point."""
    base = services.services().settings.public_url
    if not base.startswith("https://"):
        raise NotFound(N_("This decision point has no public address. Set GATEKEEPER_PUBLIC_URL to its https address."))
    if identifier != urlsplit(base).path.strip("/"):
        raise NotFound(N_("There is no decision point of this name here."))
    answer = jsonify(_described(base))
    answer.headers["Cache-Control"] = _FRESH
    return answer


def _described(base: str) -> dict[str, object]:
    """What is offered is what the application answers."""
    answered = {rule.rule for rule in current_app.url_map.iter_rules()}
    offered = {name: f"{base}{path}" for name, path in _ENDPOINTS.items() if path in answered}
    capabilities = [urn for name, urn in _CAPABILITIES.items() if name in offered]
    more = {"capabilities": capabilities} if capabilities else {}
    return {"policy_decision_point": base, **offered, "supported_obligations": list(_OBLIGATIONS), **more}
