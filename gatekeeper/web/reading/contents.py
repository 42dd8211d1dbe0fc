"""A report's content as pages show it.

A version never changes, so what was fetched and rendered once is kept for whoever holds a permit for it.
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from flask import render_template
from markupsafe import Markup

from gatekeeper.rules.suitability import Permit
from gatekeeper.rules.wording.searching import Piece, Sought
from gatekeeper.store.publishing import library, search
from gatekeeper.store.publishing.library import Content
from gatekeeper.web import context

_ROOM = 8_000_000


@dataclass(frozen=True, slots=True)
class Rendered:
    """What stands at the head of a report, and its body as HTML in the language of the page around it."""

    content: Content
    analysts: str
    body: Markup


class _Kept:
    """The most recently asked for, up to so many characters."""

    def __init__(self, room: int) -> None:
        self._room = room
        self._taken = 0
        self._kept: OrderedDict[tuple[str, str], Rendered] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: tuple[str, str]) -> Rendered | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: tuple[str, str], rendered: Rendered) -> None:
        with self._lock:
            if key not in self._kept:
                self._kept[key] = rendered
                self._taken += len(rendered.body)
            while self._taken > self._room:
                _, left = self._kept.popitem(last=False)
                self._taken -= len(left.body)


_KEPT = _Kept(_ROOM)


def rendered(permit: Permit) -> Rendered:
    """The content that this permit gives, ready to be shown."""
    key = permit.version, context.tag()
    found = _KEPT.get(key)
    if found is None:
        found = _rendered(permit)
        _KEPT.put(key, found)
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
