"""A report's content as pages show it.

A version never changes, so what was fetched and rendered once is kept for whoever holds a permit for it.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from flask import render_template
from markupsafe import Markup

from gatekeeper.rules.suitability import Permit
from gatekeeper.rules.wording.searching import Piece, Sought
from gatekeeper.store.publishing import library, search
from gatekeeper.store.publishing.library import Content
from gatekeeper.web import context
from gatekeeper.web.room import Room

_ROOM = 8_000_000


@dataclass(frozen=True, slots=True)
class Rendered:
    """What stands at the head of a report, and its body as HTML in the language of the page around it."""

    content: Content
    analysts: str
    body: Markup


_KEPT: Room[Rendered] = Room(_ROOM)


def rendered(permit: Permit) -> Rendered:
    """The content that this permit gives, ready to be shown."""
    key = permit.version, context.tag()
    found = _KEPT.get(key)
    if found is None:
        found = _rendered(permit)
        _KEPT.put(key, found, len(found.body))
    return found


def passages(permits: Collection[Permit], sought: Sequence[Sought]) -> dict[str, tuple[Piece, ...]]:
    """Of each report that these permits give, a passage around what was sought."""
    with context.database().reading() as connection:
        return search.passages(connection, permits, sought)


def _rendered(permit: Permit) -> Rendered:
    with context.database().reading() as connection:
        content = library.content(connection, permit)
    return Rendered(
        content=replace(content, body=""),  # kept as HTML alone
        analysts="、".join(each["name"] for each in json.loads(content.analysts)),
        body=Markup(render_template("client/body.html", body=json.loads(content.body))),  # noqa: S704  (a template of ours)
    )
