"""What every template may use: the visitor, the language, the menu, and how things are written."""

from collections.abc import MutableMapping
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from flask import Flask, request, url_for
from flask.templating import Environment
from markupsafe import Markup

from gatekeeper import language
from gatekeeper.rules.errors import N_
from gatekeeper.rules.roles import Permission
from gatekeeper.web import context, pieces

_MENU = (
    (Permission.READ_AS_CLIENT, "client.reports", N_("Reports")),
    (Permission.READ_AS_CLIENT, "bookmarks.index", N_("Bookmarks")),
    (Permission.READ_AS_CLIENT, "inbox.index", N_("Received reports")),
    (Permission.READ_AS_CLIENT, "client.record", N_("My record")),
    (Permission.SEE_PROPOSALS, "home.index", N_("Home")),
    (Permission.SEARCH_LEDGER, "compliance.log", N_("Access log")),
    (Permission.SEARCH_LEDGER, "figures.index", N_("Figures")),
    (Permission.SEARCH_LEDGER, "leaks.form", N_("Trace a leak")),
    (Permission.SEARCH_LEDGER, "integrity.index", N_("Integrity")),
    (Permission.SEE_PROPOSALS, "proposals.index", N_("Proposals")),
    (Permission.SEE_INVESTORS, "investors.index", N_("Investors")),
    (Permission.ENTER_ASSESSMENTS, "papers.index", N_("Assessments on paper")),
    (Permission.SEE_REPORTS, "reports.index", N_("Reports")),
    (Permission.SEE_STAFF, "staff.index", N_("Staff")),
    (Permission.SEE_SERVICES, "services.index", N_("Systems")),
    (Permission.SEE_STATEMENTS, "statements.index", N_("Statements")),
)


class Templates(Environment):
    """Flask's, whose templates share one dict of globals: Jinja walks its chain of dicts in Python for a page and each import."""

    def make_globals(self, d: MutableMapping[str, Any] | None) -> MutableMapping[str, Any]:
        """The globals of a template that has none of its own."""
        return super().make_globals(d) if d else self.globals


def init_app(app: Flask) -> None:
    """Give an application's templates their words."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(_gettext, _ngettext, newstyle=True)  # type: ignore[attr-defined]  # the extension's method
    app.jinja_env.globals["_"] = _said  # the extension's own goes three calls further for each sentence of a page
    app.jinja_env.filters |= {
        "time": _time,
        "seconds": seconds,
        "date": _date,
        "number": _number,
        "name": _name,
        "told": context.told,
        "drawn": pieces.draw,
        "is_number": pieces.is_number,
    }
    app.context_processor(_words)


def home() -> str:
    """The endpoint where a visitor's day begins."""
    visitor = context.signed_in()
    return next((endpoint for permission, endpoint, _ in _MENU if permission in visitor.permissions), "account.show")


def _words() -> dict[str, Any]:
    visitor = context.visitor()
    menu = [
        (url_for(endpoint), context.translated(label), _is_in(endpoint))
        for permission, endpoint, label in _MENU
        if visitor is not None and permission in visitor.permissions and not visitor.privacy_due
    ]
    return {
        "visitor": visitor,
        "language": context.tag(),
        "firm": context.services().settings.firm,
        "navigation": menu,
    }


def _is_in(endpoint: str) -> bool:
    """Whether this page belongs under a menu item: its own page, or one below it."""
    here = request.endpoint or ""
    return here == endpoint or (here.startswith(endpoint.removesuffix(".index") + ".") if endpoint.endswith(".index") else False)


def _said(message: str, **values: object) -> Markup:
    """A sentence of a template: what stands in the template is safe, and ``%`` makes safe what is put into it."""
    said = _sentence(context.tag(), message)
    return said % values if values else said % {} if "%" in said else said


@lru_cache(maxsize=4096)
def _sentence(tag: str, message: str) -> Markup:
    return Markup(language.translations(tag).gettext(message))  # noqa: S704  (from a catalogue of ours, as Jinja's own extension)


def _gettext(message: str) -> str:
    return language.translations(context.tag()).gettext(message)


def _ngettext(one: str, many: str, number: int) -> str:
    return language.translations(context.tag()).ngettext(one, many, number)


def _time(moment: datetime | None) -> Markup:
    return _moment(moment, seconds=False)


def seconds(moment: datetime | None) -> Markup:
    """An instant as pages write it, to the second."""
    return _moment(moment, seconds=True)


def _moment(moment: datetime | None, *, seconds: bool) -> Markup:
    if moment is None:
        return Markup("—")
    text = language.format_time(context.tag(), moment, context.services().settings.time_zone, seconds=seconds)
    return Markup(f'<time datetime="{moment.isoformat()}">{text}</time>')  # noqa: S704  (digits, and what stands between them)


def _date(day: date | datetime | None) -> Markup:
    if day is None:
        return Markup("—")
    text = language.format_date(context.tag(), day, context.services().settings.time_zone)
    return Markup('<time datetime="{}">{}</time>').format(day.isoformat(), text)


def _number(number: int) -> str:
    return language.format_number(context.tag(), number)


def _name(value: Any) -> str:
    return language.name_of(context.tag(), value)
