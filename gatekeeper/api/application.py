"""The door for systems as an application of its own: no cookie, no session and no form ever counts here."""

from collections.abc import Collection

from flask import Flask

from gatekeeper import services
from gatekeeper.api import evaluations, guard, health, metadata, numbers, openapi, problems, request_ids
from gatekeeper.api.requesting import views as access_requests
from gatekeeper.api.searching import views as searching
from gatekeeper.watching import answered

PATHS = ("/access/", "/.well-known/authzen-configuration", "/healthz", "/readyz", "/metrics")
"""Every address that begins so is this application's; all others are pages."""

_FACES = (access_requests, evaluations, searching, metadata, health, numbers, openapi)
_MOST = 1024 * 1024
_HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}


def create_api(pages: Flask) -> Flask:
    """Make the application beside the pages' own. Both have the same services, so what changes for one has changed for both."""
    app = services.Door("gatekeeper.api", static_folder=None)
    app.request_class = guard.Call
    app.config.update(MAX_CONTENT_LENGTH=_MOST)
    app.extensions = pages.extensions
    answered.init_app(app, "api")
    for part in (problems, guard, health, openapi):
        part.init_app(app)
    for face in _FACES:
        app.register_blueprint(face.bp)
    services.seal(app, _headers)
    return app


def _headers(call: guard.Call, set_by_view: Collection[str]) -> dict[str, str]:
    same = {name: value for name, value in _HEADERS.items() if name not in set_by_view}
    return {**same, request_ids.HEADER: call.echo, **guard.left(call)}
