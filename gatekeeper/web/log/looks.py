"""Every look of an inspector is recorded: what pages record by themselves, and here the lists and files that do not.

The entry is durable before the page is made. A test walks every page as an inspector and finds the one that is in neither.
"""

from flask import Flask

from gatekeeper.actions import home
from gatekeeper.rules.roles import Role
from gatekeeper.web import context

SILENT = frozenset(
    {
        "distributions.index",
        "investors.imports.index",
        "investors.index",
        "leaks.form",
        "reports.mornings.show",
        "proposals.check",
        "proposals.index",
        "proposals.show",
        "reports.index",
        "reports.show",
        "reports.settlements.index",
        "services.index",
        "services.show",
        "staff.index",
        "versions.show",
        "views.index",
    }
)
"""Pages that read without an entry of their own."""


def init_app(app: Flask) -> None:
    """Record looks once the guard has let somebody through; it is registered before."""
    app.before_request(_record)


def _record() -> None:
    call = context.call()
    if call.endpoint not in SILENT or call.method not in ("GET", "HEAD"):
        return
    visitor = call.visitor
    if visitor is not None and visitor.role is Role.INSPECTOR:
        context.database().record(home.look, context.caller(), call.endpoint, call.full_path, call.now)
