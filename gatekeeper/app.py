"""The application: the one place that knows every part."""

import os
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask
from jinja2 import StrictUndefined

from gatekeeper import clock, collecting
from gatekeeper.api.application import PATHS, create_api
from gatekeeper.database import Database
from gatekeeper.language import SUPPORTED, translations
from gatekeeper.passwords import Passwords
from gatekeeper.paths import resource_dir
from gatekeeper.services import EXTENSION, Door, Services
from gatekeeper.settings import SESSION_LIVES, Settings
from gatekeeper.watching import answered
from gatekeeper.web import context, errors, guards, pages, style
from gatekeeper.web.accounts import account, interface, privacy, services, sign_in, staff
from gatekeeper.web.clients import declarations, evidence_files, investors, timelines
from gatekeeper.web.desk import access_requests, home, proposals
from gatekeeper.web.log import compliance, looks, views
from gatekeeper.web.messages import call_backs, notices
from gatekeeper.web.proof import as_of, court, exports, fair_release, figures, integrity, receipts, verify
from gatekeeper.web.publishing import marked, reports, statements, typing, versions
from gatekeeper.web.reading import bookmarks, client, inbox, leaks, subscriptions, viewing
from gatekeeper.web.sending import distributions
from gatekeeper.web.suitability import applications, assessments, papers, policies, professional, questionnaires, rehearsals

MAX_REQUEST = 6 * 1024 * 1024
MAX_FORM = 512 * 1024
_FACES = (
    sign_in,
    privacy,
    account,
    client,
    viewing,
    leaks,
    assessments,
    professional,
    bookmarks,
    inbox,
    subscriptions,
    receipts,
    compliance,
    figures,
    integrity,
    notices,
    call_backs,
    access_requests,
    papers,
    policies,
    rehearsals,
    questionnaires,
    proposals,
    home,
    investors,
    applications,
    reports,
    typing,
    versions,
    marked,
    fair_release,
    distributions,
    staff,
    services,
    statements,
    style,
    exports,
    timelines,
    as_of,
    court,
    declarations,
    evidence_files,
    verify,
    views,
    interface,
)


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], datetime] = clock.now,
    database: Database | None = None,
    passwords: Passwords | None = None,
) -> Flask:
    """Make the application. Its database is ``app.extensions["gatekeeper"].database``; whoever makes the app disposes it."""
    app = Door("gatekeeper", template_folder=str(resource_dir("templates")))
    app.request_class = context.Call
    app.config.update(
        SECRET_KEY=settings.secret_key,
        MAX_CONTENT_LENGTH=MAX_REQUEST,
        MAX_FORM_MEMORY_SIZE=MAX_FORM,
        MAX_FORM_PARTS=200,
        SESSION_COOKIE_NAME="__Host-gatekeeper" if settings.secure_cookies else "gatekeeper",
        SESSION_COOKIE_SECURE=settings.secure_cookies,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        WTF_CSRF_TIME_LIMIT=int(max(life.longest for life in SESSION_LIVES.values()).total_seconds()),
        WTF_CSRF_SSL_STRICT=False,  # it wants a Referer, which our pages do not send; guards check where a form comes from
    )
    app.extensions[EXTENSION] = Services(
        settings=settings,
        database=database or Database(settings.database_url, threads=settings.threads),
        passwords=passwords or Passwords(settings.password_rounds),
        clock=clock,
    )
    app.extensions[EXTENSION].database.meter = answered.METER
    answered.init_app(app, "web")
    app.jinja_environment = pages.Templates
    app.jinja_env.undefined = StrictUndefined
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    for part in (pages, guards, errors, looks):
        part.init_app(app)
    for face in _FACES:
        app.register_blueprint(face.bp)
    app.wsgi_app = _doors(app.wsgi_app, create_api(app))  # type: ignore[method-assign,assignment]  # as Flask's own documentation has it
    return app


@cache
def from_environment() -> Flask:
    """Make the application of a server: settings from the environment, refused as a whole if one is wrong.

    A server that forks its workers makes it before, and each of them finds it made: it holds no connection and no thread yet.
    """
    app = create_app(Settings.from_env(os.environ))
    make_ready()
    return app


def make_ready() -> None:
    """Read the catalogues, which takes forty megabytes for a moment, and let the collector leave alone what there is by now."""
    for tag in SUPPORTED:
        translations(tag)
    collecting.spare()


def _doors(pages: WSGIApplication, api: Flask) -> WSGIApplication:
    """Each door by its addresses. What comes in at one never passes the other's guards."""

    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        return (api if environ["PATH_INFO"].startswith(PATHS) else pages)(environ, start)

    return answer
