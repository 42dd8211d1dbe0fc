"""A report's page without its reader: rendered once, with gaps where readers differ, and filled for each of them.

What is the same for all is the key under which a page is kept, so nothing that differs can stand in it by mistake: what was not
named as a gap would make a page of its own. A page is kept for whoever holds a permit, as the report's content is.
"""

import re
import secrets
from collections.abc import Hashable, Mapping
from dataclasses import replace

from flask import current_app, g, render_template, session
from markupsafe import Markup, escape

from gatekeeper.store.accounts.sessions import Visitor
from gatekeeper.web import context, cookies
from gatekeeper.web.room import Room

_ROOM = 16_000_000
_MARK = f"gap{secrets.token_hex(16)}"  # nobody who writes a report or has a name can know it
_GAP = re.compile(f"{_MARK}([a-z_]+)0")
_KEPT: Room[bytes] = Room(_ROOM)


def page(template: str, same: Mapping[str, Hashable], gaps: Mapping[str, str]) -> bytes | str:
    """A page with what is the same for all readers of a version, and with what differs, each under the name it has there.

    A gap is text, or ``Markup``. An address takes only such gaps as need no quoting: ids and codes.
    """
    call = context.call()
    if call.query_string or "_flashes" in session:  # seldom, and then the page says more than it does of the report
        return render_template(template, **same, **gaps)
    visitor = context.signed_in()
    differs = {"visitor_name": visitor.name, "investor_name": visitor.investor_name or "", "csrf_token": cookies.token(), **gaps}
    acts_for_other = visitor.investor_name not in (None, visitor.name)
    about = call.tag, call.script_root, visitor.role, visitor.permissions, acts_for_other
    key = template, about, tuple(same.items())
    frame = _KEPT.get(key)
    if frame is None:
        frame = _frame(template, same, gaps, visitor)
        _KEPT.put(key, frame, len(frame))
    return frame % {name.encode(): _written(text) for name, text in differs.items()}


def _frame(template: str, same: Mapping[str, Hashable], gaps: Mapping[str, str], visitor: Visitor) -> bytes:
    """Render a page with gaps, as a format of bytes."""
    nobody = replace(visitor, name=_gap("visitor_name"), investor_name=visitor.investor_name)
    if visitor.investor_name == visitor.name:
        nobody = replace(nobody, investor_name=nobody.name)
    elif visitor.investor_name is not None:
        nobody = replace(nobody, investor_name=_gap("investor_name"))
    field = current_app.config["WTF_CSRF_FIELD_NAME"]
    token = getattr(g, field)
    setattr(g, field, _gap("csrf_token"))  # what Flask-WTF gives to every form of this page
    try:
        text = render_template(template, **same, **{name: _gap(name) for name in gaps}, visitor=nobody)
    finally:
        setattr(g, field, token)
    return _GAP.sub(r"%(\1)s", text.replace("%", "%%")).encode()


def _written(text: str) -> bytes:
    return (text if isinstance(text, Markup) else escape(text)).encode()


def _gap(name: str) -> str:
    return f"{_MARK}{name}0"
